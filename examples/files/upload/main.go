// Command upload stores a file in a Plone site, with a progress bar.
//
//	go run ./upload [file [folder]]
//
// Without a file it makes one up. By itself it talks to an in-memory site of
// package plonetest. With PLONE_URL it talks to that site, as PLONE_USER with
// PLONE_PASSWORD.
//
// While it works, it keeps the state of the upload beside the file. When it is
// stopped, run the same command again to resume.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/examples/files/internal/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	cfg := demo.Config{URL: os.Getenv("PLONE_URL"), User: os.Getenv("PLONE_USER"), Password: os.Getenv("PLONE_PASSWORD")}
	err := run(ctx, os.Stdout, cfg, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "upload:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, cfg demo.Config, args []string) (err error) {
	name, folder := "", "/"
	if len(args) > 0 {
		name = args[0]
	}
	if len(args) > 1 {
		folder = args[1]
	}
	if name == "" {
		dir, err := os.MkdirTemp("", "upload")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		name = filepath.Join(dir, "made-up.bin")
		if err := os.WriteFile(name, bytes.Repeat([]byte("made up "), 4<<20), 0o600); err != nil {
			return err
		}
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	c, done, err := demo.Connect(cfg)
	if err != nil {
		return err
	}
	defer done()

	kept := name + ".upload"
	options := client.UploadOptions{
		Filename: filepath.Base(name),
		Progress: demo.Progress(out, filepath.Base(name)),
		OnState: func(state client.UploadState) error {
			data, err := json.Marshal(state)
			if err != nil {
				return err
			}
			return os.WriteFile(kept, data, 0o600)
		},
	}
	created, err := resume(ctx, c, kept, file, options)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, errors.ErrUploadLost) || errors.Is(err, errors.ErrFileChanged) {
		created, err = c.Files.Upload(ctx, folder, file, info.Size(), options)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d bytes are stored as %v\n", info.Size(), created.Location)
	return os.Remove(kept)
}

// resume goes on with the upload whose state was kept.
func resume(ctx context.Context, c *client.Client, kept string, file io.ReaderAt, o client.UploadOptions) (*client.Uploaded, error) {
	data, err := os.ReadFile(kept)
	if err != nil {
		return nil, err
	}
	var state client.UploadState
	if err := json.Unmarshal(data, &state); err != nil {
		return nil, err
	}
	return c.Files.Resume(ctx, state, file, client.ResumeOptions{Progress: o.Progress, OnState: o.OnState})
}
