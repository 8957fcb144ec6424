// Package judge holds transfers against a real Plone and against Plone's own
// exporter and importer. It is all tests; `PLONE_JUDGE=1 go test ./internal/judge`
// starts the sites that it needs with scripts/plone, at the ports after PLONE_PORT.
// PLONE_LONG=1 makes the sites as large as those of the real world.
package judge
