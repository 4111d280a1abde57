// Package tracing marks what a request spends its time with, as spans of OpenTelemetry. A request is traced if its context
// has a span, which package export puts there; without one, which is the case unless an operator configures tracing, all of
// this costs next to nothing. That package sends the spans, too.
//
// Spans carry names of tools and of routes, and never a key, an e-mail address or an argument.
package tracing

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Scope is the name of the instrumentation.
const Scope = "github.com/pierre-mcp/pierre"

// On reports whether ctx belongs to a traced request, sampled or not.
func On(ctx context.Context) bool { return trace.SpanContextFromContext(ctx).IsValid() }

// Begin starts a span within that of ctx, until end is called with the outcome. Without a span in ctx it does nothing.
func Begin(ctx context.Context, name string) (within context.Context, end func(error)) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func(error) {}
	}
	within, span := parent.TracerProvider().Tracer(Scope).Start(ctx, name)
	return within, func(err error) { Finish(span, err != nil) }
}

// Finish ends a span. That it failed is enough here: an error's text may hold what only the log may.
func Finish(span trace.Span, failed bool) {
	if failed {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
