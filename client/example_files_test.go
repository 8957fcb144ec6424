package client_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// A file goes up in chunks and comes down as it arrives.
func ExampleFileService_Upload() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	report := strings.NewReader("The bridge stays open.") // or an *os.File

	created, err := c.Files.Upload(ctx, "/news", report, report.Size(), client.UploadOptions{
		Filename:  "report.txt",
		ChunkSize: 10,
		Progress:  func(done, total int64) { fmt.Printf("%d of %d bytes\n", done, total) },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created.Object.Type, strings.TrimPrefix(created.Object.URL, server.URL))

	file, err := c.Files.Download(ctx, created.Object.URL, client.DownloadOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	fmt.Printf("%s: %s %v\n", file.Filename, data, err)
	// Output:
	// 10 of 22 bytes
	// 20 of 22 bytes
	// 22 of 22 bytes
	// File /news/report.txt
	// report.txt: The bridge stays open. <nil>
}

// Another process goes on where the first one ended, with the last state that
// was kept; as JSON, for example.
func ExampleFileService_Resume() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	report := strings.NewReader("The bridge stays open.")
	ended := errors.New("the process ended")

	var kept client.UploadState
	_, err = c.Files.Upload(ctx, "/news", report, report.Size(), client.UploadOptions{
		Filename:  "report.txt",
		ChunkSize: 10,
		OnState: func(state client.UploadState) error {
			kept = state
			if state.Covered > 10 {
				return ended
			}
			return nil
		},
	})
	fmt.Println(err)

	created, err := c.Files.Resume(ctx, kept, report, client.ResumeOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.TrimPrefix(created.Object.URL, server.URL))
	// Output:
	// plone: keeping the state of an upload: the process ended
	// /news/report.txt
}

// A download into a file is taken up where the connection broke.
func ExampleFileService_Save() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	created, err := c.Files.Upload(ctx, "/news", strings.NewReader("The bridge stays open."), 22, client.UploadOptions{Filename: "report.txt"})
	if err != nil {
		log.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	// The connection breaks twice, in the middle of the bytes.
	server.Inject(plonetest.Fault{Path: "/news/report.txt/@@download", Times: 2, Truncate: true})
	saved, err := c.Files.Save(ctx, created.Object.URL, filepath.Join(folder, "report.txt"), client.SaveOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(saved.Filename, saved.Size, "bytes in", saved.Requests, "requests")
	// Output: report.txt 22 bytes in 3 requests
}
