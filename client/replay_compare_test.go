package client_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// meaningful are the fields of a request that the server acts upon. They must be
// those of the recording: no other value, none missing and none too many.
var meaningful = []string{
	"Accept", "Accept-Language", "Authorization", "Lock-Token", "Prefer",
	"Tus-Resumable", "Upload-Length", "Upload-Metadata", "Upload-Offset",
}

// differences tells how a request differs from the recorded one. These are the same
// to the server, and taken as such:
//
//   - "Prefer: return=minimal", and none;
//   - no Accept for a picture, and the usual one;
//   - a slash at the end of a path;
//   - b_start=0 and a b_size, where the recording leaves the size of a batch to the
//     server, and limit=0 for no limit;
//   - a path as the last key of an order, and none;
//   - the JSON of the parameter of a GET @querystring-search in other words;
//   - the parameter token, and tokens with one;
//   - the parameters of a DELETE in a form, and in the URL;
//   - no body, and the JSON object without members; the body of a GET;
//   - one source of a copy, and a list of one;
//   - the address of an object of the site, and its path;
//   - 1 and true; a date, and the same date with the time 00:00:00;
//   - a role that is false, and one that is not named, in the local roles of a user;
//   - a homeOf of a schema that is empty, and one that is left out;
//   - the id of a fieldset in the body, which the server takes from the path;
//   - the boundary and the file name of a form;
//   - an "@type" in the metadata of an upload, which the server guesses otherwise.
func differences(x *exchange, req *http.Request, body []byte) (found []string) {
	differ := func(what string, recorded, sent any) {
		found = append(found, fmt.Sprintf("%s: recorded %v, sent %v", what, recorded, sent))
	}
	for _, name := range meaningful {
		recorded, sent := meaning(name, x.header.Get(name)), meaning(name, req.Header.Get(name))
		if name == "Accept" && recorded == "" && strings.HasPrefix(x.answerHeader.Get("Content-Type"), "image/") {
			recorded = "application/json"
		}
		if recorded != sent {
			differ(name, recorded, sent)
		}
	}
	recordedQuery, form := x.url.Query(), mediaType(x.header) == "application/x-www-form-urlencoded"
	if form {
		values, _ := url.ParseQuery(strings.TrimSpace(string(x.body)))
		maps.Copy(recordedQuery, values)
	}
	sentQuery := req.URL.Query()
	for name, defaults := range map[string][]string{"b_start": {"0"}, "b_size": {"100", "-1", "1"}, "limit": {"0"}, "limit:int": {"0"}} {
		if !recordedQuery.Has(name) && slices.Contains(defaults, sentQuery.Get(name)) {
			sentQuery.Del(name)
		}
	}
	if keys, last := sentQuery["sort_on"], recordedQuery["sort_on"]; len(keys) == len(last)+1 && keys[len(last)] == "path" {
		sentQuery["sort_on"] = keys[:len(last)]
	}
	if sentQuery.Get("q") == sentQuery.Get("query") && !recordedQuery.Has("q") {
		sentQuery.Del("q") // the name that older servers have for it
	}
	withoutColumns(recordedQuery, sentQuery)
	if token, one := recordedQuery["token"]; one {
		delete(recordedQuery, "token")
		recordedQuery["tokens"] = token
	}
	recorded, sent := plainQuery(recordedQuery), plainQuery(sentQuery)
	if !reflect.DeepEqual(recorded, sent) {
		differ("query", recorded, sent)
	}
	switch {
	case x.method == http.MethodGet || form:
		if len(body) > 0 {
			differ("body", nil, string(body))
		}
	case mediaType(x.header) == "multipart/form-data":
		recorded, sent := fileText(x.header, x.body), fileText(req.Header, body)
		if recorded != sent {
			differ("file", recorded, sent)
		}
	case mediaType(x.header) == "application/offset+octet-stream":
		if mediaType(req.Header) != mediaType(x.header) {
			differ("Content-Type", mediaType(x.header), mediaType(req.Header))
		}
		if string(x.body) != string(body) {
			differ("bytes", string(x.body), string(body))
		}
	default:
		if len(body) > 0 && mediaType(req.Header) != "application/json" {
			differ("Content-Type", mediaType(x.header), mediaType(req.Header))
		}
		recorded, sent := plainBody(decoded(x.body)), plainBody(decoded(body))
		if fieldset, isObject := sent.(dict); isObject && fieldset["fields"] != nil && fieldset["id"] == path.Base(x.url.Path) {
			delete(fieldset, "id")
		}
		if !reflect.DeepEqual(recorded, sent) {
			differ("body", string(encoded(recorded)), string(encoded(sent)))
		}
	}
	return found
}

