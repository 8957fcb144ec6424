package fleet

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
)

// ErrInUse means that another process has its engine in the directory.
const ErrInUse errors.Reason = "the directory belongs to the engine of another process"

// EngineOptions name an engine. One of URL and Dir has to be there.
type EngineOptions struct {
	URL string // of a NATS cluster with JetStream: one or more addresses, with commas between
	Dir string // without URL: where a server inside this process keeps its data; made when it is not there
	// Connect is for what an address cannot say, such as credentials and
	// certificates.
	Connect []nats.Option
}

// An Engine is a connection to NATS, and the server when that is inside this
// process.
type Engine struct {
	conn   *nats.Conn
	url    string
	server *server.Server // nil for a cluster
	lock   *flock.Flock   // of the directory of server
}

// startTimeout is for the server in this process. It reads what it kept.
const startTimeout = time.Minute

// Open connects to the cluster that o names, or starts a server inside this
// process. A connection that breaks is made again as long as the engine is open.
//
// Errors: [errors.ErrInvalidInput] without URL and Dir; [ErrInUse]; those of the
// connection or the directory.
func Open(ctx context.Context, o EngineOptions) (*Engine, error) {
	e := &Engine{url: o.URL}
	options := append([]nats.Option{nats.Name("plone fleet"), nats.MaxReconnects(-1)}, o.Connect...)
	if o.URL == "" {
		if o.Dir == "" {
			return nil, fmt.Errorf("fleet: %w: neither URL nor Dir", errors.ErrInvalidInput)
		}
		token := rand.Text()
		if err := e.start(o.Dir, token); err != nil {
			return nil, fmt.Errorf("fleet: %w", errors.Join(err, e.Close()))
		}
		options = append(options, nats.InProcessServer(e.server), nats.Token(token))
	}
	conn, err := connect(ctx, e.url, options)
	if bad := (*url.Error)(nil); errors.As(err, &bad) {
		err = fmt.Errorf("%w: URL is none", errors.ErrInvalidInput) // it may have a password in it
	}
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", errors.Join(err, e.Close()))
	}
	e.conn = conn
	return e, nil
}

// connect ends with ctx, which nats.Connect knows nothing of.
func connect(ctx context.Context, address string, options []nats.Option) (*nats.Conn, error) {
	var conn *nats.Conn
	var err error
	connecting := spawn.Go(func() { conn, err = nats.Connect(address, options...) })
	select {
	case <-connecting.Done():
		connecting.Wait()
		return conn, err
	case <-ctx.Done():
		go func() {
			if <-connecting.Done(); conn != nil {
				conn.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// start runs a server that keeps its data in dir. It listens where only this
// machine can reach it, and wants a token, since other users can reach it there.
func (e *Engine) start(dir, token string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	switch ours, err := lock.TryLock(); {
	case err != nil:
		return err
	case !ours:
		return fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	e.lock = lock
	s, err := server.NewServer(&server.Options{
		ServerName:    "plone-fleet",
		Host:          "127.0.0.1",
		Port:          server.RANDOM_PORT,
		Authorization: token,
		JetStream:     true,
		StoreDir:      dir,
		NoLog:         true,
		NoSigs:        true,
	})
	if err != nil {
		return err
	}
	e.server = s
	go s.Start()
	if !s.ReadyForConnections(startTimeout) || !s.JetStreamEnabled() {
		return fmt.Errorf("the server in %s does not start", dir)
	}
	e.url = fmt.Sprintf("nats://%s@%s", token, s.Addr())
	return nil
}

// Conn returns the connection, which Close closes.
func (e *Engine) Conn() *nats.Conn { return e.conn }

// URL returns the address for other processes: that of the cluster, or that of the
// server in this process, for this machine alone. It is secret, as it has a token
// or password in it: pass it on in an environment or a file, not in arguments.
func (e *Engine) URL() string { return e.url }

// Close closes the connection, and stops the server when it is in this process.
// Its data stays.
func (e *Engine) Close() error {
	if e.conn != nil {
		e.conn.Close()
	}
	if e.server != nil {
		e.server.Shutdown()
		e.server.WaitForShutdown()
	}
	if e.lock != nil {
		return e.lock.Unlock()
	}
	return nil
}
