package mcpapi

import (
	"context"
	"encoding/json"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/pierre-mcp/pierre/internal/tracing"
)

// A traceMeta is the trace context in the _meta of an MCP request, as W3C Trace Context has it.
type traceMeta struct {
	Traceparent string `json:"traceparent"`
	Tracestate  string `json:"tracestate"`
}

// traceOf returns what the params of a request say of the caller's trace; what has the wrong type counts as absent.
func traceOf(params json.RawMessage) traceMeta {
	var read struct {
		Meta traceMeta `json:"_meta"`
	}
	if json.Unmarshal(params, &read) != nil {
		return traceMeta{}
	}
	return read.Meta
}

// beginCall starts the span of an MCP request, such as tools/call of a tool. It belongs to the caller's trace that meta
// names, if it names one, and otherwise to that of ctx; then the two are linked.
func beginCall(ctx context.Context, method, tool string, meta traceMeta) (within context.Context, end func(failed bool)) {
	request := trace.SpanFromContext(ctx)
	if !request.SpanContext().IsValid() {
		return ctx, func(bool) {}
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("mcp.method.name", method), attribute.String("gen_ai.tool.name", tool))}
	carrier := propagation.MapCarrier{"traceparent": meta.Traceparent, "tracestate": meta.Tracestate}
	if caller := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier)); caller.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: request.SpanContext()}))
		ctx = trace.ContextWithRemoteSpanContext(ctx, caller)
	}
	within, span := request.TracerProvider().Tracer(tracing.Scope).Start(ctx, method+" "+tool, options...)
	return within, func(failed bool) { tracing.Finish(span, failed) }
}