func mediaType(h http.Header) string {
	mediaType, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return mediaType
}

// meaning is the part of a field that tells the server something.
func meaning(name, value string) string {
	switch {
	case name == "Prefer" && value == "return=minimal":
		return ""
	case name == "Upload-Metadata":
		items := strings.Split(value, ",")
		return strings.Join(slices.DeleteFunc(items, func(item string) bool { return strings.HasPrefix(item, "@type ") }), ",")
	default:
		return value
	}
}

// fileText is the name, the type and the text of the file in a form.
func fileText(h http.Header, form []byte) string {
	part, err := formFile(h.Get("Content-Type"), form)
	if err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(part)
	if err != nil {
		return err.Error()
	}
	return part.FormName() + " " + part.Header.Get("Content-Type") + "\n" + strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
}

// plainQuery is a query with the JSON in it decoded.
func plainQuery(query url.Values) dict {
	plain := dict{}
	for name, values := range query {
		var list []any
		for _, value := range values {
			text, err := url.PathUnescape(value)
			criteria, isJSON := decoded([]byte(text)).(dict)
			if err != nil || !isJSON {
				list = append(list, value)
				continue
			}
			delete(criteria, "b_size")
			list = append(list, criteria)
		}
		plain[name] = list
	}
	return plain
}

// plainBody is a body in one of the forms that mean the same.
func plainBody(v any) any {
	switch v := v.(type) {
	case dict:
		if source, one := v["source"].(string); one && len(v) == 1 {
			v["source"] = []any{source}
		}
		if roles, local := v["roles"].(dict); local && v["id"] != nil {
			maps.DeleteFunc(roles, func(_ string, given any) bool { return given == false })
		}
		if flush, found := v["flush"]; found {
			v["flush"] = flush == true || fmt.Sprint(flush) == "1"
			if v["flush"] == false {
				delete(v, "flush")
			}
		}
		for name, homeOf := range v {
			v[name] = plainBody(homeOf)
		}
		_, isField := v["factory"]
		_, isFieldset := v["fields"]
		if isField || isFieldset {
			maps.DeleteFunc(v, func(_ string, homeOf any) bool { return homeOf == "" || homeOf == nil })
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case []any:
		for i := range v {
			v[i] = plainBody(v[i])
		}
		return v
	case string:
		if rest, inside := strings.CutPrefix(v, recordedSite+"/"); inside {
			return "/" + rest
		}
		if at, isTime := timeOf(v); isTime {
			return at
		}
		return v
	default:
		return v
	}
}

// compare tells what the outcome of a call lacks of an answer: bytes, or decoded
// JSON.
func (o *outcome) compare(x *exchange, answer any) []string {
	got := shapeOf(o.result)
	if o.err != nil {
		got = shapeOfError(o.err)
	}
	var h homes
	if got.status != x.status {
		h.missAt("status", x.status, got.status)
	}
	if location := x.answerHeader.Get("Location"); location != "" && got.location != location {
		h.missAt("Location", location, got.location)
	}
	for name, value := range got.header {
		if x.answerHeader.Get(name) != value {
			h.missAt(name, x.answerHeader.Get(name), value)
		}
	}
	switch text, isBytes := answer.([]byte); {
	case !isBytes:
		h.compare(answer, got.value)
	case string(text) != string(got.bytes):
		h.miss(string(text), string(got.bytes))
	}
	return h.missing
}

// shape is what a result holds.
type shape struct {
	status   int
	location string
	header   map[string]string
	value    reflect.Value
	bytes    []byte // of a download
}

func shapeOf(result any) (s shape) {
	v := reflect.Indirect(reflect.ValueOf(result))
	if !v.IsValid() {
		return s
	}
	switch r := result.(type) {
	case *client.Download:
		defer r.Close()
		s.bytes, _ = io.ReadAll(r)
		s.header = map[string]string{"Content-Type": r.ContentType}
	case *answered:
		s.header = r.Header
	}
	if response := v.FieldByName("Response"); response.IsValid() {
		s.status = response.Interface().(client.Response).StatusCode
	}
	s.value = v
	if value := v.FieldByName("Value"); value.IsValid() {
		s.value = value
	}
	if location := v.FieldByName("Location"); location.IsValid() {
		if u, ok := location.Interface().(*url.URL); ok && u != nil {
			s.location = u.String()
		}
	}
	return s
}

func shapeOfError(err error) shape {
	e, _ := errors.AsType[*errors.StatusError](err)
	value := any(dict{"type": e.Type, "message": e.Message, "context": e.Context})
	if failed, some := errors.AsType[*client.FailedRelationsError](err); some {
		value = dict{"error": dict{"type": e.Type, "message": e.Message, "failed": failed.Failed}}
	}
	return shape{status: int(e.Status), value: reflect.ValueOf(value)}
}

// homes compares JSON with a Go value, homeOf by homeOf: each homeOf must have a
// place of its name, which holds the same. null is the zero value.
type homes struct {
	at      []string // names and indexes on the way to the place that is compared
	missing []string
}

func (h *homes) miss(recorded, got any) {
	h.missing = append(h.missing, fmt.Sprintf("/%s: recorded %v, got %v", strings.Join(h.at, "/"), recorded, got))
}

func (h *homes) missAt(name string, recorded, got any) {
	h.at = append(h.at, name)
	h.miss(recorded, got)
	h.at = h.at[:len(h.at)-1]
}

func (h *homes) compareAt(name string, recorded any, v reflect.Value) {
	h.at = append(h.at, name)
	h.compare(recorded, v)
	h.at = h.at[:len(h.at)-1]
}

// The names of JSON for what the fields of a Batch hold.
var batchNames = map[string]string{"@id": "URL", "items": "Items", "items_total": "ItemsTotal", "batching": "Batching", "links": "Batching"}

func (h *homes) compare(recorded any, v reflect.Value) {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && !v.IsNil() {
		v = v.Elem()
	}
	if !v.IsValid() {
		h.miss(recorded, "no home")
		return
	}
	if h.special(recorded, v) {
		return
	}
	if recorded == nil {
		if !v.IsZero() {
			h.miss(nil, v)
		}
		return
	}
	switch recorded := recorded.(type) {
	case dict:
		for _, name := range slices.Sorted(maps.Keys(recorded)) {
			h.compareAt(name, recorded[name], homeOf(v, name))
		}
		if v.Kind() == reflect.Map && v.Len() != len(recorded) {
			h.miss(len(recorded), v.Len())
		}
	case []any:
		if v.Kind() != reflect.Slice || v.Len() != len(recorded) {
			h.miss(recorded, v)
			return
		}
		for i := range recorded {
			h.compareAt(strconv.Itoa(i), recorded[i], v.Index(i))
		}
	case string:
		if v.Kind() != reflect.String || v.String() != recorded {
			h.miss(recorded, v)
		}
	case bool:
		if v.Kind() != reflect.Bool || v.Bool() != recorded {
			h.miss(recorded, v)
		}
	case json.Number:
		f, err := recorded.Float64()
		same := err == nil && (v.CanInt() && float64(v.Int()) == f || v.CanFloat() && v.Float() == f ||
			v.Kind() == reflect.String && v.String() == recorded.String())
		if !same {
			h.miss(recorded, v)
		}
	}
}

// homeOf is the place for a member of an object; invalid when there is none.
func homeOf(v reflect.Value, name string) reflect.Value {
	switch v.Kind() {
	case reflect.Map:
		return v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key()))
	case reflect.Struct:
	default:
		return reflect.Value{}
	}
	if strings.HasPrefix(v.Type().Name(), "Batch[") {
		return v.FieldByName(batchNames[name])
	}
	var embedded reflect.Value
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && tag == "" && !embedded.IsValid():
			embedded = homeOf(v.Field(i), name)
		case field.IsExported() && tag == name && tag != "-":
			return v.Field(i)
		}
	}
	return embedded
}

