package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
)

func TestRun(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	out, printed := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", printed) }()
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	url := strings.TrimPrefix(lines.Text(), "site: ")
	require.True(t, lines.Scan())
	assert.Equal(t, "user: admin, password: secret", lines.Text())

	c, err := client.New(url, client.WithAuth(auth.Login("admin", "secret")))
	require.NoError(t, err)
	created, err := c.Content.Create(t.Context(), "/news", client.Fields{"@type": "Document", "id": "c", "title": "C"})
	require.NoError(t, err)
	assert.Equal(t, url+"/news/c", created.Location.String())

	host := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/Plone")
	require.Error(t, run(ctx, host, io.Discard), "the address is taken")

	interrupt()
	require.NoError(t, <-ended)
	again, err := net.Listen("tcp", host)
	require.NoError(t, err, "the address is free again")
	require.NoError(t, again.Close())
}
