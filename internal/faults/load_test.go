package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/internal/faultproxy"
	"plone.example/restapi/retry"
)

// TestLoad_exactlyOnce creates objects by 16 goroutines through a proxy that
// loses every eighth answer, and counts them. One in six is what the retry budget can
// carry for any length of time.
func TestLoad_exactlyOnce(t *testing.T) {
	for _, folders := range []int{1, 16} {
		t.Run(fmt.Sprintf("%d folders", folders), func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) { load(t, s, folders) })
		})
	}
}

func load(t *testing.T, s *site, folders int) {
	const writers = 16
	objects, policy := 200, quick
	if s.live {
		objects, policy = 50, retry.Policy{}
	}
	if long() {
		objects = 1000
	}
	var lost, repeats, conflicts atomic.Int64
	policy.OnRetry = func(_ context.Context, a retry.Attempt) {
		repeats.Add(1)
		if errors.Is(a.Err, errors.ErrConflict) {
			conflicts.Add(1)
		}
	}
	random := rand.New(rand.NewPCG(1, uint64(folders)))
	c, settle := s.behind(t, policy, func(faultproxy.Exchange) faultproxy.Fault {
		if random.IntN(8) == 0 {
			lost.Add(1)
			return faultproxy.LoseAnswer
		}
		return faultproxy.None
	})
	paths := make([]string, folders)
	for i := range paths {
		paths[i] = s.folder(t)
	}
	start := time.Now()
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for n := range jobs {
				_, err := c.Content.Create(t.Context(), paths[n%folders], document(fmt.Sprintf("n%d", n)), client.ExactlyOnce())
				assert.NoError(t, err)
			}
		})
	}
	for n := range objects {
		jobs <- n
	}
	close(jobs)
	wg.Wait()
	took := time.Since(start)
	settle()
	found := 0
	for _, path := range paths {
		for _, err := range s.client(t).Content.Children(t.Context(), path, client.ListOptions{PageSize: 500}) {
			require.NoError(t, err)
			found++
		}
	}
	assert.Equal(t, objects, found)
	t.Logf("%d objects by %d writers into %d folders in %v: %d answers lost, %d repeats, %d of them after a write conflict",
		found, writers, folders, took.Round(time.Millisecond), lost.Load(), repeats.Load(), conflicts.Load())
}
