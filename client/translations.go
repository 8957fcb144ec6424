package client

import (
	"context"
	"net/http"
	"net/url"

	"plone.example/restapi/errors"
)

// TranslationService links objects in several languages. An object and its
// translations are equal members of one group, one for each language. It needs
// plone.app.multilingual. It is safe for concurrent use.
type TranslationService struct{ client *Client }

var (
	getTranslations = declare(operation{
		name: "Translations.Get", method: http.MethodGet, path: "/{path}/@translations", want: http.StatusOK,
	})
	linkTranslation = declare(operation{
		name: "Translations.Link", method: http.MethodPost, path: "/{path}/@translations", want: http.StatusCreated,
		means: []meaning{
			{status: errors.ErrBadRequest, unnamed: true, says: " already translated into language ", is: errors.ErrAlreadyExists},
			{status: errors.ErrBadRequest, unnamed: true, says: "Content does not exist", is: errors.ErrNotFound},
		},
	})
	unlinkTranslation = declare(operation{
		name: "Translations.Unlink", method: http.MethodDelete, path: "/{path}/@translations", want: http.StatusNoContent,
		means: []meaning{
			{status: errors.ErrBadRequest, unnamed: true, says: " is not translated into ", is: errors.ErrNotFound},
		},
	})
	locateTranslation = declare(operation{
		name: "Translations.Locate", method: http.MethodGet, path: "/{path}/@translation-locator", want: http.StatusOK,
	})
)

// Translations are those of an object.
type Translations struct {
	URL   string            `json:"@id"`
	Items []Translation     `json:"items,omitempty"` // without the object itself
	Root  map[string]string `json:"root,omitempty"`  // addresses of the folders of all languages; nil for an object in none of them
}

// Translation is an object in another language.
type Translation struct {
	URL      string `json:"@id"`      // its address
	Language string `json:"language"` // like "de"; empty for an object without one
}

func (t *Translations) check() error {
	if t.URL == "" {
		return errMissing("@id")
	}
	return nil
}

// Get returns the translations of the object at path that the user may see. An
// object outside of the folders of languages has none to show, even when it is
// linked.
//
// Errors: [errors.ErrUnauthorized], [errors.ErrNotFound], [errors.ErrInternalServer]
// for the site root, which has no translations.
//
// Source: plone.restapi documentation, "Translations".
func (s *TranslationService) Get(ctx context.Context, path string, opts ...CallOption) (*OK[Translations], error) {
	return ok[Translations](ctx, s.client, getTranslations.at(path), opts)
}

// Link makes the object other, named by its address, a path or its UID, a
// translation of the one at path. The Location of the result is the latter.
//
// To create an object as a translation, give it a "language" and the UID of the
// original as "translation_of"; Locate tells the folder. The server says nothing
// when there is no such original, and takes one without a language for no
// translation; a language that is taken is a 503.
//
// Errors: [errors.ErrAlreadyExists] when either object has a translation into the
// language of the other one, [errors.ErrNotFound] when there is no object at path,
// or no other (the latter is a 400), [errors.ErrBadRequest] also for the folder of a
// language, [errors.ErrUnauthorized] when the user may not manage translations,
// [errors.ErrInternalServer] for the site root, [errors.ErrOutcomeUnknown] when no
// answer came.
//
// Source: plone.restapi documentation, "Translations".
func (s *TranslationService) Link(ctx context.Context, path, other string, opts ...CallOption) (*Created[struct{}], error) {
	key, err := s.client.reference(other)
	if err != nil {
		return nil, err
	}
	r := linkTranslation.at(path).with(map[string]string{"id": key})
	r.names = []string{key}
	return created[struct{}](ctx, s.client, r, opts)
}

// Unlink takes the translation in a language out of the group of the object at
// path; its own language takes the object itself out. No object is removed.
//
// Errors: [errors.ErrNotFound] when there is no such object or translation (the
// latter is a 400), [errors.ErrBadRequest] also for the folder of a language,
// [errors.ErrUnauthorized] when the user may not manage translations,
// [errors.ErrInternalServer] for the site root.
//
// Source: plone.restapi documentation, "Translations".
func (s *TranslationService) Unlink(ctx context.Context, path, language string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, unlinkTranslation.at(path).with(map[string]string{"language": language}), opts)
}

// TranslationFolder is where a translation belongs.
type TranslationFolder struct {
	URL string `json:"@id"` // address of the folder
}

func (f *TranslationFolder) check() error {
	if f.URL == "" {
		return errMissing("@id")
	}
	return nil
}

// Locate returns the folder in which a translation of the object at path belongs:
// the translation of the nearest folder around it that has one. For a language that
// the site does not have, it is the folder of the object itself.
//
// Errors: [errors.ErrUnauthorized] when the user may not manage translations,
// [errors.ErrNotFound], [errors.ErrInternalServer] for the site root.
//
// Source: plone.restapi documentation, "Translations".
func (s *TranslationService) Locate(ctx context.Context, path, language string, opts ...CallOption) (*OK[TranslationFolder], error) {
	r := locateTranslation.at(path)
	r.Query = url.Values{"target_language": {language}}
	return ok[TranslationFolder](ctx, s.client, r, opts)
}
