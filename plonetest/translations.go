package plonetest

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"time"
)

// translatable says whether an index or column of the catalog comes with translations.
func translatable(name string) bool { return name == "Language" || name == "TranslationGroup" }

func translationServices() []service {
	return []service{
		{method: "GET", name: "@translations", on: anyContent, permission: view, handle: getTranslations},
		{method: "POST", name: "@translations", on: anyContent, permission: translate, handle: postTranslation},
		{method: "DELETE", name: "@translations", on: anyContent, permission: translate, handle: deleteTranslation},
		{method: "GET", name: "@translation-locator", on: anyContent, permission: translate, handle: getTranslationLocator},
	}
}

// translations are the members of a group, by their languages.
type translations struct {
	id      string
	members map[string]*object
}

// translationGroup is the id of the group of o. That of an object that was never translated comes from its UID; the
// root and comments have none.
func translationGroup(o *object) string {
	switch {
	case o.group != nil:
		return o.group.id
	case o.parent == nil || o.comment != nil:
		return ""
	}
	sum := md5.Sum([]byte(o.uid))
	return hex.EncodeToString(sum[:])
}

// translations are o and its translations by their languages, those that are gone left out.
func (s *site) translations(o *object) map[string]*object {
	if o.group == nil {
		return map[string]*object{o.text("language"): o}
	}
	for language, member := range o.group.members {
		if s.byUID[member.uid] != member {
			delete(o.group.members, language)
		}
	}
	return o.group.members
}

// translate makes other the translation of o into a language.
func (s *site) translate(o *object, language string, other *object) {
	if o.group == nil {
		o.group = &translations{translationGroup(o), s.translations(o)}
	}
	if other.group != nil {
		delete(other.group.members, other.text("language"))
	}
	o.group.members[language] = other
	other.group = o.group
}

// share gives the translations of an event that was changed the times of that one.
func (s *site) share(o *object) {
	for _, other := range s.translations(o) {
		for _, name := range []string{"start", "end", "whole_day", "open_end"} {
			if other != o && other.typ.id == "Event" && o.typ.id == "Event" && !equal(other.get(name), o.get(name)) {
				other.set(name, o.get(name))
				other.modified = time.Now()
			}
		}
	}
}

// languageNames are the titles of the folders of languages.
var languageNames = map[string]string{"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}

// addLanguages adds a folder for each language.
func (s *site) addLanguages(codes []string) {
	s.root.layout = "language-switcher"
	now := time.Now()
	var first *object
	for _, code := range codes {
		root := &object{id: code, typ: s.types["LRF"], owner: "admin", created: now, modified: now, state: "published"}
		root.set("title", cmp.Or(languageNames[code], code))
		root.set("language", code)
		root.set("exclude_from_nav", true)
		s.add(s.root, root)
		assets := &object{id: "assets", typ: s.types["LIF"], owner: "admin", created: now, modified: now, state: "published"}
		assets.set("title", "Assets")
		assets.set("language", code)
		assets.set("exclude_from_nav", true)
		s.add(root, assets)
		if first == nil {
			first = root
			continue
		}
		s.translate(first, code, root)
	}
}

// noTranslations is the failure of the root, which is no translation of anything.
func noTranslations(adapter string) error {
	return fail("TypeError", "('Could not adapt', <PloneSite at /Plone>, <InterfaceClass plone.app.multilingual.interfaces."+adapter+">)")
}

// getTranslations lists the translations of an object.
func getTranslations(c *call) (*answer, error) {
	if c.context.parent == nil {
		return nil, noTranslations("ITranslationManager")
	}
	found, err := expandTranslations(c, c.context)
	return ok(found), err
}

func expandTranslations(c *call, o *object) (any, error) {
	d := dict{"@id": c.urlOf(o) + "/@translations"}
	root := o.navigationRoot()
	if root.parent == nil {
		return d, nil
	}
	items, roots := list{}, dict{}
	translated := c.translations(o)
	for _, language := range slices.Sorted(maps.Keys(translated)) {
		other := translated[language]
		if language != o.text("language") && c.allowed(c.user, view, other) {
			items = append(items, dict{"@id": c.urlOf(other), "language": language})
		}
	}
	for language, other := range c.translations(root) {
		if c.allowed(c.user, view, other) {
			roots[language] = c.urlOf(other)
		}
	}
	d["items"], d["root"] = items, roots
	return d, nil
}

func badTranslation(message string) *answer {
	return refuse(http.StatusBadRequest, "BadRequest", message)
}

// postTranslation makes an object a translation of that of the call.
func postTranslation(c *call) (*answer, error) {
	data, err := c.json()
	switch {
	case err != nil:
		return nil, err
	case c.context.parent == nil:
		return nil, noTranslations("ITranslationManager")
	case data["id"] == nil:
		return badTranslation("Missing content id to link to"), nil
	}
	target := c.resolve(str(data["id"]))
	switch {
	case target == nil:
		return badTranslation("Content does not exist"), nil
	case target.typ.id == "LRF":
		return badTranslation("Language Root Folders can only be linked between each other"), nil
	case target.parent == nil:
		return nil, noTranslations("ITranslationManager")
	}
	language := target.text("language")
	switch {
	case c.translations(c.context)[language] != nil:
		return badTranslation("Source already translated into language " + language), nil
	case c.translations(target)[c.context.text("language")] != nil:
		return badTranslation("Target already translated into language " + language), nil
	}
	c.translate(c.context, language, target)
	c.changed()
	return created(c.urlOf(c.context), dict{}), nil
}

// deleteTranslation takes an object out of a group.
func deleteTranslation(c *call) (*answer, error) {
	data, err := c.json()
	switch {
	case err != nil:
		return nil, err
	case c.context.parent == nil:
		return nil, noTranslations("ITranslationManager")
	case data["language"] == nil:
		return badTranslation("You need to provide the language to unlink"), nil
	}
	language := str(data["language"])
	other := c.translations(c.context)[language]
	switch {
	case other == nil:
		return badTranslation("This objects is not translated into " + language), nil
	case c.context.typ.id == "LRF":
		return badTranslation("Language Root Folders cannot be unlinked"), nil
	}
	if other.group != nil {
		delete(other.group.members, language)
		other.group = &translations{newUID(), map[string]*object{language: other}}
	}
	c.changed()
	return noContent(), nil
}

// getTranslationLocator tells the folder that a translation belongs in.
func getTranslationLocator(c *call) (*answer, error) {
	if !c.form.has("target_language") {
		return nil, missingKey("target_language")
	}
	if c.context.parent == nil {
		return nil, noTranslations("ITranslationLocator")
	}
	folder := c.context.parent
	for at := folder; at.parent != nil; at = at.parent {
		if other := c.translations(at)[c.form.one("target_language")]; other != nil {
			folder = other
			break
		}
	}
	return ok(dict{"@id": c.urlOf(folder)}), nil
}

// multilingual gives a new object the language of the folder that it is in, and links it to the one that it is to be a
// translation of.
func (c *call) multilingual(o *object, data dict) error {
	if slices.ContainsFunc(c.root.children, func(child *object) bool { return child.typ.id == "LRF" }) {
		language := "" // below the root, whatever was asked for
		if o.parent != c.root {
			language = o.parent.text("language")
		}
		o.set("language", language)
	}
	language, _ := data["language"].(string)
	of, _ := data["translation_of"].(string)
	if language == "" || of == "" {
		return nil
	}
	original := c.resolve(of)
	if original == nil {
		return nil
	}
	if c.translations(original)[language] != nil {
		return fail("KeyError", "'Translation already exists'")
	}
	c.translate(original, language, o)
	return nil
}
