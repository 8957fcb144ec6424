package client

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

// A Condition restricts a search to objects with certain values in one index of
// the catalog. It is made by the methods of the index types, one type for each
// kind of index, so that only operations that an index knows can be asked for:
//
//	client.IndexSubject.All("press", "2026")
//	client.KeywordIndex("my_tags").None("draft")
//
// Some operations are known to one kind of search only, and say so; in another
// search they are refused before anything is sent. The zero Condition is refused
// too. A Condition can be used many times, also at once.
type Condition struct {
	index    string
	search   url.Values  // for Search.All; nil when it has no such operation
	criteria []Criterion // for Search.QueryAll; nil when it has no such operation
	under    *string     // path that stands before the value of the criterion, once the client has resolved it
	err      error
}

// The kinds of indexes. A conversion makes one of any index of the site:
// client.DateIndex("my_date").
type (
	// FieldIndex has one text for an object.
	FieldIndex string
	// IntIndex has one number for an object.
	IntIndex string
	// KeywordIndex has any number of texts for an object.
	KeywordIndex string
	// BoolIndex has true or false for an object.
	BoolIndex string
	// DateIndex has a point in time for an object, to the minute.
	DateIndex string
	// DateRangeIndex has a span of time for an object.
	DateRangeIndex string
	// TextIndex has the words of an object.
	TextIndex string
	// UIDIndex has the UID of an object.
	UIDIndex string
	// PathIndex has the place of an object.
	PathIndex string
)

// Indexes of a stock catalog.
const (
	IndexSearchableText TextIndex = "SearchableText" // all text of an object
	IndexTitle          TextIndex = "Title"
	IndexDescription    TextIndex = "Description"

	IndexType          FieldIndex = "portal_type" // content type
	IndexReviewState   FieldIndex = "review_state"
	IndexCreator       FieldIndex = "Creator" // user id
	IndexLanguage      FieldIndex = "Language"
	IndexShortName     FieldIndex = "getId"
	IndexSortableTitle FieldIndex = "sortable_title" // title in lower case, its numbers filled up with zeros

	IndexSubject      KeywordIndex = "Subject"
	IndexBlockTypes   KeywordIndex = "block_types"
	IndexRelatedItems KeywordIndex = "getRawRelatedItems" // UIDs of related items
	IndexProvides     KeywordIndex = "object_provides"    // dotted names of interfaces

	IndexFolderish       BoolIndex = "is_folderish"
	IndexDefaultPage     BoolIndex = "is_default_page"
	IndexExcludedFromNav BoolIndex = "exclude_from_nav"

	IndexCreated   DateIndex = "created"
	IndexModified  DateIndex = "modified"
	IndexEffective DateIndex = "effective" // 1969 when it is not set
	IndexExpires   DateIndex = "expires"   // 2499 when it is not set
	IndexStart     DateIndex = "start"     // of events
	IndexEnd       DateIndex = "end"       // of events

	IndexEffectiveRange DateRangeIndex = "effectiveRange" // from effective to expires
	IndexTotalComments  IntIndex       = "total_comments"
	IndexUID            UIDIndex       = "UID"
	IndexPath           PathIndex      = "path"
)

// stockIndexes are the indexes of a stock catalog, and what else is no index but
// known to it. The querystring configuration lists only some of them.
var stockIndexes = []string{
	"Creator", "Date", "Description", "Language", "SearchableText", "Subject", "Title", "TranslationGroup", "Type", "UID",
	"allowedRolesAndUsers", "block_types", "cmf_uid", "commentators", "created", "effective", "effectiveRange", "end",
	"exclude_from_nav", "expires", "getId", "getObjPositionInParent", "getRawRelatedItems", "id", "in_reply_to",
	"is_default_page", "is_folderish", "modified", "object_provides", "path", "portal_type", "review_state", "show_inactive",
	"sortable_title", "start", "sync_uid", "total_comments",
}

const operationPrefix = "plone.app.querystring.operation."

func criterion(index, operation string, value any) []Criterion {
	return []Criterion{{Index: index, Operation: operationPrefix + operation, Value: value}}
}

// either finds objects with one of the values.
func either(index string, values []string) Condition {
	return Condition{
		index: index, search: url.Values{index: values}, criteria: criterion(index, "selection.any", values),
		err: needValues(index, len(values)),
	}
}

