package client

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// GroupService manages groups. It is safe for concurrent use.
type GroupService struct{ client *Client }

var (
	listGroups = declare(operation{
		name: "Groups.List", method: http.MethodGet, path: "/@groups", want: http.StatusOK,
	})
	getGroup = declare(operation{
		name: "Groups.Get", method: http.MethodGet, path: "/@groups/{id}", want: http.StatusOK,
	})
	createGroup = declare(operation{
		name: "Groups.Create", method: http.MethodPost, path: "/@groups", want: http.StatusCreated,
	})
	updateGroup = declare(operation{
		name: "Groups.Update", method: http.MethodPatch, path: "/@groups/{id}", want: http.StatusNoContent,
		kind: retry.Repeatable, means: []meaning{{raised: "BadRequest", says: "Trying to update a non-existing group.", is: errors.ErrNotFound}},
	})
	deleteGroup = declare(operation{
		name: "Groups.Delete", method: http.MethodDelete, path: "/@groups/{id}", want: http.StatusNoContent, means: lookup,
	})
)

// Group is a group of users and other groups. Properties that are null are empty.
type Group struct {
	URL         string       `json:"@id"`       // its address
	ID          string       `json:"id"`        // what other calls take
	Name        string       `json:"groupname"` // the same
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Email       string       `json:"email"`
	Roles       []string     `json:"roles"`            // on the whole site, those of groups that it is in included, and "Authenticated"
	Members     GroupMembers `json:"members,omitzero"` // zero in searches
}

func (g *Group) check() error {
	if g.ID == "" {
		return errMissing("id")
	}
	return nil
}

// GroupMembers are the first members of a group; see GroupService.Members for all.
type GroupMembers struct {
	URL        string    `json:"@id"`                // of the request, not of the group
	Items      []string  `json:"items"`              // ids of users and groups
	ItemsTotal int       `json:"items_total"`        // of all members
	Batching   *Batching `json:"batching,omitempty"` // nil when Items are all
}

// NewGroup is a group to add.
type NewGroup struct {
	Name        string   `json:"groupname"` // its id
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Email       string   `json:"email,omitempty"`
	Roles       []string `json:"roles,omitempty"`  // on the whole site
	Groups      []string `json:"groups,omitempty"` // members that are groups
	Users       []string `json:"users,omitempty"`  // members that are users, by their ids
}

// members are the ids of users and groups.
func (g *NewGroup) members() []string { return slices.Concat(g.Users, g.Groups) }

// GroupUpdate says what to change in a group. What is left out stays as it is. An
// update that empties Title or Description cannot set another of the texts: the
// server would keep the old one.
type GroupUpdate struct {
	Title       Opt[string]     `json:"title,omitzero"`
	Description Opt[string]     `json:"description,omitzero"`
	Email       string          `json:"email,omitempty"` // the server cannot empty it
	Roles       Opt[[]string]   `json:"roles,omitzero"`  // all that the group has from then on
	Members     map[string]bool `json:"users,omitempty"` // ids of users and groups: whether they are in
	// MemberOf are all groups that this one is in from then on; the server takes
	// none for no change.
	MemberOf []string `json:"groups,omitempty"`
}

// empties reports whether a text becomes empty.
func (u *GroupUpdate) empties() bool {
	return slices.ContainsFunc([]Opt[string]{u.Title, u.Description}, func(o Opt[string]) bool {
		text, _ := o.Get()
		return !o.IsZero() && text == ""
	})
}

// sets reports whether a text gets a value.
func (u *GroupUpdate) sets() bool {
	title, _ := u.Title.Get()
	description, _ := u.Description.Get()
	return title+description+u.Email != ""
}

// List returns all groups of the site, each with its first 25 members.
//
// Errors: [errors.ErrUnauthorized] for users who may not manage users.
//
// Source: plone.restapi documentation, "Groups", "List groups".
func (s *GroupService) List(ctx context.Context, opts ...CallOption) (*OK[[]Group], error) {
	return okArray[Group](ctx, s.client, listGroups.at(""), opts)
}

