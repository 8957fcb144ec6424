package plonetest

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func userServices() []service {
	table := service{name: "@users", on: siteRoot, permission: manageUsers, accept: "text/csv", segments: true}
	export, load := table, table
	export.method, export.handle = http.MethodGet, getUsers
	load.method, load.handle = http.MethodPost, postUsers
	return []service{
		{method: "GET", name: "@users", on: siteRoot, permission: view, segments: true, handle: getUsers},
		{method: "POST", name: "@users", on: siteRoot, permission: view, segments: true, handle: postUsers},
		{method: "PATCH", name: "@users", on: siteRoot, permission: view, segments: true, handle: patchUser},
		{method: "DELETE", name: "@users", on: siteRoot, permission: manageUsers, segments: true, handle: deleteUser},
		export, load,
		{method: "GET", name: "@portrait", on: siteRoot, permission: view, segments: true, handle: getPortrait},
		{method: "GET", name: "@userschema", on: siteRoot, permission: view, segments: true, handle: getUserSchema},
	}
}

// userProperties are the names of what users tell about themselves.
var userProperties = []string{"fullname", "email", "home_page", "description", "location"}

// userSegment is the user id in the path, which has to be all there is.
func (c *call) userSegment() (string, error) {
	if len(c.segments) != 1 {
		return "", fail("Exception", "Must supply exactly one parameter (user id)")
	}
	return c.segments[0], nil
}

func getUsers(c *call) (*answer, error) {
	table := c.header.Get("Accept") == "text/csv"
	body, err := c.findUsers()
	if err != nil {
		return nil, err
	}
	if !table {
		return ok(body), nil
	}
	if len(c.segments) > 0 || len(userQuery(c.query)) > 0 {
		// Plone forgets to make CSV of these.
		return (&answer{status: http.StatusOK, raw: []byte(repr(body))}).with("Content-Type", jsonType), nil
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write([]string{"id", "username", "fullname", "email", "roles", "groups"}) // a buffer takes everything
	for _, u := range c.listedUsers(func(*user) bool { return true }) {
		groups := []string{}
		for _, g := range c.groupsOf(u) {
			groups = append(groups, g.(dict)["id"].(string))
		}
		_ = w.Write([]string{u.id, u.login, u.properties["fullname"], u.properties["email"],
			strings.Join(c.rolesOf(u), ", "), strings.Join(groups, ", ")})
	}
	w.Flush()
	a := &answer{status: http.StatusOK, raw: b.Bytes()}
	return a.with("Content-Type", "text/csv; charset=utf-8").with("Content-Disposition", "attachment; filename=users.csv"), nil
}

// userQuery is the query without what has no value.
func userQuery(query string) url.Values {
	values, _ := url.ParseQuery(query) // what cannot be read is not there
	for name, given := range values {
		if given = slices.DeleteFunc(given, func(v string) bool { return v == "" }); len(given) == 0 {
			delete(values, name)
		} else {
			values[name] = given
		}
	}
	return values
}

// findUsers describes the users that a GET asks for, or the one.
func (c *call) findUsers() (dict, error) {
	if len(c.segments) == 0 {
		wanted, limit, err := userFilter(userQuery(c.query), c)
		if err != nil {
			return nil, err
		}
		if !c.allowed(c.user, manageUsers, c.context) {
			return nil, errUnauthorized
		}
		items := list{}
		for _, u := range c.listedUsers(wanted) {
			if limit == 0 || len(items) < limit {
				items = append(items, c.userInfo(u, true))
			}
		}
		return dict{"@id": c.site.url + "/@users", "items": items, "items_total": len(items)}, nil
	}
	id, err := c.userSegment()
	if err != nil {
		return nil, err
	}
	if id != c.user.id && !c.allowed(c.user, accessUsers, c.context) {
		return nil, errUnauthorized
	}
	u := c.users[id]
	if u == nil {
		return nil, errNotFound
	}
	return c.userInfo(u, true), nil
}

// userFilter reads the query of a list. Every parameter brings the limit with it.
func userFilter(query url.Values, c *call) (wanted func(*user) bool, limit int, err error) {
	if len(query) == 0 {
		return func(*user) bool { return true }, 0, nil
	}
	limit = 25
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil {
			return nil, 0, fail("ValueError", "invalid literal for int() with base 10: "+repr(text))
		}
	}
	id, search, groups := query.Get("query"), query.Get("search"), query["groups-filter:list"]
	if id == "" && search == "" && groups == nil && limit == 0 {
		return nil, 0, fail("BadRequest", "Parameters supplied are not valid")
	}
	has := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	return func(u *user) bool {
		switch {
		case search != "":
			if !has(u.login, search) && !has(u.properties["fullname"], search) && !has(u.properties["email"], search) {
				return false
			}
		case !has(u.id, id):
			return false
		}
		return groups == nil || slices.ContainsFunc(c.groupsOf(u), func(g any) bool {
			return slices.Contains(groups, g.(dict)["id"].(string))
		})
	}, limit, nil
}

