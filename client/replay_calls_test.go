package client_test

import (
	"context"
	"crypto/sha256"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// leftOut are the pairs that are not replayed, with the reason.
var leftOut = map[string]string{
	"component_breadcrumbs":         "an address of old: the recorded answer is a 404 for @components",
	"component_navigation":          "an address of old: the recorded answer is a 404 for @components",
	"conversation_comment_add_root": "an address of old: the recorded answer is a 404 for @conversations",
	"conversation_comment_add_sub":  "an address of old: the recorded answer is a 404 for @conversations",
	"conversation_comment_delete":   "an address of old: the recorded answer is a 404 for @conversations",
	"conversation_comment_update":   "an address of old: the recorded answer is a 404 for @conversations",
	"conversation_delete":           "an address of old: the recorded answer is a 404 for @conversations",
	"addons_get_list":               `it says "is_installed": "FALSE", where the server sends false`,
	"controlpanels_patch_rule":      `the server reads neither "event" nor "stop" of a change, which is "stopExecuting" there; the client sends that`,
}

// call makes the call of a recorded request.
type call = func(ctx context.Context, c *client.Client, p *player) (any, error)

// What the client asks for before or after the recorded request.
var (
	ruleBefore     = []beside{{"GET", "/@controlpanels/content-rules/rule-3", "controlpanels_get_rule", false, nil}}
	noLock         = []beside{{"GET", "/front-page/@lock", "unlock", false, nil}}
	fieldBefore    = []beside{{"GET", "/@types/Document/author_email", "types_document_get_field", false, nil}}
	fieldsetBefore = []beside{{"GET", "/@types/Document/contact_info", "types_document_get_fieldset", false, nil}}
	installing     = []beside{addon(false, false), addon(true, true)}
	uninstalling   = []beside{addon(false, true), addon(true, false)}
	upgrading      = []beside{addon(false, true), addon(true, true)}
	userGone       = []beside{{"GET", "/@users/noam", "404_not_found", true, nil}}
)

func addon(after, installed bool) beside {
	return beside{"GET", "/@addons/plone.session", "addons_get", after, func(o dict) { o["is_installed"] = installed }}
}

// locking locks. The first request has a timeout by which it is known again; a second
// one has that of the options.
func locking(o client.LockOptions) call {
	return func(ctx context.Context, c *client.Client, p *player) (any, error) {
		got, err := c.Locking.Lock(ctx, "/front-page", o)
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.asked) > 0 {
			p.asked = p.asked[1:]
		}
		return got, err
	}
}

// get reads the object at path as a T.
func get[T any](path string, opts ...client.CallOption) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return client.ContentAs[T](c).Get(ctx, path, opts...)
	}
}

// fullCollection is a collection whose hits come as whole objects.
type fullCollection struct {
	client.Collection
	Items []client.Document `json:"items"`
}

// first is the first batch of a list.
func first[T any](pages iter.Seq2[*client.Batch[T], error]) (*client.Batch[T], error) {
	for page, err := range pages {
		return page, err
	}
	return nil, errors.New("no batch")
}

// all are the items of a list.
func all[T any](list iter.Seq2[T, error]) ([]T, error) {
	var items []T
	for item, err := range list {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// bodiless is the result of a call whose recorded answer has no body: the value is
// that of a request beside it.
func bodiless[T any](result *client.OK[T], err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return &answered{Response: result.Response}, nil
}

func search(path string, o client.SearchOptions) call {
	o.Self = true // the recording has all hits
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Search.Pages(ctx, path, o))
	}
}

// searchFull searches for objects. They come without their listing, so the call is
// made a second time for that.
func searchFull(ctx context.Context, c *client.Client, _ *player) (any, error) {
	o := client.SearchOptions{Text: "lorem", Self: true}
	items, err := all(client.ContentAs[client.Document](c).Search(ctx, "/", o))
	if err != nil {
		return nil, err
	}
	o.Query = url.Values{"fullobjects": {"1"}}
	page, err := first(c.Search.Pages(ctx, "/", o))
	if err != nil {
		return nil, err
	}
	return &answered{Response: page.Response, Value: dict{"@id": page.URL, "items": items, "items_total": page.ItemsTotal}}, nil
}

const friendlyTypes = "plone.app.vocabularies.ReallyUserFriendlyTypes"

func terms(name string, o client.TermOptions) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Vocabularies.TermPages(ctx, "/", name, o))
	}
}

// spanish asks for answers in Spanish, as the transport of a program may do for
// lists.
type spanish struct{ http.RoundTripper }

func (s spanish) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Accept-Language", "es")
	return s.RoundTripper.RoundTrip(req)
}

var inSpanish = client.Header("Accept-Language", "es")

func navroot(path string) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Components.Navroot(ctx, path)
	}
}

func listAliases(path string, o client.AliasOptions) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Aliases.Pages(ctx, path, o))
	}
}

// aliases are those in the body of the request.
func (p *player) aliases() []client.Alias {
	var body struct{ Items []client.Alias }
	_ = p.into(&body) // without them the request is another one
	return body.Items
}

// aliasPaths are the paths of those.
func (p *player) aliasPaths() []string {
	var paths []string
	for _, alias := range p.aliases() {
		paths = append(paths, alias.Path)
	}
	return paths
}

