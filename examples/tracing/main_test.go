package main

import (
	"net/http"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/plonetest"
)

func TestRun(t *testing.T) {
	server := plonetest.NewServer()
	defer server.Close()
	server.Inject(plonetest.Fault{Method: http.MethodGet, Path: "/news", Status: http.StatusBadGateway})
	spans := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	require.NoError(t, run(t.Context(), provider, server.URL, "admin", "secret"))

	got := spans.GetSpans()
	assert.Equal(t, []string{
		"Content.Get",
		"  @login",
		"  Content.Get, attempt 1",
		"Content.Get",
		"  Content.Get, attempt 1",
		"  Content.Get, attempt 2",
	}, tree(got))
}