// special compares with a value of a type that does not look like its JSON. It
// reports whether v is one.
func (h *homes) special(recorded any, v reflect.Value) bool {
	same := true
	switch got := v.Interface().(type) {
	case client.Transaction: // the name comes behind a place, which may be empty
		type plain client.Transaction
		members, _ := recorded.(dict)
		members = maps.Clone(members)
		members["username"] = strings.TrimSpace(text(members["username"]))
		h.compare(members, reflect.ValueOf(plain(got)))
	case client.Time:
		same = sameTime(recorded, got)
	case client.Term: // comes as its token alone when it is not in its vocabulary
		if members, isObject := recorded.(dict); isObject && members != nil {
			return false
		}
		same = got.Title == "" && got.Token == text(recorded)
	case client.Bool: // comes as a number from some fields
		same = bool(got) == (recorded == true || text(recorded) == "1")
	case json.RawMessage:
		same = sameJSON(recorded, got)
	case client.Block:
		same = sameJSON(recorded, encoded(got))
	case client.RoleState:
		want := map[any]client.RoleState{nil: client.RoleNone, false: client.RoleNone, true: client.RoleLocal, "global": client.RoleGlobal, "acquired": client.RoleAcquired}
		state, known := want[recorded]
		same = known && state == got
	case client.Choice:
		pair, isPair := recorded.([]any)
		same = isPair && len(pair) == 2 && got == client.Choice{Token: text(pair[0]), Title: text(pair[1])}
	case client.FailedRelation:
		pair, isPair := recorded.([]any)
		if same = isPair && len(pair) == 2; same {
			h.compareAt("0", pair[0], reflect.ValueOf(got.RelationName))
			h.compareAt("1", pair[1], reflect.ValueOf(got.Message))
		}
	case client.RuleList: // comes in a list of its own
		if lists, isList := recorded.([]any); isList && len(lists) == 1 {
			recorded = lists[0]
		}
		h.compare(recorded, reflect.ValueOf([]client.RuleSummary(got)))
	case client.Inherited:
		h.besideID(recorded, got.URL, reflect.ValueOf(got.Behaviors))
	case client.RuleElementSettings:
		members, _ := recorded.(dict)
		members = maps.Clone(members)
		h.compareAt("@schema", members["@schema"], reflect.ValueOf(got.Schema))
		delete(members, "@schema")
		h.besideID(members, got.URL, reflect.ValueOf(got.Data))
	default:
		if !strings.HasPrefix(v.Type().Name(), "Component[") {
			return false
		}
		members, _ := recorded.(dict)
		if id, found := members["@id"]; found {
			h.compareAt("@id", id, v.FieldByName("URL"))
		}
		if len(members) != 1 || members["@id"] == nil {
			h.compare(recorded, v.FieldByName("Value"))
		}
	}
	if !same {
		h.miss(recorded, v)
	}
	return true
}

