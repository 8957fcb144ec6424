package transfer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plone.example/restapi/errors"
)

// What is wrong with a transfer as a whole, beside the targets of package errors.
const (
	ErrNoExport    errors.Reason = "not an export"                     // the folder has no export in it, or that of another site
	ErrNewerFormat errors.Reason = "a newer format"                    // the export was written in a format that is not known here
	ErrIncomplete  errors.Reason = "some items could not be carried"   // the transfer is done, but for what its Report names
	ErrOccupied    errors.Reason = "other content has the same path"   // an item cannot go where something else is
	ErrNoFolder    errors.Reason = "the folder of the item is missing" // since it could not be carried itself
)

// An Action is what a transfer does to an item.
type Action string

// The actions of an export, the first two, and of an import.
const (
	Saved    Action = "save"      // an item was written to the folder
	Removed  Action = "remove"    // an item that the site has no more was removed from the folder
	Create   Action = "create"    // an object
	Update   Action = "update"    // a field of an object
	Upload   Action = "upload"    // the file of an object
	Move     Action = "move"      // an object, to another path
	Delete   Action = "delete"    // an object
	Publish  Action = "state"     // a workflow state was changed
	Relate   Action = "relate"    // a relation field
	Link     Action = "translate" // an object became a translation of another
	Order    Action = "order"     // the children of a container
	Share    Action = "share"     // local roles
	Say      Action = "comment"   // a comment was written
	Redirect Action = "redirect"  // an alias was made
	AddUser  Action = "user"      // a user was made or changed
	AddGroup Action = "group"     // a group was made or changed
)

// A Change is something that a transfer did, or would do when it is a dry run.
type Change struct {
	Action Action `json:"action"`
	Path   string `json:"path"`            // of the item; the id of a user or group
	UID    string `json:"uid,omitempty"`   // of the item at its origin
	Field  string `json:"field,omitempty"` // empty when it is not about one
	From   string `json:"from,omitempty"`  // value before as JSON, cut when it is long
	To     string `json:"to,omitempty"`    // value after as JSON, cut when it is long
}

// String returns the change in one line.
func (c Change) String() string {
	text := fmt.Sprintf("%-9s %s", c.Action, c.Path)
	if c.Field != "" {
		text += " " + c.Field
	}
	if c.From != "" || c.To != "" {
		text += fmt.Sprintf(": %s -> %s", c.From, c.To)
	}
	return text
}

// A Problem is something that could not be carried.
type Problem struct {
	Phase   Phase  `json:"phase"`
	Path    string `json:"path"`            // of the item; the id of a user or group
	UID     string `json:"uid,omitempty"`   // of the item at its origin
	Field   string `json:"field,omitempty"` // empty when it is not about one
	Message string `json:"message"`

	err error
}

// Error implements error.
func (p Problem) Error() string {
	path := p.Path
	if p.Field != "" {
		path += " (" + p.Field + ")"
	}
	return fmt.Sprintf("%s %s: %s", p.Phase, path, p.Message)
}

// Unwrap returns the error behind the problem; nil for one that was read from the
// journal of an earlier run.
func (p Problem) Unwrap() error { return p.err }

// A Loss is a kind of thing that plone.restapi cannot carry.
type Loss string

// What gets lost, and why.
const (
	LossDates       Loss = "creation and modification dates: the server sets its own"
	LossHistory     Loss = "workflow history and versions: they begin anew"
	LossPasswords   Loss = "passwords: they cannot be read; new users have to reset theirs"
	LossAuthors     Loss = "authors and dates of comments: the importing user writes them, now"
	LossUIDs        Loss = "UIDs of objects that the target made itself: they keep theirs, and links follow"
	LossDefaultPage Loss = "default pages: they can be read, but not set"
	LossPermissions Loss = "local permissions: they can neither be read nor set"
	LossConstrains  Loss = "restrictions of the types that may be added in a folder: they can neither be read nor set"
	LossPortlets    Loss = "portlets: they can neither be read nor set"
	LossOwners      Loss = "owners: the importing user owns what it makes; the creators are carried"
	LossRawText     Loss = "rich texts as they were typed: the server gives them out filtered"
	LossLanguages   Loss = "languages of objects that are in no language folder: a multilingual site gives them none"
	LossPortraits   Loss = "portraits of users: the format has no place for them"
)

// A Report is the outcome of a transfer, the runs before it was interrupted
// included.
type Report struct {
	Items    int            // steps of items that were dealt with, in all phases
	Bytes    int64          // of files that were written or uploaded
	Changes  map[Action]int // what was done, or would be done in a dry run
	Losses   map[Loss]int   // what plone.restapi cannot carry: items concerned; 0 where that cannot be known
	Problems []Problem      // what could not be carried
	Resumed  bool           // it went on with an earlier run
	Elapsed  time.Duration  // of this run
}