// rules are the names in the body of the request.
func (p *player) rules() []string {
	var body struct {
		Rules []string `json:"rule_ids"`
	}
	_ = p.into(&body)
	return body.Rules
}

// sources are the objects that the body of the request names.
func (p *player) sources() []string {
	switch source := p.fields()["source"].(type) {
	case string:
		return []string{source}
	case []any:
		var sources []string
		for _, s := range source {
			sources = append(sources, text(s))
		}
		return sources
	}
	return nil
}

func element(part client.RulePart, index int) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Rules.Element(ctx, "rule-3", part, index)
	}
}

func addElement(part client.RulePart) call {
	return func(ctx context.Context, c *client.Client, p *player) (any, error) {
		settings := p.fields()
		kind := text(settings["type"])
		delete(settings, "type")
		return c.Rules.AddElement(ctx, "rule-3", part, kind, settings)
	}
}

func moveElement(part client.RulePart, index int, up bool) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Rules.MoveElement(ctx, "rule-3", part, index, client.MoveElementOptions{Up: up})
	}
}

// relations are those in the body of the request.
func (p *player) relations() []client.RelationName {
	var body struct{ Items []client.RelationName }
	_ = p.into(&body)
	return body.Items
}

func findRelations(ctx context.Context, c *client.Client, p *player) (any, error) {
	q := p.url.Query()
	return c.Relations.Find(ctx, client.RelationQuery{Source: q.Get("source"), Target: q.Get("target"), Relation: q.Get("relation")})
}

func createRelations(ctx context.Context, c *client.Client, p *player) (any, error) {
	return c.Relations.Create(ctx, p.relations())
}

func deleteRelations(ctx context.Context, c *client.Client, p *player) (any, error) {
	return c.Relations.Delete(ctx, p.relations())
}

func deleteAllRelations(ctx context.Context, c *client.Client, p *player) (any, error) {
	var filter client.RelationName
	if err := p.into(&filter); err != nil {
		return nil, err
	}
	return c.Relations.DeleteAll(ctx, filter)
}

func updateSharing(ctx context.Context, c *client.Client, p *player) (any, error) {
	var body struct {
		Inherit client.Opt[bool]
		Entries []struct {
			ID, Type string
			Roles    map[string]bool
		}
	}
	if err := p.into(&body); err != nil {
		return nil, err
	}
	update := client.SharingUpdate{Inherit: body.Inherit}
	for _, entry := range body.Entries {
		roles := client.LocalRoles{ID: entry.ID, Type: entry.Type}
		for role, given := range entry.Roles {
			if given {
				roles.Roles = append(roles.Roles, role)
			}
		}
		update.Entries = append(update.Entries, roles)
	}
	return c.Sharing.Update(ctx, "/folder", update)
}

func linkTranslation(ctx context.Context, c *client.Client, p *player) (any, error) {
	return c.Translations.Link(ctx, "/en/test-document", text(p.fields()["id"]))
}

func updateType(ctx context.Context, c *client.Client, p *player) (any, error) {
	var update client.TypeUpdate
	if err := p.into(&update); err != nil {
		return nil, err
	}
	return c.Types.Update(ctx, "Document", update)
}

func deleteFieldset(ctx context.Context, c *client.Client, _ *player) (any, error) {
	return c.Types.DeleteFieldset(ctx, "Document", "contact_info")
}

func users(q client.UserQuery) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Users.List(ctx, q)
	}
}

func getUser(ctx context.Context, c *client.Client, _ *player) (any, error) {
	return c.Users.Get(ctx, "noam")
}

func createUser(ctx context.Context, c *client.Client, p *player) (any, error) {
	fields := p.fields()
	user := client.NewUser{
		Username: text(fields["username"]), Email: text(fields["email"]), Password: client.Secret(text(fields["password"])),
		Fullname: text(fields["fullname"]), HomePage: text(fields["home_page"]),
		Description: text(fields["description"]), Location: text(fields["location"]),
		SendPasswordReset: fields["sendPasswordReset"] == true,
	}
	if roles, given := fields["roles"].([]any); given {
		for _, role := range roles {
			user.Roles = append(user.Roles, text(role))
		}
	}
	return c.Users.Create(ctx, user)
}

func updateUser(ctx context.Context, c *client.Client, p *player) (any, error) {
	var body struct {
		Email    client.Opt[string]
		Roles    map[string]bool
		Portrait *client.Portrait
	}
	if err := p.into(&body); err != nil {
		return nil, err
	}
	return c.Users.Update(ctx, "noam", client.UserUpdate{Email: body.Email, Roles: body.Roles, Portrait: body.Portrait})
}

func deleteUser(o client.DeleteUserOptions) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Users.Delete(ctx, "noam", o)
	}
}

// The file that was uploaded.
const tusFile = "abcdefgh"

// Where the server puts its bytes.
const tusPlace = "/folder/@tus-upload/032803b64ad746b3ab46d9223ea3d90f"

var (
	tusOptions = client.UploadOptions{Filename: "test.txt", ContentType: "text/plain"}
	errStopped = errors.New("this is enough")
)

// uploaded is the object that a client looks at after an upload.
func uploaded(path string) beside {
	return beside{"GET", path, "", true, func(o dict) {
		o["@id"], o["file"] = recordedSite+path, dict{"download": recordedSite + path + "/@@download/file", "size": len(tusFile)}
	}}
}

