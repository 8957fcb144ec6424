package client_test

import (
	"bytes"
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
func resume(a *act) (any, error) {
	const file = "abcdefgh"
	var begun client.UploadState
	_, err := a.Files.Upload(a, "/m", strings.NewReader(file), int64(len(file)), client.UploadOptions{
		Filename: "t.txt",
		OnState: func(s client.UploadState) error {
			begun = s
			return errStopped
		},
	})
	if !errors.Is(err, errStopped) {
		return nil, err
	}
	return a.Files.Resume(a, begun, strings.NewReader(file), client.ResumeOptions{})
}

// matrix are the calls. A key names the operation; what follows tells calls of the
// same one apart, by their method or the status of the good response.
var matrix = map[string]cell{
	"Components.Actions": {call: func(a *act) (any, error) { return a.Components.Actions(a, "/m", nil) }, null: true},
	"Addons.List":        {call: func(a *act) (any, error) { return a.Addons.List(a, client.AddonOptions{}) }},
	"Addons.Get":         {call: func(a *act) (any, error) { return a.Addons.Get(a, "plone.session") }},
	"Addons.Install":     {call: func(a *act) (any, error) { return a.Addons.Install(a, "plone.session") }},
	"Addons.Install 204": {call: func(a *act) (any, error) {
		return a.Addons.Install(a, "plone.session", client.Header("Prefer", "return=minimal"))
	}},
	"Addons.Uninstall": {call: func(a *act) (any, error) { return a.Addons.Uninstall(a, "plone.session") }, prepare: withAddon},
	"Addons.Uninstall 204": {call: func(a *act) (any, error) {
		return a.Addons.Uninstall(a, "plone.session", client.Header("Prefer", "return=minimal"))
	}, prepare: withAddon},
	"Addons.Upgrade": {call: func(a *act) (any, error) { return a.Addons.Upgrade(a, "plone.session") }, prepare: withAddon},
	"Addons.Upgrade 204": {call: func(a *act) (any, error) {
		return a.Addons.Upgrade(a, "plone.session", client.Header("Prefer", "return=minimal"))
	}, prepare: withAddon},
	"Addons.ImportProfile": {call: func(a *act) (any, error) { return a.Addons.ImportProfile(a, "plone.session", "default") }},
	"Addons.ImportProfile 204": {call: func(a *act) (any, error) {
		return a.Addons.ImportProfile(a, "plone.session", "default", client.Header("Prefer", "return=minimal"))
	}},
	"Aliases.All":          {call: func(a *act) (any, error) { return all(a.Aliases.All(a, "/m", client.AliasOptions{})) }},
	"Aliases.All by Pages": {call: func(a *act) (any, error) { return all(a.Aliases.Pages(a, "/m", client.AliasOptions{})) }},
	"Aliases.Add 200":      {call: func(a *act) (any, error) { return a.Aliases.Add(a, "/m", []client.Alias{{Path: "/old"}}) }, fails: errors.ErrBadRequest},
	"Aliases.Add":          {call: func(a *act) (any, error) { return a.Aliases.Add(a, "/m", []client.Alias{{Path: "/new"}}) }},
	"Aliases.AddToSite": {call: func(a *act) (any, error) {
		return a.Aliases.AddToSite(a, []client.Alias{{Path: "/new", RedirectTo: "/m"}})
	}},
	"Aliases.Remove 200": {call: func(a *act) (any, error) { return a.Aliases.Remove(a, "/m", []string{"/nope"}) }, fails: errors.ErrNotFound},
	"Aliases.Remove":     {call: func(a *act) (any, error) { return a.Aliases.Remove(a, "/m", []string{"/old"}) }},
	"Aliases.ExportCSV":  {call: func(a *act) (any, error) { return a.Aliases.ExportCSV(a) }},
	"Aliases.ImportCSV": {call: func(a *act) (any, error) {
		return a.Aliases.ImportCSV(a, strings.NewReader("old path,new path\n/new,/m\n"))
	}},
	"BlockTypes.Counts":           {call: func(a *act) (any, error) { return a.BlockTypes.Counts(a, "") }, null: true},
	"BlockTypes.Find":             {call: func(a *act) (any, error) { return a.BlockTypes.Find(a, "", "slate") }},
	"Components.Breadcrumbs":      {call: func(a *act) (any, error) { return a.Components.Breadcrumbs(a, "/m") }},
	"Comments.All":                {call: func(a *act) (any, error) { return all(a.Comments.All(a, "/m", client.CommentOptions{})) }},
	"Comments.All by Pages":       {call: func(a *act) (any, error) { return all(a.Comments.Pages(a, "/m", client.CommentOptions{})) }},
	"Comments.All by Permissions": {call: func(a *act) (any, error) { return a.Comments.Permissions(a, "/m") }},
	"Comments.Get":                {call: func(a *act) (any, error) { return a.Comments.Get(a, "/m", a.comment) }},
	"Comments.Add":                {call: func(a *act) (any, error) { return a.Comments.Add(a, "/m", client.NewComment{Text: "x"}) }},
	"Comments.Reply":              {call: func(a *act) (any, error) { return a.Comments.Reply(a, "/m", a.comment, client.NewComment{Text: "x"}) }},
	"Comments.Update":             {call: func(a *act) (any, error) { return a.Comments.Update(a, "/m", a.comment, "x") }},
	"Comments.Delete":             {call: func(a *act) (any, error) { return a.Comments.Delete(a, "/m", a.comment) }},
	"Content.Get":                 {call: func(a *act) (any, error) { return a.Content.Get(a, "/m") }},
	"Content.Create": {call: func(a *act) (any, error) {
		return a.Content.Create(a, "/m", client.Fields{"@type": "Document", "title": "x"})
	}},
	"Content.Update":    {call: func(a *act) (any, error) { return a.Content.Update(a, "/m/a", client.Fields{"title": "x"}) }},
	"Content.UpdateGet": {call: func(a *act) (any, error) { return a.Content.UpdateGet(a, "/m/a", client.Fields{"title": "x"}) }},
	"Content.Delete":    {call: func(a *act) (any, error) { return a.Content.Delete(a, "/m/a") }},
	"Content.Reorder": {call: func(a *act) (any, error) {
		return a.Content.Reorder(a, "/m", client.Position{ID: "a", Delta: client.Bottom})
	}},
	"Content.SortChildren":            {call: func(a *act) (any, error) { return a.Content.SortChildren(a, "/m", client.Sort{On: "created"}) }},
	"Content.Children":                {call: func(a *act) (any, error) { return all(a.Content.Children(a, "/m", client.ListOptions{})) }},
	"ContentRules.Get":                {call: func(a *act) (any, error) { return a.ContentRules.Get(a, "/m") }},
	"ContentRules.Assign":             {call: func(a *act) (any, error) { return a.ContentRules.Assign(a, "/m/a", a.rule) }},
	"ContentRules.Unassign":           {call: func(a *act) (any, error) { return a.ContentRules.Unassign(a, "/m", []string{a.rule}) }},
	"ContentRules.Enable":             {call: func(a *act) (any, error) { return a.ContentRules.Enable(a, "/m", []string{a.rule}) }},
	"ContentRules.Enable by Disable":  {call: func(a *act) (any, error) { return a.ContentRules.Disable(a, "/m", []string{a.rule}) }},
	"ContentRules.Enable by Bubble":   {call: func(a *act) (any, error) { return a.ContentRules.Bubble(a, "/m", []string{a.rule}) }},
	"ContentRules.Enable by NoBubble": {call: func(a *act) (any, error) { return a.ContentRules.NoBubble(a, "/m", []string{a.rule}) }},
	"ContentRules.MoveUp":             {call: func(a *act) (any, error) { return a.ContentRules.MoveUp(a, "/m", a.other) }},
	"ContentRules.MoveUp by MoveDown": {call: func(a *act) (any, error) { return a.ContentRules.MoveDown(a, "/m", a.rule) }},
	"Components.ContextNavigation": {call: func(a *act) (any, error) {
		return a.Components.ContextNavigation(a, "/m", client.ContextNavigationOptions{})
	}},
	"ControlPanels.List": {call: func(a *act) (any, error) { return a.ControlPanels.List(a) }},
	"ControlPanels.Get":  {call: func(a *act) (any, error) { return a.ControlPanels.Get(a, "editing") }},
	"ControlPanels.Update": {call: func(a *act) (any, error) {
		return a.ControlPanels.Update(a, "editing", client.Fields{"ext_editor": true})
	}},
	"ControlPanels.AddChild": {call: func(a *act) (any, error) {
		return a.ControlPanels.AddChild(a, "dexterity-types", client.Fields{"title": "Child"})
	}},
	"ControlPanels.DeleteChild": {call: func(a *act) (any, error) { return a.ControlPanels.DeleteChild(a, "dexterity-types", "talk") }},
	"TypePanels.List":           {call: func(a *act) (any, error) { return a.TypePanels.List(a) }},
	"TypePanels.Get":            {call: func(a *act) (any, error) { return a.TypePanels.Get(a, "talk") }},
	"TypePanels.Add":            {call: func(a *act) (any, error) { return a.TypePanels.Add(a, client.NewType{Title: "Other"}) }},
	"TypePanels.Update": {call: func(a *act) (any, error) {
		return a.TypePanels.Update(a, "talk", client.Fields{"title": "Speech"})
	}},
	"TypePanels.Delete": {call: func(a *act) (any, error) { return a.TypePanels.Delete(a, "talk") }},
	"Content.Copy":      {call: func(a *act) (any, error) { return a.Content.Copy(a, "/m", []string{"/m/a"}) }},
	"Content.Move":      {call: func(a *act) (any, error) { return a.Content.Move(a, "/m/b", []string{"/m/a"}) }},
	"Database.Get":      {call: func(a *act) (any, error) { return a.Database.Get(a) }},
	"Email.Send": {call: func(a *act) (any, error) {
		return a.Email.Send(a, "bob@plone.example", client.Mail{From: "ada@plone.example", Message: "x"})
	}},
	"Email.Notify": {call: func(a *act) (any, error) {
		return a.Email.Notify(a, client.Mail{From: "ada@plone.example", Message: "x"})
	}},
	"Exports.Export": {call: func(a *act) (any, error) { return a.Exports.Export(a) }},
	"Exports.Import": {call: func(a *act) (any, error) {
		d, err := a.Exports.Export(a)
		if err != nil {
			return nil, err
		}
		defer d.Close()
		data, err := io.ReadAll(d)
		if err != nil {
			return nil, err
		}
		return a.Exports.Import(a, bytes.NewReader(data), int64(len(data)))
	}},
	"Groups.List":           {call: func(a *act) (any, error) { return a.Groups.List(a) }},
	"Groups.List by Search": {call: func(a *act) (any, error) { return a.Groups.Search(a, "crew", 0) }},
	"Groups.Get":            {call: func(a *act) (any, error) { return a.Groups.Get(a, "crew") }},
	"Groups.Get by Members": {call: func(a *act) (any, error) { return all(a.Groups.Members(a, "crew")) }},
	"Groups.Create":         {call: func(a *act) (any, error) { return a.Groups.Create(a, client.NewGroup{Name: "band"}) }},
	"Groups.Update": {call: func(a *act) (any, error) {
		return a.Groups.Update(a, "crew", client.GroupUpdate{Title: client.Set("x")})
	}},
	"Groups.Delete":                 {call: func(a *act) (any, error) { return a.Groups.Delete(a, "crew") }},
	"History.Get":                   {call: func(a *act) (any, error) { return a.History.Get(a, "/m/a") }},
	"History.Version":               {call: func(a *act) (any, error) { return a.History.Version(a, "/m/a", 0) }},
	"History.Revert":                {call: func(a *act) (any, error) { return a.History.Revert(a, "/m/a", 0) }},
	"Components.Inherit":            {call: func(a *act) (any, error) { return a.Components.Inherit(a, "/m", []string{"plone.navigationroot"}) }},
	"LinkIntegrity.Check":           {call: func(a *act) (any, error) { return a.LinkIntegrity.Check(a, []string{a.uid}) }},
	"Locking.Get":                   {call: func(a *act) (any, error) { return a.Locking.Get(a, "/m/a") }, null: true},
	"Locking.Lock":                  {call: func(a *act) (any, error) { return a.Locking.Lock(a, "/m/a", client.LockOptions{}) }, null: true},
	"Locking.Refresh":               {call: func(a *act) (any, error) { return a.Locking.Refresh(a, "/m/a") }, prepare: withLock, null: true},
	"Locking.Unlock":                {call: func(a *act) (any, error) { return a.Locking.Unlock(a, "/m/a") }, prepare: withLock, null: true},
	"Locking.Unlock by ForceUnlock": {call: func(a *act) (any, error) { return a.Locking.ForceUnlock(a, "/m/a") }, prepare: withLock, null: true},
	"Auth.Login":                    {call: func(a *act) (any, error) { return a.Auth.Login(a, "admin", "secret") }},
	"Auth.Renew":                    {call: func(a *act) (any, error) { return a.Auth.Renew(a) }},
	"Auth.Logout":                   {call: func(a *act) (any, error) { return a.Auth.Logout(a) }},
	"Auth.Providers":                {call: func(a *act) (any, error) { return a.Auth.Providers(a) }},
	"Components.Navigation":         {call: func(a *act) (any, error) { return a.Components.Navigation(a, "/m", 0) }},
	"Components.Navroot":            {call: func(a *act) (any, error) { return a.Components.Navroot(a, "/m") }},
	"Users.Portrait":                {call: func(a *act) (any, error) { return a.Users.Portrait(a, "ada") }, prepare: withPortrait},
	"Users.OwnPortrait":             {call: func(a *act) (any, error) { return a.Users.OwnPortrait(a) }, prepare: withPortrait},
	"Principals.Search":             {call: func(a *act) (any, error) { return a.Principals.Search(a, "ada") }},
	"Search.Querystring":            {call: func(a *act) (any, error) { return a.Search.Querystring(a, "/m") }},
	"Search.QueryAll": {call: func(a *act) (any, error) {
		return all(a.Search.QueryAll(a, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"Search.QueryAllCacheable by QueryAll": {call: func(a *act) (any, error) {
		return all(a.Search.QueryAll(a, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"Search.QueryAll by QueryPages": {call: func(a *act) (any, error) {
		return all(a.Search.QueryPages(a, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"Search.QueryAllCacheable by QueryPages": {call: func(a *act) (any, error) {
		return all(a.Search.QueryPages(a, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"Search.QueryAll by Content.Query": {call: func(a *act) (any, error) {
		return all(a.Content.Query(a, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	}},
	"Search.QueryAllCacheable by Content.Query": {call: func(a *act) (any, error) {
		return all(a.Content.Query(a, "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}, Cacheable: true}))
	}},
	"Registry.All": {call: func(a *act) (any, error) { return all(a.Registry.All(a, client.RegistryOptions{Prefix: "plone.site"})) }},
	"Registry.All by Pages": {call: func(a *act) (any, error) {
		return all(a.Registry.Pages(a, client.RegistryOptions{Prefix: "plone.site"}))
	}},
	"Registry.Get":                  {call: func(a *act) (any, error) { return a.Registry.Get(a, "plone.site_title") }, null: true},
	"Registry.Get by RegistryValue": {call: func(a *act) (any, error) { return client.RegistryValue[string](a, a.Client, "plone.site_title") }, null: true},
	"Registry.Set":                  {call: func(a *act) (any, error) { return a.Registry.Set(a, map[string]any{"plone.site_title": "x"}) }},
	"Relations.Stats":               {call: func(a *act) (any, error) { return a.Relations.Stats(a) }},
	"Relations.Find":                {call: func(a *act) (any, error) { return a.Relations.Find(a, client.RelationQuery{Source: "/m/a"}) }},
	"Relations.Broken":              {call: func(a *act) (any, error) { return a.Relations.Broken(a) }, prepare: withBrokenRelation},
	"Relations.Broken 204":          {call: func(a *act) (any, error) { return a.Relations.Broken(a) }},
	"Relations.Create": {call: func(a *act) (any, error) {
		return a.Relations.Create(a, []client.RelationName{{Source: "/m/a", Target: "/m/b", Relation: "relatedItems"}})
	}},
	"Relations.Delete": {call: func(a *act) (any, error) {
		return a.Relations.Delete(a, []client.RelationName{{Source: "/m/a", Target: "/m/b", Relation: "relatedItems"}})
	}},
	"Relations.Delete by DeleteAll": {call: func(a *act) (any, error) { return a.Relations.DeleteAll(a, client.RelationName{Source: "/m/a"}) }},
	"Relations.Rebuild":             {call: func(a *act) (any, error) { return a.Relations.Rebuild(a, client.RebuildOptions{Flush: true}) }},
	"Roles.List":                    {call: func(a *act) (any, error) { return a.Roles.List(a) }},
	"Rules.List":                    {call: func(a *act) (any, error) { return a.Rules.List(a) }},
	"Rules.Get":                     {call: func(a *act) (any, error) { return a.Rules.Get(a, a.rule) }},
	"Rules.Add": {call: func(a *act) (any, error) {
		return a.Rules.Add(a, client.NewRule{Title: "x", Event: "Comment added"})
	}},
	"Rules.Update": {call: func(a *act) (any, error) {
		return a.Rules.Update(a, a.rule, client.RuleSettings{Title: "x"})
	}},
	"Rules.Update by Apply":   {call: func(a *act) (any, error) { return a.Rules.Apply(a, a.rule) }},
	"Rules.Delete":            {call: func(a *act) (any, error) { return a.Rules.Delete(a, a.rule) }},
	"Rules.Element condition": {call: func(a *act) (any, error) { return a.Rules.Element(a, a.rule, client.RuleConditions, 0) }},
	"Rules.Element action":    {call: func(a *act) (any, error) { return a.Rules.Element(a, a.rule, client.RuleActions, 0) }},
	"Rules.AddElement condition": {call: func(a *act) (any, error) {
		return a.Rules.AddElement(a, a.rule, client.RuleConditions, "plone.conditions.FileExtension", client.Fields{"file_extension": "png"})
	}},
	"Rules.AddElement action": {call: func(a *act) (any, error) {
		return a.Rules.AddElement(a, a.rule, client.RuleActions, "plone.actions.Logger", client.Fields{"message": "png"})
	}},
	"Rules.UpdateElement condition": {call: func(a *act) (any, error) {
		return a.Rules.UpdateElement(a, a.rule, client.RuleConditions, 0, client.Fields{"file_extension": "png"})
	}},
	"Rules.UpdateElement action": {call: func(a *act) (any, error) {
		return a.Rules.UpdateElement(a, a.rule, client.RuleActions, 0, client.Fields{"message": "png"})
	}},
	"Rules.MoveElement condition": {call: func(a *act) (any, error) {
		return a.Rules.MoveElement(a, a.rule, client.RuleConditions, 1, client.MoveElementOptions{Up: true})
	}},
	"Rules.MoveElement action": {call: func(a *act) (any, error) {
		return a.Rules.MoveElement(a, a.rule, client.RuleActions, 1, client.MoveElementOptions{Up: true})
	}},
	"Rules.DeleteElement condition": {call: func(a *act) (any, error) {
		return a.Rules.DeleteElement(a, a.rule, client.RuleConditions, 0)
	}},
	"Rules.DeleteElement action":   {call: func(a *act) (any, error) { return a.Rules.DeleteElement(a, a.rule, client.RuleActions, 0) }},
	"Search.All by Pages":          {call: func(a *act) (any, error) { return all(a.Search.Pages(a, "/m", client.SearchOptions{})) }},
	"Search.All":                   {call: func(a *act) (any, error) { return all(a.Search.All(a, "/m", client.SearchOptions{})) }},
	"Search.All by Content.Search": {call: func(a *act) (any, error) { return all(a.Content.Search(a, "/m", client.SearchOptions{})) }},
	"Sharing.Get":                  {call: func(a *act) (any, error) { return a.Sharing.Get(a, "/m") }},
	"Sharing.Get by Search":        {call: func(a *act) (any, error) { return a.Sharing.Search(a, "/m", "ada") }},
	"Sharing.Update": {call: func(a *act) (any, error) {
		return a.Sharing.Update(a, "/m", client.SharingUpdate{Entries: []client.LocalRoles{{ID: "ada", Roles: []string{"Reader"}}}})
	}},
	"Site.Get":           {call: func(a *act) (any, error) { return a.Site.Get(a) }},
	"Site.Delete":        {call: func(a *act) (any, error) { return a.Site.Delete(a, a.url) }},
	"Sites.List":         {call: func(a *act) (any, error) { return a.Sites.List(a) }},
	"Sites.Distribution": {call: func(a *act) (any, error) { return a.Sites.Distribution(a, "volto") }},
	"Sites.CreateByAnswers by Create": {call: func(a *act) (any, error) {
		return a.Sites.Create(a, "", client.Fields{"distribution": "classic", "site_id": "other", "title": "x"})
	}},
	"Sites.Create POST": {call: func(a *act) (any, error) {
		return a.Sites.Create(a, "classic", client.SiteAnswers{SiteID: "other", Title: "x"})
	}},
	"Sites.Login":       {call: func(a *act) (any, error) { return a.Sites.Login(a, "admin", "secret") }, null: true},
	"System.Get":        {call: func(a *act) (any, error) { return a.System.Get(a) }},
	"Transactions.List": {call: func(a *act) (any, error) { return a.Transactions.List(a) }},
	"Transactions.Undo": {call: func(a *act) (any, error) {
		list, err := a.Transactions.List(a)
		if err != nil {
			return nil, err
		}
		return a.Transactions.Undo(a, []string{list.Value[0].ID})
	}, prepare: withLast},
	"Translations.Get":    {call: func(a *act) (any, error) { return a.Translations.Get(a, "/en/x") }},
	"Translations.Link":   {call: func(a *act) (any, error) { return a.Translations.Link(a, "/en/y", "/de/y") }, null: true},
	"Translations.Unlink": {call: func(a *act) (any, error) { return a.Translations.Unlink(a, "/en/x", "de") }},
	"Translations.Locate": {call: func(a *act) (any, error) { return a.Translations.Locate(a, "/en/x", "de") }},
	"Files.Options":       {call: func(a *act) (any, error) { return a.Files.Options(a, "/m") }},
	"Files.Upload": {call: func(a *act) (any, error) {
		return a.Files.Upload(a, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}},
	"Files.Offset by Upload HEAD": {call: func(a *act) (any, error) {
		return a.Files.Upload(a, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}, prepare: withFailingChunk, heals: true, instead: map[int]error{http.StatusNotFound: errors.ErrUploadLost}},
	"Files.Chunk by Upload PATCH": {call: func(a *act) (any, error) {
		return a.Files.Upload(a, "/m", strings.NewReader("abcdefgh"), 8, client.UploadOptions{Filename: "t.txt"})
	}, instead: lostUpload},
	"Files.Replace": {call: func(a *act) (any, error) {
		return a.Files.Replace(a, "/m/f", strings.NewReader("abcdefgh"), 8, client.ReplaceOptions{Filename: "t.txt"})
	}, prepare: withFile},
	"Files.Offset by Replace HEAD": {call: func(a *act) (any, error) {
		return a.Files.Replace(a, "/m/f", strings.NewReader("abcdefgh"), 8, client.ReplaceOptions{Filename: "t.txt"})
	}, prepare: withFailingChunk, heals: true, instead: map[int]error{http.StatusNotFound: errors.ErrUploadLost}},
	"Files.Chunk by Replace PATCH": {call: func(a *act) (any, error) {
		return a.Files.Replace(a, "/m/f", strings.NewReader("abcdefgh"), 8, client.ReplaceOptions{Filename: "t.txt"})
	}, prepare: withFile, instead: lostUpload},
	"Files.Offset by Resume":      {call: func(a *act) (any, error) { return resume(a) }},
	"Files.Chunk by Resume PATCH": {call: func(a *act) (any, error) { return resume(a) }, instead: lostUpload},
	"Types.List":                  {call: func(a *act) (any, error) { return a.Types.List(a, "/m") }},
	"Types.Get":                   {call: func(a *act) (any, error) { return a.Types.Get(a, "/m", "talk") }},
	"Types.GetField":              {call: func(a *act) (any, error) { return a.Types.GetField(a, "/m", "talk", "speaker") }},
	"Types.GetFieldset":           {call: func(a *act) (any, error) { return a.Types.GetFieldset(a, "/m", "talk", "more") }},
	"Types.AddField": {call: func(a *act) (any, error) {
		return a.Types.AddField(a, "talk", client.NewField{Title: "Room", Factory: client.FactoryTextLine})
	}},
	"Types.AddFieldset": {call: func(a *act) (any, error) {
		return a.Types.AddFieldset(a, "talk", client.NewFieldset{Title: "Yet more"})
	}},
	"Types.Update": {call: func(a *act) (any, error) {
		return a.Types.Update(a, "talk", client.TypeUpdate{Properties: map[string]client.FieldUpdate{"speaker": {Title: client.Set("x")}}})
	}},
	"Types.UpdateField": {call: func(a *act) (any, error) {
		return a.Types.UpdateField(a, "talk", "speaker", client.FieldUpdate{Title: client.Set("x")})
	}},
	"Types.UpdateFieldset": {call: func(a *act) (any, error) {
		return a.Types.UpdateFieldset(a, "talk", client.Fieldset{ID: "more", Title: "x"})
	}},
	"Types.ReplaceSchema": {call: func(a *act) (any, error) {
		return a.Types.ReplaceSchema(a, "talk", client.TypeSchema{}, client.DeleteOtherFields)
	}},
	"Types.DeleteField":    {call: func(a *act) (any, error) { return a.Types.DeleteField(a, "talk", "speaker") }},
	"Types.DeleteFieldset": {call: func(a *act) (any, error) { return a.Types.DeleteFieldset(a, "talk", "more") }},
	"Upgrade.Get":          {call: func(a *act) (any, error) { return a.Upgrade.Get(a) }},
	"Upgrade.DryRun":       {call: func(a *act) (any, error) { return a.Upgrade.DryRun(a) }},
	"Upgrade.Run": {call: func(a *act) (any, error) {
		upgrade, err := a.Upgrade.Get(a)
		if err != nil {
			return nil, err
		}
		return a.Upgrade.Run(a, upgrade.Value.Versions.FileSystem)
	}},
	"Files.CreateInline": {call: func(a *act) (any, error) {
		return a.Files.CreateInline(a, "/m", client.Fields{"@type": "File"}, strings.NewReader("abcdefgh"), 8, client.InlineOptions{Filename: "t.txt"})
	}},
	"Users.List": {call: func(a *act) (any, error) { return a.Users.List(a, client.UserQuery{}) }},
	"Users.Get":  {call: func(a *act) (any, error) { return a.Users.Get(a, "ada") }},
	"Users.Create": {call: func(a *act) (any, error) {
		return a.Users.Create(a, client.NewUser{Username: "bob", Email: "bob@plone.example", Password: userPassword})
	}},
	"Users.Update": {call: func(a *act) (any, error) {
		return a.Users.Update(a, "ada", client.UserUpdate{Fullname: client.Set("Ada")})
	}},
	"Users.Delete": {call: func(a *act) (any, error) { return a.Users.Delete(a, "ada", client.DeleteUserOptions{}) }},
	"Users.ResetPassword by RequestPasswordReset": {call: func(a *act) (any, error) { return a.Users.RequestPasswordReset(a, "ada") }, answer: done200, null: true},
	"Users.ResetPassword":                         {call: func(a *act) (any, error) { return a.Users.ResetPassword(a, "ada", "token", userPassword) }, answer: done200, null: true},
	"Users.ResetPassword by ChangePassword":       {call: func(a *act) (any, error) { return a.Users.ChangePassword(a, "ada", userPassword, "another-password") }, prepare: asAda, null: true},
	"Users.Schema":                                {call: func(a *act) (any, error) { return a.Users.Schema(a) }},
	"Users.RegistrationSchema":                    {call: func(a *act) (any, error) { return a.Users.RegistrationSchema(a) }},
	"Users.ExportCSV":                             {call: func(a *act) (any, error) { return a.Users.ExportCSV(a) }},
	"Users.ImportCSV": {call: func(a *act) (any, error) {
		return a.Users.ImportCSV(a, strings.NewReader("username,email,password\nbob,bob@plone.example,"+userPassword+"\n"))
	}},
	"Vocabularies.List": {call: func(a *act) (any, error) { return a.Vocabularies.List(a, "/m") }},
	"Vocabularies.Terms": {call: func(a *act) (any, error) {
		return all(a.Vocabularies.Terms(a, "/m", "plone.app.vocabularies.Roles", client.TermOptions{}))
	}},
	"Vocabularies.Terms by TermPages": {call: func(a *act) (any, error) {
		return all(a.Vocabularies.TermPages(a, "/m", "plone.app.vocabularies.Roles", client.TermOptions{}))
	}},
	"Vocabularies.Source": {call: func(a *act) (any, error) { return all(a.Vocabularies.Source(a, "/m", "colour", client.TermOptions{})) }, answer: colours},
	"Vocabularies.Source by SourcePages": {call: func(a *act) (any, error) {
		return all(a.Vocabularies.SourcePages(a, "/m", "colour", client.TermOptions{}))
	}, answer: colours},
	"Vocabularies.QuerySource":                     {call: func(a *act) (any, error) { return all(a.Vocabularies.QuerySource(a, "/m", "colour", "e", 0)) }, answer: colours},
	"Vocabularies.QuerySource by QuerySourcePages": {call: func(a *act) (any, error) { return all(a.Vocabularies.QuerySourcePages(a, "/m", "colour", "e", 0)) }, answer: colours},
	"Workflow.Get":                                 {call: func(a *act) (any, error) { return a.Workflow.Get(a, "/m") }},
	"Workflow.Transition": {call: func(a *act) (any, error) {
		return a.Workflow.Transition(a, "/m", "publish", client.TransitionOptions{})
	}},
	"WorkingCopies.Get":      {call: func(a *act) (any, error) { return a.WorkingCopies.Get(a, "/m/a") }, prepare: withWorkingCopy, null: true},
	"WorkingCopies.CheckOut": {call: func(a *act) (any, error) { return a.WorkingCopies.CheckOut(a, "/m/a") }},
	"WorkingCopies.CheckIn":  {call: func(a *act) (any, error) { return a.WorkingCopies.CheckIn(a, "/m/a") }, prepare: withWorkingCopy},
	"WorkingCopies.Cancel":   {call: func(a *act) (any, error) { return a.WorkingCopies.Cancel(a, "/m/a") }, prepare: withWorkingCopy},
}

// lostUpload is what 404 means for a chunk: the upload is lost, and nothing else is not
// found.
var lostUpload = map[int]error{http.StatusNotFound: errors.ErrUploadLost}
