package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// SharingService reads and sets local roles: those that a user or group has on
// one object and on what is below it. It is safe for concurrent use.
type SharingService struct{ client *Client }

var (
	getSharing = declare(operation{
		name: "Sharing.Get", method: http.MethodGet, path: "/{path}/@sharing", want: http.StatusOK,
	})
	updateSharing = declare(operation{
		name: "Sharing.Update", method: http.MethodPost, path: "/{path}/@sharing", want: http.StatusNoContent, kind: retry.Repeatable,
	})
)

// Sharing says who has which roles on an object.
type Sharing struct {
	AvailableRoles []AvailableRole `json:"available_roles"` // the roles that the user may give here
	// Entries are the users and groups with a role of their own or from above,
	// and always the group of all who are logged in, "AuthenticatedUsers".
	Entries []SharingEntry `json:"entries"`
	Inherit bool           `json:"inherit"` // roles from above count here
}

// AvailableRole is a role that can be given to others.
type AvailableRole struct {
	ID    string `json:"id"`
	Title string `json:"title"` // in the language of the request
}

// SharingEntry says which roles a user or group has on an object.
type SharingEntry struct {
	ID       string               `json:"id"`
	Login    string               `json:"login,omitempty"` // empty when it is the title, and for groups
	Title    string               `json:"title"`
	Type     string               `json:"type"` // "user" or "group"
	Disabled bool                 `json:"disabled,omitempty"`
	Roles    map[string]RoleState `json:"roles"` // by the ids of AvailableRoles
}

// RoleState says from where somebody has a role. Each hides those that follow:
// whether a role that is Global is given here too cannot be seen.
type RoleState int

// States of a role.
const (
	RoleNone     RoleState = iota
	RoleGlobal             // on the whole site
	RoleAcquired           // from an object further up
	RoleLocal              // from this object
)

// MarshalJSON implements json.Marshaler, in the form of the server.
func (s RoleState) MarshalJSON() ([]byte, error) {
	switch s {
	case RoleGlobal:
		return []byte(`"global"`), nil
	case RoleAcquired:
		return []byte(`"acquired"`), nil
	default:
		return wire.Marshal(s == RoleLocal)
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *RoleState) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "false", "null":
		*s = RoleNone
	case `"global"`:
		*s = RoleGlobal
	case `"acquired"`:
		*s = RoleAcquired
	case "true":
		*s = RoleLocal
	default:
		return fmt.Errorf("%s is not the state of a role", shorten(string(data)))
	}
	return nil
}

func (s *Sharing) check() error {
	if s.Entries == nil {
		return errMissing("entries")
	}
	for i := range s.Entries {
		if s.Entries[i].Roles == nil { // whoever changes roles relies on those that are there
			return errMissing("roles")
		}
	}
	return nil
}

// entry returns what is said about id, nil when nothing is.
func (s *Sharing) entry(id string) *SharingEntry {
	i := slices.IndexFunc(s.Entries, func(e SharingEntry) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Entries[i]
}

// LocalRoles are the roles that a user or group is to have on an object.
type LocalRoles struct {
	ID   string // of the user or group
	Type string // "user" or "group"; may be empty, the server goes by the id
	// Roles are all that it is to have from this object. Those that are left out
	// are taken away, as far as the user may give them.
	Roles []string

	revoked []string // not every server takes away what is not named
}

// MarshalJSON implements json.Marshaler, in the form of the server.
func (l LocalRoles) MarshalJSON() ([]byte, error) {
	roles := make(map[string]bool, len(l.Roles))
	for _, role := range l.Roles {
		roles[role] = true
	}
	for _, role := range l.revoked {
		roles[role] = false
	}
	return wire.Marshal(struct {
		ID    string          `json:"id"`
		Type  string          `json:"type,omitempty"`
		Roles map[string]bool `json:"roles"`
	}{l.ID, l.Type, roles})
}

// SharingUpdate is a change of local roles; the zero value changes nothing.
type SharingUpdate struct {
	// Inherit says whether roles from above count. Switching that off gives the
	// user those that they had from above, so that they do not lose the object.
	Inherit Opt[bool]    `json:"inherit,omitzero"`
	Entries []LocalRoles `json:"entries,omitempty"` // others stay as they are
}

// Get returns who has which roles on the object at path.
//
// Errors: [errors.ErrForbidden] when the user may not give roles here, also for
// those who are not logged in, [errors.ErrUnauthorized] when the user may not see
// the object, [errors.ErrNotFound].
//
// Source: plone.restapi documentation, "Sharing".
func (s *SharingService) Get(ctx context.Context, path string, opts ...CallOption) (*OK[Sharing], error) {
	return ok[Sharing](ctx, s.client, getSharing.at(path), opts)
}

// Search returns what Get does, and also the users and groups whose name,
// address or title has text in it.
//
// Errors: those of Get, and [errors.ErrInvalidInput] for an empty text.
//
// Source: plone.restapi documentation, "Sharing".
func (s *SharingService) Search(ctx context.Context, path, text string, opts ...CallOption) (*OK[Sharing], error) {
	r := getSharing.at(path)
	r.Query = url.Values{"search": {text}}
	if text == "" {
		r.err = invalid("an empty text to search for")
	}
	return ok[Sharing](ctx, s.client, r, opts)
}

// Update changes the local roles of the object at path. The server says nothing
// about ids that nobody has, which it takes, and about roles that the user may
// not give, which it drops; see Ensure.
//
// Errors: those of Get, and [errors.ErrUnauthorized] when Inherit is set by
// somebody who may not modify the object.
//
// Source: plone.restapi documentation, "Sharing".
func (s *SharingService) Update(ctx context.Context, path string, update SharingUpdate, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, updateSharing.at(path).with(update), opts)
}