func tusAsk(ctx context.Context, c *client.Client, _ *player) (any, error) {
	o, err := c.Files.Options(ctx, "/folder")
	if err != nil {
		return nil, err
	}
	return &answered{Response: client.Response{StatusCode: http.StatusNoContent}, Header: map[string]string{
		"Tus-Resumable": o.Resumable, "Tus-Version": strings.Join(o.Versions, ","), "Tus-Extension": strings.Join(o.Extensions, ","),
	}}, nil
}

// tusBegin starts an upload and stops where the bytes would go out.
func tusBegin(start func(ctx context.Context, c *client.Client, o client.UploadOptions) error) call {
	return func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		var place *url.URL
		o := tusOptions
		o.OnState = func(s client.UploadState) (err error) {
			if place, err = url.Parse(s.URL); err == nil {
				err = errStopped
			}
			return err
		}
		if err := start(ctx, c, o); !errors.Is(err, errStopped) {
			return nil, err
		}
		return &answered{Response: client.Response{StatusCode: http.StatusCreated}, Location: place}, nil
	}
}

func tusUpload(ctx context.Context, c *client.Client, o client.UploadOptions) error {
	_, err := c.Files.Upload(ctx, "/folder", strings.NewReader(tusFile), int64(len(tusFile)), o)
	return err
}

func tusReplace(ctx context.Context, c *client.Client, o client.UploadOptions) error {
	_, err := c.Files.Replace(ctx, "/myfile", strings.NewReader(tusFile), int64(len(tusFile)),
		client.ReplaceOptions{Filename: o.Filename, ContentType: o.ContentType, OnState: o.OnState})
	return err
}

// tusFirst sends the first three bytes and stops before the next. That the client
// goes on to them tells how much the answer said is there.
func tusFirst(ctx context.Context, c *client.Client, _ *player) (any, error) {
	var there int64
	o := tusOptions
	o.ChunkSize = 3
	o.OnState = func(s client.UploadState) error {
		if there = s.Covered - o.ChunkSize; there > 0 {
			return errStopped
		}
		return nil
	}
	if err := tusUpload(ctx, c, o); !errors.Is(err, errStopped) {
		return nil, err
	}
	return &answered{Response: client.Response{StatusCode: http.StatusNoContent}, Header: map[string]string{"Upload-Offset": text(there)}}, nil
}

// tusRest goes on with the upload behind the first three bytes.
func tusRest(ctx context.Context, c *client.Client, _ *player) (*client.Uploaded, error) {
	begun := sha256.Sum256([]byte(tusFile[:3]))
	return c.Files.Resume(ctx, client.UploadState{
		URL: recordedSite + tusPlace, Target: "/folder", Size: int64(len(tusFile)), Covered: 3, Fingerprint: begun[:],
		Filename: tusOptions.Filename, ContentType: tusOptions.ContentType,
	}, strings.NewReader(tusFile), client.ResumeOptions{})
}

