package mcpapi_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/internal/tracing"
	"github.com/pierre-mcp/pierre/internal/tracing/export"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// A receiver is a collector that takes traces by OTLP over HTTP.
type receiver struct {
	t *testing.T

	mu    sync.Mutex
	spans []*spans.Span
	all   string // what was received, as text

	finish func() // ends the server and sends all spans
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.t.Errorf("%s %s, %s: %v", r.Method, r.URL, r.Header.Get("Content-Type"), err)
	}
	var batch collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &batch); err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all += batch.String()
	for _, of := range batch.GetResourceSpans() {
		for _, scope := range of.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// named returns the spans of that name.
func (c *receiver) named(name string) []*spans.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s *spans.Span) bool { return s.GetName() != name })
}

// traced is a harness whose requests are traced as the server's program does. The receiver's finish ends the server and sends all spans.
func traced(t *testing.T) (h *harness, c *receiver, log *streamabletest.Log) {
	t.Helper()
	c = &receiver{t: t}
	at := httptest.NewServer(c)
	t.Cleanup(at.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", at.URL)
	provider, err := export.New(t.Context(), "pierre-test")
	if err != nil {
		t.Fatal(err)
	}
	h, log = open(t, mcpapitest.Parts{}, mcpapi.Options{}), &streamabletest.Log{}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- web.Serve(ctx, ln, export.Requests(provider, "/mcp", h.API), slog.New(tracing.Handler(slog.NewTextHandler(log, nil))), web.Options{AccessLog: true})
	}()
	h.url = "http://" + ln.Addr().String()
	c.finish = func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		h.close()
		if err := provider.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
	return h, c, log
}

const (
	headerTrace = "0af7651916cd43dd8448eb211c80319c"
	metaTrace   = "4bf92f3577b34da6a3ce929d0e0e4736"
	someSpan    = "00f067aa0ba902b7"
)

func TestCallsAreTraced(t *testing.T) {
	h, c, log := traced(t)
	client := h.client(pierre.Limit{Requests: 10, Period: pierre.PeriodMonth})
	for _, resp := range []streamabletest.Response{
		client.Post(streamabletest.Call("1", "noop", `"name":"private"`), "Traceparent", fmt.Sprintf("00-%s-%s-01", headerTrace, someSpan)),
		client.Post(strings.Replace(streamabletest.Call("2", "noop", ""), `"_meta":{`, fmt.Sprintf(`"_meta":{"traceparent":"00-%s-%s-01",`, metaTrace, someSpan), 1),
			"Traceparent", fmt.Sprintf("00-%s-%s-01", headerTrace, someSpan)),
		client.Post(strings.Replace(streamabletest.Call("3", "noop", ""), `"_meta":{`, `"_meta":{"traceparent":"nonsense",`, 1)),
	} {
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", resp.StatusCode, resp.Text)
		}
	}
	c.finish()
	requests, calls := c.named("POST /mcp"), c.named("tools/call noop")
	if len(requests) != 3 || len(calls) != 3 {
		t.Fatalf("%d spans of requests and %d of calls, want 3 of each", len(requests), len(calls))
	}
	for i, want := range []struct{ trace, parent string }{
		{headerTrace, hex.EncodeToString(requests[0].GetSpanId())}, // the request's
		{metaTrace, someSpan}, // _meta wins
		{hex.EncodeToString(requests[2].GetTraceId()), hex.EncodeToString(requests[2].GetSpanId())},
	} {
		if trace, parent := hex.EncodeToString(calls[i].GetTraceId()), hex.EncodeToString(calls[i].GetParentSpanId()); trace != want.trace || parent != want.parent {
			t.Errorf("call %d is in trace %s below %s, want %+v", i, trace, parent, want)
		}
	}
	if links := calls[1].GetLinks(); len(links) != 1 || hex.EncodeToString(links[0].GetTraceId()) != headerTrace {
		t.Errorf("the call in another trace than its request's has the links %v", links)
	}
	for name, parents := range map[string][]*spans.Span{"verify key": requests, "reserve": calls, "run tool": calls, "record": calls} {
		children := c.named(name)
		if len(children) != 3 {
			t.Errorf("%d spans %q, want 3", len(children), name)
			continue
		}
		for i, s := range children {
			if string(s.GetParentSpanId()) != string(parents[i].GetSpanId()) {
				t.Errorf("%s %d does not belong to %s", name, i, parents[i].GetName())
			}
		}
	}
	for _, secret := range []string{client.Key, string(client.row.ID), client.row.Email, "private"} {
		if strings.Contains(c.all, secret) {
			t.Errorf("the spans hold %q", secret)
		}
	}
	if !strings.Contains(log.String(), "trace_id="+headerTrace) {
		t.Errorf("the log names no trace:\n%s", log)
	}
}

// Without a trace in the context, marking costs nothing.
func TestUntracedCallsAllocateNothing(t *testing.T) {
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		within, end := tracing.Begin(ctx, "reserve")
		end(nil)
		if within != ctx || tracing.On(ctx) {
			t.Error("a span was begun")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkUntraced(b *testing.B) {
	ctx := b.Context()
	for b.Loop() {
		_, end := tracing.Begin(ctx, "reserve")
		end(nil)
	}
}
