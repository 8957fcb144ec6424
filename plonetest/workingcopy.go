package plonetest

import (
	"net/http"
	"time"
)

func workingcopyServices() []service {
	return []service{
		{method: "GET", name: "@workingcopy", on: anyContent, permission: view, handle: getWorkingCopy},
		{method: "POST", name: "@workingcopy", on: anyContent, permission: checkOut, handle: postWorkingCopy},
		{method: "PATCH", name: "@workingcopy", on: anyContent, permission: checkIn, handle: patchWorkingCopy},
		{method: "DELETE", name: "@workingcopy", on: anyContent, permission: deleteObjects, handle: deleteWorkingCopy},
	}
}

// checkedOut ties a baseline to its working copy.
type checkedOut struct {
	baseline, copy *object
	user           string
	time           time.Time
}

const (
	iterateLock = "iterate.lock"
	// About 136 years: as long as a check-out locks its baseline.
	iterateTimeout = 4294967280 * time.Second
)

// checkOutOf is the check-out that o is a side of, nil when there is none. One whose copy was removed is over.
func (s *site) checkOutOf(o *object) *checkedOut {
	w := o.checkout
	if w != nil && s.byUID[w.copy.uid] != w.copy {
		w.baseline.checkout, w.baseline.lock = nil, nil
		return nil
	}
	return w
}

// workingCopyInfo describes both sides, as far as the user may see them.
func (c *call) workingCopyInfo(o *object) (workingCopy, baseline any) {
	w := c.checkOutOf(o)
	if w == nil || !c.allowed(c.user, modify, o) && !c.allowed(c.user, checkOut, w.baseline) {
		return nil, nil
	}
	if o == w.copy {
		baseline = dict{"@id": c.urlOf(w.baseline), "title": w.baseline.text("title")}
	}
	name := w.user
	if u := c.users[name]; u != nil && u.properties["fullname"] != "" {
		name = u.properties["fullname"]
	}
	return dict{"@id": c.urlOf(w.copy), "title": w.copy.text("title"), "created": w.time,
		"creator_name": name, "creator_url": c.site.url + "/author/" + w.user}, baseline
}

func getWorkingCopy(c *call) (*answer, error) {
	workingCopy, baseline := c.workingCopyInfo(c.context)
	return ok(dict{"working_copy": workingCopy, "working_copy_of": baseline}), nil
}

func postWorkingCopy(c *call) (*answer, error) {
	if c.plain {
		return nil, fail("KeyError", "'Interface `plone.app.iterate.interfaces.IIterateSettings` defines a field `enable_checkout_workflow`, for which there is no record.'")
	}
	o := c.context
	if !o.typ.lockable || c.checkOutOf(o) != nil || c.lockOf(o) != nil {
		return refuse(http.StatusForbidden, "Not authorized", "Checkout not allowed"), nil
	}
	folder := o.parent
	if folder == nil {
		folder = o
	}
	if !c.allowed(c.user, addContent, folder) {
		return refuse(http.StatusInternalServerError, "InternalServerError", "Cannot find checkout location"), nil
	}
	children := o.children
	o.children = nil // they stay with the baseline
	w := &checkedOut{baseline: o, copy: c.clone(o), user: c.user.id, time: time.Now()}
	o.children = children
	w.copy.id = folder.uniqueID("working_copy_of_" + normalize(o.id))
	c.add(folder, w.copy)
	o.checkout, w.copy.checkout = w, w
	o.save(c.user.id, "Baseline created")
	o.lock = newLock(c.user.id, iterateLock, iterateTimeout)
	c.changed()
	return created(c.urlOf(o), dict{"@id": c.urlOf(w.copy)}), nil
}

// withoutWorkingCopy is the failure of services that do not look whether there is one.
var errWithoutWorkingCopy = fail("TypeError",
	"('Could not adapt', None, <InterfaceClass plone.app.iterate.interfaces.ICheckinCheckoutPolicy>)")

func patchWorkingCopy(c *call) (*answer, error) {
	w := c.checkOutOf(c.context)
	if w == nil {
		return nil, errWithoutWorkingCopy
	}
	if !c.allowed(c.user, modify, w.baseline) || !c.allowed(c.user, checkIn, w.baseline) {
		return refuse(http.StatusForbidden, "Not authorized", "Checkin not allowed"), nil
	}
	o := w.baseline
	o.fields, o.shared = w.copy.fields, true
	o.modified = time.Now()
	o.save(c.user.id, "")
	c.endCheckOut(w)
	return noContent().with("Content-Type", "text/html; charset=utf-8"), nil
}

func deleteWorkingCopy(c *call) (*answer, error) {
	w := c.checkOutOf(c.context)
	if w == nil {
		return nil, errWithoutWorkingCopy
	}
	c.endCheckOut(w)
	return noContent().with("Content-Type", "text/html; charset=utf-8"), nil
}

func (c *call) endCheckOut(w *checkedOut) {
	w.baseline.checkout, w.baseline.lock = nil, nil
	c.remove(w.copy)
	c.context = w.baseline
}