// Search returns the groups whose id contains text, without their members. The
// limit bounds what each source of groups finds; 0 is no limit.
//
// Errors: [errors.ErrUnauthorized] for users who may not manage users,
// [errors.ErrInvalidInput] for an empty text or a negative limit.
//
// Source: plone.restapi documentation, "Groups", "Filtering the list of groups".
func (s *GroupService) Search(ctx context.Context, text string, limit int, opts ...CallOption) (*OK[[]Group], error) {
	if text == "" || limit < 0 {
		return nil, invalid("a search for groups without a text, or with a negative limit")
	}
	r := listGroups.at("")
	// Without the type, the server takes the limit for text and counts wrong.
	r.Query = url.Values{"query": {text}, "limit:int": {strconv.Itoa(limit)}}
	return okArray[Group](ctx, s.client, r, opts)
}

// Get returns the group called id with its first 25 members.
//
// Errors: [errors.ErrNotFound], [errors.ErrUnauthorized] for users who may not
// manage users.
//
// Source: plone.restapi documentation, "Groups", "Read group".
func (s *GroupService) Get(ctx context.Context, id string, opts ...CallOption) (*OK[Group], error) {
	return ok[Group](ctx, s.client, getGroup.at("", id), opts)
}

// memberPage is how many members are asked for at once.
const memberPage = 1000

// Members walks the ids of all members of the group called id, users and groups,
// each of them once.
//
// Errors: those of Get, and [errors.ErrListChanged] at the end when the group
// changed underneath.
//
// Source: plone.restapi documentation, "Groups", "Read group".
func (s *GroupService) Members(ctx context.Context, id string, opts ...CallOption) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		seen := map[string]bool{}
		for start := 0; ; {
			r := getGroup.at("", id)
			r.Query = url.Values{"b_start": {strconv.Itoa(start)}, "b_size": {strconv.Itoa(memberPage)}}
			got, err := ok[Group](ctx, s.client, r, opts)
			if err != nil {
				yield("", err)
				return
			}
			members := got.Value.Members
			for _, member := range members.Items {
				if !seen[member] && !yield(member, nil) {
					return
				}
				seen[member] = true
			}
			start += len(members.Items)
			if len(members.Items) > 0 && start < members.ItemsTotal {
				continue
			}
			if len(seen) != members.ItemsTotal {
				yield("", fmt.Errorf("plone: %w: read %d of %d members", errors.ErrListChanged, len(seen), members.ItemsTotal))
			}
			return
		}
	}
}

// Create adds a group and returns it. The server leaves out members that it does
// not know; compare Members, or use Ensure.
//
// Errors: [errors.ErrBadRequest] when the name is taken, by a group or a user, or
// not allowed, and when the group gets the role Manager from somebody who may not
// manage the site; [errors.ErrUnauthorized] for users who may not manage users.
//
// Source: plone.restapi documentation, "Groups", "Create group".
func (s *GroupService) Create(ctx context.Context, group NewGroup, opts ...CallOption) (*Created[Group], error) {
	return created[Group](ctx, s.client, createGroup.at("").with(group), opts)
}

// Update changes the group called id. The server leaves out members that it does
// not know; see EnsureMembers.
//
// Errors: [errors.ErrNotFound] when there is no such group (the server answers
// 400), [errors.ErrBadRequest] for what concerns managers, from somebody who may
// not manage the site; [errors.ErrUnauthorized] for users who may not manage users,
// [errors.ErrInvalidInput] for an update that empties one text and sets another.
//
// Source: plone.restapi documentation, "Groups", "Update group".
func (s *GroupService) Update(ctx context.Context, id string, update GroupUpdate, opts ...CallOption) (*NoContent, error) {
	if update.empties() && update.sets() {
		return nil, invalid("an update of a group that empties one text and sets another")
	}
	return noContent(ctx, s.client, updateGroup.at("", id).with(update), opts)
}

// Delete removes the group called id. Its members stay.
//
// Errors: [errors.ErrNotFound] when there is no such group, or it is one that
// Plone makes up, like AuthenticatedUsers; [errors.ErrBadRequest] for a group of
// managers, from somebody who may not manage the site; [errors.ErrUnauthorized]
// for users who may not manage users.
//
// Source: plone.restapi documentation, "Groups", "Delete group".
func (s *GroupService) Delete(ctx context.Context, id string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, deleteGroup.at("", id), opts)
}

