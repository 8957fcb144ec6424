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
	return c.Files.Resume(ctx, begun, strings.NewReader(file), client.ResumeOptions{})
}

// matrix are the calls, by their methods and operations.
var matrix = map[string]cell{
	"Components.Actions": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Actions(ctx, "/m", nil)
	}, null: true},
	"Addons.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.List(ctx, false)
	}},
	"Addons.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Get(ctx, "plone.session")
	}},
	"Addons.Install": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Install(ctx, "plone.session")
	}},
	"Addons.Install 204": {status: 204, call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Install(ctx, "plone.session", client.Header("Prefer", "return=minimal"))
	}},
	"Addons.Uninstall": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Uninstall(ctx, "plone.session")
	}, prepare: withAddon},
	"Addons.Uninstall 204": {status: 204, call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Uninstall(ctx, "plone.session", client.Header("Prefer", "return=minimal"))
	}, prepare: withAddon},
	"Addons.Upgrade": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Upgrade(ctx, "plone.session")
	}, prepare: withAddon},
	"Addons.Upgrade 204": {status: 204, call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.Upgrade(ctx, "plone.session", client.Header("Prefer", "return=minimal"))
	}, prepare: withAddon},
	"Addons.ImportProfile": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.ImportProfile(ctx, "plone.session", "default")
	}},
	"Addons.ImportProfile 204": {status: 204, call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Addons.ImportProfile(ctx, "plone.session", "default", client.Header("Prefer", "return=minimal"))
	}},
	"Aliases.All": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Aliases.All(ctx, "/m", client.AliasOptions{}))
	}},
	"Aliases.Pages": {op: "Aliases.All", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Aliases.Pages(ctx, "/m", client.AliasOptions{}))
	}},
	"Aliases.Add 200": {status: 200, call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.Add(ctx, "/m", []client.Alias{{Path: "/old"}})
	}, fails: errors.ErrBadRequest},
	"Aliases.Add": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.Add(ctx, "/m", []client.Alias{{Path: "/new"}})
	}},
	"Aliases.AddToSite": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.AddToSite(ctx, []client.Alias{{Path: "/new", RedirectTo: "/m"}})
	}},
	"Aliases.Remove 200": {status: 200, call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.Remove(ctx, "/m", []string{"/nope"})
	}, fails: errors.ErrNotFound},
	"Aliases.Remove": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.Remove(ctx, "/m", []string{"/old"})
	}},
	"Aliases.ExportCSV": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.ExportCSV(ctx)
	}},
	"Aliases.ImportCSV": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Aliases.ImportCSV(ctx, strings.NewReader("old path,new path\n/new,/m\n"))
	}},
	"BlockTypes.Counts": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.BlockTypes.Counts(ctx, "")
	}, null: true},
	"BlockTypes.Find": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.BlockTypes.Find(ctx, "", "slate")
	}},
	"Components.Breadcrumbs": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Breadcrumbs(ctx, "/m")
	}},
	"Comments.All": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Comments.All(ctx, "/m", client.CommentOptions{}))
	}},
	"Comments.Pages": {op: "Comments.All", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Comments.Pages(ctx, "/m", client.CommentOptions{}))
	}},
	"Comments.Permissions": {op: "Comments.All", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Comments.Permissions(ctx, "/m")
	}},
	"Comments.Get": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Comments.Get(ctx, "/m", s.comment)
	}},
	"Comments.Add": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Comments.Add(ctx, "/m", client.NewComment{Text: "x"})
	}},
	"Comments.Reply": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Comments.Reply(ctx, "/m", s.comment, client.NewComment{Text: "x"})
	}},
	"Comments.Update": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Comments.Update(ctx, "/m", s.comment, "x")
	}},
	"Comments.Delete": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Comments.Delete(ctx, "/m", s.comment)
	}},
	"Content.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Get(ctx, "/m")
	}},
	"Content.Create": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Create(ctx, "/m", client.Fields{"@type": "Document", "title": "x"})
	}},
	"Content.Update": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Update(ctx, "/m/a", client.Fields{"title": "x"})
	}},
	"Content.UpdateGet": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.UpdateGet(ctx, "/m/a", client.Fields{"title": "x"})
	}},
	"Content.Delete": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Delete(ctx, "/m/a")
	}},
	"Content.Reorder": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Reorder(ctx, "/m", client.Move{ID: "a", Delta: client.Bottom})
	}},
	"Content.SortChildren": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.SortChildren(ctx, "/m", client.Sort{On: "created"})
	}},
	"Content.Children": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Content.Children(ctx, "/m", client.ListOptions{}))
	}},
	"ContentRules.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ContentRules.Get(ctx, "/m")
	}},
	"ContentRules.Assign": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Assign(ctx, "/m/a", s.rule)
	}},
	"ContentRules.Unassign": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Unassign(ctx, "/m", []string{s.rule})
	}},
	"ContentRules.Enable": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Enable(ctx, "/m", []string{s.rule})
	}},
	"ContentRules.Disable": {op: "ContentRules.Enable", call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Disable(ctx, "/m", []string{s.rule})
	}},
	"ContentRules.Bubble": {op: "ContentRules.Enable", call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.Bubble(ctx, "/m", []string{s.rule})
	}},
	"ContentRules.NoBubble": {op: "ContentRules.Enable", call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.NoBubble(ctx, "/m", []string{s.rule})
	}},
	"ContentRules.MoveUp": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.MoveUp(ctx, "/m", s.other)
	}},
	"ContentRules.MoveDown": {op: "ContentRules.MoveUp", call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ContentRules.MoveDown(ctx, "/m", s.rule)
	}},
	"Components.ContextNavigation": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.ContextNavigation(ctx, "/m", client.ContextNavigationOptions{})
	}},
	"ControlPanels.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.List(ctx)
	}},
	"ControlPanels.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Get(ctx, "editing")
	}},
	"ControlPanels.Update": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Update(ctx, "editing", client.Fields{"ext_editor": true})
	}},
	"ControlPanels.AddChild": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.AddChild(ctx, "dexterity-types", client.Fields{"title": "Child"})
	}},
	"ControlPanels.DeleteChild": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.DeleteChild(ctx, "dexterity-types", "talk")
	}},
	"ControlPanels.Types": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Types(ctx)
	}},
	"ControlPanels.Type": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Type(ctx, "talk")
	}},
	"ControlPanels.AddType": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.AddType(ctx, client.NewType{Title: "Other"})
	}},
	"ControlPanels.UpdateType": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.UpdateType(ctx, "talk", client.Fields{"title": "Speech"})
	}},
	"ControlPanels.DeleteType": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.DeleteType(ctx, "talk")
	}},
	"Content.Copy": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Copy(ctx, "/m", []string{"/m/a"})
	}},
	"Content.Move": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Content.Move(ctx, "/m/b", []string{"/m/a"})
	}},
	"Database.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Database.Get(ctx)
	}},
	"Email.Send": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Email.Send(ctx, "bob@plone.example", client.Mail{From: "ada@plone.example", Message: "x"})
	}},
	"Email.Notify": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Email.Notify(ctx, client.Mail{From: "ada@plone.example", Message: "x"})
	}},
	"Exports.Export": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Exports.Export(ctx)
	}},
	"Exports.Import": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
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
	"Groups.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.List(ctx)
	}},
	"Groups.Search": {op: "Groups.List", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Search(ctx, "crew", 0)
	}},
	"Groups.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Get(ctx, "crew")
	}},
	"Groups.Members": {op: "Groups.Get", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Groups.Members(ctx, "crew"))
	}},
	"Groups.Create": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Create(ctx, client.NewGroup{Name: "band"})
	}},
	"Groups.Update": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Update(ctx, "crew", client.GroupUpdate{Title: client.Set("x")})
	}},
	"Groups.Delete": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Groups.Delete(ctx, "crew")
	}},
	"History.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.History.Get(ctx, "/m/a")
	}},
	"History.Version": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.History.Version(ctx, "/m/a", 0)
	}},
	"History.Revert": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.History.Revert(ctx, "/m/a", 0)
	}},
	"Components.Inherit": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Inherit(ctx, "/m", []string{"plone.navigationroot"})
	}},
	"LinkIntegrity.Check": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.LinkIntegrity.Check(ctx, []string{s.uid})
	}},
	"Locking.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.Get(ctx, "/m/a")
	}, null: true},
	"Locking.Lock": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.Lock(ctx, "/m/a", client.LockOptions{})
	}, null: true},
	"Locking.Refresh": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.Refresh(ctx, "/m/a")
	}, prepare: withLock, null: true},
	"Locking.Unlock": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.Unlock(ctx, "/m/a")
	}, prepare: withLock, null: true},
	"Locking.ForceUnlock": {op: "Locking.Unlock", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Locking.ForceUnlock(ctx, "/m/a")
	}, prepare: withLock, null: true},
	"Auth.Login": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Auth.Login(ctx, "admin", "secret")
	}},
	"Auth.Renew": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Auth.Renew(ctx)
	}},
	"Auth.Logout": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Auth.Logout(ctx)
	}},
	"Auth.Providers": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Auth.Providers(ctx)
	}},
	"Components.Navigation": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Navigation(ctx, "/m", 0)
	}},
	"Components.Navroot": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Components.Navroot(ctx, "/m")
	}},
	"Users.Portrait": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Portrait(ctx, "ada")
	}, prepare: withPortrait},
	"Users.OwnPortrait": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.OwnPortrait(ctx)
	}, prepare: withPortrait},
	"Principals.Search": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Principals.Search(ctx, "ada")
	}},
	"Search.Querystring": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Search.Querystring(ctx, "/m")
	}},
	"Search.QueryAll": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.QueryAll(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"Search.QueryAll GET": {op: "Search.QueryAllCacheable", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.QueryAll(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"Search.QueryPages": {op: "Search.QueryAll", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.QueryPages(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"Search.QueryPages GET": {op: "Search.QueryAllCacheable", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.QueryPages(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"Content.Query": {op: "Search.QueryAll", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Content.Query(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"Content.Query GET": {op: "Search.QueryAllCacheable", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Content.Query(ctx, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"Registry.All": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Registry.All(ctx, client.RegistryOptions{Prefix: "plone.site"}))
	}},
	"Registry.Pages": {op: "Registry.All", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Registry.Pages(ctx, client.RegistryOptions{Prefix: "plone.site"}))
	}},
	"Registry.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Registry.Get(ctx, "plone.site_title")
	}, null: true},
	"RegistryValue": {op: "Registry.Get", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return client.RegistryValue[string](ctx, c, "plone.site_title")
	}, null: true},
	"Registry.Set": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Registry.Set(ctx, map[string]any{"plone.site_title": "x"})
	}},
	"Relations.Stats": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Stats(ctx)
	}},
	"Relations.Find": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Find(ctx, client.RelationQuery{Source: "/m/a"})
	}},
	"Relations.Broken": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Broken(ctx)
	}, prepare: withBrokenRelation},
	"Relations.Broken 204": {status: 204, call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Broken(ctx)
	}},
	"Relations.Create": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Create(ctx, []client.RelationName{{Source: "/m/a", Target: "/m/b", Relation: "relatedItems"}})
	}},
	"Relations.Delete": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Delete(ctx, []client.RelationName{{Source: "/m/a", Target: "/m/b", Relation: "relatedItems"}})
	}},
	"Relations.DeleteAll": {op: "Relations.Delete", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.DeleteAll(ctx, client.RelationName{Source: "/m/a"})
	}},
	"Relations.Rebuild": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Relations.Rebuild(ctx, true)
	}},
	"Roles.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Roles.List(ctx)
	}},
	"ControlPanels.Rules": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.Rules(ctx)
	}},
	"ControlPanels.Rule": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.Rule(ctx, s.rule)
	}},
	"ControlPanels.AddRule": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.ControlPanels.AddRule(ctx, client.NewRule{Title: "x", Event: "Comment added"})
	}},
	"ControlPanels.UpdateRule": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.UpdateRule(ctx, s.rule, client.RuleSettings{Title: "x"})
	}},
	"ControlPanels.ApplyRule": {op: "ControlPanels.UpdateRule", call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.ApplyRule(ctx, s.rule)
	}},
	"ControlPanels.DeleteRule": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.DeleteRule(ctx, s.rule)
	}},
	"ControlPanels.RuleElement condition": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.RuleElement(ctx, s.rule, client.RuleConditions, 0)
	}},
	"ControlPanels.RuleElement action": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.RuleElement(ctx, s.rule, client.RuleActions, 0)
	}},
	"ControlPanels.AddRuleElement condition": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.AddRuleElement(ctx, s.rule, client.RuleConditions, "plone.conditions.FileExtension", client.Fields{"file_extension": "png"})
	}},
	"ControlPanels.AddRuleElement action": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.AddRuleElement(ctx, s.rule, client.RuleActions, "plone.actions.Logger", client.Fields{"message": "png"})
	}},
	"ControlPanels.UpdateRuleElement condition": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.UpdateRuleElement(ctx, s.rule, client.RuleConditions, 0, client.Fields{"file_extension": "png"})
	}},
	"ControlPanels.UpdateRuleElement action": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.UpdateRuleElement(ctx, s.rule, client.RuleActions, 0, client.Fields{"message": "png"})
	}},
	"ControlPanels.MoveRuleElement condition": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.MoveRuleElement(ctx, s.rule, client.RuleConditions, 1, true)
	}},
	"ControlPanels.MoveRuleElement action": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.MoveRuleElement(ctx, s.rule, client.RuleActions, 1, true)
	}},
	"ControlPanels.DeleteRuleElement condition": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.DeleteRuleElement(ctx, s.rule, client.RuleConditions, 0)
	}},
	"ControlPanels.DeleteRuleElement action": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.ControlPanels.DeleteRuleElement(ctx, s.rule, client.RuleActions, 0)
	}},
	"Search.Pages": {op: "Search.All", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.Pages(ctx, "/m", client.SearchOptions{}))
	}},
	"Search.All": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Search.All(ctx, "/m", client.SearchOptions{}))
	}},
	"Content.Search": {op: "Search.All", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Content.Search(ctx, "/m", client.SearchOptions{}))
	}},
	"Sharing.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sharing.Get(ctx, "/m")
	}},
	"Sharing.Search": {op: "Sharing.Get", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sharing.Search(ctx, "/m", "ada")
	}},
	"Sharing.Update": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sharing.Update(ctx, "/m", client.SharingUpdate{Entries: []client.LocalRoles{{ID: "ada", Roles: []string{"Reader"}}}})
	}},
	"Site.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Site.Get(ctx)
	}},
	"Site.Delete": {call: func(ctx context.Context, c *client.Client, s *stage) (any, error) {
		return c.Site.Delete(ctx, s.url)
	}},
	"Sites.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.List(ctx)
	}},
	"Sites.Distribution": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.Distribution(ctx, "volto")
	}},
	"Sites.Create": {op: "Sites.CreateByAnswers", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.Create(ctx, "", client.Fields{"distribution": "classic", "site_id": "other", "title": "x"})
	}},
	"Sites.Create POST": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.Create(ctx, "classic", client.SiteAnswers{SiteID: "other", Title: "x"})
	}},
	"Sites.Login": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Sites.Login(ctx, "admin", "secret")
	}, null: true},
	"System.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.System.Get(ctx)
	}},
	"Transactions.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Transactions.List(ctx)
	}},
	"Transactions.Undo": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		list, err := c.Transactions.List(ctx)
		if err != nil {
			return nil, err
		}
		return c.Transactions.Undo(ctx, []string{list.Value[0].ID})
	}, prepare: withLast},
	"Translations.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Translations.Get(ctx, "/en/x")
	}},
	"Translations.Link": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Translations.Link(ctx, "/en/y", "/de/y")
	}, null: true},
	"Translations.Unlink": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Translations.Unlink(ctx, "/en/x", "de")
	}},
	"Translations.Locate": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Translations.Locate(ctx, "/en/x", "de")
	}},
	"Files.Options": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Options(ctx, "/m")
	}},
	"Files.Upload": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Upload(ctx, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}},
	"Files.Upload HEAD": {op: "Files.Offset", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Upload(ctx, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}, prepare: withFailingChunk, heals: true, instead: map[int]error{http.StatusNotFound: errors.ErrUploadLost}},
	"Files.Upload PATCH": {op: "Files.Chunk", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Upload(ctx, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}},
	"Files.Replace": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Replace(ctx, "/m/f", strings.NewReader("abcdefgh"), 8, client.ReplaceOptions{Filename: "t.txt"})
	}, prepare: withFile},
	"Files.Replace HEAD": {op: "Files.Offset", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Replace(ctx, "/m/f", strings.NewReader("abcdefgh"), 8, client.ReplaceOptions{Filename: "t.txt"})
	}, prepare: withFailingChunk, heals: true, instead: map[int]error{http.StatusNotFound: errors.ErrUploadLost}},
	"Files.Replace PATCH": {op: "Files.Chunk", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.Replace(ctx, "/m/f", strings.NewReader("abcdefgh"), 8, client.ReplaceOptions{Filename: "t.txt"})
	}, prepare: withFile},
	"Files.Resume": {op: "Files.Offset", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return resume(ctx, c)
	}},
	"Files.Resume PATCH": {op: "Files.Chunk", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return resume(ctx, c)
	}},
	"Types.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.List(ctx, "/m")
	}},
	"Types.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.Get(ctx, "/m", "talk")
	}},
	"Types.GetField": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.GetField(ctx, "/m", "talk", "speaker")
	}},
	"Types.GetFieldset": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.GetFieldset(ctx, "/m", "talk", "more")
	}},
	"Types.AddField": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.AddField(ctx, "talk", client.NewField{Title: "Room", Factory: client.FactoryTextLine})
	}},
	"Types.AddFieldset": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.AddFieldset(ctx, "talk", client.NewFieldset{Title: "Yet more"})
	}},
	"Types.Update": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.Update(ctx, "talk", client.TypeUpdate{Properties: map[string]client.FieldUpdate{"speaker": {Title: client.Set("x")}}})
	}},
	"Types.UpdateField": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.UpdateField(ctx, "talk", "speaker", client.FieldUpdate{Title: client.Set("x")})
	}},
	"Types.UpdateFieldset": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.UpdateFieldset(ctx, "talk", client.Fieldset{ID: "more", Title: "x"})
	}},
	"Types.ReplaceSchema": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.ReplaceSchema(ctx, "talk", client.TypeSchema{}, client.DeleteOtherFields)
	}},
	"Types.DeleteField": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.DeleteField(ctx, "talk", "speaker")
	}},
	"Types.DeleteFieldset": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Types.DeleteFieldset(ctx, "talk", "more")
	}},
	"Upgrade.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Upgrade.Get(ctx)
	}},
	"Upgrade.DryRun": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Upgrade.DryRun(ctx)
	}},
	"Upgrade.Run": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		upgrade, err := c.Upgrade.Get(ctx)
		if err != nil {
			return nil, err
		}
		return c.Upgrade.Run(ctx, upgrade.Value.Versions.FileSystem)
	}},
	"Files.CreateInline": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Files.CreateInline(ctx, "/m", client.Fields{"@type": "File"}, strings.NewReader("abcdefgh"), 8, client.InlineOptions{Filename: "t.txt"})
	}},
	"Users.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.List(ctx, client.UserQuery{})
	}},
	"Users.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Get(ctx, "ada")
	}},
	"Users.Create": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Create(ctx, client.NewUser{Username: "bob", Email: "bob@plone.example", Password: userPassword})
	}},
	"Users.Update": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Update(ctx, "ada", client.UserUpdate{Fullname: client.Set("Ada")})
	}},
	"Users.Delete": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Delete(ctx, "ada", client.DeleteUserOptions{})
	}},
	"Users.RequestPasswordReset": {op: "Users.ResetPassword", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.RequestPasswordReset(ctx, "ada")
	}, answer: done200, null: true},
	"Users.ResetPassword": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.ResetPassword(ctx, "ada", "token", userPassword)
	}, answer: done200, null: true},
	"Users.ChangePassword": {op: "Users.ResetPassword", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.ChangePassword(ctx, "ada", userPassword, "another-password")
	}, prepare: asAda, null: true},
	"Users.Schema": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.Schema(ctx)
	}},
	"Users.RegistrationSchema": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.RegistrationSchema(ctx)
	}},
	"Users.ExportCSV": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.ExportCSV(ctx)
	}},
	"Users.ImportCSV": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Users.ImportCSV(ctx, strings.NewReader("username,email,password\nbob,bob@plone.example,"+userPassword+"\n"))
	}},
	"Vocabularies.List": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Vocabularies.List(ctx, "/m")
	}},
	"Vocabularies.Terms": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.Terms(ctx, "/m", "plone.app.vocabularies.Roles", client.TermOptions{}))
	}},
	"Vocabularies.TermPages": {op: "Vocabularies.Terms", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.TermPages(ctx, "/m", "plone.app.vocabularies.Roles", client.TermOptions{}))
	}},
	"Vocabularies.Source": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.Source(ctx, "/m", "colour", client.TermOptions{}))
	}, answer: colours},
	"Vocabularies.SourcePages": {op: "Vocabularies.Source", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.SourcePages(ctx, "/m", "colour", client.TermOptions{}))
	}, answer: colours},
	"Vocabularies.QuerySource": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.QuerySource(ctx, "/m", "colour", "e", 0))
	}, answer: colours},
	"Vocabularies.QuerySourcePages": {op: "Vocabularies.QuerySource", call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return all(c.Vocabularies.QuerySourcePages(ctx, "/m", "colour", "e", 0))
	}, answer: colours},
	"Workflow.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Workflow.Get(ctx, "/m")
	}},
	"Workflow.Transition": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.Workflow.Transition(ctx, "/m", "publish", client.TransitionOptions{})
	}},
	"WorkingCopies.Get": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.WorkingCopies.Get(ctx, "/m/a")
	}, prepare: withWorkingCopy, null: true},
	"WorkingCopies.CheckOut": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.WorkingCopies.CheckOut(ctx, "/m/a")
	}},
	"WorkingCopies.CheckIn": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.WorkingCopies.CheckIn(ctx, "/m/a")
	}, prepare: withWorkingCopy},
	"WorkingCopies.Cancel": {call: func(ctx context.Context, c *client.Client, _ *stage) (any, error) {
		return c.WorkingCopies.Cancel(ctx, "/m/a")
	}, prepare: withWorkingCopy},
}
