package client

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// UserService manages users. It is safe for concurrent use.
type UserService struct{ client *Client }

var (
	listUsers = declare(operation{
		name: "Users.List", method: http.MethodGet, path: "/@users", want: http.StatusOK,
	})
	getUser = declare(operation{
		name: "Users.Get", method: http.MethodGet, path: "/@users/{id}", want: http.StatusOK,
	})
	createUser = declare(operation{
		name: "Users.Create", method: http.MethodPost, path: "/@users", want: http.StatusCreated,
	})
	updateUser = declare(operation{
		name: "Users.Update", method: http.MethodPatch, path: "/@users/{id}", want: http.StatusNoContent, kind: retry.Repeatable,
		means: []meaning{{raised: "AttributeError", says: "'NoneType'", is: errors.ErrNotFound}},
	})
	deleteUser = declare(operation{
		name: "Users.Delete", method: http.MethodDelete, path: "/@users/{id}", want: http.StatusNoContent,
	})
	resetPassword = declare(operation{
		name: "Users.ResetPassword", method: http.MethodPost, path: "/@users/{login}/reset-password", want: http.StatusOK,
	})
)

// User is a user of the site. Properties that are absent or null are empty; those
// that the site has added are read with Extra.
type User struct {
	URL      string   `json:"@id"`      // its address
	ID       string   `json:"id"`       // what other calls take
	Username string   `json:"username"` // to log in with
	Roles    []string `json:"roles"`    // on the whole site, those of the user's groups included

	Fullname    string `json:"fullname,omitempty"`
	Email       string `json:"email,omitempty"`
	HomePage    string `json:"home_page,omitempty"`
	Description string `json:"description,omitempty"`
	Location    string `json:"location,omitempty"`
	Portrait    string `json:"portrait,omitempty"` // address of the picture; empty when there is none

	Groups UserGroups `json:"groups,omitzero"` // zero for users of the Zope root, and in a search for principals

	origin origin
}

// UserGroups are the groups of a user.
type UserGroups struct {
	URL        string     `json:"@id"` // of the request, not of the user
	Items      []GroupRef `json:"items"`
	ItemsTotal int        `json:"items_total"`
	Batching   *Batching  `json:"batching,omitempty"` // nil when Items are all
}

// GroupRef names a group.
type GroupRef struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Extra decodes the property called name, which User has no member for, into v.
//
// Errors: [errors.ErrNoField] when the answer has no such property; those of
// encoding/json.
func (u *User) Extra(name string, v any) error { return u.origin.decode(name, v) }

func (u *User) check() error {
	if u.ID == "" {
		return errMissing("id")
	}
	return nil
}

func (u *User) keep(o origin) { u.origin = o }

// UserList is an answer with users. It is no batch: the server sends them all.
type UserList struct {
	URL        string `json:"@id,omitempty"` // empty before plone.restapi 10
	Items      []User `json:"items"`
	ItemsTotal int    `json:"items_total"`
}

// UnmarshalJSON implements json.Unmarshaler. Before plone.restapi 10 the server
// sent the bare items.
func (l *UserList) UnmarshalJSON(data []byte) error {
	if bare(data) {
		*l = UserList{}
		err := wire.Unmarshal(data, &l.Items)
		l.ItemsTotal = len(l.Items)
		return err
	}
	type plain UserList
	return wire.Unmarshal(data, (*plain)(l))
}

func bare(data []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("[")) }

func (l *UserList) check() error {
	if l.Items == nil {
		return errMissing("items")
	}
	for i := range l.Items {
		if err := l.Items[i].check(); err != nil {
			return err
		}
	}
	return nil
}

func (l *UserList) keep(o origin) {
	if bare(o.answer.body) {
		o.answer = &answer{body: fmt.Appendf(nil, `{"items":%s}`, o.answer.body)}
	}
	for i := range l.Items {
		l.Items[i].keep(origin{o.answer, i})
	}
}

