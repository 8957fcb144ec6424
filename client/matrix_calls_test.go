package client_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// Good answers that plonetest does not give.
var (
	done200 = jsonReply(`null`) // of a reset, which needs a letter box
	colours = jsonReply(`{"@id":"u","items":[{"token":"r","title":"Red"}],"items_total":1}`)
)

func jsonReply(body string) *reply {
	return &reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(body)}
}

// resume begins an upload, and goes on with it as another program.
func resume(ctx context.Context, c *client.Client) (any, error) {
	const file = "abcdefgh"
	var begun client.UploadState
	_, err := c.Files.Upload(ctx, "/m", strings.NewReader(file), int64(len(file)), client.UploadOptions{
		Filename: "t.txt",
		OnState: func(s client.UploadState) error {
			begun = s
			return errStopped
		},
	})
	if !errors.Is(err, errStopped) {
		return nil, err
	}
	return c.Files.Resume(ctx, begun, strings.NewReader(file), client.UploadOptions{})
}

// matrix are the calls, by their methods and operations.
var matrix = map[string]cell{
	"ComponentService.Actions GET /{path}/@actions 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Actions(ctx, "/m", nil)
	}, null: true},
	"AddonService.List GET /{path}/@addons 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.List(ctx, false)
	}},
	"AddonService.Get GET /{path}/@addons/{id} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Get(ctx, "plone.session")
	}},
	"AddonService.Install POST /@addons/{id}/install 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Install(ctx, "plone.session")
	}},
	"AddonService.Install POST /@addons/{id}/install 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Install(ctx, "plone.session", client.Header("Prefer", "return=minimal"))
	}},
	"AddonService.Uninstall POST /@addons/{id}/uninstall 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Uninstall(ctx, "plone.session")
	}, prepare: withAddon},
	"AddonService.Uninstall POST /@addons/{id}/uninstall 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Uninstall(ctx, "plone.session", client.Header("Prefer", "return=minimal"))
	}, prepare: withAddon},
	"AddonService.Upgrade POST /@addons/{id}/upgrade 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Upgrade(ctx, "plone.session")
	}, prepare: withAddon},
	"AddonService.Upgrade POST /@addons/{id}/upgrade 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Upgrade(ctx, "plone.session", client.Header("Prefer", "return=minimal"))
	}, prepare: withAddon},
	"AddonService.ImportProfile POST /@addons/{id}/import/{profile} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.ImportProfile(ctx, "plone.session", "default")
	}},
	"AddonService.ImportProfile POST /@addons/{id}/import/{profile} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.ImportProfile(ctx, "plone.session", "default", client.Header("Prefer", "return=minimal"))
	}},
	"AliasService.All GET /{path}/@aliases 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Aliases.All(ctx, "/m", client.AliasOptions{}))
	}},
	"AliasService.Pages GET /{path}/@aliases 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Aliases.Pages(ctx, "/m", client.AliasOptions{}))
	}},
	"AliasService.Add POST /{path}/@aliases 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.Add(ctx, "/m", []client.Alias{{Path: "/old"}})
	}, fails: errors.ErrBadRequest},
	"AliasService.Add POST /{path}/@aliases 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.Add(ctx, "/m", []client.Alias{{Path: "/new"}})
	}},
	"AliasService.AddToSite POST /@aliases 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.AddToSite(ctx, []client.Alias{{Path: "/new", RedirectTo: "/m"}})
	}},
	"AliasService.Remove DELETE /{path}/@aliases 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.Remove(ctx, "/m", []string{"/nope"})
	}, fails: errors.ErrNotFound},
	"AliasService.Remove DELETE /{path}/@aliases 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.Remove(ctx, "/m", []string{"/old"})
	}},
	"AliasService.ExportCSV GET /@aliases 200 text/csv": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.ExportCSV(ctx)
	}},
	"AliasService.ImportCSV POST /@aliases 204 text/csv": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.ImportCSV(ctx, strings.NewReader("old path,new path\n/new,/m\n"))
	}},
	"BlockTypeService.Counts GET /{path}/@blocktypes 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.BlockTypes.Counts(ctx, "")
	}, null: true},
	"BlockTypeService.Find GET /{path}/@blocktypes/{type} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.BlockTypes.Find(ctx, "", "slate")
	}},
	"ComponentService.Breadcrumbs GET /{path}/@breadcrumbs 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Breadcrumbs(ctx, "/m")
	}},
	"CommentService.All GET /{path}/@comments 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Comments.All(ctx, "/m", client.CommentOptions{}))
	}},
	"CommentService.Pages GET /{path}/@comments 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Comments.Pages(ctx, "/m", client.CommentOptions{}))
	}},
	"CommentService.Permissions GET /{path}/@comments 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Comments.Permissions(ctx, "/m")
	}},
	"CommentService.Get GET /{path}/@comments/{id} 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Comments.Get(ctx, "/m", s.comment)
	}},
	"CommentService.Add POST /{path}/@comments 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Comments.Add(ctx, "/m", client.NewComment{Text: "x"})
	}},
	"CommentService.Reply POST /{path}/@comments/{id} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Comments.Reply(ctx, "/m", s.comment, client.NewComment{Text: "x"})
	}},
	"CommentService.Update PATCH /{path}/@comments/{id} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Comments.Update(ctx, "/m", s.comment, "x")
	}},
	"CommentService.Delete DELETE /{path}/@comments/{id} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Comments.Delete(ctx, "/m", s.comment)
	}},
	"ContentService.Get GET /{path} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Get(ctx, "/m")
	}},
	"ContentService.Create POST /{path} 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Create(ctx, "/m", client.Fields{"@type": "Document", "title": "x"})
	}},
	"ContentService.Update PATCH /{path} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Update(ctx, "/m/a", client.Fields{"title": "x"})
	}},
	"ContentService.UpdateGet PATCH /{path} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.UpdateGet(ctx, "/m/a", client.Fields{"title": "x"})
	}},
	"ContentService.Delete DELETE /{path} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Delete(ctx, "/m/a")
	}},
	"ContentService.Reorder PATCH /{path} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Reorder(ctx, "/m", client.Move{ID: "a", Delta: client.Bottom})
	}},
	"ContentService.SortChildren PATCH /{path} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.SortChildren(ctx, "/m", client.Sort{On: "created"})
	}},
	"ContentService.Children GET /{path} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Content.Children(ctx, "/m", client.ListOptions{}))
	}},
	"ContentRuleService.Get GET /{path}/@content-rules 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ContentRules.Get(ctx, "/m")
	}},
	"ContentRuleService.Assign POST /{path}/@content-rules/{rule} 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Assign(ctx, "/m/a", s.rule)
	}},
	"ContentRuleService.Unassign DELETE /{path}/@content-rules 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Unassign(ctx, "/m", []string{s.rule})
	}},
	"ContentRuleService.Enable PATCH /{path}/@content-rules 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Enable(ctx, "/m", []string{s.rule})
	}},
	"ContentRuleService.Disable PATCH /{path}/@content-rules 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Disable(ctx, "/m", []string{s.rule})
	}},
	"ContentRuleService.Bubble PATCH /{path}/@content-rules 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Bubble(ctx, "/m", []string{s.rule})
	}},
	"ContentRuleService.NoBubble PATCH /{path}/@content-rules 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.NoBubble(ctx, "/m", []string{s.rule})
	}},
	"ContentRuleService.MoveUp PATCH /{path}/@content-rules 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.MoveUp(ctx, "/m", s.other)
	}},
	"ContentRuleService.MoveDown PATCH /{path}/@content-rules 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.MoveDown(ctx, "/m", s.rule)
	}},
	"ComponentService.ContextNavigation GET /{path}/@contextnavigation 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.ContextNavigation(ctx, "/m", client.ContextNavigationOptions{})
	}},
	"ControlPanelService.List GET /@controlpanels 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.List(ctx)
	}},
	"ControlPanelService.Get GET /@controlpanels/{panel} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Get(ctx, "editing")
	}},
	"ControlPanelService.Update PATCH /@controlpanels/{panel} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Update(ctx, "editing", client.Fields{"ext_editor": true})
	}},
	"ControlPanelService.AddChild POST /@controlpanels/{panel} 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.AddChild(ctx, "dexterity-types", client.Fields{"title": "Child"})
	}},
	"ControlPanelService.DeleteChild DELETE /@controlpanels/{panel}/{child} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.DeleteChild(ctx, "dexterity-types", "talk")
	}},
	"ControlPanelService.Types GET /@controlpanels/dexterity-types 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Types(ctx)
	}},
	"ControlPanelService.Type GET /@controlpanels/dexterity-types/{type} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Type(ctx, "talk")
	}},
	"ControlPanelService.AddType POST /@controlpanels/dexterity-types 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.AddType(ctx, client.NewType{Title: "Other"})
	}},
	"ControlPanelService.UpdateType PATCH /@controlpanels/dexterity-types/{type} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.UpdateType(ctx, "talk", client.Fields{"title": "Speech"})
	}},
	"ControlPanelService.DeleteType DELETE /@controlpanels/dexterity-types/{type} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.DeleteType(ctx, "talk")
	}},
	"ContentService.Copy POST /{path}/@copy 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Copy(ctx, "/m", "/m/a")
	}},
	"ContentService.Move POST /{path}/@move 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Move(ctx, "/m/b", "/m/a")
	}},
	"DatabaseService.Get GET /@database 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Database.Get(ctx)
	}},
	"EmailService.Send POST /@email-send 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Email.Send(ctx, "bob@plone.example", client.Mail{From: "ada@plone.example", Message: "x"})
	}},
	"EmailService.Notify POST /@email-notification 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Email.Notify(ctx, client.Mail{From: "ada@plone.example", Message: "x"})
	}},
	"ExportService.Export POST /@export 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Exports.Export(ctx)
	}},
	"ExportService.Import POST /@import 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		d, err := c.Exports.Export(ctx)
		if err != nil {
			return nil, err
		}
		defer d.Close()
		data, err := io.ReadAll(d)
		if err != nil {
			return nil, err
		}
		return c.Exports.Import(ctx, bytes.NewReader(data), int64(len(data)))
	}},
	"GroupService.List GET /@groups 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.List(ctx)
	}},
	"GroupService.Search GET /@groups 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Search(ctx, "crew", 0)
	}},
	"GroupService.Get GET /@groups/{id} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Get(ctx, "crew")
	}},
	"GroupService.Members GET /@groups/{id} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Groups.Members(ctx, "crew"))
	}},
	"GroupService.Create POST /@groups 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Create(ctx, client.NewGroup{Name: "band"})
	}},
	"GroupService.Update PATCH /@groups/{id} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Update(ctx, "crew", client.GroupUpdate{Title: client.Set("x")})
	}},
	"GroupService.Delete DELETE /@groups/{id} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Delete(ctx, "crew")
	}},
	"HistoryService.Get GET /{path}/@history 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.History.Get(ctx, "/m/a")
	}},
	"HistoryService.Version GET /{path}/@history/{version} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.History.Version(ctx, "/m/a", 0)
	}},
	"HistoryService.Revert PATCH /{path}/@history 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.History.Revert(ctx, "/m/a", 0)
	}},
	"ComponentService.Inherit GET /{path}/@inherit 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Inherit(ctx, "/m", []string{"plone.navigationroot"})
	}},
	"LinkIntegrityService.Check GET /@linkintegrity 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.LinkIntegrity.Check(ctx, []string{s.uid})
	}},
	"LockingService.Get GET /{path}/@lock 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.Get(ctx, "/m/a")
	}, null: true},
	"LockingService.Lock POST /{path}/@lock 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.Lock(ctx, "/m/a", client.LockOptions{})
	}, null: true},
	"LockingService.Refresh PATCH /{path}/@lock 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.Refresh(ctx, "/m/a")
	}, prepare: withLock, null: true},
	"LockingService.Unlock DELETE /{path}/@lock 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.Unlock(ctx, "/m/a")
	}, prepare: withLock, null: true},
	"LockingService.ForceUnlock DELETE /{path}/@lock 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.ForceUnlock(ctx, "/m/a")
	}, prepare: withLock, null: true},
	"AuthService.Login POST /@login 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Auth.Login(ctx, "admin", "secret")
	}},
	"AuthService.Renew POST /@login-renew 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Auth.Renew(ctx)
	}},
	"AuthService.Logout POST /@logout 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Auth.Logout(ctx)
	}},
	"AuthService.Providers GET /@login 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Auth.Providers(ctx)
	}},
	"ComponentService.Navigation GET /{path}/@navigation 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Navigation(ctx, "/m", 0)
	}},
	"ComponentService.Navroot GET /{path}/@navroot 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Navroot(ctx, "/m")
	}},
	"UserService.Portrait GET /@portrait/{id} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Portrait(ctx, "ada")
	}, prepare: withPortrait},
	"UserService.OwnPortrait GET /@portrait 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.OwnPortrait(ctx)
	}, prepare: withPortrait},
	"PrincipalService.Search GET /@principals 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Principals.Search(ctx, "ada")
	}},
	"SearchService.Querystring GET /{path}/@querystring 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Search.Querystring(ctx, "/m")
	}},
	"SearchService.QueryAll POST /{path}/@querystring-search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.QueryAll(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"SearchService.QueryAll GET /{path}/@querystring-search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.QueryAll(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"SearchService.QueryPages POST /{path}/@querystring-search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.QueryPages(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"SearchService.QueryPages GET /{path}/@querystring-search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.QueryPages(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"ContentService.Query POST /{path}/@querystring-search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Content.Query(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"ContentService.Query GET /{path}/@querystring-search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Content.Query(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"RegistryService.All GET /@registry 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Registry.All(ctx, client.RegistryOptions{Prefix: "plone.site"}))
	}},
	"RegistryService.Pages GET /@registry 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Registry.Pages(ctx, client.RegistryOptions{Prefix: "plone.site"}))
	}},
	"RegistryService.Get GET /@registry/{record} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Registry.Get(ctx, "plone.site_title")
	}, null: true},
	"RegistryValue GET /@registry/{record} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return client.RegistryValue[string](ctx, c, "plone.site_title")
	}, null: true},
	"RegistryService.Set PATCH /@registry 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Registry.Set(ctx, map[string]any{"plone.site_title": "x"})
	}},
	"RelationService.Stats GET /@relations 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Stats(ctx)
	}},
	"RelationService.Find GET /@relations 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Find(ctx, client.RelationQuery{Source: "/m/a"})
	}},
	"RelationService.Broken GET /@relations 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Broken(ctx)
	}, prepare: withBrokenRelation},
	"RelationService.Broken GET /@relations 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Broken(ctx)
	}},
	"RelationService.Create POST /@relations 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Create(ctx, []client.RelationName{{Source: "/m/a", Target: "/m/b", Relation: "relatedItems"}})
	}},
	"RelationService.Delete DELETE /@relations 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Delete(ctx, []client.RelationName{{Source: "/m/a", Target: "/m/b", Relation: "relatedItems"}})
	}},
	"RelationService.DeleteAll DELETE /@relations 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.DeleteAll(ctx, client.RelationName{Source: "/m/a"})
	}},
	"RelationService.Rebuild POST /@relations/rebuild 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Rebuild(ctx, true)
	}},
	"RoleService.List GET /@roles 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Roles.List(ctx)
	}},
	"ControlPanelService.Rules GET /@controlpanels/content-rules 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Rules(ctx)
	}},
	"ControlPanelService.Rule GET /@controlpanels/content-rules/{rule} 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.Rule(ctx, s.rule)
	}},
	"ControlPanelService.AddRule POST /@controlpanels/content-rules 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.AddRule(ctx, client.NewRule{Title: "x", Event: "Comment added"})
	}},
	"ControlPanelService.UpdateRule PATCH /@controlpanels/content-rules/{rule} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.UpdateRule(ctx, s.rule, client.RuleSettings{Title: "x"})
	}},
	"ControlPanelService.ApplyRule PATCH /@controlpanels/content-rules/{rule} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.ApplyRule(ctx, s.rule)
	}},
	"ControlPanelService.DeleteRule DELETE /@controlpanels/content-rules/{rule} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.DeleteRule(ctx, s.rule)
	}},
	"ControlPanelService.RuleElement GET /@controlpanels/content-rules/{rule}/condition/{n} 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.RuleElement(ctx, s.rule, client.RuleConditions, 0)
	}},
	"ControlPanelService.RuleElement GET /@controlpanels/content-rules/{rule}/action/{n} 200": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.RuleElement(ctx, s.rule, client.RuleActions, 0)
	}},
	"ControlPanelService.AddRuleElement POST /@controlpanels/content-rules/{rule}/condition 201": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.AddRuleElement(ctx, s.rule, client.RuleConditions, "plone.conditions.FileExtension", client.Fields{"file_extension": "png"})
	}},
	"ControlPanelService.AddRuleElement POST /@controlpanels/content-rules/{rule}/action 201": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.AddRuleElement(ctx, s.rule, client.RuleActions, "plone.actions.Logger", client.Fields{"message": "png"})
	}},
	"ControlPanelService.UpdateRuleElement PATCH /@controlpanels/content-rules/{rule}/condition/{n} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.UpdateRuleElement(ctx, s.rule, client.RuleConditions, 0, client.Fields{"file_extension": "png"})
	}},
	"ControlPanelService.UpdateRuleElement PATCH /@controlpanels/content-rules/{rule}/action/{n} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.UpdateRuleElement(ctx, s.rule, client.RuleActions, 0, client.Fields{"message": "png"})
	}},
	"ControlPanelService.MoveRuleElement PATCH /@controlpanels/content-rules/{rule}/condition/{n} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.MoveRuleElement(ctx, s.rule, client.RuleConditions, 1, true)
	}},
	"ControlPanelService.MoveRuleElement PATCH /@controlpanels/content-rules/{rule}/action/{n} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.MoveRuleElement(ctx, s.rule, client.RuleActions, 1, true)
	}},
	"ControlPanelService.DeleteRuleElement DELETE /@controlpanels/content-rules/{rule}/condition/{n} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.DeleteRuleElement(ctx, s.rule, client.RuleConditions, 0)
	}},
	"ControlPanelService.DeleteRuleElement DELETE /@controlpanels/content-rules/{rule}/action/{n} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.DeleteRuleElement(ctx, s.rule, client.RuleActions, 0)
	}},
	"SearchService.Pages GET /{path}/@search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.Pages(ctx, "/m", client.SearchOptions{}))
	}},
	"SearchService.All GET /{path}/@search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.All(ctx, "/m", client.SearchOptions{}))
	}},
	"ContentService.Search GET /{path}/@search 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Content.Search(ctx, "/m", client.SearchOptions{}))
	}},
	"SharingService.Get GET /{path}/@sharing 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sharing.Get(ctx, "/m")
	}},
	"SharingService.Search GET /{path}/@sharing 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sharing.Search(ctx, "/m", "ada")
	}},
	"SharingService.Update POST /{path}/@sharing 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sharing.Update(ctx, "/m", client.SharingUpdate{Entries: []client.LocalRoles{{ID: "ada", Roles: []string{"Reader"}}}})
	}},
	"SiteService.Get GET /@site 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Site.Get(ctx)
	}},
	"SiteService.Delete DELETE /{path} 204": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Site.Delete(ctx, s.url)
	}},
	"SitesService.List GET {zope}/@sites 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.List(ctx)
	}},
	"SitesService.Distribution GET {zope}/@sites/{distribution} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.Distribution(ctx, "volto")
	}},
	"SitesService.Create POST {zope}/@sites 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.Create(ctx, "", client.Fields{"distribution": "classic", "site_id": "other", "title": "x"})
	}},
	"SitesService.Create POST {zope}/@sites/{distribution} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.Create(ctx, "classic", client.SiteAnswers{SiteID: "other", Title: "x"})
	}},
	"SitesService.Login POST {zope}/@login 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.Login(ctx, "admin", "secret")
	}, null: true},
	"SystemService.Get GET /@system 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.System.Get(ctx)
	}},
	"TransactionService.List GET /@transactions 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Transactions.List(ctx)
	}},
	"TransactionService.Undo PATCH /@transactions 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		list, err := c.Transactions.List(ctx)
		if err != nil {
			return nil, err
		}
		return c.Transactions.Undo(ctx, []string{list.Value[0].ID})
	}, prepare: withLast},
	"TranslationService.Get GET /{path}/@translations 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Translations.Get(ctx, "/en/x")
	}},
	"TranslationService.Link POST /{path}/@translations 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Translations.Link(ctx, "/en/y", "/de/y")
	}, null: true},
	"TranslationService.Unlink DELETE /{path}/@translations 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Translations.Unlink(ctx, "/en/x", "de")
	}},
	"TranslationService.Locate GET /{path}/@translation-locator 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Translations.Locate(ctx, "/en/x", "de")
	}},
	"FileService.Options OPTIONS /{path}/@tus-upload 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Options(ctx, "/m")
	}},
	"FileService.Upload POST /{path}/@tus-upload 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Upload(ctx, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}},
	"FileService.Upload HEAD /{path}/@tus-upload/{upload} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Upload(ctx, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}, prepare: withFailingChunk, heals: true, instead: map[int]error{http.StatusNotFound: errors.ErrUploadLost}},
	"FileService.Upload PATCH /{path}/@tus-upload/{upload} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Upload(ctx, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}},
	"FileService.Replace POST /{path}/@tus-replace 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Replace(ctx, "/m/f", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}, prepare: withFile},
	"FileService.Replace HEAD /{path}/@tus-upload/{upload} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Replace(ctx, "/m/f", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}, prepare: withFailingChunk, heals: true, instead: map[int]error{http.StatusNotFound: errors.ErrUploadLost}},
	"FileService.Replace PATCH /{path}/@tus-upload/{upload} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Replace(ctx, "/m/f", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}, prepare: withFile},
	"FileService.Resume HEAD /{path}/@tus-upload/{upload} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return resume(ctx, c)
	}},
	"FileService.Resume PATCH /{path}/@tus-upload/{upload} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return resume(ctx, c)
	}},
	"TypeService.List GET /{path}/@types 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.List(ctx, "/m")
	}},
	"TypeService.Get GET /{path}/@types/{type} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.Get(ctx, "/m", "talk")
	}},
	"TypeService.GetField GET /{path}/@types/{type}/{field} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.GetField(ctx, "/m", "talk", "speaker")
	}},
	"TypeService.GetFieldset GET /{path}/@types/{type}/{fieldset} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.GetFieldset(ctx, "/m", "talk", "more")
	}},
	"TypeService.AddField POST /@types/{type} 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.AddField(ctx, "talk", client.NewField{Title: "Room", Factory: client.FactoryTextLine})
	}},
	"TypeService.AddFieldset POST /@types/{type} 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.AddFieldset(ctx, "talk", client.NewFieldset{Title: "Yet more"})
	}},
	"TypeService.Update PATCH /@types/{type} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.Update(ctx, "talk", client.TypeUpdate{Properties: map[string]client.FieldUpdate{"speaker": {Title: client.Set("x")}}})
	}},
	"TypeService.UpdateField PATCH /@types/{type}/{field} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.UpdateField(ctx, "talk", "speaker", client.FieldUpdate{Title: client.Set("x")})
	}},
	"TypeService.UpdateFieldset PATCH /@types/{type}/{fieldset} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.UpdateFieldset(ctx, "talk", client.Fieldset{ID: "more", Title: "x"})
	}},
	"TypeService.ReplaceSchema PUT /@types/{type} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.ReplaceSchema(ctx, "talk", client.TypeSchema{}, client.DeleteOtherFields)
	}},
	"TypeService.DeleteField DELETE /@types/{type}/{field} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.DeleteField(ctx, "talk", "speaker")
	}},
	"TypeService.DeleteFieldset DELETE /@types/{type}/{fieldset} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.DeleteFieldset(ctx, "talk", "more")
	}},
	"UpgradeService.Get GET /@upgrade 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Upgrade.Get(ctx)
	}},
	"UpgradeService.DryRun POST /@upgrade 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Upgrade.DryRun(ctx)
	}},
	"UpgradeService.Run POST /@upgrade 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		upgrade, err := c.Upgrade.Get(ctx)
		if err != nil {
			return nil, err
		}
		return c.Upgrade.Run(ctx, upgrade.Value.Versions.FileSystem)
	}},
	"FileService.CreateInline POST /{path} 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.CreateInline(ctx, "/m", client.Fields{"@type": "File"}, strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}},
	"UserService.List GET /@users 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.List(ctx, client.UserQuery{})
	}},
	"UserService.Get GET /@users/{id} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Get(ctx, "ada")
	}},
	"UserService.Create POST /@users 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Create(ctx, client.NewUser{Username: "bob", Email: "bob@plone.example", Password: userPassword})
	}},
	"UserService.Update PATCH /@users/{id} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Update(ctx, "ada", client.UserUpdate{Fullname: client.Set("Ada")})
	}},
	"UserService.Delete DELETE /@users/{id} 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Delete(ctx, "ada", client.DeleteUserOptions{})
	}},
	"UserService.RequestPasswordReset POST /@users/{login}/reset-password 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.RequestPasswordReset(ctx, "ada")
	}, answer: done200, null: true},
	"UserService.ResetPassword POST /@users/{login}/reset-password 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.ResetPassword(ctx, "ada", "token", userPassword)
	}, answer: done200, null: true},
	"UserService.ChangePassword POST /@users/{login}/reset-password 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.ChangePassword(ctx, "ada", userPassword, "another-password")
	}, prepare: asAda, null: true},
	"UserService.Schema GET /@userschema 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Schema(ctx)
	}},
	"UserService.RegistrationSchema GET /@userschema/registration 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.RegistrationSchema(ctx)
	}},
	"UserService.ExportCSV GET /@users 200 text/csv": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.ExportCSV(ctx)
	}},
	"UserService.ImportCSV POST /@users 201 text/csv": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.ImportCSV(ctx, strings.NewReader("username,email,password\nbob,bob@plone.example,"+userPassword+"\n"))
	}},
	"VocabularyService.List GET /{path}/@vocabularies 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Vocabularies.List(ctx, "/m")
	}},
	"VocabularyService.Terms GET /{path}/@vocabularies/{name} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.Terms(ctx, "/m", "plone.app.vocabularies.Roles", client.TermOptions{}))
	}},
	"VocabularyService.TermPages GET /{path}/@vocabularies/{name} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.TermPages(ctx, "/m", "plone.app.vocabularies.Roles", client.TermOptions{}))
	}},
	"VocabularyService.Source GET /{path}/@sources/{field} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.Source(ctx, "/m", "colour", client.TermOptions{}))
	}, answer: colours},
	"VocabularyService.SourcePages GET /{path}/@sources/{field} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.SourcePages(ctx, "/m", "colour", client.TermOptions{}))
	}, answer: colours},
	"VocabularyService.QuerySource GET /{path}/@querysources/{field} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.QuerySource(ctx, "/m", "colour", "e", 0))
	}, answer: colours},
	"VocabularyService.QuerySourcePages GET /{path}/@querysources/{field} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.QuerySourcePages(ctx, "/m", "colour", "e", 0))
	}, answer: colours},
	"WorkflowService.Get GET /{path}/@workflow 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Workflow.Get(ctx, "/m")
	}},
	"WorkflowService.Transition POST /{path}/@workflow/{transition} 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Workflow.Transition(ctx, "/m", "publish", client.TransitionOptions{})
	}},
	"WorkingCopyService.Get GET /{path}/@workingcopy 200": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.WorkingCopies.Get(ctx, "/m/a")
	}, prepare: withWorkingCopy, null: true},
	"WorkingCopyService.CheckOut POST /{path}/@workingcopy 201": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.WorkingCopies.CheckOut(ctx, "/m/a")
	}},
	"WorkingCopyService.CheckIn PATCH /{path}/@workingcopy 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.WorkingCopies.CheckIn(ctx, "/m/a")
	}, prepare: withWorkingCopy},
	"WorkingCopyService.Cancel DELETE /{path}/@workingcopy 204": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.WorkingCopies.Cancel(ctx, "/m/a")
	}, prepare: withWorkingCopy},
}
