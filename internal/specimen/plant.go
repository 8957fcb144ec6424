package specimen

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"plone.example/restapi/client"
)

// Least is the smallest number of objects that [Plant] can show everything with.
const Least = 40

// Plant fills an empty site with about n objects, at least [Least]: all types
// that can be added, in deep folders, in an order of their own, with files,
// blocks, relations, states, local roles, translations, comments, aliases, users
// and groups. The site needs the folders /en and /de and a client that may do
// everything. The same n makes the same site each time, but for UIDs and dates
// that the server chooses.
//
// Errors: those of the client, for the object that they are about.
func Plant(ctx context.Context, c *client.Client, n int) error {
	p := &planter{ctx: ctx, c: c, random: rand.New(rand.NewPCG(7, 11)), total: max(n, Least)}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"users and groups", p.principals},
		{"content", p.content},
		{"index page", p.indexPage},
		{"moves", p.move},
		{"links to newer objects", p.linkForward},
		{"relations", p.relate},
		{"translations", p.translate},
		{"order", p.reorder},
		{"local roles", p.share},
		{"comments", p.comment},
		{"aliases", p.alias},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("specimen: %s: %w", step.name, err)
		}
	}
	return nil
}

// planter is one run of [Plant].
type planter struct {
	ctx    context.Context
	c      *client.Client
	random *rand.Rand
	total  int
	made   []*plant // in the order of their creation
}

// plant is an object that was made.
type plant struct {
	number      int
	typ         string
	url, id     string
	uid         string
	region      string // "", "en" or "de"
	depth       int    // below the region
	children    []string
	translation bool // it has one
}

// kinds are the types of content in the order in which they are made, again and
// again.
var kinds = []string{
	"Folder", "Document", "Image", "News Item", "File", "Document", "Event", "Link", "Document", "Image",
	"Document", "File", "Folder", "Document", "News Item", "Link", "Event", "Document", "Document", "Image",
}

// regions are the parts of the site that objects go to, again and again.
var regions = []string{"en", "en", "en", "de", "en", "", "en", "en", "de", "en", "en", "de", "", "en", "de", "en", "en", "de", "de"}

// container says whether objects of a type hold others.
func container(typ string) bool {
	return typ != "Link" && typ != "File" && typ != "Image"
}

// maxDepth is how deep objects lie below their region.
const maxDepth = 7

func (p *planter) content() error {
	for number := range p.total {
		region := regions[number%len(regions)]
		if err := p.add(number, region); err != nil {
			return fmt.Errorf("object %d: %w", number, err)
		}
	}
	return nil
}

// add makes the object with a number, and brings it into its state.
func (p *planter) add(number int, region string) error {
	typ := kinds[number%len(kinds)]
	parent := p.parent(number, region)
	body := p.body(number, typ, region)
	var original *plant
	if region == "de" && number%2 == 0 {
		if original = p.untranslated(typ); original != nil {
			body["translation_of"], body["language"] = original.uid, "de"
		}
	}
	folder, depth := "/"+region, 1
	if parent != nil {
		folder, depth = parent.url, parent.depth+1
	}
	created, err := p.c.Content.Create(p.ctx, folder, body)
	if err != nil {
		return err
	}
	object := &plant{number: number, typ: typ, url: created.Value.URL, id: created.Value.ID,
		uid: created.Value.UID, region: region, depth: depth}
	if original != nil {
		original.translation, object.translation = true, true
	}
	if parent != nil {
		parent.children = append(parent.children, object.id)
	}
	p.made = append(p.made, object)
	return p.transit(object)
}

// parent is where an object goes: the first ones make a deep chain in each
// region, the others lie anywhere in it; nil is for the folder of the region.
func (p *planter) parent(number int, region string) *plant {
	var candidates []*plant
	for _, object := range p.made {
		if object.region == region && container(object.typ) && object.depth < maxDepth {
			candidates = append(candidates, object)
		}
	}
	switch {
	case len(candidates) == 0 || number%9 == 5:
		return nil
	case len(p.made) < Least:
		return candidates[len(candidates)-1]
	default:
		return candidates[p.random.IntN(len(candidates))]
	}
}

// untranslated is the first object of /en of a type that has no translation.
func (p *planter) untranslated(typ string) *plant {
	for _, object := range p.made {
		if object.region == "en" && object.typ == typ && !object.translation {
			return object
		}
	}
	return nil
}

