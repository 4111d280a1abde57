package main

import (
	"context"
	"log/slog"
	"net/http"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/pierre-mcp/pierre/internal/tracing"
	"github.com/pierre-mcp/pierre/internal/tracing/export"
)

// traces are where the server's spans go; the zero value goes nowhere.
type traces struct{ provider *sdktrace.TracerProvider }

// openTraces prepares to send the spans of a server if the environment asks for it, and then lets the log name them.
func openTraces(ctx context.Context, getenv func(string) string, log *slog.Logger, serving bool) (traces, *slog.Logger, error) {
	if !serving || !export.Wanted(getenv) {
		return traces{}, log, nil
	}
	provider, err := export.New(ctx, "pierre-mcp-server")
	return traces{provider}, slog.New(tracing.Handler(log.Handler())), err
}

// of traces the requests that h answers for the route.
func (t traces) of(route string, h http.Handler) http.Handler {
	if t.provider == nil {
		return h
	}
	return export.Requests(t.provider, route, h)
}

// close sends what is left. That the collector is away is no failure of the server.
func (t traces) close(ctx context.Context, log *slog.Logger) {
	if t.provider == nil {
		return
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		log.WarnContext(ctx, "the last traces could not be sent", slog.Any("err", err))
	}
}
