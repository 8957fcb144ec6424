package plonetest

import (
	"maps"
	"slices"
	"strings"
)

// makePlain takes away what a new Volto site does not have.
func (s *site) makePlain() {
	s.plain = true
	maps.DeleteFunc(s.routes, func(key string, _ []service) bool {
		return strings.HasSuffix(key, " @translations") || strings.HasSuffix(key, " @translation-locator")
	})
	s.setup.panels = slices.DeleteFunc(s.setup.panels, func(p panel) bool { return p.name == "discussion" })
	s.addon("plone.app.multilingual").installed = ""
	s.types["Folder"].addable = false
}

// addColumn adds a column of the catalog to a summary, if the site has it.
func (c *call) addColumn(name string, o *object, d dict) {
	column, known := columns[name]
	if known && (!c.plain || !translatable(name)) {
		d[name] = column(c, o)
	}
}

// index returns an index of the catalog.
func (s *site) index(name string) (index, bool) {
	if s.plain && translatable(name) {
		return index{}, false
	}
	i, known := indexes[name]
	return i, known
}
