package client

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// operation is what is known about a call before its arguments are: one value
// for each operation of the API, declared beside its method. It never changes.
type operation struct {
	name   string // of the service in Client and its method, like "History.Version"
	method string
	// path is the pattern of the address: {path} stands for an object, the site
	// root included, any other {name} for one element, {a|b} for one of these two.
	// Without {path} the operation is one of the site root, with {zope} of the Zope
	// server above it.
	path string
	want int // status of the promised response; 0 for any 2xx
	or   int // of another response that is no error, such as a report; 0 for none
	kind retry.Kind
	// means tells what refusals mean beside their status; all that fit count.
	means []meaning
	// empty tells what is not there when the response is an empty object.
	empty string
	body  bodyFields // whose fields the body holds
	media string     // of the request or the response when that is not JSON

	here      bool // the response is the object at the path, none that was acquired
	unbounded bool // WithTimeout does not apply
	wholeSite bool // a DELETE of the site root is meant

	elements []string // of path, behind the object; filled in by declare
}

// meaning is what a refusal means beside its status. Every condition that is not
// zero must hold.
type meaning struct {
	status  errors.Status
	raised  string // type of the exception that Plone raised
	unnamed bool   // Plone refuses without raising an exception
	ours    bool   // the client has credentials
	says    string // part of the message, where Plone gives nothing else; it does not translate these
	is      error  // what the error matches then
}

// lookup is what exceptions mean where the caller names something that the
// server looks up without checking that it exists; it sends 503 or 500.
var lookup = []meaning{
	{raised: "KeyError", is: errors.ErrNotFound},
	{raised: "ArchivistRetrieveError", is: errors.ErrNotFound},
}

// declared holds all operations, in the order of their files. It is complete
// before the program starts.
var declared []*operation

// declare makes an operation known to whoever wants to see all of them.
func declare(op operation) *operation {
	for e := range strings.SplitSeq(op.path, "/") {
		if e != "" && e != "{path}" && e != "{zope}" {
			op.elements = append(op.elements, e)
		}
	}
	declared = append(declared, &op)
	return &op
}

// at returns a request for the object at path, the site root when it is empty.
// names fill the other elements of the pattern.
func (op *operation) at(path string, names ...string) request {
	return request{
		Request: Request{Method: op.method, Path: path}, op: op,
		service: op.fill(names), kind: op.kind,
	}
}

// with returns the request with a body.
func (r request) with(body any) request {
	r.Body = body
	return r
}

// fill returns the elements behind the object.
func (op *operation) fill(names []string) []string {
	if len(names) == 0 {
		return op.elements
	}
	elements := slices.Clone(op.elements)
	for i, e := range elements {
		if strings.HasPrefix(e, "{") && len(names) > 0 {
			elements[i], names = names[0], names[1:]
		}
	}
	return elements
}

// promises reports whether a response with that status is one of the operation.
func (op *operation) promises(status int) bool {
	return op.want == 0 || status == op.want || status == op.or
}

// holds reports whether the meaning is that of a refusal to c.
func (m meaning) holds(c *Client, e *errors.StatusError) bool {
	return (m.status == 0 || m.status == e.Status) &&
		(m.raised == "" || e.Raised() && m.raised == e.Type) &&
		(!m.unnamed || !e.Raised()) &&
		(!m.ours || c.source != nil) &&
		strings.Contains(e.Message, m.says)
}

// Calls of what is no operation of the API.
var (
	anyCall        = &operation{name: "Call"}
	anyOpen        = &operation{name: "Open"}
	fetchComponent = &operation{name: "Components.Fetch", method: http.MethodGet, path: "/{path}", want: http.StatusOK}
	downloadFile   = &operation{
		name: "Files.Download", method: http.MethodGet, path: "/{path}",
		means: []meaning{{raised: "TypeError", is: errors.ErrNotFound}}, // plone.restapi 9 of a field without a file
	}
	replaceInline = &operation{
		name: "Files.Replace", method: http.MethodPatch, path: "/{path}", want: http.StatusNoContent,
		kind: retry.Repeatable, unbounded: true,
	}
)

// Operation is one operation of plone.restapi, or of a package that ships with
// Plone, that this package can call.
type Operation struct {
	Name   string // of the service and its method, like "History.Version"; see [OperationName]
	Method string
	Path   string // pattern: {path} is any object, {zope} the server above the site, any other {name} one element
	Media  string // of the request or the response, "text/csv"; empty for JSON
	Status []int  // of its responses that are no errors
}

// Operations returns all operations that methods of a [Client] call, in no
// particular order: the labels of metrics, for instance.
func Operations() []Operation {
	all := make([]Operation, len(declared))
	for i, op := range declared {
		all[i] = Operation{Name: op.name, Method: op.method, Path: op.path, Media: op.media, Status: []int{op.want}}
		if op.or != 0 {
			all[i].Status = append(all[i].Status, op.or)
		}
	}
	return all
}

// operationContext is the context of the requests of an operation. It saves an
// allocation over context.WithValue.
type operationContext struct {
	context.Context
	op *operation
}

type operationKey struct{}

// OfRequest says that the login which a request needs does not have the value.
func (operationKey) OfRequest() {}

// Value implements context.Context.
func (c *operationContext) Value(key any) any {
	if key == (operationKey{}) {
		return c.op
	}
	return c.Context.Value(key)
}

// OperationName returns the name of the operation that a request belongs to, like
// "Content.Create", from the context of the request: for transports that trace or
// count. It is one of [Operations]; "Call" and "Open" for the functions of those
// names, and empty for the context of any other request, such as a login. Which
// attempt the request is tells [retry.AttemptNumber].
func OperationName(ctx context.Context) string {
	op, found := ctx.Value(operationKey{}).(*operation)
	if !found {
		return ""
	}
	return op.name
}