// UserQuery says which users to list. The zero value lists all of them.
type UserQuery struct {
	ID     string   // part of the user id
	Search string   // part of the name, full name or e-mail address
	Groups []string // members of any of these groups
	Limit  int      // 0 for all
}

func (q UserQuery) values() (url.Values, error) {
	values := url.Values{}
	if q.ID != "" {
		values.Set("query", q.ID)
	}
	if q.Search != "" {
		values.Set("search", q.Search)
	}
	if len(q.Groups) > 0 {
		values["groups-filter:list"] = q.Groups
	}
	if q.Limit < 0 {
		return nil, invalid("Limit %d is negative", q.Limit)
	}
	if q.Limit > 0 || len(values) > 0 {
		// The server stops after 25 when it is asked for anything but a limit.
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	return values, nil
}

// NewUser is a user to add. Its password does not print, and is not in its JSON.
type NewUser struct {
	Username string // to log in with; becomes the id. Must be empty on sites that log in by e-mail address
	Email    string
	// Either a Password, or SendPasswordReset to mail the user a link to choose one.
	Password          Secret
	SendPasswordReset bool
	Roles             []string // on the whole site; nil for the server's default, Member

	Fullname    string
	HomePage    string
	Description string
	Location    string
	Properties  Fields // further ones, of the site's user schema
}

// texts are the properties that are text, by their names on the wire.
func (u *NewUser) texts() map[string]string {
	return map[string]string{
		"email": u.Email, "fullname": u.Fullname, "home_page": u.HomePage,
		"description": u.Description, "location": u.Location,
	}
}

// body is what the server takes, with the password in it.
func (u *NewUser) body() Fields {
	body := Fields{}
	maps.Copy(body, u.Properties)
	for name, text := range u.texts() {
		if text != "" {
			body[name] = text
		}
	}
	if u.Username != "" {
		body["username"] = u.Username
	}
	if u.Password != "" {
		body["password"] = string(u.Password)
	}
	if u.SendPasswordReset {
		body["sendPasswordReset"] = true
	}
	if u.Roles != nil {
		body["roles"] = u.Roles
	}
	return body
}

// UserUpdate says what to change in a user. What is left out stays as it is. Its
// password does not print, and is not in its JSON.
type UserUpdate struct {
	Username Opt[string]     // to log in with; the id stays
	Password Secret          // empty to leave it
	Roles    map[string]bool // on the whole site, by name: whether the user has it

	Email       Opt[string]
	Fullname    Opt[string]
	HomePage    Opt[string]
	Description Opt[string]
	Location    Opt[string]
	Portrait    *Portrait // nil to leave it
	Properties  Fields    // further ones, of the site's user schema
}

// body is what the server takes, with the password in it.
func (u *UserUpdate) body() Fields {
	body := Fields{}
	maps.Copy(body, u.Properties)
	for name, text := range map[string]Opt[string]{
		"username": u.Username, "email": u.Email, "fullname": u.Fullname, "home_page": u.HomePage,
		"description": u.Description, "location": u.Location,
	} {
		if !text.IsZero() {
			body[name] = text
		}
	}
	if u.Password != "" {
		body["password"] = string(u.Password)
	}
	if len(u.Roles) > 0 {
		body["roles"] = u.Roles
	}
	if u.Portrait != nil {
		body["portrait"] = u.Portrait.body()
	}
	return body
}

// DeleteUserOptions say what to leave of a user. The zero value leaves nothing.
type DeleteUserOptions struct {
	// KeepProperties keeps the full name, e-mail address and the like, for a user who
	// comes back. As long as they are there, a search for principals that finds them
	// fails.
	KeepProperties bool
	KeepLocalRoles bool // roles on single objects
}

// List returns the users of the site, without those of the Zope root.
//
// Errors: [errors.ErrUnauthorized] for users who may not manage users,
// [errors.ErrInvalidInput] for a negative Limit.
//
// Source: plone.restapi documentation, "Users", "List users".
func (s *UserService) List(ctx context.Context, q UserQuery, opts ...CallOption) (*OK[UserList], error) {
	r := listUsers.at("")
	r.Query, r.err = q.values()
	return ok[UserList](ctx, s.client, r, opts)
}

// Get returns the user called id. Everybody may read their own.
//
// Errors: [errors.ErrNotFound], [errors.ErrUnauthorized] for users who may not
// read about others.
//
// Source: plone.restapi documentation, "Users", "Read user".
func (s *UserService) Get(ctx context.Context, id string, opts ...CallOption) (*OK[User], error) {
	return ok[User](ctx, s.client, getUser.at("", id), opts)
}

// Create adds a user and returns it. The server leaves out roles that the site
// does not have; compare Roles, or use Ensure.
//
// Errors: [errors.ErrBadRequest] when the name is taken or not allowed, or the
// password too short; [errors.ErrValidation] when something is missing;
// [errors.ErrForbidden] for users who may not add users, [errors.ErrUnauthorized]
// when they give roles that they do not have; [errors.ErrInternalServer] when no
// mail can be sent.
//
// Source: plone.restapi documentation, "Users", "Create user".
func (s *UserService) Create(ctx context.Context, user NewUser, opts ...CallOption) (*Created[User], error) {
	return created[User](ctx, s.client, createUser.at("").with(user.body()), opts)
}

// Update changes the user called id. Users who do not manage users may change
// their own properties; their name, roles and password the server ignores then,
// and says 204: see ChangePassword. It also ignores properties that it does not
// know, and does not check a password that a manager sets.
//
// Errors: [errors.ErrNotFound] when there is no such user (the server answers 500),
// [errors.ErrForbidden] for other users' data, and for accounts and roles of
// managers; [errors.ErrUnauthorized] for anonymous, [errors.ErrBadRequest] when the
// e-mail address is another user's login name.
//
// Source: plone.restapi documentation, "Users", "Update user".
func (s *UserService) Update(ctx context.Context, id string, update UserUpdate, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, updateUser.at("", id).with(update.body()), opts)
}

