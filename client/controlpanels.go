package client

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// ControlPanelService reads and changes the settings of the site, panel by panel.
// It is safe for concurrent use.
//
// Two panels have children, and services of their own: the content types, see
// [TypePanelService], and the content rules, see [RuleService].
type ControlPanelService struct{ client *Client }

var (
	listPanels = declare(operation{
		name: "ControlPanels.List", method: http.MethodGet, path: "/@controlpanels", want: http.StatusOK,
	})
	getPanel = declare(operation{
		name: "ControlPanels.Get", method: http.MethodGet, path: "/@controlpanels/{panel}", want: http.StatusOK,
	})
	updatePanel = declare(operation{
		name: "ControlPanels.Update", method: http.MethodPatch, path: "/@controlpanels/{panel}", want: http.StatusNoContent,
		kind: retry.Repeatable, means: lookup,
	})
	addPanelChild = declare(operation{
		name: "ControlPanels.AddChild", method: http.MethodPost, path: "/@controlpanels/{panel}", want: http.StatusCreated,
		means: lookup,
	})
	deletePanelChild = declare(operation{
		name: "ControlPanels.DeleteChild", method: http.MethodDelete, path: "/@controlpanels/{panel}/{child}",
		want: http.StatusNoContent, means: lookup,
	})
)

// PanelSummary is the short form of a panel.
type PanelSummary struct {
	URL            string   `json:"@id"`
	Title          string   `json:"title"` // in the language of the request, like what follows
	Group          string   `json:"group"`
	SearchableText []string `json:"searchable_text"` // titles of the panel and of its fields
}

func (p *PanelSummary) check() error {
	if p.URL == "" {
		return errMissing("@id")
	}
	return nil
}

// Name is what other calls take, like "mail": the end of the address.
func (p *PanelSummary) Name() string {
	name := p.URL[strings.LastIndexByte(p.URL, '/')+1:]
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// Panel is a group of settings, or the settings of a content type.
type Panel struct {
	URL         string          `json:"@id"`
	Title       string          `json:"title"` // in the language of the request
	Description string          `json:"description,omitempty"`
	Group       string          `json:"group"`
	Schema      TypeSchema      `json:"schema,omitzero"` // of Data; zero for panels that only have children
	Data        Settings        `json:"data,omitempty"`
	Items       json.RawMessage `json:"items,omitempty"` // children, of panels that have them
}

func (p *Panel) check() error {
	if p.URL == "" {
		return errMissing("@id")
	}
	return nil
}

// Decode decodes the settings into v, a struct with JSON tags by their names.
//
// Errors: those of encoding/json.
func (p *Panel) Decode(v any) error { return p.Data.Decode(v) }

// Settings are values by the names of their fields, as JSON. They may hold
// passwords, so they print as their names only.
type Settings map[string]json.RawMessage

// Decode decodes the values into v, a struct with JSON tags by their names.
//
// Errors: those of encoding/json.
func (s Settings) Decode(v any) error {
	data, err := wire.Marshal(map[string]json.RawMessage(s))
	if err != nil {
		return err
	}
	return wire.Unmarshal(data, v)
}

// String names the fields.
func (s Settings) String() string {
	return fmt.Sprint(slices.Sorted(maps.Keys(s)))
}

// GoString is String.
func (s Settings) GoString() string { return s.String() }

// List returns the panels that the user may see.
//
// Errors: [errors.ErrUnauthorized] when the user may not see the site setup.
//
// Source: plone.restapi documentation, "Control Panels".
func (s *ControlPanelService) List(ctx context.Context, opts ...CallOption) (*OK[[]PanelSummary], error) {
	return okArray[PanelSummary](ctx, s.client, listPanels.at(""), opts)
}

// Get returns a panel with its settings.
//
// Errors: [errors.ErrNotFound] when there is no such panel,
// [errors.ErrUnauthorized] when the user may not see the site setup,
// [errors.ErrInternalServer] when this panel is hidden from the user.
//
// Source: plone.restapi documentation, "Control Panels".
func (s *ControlPanelService) Get(ctx context.Context, panel string, opts ...CallOption) (*OK[Panel], error) {
	return ok[Panel](ctx, s.client, getPanel.at("", panel), opts)
}

// Update changes the settings that body has, all of them or none. The server
// ignores names that it does not know; the method reads the panel before and
// refuses them.
//
// Errors: [errors.ErrValidation] when values are refused, [errors.ErrNoField] for a
// name that the panel does not have, [errors.ErrNotFound] when there is no such
// panel, [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Control Panels".
func (s *ControlPanelService) Update(ctx context.Context, panel string, body any, opts ...CallOption) (*NoContent, error) {
	before, err := s.Get(ctx, panel)
	if err != nil {
		return nil, err
	}
	data, err := checkNames(before.Value.URL, &before.Value.Schema, body)
	if err != nil {
		return nil, err
	}
	return noContent(ctx, s.client, updatePanel.at("", panel).with(data), opts)
}

// AddChild adds a child to a panel that has children and returns it.
//
// Errors: [errors.ErrNotFound] when the panel has no children,
// [errors.ErrInternalServer] when there is no such panel,
// [errors.ErrBadRequest] when body is refused, [errors.ErrUnauthorized],
// [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Control Panels".
func (s *ControlPanelService) AddChild(ctx context.Context, panel string, body any, opts ...CallOption) (*Created[Panel], error) {
	return created[Panel](ctx, s.client, addPanelChild.at("", panel).with(body), opts)
}

// DeleteChild removes a child of a panel.
//
// Errors: as AddChild; for a child that is unknown those of the panel.
//
// Source: plone.restapi documentation, "Control Panels".
func (s *ControlPanelService) DeleteChild(ctx context.Context, panel, child string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, deletePanelChild.at("", panel, child), opts)
}

// checkNames returns body as JSON. It refuses names that are not in the schema of
// what is called place, since the server ignores them.
func checkNames(place string, schema *TypeSchema, body any) (json.RawMessage, error) {
	data, err := wire.Marshal(body)
	if err != nil {
		return nil, invalid("the body cannot be marshalled: %w", err)
	}
	var values Settings
	if err := wire.Unmarshal(data, &values); err != nil || values == nil {
		return nil, invalid("the body is not a JSON object")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if _, found := schema.Properties[name]; !found {
			return nil, fmt.Errorf("plone: %s: %w: %q", place, errors.ErrNoField, name)
		}
	}
	return data, nil
}
