package plonetest

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

func transactionServices() []service {
	return []service{
		{method: "GET", name: "@transactions", on: siteRoot, permission: listUndoable, handle: getTransactions},
		{method: "PATCH", name: "@transactions", on: siteRoot, permission: undoChanges, handle: patchTransactions},
	}
}

// transaction is a request that changed the site. Only the creation of objects and the change of their fields can be
// taken back here.
type transaction struct {
	id                string // base64
	time              time.Time
	user, description string
	object            *object        // that was created or changed, nil for all other changes
	before, after     map[string]any // its fields; no before for an object that was created
	modified          [2]time.Time   // before and after
}

// remember returns what is to be called after a request that may change the site.
func (c *call) remember(row *service) (record func(*answer)) {
	version := c.site.version
	t := &transaction{}
	if row.name == "" && c.method == http.MethodPatch {
		t.object, t.before, t.modified[0] = c.context, maps.Clone(c.context.fields), c.context.modified
	}
	path := "/Plone" + c.context.path() + "/" + c.method + "_application_json_" + row.name
	return func(a *answer) {
		if c.site.version == version || a.status >= http.StatusBadRequest {
			return
		}
		if row.name == "" && a.status == http.StatusCreated {
			t.object = c.resolve(a.header.Get("Location"))
		}
		if t.object != nil {
			t.after, t.modified[1] = maps.Clone(t.object.fields), t.object.modified
		}
		t.time, t.user, t.description = time.Now(), c.user.id, path
		var tid [8]byte
		binary.BigEndian.PutUint64(tid[:], uint64(0x0400<<48+len(c.setup.transactions)))
		t.id = base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(tid[:])))
		c.setup.transactions = append(c.setup.transactions, t)
	}
}

func getTransactions(c *call) (*answer, error) {
	all := list{}
	for _, t := range slices.Backward(c.setup.transactions) {
		when := t.time.UTC().Format("2006-01-02T15:04:05")
		all = append(all, dict{"id": t.id + "\n " + when + " " + t.description + " ", "time": when, "username": " " + t.user,
			"description": t.description, "size": 1000})
	}
	return ok(all), nil
}

func patchTransactions(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	ids, given := data["transaction_ids"].(list)
	if !given {
		return nil, missingKey("transaction_ids")
	}
	var undo []*transaction
	for _, v := range ids {
		words := strings.Fields(str(v))
		if len(words) == 0 {
			continue
		}
		if _, err := base64.StdEncoding.DecodeString(words[0]); err != nil {
			return nil, fail("Error", "Incorrect padding")
		}
		i := slices.IndexFunc(c.setup.transactions, func(t *transaction) bool { return t.id == words[0] })
		if i < 0 || !c.undoable(c.setup.transactions[i]) {
			return nil, fail("BadRequest", "{'errors': 'Failed in undoing transactions'}")
		}
		undo = append(undo, c.setup.transactions[i])
	}
	for _, t := range undo {
		if t.before == nil {
			c.remove(t.object)
			continue
		}
		t.object.fields, t.object.modified = t.before, t.modified[0]
		c.changed()
	}
	return ok(dict{"message": "Transactions have been reverted successfully."}), nil
}

// undoable says that nobody has changed the object since.
func (c *call) undoable(t *transaction) bool {
	return t.object != nil && c.byUID[t.object.uid] == t.object && t.object.modified.Equal(t.modified[1]) &&
		len(t.object.fields) == len(t.after) && (t.before != nil || len(t.object.children) == 0)
}
