package export

import (
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/pierre-mcp/pierre/internal/tracing"
	"github.com/pierre-mcp/pierre/internal/web"
)

// Requests traces h, which answers for the route, with provider: each request has a span, in the trace of its traceparent
// header if it has one. Its line in the log names the trace.
func Requests(provider trace.TracerProvider, route string, h http.Handler) http.Handler {
	tracer := provider.Tracer(tracing.Scope)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := tracer.Start(ctx, r.Method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", method(r.Method)), attribute.String("http.route", route)))
		defer span.End()
		r = r.WithContext(ctx)
		web.SetTrace(ctx, span.SpanContext().TraceID().String())
		h.ServeHTTP(w, r)
		status, _ := web.Outcome(r)
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	})
}

// method returns a method of HTTP, or what the conventions of OpenTelemetry say for one that a client made up.
func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return name
	default:
		return "_OTHER"
	}
}
