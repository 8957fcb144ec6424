package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// removeTimeout is how long the removal of the document may take, also when the
// program was told to stop.
const removeTimeout = 30 * time.Second

// makeScratch makes the folder for the checks that write. It is a document where
// documents are folders, as in Volto.
func (e *exam) makeScratch(ctx context.Context) (remove func() error, err error) {
	name := "plone-doctor-" + strings.ToLower(rand.Text())
	types, err := e.client.Types.List(ctx, "/")
	if err != nil {
		return nil, err
	}
	folder := "Document"
	if slices.ContainsFunc(types.Value, func(t client.TypeInfo) bool { return t.ID == "Folder" && t.Addable }) {
		folder = "Folder"
	}
	made, err := e.client.Content.Create(ctx, "/", client.Fields{"@type": folder, "id": name, "title": "Made by plone doctor; may be removed"})
	if err != nil {
		return nil, err
	}
	if e.scratch, err = e.client.Path(made.Value.URL); err != nil {
		return nil, err
	}
	return func() error {
		out, done := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
		defer done()
		if _, err := e.client.Content.Delete(out, e.scratch); err != nil {
			return fmt.Errorf("%s is left behind: %w", e.scratch, err)
		}
		return nil
	}, nil
}

// page makes a document of that name in the scratch document.
func (e *exam) page(ctx context.Context, fields client.Fields) (*client.Created[client.Content], error) {
	body := client.Fields{"@type": "Document", "title": "Made by plone doctor"}
	for name, value := range fields {
		body[name] = value
	}
	return e.client.Content.Create(ctx, e.scratch, body)
}

// writeChecks are about writes that do nothing, or something else.
var writeChecks = []check{
	{"creates", func(ctx context.Context, e *exam) (verdict, string, error) {
		var random [16]byte
		_, _ = rand.Read(random[:])
		uid := hex.EncodeToString(random[:])
		made, err := e.page(ctx, client.Fields{"id": "uid", "UID": uid})
		if err != nil {
			return "", "", err
		}
		if made.Value.UID == uid {
			return fine, "take a UID, by which put knows its own object after a lost answer", nil
		}
		return surprise, "take no UID from you, so that put asks about a lost answer by the id alone", nil
	}},
	{"ids that are taken", func(ctx context.Context, e *exam) (verdict, string, error) {
		_, first := e.page(ctx, client.Fields{"id": "taken"})
		_, err := e.page(ctx, client.Fields{"id": "taken"})
		switch {
		case first != nil:
			return "", "", first
		case errors.Is(err, errors.ErrAlreadyExists) && errors.Is(err, errors.ErrBadRequest):
			return surprise, "are a 400, known by its text; read as already there", nil
		case errors.Is(err, errors.ErrConflict):
			return fine, "are a 409", nil
		case err == nil:
			return caution, "are taken for another id", nil
		}
		return "", "", err
	}},
	{"unknown fields", func(ctx context.Context, e *exam) (verdict, string, error) {
		_, err := e.client.Content.Update(ctx, e.scratch, client.Fields{"no_such_field": true})
		switch {
		case err == nil:
			return surprise, "are passed over; --strict refuses them", nil
		case errors.Is(err, errors.ErrClient):
			return fine, "are refused", nil
		}
		return "", "", err
	}},
	{"a second lock", func(ctx context.Context, e *exam) (verdict, string, error) {
		page := e.scratch + "/locked" // folders cannot be locked everywhere
		_, made := e.page(ctx, client.Fields{"id": "locked"})
		if made != nil {
			return "", "", made
		}
		first, err := e.client.Locking.Lock(ctx, page, client.LockOptions{})
		if err != nil {
			return "", "", err
		}
		second, err := client.Call[client.Lock](ctx, e.client, client.Request{Method: http.MethodPost, Path: page + "/@lock", Body: client.Fields{}})
		_, unlocked := e.client.Locking.Unlock(ctx, page)
		switch {
		case unlocked != nil:
			return "", "", unlocked
		case err == nil && second.Value.Token == first.Value.Token:
			return surprise, "is answered with the first one, whoever has that; lock looks first", nil
		case errors.Is(err, errors.ErrLocked) || errors.Is(err, errors.ErrConflict):
			return fine, "is refused", nil
		}
		return "", "", err
	}},
	{"copies of nothing", func(ctx context.Context, e *exam) (verdict, string, error) {
		_, err := e.client.Content.Copy(ctx, e.scratch, []string{e.scratch + "/no-such-object"})
		switch {
		case as[*client.MissingSourcesError](err):
			return surprise, "are answered with 200; cp and mv count what was done", nil
		case errors.Is(err, errors.ErrClient):
			return fine, "are refused", nil
		}
		return "", "", err
	}},
	{"aliases that fail", func(ctx context.Context, e *exam) (verdict, string, error) {
		_, err := e.client.Aliases.Add(ctx, e.scratch, []client.Alias{{Path: "no-slash"}})
		switch {
		case as[*client.FailedAliasesError](err):
			return surprise, "are answered with 200; the answer is read", nil
		case errors.Is(err, errors.ErrClient) && !errors.Is(err, errors.ErrUnauthorized):
			return fine, "are refused", nil
		}
		return "", "", err
	}},
	{"files for other types", func(ctx context.Context, e *exam) (verdict, string, error) {
		_, err := e.client.Files.Upload(ctx, e.scratch, bytes.NewReader([]byte("x")), 1, client.UploadOptions{Type: "Document", Filename: "x.txt"})
		switch {
		case errors.Is(err, errors.ErrNotDone):
			return surprise, "are answered with 204 and stored nowhere; read as not done", nil
		case errors.Is(err, errors.ErrClient):
			return fine, "are refused", nil
		}
		return "", "", err
	}},
	{"working copies", func(ctx context.Context, e *exam) (verdict, string, error) {
		if installed, found := e.addons["plone.app.iterate"]; found && !installed {
			return absent, "plone.app.iterate is not installed", nil
		}
		page, err := e.page(ctx, client.Fields{"id": "original"})
		if err != nil {
			return "", "", err
		}
		made, err := e.client.WorkingCopies.CheckOut(ctx, page.Value.URL)
		if errors.Is(err, errors.ErrNotFound) {
			return absent, "the site has none", nil
		}
		if err != nil {
			return "", "", err
		}
		if _, err := e.client.WorkingCopies.Cancel(ctx, page.Value.URL); err != nil {
			return "", "", err
		}
		if made.Location != nil && made.Location.String() == page.Value.URL {
			return surprise, "are announced under the address of their original; the answer is read", nil
		}
		return fine, "are announced under their own address", nil
	}},
	{"old addresses", func(ctx context.Context, e *exam) (verdict, string, error) {
		page, err := e.page(ctx, client.Fields{"id": "old"})
		if err != nil {
			return "", "", err
		}
		if _, err := e.client.Content.Update(ctx, page.Value.URL, client.Fields{"id": "new"}); err != nil {
			return "", "", err
		}
		_, err = e.client.Content.Delete(ctx, page.Value.URL)
		switch {
		case as[*errors.RedirectError](err):
			return surprise, "redirect writes to what has moved, which are not followed", nil
		case errors.Is(err, errors.ErrNotFound):
			return fine, "are not found", nil
		}
		return "", "", err
	}},
}