// neither finds objects with none of the values.
func neither(index string, values []string) Condition {
	return Condition{
		index: index,
		// The server wants something to look for beside what to leave out; this
		// suffix makes it nothing.
		search:   url.Values{index + ".query:tokens": {""}, index + ".not": values},
		criteria: criterion(index, "selection.none", values),
		err:      needValues(index, len(values)),
	}
}

func needValues(index string, n int) error {
	if n == 0 {
		return invalid("a condition on %s without values", index)
	}
	return nil
}

// span is a range of an index for Search.All.
func span(index, suffix, kind string, values ...string) url.Values {
	return url.Values{index + ".query" + suffix: values, index + ".range": {kind}}
}

// Is finds objects with one of the values, letter by letter.
func (i FieldIndex) Is(values ...string) Condition { return either(string(i), values) }

// IsNot finds objects with a value that is none of these.
func (i FieldIndex) IsNot(values ...string) Condition { return neither(string(i), values) }

// From finds values from min on, in the order of their bytes. Search.All only.
func (i FieldIndex) From(min string) Condition {
	return Condition{index: string(i), search: span(string(i), "", "min", min)}
}

// To finds values up to max, in the order of their bytes. Search.All only.
func (i FieldIndex) To(max string) Condition {
	return Condition{index: string(i), search: span(string(i), "", "max", max)}
}

// Between finds values from min to max, in the order of their bytes. Search.All
// only.
func (i FieldIndex) Between(min, max string) Condition {
	return Condition{index: string(i), search: span(string(i), "", "min:max", min, max)}
}

// CurrentUser finds objects whose value is the id of the user who asks.
// Search.QueryAll only.
func (i FieldIndex) CurrentUser() Condition {
	return Condition{index: string(i), criteria: criterion(string(i), "string.currentUser", nil)}
}

// Is finds objects with one of the numbers.
func (i IntIndex) Is(values ...int) Condition {
	return Condition{
		index: string(i), search: url.Values{string(i) + ".query:int": texts(values)},
		criteria: criterion(string(i), "int.is", values), err: needValues(string(i), len(values)),
	}
}

// From finds numbers from min on.
func (i IntIndex) From(min int) Condition {
	return Condition{
		index: string(i), search: span(string(i), ":int", "min", strconv.Itoa(min)),
		criteria: criterion(string(i), "int.largerThan", min),
	}
}

// To finds numbers up to max.
func (i IntIndex) To(max int) Condition {
	return Condition{
		index: string(i), search: span(string(i), ":int", "max", strconv.Itoa(max)),
		criteria: criterion(string(i), "int.lessThan", max),
	}
}

// Between finds numbers from min to max.
func (i IntIndex) Between(min, max int) Condition {
	return Condition{
		index: string(i), search: span(string(i), ":int", "min:max", texts([]int{min, max})...),
		criteria: slices.Concat(i.From(min).criteria, i.To(max).criteria),
	}
}

func texts(numbers []int) []string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return texts
}

// Any finds objects with at least one of the values.
func (i KeywordIndex) Any(values ...string) Condition { return either(string(i), values) }

// All finds objects with all of the values.
func (i KeywordIndex) All(values ...string) Condition {
	return Condition{
		index:    string(i),
		search:   url.Values{string(i) + ".query": values, string(i) + ".operator": {"and"}},
		criteria: criterion(string(i), "selection.all", values),
		err:      needValues(string(i), len(values)),
	}
}

// None finds objects with none of the values, also those without any. Nothing is
// found as long as no object of the site has a value in the index.
func (i KeywordIndex) None(values ...string) Condition { return neither(string(i), values) }

// Is finds objects for which the index holds value.
func (i BoolIndex) Is(value bool) Condition {
	operation := "boolean.isFalse"
	if value {
		operation = "boolean.isTrue"
	}
	return Condition{
		index: string(i), search: url.Values{string(i): {strconv.FormatBool(value)}},
		criteria: criterion(string(i), operation, nil),
	}
}

// Since finds dates from t on. Seconds do not count.
func (i DateIndex) Since(t time.Time) Condition {
	return i.dated("min", "date.largerThan", timestamp(t), t)
}

// Until finds dates up to t. Seconds do not count.
func (i DateIndex) Until(t time.Time) Condition {
	return i.dated("max", "date.lessThan", timestamp(t), t)
}

