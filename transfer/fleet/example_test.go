package fleet_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
	"plone.example/restapi/transfer/fleet"
)

// One process that is coordinator and worker, with the server inside.
func Example() {
	ctx := context.Background()
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "export")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	job, err := transfer.NewExport(ctx, c, dir+"/site", transfer.ExportOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer job.Close()
	engine, err := fleet.Open(ctx, fleet.EngineOptions{Dir: dir + "/engine"})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()

	o := fleet.Options{Name: "nightly"}
	done := make(chan error)
	go func() { done <- fleet.Work(ctx, engine.Conn(), job, o) }()
	report, err := fleet.Run(ctx, engine.Conn(), job, o)
	if err != nil {
		log.Fatal(err)
	}
	if err := <-done; err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Changes[transfer.Saved], "objects saved")
	// Output: 4 objects saved
}
