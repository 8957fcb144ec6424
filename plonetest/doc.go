// Package plonetest is an in-memory Plone for tests: a site with content, users, permissions and a search, served on
// 127.0.0.1 in the way plone.restapi does it, with faults on demand.
//
// A site is made in well under a millisecond, is not shared with anybody and forgets everything on Close:
//
//	func TestPublish(t *testing.T) {
//		site := plonetest.NewServer(plonetest.WithUser("ann", "secret", "Editor"))
//		defer site.Close()
//		site.FailNext(502, 1) // the proxy has a bad moment
//		if err := publish(site.URL, "ann", "secret"); err != nil {
//			t.Error(err)
//		}
//		for _, r := range site.Requests() {
//			t.Log(r.Method, r.Path, r.Status)
//		}
//	}
//
// # The site
//
// A new site has the documents /news, /news/a and /news/b, which everybody may read, and one user, admin, whose
// password is secret and who may do everything. [WithUser] adds others; all else is created through the API, as on
// any site. The types are those of a Plone with blocks: Document, News Item, Event, File, Image, Link and Folder, with
// their fields and what is required of them. New content is private, and its creator owns it.
//
// # As a program
//
// The command cmd/plonetest serves a site at a known address until it is interrupted, for programs in any language.
//
// # How true it is
//
// The answers have been compared with those of Plone 6.2: status, header fields that mean something, and the JSON with
// its keys, values and messages, including what a client would not expect. Bad credentials make a request anonymous,
// a missing permission is a 401 also for those who are logged in, a missing key is a 503, validation errors are a
// Python literal inside a string, an answer of 204 ends the connection, DELETE on the site root deletes the site. What
// is not there: HTML pages worth reading, WebDAV, versions of content, translated messages. Changes are made by one
// request at a time, so there are no write conflicts unless a fault makes one.
//
// # Faults
//
// [Server.FailNext], [Server.Drop], [Server.Truncate] and [Server.Delay] are the common ones; [Server.Inject] takes
// any [Fault], for the requests with a certain method and path.
package plonetest
