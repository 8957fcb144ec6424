package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// download is a file that was saved.
type download struct {
	Path        string `json:"path"`
	File        string `json:"file"`
	Size        int64  `json:"size"`
	ContentType string `json:"content_type"`
}

func (a *app) downloadCommand() *cobra.Command {
	var options client.DownloadOptions
	cmd := &cobra.Command{
		Use:   "download PATH [FILE]",
		Short: "Save the file of an object",
		Long: `Save the file of an object: in FILE, which is replaced, or under the id of the
object, if there is no such file. With - as the FILE it goes to standard output.

After Ctrl-C or a failure, the same command fetches only what is missing.`,
		Example:           "  plone download /news/report.pdf\n  plone download /news/photo.png small.png --scale preview\n  plone download /backups/shop.sql - | psql shop",
		Args:              arguments(1, 2),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			_, at, err := object(ctx, c, args[0])
			if err != nil {
				return err
			}
			if len(args) == 2 && args[1] == "-" {
				return a.stream(ctx, c, at, options)
			}
			name, err := target(at, args[1:])
			if err != nil {
				return err
			}
			show, end := a.progress(filepath.Base(name))
			saved, err := c.Files.Save(ctx, at, name, client.SaveOptions{Field: options.Field, Scale: options.Scale, Progress: show})
			end()
			if err != nil {
				err = fmt.Errorf("%s: %w", at, err)
				if resumable(err) {
					err = hinted{err, "the same command fetches only what is missing"}
				}
				return err
			}
			result := download{Path: at, File: name, Size: saved.Size, ContentType: saved.ContentType}
			return a.print(result, func(w io.Writer) { fmt.Fprintf(w, "%s is saved as %s, %d bytes\n", plain(at), name, saved.Size) })
		}),
	}
	cmd.Flags().StringVar(&options.Field, "field", "", "field that the file is in, if it is not the primary one")
	cmd.Flags().StringVar(&options.Scale, "scale", "", "name of a version of an image, like preview")
	return cmd
}

// stream writes a file to standard output.
func (a *app) stream(ctx context.Context, c *client.Client, at string, options client.DownloadOptions) error {
	file, err := c.Files.Download(ctx, at, options)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(a.stdout, file)
	return err
}

// target is the file that a download goes to.
func target(at string, args []string) (string, error) {
	dir := ""
	if len(args) == 1 {
		if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
			return args[0], nil
		}
		dir = args[0]
	}
	name := client.SafeFilename(path.Base(at))
	if name == "" {
		return "", usage(fmt.Sprintf("%s is no name for a file: give one", path.Base(at)))
	}
	name = filepath.Join(dir, name)
	if _, err := os.Lstat(name); err == nil {
		return "", fmt.Errorf("%w: the file %s; give a name to replace one", errors.ErrAlreadyExists, name)
	}
	return name, nil
}
