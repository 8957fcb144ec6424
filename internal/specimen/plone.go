package specimen

import (
	"slices"
	"strings"
)

// losses are what a site loses when Plone's own exporter writes it, or Plone's own
// importer reads it.
var losses = []struct {
	path  string // how the path of the difference begins
	field string // how its field begins
	only  func(want, got string) bool
	why   string
}{
	{"/", "relatedItems[", nil, "the exporter sorts relations"},
	{"/", "remoteUrl", hasPath, "the importer does not turn paths into links by UID"},
	{"/", "blocks.", escaped, "a link whose address has escapes is no link by UID, so that the old address stays"},
	{"/", "relation isReferencing", nil, "the same"},
	{"/", "language", func(want, _ string) bool { return want == `""` }, "content without a language gets that of the site"},
	{"/@groups/", "email", nil, "the importer does not take it"},
	{"/@groups/", "all members", nil, "the importer adds users only"},
	{"/@users/", "portrait sha256", nil, "the exporter leaves it out"},
	{"principals.json group ", "email", nil, "the importer does not take it"},
	{"principals.json group ", "principals", nil, "the importer adds users only"},
	{"principals.json group ", "groups", nil, "the same"},
}

// WithoutLosses are the differences without those that the exporter and importer
// of Plone make themselves, to judge what else was lost on a way through one of
// them.
func WithoutLosses(differences []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(differences), func(d Difference) bool {
		for _, loss := range losses {
			if strings.HasPrefix(d.Path, loss.path) && strings.HasPrefix(d.Field, loss.field) &&
				(loss.only == nil || loss.only(d.Want, d.Got)) {
				return true
			}
		}
		return false
	})
}

// hasPath says whether got is the address want in another form.
func hasPath(want, got string) bool {
	path, inside := strings.CutPrefix(want, `"{site}`)
	return inside && strings.HasSuffix(got, path)
}

func escaped(want, got string) bool { return strings.Contains(want, "%") && hasPath(want, got) }