// Add takes the result of a step into the report.
func (r *Report) Add(s *Result) {
	r.Items += s.Items
	r.Bytes += s.Bytes
	r.Problems = append(r.Problems, s.Problems...)
	for action, n := range s.Counts {
		r.Changes[action] += n
	}
	for loss, n := range s.Losses {
		r.Losses[loss] += n
	}
}

// Remove takes the result of a step out of the report, since the step has to be done
// again.
func (r *Report) Remove(s *Result) {
	r.Items -= s.Items
	r.Bytes -= s.Bytes
	for action, n := range s.Counts {
		if r.Changes[action] -= n; r.Changes[action] == 0 {
			delete(r.Changes, action)
		}
	}
	for loss, n := range s.Losses {
		r.Losses[loss] -= n
	}
	for _, p := range s.Problems {
		same := func(other Problem) bool { return other.Error() == p.Error() && other.UID == p.UID }
		if n := slices.IndexFunc(r.Problems, same); n >= 0 {
			r.Problems = slices.Delete(r.Problems, n, n+1)
		}
	}
}

func newReport(losses map[Loss]int) *Report {
	r := &Report{Changes: map[Action]int{}, Losses: map[Loss]int{}}
	maps.Copy(r.Losses, losses)
	return r
}

// A Result is what one step did.
type Result struct {
	Items    int            `json:"items,omitempty"`
	Bytes    int64          `json:"bytes,omitempty"` // of files
	Counts   map[Action]int `json:"counts,omitempty"`
	Losses   map[Loss]int   `json:"losses,omitempty"`
	Problems []Problem      `json:"problems,omitempty"`

	fetched map[string]json.RawMessage // objects that were read ahead, by UID

	changed func(Change)     // if not nil, receives every change
	report  func(Problem)    // if not nil, receives every problem
	moved   func(int, int64) // if not nil, receives items and bytes as they are done
}

func (r *Result) change(c Change) {
	if r.Counts == nil {
		r.Counts = map[Action]int{}
	}
	r.Counts[c.Action]++
	if r.changed != nil {
		r.changed(c)
	}
}

func (r *Result) lose(l Loss) {
	if r.Losses == nil {
		r.Losses = map[Loss]int{}
	}
	r.Losses[l]++
}

func (r *Result) problem(p Problem) {
	r.Problems = append(r.Problems, p)
	if r.report != nil {
		r.report(p)
	}
}

func (r *Result) done(items int, bytes int64) {
	r.Items += items
	r.Bytes += bytes
	if r.moved != nil {
		r.moved(items, bytes)
	}
}

// An Event tells how far a transfer is. Change or Problem is set when it is about
// one.
type Event struct {
	Phase     Phase
	Done      int           // items of the phase that are done, in an earlier run or this one
	Total     int           // items of the phase
	Bytes     int64         // of files, in this phase and run
	Rate      float64       // items a second, in this phase and run
	Elapsed   time.Duration // of the phase in this run
	Remaining time.Duration // of the phase at this rate; 0 when it cannot be told

	Change  *Change
	Problem *Problem
}

// Pace fills in Rate and Remaining, of items of which so many were done before
// the time that has elapsed.
func (e *Event) Pace(before int) {
	if here := e.Done - before; here > 0 && e.Elapsed > 0 {
		e.Rate = float64(here) / e.Elapsed.Seconds()
		e.Remaining = time.Duration(float64(e.Total-e.Done) / e.Rate * float64(time.Second))
	}
}

// String returns the event in one line.
func (e Event) String() string {
	switch {
	case e.Change != nil:
		return e.Change.String()
	case e.Problem != nil:
		return "problem   " + e.Problem.Error()
	}
	return fmt.Sprintf("%s %d/%d, %.1f/s", e.Phase, e.Done, e.Total, e.Rate)
}

// clone returns a report that shares nothing with r.
func (r *Report) clone() *Report {
	c := *r
	c.Changes, c.Losses = maps.Clone(r.Changes), maps.Clone(r.Losses)
	c.Problems = append([]Problem(nil), r.Problems...)
	return &c
}

// String returns the report as text for people, in lines.
func (r *Report) String() string {
	var b strings.Builder
	for _, action := range slices.Sorted(maps.Keys(r.Changes)) {
		fmt.Fprintf(&b, "%s: %d\n", action, r.Changes[action])
	}
	fmt.Fprintf(&b, "files: %d bytes\n", r.Bytes)
	for _, loss := range slices.Sorted(maps.Keys(r.Losses)) {
		fmt.Fprintf(&b, "not carried: %s", loss)
		if n := r.Losses[loss]; n > 0 {
			fmt.Fprintf(&b, " (%d)", n)
		}
		b.WriteByte('\n')
	}
	if len(r.Problems) == 0 {
		b.WriteString("problems: none\n")
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "problem: %v\n", p)
	}
	return b.String()
}
