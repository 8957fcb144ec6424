// Command download saves the file of an object of a Plone site, with a progress
// bar.
//
//	go run ./download path [file]
//
// path is that of the object, like /news/report.pdf. Without a file it is saved
// in this folder under the name that the site proposes. When the connection
// breaks, or the command is stopped and started again, only what is missing is
// fetched.
//
// With PLONE_URL it talks to that site, as PLONE_USER with PLONE_PASSWORD, or as
// a visitor. Otherwise, and without a path, it downloads a file of an in-memory
// site of package plonetest into a temporary folder.
package main

import (
	"bytes"
	"context"
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
		fmt.Fprintln(os.Stderr, "download:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, cfg demo.Config, args []string) error {
	if len(args) == 0 {
		return showcase(ctx, out)
	}
	c, done, err := demo.Connect(cfg)
	if err != nil {
		return err
	}
	defer done()
	target := ""
	if len(args) > 1 {
		target = args[1]
	}
	return save(ctx, out, c, args[0], target)
}

// showcase downloads a file that it has put there before.
func showcase(ctx context.Context, out io.Writer) error {
	c, done, err := demo.Connect(demo.Config{})
	if err != nil {
		return err
	}
	defer done()
	data := bytes.Repeat([]byte("made up "), 4<<20)
	created, err := c.Files.Upload(ctx, "/news", bytes.NewReader(data), int64(len(data)), client.UploadOptions{Filename: "made-up.bin"})
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "download")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return save(ctx, out, c, created.Object.URL, filepath.Join(dir, "made-up.bin"))
}

// save downloads the file of the object at path; target is where to, or empty
// for the name that the site proposes.
func save(ctx context.Context, out io.Writer, c *client.Client, path, target string) error {
	if target == "" {
		file, err := c.Files.Download(ctx, path, client.DownloadOptions{})
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
		if target = file.Filename; target == "" {
			return errors.New("the site proposes no name that can be one here: give one")
		}
		if _, err := os.Lstat(target); err == nil {
			return fmt.Errorf("%s is there already: give another name", target)
		}
	}
	saved, err := c.Files.Save(ctx, path, target, client.SaveOptions{Progress: demo.Progress(out, filepath.Base(target))})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d bytes of %s are saved as %s\n", saved.Size, saved.ContentType, target)
	return err
}