// Delete removes the user called id. The server says 204 for users of the Zope
// root too, whom it cannot remove; so Delete looks afterwards, if it may.
//
// Errors: [errors.ErrNotFound], [errors.ErrNotDone] when the user is still there,
// [errors.ErrBadRequest] for managers when the caller is none,
// [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Users", "Delete user".
func (s *UserService) Delete(ctx context.Context, id string, o DeleteUserOptions, opts ...CallOption) (*NoContent, error) {
	r := deleteUser.at("", id)
	r.Query = url.Values{}
	if o.KeepProperties {
		r.Query.Set("delete_memberareas", "0")
	}
	if o.KeepLocalRoles {
		r.Query.Set("delete_localroles", "0")
	}
	result, err := noContent(ctx, s.client, r, opts)
	if err != nil {
		return nil, err
	}
	if _, err := s.Get(ctx, id); err == nil {
		return nil, fmt.Errorf("plone: the user %q is still there, as one of the Zope root cannot be removed: %w", id, errors.ErrNotDone)
	}
	return result, nil
}

// RequestPasswordReset mails a link for a new password to the user who logs in as
// login. Anybody may ask.
//
// Errors: [errors.ErrNotFound] when there is no such user,
// [errors.ErrInternalServer] when the user has no good e-mail address, or the mail
// cannot be sent.
//
// Source: plone.restapi documentation, "Users", "User password reset".
func (s *UserService) RequestPasswordReset(ctx context.Context, login string, opts ...CallOption) (*OK[struct{}], error) {
	return ok[struct{}](ctx, s.client, resetPassword.at("", login).with(Fields{}), opts)
}

// ResetPassword sets the password of the user who logs in as login with a token
// out of the link that was mailed.
//
// Errors: [errors.ErrForbidden] when the token is unknown or expired,
// [errors.ErrBadRequest] when the password is too short, [errors.ErrNotFound] when
// there is no such user, [errors.ErrInvalidInput] for an empty argument.
//
// Source: plone.restapi documentation, "Users", "User password reset".
func (s *UserService) ResetPassword(ctx context.Context, login string, token, password Secret, opts ...CallOption) (*OK[struct{}], error) {
	if token == "" || password == "" {
		return nil, invalid("a reset of a password needs a token and a password")
	}
	return ok[struct{}](ctx, s.client, resetPassword.at("", login).with(Fields{"reset_token": string(token), "new_password": string(password)}), opts)
}