// replays are the calls, by the names of the recordings.
var replays = map[string]replay{
	"404_not_found": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Content.Get(ctx, "/non-existing-resource")
	}, nil},
	"actions_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Components.Actions(ctx, "/", nil)
	}, nil},
	"addons_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Addons.Get(ctx, "plone.session")
	}, nil},
	"addons_install": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return bodiless(c.Addons.Install(ctx, "plone.session", client.Header("Prefer", "return=minimal")))
	}, installing},
	"addons_install_profile": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return bodiless(c.Addons.ImportProfile(ctx, "plone.restapi", "testing-workflows", client.Header("Prefer", "return=minimal")))
	}, []beside{
		{"GET", "/@addons/plone.restapi", "addons_get", false, nil},
		{"GET", "/@addons/plone.restapi", "addons_get", true, nil},
	}},
	"addons_uninstall": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return bodiless(c.Addons.Uninstall(ctx, "plone.session", client.Header("Prefer", "return=minimal")))
	}, uninstalling},
	"addons_upgrade": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return bodiless(c.Addons.Upgrade(ctx, "plone.session", client.Header("Prefer", "return=minimal")))
	}, upgrading},
	"aliases_add": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Aliases.Add(ctx, "/front-page", p.aliases())
	}, nil},
	"aliases_delete": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Aliases.Remove(ctx, "/front-page", p.aliasPaths())
	}, nil},
	"aliases_get":             {listAliases("/front-page", client.AliasOptions{}), nil},
	"aliases_non_root_filter": {listAliases("/front-page", client.AliasOptions{Prefix: "/fizzbuzz"}), nil},
	"aliases_root_add": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Aliases.AddToSite(ctx, p.aliases())
	}, nil},
	"aliases_root_add_csv_format": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		table, err := p.file()
		if err != nil {
			return nil, err
		}
		return c.Aliases.ImportCSV(ctx, table)
	}, nil},
	"aliases_root_delete": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Aliases.Remove(ctx, "/", p.aliasPaths())
	}, nil},
	"aliases_root_filter": {listAliases("/", client.AliasOptions{Prefix: "/fizzbuzz"}), nil},
	"aliases_root_get":    {listAliases("/", client.AliasOptions{}), nil},
	"aliases_root_get_csv_format": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Aliases.ExportCSV(ctx)
	}, nil},
	"batching": {search("/folder", client.SearchOptions{SortOn: []string{"path"}, PageSize: 5}), nil},
	"breadcrumbs": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Components.Breadcrumbs(ctx, "/front-page")
	}, nil},
	"collection":             {get[client.Collection]("/collection"), nil},
	"collection_fullobjects": {get[fullCollection](recordedSite + "/collection?fullobjects"), nil},
	"comments_add_root": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.NewComment
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Comments.Add(ctx, "/front-page", body)
	}, nil},
	"comments_add_sub": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.NewComment
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Comments.Reply(ctx, "/front-page", "123456", body)
	}, nil},
	"comments_delete": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Comments.Delete(ctx, "/front-page", "123456")
	}, nil},
	"comments_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		page, err := first(c.Comments.Pages(ctx, "/front-page", client.CommentOptions{}))
		if err != nil {
			return nil, err
		}
		permissions, err := c.Comments.Permissions(ctx, "/front-page")
		if err != nil {
			return nil, err
		}
		return &answered{Response: page.Response, Value: dict{
			"@id": page.URL, "items": page.Items, "items_total": page.ItemsTotal, "permissions": permissions.Value,
		}}, nil
	}, nil},
	"comments_update": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.NewComment
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Comments.Update(ctx, "/front-page", "123456", body.Text)
	}, nil},
	"content_delete": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Content.Delete(ctx, "/folder/my-document")
	}, nil},
	"content_get":        {get[client.Document]("/folder/my-document"), nil},
	"content_get_folder": {get[client.Folder](recordedSite + "/folder?metadata_fields=UID&metadata_fields=Creator"), nil},
	"content_patch": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Content.Update(ctx, "/folder/my-document", p.fields())
	}, nil},
	"content_patch_representation": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return client.ContentAs[client.Document](c).UpdateGet(ctx, "/folder/my-document", p.fields())
	}, nil},
	"content_post": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return client.ContentAs[client.Document](c).Create(ctx, "/folder", p.fields())
	}, nil},
	"contextnavigation": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Components.ContextNavigation(ctx, "/folder", client.ContextNavigationOptions{})
	}, nil},
	"controlpanels_delete_action_condition": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Rules.DeleteElement(ctx, "rule-3", client.RuleActions, 0)
	}, nil},
	"controlpanels_delete_dexterity_item": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.TypePanels.Delete(ctx, "my_custom_content_type")
	}, nil},
	"controlpanels_delete_rule": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Rules.Delete(ctx, "rule-3")
	}, nil},
	"controlpanels_delete_rule_condition": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Rules.DeleteElement(ctx, "rule-3", client.RuleConditions, 0)
	}, nil},
	"controlpanels_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.ControlPanels.List(ctx)
	}, nil},
	"controlpanels_get_contentrules": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Rules.List(ctx)
	}, nil},
	"controlpanels_get_dexterity": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.TypePanels.List(ctx)
	}, nil},
	"controlpanels_get_dexterity_item": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.TypePanels.Get(ctx, "my_custom_content_type")
	}, nil},
	"controlpanels_get_item": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.ControlPanels.Get(ctx, "editing")
	}, nil},
	"controlpanels_get_rule": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Rules.Get(ctx, "rule-3")
	}, nil},
	"controlpanels_get_rule_action_copy":             {element(client.RuleActions, 2), nil},
	"controlpanels_get_rule_action_logger":           {element(client.RuleActions, 0), nil},
	"controlpanels_get_rule_action_mail":             {element(client.RuleActions, 6), nil},
	"controlpanels_get_rule_action_move":             {element(client.RuleActions, 3), nil},
	"controlpanels_get_rule_action_notify":           {element(client.RuleActions, 1), nil},
	"controlpanels_get_rule_action_transition":       {element(client.RuleActions, 5), nil},
	"controlpanels_get_rule_action_versioning":       {element(client.RuleActions, 7), nil},
	"controlpanels_get_rule_condition_fileextension": {element(client.RuleConditions, 1), nil},
	"controlpanels_get_rule_condition_group":         {element(client.RuleConditions, 3), nil},
	"controlpanels_get_rule_condition_portaltype":    {element(client.RuleConditions, 0), nil},
	"controlpanels_get_rule_condition_role":          {element(client.RuleConditions, 4), nil},
	"controlpanels_get_rule_condition_tales":         {element(client.RuleConditions, 5), nil},
	"controlpanels_get_rule_condition_workflowstate": {element(client.RuleConditions, 2), nil},
	"controlpanels_patch": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.ControlPanels.Update(ctx, "editing", p.fields())
	}, []beside{{"GET", "/@controlpanels/editing", "controlpanels_get_item", false, nil}}},
	"controlpanels_patch_dexterity_item": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.TypePanels.Update(ctx, "my_custom_content_type", p.fields())
	}, []beside{{"GET", "/@controlpanels/dexterity-types/my_custom_content_type", "controlpanels_get_dexterity_item", false, nil}}},
	"controlpanels_patch_rule_action_logger": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Rules.UpdateElement(ctx, "rule-3", client.RuleActions, 0, p.fields())
	}, []beside{{"GET", "/@controlpanels/content-rules/rule-3/action/0", "controlpanels_get_rule_action_logger", false, nil}}},
	"controlpanels_patch_rule_action_move_down":    {moveElement(client.RuleActions, 0, false), nil},
	"controlpanels_patch_rule_action_move_up":      {moveElement(client.RuleActions, 1, true), nil},
	"controlpanels_patch_rule_condition_move_down": {moveElement(client.RuleConditions, 0, false), nil},
	"controlpanels_patch_rule_condition_move_up":   {moveElement(client.RuleConditions, 1, true), nil},
	"controlpanels_patch_rule_condition_portaltype": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Rules.UpdateElement(ctx, "rule-3", client.RuleConditions, 0, p.fields())
	}, []beside{{"GET", "/@controlpanels/content-rules/rule-3/condition/0", "controlpanels_get_rule_condition_portaltype", false, nil}}},
	"controlpanels_post_dexterity_item": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.NewType
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.TypePanels.Add(ctx, body)
	}, nil},
	"controlpanels_post_rule": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.NewRule
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Rules.Add(ctx, body)
	}, nil},
	"controlpanels_post_rule_action_copy":             {addElement(client.RuleActions), ruleBefore},
	"controlpanels_post_rule_action_delete":           {addElement(client.RuleActions), ruleBefore},
	"controlpanels_post_rule_action_logger":           {addElement(client.RuleActions), ruleBefore},
	"controlpanels_post_rule_action_mail":             {addElement(client.RuleActions), ruleBefore},
	"controlpanels_post_rule_action_move":             {addElement(client.RuleActions), ruleBefore},
	"controlpanels_post_rule_action_notify":           {addElement(client.RuleActions), ruleBefore},
	"controlpanels_post_rule_action_transition":       {addElement(client.RuleActions), ruleBefore},
	"controlpanels_post_rule_action_versioning":       {addElement(client.RuleActions), ruleBefore},
	"controlpanels_post_rule_condition_fileextension": {addElement(client.RuleConditions), ruleBefore},
	"controlpanels_post_rule_condition_group":         {addElement(client.RuleConditions), ruleBefore},
	"controlpanels_post_rule_condition_portaltype":    {addElement(client.RuleConditions), ruleBefore},
	"controlpanels_post_rule_condition_role":          {addElement(client.RuleConditions), ruleBefore},
	"controlpanels_post_rule_condition_tales":         {addElement(client.RuleConditions), ruleBefore},
	"controlpanels_post_rule_condition_workflowstate": {addElement(client.RuleConditions), ruleBefore},
	"copy": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Content.Copy(ctx, "/", p.sources())
	}, nil},
	"copy_multiple": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Content.Copy(ctx, "/", p.sources())
	}, nil},
	"document":                {get[client.Document]("/front-page"), nil},
	"event":                   {get[client.Event]("/event"), nil},
	"expansion":               {get[client.Document]("/front-page"), nil},
	"expansion_expanded":      {get[client.Document]("/front-page", client.Expand("breadcrumbs")), nil},
	"expansion_expanded_full": {get[client.Document]("/front-page", client.Expand("actions", "breadcrumbs", "navigation", "workflow", "types")), nil},
	"external_authentication_links": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Auth.Providers(ctx)
	}, nil},
	"file":   {get[client.File]("/file"), nil},
	"folder": {get[client.Folder]("/folder"), nil},
	"groups": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Groups.List(ctx)
	}, nil},
	"groups_created": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.NewGroup
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Groups.Create(ctx, body)
	}, nil},
	"groups_delete": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Groups.Delete(ctx, "ploneteam")
	}, nil},
	"groups_filtered_by_groupname": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Groups.Search(ctx, "plo", 0)
	}, nil},
	"groups_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Groups.Get(ctx, "ploneteam")
	}, nil},
	"groups_update": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.GroupUpdate
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Groups.Update(ctx, "ploneteam", body)
	}, nil},
	"history_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.History.Get(ctx, "/front-page")
	}, nil},
	"history_revert": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.History.Revert(ctx, "/front-page", 0)
	}, nil},
	"image":             {get[client.Image]("/image"), nil},
	"inherit_expansion": {get[client.Document](recordedSite+"/document?expand.inherit.behaviors=plone.navigationroot", client.Expand("inherit")), nil},
	"inherit_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Components.Inherit(ctx, "/document", []string{"plone.navigationroot"})
	}, nil},
	"jwt_logged_in": {get[client.Site]("/"), nil},
	"jwt_login": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		fields := p.fields()
		return c.Auth.Login(ctx, text(fields["login"]), text(fields["password"]))
	}, nil},
	"jwt_login_renew": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Auth.Renew(ctx)
	}, nil},
	"jwt_logout": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Auth.Logout(ctx)
	}, nil},
	"link": {get[client.Link]("/link"), nil},
	"linkintegrity_get": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.LinkIntegrity.Check(ctx, p.url.Query()["uids"])
	}, nil},
	"lock": {locking(client.LockOptions{}), noLock},
	"lock_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Locking.Get(ctx, "/front-page")
	}, nil},
	"lock_nonstealable_timeout": {locking(client.LockOptions{Timeout: time.Hour, NotStealable: true}), noLock},
	"lock_update": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Content.Update(ctx, "/front-page", p.fields(), client.LockToken(p.header.Get("Lock-Token")))
	}, nil},
	"move": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Content.Move(ctx, "/folder", p.sources())
	}, nil},
	"navigation": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Components.Navigation(ctx, "/front-page", 0)
	}, nil},
	"navigation_tree": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Components.Navigation(ctx, "/front-page", 4)
	}, nil},
	"navroot_lang_content_get":                    {navroot("/en/test-document"), nil},
	"navroot_lang_folder_get":                     {navroot("/en"), nil},
	"navroot_site_get":                            {navroot("/"), nil},
	"navroot_standard_site_content_get":           {navroot("/front-page"), nil},
	"navroot_standard_site_content_get_expansion": {get[client.Document]("/front-page", client.Expand("navroot")), nil},
	"navroot_standard_site_get":                   {navroot("/"), nil},
	"navroot_standard_site_get_expansion":         {get[client.Site]("/", client.Expand("navroot")), nil},
	"newsitem":                                    {get[client.NewsItem]("/newsitem"), nil},
	"portrait_self_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Users.OwnPortrait(ctx)
	}, nil},
	"portrait_username_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Users.Portrait(ctx, "username")
	}, nil},
	"principals": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Principals.Search(ctx, "ploneteam")
	}, nil},
	"querysources_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Vocabularies.QuerySourcePages(ctx, "/doc", "test_choice_with_querysource", "2", 0))
	}, nil},
	"querystring_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Search.Querystring(ctx, "/")
	}, nil},
	"querystring_get_contextual": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Search.Querystring(ctx, "/front-page")
	}, nil},
	"querystringsearch_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Search.QueryPages(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}, nil},
	"querystringsearch_post": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Search.QueryPages(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}, nil},
	"refresh_lock": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Locking.Refresh(ctx, "/front-page")
	}, nil},
	"registry_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Registry.Get(ctx, "plone.app.querystring.field.path.title")
	}, nil},
	"registry_get_list": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Registry.Pages(ctx, client.RegistryOptions{}))
	}, nil},
	"registry_get_list_filtered": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Registry.Pages(ctx, client.RegistryOptions{Prefix: "Products.CMFPlone"}))
	}, nil},
	"registry_update": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.Registry.Set(ctx, p.fields())
	}, nil},
	"relations_catalog_get_stats": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Relations.Stats(ctx)
	}, nil},
	"relations_del":                        {deleteRelations, nil},
	"relations_del_anonymous":              {deleteRelations, nil},
	"relations_del_combi":                  {deleteAllRelations, nil},
	"relations_del_failure":                {deleteRelations, nil},
	"relations_del_path_uid":               {deleteRelations, nil},
	"relations_del_relationname":           {deleteAllRelations, nil},
	"relations_del_source":                 {deleteAllRelations, nil},
	"relations_del_target":                 {deleteAllRelations, nil},
	"relations_get_relationname":           {findRelations, nil},
	"relations_get_relationname_anonymous": {findRelations, nil},
	"relations_get_source_and_relation":    {findRelations, nil},
	"relations_get_source_anonymous":       {findRelations, nil},
	"relations_get_source_by_path":         {findRelations, nil},
	"relations_get_source_by_uid":          {findRelations, nil},
	"relations_get_target":                 {findRelations, nil},
	"relations_post":                       {createRelations, nil},
	"relations_post_anonyous":              {createRelations, nil},
	"relations_post_failure":               {createRelations, nil},
	"relations_post_with_uid":              {createRelations, nil},
	"relations_rebuild": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Relations.Rebuild(ctx, client.RebuildOptions{})
	}, nil},
	"relations_rebuild_with_flush": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Relations.Rebuild(ctx, client.RebuildOptions{Flush: true})
	}, nil},
	"roles": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Roles.List(ctx)
	}, nil},
	"rules_add": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.ContentRules.Assign(ctx, "/", "rule-1")
	}, nil},
	"rules_apply_subfolders": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.ContentRules.Bubble(ctx, "/", p.rules())
	}, nil},
	"rules_delete": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.ContentRules.Unassign(ctx, "/", p.rules())
	}, nil},
	"rules_disable": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.ContentRules.Disable(ctx, "/", p.rules())
	}, nil},
	"rules_disable_apply_subfolders": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.ContentRules.NoBubble(ctx, "/", p.rules())
	}, nil},
	"rules_enable": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return c.ContentRules.Enable(ctx, "/", p.rules())
	}, nil},
	"rules_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		rules, err := c.ContentRules.Get(ctx, "/")
		if err != nil {
			return nil, err
		}
		return &answered{Response: rules.Response, Value: dict{"content-rules": rules.Value}}, nil
	}, nil},
	"rules_move_down": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.ContentRules.MoveDown(ctx, "/", "rule-1")
	}, nil},
	"rules_move_up": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.ContentRules.MoveUp(ctx, "/", "rule-2")
	}, nil},
	"search":                       {search("/", client.SearchOptions{SortOn: []string{"path"}}), nil},
	"search_fullobjects":           {searchFull, nil},
	"search_metadata_fields":       {search("/", client.SearchOptions{Text: "lorem", Metadata: []string{"modified", "created"}}), nil},
	"search_multiple_paths":        {search("/", client.SearchOptions{SortOn: []string{"path"}, Paths: []string{"/plone/folder1", "/plone/folder2"}, Depth: 2}), nil},
	"search_options":               {search("/", client.SearchOptions{SortOn: []string{"path"}, Paths: []string{"/plone/folder1"}, Depth: 1}), nil},
	"search_sort_multiple_indexes": {search("/", client.SearchOptions{SortOn: []string{"portal_type", "sortable_title"}}), nil},
	"sharing_folder_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Sharing.Get(ctx, "/folder")
	}, nil},
	"sharing_folder_post": {updateSharing, nil},
	"sharing_search": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Sharing.Search(ctx, "/folder/doc", "admin")
	}, nil},
	"site_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Site.Get(ctx)
	}, nil},
	"site_get_expand_lang_folder":         {get[client.Folder]("/en", client.Expand("navroot")), nil},
	"site_get_expand_lang_folder_content": {get[client.Document]("/en/test-document", client.Expand("navroot")), nil},
	"site_get_expand_navroot":             {get[client.Site]("/", client.Expand("navroot")), nil},
	"siteroot":                            {get[client.Site]("/"), nil},
	"sources_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return first(c.Vocabularies.SourcePages(ctx, "/doc", "test_choice_with_source", client.TermOptions{}))
	}, nil},
	"transactions_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Transactions.List(ctx)
	}, nil},
	"transactions_revert": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body struct {
			IDs []string `json:"transaction_ids"`
		}
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Transactions.Undo(ctx, body.IDs)
	}, nil},
	"translated_messages_addons": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Addons.List(ctx, client.AddonOptions{}, inSpanish)
	}, nil},
	"translated_messages_object_history": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.History.Get(ctx, "/front-page", inSpanish)
	}, nil},
	"translated_messages_object_workflow": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Workflow.Get(ctx, "/front-page", inSpanish)
	}, nil},
	"translated_messages_types": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Types.List(ctx, "/", inSpanish)
	}, nil},
	"translated_messages_types_folder": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Types.Get(ctx, "/", "Folder", inSpanish)
	}, nil},
	"translation_locator": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Translations.Locate(ctx, "/es/test-document", "de")
	}, nil},
	"translations_delete": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Translations.Unlink(ctx, "/en/test-document", "es")
	}, nil},
	"translations_expand_get": {get[client.Document]("/en/test-document", client.Expand("translations")), nil},
	"translations_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Translations.Get(ctx, "/en/test-document")
	}, nil},
	"translations_link_on_post": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return client.ContentAs[client.Document](c).Create(ctx, "/de", p.fields())
	}, nil},
	"translations_post":           {linkTranslation, nil},
	"translations_post_by_id":     {linkTranslation, nil},
	"translations_post_by_uid":    {linkTranslation, nil},
	"translations_unexpanded_get": {get[client.Document]("/en/test-document"), nil},
	"tusreplace_patch": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Files.Replace(ctx, "/myfile", strings.NewReader(tusFile), int64(len(tusFile)),
			client.ReplaceOptions{Filename: tusOptions.Filename, ContentType: tusOptions.ContentType})
	}, []beside{{"POST", "/myfile/@tus-replace", "tusreplace_post", false, nil}, uploaded("/myfile")}},
	"tusreplace_post": {tusBegin(tusReplace), nil},
	"tusupload_head": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		if _, err := tusRest(ctx, c, p); err != nil {
			return nil, err
		}
		return &answered{
			Response: client.Response{StatusCode: http.StatusOK},
			Header:   map[string]string{"Upload-Offset": p.lastSent(http.MethodPatch).Get("Upload-Offset")},
		}, nil
	}, []beside{{"PATCH", tusPlace, "tusupload_patch_finalized", true, nil}, uploaded("/folder/document-2016-10-21")}},
	"tusupload_options": {tusAsk, nil},
	"tusupload_patch":   {tusFirst, []beside{{"POST", "/folder/@tus-upload", "tusupload_post", false, nil}}},
	"tusupload_patch_finalized": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		return tusRest(ctx, c, p)
	}, []beside{{"HEAD", tusPlace, "tusupload_head", false, nil}, uploaded("/folder/document-2016-10-21")}},
	"tusupload_post": {tusBegin(tusUpload), nil},
	"types": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Types.List(ctx, "/")
	}, nil},
	"types_document": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Types.Get(ctx, "/", "Document")
	}, nil},
	"types_document_delete_field": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Types.DeleteField(ctx, "Document", "author_email")
	}, fieldBefore},
	"types_document_delete_fieldset":       {deleteFieldset, fieldsetBefore},
	"types_document_delete_fieldset_error": {deleteFieldset, fieldsetBefore},
	"types_document_get_field": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Types.GetField(ctx, "/", "Document", "author_email")
	}, nil},
	"types_document_get_fieldset": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Types.GetFieldset(ctx, "/", "Document", "contact_info")
	}, nil},
	"types_document_patch": {updateType, nil},
	"types_document_patch_field": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.FieldUpdate
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Types.UpdateField(ctx, "Document", "author_email", body)
	}, fieldBefore},
	"types_document_patch_fieldset": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.Fieldset
		if err := p.into(&body); err != nil {
			return nil, err
		}
		body.ID = "contact_info"
		return c.Types.UpdateFieldset(ctx, "Document", body)
	}, fieldsetBefore},
	"types_document_patch_fieldsets":  {updateType, nil},
	"types_document_patch_properites": {updateType, nil}, // it is called so
	"types_document_post_field": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.NewField
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Types.AddField(ctx, "Document", body)
	}, nil},
	"types_document_post_fieldset": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.NewFieldset
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Types.AddFieldset(ctx, "Document", body)
	}, nil},
	"types_document_put": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.TypeSchema
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Types.ReplaceSchema(ctx, "Document", body, client.DeleteOtherFields)
	}, nil},
	"unlock": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Locking.Unlock(ctx, "/front-page")
	}, nil},
	"unlock_force": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Locking.ForceUnlock(ctx, "/front-page")
	}, nil},
	"upgrade_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Upgrade.Get(ctx)
	}, nil},
	"upgrade_post": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Upgrade.Run(ctx, "6008")
	}, []beside{{"GET", "/@upgrade", "upgrade_get", false, nil}}},
	"upgrade_post_dry_run": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Upgrade.DryRun(ctx)
	}, nil},
	"users":     {users(client.UserQuery{}), nil},
	"users_add": {createUser, nil},
	"users_add_csv_format": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		table, err := p.file()
		if err != nil {
			return nil, err
		}
		users, err := c.Users.ImportCSV(ctx, table)
		if err != nil {
			return nil, err
		}
		return &answered{Response: users.Response, Value: dict{"items": users.Value, "items_total": len(users.Value)}}, nil
	}, nil},
	"users_anonymous":             {users(client.UserQuery{}), nil},
	"users_anonymous_get":         {getUser, nil},
	"users_authorized_get":        {getUser, nil},
	"users_created":               {createUser, nil},
	"users_delete":                {deleteUser(client.DeleteUserOptions{}), userGone},
	"users_delete_no_localroles":  {deleteUser(client.DeleteUserOptions{KeepLocalRoles: true}), userGone},
	"users_delete_no_memberareas": {deleteUser(client.DeleteUserOptions{KeepProperties: true}), userGone},
	"users_filtered_by_groups":    {users(client.UserQuery{Groups: []string{"Reviewers", "Site Administrators"}}), nil},
	"users_filtered_by_username":  {users(client.UserQuery{ID: "oam"}), nil},
	"users_get":                   {getUser, nil},
	"users_get_csv_format": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Users.ExportCSV(ctx)
	}, nil},
	"users_searched":              {users(client.UserQuery{Search: "avram"}), nil},
	"users_unauthorized":          {users(client.UserQuery{}), nil},
	"users_unauthorized_get":      {getUser, nil},
	"users_update":                {updateUser, nil},
	"users_update_portrait":       {updateUser, nil},
	"users_update_portrait_get":   {getUser, nil},
	"users_update_portrait_scale": {updateUser, nil},
	"userschema": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Users.Schema(ctx)
	}, nil},
	"userschema_registration": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Users.RegistrationSchema(ctx)
	}, nil},
	"vocabularies": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Vocabularies.List(ctx, "/")
	}, nil},
	"vocabularies_get":                        {terms(friendlyTypes, client.TermOptions{}), nil},
	"vocabularies_get_fields":                 {terms("Fields", client.TermOptions{}), nil},
	"vocabularies_get_filtered":               {terms(friendlyTypes, client.TermOptions{Title: "doc"}), nil},
	"vocabularies_get_filtered_by_title":      {terms(friendlyTypes, client.TermOptions{Title: "doc"}), nil},
	"vocabularies_get_filtered_by_token_list": {terms(friendlyTypes, client.TermOptions{Tokens: []string{"Document", "Event"}}), nil},
	"vocabularies_get_filtered_by_token":      {terms(friendlyTypes, client.TermOptions{Tokens: []string{"Document"}}), nil},
	"vocabularies_get_sorted_by_title": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		es, err := c.Clone(client.WithTransport(spanish{p}))
		if err != nil {
			return nil, err
		}
		return first(es.Vocabularies.TermPages(ctx, "/", friendlyTypes, client.TermOptions{SortByTitle: true}))
	}, nil},
	"workflow_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Workflow.Get(ctx, "/front-page")
	}, nil},
	"workflow_post": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.Workflow.Transition(ctx, "/front-page", "publish", client.TransitionOptions{})
	}, nil},
	"workflow_post_with_body": {func(ctx context.Context, c *client.Client, p *player) (any, error) {
		var body client.TransitionOptions
		if err := p.into(&body); err != nil {
			return nil, err
		}
		return c.Workflow.Transition(ctx, "/folder", "publish", body)
	}, nil},
	"workingcopy_baseline_get": {get[client.Document]("/document"), nil},
	"workingcopy_delete": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.WorkingCopies.Cancel(ctx, "/copy_of_document")
	}, nil},
	"workingcopy_get": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.WorkingCopies.Get(ctx, "/document")
	}, nil},
	"workingcopy_patch": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.WorkingCopies.CheckIn(ctx, "/copy_of_document")
	}, nil},
	"workingcopy_post": {func(ctx context.Context, c *client.Client, _ *player) (any, error) {
		return c.WorkingCopies.CheckOut(ctx, "/document")
	}, nil},
	"workingcopy_wc_get": {get[client.Document]("/copy_of_document"), nil},
}
