package plonetest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func aliasServices() []service {
	return []service{
		{method: "GET", name: "@aliases", on: siteRoot, permission: siteAliases, handle: getAliases},
		{method: "GET", name: "@aliases", on: siteRoot, permission: siteAliases, accept: "text/csv", handle: getAliases},
		{method: "GET", name: "@aliases", on: anyContent, permission: contextAliases, handle: getAliases},
		{method: "POST", name: "@aliases", on: siteRoot, permission: siteAliases, handle: postSiteAliases},
		{method: "POST", name: "@aliases", on: anything, permission: contextAliases, handle: postAliases},
		{method: "DELETE", name: "@aliases", on: siteRoot, permission: siteAliases, handle: deleteAliases},
		{method: "DELETE", name: "@aliases", on: anything, permission: contextAliases, handle: deleteAliases},
	}
}

// getAliases lists old addresses, at the root those of the whole site.
func getAliases(c *call) (*answer, error) {
	if c.header.Get("Accept") != "text/csv" {
		found, err := expandAliases(c, c.context)
		return ok(found), err
	}
	if c.context.parent != nil {
		return nil, fail("HTTPNotAcceptable", "CSV reply is only available from site root.")
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write([]string{"old path", "new path", "datetime", "manual"}) // a buffer takes everything
	for _, path := range slices.Sorted(maps.Keys(c.aliases)) {
		a := c.aliases[path]
		_ = w.Write([]string{path, a.target, zopeTime(a.time), repr(a.manual)})
	}
	w.Flush()
	csv := &answer{status: http.StatusOK, raw: b.Bytes()}
	return csv.with("Content-Type", "text/csv; charset=utf-8").
		with("Content-Disposition", "attachment; filename=redirects.csv"), nil
}

func expandAliases(c *call, o *object) (any, error) {
	query, prefix := "", ""
	for _, name := range []string{"q", "query"} {
		switch v := c.form[name].(type) {
		case nil:
		case string:
			query = v
		default:
			return nil, fail("BadRequest", `Parameter "query" must be a string.`)
		}
	}
	if strings.HasPrefix(query, "/") {
		prefix, query = "/"+strings.Trim(query, "/"), ""
	}
	var manual any
	if v, given := c.form["manual"]; given && v != "" {
		value, isBool := truth(v)
		if !isBool {
			return nil, fail("BadRequest", "Could not parse value "+repr(v)+" as boolean")
		}
		manual = value
	}
	var limits [2]time.Time
	for i, name := range []string{"start", "end"} {
		for _, text := range c.form.all(name) {
			t, isTime := parseZopeTime(text)
			if !isTime {
				return nil, fail("BadRequest", text)
			}
			limits[i] = t
		}
	}
	var paths []string
	for path, a := range c.aliases {
		switch {
		case o.parent != nil && a.target != o.path(),
			!strings.HasPrefix(path, prefix),
			query != "" && query != "/Plone"+path,
			manual != nil && manual != a.manual,
			a.time.Before(limits[0]),
			!limits[1].IsZero() && !a.time.Before(limits[1]):
		default:
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	b, err := c.batch(len(paths))
	if err != nil {
		return nil, err
	}
	items := list{}
	for _, path := range paths[b.from:b.to] {
		a := c.aliases[path]
		target := a.target
		if !strings.HasPrefix(target, "/") {
			target = "/" + target // also before the URL of another site
		}
		items = append(items, dict{"path": path, "redirect-to": target, "datetime": a.time, "manual": a.manual})
	}
	d := dict{"@id": c.urlOf(o) + "/@aliases", "items": items, "items_total": b.total}
	if b.links != nil {
		d["links"] = b.links
	}
	return d, nil
}

// addAlias makes old lead to target. What led to old leads there, too.
func (s *site) addAlias(old string, a alias) {
	old = strings.TrimSuffix(old, "/")
	if a.target != "/" {
		a.target = strings.TrimSuffix(a.target, "/")
	}
	if old == a.target {
		return
	}
	for path, other := range s.aliases {
		if other.target != old {
			continue
		}
		if path == a.target {
			delete(s.aliases, path)
			continue
		}
		other.target = a.target
		s.aliases[path] = other
	}
	s.aliases[old] = a
}

// checkSource says what is wrong with the path of a new alias.
func (s *site) checkSource(path string) string {
	_, exists := s.aliases[strings.TrimSuffix(path, "/")]
	switch {
	case path == "":
		return "You have to enter an alternative url."
	case !strings.HasPrefix(path, "/"):
		return "Alternative url path must start with a slash."
	case strings.Contains(path, "@@"):
		return "Alternative url path must not be a view."
	case exists:
		return "The provided alternative url already exists!"
	case s.find(path) != nil:
		return "Cannot use a working path as alternative url."
	}
	return ""
}

// checkTarget says what is wrong with the place that a new alias leads to.
func (s *site) checkTarget(path string) string {
	external := strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://")
	switch {
	case path == "":
		return "You have to enter a target."
	case !strings.HasPrefix(path, "/") && !external:
		return "Target path must start with a slash."
	case !external && strings.Contains(path, "@@"):
		return "Target path must not be a view."
	case !external && s.find(path) == nil:
		return "The provided target object does not exist."
	}
	return ""
}

// checkAlias says what is wrong with a new alias of the site.
func (s *site) checkAlias(path, target string) string {
	source, wrong := s.checkSource(path), s.checkTarget(target)
	switch {
	case source != "" && wrong != "":
		return source + " " + wrong
	case wrong != "":
		return wrong
	case path == target:
		return "Alternative urls that point to themselves will cause an endless cycle of redirects."
	}
	return source
}

// aliasItems are the items of a body: text, or objects with a path.
func (c *call) aliasItems() (items list, err error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	if one, isString := data["items"].(string); isString {
		return list{one}, nil
	}
	items, _ = data["items"].(list)
	return items, nil
}

// postAliases makes aliases of an object.
func postAliases(c *call) (*answer, error) {
	items, err := c.aliasItems()
	if err != nil {
		return nil, err
	}
	failed := list{}
	added := map[string]alias{}
	for _, item := range items {
		when := time.Now()
		path, isString := item.(string)
		if d, isDict := item.(dict); isDict {
			path, isString = d["path"].(string)
			if t, isTime := parseZopeTime(str(d["datetime"])); isTime {
				when = t
			}
		}
		if !isString {
			return nil, fail("AttributeError", "'NoneType' object has no attribute 'startswith'")
		}
		if root := c.context.navigationRoot().path(); strings.HasPrefix(path, "/") && !strings.HasPrefix(path, root) {
			path = root + path
		}
		_, twice := added[path]
		switch {
		case !strings.HasPrefix(path, "/") || strings.Contains(path, "@@"):
			failed = append(failed, path)
		case twice || c.checkSource(path) != "":
			failed = append(failed, "/Plone"+path)
		default:
			added[path] = alias{target: c.context.path(), time: when, manual: true}
		}
	}
	for path, a := range added {
		c.addAlias(path, a)
	}
	return aliasesDone(failed), nil
}

func aliasesDone(failed list) *answer {
	if len(failed) > 0 {
		return ok(dict{"type": "error", "failed": failed})
	}
	return noContent()
}

// postSiteAliases makes aliases that lead anywhere, all or none.
func postSiteAliases(c *call) (*answer, error) {
	contentType, params, _ := mime.ParseMediaType(c.header.Get("Content-Type"))
	switch contentType {
	case "":
		return nil, fail("TypeError", "argument of type 'NoneType' is not iterable")
	case "multipart/form-data":
		return c.importAliases(params["boundary"])
	}
	items, err := c.aliasItems()
	if err != nil {
		return nil, err
	}
	added := map[string]alias{}
	for _, item := range items {
		d, isDict := item.(dict)
		if !isDict {
			return nil, fail("AttributeError", "'"+className(item)+"' object has no attribute 'get'")
		}
		path, _ := d["path"].(string)
		target, _ := d["redirect-to"].(string)
		if wrong := c.checkAlias(path, target); wrong != "" {
			return nil, fail("BadRequest", wrong)
		}
		when, isTime := parseZopeTime(str(d["datetime"]))
		if !isTime {
			when = time.Now()
		}
		added[path] = alias{target: target, time: when, manual: true}
	}
	for path, a := range added {
		c.addAlias(path, a)
	}
	return noContent(), nil
}

// importAliases makes the aliases of a CSV file.
func (c *call) importAliases(boundary string) (*answer, error) {
	form, err := multipart.NewReader(bytes.NewReader(c.body), boundary).ReadForm(int64(len(c.body)))
	if err != nil || len(form.File["file"]) == 0 {
		return nil, fail("BadRequest", "No file uploaded")
	}
	header := form.File["file"][0]
	if t := header.Header.Get("Content-Type"); t != "text/csv" && t != "application/csv" {
		return nil, fail("BadRequest", "Uploaded file is not a valid CSV file")
	}
	file, err := header.Open()
	if err != nil {
		return nil, fail("BadRequest", "No file uploaded")
	}
	defer file.Close()
	text, _ := io.ReadAll(file) // it is in memory
	if !strings.Contains(string(text), ",") {
		return nil, fail("Error", "Could not determine delimiter")
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.FieldsPerRecord = -1
	rows.LazyQuotes = true
	added := map[string]alias{}
	wrongs := list{}
	for number := 1; ; number++ {
		row, err := rows.Read()
		if err != nil {
			break
		}
		cell := func(i int) string {
			if i < len(row) {
				return row[i]
			}
			return ""
		}
		if number == 1 && !strings.HasPrefix(cell(0), "/") && !strings.HasPrefix(cell(1), "/") {
			continue // titles
		}
		wrong := "Each line must have 2 or more columns."
		if len(row) >= 2 {
			wrong = c.checkAlias(row[0], row[1])
		}
		if wrong != "" {
			wrongs = append(wrongs, dict{"line": strings.Join(row, ","), "line_number": number, "message": wrong})
			continue
		}
		when, isTime := parseZopeTime(cell(2))
		if !isTime {
			when = time.Now()
		}
		no := strings.ToLower(cell(3))
		added[row[0]] = alias{target: row[1], time: when, manual: no == "" || strings.IndexByte("fn0", no[0]) < 0}
	}
	if len(wrongs) > 0 {
		return &answer{status: http.StatusBadRequest, body: dict{"type": "BadRequest", "csv_errors": wrongs,
			"message": fmt.Sprintf("Found %d errors in CSV file.", len(wrongs)+1)}}, nil
	}
	for path, a := range added {
		c.addAlias(path, a)
	}
	return noContent(), nil
}

// deleteAliases removes aliases, whatever they lead to.
func deleteAliases(c *call) (*answer, error) {
	items, err := c.aliasItems()
	if err != nil {
		return nil, err
	}
	failed := list{}
	for _, item := range items {
		path, isString := item.(string)
		if d, isDict := item.(dict); isDict {
			path, isString = d["path"].(string)
		}
		if !isString {
			return nil, fail("AttributeError", "'NoneType' object has no attribute 'endswith'")
		}
		key := strings.TrimSuffix(path, "/")
		if _, exists := c.aliases[key]; exists {
			delete(c.aliases, key)
			continue
		}
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		failed = append(failed, path)
	}
	return aliasesDone(failed), nil
}

// zopeTime writes a time as Zope's own class does.
func zopeTime(t time.Time) string {
	t = t.UTC()
	text := t.Format("2006/01/02 15:04:05")
	if t.Nanosecond() >= 1000 {
		text += t.Format(".000000")
	}
	return text + " UTC"
}

// parseZopeTime reads what Zope's own class writes, and what others do.
func parseZopeTime(text string) (time.Time, bool) {
	base, zone, zoned := strings.Cut(text, " GMT")
	if zoned {
		hours, err := strconv.Atoi(zone)
		t, wrong := time.Parse("2006/01/02 15:04:05", base)
		return t.Add(-time.Duration(hours) * time.Hour), err == nil && wrong == nil
	}
	if t, err := time.Parse("2006/01/02 15:04:05 UTC", text); err == nil {
		return t, true
	}
	t, err := parseDate(text)
	return t, err == nil
}