// Ensure makes the group exist with what want says, and changes nothing that is so
// already. Of a group that is there, it leaves everything that is empty in want,
// and it adds the Roles, Users and Groups that are missing, but takes none away.
//
// Errors: those of Get, Create and Update; an [EnsureError], which tells what was
// done before, and matches [errors.ErrNotDone] when the server took a value and it is
// not there afterwards, such as a member that the site does not know.
func (s *GroupService) Ensure(ctx context.Context, want NewGroup, opts ...CallOption) (*Ensured[Group], error) {
	result := new(Ensured[Group])
	for {
		got, err := s.Get(ctx, want.Name, opts...)
		if errors.Is(err, errors.ErrNotFound) && !result.Created {
			if _, err := s.Create(ctx, want, opts...); err != nil {
				return nil, err
			}
			result.Created = true
			continue
		}
		if err != nil {
			return nil, result.failed(want.Name, err)
		}
		result.Value = got.Value
		update, names := want.missing(&result.Value)
		if len(want.members()) > 0 {
			if update.Members, _, err = s.missingMembers(ctx, want.Name, memberships(want.members(), true), opts); err != nil {
				return nil, result.failed(want.Name, err)
			}
			if len(update.Members) > 0 {
				names = append(names, "members")
			}
		}
		slices.Sort(names)
		if len(names) == 0 {
			return result, nil
		}
		if result.Created || result.Changed != nil {
			return nil, result.lacking(want.Name, names)
		}
		if _, err := s.Update(ctx, want.Name, update, opts...); err != nil {
			return nil, err
		}
		result.Changed = names
	}
}

// missing is what is to be changed so that got is as g says, without its members,
// and the names of it.
func (g *NewGroup) missing(got *Group) (update GroupUpdate, names []string) {
	if g.Title != "" && g.Title != got.Title {
		update.Title, names = Set(g.Title), append(names, "title")
	}
	if g.Description != "" && g.Description != got.Description {
		update.Description, names = Set(g.Description), append(names, "description")
	}
	if g.Email != "" && g.Email != got.Email {
		update.Email, names = g.Email, append(names, "email")
	}
	roles := slices.Concat(got.Roles, g.Roles)
	slices.Sort(roles)
	roles = slices.Compact(roles)
	if len(roles) > len(got.Roles) {
		// "Authenticated" is everybody's and cannot be given.
		roles = slices.DeleteFunc(roles, func(role string) bool { return role == "Authenticated" })
		update.Roles, names = Set(roles), append(names, "roles")
	}
	return update, names
}

func memberships(ids []string, in bool) map[string]bool {
	members := make(map[string]bool, len(ids))
	for _, id := range ids {
		members[id] = in
	}
	return members
}

// EnsureMembers makes users and groups members of the group called id, or not, by
// their ids: true for those that are to be in, false for those that are not. It
// changes nothing that is so already. Value are the ids of all members, sorted, and
// Changed those of the ones that came or went.
//
// Errors: those of Members and Update; an [EnsureError] matching [errors.ErrNotDone]
// when the server took members and they are not in afterwards, since it does not
// know them.
func (s *GroupService) EnsureMembers(ctx context.Context, id string, members map[string]bool, opts ...CallOption) (*Ensured[[]string], error) {
	result := new(Ensured[[]string])
	for {
		missing, all, err := s.missingMembers(ctx, id, members, opts)
		if err != nil {
			return nil, result.failed(id, err)
		}
		result.Value = all
		if len(missing) == 0 {
			return result, nil
		}
		names := slices.Sorted(maps.Keys(missing))
		if result.Changed != nil {
			result.Changed = slices.DeleteFunc(result.Changed, func(name string) bool { return slices.Contains(names, name) })
			return nil, result.lacking(id, names)
		}
		if _, err := s.Update(ctx, id, GroupUpdate{Members: missing}, opts...); err != nil {
			return nil, err
		}
		result.Changed = names
	}
}

// missingMembers returns the part of want that is not so, and the ids of all members.
func (s *GroupService) missingMembers(ctx context.Context, id string, want map[string]bool, opts []CallOption) (missing map[string]bool, all []string, err error) {
	missing = maps.Clone(want)
	maps.DeleteFunc(missing, func(_ string, in bool) bool { return !in }) // nobody is in yet
	for member, err := range s.Members(ctx, id, opts...) {
		if err != nil {
			return nil, nil, err
		}
		all = append(all, member)
		if in, named := want[member]; named && in {
			delete(missing, member)
		} else if named {
			missing[member] = false
		}
	}
	slices.Sort(all)
	return missing, all, nil
}
