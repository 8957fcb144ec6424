// Package fleet shares a transfer out among machines, over NATS JetStream.
//
// One process, the coordinator, calls [Run] with a [transfer.Job]; as many others
// as there are machines call [Work] with the same job, which each of them makes
// for itself, with its own client and the same folder:
//
//	engine, err := fleet.Open(ctx, fleet.EngineOptions{URL: "nats://nats.example.com"})
//	job, err := transfer.NewImport(ctx, site, "/shared/backup", transfer.ImportOptions{})
//	report, err := fleet.Run(ctx, engine.Conn(), job, fleet.Options{Name: "backup"}) // here
//	err = fleet.Work(ctx, engine.Conn(), job, fleet.Options{Name: "backup"})         // everywhere else
//
// The coordinator puts the steps of a wave into a work queue. A worker takes one
// step at a time, says every now and then that it is still at it, writes the
// result into the journal, which is a key-value bucket, and only then
// acknowledges the step. So a process can be killed at any moment:
//
//   - The step of a lost worker goes to another one, which does it again; steps can
//     be done twice without harm.
//   - A coordinator that is started again reads the journal, and queues what is
//     neither done nor queued.
//   - A step that keeps failing, or keeps losing its workers, is set aside, and the
//     items in it are problems of the report; the rest goes on.
//
// Without a cluster, [Open] starts a server inside the process, which keeps its
// data in a directory and listens on 127.0.0.1 for the workers.
package fleet