// listedUsers are the users that are wanted, without those above the site, in the order of their names.
func (s *site) listedUsers(wanted func(*user) bool) []*user {
	users := slices.DeleteFunc(s.sortedUsers(), func(u *user) bool { return u.zope || !wanted(u) })
	name := func(u *user) string {
		if u.properties["fullname"] != "" {
			return strings.ToLower(u.properties["fullname"])
		}
		return strings.ToLower(u.login)
	}
	slices.SortStableFunc(users, func(a, b *user) int { return strings.Compare(name(a), name(b)) })
	return users
}

func (s *site) sortedUsers() []*user {
	users := make([]*user, 0, len(s.users))
	for _, u := range s.users {
		users = append(users, u)
	}
	slices.SortFunc(users, func(a, b *user) int { return strings.Compare(a.id, b.id) })
	return users
}

// rolesOf are the roles of a user and of the user's groups.
func (s *site) rolesOf(u *user) []string {
	roles := slices.Clone(u.roles)
	for _, g := range s.groups {
		if slices.Contains(g.members, u.id) {
			roles = append(roles, g.roles...)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// groupsOf names the groups of a user.
func (s *site) groupsOf(u *user) list {
	groups := list{dict{"id": everybody, "title": everybody}}
	for _, g := range s.sortedGroups() {
		if slices.Contains(g.members, u.id) {
			groups = append(groups, dict{"id": g.id, "title": g.id}) // the title that Plone looks at is not that of the group
		}
	}
	return groups
}

// userInfo describes a user; full adds the groups.
func (c *call) userInfo(u *user, full bool) dict {
	d := dict{
		"@id": c.site.url + "/@users/" + u.id, "id": u.id, "username": u.login, "roles": c.rolesOf(u), "portrait": nil,
	}
	if u.portrait != nil {
		d["portrait"] = c.site.url + "/@portrait/" + portraitName.Replace(u.id)
	}
	for _, name := range userProperties {
		d[name] = orNil(u.properties[name])
	}
	if !full || u.zope {
		return d
	}
	groups := c.groupsOf(u)
	// The batch has the address of the request, whoever the user is.
	d["groups"] = dict{"@id": c.canonical(), "items": groups, "items_total": len(groups)}
	return d
}

func postUsers(c *call) (*answer, error) {
	rows, table, err := c.newUsers()
	if err != nil {
		return nil, err
	}
	var refused list
	for _, row := range rows {
		refused = append(refused, c.checkNewUser(row)...)
	}
	switch {
	case len(c.segments) == 2 && c.segments[1] == "reset-password":
		return c.resetPassword(rows[0])
	case len(c.segments) == 2:
		return nil, fail("TypeError", "not enough arguments for format string")
	case len(c.segments) != 0:
		return nil, fail("Exception", "Either post to @users to create a user or use @users/<username>/reset-password to update the password.")
	case !c.allowed(c.user, addMember, c.context):
		return nil, fail("Forbidden", "You need AddPortalMember permission.")
	case len(refused) > 0:
		messages := make([]string, len(refused))
		for i, e := range refused {
			messages[i] = e.(dict)["message"].(string)
		}
		a := refuse(http.StatusBadRequest, "WrongParameterError", "Error in fields. "+strings.Join(messages, " "))
		a.body.(dict)["error"].(dict)["errors"] = refused
		return a, nil
	}
	items, status := list{}, http.StatusCreated
	for _, row := range rows {
		u, message, err := c.addUser(row)
		switch {
		case err != nil:
			return nil, err
		case message != "":
			status = http.StatusBadRequest
			items = append(items, dict{"error": dict{"type": "MissingParameterError", "message": message}})
		default:
			status = http.StatusCreated // that of the last row counts
			items = append(items, c.userInfo(u, true))
		}
	}
	switch {
	case table:
		return &answer{status: status, body: dict{"items": items, "items_total": len(items)}}, nil
	case status == http.StatusCreated:
		info := items[0].(dict)
		return created(info["@id"].(string), info), nil
	default:
		return &answer{status: status, body: items[0]}, nil
	}
}

// newUsers reads the users of the body: a JSON object, or the rows of a table in a form.
func (c *call) newUsers() (rows []dict, table bool, err error) {
	mediaType, params, _ := mime.ParseMediaType(c.header.Get("Content-Type"))
	if len(c.form) == 0 && mediaType != "multipart/form-data" && mediaType != "application/x-www-form-urlencoded" {
		data, err := c.json()
		return []dict{data}, false, err
	}
	form := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, false, fail("BadRequest", "No file uploaded")
		}
		if part.FormName() != "file" {
			continue
		}
		if t := part.Header.Get("Content-Type"); t != "text/csv" && t != "application/csv" {
			return nil, false, fail("BadRequest", "Uploaded file is not a valid CSV file")
		}
		if len(c.segments) > 0 {
			return nil, false, fail("BadRequest", "Unexpected path element '"+strings.Join(c.segments, "/")+"'")
		}
		rows, err = readTable(part)
		return rows, true, err
	}
}

// readTable reads CSV with a line of titles, leaving out what is empty.
func readTable(r io.Reader) ([]dict, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	titles, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	rows := []dict{}
	for err == nil {
		var record []string
		if record, err = in.Read(); err != nil {
			break
		}
		row := dict{}
		for i, text := range record {
			if i >= len(titles) || text == "" {
				continue
			}
			row[titles[i]] = text
			if titles[i] == "roles" || titles[i] == "groups" {
				entries := list{}
				for entry := range strings.SplitSeq(text, ",") {
					entries = append(entries, strings.TrimSpace(entry))
				}
				row[titles[i]] = entries
			}
		}
		rows = append(rows, row)
	}
	if !errors.Is(err, io.EOF) {
		return nil, fail("Error", err.Error())
	}
	return rows, nil
}

// checkNewUser lists what is missing and what is too much.
func (c *call) checkNewUser(data dict) list {
	var refused list
	add := func(field, message string) { refused = append(refused, dict{"field": field, "message": message}) }
	given := func(name string) bool { return data[name] != nil && data[name] != "" && data[name] != false }
	manages := c.allowed(c.user, manageUsers, c.context)
	titles := pairs{{"email", "Email"}, {"username", "User Name"}, {"password", "Password"}, {"roles", "Roles"},
		{"sendPasswordReset", "Send a confirmation mail with a link to set the password"}}
	for _, p := range titles[:2] {
		if !given(p.key) {
			add(p.key, "Property '"+p.value.(string)+"' is required.")
		}
	}
	for _, p := range titles[2:] {
		if _, there := data[p.key]; there && !manages {
			add(p.key, "Property '"+p.value.(string)+"' is not allowed.")
		}
	}
	switch {
	case !manages:
	case data["password"] == nil && data["sendPasswordReset"] == nil:
		add("sendPasswordReset", "You have to either send a password or sendPasswordReset.")
	case given("password") && given("sendPasswordReset"):
		add("sendPasswordReset", "You can't send both password and sendPasswordReset.")
	}
	return refused
}

// memberID is what ids of users and groups look like.
var memberID = regexp.MustCompile(`^\w[\w.\-_@]+\w$`)

// free says whether an id can be given to a new user or group.
func (s *site) free(id string) bool {
	return memberID.MatchString(id) && s.users[id] == nil && s.groups[id] == nil && id != everybody &&
		!slices.ContainsFunc(s.sortedUsers(), func(u *user) bool { return u.login == id })
}

const shortPassword = "Your password must contain at least 8 characters."

// addUser adds a user, or says why it cannot be.
func (c *call) addUser(data dict) (u *user, message string, err error) {
	id, password := str(data["username"]), newUID()
	if data["password"] != nil {
		password = str(data["password"])
	}
	switch {
	case !c.free(id):
		return nil, "The login name you selected is already in use or is not valid. Please choose another.", nil
	case len(password) < 8:
		return nil, shortPassword, nil
	case !strings.Contains(str(data["email"]), "@"):
		return nil, "You must enter a valid email address.", nil
	}
	roles := []string{"Member"}
	if given, ok := data["roles"].(list); ok {
		roles = roles[:0]
		for _, role := range given {
			if slices.Contains(siteRoles, str(role)) { // others are dropped without a word
				roles = append(roles, str(role))
			}
			if str(role) != "Member" && !c.hasRole(c.user, []string{str(role)}, c.context) {
				return nil, "", fail("Unauthorized", "Too many roles specified.")
			}
		}
	}
	u = &user{id: id, login: id, password: password, roles: roles, properties: map[string]string{}}
	u.setProperties(data)
	c.users[id] = u
	c.changed()
	return u, "", nil
}

// setProperties takes over those properties that users have.
func (u *user) setProperties(data dict) {
	for _, name := range userProperties {
		if v, given := data[name]; given {
			if u.properties == nil {
				u.properties = map[string]string{}
			}
			u.properties[name] = ""
			if v != nil {
				u.properties[name] = str(v)
			}
		}
	}
}

// resetPassword mails a link, or sets a password by a token or the old one. No token is ever good here.
func (c *call) resetPassword(data dict) (*answer, error) {
	name := c.segments[0]
	var u *user
	for _, candidate := range c.sortedUsers() {
		if candidate.login == name {
			u = candidate
		}
	}
	given := func(key string) bool { return data[key] != nil && data[key] != "" }
	token, old, password := given("reset_token"), given("old_password"), given("new_password")
	invalid := func(message string) (*answer, error) {
		return refuse(http.StatusBadRequest, "Invalid parameters", message), nil
	}
	switch {
	case u == nil:
		return &answer{status: http.StatusNotFound}, nil
	case len(data) == 0 && u.properties["email"] == "":
		return nil, fail("ValueError", "That user does not have an email address.")
	case len(data) == 0 && !strings.Contains(u.properties["email"], "@"):
		return nil, fail("ValueError", "The email address did not validate.")
	case len(data) == 0:
		return ok(nil), nil
	case token && old:
		return invalid("You can't use 'reset_token' and 'old_password' together.")
	case token && !password:
		return invalid("If you pass 'reset_token' you have to pass 'new_password'")
	case old && !password:
		return invalid("If you pass 'old_password' you have to pass 'new_password'")
	case token && len(str(data["new_password"])) < 8:
		return refuse(http.StatusBadRequest, "Invalid password", shortPassword), nil
	case token:
		return refuse(http.StatusForbidden, "Unknown Token", "The reset_token is unknown/not valid."), nil
	case !old:
		return invalid("See the user endpoint documentation for the valid parameters.")
	case c.user.id == "":
		return refuse(http.StatusForbidden, "Not allowed", "You can't set a password without a password reset token."), nil
	case c.user.id != name:
		return refuse(http.StatusForbidden, "Wrong user",
			"You need to be logged in as the user '"+name+"' to set the password."), nil
	case str(data["old_password"]) != u.password:
		return refuse(http.StatusForbidden, "Wrong password", "The password passed as 'old_password' is wrong."), nil
	case len(str(data["new_password"])) < 8:
		return nil, fail("BadRequest", shortPassword)
	}
	u.password = str(data["new_password"])
	c.changed()
	return ok(nil), nil
}

func patchUser(c *call) (*answer, error) {
	v, err := parseJSON(c.body)
	if err != nil {
		return nil, fail("JSONDecodeError", "Expecting value: line 1 column 1 (char 0)")
	}
	id, err := c.userSegment()
	if err != nil {
		return nil, err
	}
	data, isObject := v.(dict)
	u := c.users[id]
	manages := c.allowed(c.user, manageUsers, c.context)
	switch {
	case !manages && c.user.id == "":
		return refuse(http.StatusUnauthorized, "Unauthorized", "You are not authorized to perform this action"), nil
	case !manages && c.user.id != id:
		return refuse(http.StatusForbidden, "Forbidden", "You can't update the properties of this user"), nil
	case u == nil:
		return nil, fail("AttributeError", "'NoneType' object has no attribute 'getRoles'")
	case !isObject:
		return nil, fail("AttributeError", "'list' object has no attribute 'items'")
	}
	portrait, err := newPortrait(data, u)
	if err != nil {
		return nil, err
	}
	if manages {
		if a, err := c.manageUser(u, data); a != nil || err != nil {
			return a, err
		}
	}
	u.setProperties(data)
	u.portrait = portrait
	c.changed()
	return noContent(), nil
}

// manageUser changes what users cannot change by themselves: for those the names are properties that nobody has.
func (c *call) manageUser(u *user, data dict) (*answer, error) {
	forbidden := func(message string) (*answer, error) {
		return refuse(http.StatusForbidden, "Forbidden", message), nil
	}
	current, manager := c.rolesOf(u), c.allowed(c.user, managePortal, c.context)
	sensitive := data["password"] != nil || data["email"] != nil
	if sensitive && !manager && slices.Contains(current, "Manager") {
		return forbidden("You can't update this user")
	}
	if roles, given := data["roles"]; given && roles != nil {
		changes, isObject := roles.(dict)
		if !isObject {
			return nil, fail("AttributeError", "'list' object has no attribute 'items'")
		}
		target := slices.DeleteFunc(slices.Clone(current), func(role string) bool {
			enabled, named := changes[role]
			return named && enabled != true
		})
		for role, enabled := range changes {
			if enabled == true && !slices.Contains(target, role) {
				target = append(target, role)
			}
		}
		if !manager && slices.Contains(target, "Manager") != slices.Contains(current, "Manager") {
			return forbidden("You can't update roles of this user")
		}
		if len(changes) > 0 {
			u.roles = target
		}
	}
	if login := data["username"]; login != nil {
		u.login = str(login)
	}
	if password := data["password"]; password != nil {
		u.password = str(password)
	}
	return nil, nil
}

// newPortrait is the picture of a user after a change. Only an object changes it.
func newPortrait(data dict, u *user) (*file, error) {
	portrait, isObject := data["portrait"].(dict)
	if !isObject {
		return u.portrait, nil
	}
	bytes := []byte(str(portrait["data"]))
	switch encoding := portrait["encoding"]; encoding {
	case nil:
	case "base64":
		var err error
		if bytes, err = base64.StdEncoding.DecodeString(string(bytes)); err != nil {
			return nil, fail("Error", "Incorrect padding")
		}
	default:
		return nil, fail("LookupError", "unknown encoding: "+str(encoding))
	}
	contentType := "application/octet-stream"
	if portrait["content-type"] != nil {
		contentType = str(portrait["content-type"])
	}
	return newFile(bytes, u.id, contentType), nil
}

func deleteUser(c *call) (*answer, error) {
	id, err := c.userSegment()
	if err != nil {
		return nil, err
	}
	u := c.users[id]
	switch {
	case u == nil:
		return &answer{status: http.StatusNotFound, empty: true}, nil
	case slices.Contains(c.rolesOf(u), "Manager") && !c.allowed(c.user, managePortal, c.context):
		return nil, fail("BadRequest", "You don't have permission to delete a user with 'Manager' role.")
	case u.zope:
		return noContent(), nil // it lives where the site cannot reach it
	}
	delete(c.users, id)
	for _, g := range c.groups {
		g.members = slices.DeleteFunc(g.members, func(member string) bool { return member == id })
	}
	if keep := textOf(c.form["delete_localroles"]); keep != "0" && keep != "false" && keep != "no" {
		c.root.walk(func(o *object) { delete(o.localRoles, id) })
	}
	c.changed()
	return noContent(), nil
}

// portraitName escapes the id of a user as Plone does for portraits. The ids of users here need no other escapes.
var portraitName = strings.NewReplacer("-", "--", "@", "-40")

func getPortrait(c *call) (*answer, error) {
	id := c.user.id
	switch len(c.segments) {
	case 0:
	case 1:
		id = strings.NewReplacer("--", "-", "-40", "@").Replace(c.segments[0])
	default:
		return nil, fail("Exception", "Must supply exactly zero (own portrait) or one parameter (user id)")
	}
	u := c.users[id]
	if u == nil || u.portrait == nil {
		return &answer{status: http.StatusNotFound, empty: true}, nil
	}
	a := (&answer{status: http.StatusOK, raw: u.portrait.data}).with("Content-Type", u.portrait.contentType)
	switch u.portrait.contentType {
	case "image/gif", "image/jpeg", "image/png", "image/webp":
	default: // a browser shall not show it as a page of the site
		_, kind, _ := strings.Cut(u.portrait.contentType, "/")
		kind, _, _ = strings.Cut(kind, "+")
		a.with("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(portraitName.Replace(id)+"."+kind))
	}
	return a, nil
}

func getUserSchema(c *call) (*answer, error) {
	fullname := &field{name: "fullname", title: "Full Name", description: "Enter full name, for example, John Smith."}
	email := &field{name: "email", title: "Email", required: true,
		description: "We will use this address if you need to recover your password",
		schema:      dict{"factory": "Email", "widget": "email"}}
	password := dict{"factory": "Password", "widget": "password"}
	var fields []*field
	switch {
	case len(c.segments) == 0:
		fields = []*field{fullname, email,
			{name: "home_page", kind: address, title: "Home page",
				description: "\n          The URL for your external home page, if you have one.\n      "},
			{name: "description", kind: text, title: "Biography",
				description: "\n          A short overview of who you are and what you do. Will be displayed on your author page, linked from the items you create.\n      "},
			{name: "location", title: "Location",
				description: "\n          Your location - either city and country - or in a company setting, where your office is located.\n      "},
			{name: "portrait", kind: picture, title: "Portrait",
				description: "\n          To add or change the portrait: click the \"Browse\" button; select a picture of yourself. Recommended image size is 75 pixels wide by 100 pixels tall.\n      "},
		}
	case len(c.segments) == 1 && c.segments[0] == "registration":
		fields = []*field{fullname, email,
			{name: "username", title: "User Name", required: true,
				description: "Enter a user name, usually something like 'jsmith'. No spaces or special characters. Usernames and passwords are case sensitive, make sure the caps lock key is not enabled. This is the name used to log in."},
			{name: "password", title: "Password", required: true, description: "Enter your new password.", schema: password},
			{name: "password_ctl", title: "Confirm password", required: true, schema: password,
				description: "Re-enter the password. Make sure the passwords are identical."},
			{name: "mail_me", kind: boolean, title: "Send a confirmation mail with a link to set the password",
				schema: dict{"default": false}},
		}
	default:
		return refuse(http.StatusBadRequest, "Invalid parameters", "Parameters supplied are not valid."), nil
	}
	properties, names, required := dict{}, list{}, list{}
	for _, f := range fields {
		d := c.jsonSchema(&contentType{}, f)
		delete(d, "behavior")
		properties[f.name] = d
		names = append(names, f.name)
		if f.required {
			required = append(required, f.name)
		}
	}
	return ok(dict{"type": "object", "properties": properties, "required": required,
		"fieldsets": list{dict{"id": "default", "title": "Default", "fields": names, "behavior": "plone"}}}), nil
}
