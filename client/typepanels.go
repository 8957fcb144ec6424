package client

import (
	"context"
	"net/http"

	"plone.example/restapi/retry"
)

// TypePanelService adds, changes and removes content types, which are panels of
// settings to Plone. For their fields see [TypeService]. It is safe for concurrent use.
type TypePanelService struct{ client *Client }

var (
	listTypePanels = declare(operation{
		name: "TypePanels.List", method: http.MethodGet, path: "/@controlpanels/dexterity-types", want: http.StatusOK,
	})
	getTypePanel = declare(operation{
		name: "TypePanels.Get", method: http.MethodGet, path: "/@controlpanels/dexterity-types/{type}", want: http.StatusOK,
		means: lookup,
	})
	addTypePanel = declare(operation{
		name: "TypePanels.Add", method: http.MethodPost, path: "/@controlpanels/dexterity-types", want: http.StatusCreated,
		means: lookup,
	})
	updateTypePanel = declare(operation{
		name: "TypePanels.Update", method: http.MethodPatch, path: "/@controlpanels/dexterity-types/{type}",
		want: http.StatusNoContent, kind: retry.Repeatable, means: lookup,
	})
	deleteTypePanel = declare(operation{
		name: "TypePanels.Delete", method: http.MethodDelete, path: "/@controlpanels/dexterity-types/{type}",
		want: http.StatusNoContent, means: lookup,
	})
)

// TypePanels are the content types of a site, as the panel "dexterity-types" lists
// them.
type TypePanels struct {
	URL   string             `json:"@id"`
	Title string             `json:"title"` // in the language of the request
	Group string             `json:"group"`
	Items []TypePanelSummary `json:"items"`
}

func (p *TypePanels) check() error {
	if p.Items == nil {
		return errMissing("items")
	}
	return nil
}

// TypePanelSummary is a content type in the panel.
type TypePanelSummary struct {
	URL         string `json:"@id"`
	Type        string `json:"@type"` // its name, like "News Item"
	ID          string `json:"id"`    // the same
	Title       string `json:"title"`
	Description string `json:"description"`
	MetaType    string `json:"meta_type"` // "Dexterity FTI"
	Count       int    `json:"count"`     // objects of the type
}

// NewType is a content type to add.
type NewType struct {
	Title       string `json:"title"`
	ID          string `json:"id,omitempty"` // made of the title when empty, like "my_type"
	Description string `json:"description,omitempty"`
}

// List returns the content types of the site.
//
// Errors: [errors.ErrUnauthorized] when the user may not see the site setup,
// [errors.ErrInternalServer] for users who are not managers.
//
// Source: plone.restapi documentation, "Control Panels", "Dexterity Types".
func (s *TypePanelService) List(ctx context.Context, opts ...CallOption) (*OK[TypePanels], error) {
	return ok[TypePanels](ctx, s.client, listTypePanels.at(""), opts)
}

// Get returns the settings of a content type: its title, its description, what
// may be put into its objects, and for each behavior whether it has it.
//
// Errors: [errors.ErrNotFound] when there is no such type, which the server answers
// with 503; [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Control Panels", "Dexterity Types".
func (s *TypePanelService) Get(ctx context.Context, name string, opts ...CallOption) (*OK[Panel], error) {
	return ok[Panel](ctx, s.client, getTypePanel.at("", name), opts)
}

// Add adds a content type and returns its settings. Its fields are added with
// [TypeService].
//
// Errors: [errors.ErrBadRequest] when there is no title, [errors.ErrAlreadyExists]
// when the name is taken, [errors.ErrUnauthorized], [errors.ErrOutcomeUnknown] when
// no answer came.
//
// Source: plone.restapi documentation, "Control Panels", "Dexterity Types".
func (s *TypePanelService) Add(ctx context.Context, t NewType, opts ...CallOption) (*Created[Panel], error) {
	return created[Panel](ctx, s.client, addTypePanel.at("").with(t), opts)
}

// Update changes the settings of a content type that body has, as
// Fields{"plone.richtext": true}. As ControlPanels.Update, it reads before and refuses names
// that the server would ignore; the server does not check values.
//
// Errors: [errors.ErrNotFound] when there is no such type, [errors.ErrNoField] for a
// name that is neither a setting nor a behavior of the site,
// [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Control Panels", "Dexterity Types".
func (s *TypePanelService) Update(ctx context.Context, name string, body any, opts ...CallOption) (*NoContent, error) {
	before, err := s.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := checkNames(before.Value.URL, &before.Value.Schema, body)
	if err != nil {
		return nil, err
	}
	return noContent(ctx, s.client, updateTypePanel.at("", name).with(data), opts)
}

// Delete removes a content type. Its objects stay and cannot be used any more.
//
// Errors: [errors.ErrBadRequest] when there is no such type,
// [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Control Panels", "Dexterity Types".
func (s *TypePanelService) Delete(ctx context.Context, name string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, deleteTypePanel.at("", name), opts)
}