// Between finds dates from min to max. Seconds do not count.
func (i DateIndex) Between(min, max time.Time) Condition {
	return i.dated("min:max", "date.between", []string{timestamp(min), timestamp(max)}, min, max)
}

func (i DateIndex) dated(kind, operation string, value any, dates ...time.Time) Condition {
	condition := Condition{index: string(i), criteria: criterion(string(i), operation, value)}
	var values []string
	for _, t := range dates {
		if t.IsZero() {
			condition.err = invalid("a condition on %s with the zero time", i)
		}
		values = append(values, timestamp(t))
	}
	condition.search = span(string(i), "", kind, values...)
	return condition
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// Today finds dates of this day, in the time zone of the server. Search.QueryAll
// only.
func (i DateIndex) Today() Condition { return i.relative("date.today", nil) }

// BeforeToday finds dates before the present moment. Search.QueryAll only.
func (i DateIndex) BeforeToday() Condition { return i.relative("date.beforeToday", nil) }

// AfterToday finds dates after the present moment. Search.QueryAll only.
func (i DateIndex) AfterToday() Condition { return i.relative("date.afterToday", nil) }

// LastDays finds dates from the day that was n days ago to the end of this day.
// Search.QueryAll only.
func (i DateIndex) LastDays(n int) Condition { return i.relative("date.largerThanRelativeDate", n) }

// NextDays finds dates from this day to the end of the day in n days.
// Search.QueryAll only.
func (i DateIndex) NextDays(n int) Condition { return i.relative("date.lessThanRelativeDate", n) }

// BeforeLastDays finds dates before the day that was n days ago. Search.QueryAll
// only.
func (i DateIndex) BeforeLastDays(n int) Condition { return i.relative("date.beforeRelativeDate", n) }

// AfterNextDays finds dates from the day in n days on. Search.QueryAll only.
func (i DateIndex) AfterNextDays(n int) Condition { return i.relative("date.afterRelativeDate", n) }

func (i DateIndex) relative(operation string, value any) Condition {
	return Condition{index: string(i), criteria: criterion(string(i), operation, value)}
}

// Includes finds objects whose span has t in it: with IndexEffectiveRange those
// that are or will be public at that time. Search.All only.
func (i DateRangeIndex) Includes(t time.Time) Condition {
	condition := Condition{index: string(i), search: url.Values{string(i): {timestamp(t)}}}
	if t.IsZero() {
		condition.err = invalid("a condition on %s with the zero time", i)
	}
	return condition
}

// Contains finds objects with all of the words. Search.All finds whole words,
// "word*" for beginnings, and knows AND, OR, NOT and "phrases"; Search.QueryAll
// does so too, but in IndexSearchableText every word is a beginning.
func (i TextIndex) Contains(words string) Condition {
	text, err := searchText(words)
	return Condition{
		index: string(i), search: url.Values{string(i): {text}}, criteria: criterion(string(i), "string.contains", words), err: err,
	}
}

// Is finds the objects with these UIDs.
func (i UIDIndex) Is(uids ...string) Condition { return either(string(i), uids) }

// IsNot finds all objects but those with these UIDs.
func (i UIDIndex) IsNot(uids ...string) Condition { return neither(string(i), uids) }

// Under finds the object at path, which is one of the site or an address, and
// what is below it or, with a depth that is not 0, only what is at most that many
// levels below it. Several such conditions find what fits one of them; their
// depths must be the same. Search.QueryAll only; Search.All has the option Paths.
func (i PathIndex) Under(path string, depth int) Condition {
	condition := i.at("string.absolutePath", "", depth)
	condition.under = &path
	return condition
}

// Relative is Under for a path from the object that is searched, like "../a" or
// "" for that object itself. The server passes over names that do not exist.
// Search.QueryAll only.
func (i PathIndex) Relative(path string, depth int) Condition {
	return i.at("string.relativePath", path, depth)
}

func (i PathIndex) at(operation, path string, depth int) Condition {
	if depth > 0 {
		path += "::" + strconv.Itoa(depth)
	}
	condition := Condition{index: string(i), criteria: criterion(string(i), operation, path)}
	if depth < 0 {
		condition.err = invalid("the depth %d is negative", depth)
	}
	return condition
}