// besideID compares the members of an object that stand beside its "@id".
func (h *homes) besideID(recorded any, id string, v reflect.Value) {
	members, _ := recorded.(dict)
	members = maps.Clone(members)
	h.compareAt("@id", members["@id"], reflect.ValueOf(id))
	delete(members, "@id")
	h.compare(members, v)
}

// text is a value as the text that a Term or a Choice has of it.
func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func sameJSON(recorded any, data []byte) bool {
	return recorded == nil && len(data) == 0 || reflect.DeepEqual(recorded, decoded(data))
}

// sameTime compares by the instant, or by the reading of a clock without a zone.
func sameTime(recorded any, got client.Time) bool {
	if recorded == nil || recorded == "None" || recorded == "" {
		return got.IsZero()
	}
	stamp, _ := recorded.(string)
	at, isTime := timeOf(stamp)
	return isTime && at.Equal(got.Time)
}

// timeOf reads a date and time in one of the forms of the recordings.
func timeOf(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// withoutColumns takes the columns out of a search that the client asks for beside those
// of the recording, for the members of Summary.
func withoutColumns(recorded, sent url.Values) {
	const name = "metadata_fields"
	wanted := recorded[name]
	sent[name] = slices.DeleteFunc(sent[name], func(column string) bool { return !slices.Contains(wanted, column) })
	slices.SortFunc(sent[name], func(a, b string) int { return slices.Index(wanted, a) - slices.Index(wanted, b) })
	if len(sent[name]) == 0 {
		delete(sent, name)
	}
	var body dict
	criteria, _ := url.QueryUnescape(sent.Get("query")) // encoded twice, as the server wants it
	if json.Unmarshal([]byte(criteria), &body) == nil && body != nil && !strings.Contains(recorded.Get("query"), name) {
		delete(body, name)
		text, _ := json.Marshal(body) // it was JSON
		sent.Set("query", url.QueryEscape(string(text)))
	}
}
