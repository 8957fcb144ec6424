package transfer_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/transfer"
)

// What ends the caller's code in a worker ends the run, and the next one resumes.
func TestRun_panicOfTheCaller(t *testing.T) {
	t.Parallel()
	value := &struct{ name string }{"the same"}
	for name, end := range map[string]func(){"panic": func() { panic(value) }, "Goexit": runtime.Goexit} {
		for _, parallel := range []int{1, 3} {
			a, dir := small(t), t.TempDir()
			done, returned := make(chan struct{}), false
			var got any
			go func() {
				defer close(done)
				defer func() { got = recover() }()
				_, _ = transfer.Export(t.Context(), a.client, dir, transfer.ExportOptions{Concurrency: parallel, Progress: func(e transfer.Event) {
					if e.Phase == transfer.PhaseContent && e.Done > 0 {
						end()
					}
				}})
				returned = true
			}()
			<-done
			assert.False(t, returned, name)
			if name == "panic" {
				assert.Same(t, value, got)
			}
			_, err := transfer.Export(t.Context(), a.client, dir, transfer.ExportOptions{Concurrency: parallel})
			require.NoError(t, err)
		}
	}
}