// ChangePassword sets the password of the user of the client, who logs in as
// login. It works only where that is the id, too. Clients that log in with the
// old password have to be made anew.
//
// Errors: [errors.ErrForbidden] when the old password is wrong, or the client is
// that of somebody else; [errors.ErrBadRequest] when the new one is too short,
// [errors.ErrNotFound] when there is no such user, [errors.ErrInvalidInput] for an
// empty argument.
//
// Source: plone.restapi documentation, "Users", "User password reset".
func (s *UserService) ChangePassword(ctx context.Context, login string, old, password Secret, opts ...CallOption) (*OK[struct{}], error) {
	if old == "" || password == "" {
		return nil, invalid("a change of a password needs the old and the new one")
	}
	return ok[struct{}](ctx, s.client, resetPassword.at("", login).with(Fields{"old_password": string(old), "new_password": string(password)}), opts)
}

// Ensure makes the user exist with what want says, and changes nothing that is so
// already. Of a user who is there, it leaves the password and everything that is
// empty in want, and it adds the Roles that are missing, but takes none away.
//
// Errors: those of Get, Create and Update; [errors.ErrInvalidInput] without a
// Username; an [EnsureError], which tells what was done before, and matches
// [errors.ErrNotDone] when the server took a value and it is not there afterwards,
// such as a role or property that the site does not know.
func (s *UserService) Ensure(ctx context.Context, want NewUser, opts ...CallOption) (*Ensured[User], error) {
	if want.Username == "" {
		return nil, invalid("Ensure needs a Username")
	}
	result := new(Ensured[User])
	for {
		got, err := s.Get(ctx, want.Username, opts...)
		if errors.Is(err, errors.ErrNotFound) && !result.Created {
			if _, err := s.Create(ctx, want, opts...); err != nil {
				return nil, err
			}
			result.Created = true
			continue
		}
		if err != nil {
			return nil, result.failed(want.Username, err)
		}
		result.Value = got.Value
		update, names := want.missing(&result.Value)
		if len(names) == 0 {
			return result, nil
		}
		if result.Created || result.Changed != nil {
			return nil, result.lacking(want.Username, names)
		}
		if _, err := s.Update(ctx, got.Value.ID, update, opts...); err != nil {
			return nil, err
		}
		result.Changed = names
	}
}

// missing is what is to be changed so that got is as u says, and the names of it.
func (u *NewUser) missing(got *User) (update UserUpdate, names []string) {
	update = UserUpdate{Properties: Fields{}, Roles: map[string]bool{}}
	have := (&NewUser{
		Email: got.Email, Fullname: got.Fullname, HomePage: got.HomePage, Description: got.Description, Location: got.Location,
	}).texts()
	for name, text := range u.texts() {
		if text != "" && text != have[name] {
			update.Properties[name] = text
		}
	}
	for name, value := range u.Properties {
		var stored any
		if got.Extra(name, &stored) != nil || !sameJSON(value, stored) {
			update.Properties[name] = value
		}
	}
	names = slices.Collect(maps.Keys(update.Properties))
	for _, role := range u.Roles {
		if !slices.Contains(got.Roles, role) {
			update.Roles[role] = true
		}
	}
	if len(update.Roles) > 0 {
		names = append(names, "roles")
	}
	slices.Sort(names)
	return update, names
}

// sameJSON reports whether value is, as JSON, what was decoded into stored.
func sameJSON(value, stored any) bool {
	data, err := wire.Marshal(value)
	if err != nil {
		return false // the request fails for the same reason
	}
	var plain any
	return wire.Unmarshal(data, &plain) == nil && reflect.DeepEqual(plain, stored)
}
