package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func (a *app) uploadCommand() *cobra.Command {
	var options client.UploadOptions
	var chunk int64
	cmd := &cobra.Command{
		Use:   "upload FILE PATH",
		Short: "Store a file: as a new object in a folder, or in the one that is there",
		Long: `Store a file as a new object in the folder at a path, an Image if it is one and
else a File; the server makes the id of the name of the file. When the path is
that of a File or an Image, its file is replaced.

A file may have any size. After Ctrl-C or a failure, run the same command
again to resume. With - as the FILE, standard input is stored.`,
		Example:           "  plone upload report.pdf /news\n  plone upload better.pdf /news/report.pdf\n  pg_dump shop | plone upload - /backups --filename shop.sql",
		Args:              arguments(2, 2),
		ValidArgsFunction: a.paths(second),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			options.ChunkSize = chunk << 20
			found, at, err := exactly(ctx, c, args[1])
			if err != nil {
				return err
			}
			if args[0] == "-" {
				if options.Filename == "" || !found.IsFolderish {
					return usage("standard input needs --filename, and a folder to go to")
				}
				created, err := c.Files.UploadReader(ctx, at, a.stdin, -1, options)
				return a.uploaded(c, options.Filename, created, err)
			}
			if !found.IsFolderish && !hasFile(found) {
				return fmt.Errorf("%w: %s is neither a folder nor has it a file", errors.ErrInvalidInput, at)
			}
			if !found.IsFolderish && options.Type != "" {
				return fmt.Errorf("%w: the type of %s cannot be changed", errors.ErrInvalidInput, at)
			}
			u := upload{app: a, client: c, name: args[0], target: at, replace: !found.IsFolderish, options: options}
			created, err := u.run(ctx)
			return a.uploaded(c, args[0], created, err)
		}),
	}
	cmd.Flags().StringVarP(&options.Type, "type", "t", "", "content type of a new object")
	cmd.Flags().StringVar(&options.Filename, "filename", "", "name of the file on the site, if it is another")
	cmd.Flags().Int64Var(&chunk, "chunk", 16, "MiB in a request; a proxy may refuse many")
	return cmd
}

// hasFile reports whether an object has a field for a file, be it empty.
func hasFile(object *client.Content) bool {
	var value json.RawMessage
	return object.Extra("file", &value) == nil || object.Extra("image", &value) == nil
}

// uploaded prints where a file went to.
func (a *app) uploaded(c *client.Client, name string, created *client.Uploaded, err error) error {
	if err != nil {
		return err
	}
	at, pathErr := c.Path(created.Object.URL)
	unprinted := a.print(created.Object.Raw(), func(w io.Writer) { fmt.Fprintln(w, plain(name), "is stored as", plain(at)) })
	return errors.Join(pathErr, unprinted)
}

// upload is a file on its way. What it takes to go on is kept until it is there.
type upload struct {
	app          *app
	client       *client.Client
	name, target string
	replace      bool
	options      client.UploadOptions
}

func (u *upload) run(ctx context.Context) (*client.Uploaded, error) {
	file, err := os.Open(u.name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errors.ErrInvalidInput, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: %s is no file", errors.ErrInvalidInput, u.name)
	}
	if err != nil {
		return nil, err
	}
	if u.options.Filename == "" {
		u.options.Filename = filepath.Base(u.name)
	}
	if u.options.Type == "" && !u.replace {
		u.options.Type = typeOf(file)
	}
	kept, err := u.stateFile()
	if err != nil {
		return nil, err
	}
	show, end := u.app.progress(filepath.Base(u.name))
	u.options.Progress = show
	u.options.OnState = func(state client.UploadState) error {
		data, err := json.Marshal(state)
		if err != nil {
			return err
		}
		return writePrivate(kept, data)
	}
	created, err := u.send(ctx, kept, file, info.Size())
	end()
	if err != nil {
		err = fmt.Errorf("%s: %w", u.name, err)
	}
	return created, u.leave(kept, err)
}

// send goes on with what was begun, or begins.
func (u *upload) send(ctx context.Context, kept string, file io.ReaderAt, size int64) (*client.Uploaded, error) {
	if data, err := os.ReadFile(kept); err == nil {
		var state client.UploadState
		if json.Unmarshal(data, &state) == nil {
			created, err := u.client.Files.Resume(ctx, state, file, client.ResumeOptions{
				ChunkSize: u.options.ChunkSize, Progress: u.options.Progress, OnState: u.options.OnState,
			})
			if !errors.Is(err, errors.ErrUploadLost) && !errors.Is(err, errors.ErrFileChanged) {
				return created, err
			}
		}
	}
	if u.replace {
		return u.client.Files.Replace(ctx, u.target, file, size, client.ReplaceOptions{
			Filename: u.options.Filename, ChunkSize: u.options.ChunkSize, Progress: u.options.Progress, OnState: u.options.OnState,
		})
	}
	return u.client.Files.Upload(ctx, u.target, file, size, u.options)
}

// leave gives up what was kept, unless the same command can go on with it.
func (u *upload) leave(kept string, err error) error {
	if _, statErr := os.Stat(kept); statErr != nil {
		return err
	}
	if err != nil && resumable(err) {
		return hinted{err, "Run the same command again to resume."}
	}
	return errors.Join(err, os.Remove(kept))
}

// stateFile is where the state of this upload is kept.
func (u *upload) stateFile() (string, error) {
	config, err := u.app.configPath()
	if err != nil {
		return "", err
	}
	name, err := filepath.Abs(u.name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{u.client.SiteURL(), u.target, name, u.options.Type, u.options.Filename}, "\n")))
	return filepath.Join(filepath.Dir(config), "uploads", hex.EncodeToString(sum[:8])+".json"), nil
}

// typeOf is the content type for a file.
func typeOf(file io.ReaderAt) string {
	var head [512]byte
	n, _ := file.ReadAt(head[:], 0) // a file that cannot be read fails soon enough
	if strings.HasPrefix(http.DetectContentType(head[:n]), "image/") {
		return "Image"
	}
	return "File"
}
