package plonetest

import "slices"

func linkIntegrityServices() []service {
	return []service{
		{method: "GET", name: "@linkintegrity", on: siteRoot, permission: accessContents, handle: getLinkIntegrity},
	}
}

// getLinkIntegrity tells which relations would break if objects were removed. Links in texts are no relations here.
func getLinkIntegrity(c *call) (*answer, error) {
	uids := c.form.all("uids")
	if len(uids) == 0 {
		return nil, fail("BadRequest", `Missing parameter "uids"`)
	}
	related := c.allRelations()
	result := list{}
	for i := 0; i < len(uids); i++ { // it grows
		item := c.byUID[uids[i]]
		if item == nil {
			return nil, fail("AttributeError", "'NoneType' object has no attribute 'getPhysicalPath'")
		}
		if _, err := c.reach(item.uid); err != nil {
			return nil, err
		}
		inside := map[*object]bool{}
		total := -1
		item.walk(func(o *object) {
			inside[o] = true
			if c.allowed(c.user, view, o) {
				total++
			}
		})
		breaches := list{}
		for _, r := range related {
			target := c.byUID[r.target]
			switch {
			case !inside[target] || inside[r.source]:
			case slices.Contains(uids, target.uid):
				breaches = append(breaches, dict{"@id": c.urlOf(r.source), "title": r.source.text("title"), "uid": r.source.uid})
			default:
				uids = append(uids, target.uid)
			}
		}
		d := c.summary(item)
		d["breaches"], d["items_total"] = breaches, total
		result = append(result, d)
	}
	return ok(result), nil
}
