package plonetest

import (
	"slices"
)

// user is somebody who can log in. The anonymous user has no id.
type user struct {
	id, login, password string
	roles               []string // global ones, without Anonymous and Authenticated
	properties          map[string]string
	portrait            *file // nil without one
	zope                bool  // lives in the user folder above the site, as the first admin does
}

// group hands its roles to its members.
type group struct {
	id, title, description, email string
	roles                         []string
	members                       []string // ids of users and groups
}

// Permissions, by their titles.
const (
	public           = "" // no permission is asked for
	view             = "View"
	accessContents   = "Access contents information"
	modify           = "Modify portal content"
	addContent       = "Add portal content"
	deleteObjects    = "Delete objects"
	managePortal     = "Manage portal"
	overview         = "Plone Site Setup: Overview"
	manageUsers      = "Plone Site Setup: Users and Groups"
	useVocabularies  = "plone.restapi: Access Plone vocabularies"
	accessUsers      = "plone.restapi: Access Plone user information"
	delegateRoles    = "Sharing page: Delegate roles"
	siteAliases      = "Manage Portal Aliases"
	contextAliases   = "Manage Context Aliases"
	previousVersions = "CMFEditions: Access previous versions"
	revertVersions   = "CMFEditions: Revert to previous versions"
	manageRules      = "Content rules: Manage rules"
	listUndoable     = "List undoable changes"
	undoChanges      = "Undo changes"
	checkIn          = "iterate : Check in content"
	checkOut         = "iterate : Check out content"
	viewComments     = "View comments"
	replyToItem      = "Reply to item"
	editComments     = "Edit comments"
	deleteComments   = "Delete comments"
	addMember        = "Add portal member"
	setOwnPassword   = "Set own password"
	useMailhost      = "Use mailhost services"
	listMembers      = "List portal members"
	translate        = "plone.app.multilingual: Manage Translations"
	reviewContent    = "Review portal content"
	requestReview    = "Request review"
	accessInactive   = "Access inactive portal content"
	blockTypes       = "Plone Site Setup: Block Types"
)

// rolesAtRoot says which roles hold a permission on the site root; Manager holds all. Everything below acquires it
// unless the workflow state says otherwise.
func rolesAtRoot(permission string) []string {
	switch permission {
	case view, accessContents, viewComments:
		return []string{"Anonymous"}
	case modify, deleteObjects, checkIn, checkOut, contextAliases:
		return []string{"Site Administrator", "Editor", "Owner"}
	case addContent:
		return []string{"Site Administrator", "Contributor", "Owner"}
	case overview, manageUsers, useVocabularies, accessUsers, siteAliases, manageRules, useMailhost, blockTypes:
		return []string{"Site Administrator"}
	case delegateRoles:
		return []string{"Site Administrator", "Editor", "Owner", "Reviewer"}
	case previousVersions:
		return []string{"Site Administrator", "Editor", "Owner", "Reviewer", "Contributor"}
	case revertVersions:
		return []string{"Site Administrator", "Editor", "Owner", "Reviewer"}
	case listUndoable, listMembers:
		return []string{"Site Administrator", "Member"}
	case undoChanges, addMember, accessInactive:
		return []string{"Site Administrator", "Owner"}
	case replyToItem, setOwnPassword:
		return []string{"Authenticated"}
	case editComments:
		return []string{"Site Administrator", "Reviewer", "Owner"}
	case deleteComments, reviewContent:
		return []string{"Site Administrator", "Reviewer"}
	case requestReview:
		return []string{"Site Administrator", "Editor", "Owner"}
	default:
		return nil
	}
}

// rolesInState says which roles hold a permission in a state of Plone's simple publication workflow; false means that
// the state does not rule it. Manager holds all.
func rolesInState(state, permission string) ([]string, bool) {
	switch state + " " + permission {
	case "private " + view, "private " + accessContents:
		return []string{"Site Administrator", "Owner", "Editor", "Reader", "Contributor"}, true
	case "pending " + view, "pending " + accessContents:
		return []string{"Site Administrator", "Owner", "Editor", "Reader", "Contributor", "Reviewer"}, true
	case "published " + view, "published " + accessContents:
		return []string{"Anonymous"}, true
	case "pending " + modify:
		return []string{"Site Administrator", "Reviewer"}, true
	case "private " + modify, "published " + modify:
		return []string{"Site Administrator", "Owner", "Editor"}, true
	default:
		return nil, false
	}
}

// allowed says whether u holds a permission on o.
func (s *site) allowed(u *user, permission string, o *object) bool {
	if permission == public {
		return true
	}
	var holders []string
	for at := o; ; at = at.parent {
		if at.parent == nil {
			holders = rolesAtRoot(permission)
			break
		}
		if roles, ok := rolesInState(at.state, permission); ok {
			holders = roles
			break
		}
	}
	if slices.Contains(holders, "Anonymous") {
		return true
	}
	return u.id != "" && s.hasRole(u, holders, o)
}

// hasRole says whether u has one of the roles, or Manager, on o. A user who is logged in has Authenticated.
func (s *site) hasRole(u *user, roles []string, o *object) bool {
	if slices.Contains(roles, "Authenticated") {
		return true
	}
	fits := func(role string) bool { return role == "Manager" || slices.Contains(roles, role) }
	if slices.ContainsFunc(u.roles, fits) {
		return true
	}
	var groups []string
	for _, g := range s.groups {
		if slices.Contains(g.members, u.id) {
			if slices.ContainsFunc(g.roles, fits) {
				return true
			}
			groups = append(groups, g.id)
		}
	}
	for at := o; at != nil; at = at.parent {
		if at.owner == u.id && fits("Owner") {
			return true
		}
		for principal, local := range at.localRoles {
			mine := principal == u.id || principal == "AuthenticatedUsers" || slices.Contains(groups, principal)
			if mine && slices.ContainsFunc(local, fits) {
				return true
			}
		}
		if at.ownRoles {
			break
		}
	}
	return false
}
