package fleet

import (
	"context"
	"net/url"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

func TestOpen_serverInThisProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e, err := Open(t.Context(), EngineOptions{Dir: dir})
	require.NoError(t, err)
	address, err := url.Parse(e.URL())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1", address.Hostname())
	assert.NotEmpty(t, address.User.Username())

	other, err := Open(t.Context(), EngineOptions{URL: e.URL()})
	require.NoError(t, err)
	require.NoError(t, other.Conn().Flush())
	require.NoError(t, other.Close())

	address.User = nil
	_, err = Open(t.Context(), EngineOptions{URL: address.String()})
	require.ErrorIs(t, err, nats.ErrAuthorization, "other users of the machine have no token")

	_, err = Open(t.Context(), EngineOptions{Dir: dir})
	require.ErrorIs(t, err, ErrInUse)
	require.NoError(t, e.Close())

	again, err := Open(t.Context(), EngineOptions{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestOpen_keepsItsData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range uint64(3) {
		e, err := Open(t.Context(), EngineOptions{Dir: dir})
		require.NoError(t, err)
		f, err := open(t.Context(), e.Conn(), Options{Name: "a"})
		require.NoError(t, err)
		var count uint64
		revision, err := f.read(t.Context(), "count", &count)
		require.NoError(t, err)
		assert.Equal(t, n, revision)
		assert.Equal(t, n, count)
		require.NoError(t, f.put(t.Context(), "count", count+1))
		require.NoError(t, e.Close())
	}
}

func TestOpen_errors(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), EngineOptions{})
	require.ErrorIs(t, err, errors.ErrInvalidInput)

	_, err = Open(t.Context(), EngineOptions{URL: "nats://someone:hidden@127.0.0.1:1"})
	require.ErrorIs(t, err, nats.ErrNoServers)
	assert.NotContains(t, err.Error(), "hidden")

	_, err = Open(t.Context(), EngineOptions{URL: "nats://someone:hidden@127.0.0.1:no"})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hidden")

	_, err = Open(t.Context(), EngineOptions{Dir: "/dev/null/no"})
	require.Error(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Open(ctx, EngineOptions{URL: "nats://127.0.0.1:1"})
	require.Error(t, err)
}