// transit publishes some objects and submits others; types without workflow
// stay as they are.
func (p *planter) transit(object *plant) error {
	if object.typ == "File" || object.typ == "Image" {
		return nil
	}
	var transition string
	switch object.number % 7 {
	case 0, 3, 5:
		transition = "publish"
	case 2:
		transition = "submit"
	default:
		return nil
	}
	_, err := p.c.Workflow.Transition(p.ctx, object.url, transition, client.TransitionOptions{Comment: "As planned"})
	return err
}

var (
	words = []string{"Straße", "Käse", "naïve", "Łódź", "Ελλάδα", "日本", "plain", "Größe", "“quoted”", "<b>", "a & b",
		"it's", "Ærø", "🙂", "100 %"}
	subjects = []string{"Öl & Gas", "weiß", "news", "Ökologie", "a b", "Über uns", "Zebra", "apfel"}
)

// title is unlike that of any other number.
func (p *planter) title(number int) string {
	return fmt.Sprintf("%s %s %04d", words[number%len(words)], words[number*7%len(words)], number)
}

// day is a date that depends on a number only.
func day(number int) time.Time {
	return time.Date(2021, time.March, 3, 9, 30, 0, 0, time.UTC).AddDate(0, 0, number%700)
}

// body is what an object is made of.
func (p *planter) body(number int, typ, region string) client.Fields {
	body := client.Fields{
		"@type":        typ,
		"title":        p.title(number),
		"description":  fmt.Sprintf("Number %d.\nWith “quotes”, ümlauts and a second line.", number),
		"subjects":     p.some(subjects, number%4),
		"contributors": p.some([]string{"Änne", "Bob B.", "carla"}, number%3),
		"creators":     p.some([]string{"anna", "olaf", "admin"}, 1+number%2),
		"rights":       strings.Repeat("© Ünited ", number%3),
	}
	if id := oddID(number); id != "" {
		body["id"] = id
	}
	switch number % 5 {
	case 0, 1:
		body["effective"] = day(number)
	case 2:
		body["effective"], body["expires"] = day(number), day(number).AddDate(30, 0, 0)
	case 3:
		body["effective"], body["expires"] = day(number), day(number).AddDate(0, 1, 0) // over
	}
	if number%3 == 0 {
		body["exclude_from_nav"] = true
	}
	if number%12 == 5 {
		body["allow_discussion"] = true
	}
	if number%6 == 1 {
		body["nav_title"] = fmt.Sprintf("Kurz %d", number)
	}
	if number%4 == 1 && typ != "Link" {
		body["relatedItems"] = p.related(region, 6)
	}
	if typ != "Image" && typ != "Folder" && number%3 == 1 {
		if image := p.earlierOf("Image"); image != nil {
			body["preview_image_link"], body["preview_caption_link"] = image.uid, "Bild №"+strconv.Itoa(number)
		}
	}
	switch typ {
	case "Document", "News Item":
		p.blocks(body, number)
	case "Event":
		p.event(body, number)
	case "Link":
		body["remoteUrl"] = fmt.Sprintf("https://example.org/ä?q=%d&r=a b#ü", number)
		if target := p.earlier(1); number%2 == 1 && len(target) > 0 {
			body["remoteUrl"] = target[0].url
		}
	case "File":
		body["file"] = client.NewNamedFile(fmt.Sprintf("Bericht für %d (final).bin", number), "application/octet-stream",
			noise(number, fileSize(number)))
	case "Image":
		body["image"] = client.NewNamedImage(fmt.Sprintf("Büro %d.png", number), "image/png", picture(number))
	case "Folder":
		body["nextPreviousEnabled"] = number%2 == 0
	}
	return body
}

// oddID is an id that the server would not choose, for some numbers.
func oddID(number int) string {
	const step = 13
	odd := []string{"two words", "UPPER.Case", "a+b", "(brackets)", "it's", "tilde~x", "comma,semi;colon", "index.html", "100%25"}
	if number%step != 4 {
		return ""
	}
	return fmt.Sprintf("%s-%d", odd[number/step%len(odd)], number)
}

// some are the first count of values, beginning anywhere.
func (p *planter) some(values []string, count int) []string {
	if count == 0 {
		return []string{}
	}
	first := p.random.IntN(len(values))
	return append(slices.Clone(values[first:]), values[:first]...)[:min(count, len(values))]
}

// earlier are at most count different objects, in no particular order.
func (p *planter) earlier(count int) []*plant {
	var found []*plant
	for range min(count, len(p.made)) {
		if object := p.made[p.random.IntN(len(p.made))]; !slices.Contains(found, object) {
			found = append(found, object)
		}
	}
	return found
}