// Ensure makes the local roles of each user or group in entries those that are
// named there, and sends nothing when all is so already. Value is the Sharing as it
// is then, Changed the roles that were given or taken, like "ada: Editor". A role that
// somebody has on the whole site or from above counts as had, since the server does not
// show what is below it. Ids that nobody has are taken, as by Update.
//
// Errors: those of Get, and [errors.ErrForbidden] when a role is not among
// those that the user may give here; then nothing is changed. An [EnsureError] tells
// what was changed before the error; it matches [errors.ErrNotDone] when the server
// took roles that are not as they were to be afterwards.
func (s *SharingService) Ensure(ctx context.Context, path string, entries []LocalRoles, opts ...CallOption) (*Ensured[Sharing], error) {
	result := new(Ensured[Sharing])
	for {
		sharing, err := s.Get(ctx, path, opts...)
		if err != nil {
			return nil, result.failed(path, err)
		}
		result.Value = sharing.Value
		update, names, err := s.missing(ctx, path, &result.Value, entries, opts)
		if err != nil {
			return nil, result.failed(path, err)
		}
		if len(names) == 0 {
			return result, nil
		}
		if result.Changed != nil {
			result.Changed = slices.DeleteFunc(result.Changed, func(name string) bool { return slices.Contains(names, name) })
			return nil, result.lacking(path, names)
		}
		if _, err := s.Update(ctx, path, update, opts...); err != nil {
			return nil, err
		}
		result.Changed = names
	}
}

// missing is what is to be changed so that the local roles are those in entries, and
// the names of it.
func (s *SharingService) missing(ctx context.Context, path string, got *Sharing, entries []LocalRoles, opts []CallOption) (update SharingUpdate, names []string, err error) {
	for _, want := range entries {
		for _, role := range want.Roles {
			if !slices.ContainsFunc(got.AvailableRoles, func(r AvailableRole) bool { return r.ID == role }) {
				return update, nil, fmt.Errorf("plone: %w: the role %q cannot be given at %s", errors.ErrForbidden, role, path)
			}
		}
		entry := got.entry(want.ID)
		if entry == nil {
			// Those who have all their roles on the whole site are found only so.
			found, err := s.Search(ctx, path, want.ID, opts...)
			if err != nil {
				return update, nil, err
			}
			entry = found.Value.entry(want.ID)
		}
		if changes := entry.changes(want); changes != nil {
			names = append(names, changes...)
			if entry != nil {
				for role, state := range entry.Roles {
					if state == RoleLocal && !slices.Contains(want.Roles, role) {
						want.revoked = append(want.revoked, role)
					}
				}
			}
			update.Entries = append(update.Entries, want)
		}
	}
	slices.Sort(names)
	return update, names, nil
}

// changes are the names of what differs between e and want; e is nil for those
// without any role.
func (e *SharingEntry) changes(want LocalRoles) (names []string) {
	var has map[string]RoleState
	if e != nil {
		has = e.Roles
	}
	for _, role := range want.Roles {
		if has[role] == RoleNone {
			names = append(names, want.ID+": "+role)
		}
	}
	for role, state := range has {
		if state == RoleLocal && !slices.Contains(want.Roles, role) {
			names = append(names, want.ID+": "+role)
		}
	}
	return names
}
