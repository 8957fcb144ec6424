// Package restapi is the root of a Go client for plone.restapi, the REST API of
// the content management system Plone. It has no code of its own; this page says
// where to look.
//
//   - [plone.example/restapi/client] is the way in: a Client has one service per
//     chapter of the documentation of plone.restapi, and one method per operation.
//     A method returns a typed result, *OK, *Created or *NoContent, or an error.
//   - [plone.example/restapi/errors] has all those errors. errors.Is asks for a
//     status, a class of them, or a meaning that Plone hides in its text;
//     errors.AsType gets what the server said.
//   - [plone.example/restapi/auth] makes credentials: Login, Static, Basic.
//   - [plone.example/restapi/retry] decides what is repeated, how often and when.
//     It is an http.RoundTripper, and works without the client as well.
//   - [plone.example/restapi/plonetest] is an in-memory Plone for the tests of
//     your program, with faults on demand.
//
// The command examples/quickstart shows all of it at work.
//
// # What a call does
//
// A call checks its path and body, adds credentials, sends the request, repeats
// it when that is right and harmless, and reads the answer. A 2xx that is what
// the operation promises becomes the result. Everything else is an error: a
// status outside 2xx, a 2xx with a page or with half a body, no answer at all.
// A write that may have been done, although no answer says so, matches
// errors.ErrOutcomeUnknown.
//
// Clients are safe for concurrent use, never change, and need no closing. No
// package keeps global state, reads the environment or prints.
//
// # Paths
//
// A path is relative to the site, like "/news/a", or an absolute URL inside the
// site, as the server's own "@id" is. So what the server returned can be passed
// back in. Relative paths are not escaped: a space is a space. Dot segments and
// URLs of other sites are refused before anything is sent.
package restapi