// related are the UIDs of objects that an object in region may have as related
// items: inside of the folder of a language, only those there. The server finds
// no target by an address with escapes.
func (p *planter) related(region string, count int) []string {
	uids := []string{}
	for _, object := range p.earlier(count) {
		if region == "" || object.region == region {
			uids = append(uids, object.uid)
		}
	}
	return uids
}

// earlierOf is an object of a type, nil when there is none yet.
func (p *planter) earlierOf(typ string) *plant {
	of := slices.DeleteFunc(slices.Clone(p.made), func(object *plant) bool { return object.typ != typ })
	if len(of) == 0 {
		return nil
	}
	return of[p.random.IntN(len(of))]
}

// blocks adds blocks to a body: a title, text with marks and links, an image, a
// teaser, a grid of further blocks, and the address of the site as plain text.
func (p *planter) blocks(body client.Fields, number int) {
	blocks := map[string]any{}
	order := []string{}
	add := func(block map[string]any) {
		id := fmt.Sprintf("%08x-%04x-4000-8000-000000000000", number, len(order))
		blocks[id] = block
		order = append(order, id)
	}
	add(map[string]any{"@type": "title"})
	add(slate(text(fmt.Sprintf("Text of %d – mit Ümlaut, <tags> & “marks”.", number))))
	for _, target := range p.earlier(2) {
		add(slate(text("See "), link(target.url, "here"), text(", and "), link(target.url+"#part", "its part"), text(".")))
	}
	if number%5 == 0 {
		add(slate(text("The address of this site is " + p.c.SiteURL() + "/en in plain text, which stays as it is.")))
	}
	if image := p.earlierOf("Image"); image != nil {
		add(map[string]any{"@type": "image", "url": image.url, "alt": "Bild", "align": "left", "size": "m"})
	}
	if target := p.earlierOf("Document"); target != nil {
		add(map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": target.url}}, "overwrite": true,
			"title": "Teaser ß", "description": "d"})
		inner := fmt.Sprintf("%08x-ffff-4000-8000-000000000000", number)
		add(map[string]any{"@type": "gridBlock", "blocks": map[string]any{
			inner: slate(text("Inside: "), link(target.url, "a link")),
		}, "blocks_layout": map[string]any{"items": []any{inner}}})
	}
	if number%8 == 1 {
		add(map[string]any{"@type": "html", "html": `<p class="x">Raw &amp; <a href="https://example.org/?a=1&amp;b=2">old</a></p>`})
		add(map[string]any{"@type": "unknownBlock", "number": 1.5, "null": nil, "list": []any{1, "zwei", true}})
	}
	body["blocks"], body["blocks_layout"] = blocks, map[string]any{"items": order}
}

func slate(children ...any) map[string]any {
	return map[string]any{"@type": "slate", "plaintext": "plain", "value": []any{map[string]any{"type": "p", "children": children}}}
}

func text(s string) any { return map[string]any{"text": s} }

func link(url, label string) any {
	return map[string]any{"type": "link", "data": map[string]any{"url": url}, "children": []any{text(label)}}
}

func (p *planter) event(body client.Fields, number int) {
	p.blocks(body, number)
	start := day(number)
	body["start"], body["end"] = start, start.Add(90*time.Minute)
	body["location"], body["attendees"] = "Zürich, Saal 3", []string{"Zoë", "Ann", "Émile"}
	body["contact_name"], body["contact_email"], body["contact_phone"] = "Jörg", "joerg@example.org", "+41 1 234"
	body["event_url"] = "https://example.org/e"
	switch number % 4 {
	case 0:
		body["whole_day"] = true
	case 1:
		body["open_end"] = true
	case 2:
		body["recurrence"] = "RRULE:FREQ=WEEKLY;COUNT=3"
	}
}

// fileSize is from 100 bytes to 2 MiB; most files are small.
func fileSize(number int) int {
	switch {
	case number == 4:
		return 2 << 20
	case number%100 == 11:
		return 700_000 + number
	default:
		return 100 + number*397%20_000
	}
}

// noise are bytes that depend on a number only.
func noise(number, size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(number), byte(number >> 8)}).Read(data) // never fails
	return data
}

