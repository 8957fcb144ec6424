// Command tracing shows calls as traces of OpenTelemetry: one span per call, named by
// its operation, one below it for each attempt, and a login in the trace of the call
// that needed it. It runs against a Plone in memory, unless PLONE_URL is set.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

func main() {
	site, user, password := os.Getenv("PLONE_URL"), os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD")
	if site == "" {
		server := plonetest.NewServer() // until the program ends
		server.Inject(plonetest.Fault{Method: http.MethodGet, Path: "/news", Status: http.StatusBadGateway})
		site, user, password = server.URL, "admin", "secret"
	}
	spans := tracetest.NewInMemoryExporter() // yours sends them to a collector
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	if err := run(context.Background(), provider, site, user, password); err != nil {
		log.Fatal(err)
	}
	for _, line := range tree(spans.GetSpans()) {
		fmt.Println(line)
	}
}

// run reads the site and its news.
func run(ctx context.Context, provider trace.TracerProvider, site, user, password string) error {
	c, err := client.New(site,
		client.WithAuth(auth.Login(user, password)),
		client.WithTransport(traced(provider)))
	if err != nil {
		return err
	}
	tracer := provider.Tracer("plone.example/restapi/examples/tracing")
	for _, path := range []string{"/", "/news"} {
		_, err := call(ctx, tracer, "Content.Get", func(ctx context.Context) (*client.OK[client.Content], error) {
			return c.Content.Get(ctx, path)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// call runs a call of an operation in a span of its own, which has the attempts below
// it.
func call[T any](ctx context.Context, tracer trace.Tracer, operation string, do func(context.Context) (T, error)) (T, error) {
	ctx, span := tracer.Start(ctx, operation)
	defer span.End()
	result, err := do(ctx)
	if err != nil {
		span.RecordError(err)
	}
	return result, err
}

// traced is a transport that makes a span of each attempt, and of each login.
func traced(provider trace.TracerProvider) http.RoundTripper {
	return otelhttp.NewTransport(numbered{http.DefaultTransport},
		otelhttp.WithTracerProvider(provider),
		otelhttp.WithSpanNameFormatter(func(_ string, req *http.Request) string {
			operation := client.OperationName(req.Context())
			if operation == "" { // no operation: a login
				return req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]
			}
			return fmt.Sprintf("%s, attempt %d", operation, retry.AttemptNumber(req.Context()))
		}))
}

// numbered notes the number of the attempt, as conventions for HTTP want it.
type numbered struct{ http.RoundTripper }

func (n numbered) RoundTrip(req *http.Request) (*http.Response, error) {
	if attempt := retry.AttemptNumber(req.Context()); attempt > 1 {
		trace.SpanFromContext(req.Context()).SetAttributes(attribute.Int("http.request.resend_count", attempt-1))
	}
	return n.RoundTripper.RoundTrip(req)
}

// tree lists the spans, those below another one indented, in the order in which they
// began.
func tree(spans tracetest.SpanStubs) []string {
	var lines []string
	var below func(parent trace.SpanID, indent string)
	below = func(parent trace.SpanID, indent string) {
		for _, span := range ordered(spans) {
			if span.Parent.SpanID() == parent {
				lines = append(lines, indent+span.Name)
				below(span.SpanContext.SpanID(), indent+"  ")
			}
		}
	}
	below(trace.SpanID{}, "")
	return lines
}

// ordered are the spans in the order in which they began.
func ordered(spans tracetest.SpanStubs) tracetest.SpanStubs {
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	return spans
}
