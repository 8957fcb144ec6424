package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// The lock holds as long as the work takes, and not longer.
func ExampleLockingService_WithLock() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	err = c.Locking.WithLock(ctx, "/news", func(ctx context.Context, lock client.Lock) error {
		_, err := c.Content.Update(ctx, "/news", client.Fields{"title": "by another"})
		fmt.Println("without the token:", errors.Is(err, errors.ErrLocked))
		_, err = c.Content.Update(ctx, "/news", client.Fields{"title": "Mine"}, client.LockToken(lock.Token))
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	lock, err := c.Locking.Get(ctx, "/news")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("locked afterwards:", lock.Value.Locked)

	// Output:
	// without the token: true
	// locked afterwards: false
}