// picture is a PNG that depends on a number only.
func picture(number int) []byte {
	width, height := 8+number%57, 8+number%31
	if number%200 == 2 {
		width, height = 640, 480
	}
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	grains := noise(number, width*height)
	for i, grain := range grains {
		img.Set(i%width, i/width, color.RGBA{grain, byte(number), grain ^ byte(i), 255})
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}

func (p *planter) principals() error {
	users := []client.NewUser{
		{Username: "anna", Fullname: "Anna Größe", Roles: []string{"Member", "Editor"}},
		{Username: "olaf", Fullname: "Olaf O’Łódź", Roles: []string{"Member"}},
		{Username: "petra.p", Fullname: "", Roles: []string{"Contributor", "Reviewer"}},
		{Username: "quirin-1", Fullname: "Quirin 日本"},
	}
	for i := range p.total / 100 {
		users = append(users, client.NewUser{Username: fmt.Sprintf("user%03d", i), Fullname: fmt.Sprintf("User Nr %d", i)})
	}
	for i, user := range users {
		user.Email = user.Username + "@example.org"
		user.Password = "correct-horse-battery"
		if i%2 == 0 {
			user.HomePage, user.Location = "https://example.org/~"+user.Username, "Zürich"
			user.Description = "First line.\nZweite Zeile."
		}
		if _, err := p.c.Users.Create(p.ctx, user); err != nil {
			return err
		}
	}
	_, err := p.c.Users.Update(p.ctx, "anna", client.UserUpdate{
		Portrait: &client.Portrait{Data: picture(2), ContentType: "image/png", Filename: "anna.png"}})
	if err != nil {
		return err
	}
	for _, group := range []client.NewGroup{
		{Name: "staff", Title: "Belegschaft", Description: "Alle\nim Haus", Email: "staff@example.org", Roles: []string{"Reader"},
			Users: []string{"anna", "olaf", "petra.p"}},
		{Name: "writers", Title: "Schreibende", Roles: []string{"Contributor", "Editor"}, Users: []string{"quirin-1"}},
		{Name: "all-of-us", Title: "Wir", Groups: []string{"staff", "writers"}},
		{Name: "nobody", Title: "Leer"},
	} {
		if _, err := p.c.Groups.Create(p.ctx, group); err != nil {
			return err
		}
	}
	_, err = p.c.Groups.EnsureMembers(p.ctx, "Reviewers", map[string]bool{"olaf": true, "staff": true})
	return err
}

// indexPage makes an object that is the default page of its folder. Plone takes
// any that is called index_html for one; plone.restapi cannot name another.
func (p *planter) indexPage() error {
	folder := p.made[slices.IndexFunc(p.made, func(object *plant) bool { return object.typ == "Folder" })]
	_, err := p.c.Content.Create(p.ctx, folder.url,
		client.Fields{"@type": "Document", "id": "index_html", "title": "Willkommen"})
	return err
}

// move renames an object and moves another one, which leaves aliases. The
// objects have nothing in them, so that no other address changes.
func (p *planter) move() error {
	leaf := func(typ string) *plant {
		return p.made[slices.IndexFunc(p.made, func(object *plant) bool { return object.typ == typ && object.region == "en" })]
	}
	renamed := leaf("Link")
	after, err := p.c.Content.UpdateGet(p.ctx, renamed.url, client.Fields{"id": "renamed"})
	if err != nil {
		return err
	}
	p.address(renamed, after.Value.URL)
	moved := leaf("File")
	pasted, err := p.c.Content.Move(p.ctx, "/en", []string{moved.url})
	if err != nil {
		return err
	}
	p.address(moved, pasted.Value[0].Target)
	return nil
}

// address changes the address of an object.
func (p *planter) address(object *plant, url string) {
	for _, parent := range p.made {
		if i := slices.Index(parent.children, object.id); i >= 0 && strings.HasPrefix(object.url, parent.url+"/") {
			parent.children = slices.Delete(parent.children, i, i+1)
		}
	}
	object.url, object.id = url, url[strings.LastIndexByte(url, '/')+1:]
}

// linkForward adds what could not be in a body when the object was made: links
// to newer objects, in circles too.
func (p *planter) linkForward() error {
	for _, object := range p.made {
		if object.number%15 != 8 && object.number%15 != 10 || !container(object.typ) {
			continue
		}
		body := client.Fields{"relatedItems": p.related(object.region, 9)}
		if object.typ != "Folder" {
			p.blocks(body, object.number)
		}
		if _, err := p.c.Content.Update(p.ctx, object.url, body); err != nil {
			return err
		}
	}
	return nil
}

// relate makes relations that no field holds, and related items in the folder of
// another language.
func (p *planter) relate() error {
	var relations []client.RelationName
	for i := 0; i+11 < len(p.made); i += 23 {
		relations = append(relations,
			client.RelationName{Source: p.made[i+11].uid, Target: p.made[i].uid, Relation: "sameMood"},
			client.RelationName{Source: p.made[i].uid, Target: p.made[i+5].uid, Relation: "sameMood"})
		if p.made[i].region != p.made[i+11].region && p.made[i].typ != "Link" {
			relations = append(relations, client.RelationName{Source: p.made[i].uid, Target: p.made[i+11].uid, Relation: "relatedItems"})
		}
	}
	_, err := p.c.Relations.Create(p.ctx, relations)
	return err
}

// translate links objects that were not made as translations.
func (p *planter) translate() error {
	for _, object := range p.made {
		if object.region != "de" || object.translation || object.number%3 != 0 {
			continue
		}
		if original := p.untranslated(object.typ); original != nil {
			if _, err := p.c.Translations.Link(p.ctx, original.url, object.url); err != nil {
				return err
			}
			original.translation, object.translation = true, true
		}
	}
	return nil
}

// reorder puts children into another order than that of their creation.
func (p *planter) reorder() error {
	folders := map[string][]string{"/": {}, "/en": {}, "/de": {}}
	order := []string{"/", "/en", "/de"}
	for _, object := range p.made {
		if object.depth == 1 {
			folders["/"+object.region] = append(folders["/"+object.region], object.id)
		}
		if len(object.children) > 1 {
			folders[object.url] = object.children
			order = append(order, object.url)
		}
	}
	for i, folder := range order {
		ids := folders[folder]
		if len(ids) < 2 {
			continue
		}
		for _, move := range []client.Position{{ID: ids[len(ids)-1], Delta: client.Top}, {ID: ids[0], Delta: client.Bottom}}[:1+i%2] {
			if _, err := p.c.Content.Reorder(p.ctx, folder, move); err != nil {
				return err
			}
		}
	}
	return nil
}

// share gives local roles, and blocks those from above in places.
func (p *planter) share() error {
	for _, object := range p.made {
		update := client.SharingUpdate{}
		switch object.number % 25 {
		case 1:
			update.Entries = []client.LocalRoles{{ID: "olaf", Type: "user", Roles: []string{"Reader", "Editor"}}}
		case 8:
			update.Entries = []client.LocalRoles{{ID: "writers", Type: "group", Roles: []string{"Contributor"}},
				{ID: "petra.p", Type: "user", Roles: []string{"Reviewer"}}, {ID: "AuthenticatedUsers", Type: "group", Roles: []string{"Reader"}}}
		case 12:
			update.Inherit = client.Set(false)
			update.Entries = []client.LocalRoles{{ID: "staff", Type: "group", Roles: []string{"Editor"}}}
		default:
			continue
		}
		if _, err := p.c.Sharing.Update(p.ctx, object.url, update); err != nil {
			return err
		}
	}
	return nil
}

// comment writes comments and replies to them.
func (p *planter) comment() error {
	for _, object := range p.made {
		if object.number%12 != 5 {
			continue
		}
		first, err := p.c.Comments.Add(p.ctx, object.url, client.NewComment{Text: "Schön!\nZweite Zeile <b>x</b> & so"})
		if err != nil {
			return err
		}
		if _, err := p.c.Comments.Add(p.ctx, object.url, client.NewComment{Text: fmt.Sprintf("On %d", object.number)}); err != nil {
			return err
		}
		reply, err := p.c.Comments.Reply(p.ctx, object.url, first.CommentID, client.NewComment{Text: "Finde ich auch"})
		if err != nil {
			return err
		}
		if _, err := p.c.Comments.Reply(p.ctx, object.url, reply.CommentID, client.NewComment{Text: "Nein"}); err != nil {
			return err
		}
	}
	return nil
}

// alias makes aliases of objects and of another site.
func (p *planter) alias() error {
	aliases := []client.Alias{
		{Path: "/old/elsewhere", RedirectTo: "https://example.org/elsewhere"},
		{Path: "/en/alt", RedirectTo: "/en"},
	}
	for _, object := range p.made {
		if object.number%30 == 7 {
			// An address may hold escapes, which the name of an alias does not.
			path := strings.TrimPrefix(object.url, p.c.SiteURL())
			if !strings.Contains(path, "%") {
				aliases = append(aliases, client.Alias{Path: fmt.Sprintf("/old/page-%d", object.number), RedirectTo: path,
					Datetime: client.NewTime(day(object.number))})
			}
		}
	}
	_, err := p.c.Aliases.AddToSite(p.ctx, aliases)
	return err
}
