package mcpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

const (
	benchHandshake = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`
	benchLegacy    = `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"noop","arguments":{"n":1}}}`
	benchModern    = `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"noop","arguments":{"n":1},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`
)

// benchTools is a server with a tool that does nothing.
func benchTools() *server.MCPServer {
	m := server.NewMCPServer("bench", "1.0.0")
	m.AddTool(mcp.NewTool("noop", mcp.WithDescription("does nothing"), mcp.WithNumber("n")),
		func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("ok"), nil
		})
	return m
}

// A benchClient is one tenant with a session of its own.
type benchClient struct{ key, athlete, session string }

func (c benchClient) request(ctx context.Context, body string, modern bool) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", "Bearer "+c.key)
	if c.athlete != "" {
		r.Header.Set(pierre.HeaderAthlete, c.athlete)
	}
	if modern {
		r.Header.Set("Mcp-Protocol-Version", "2026-07-28")
		r.Header.Set("Mcp-Method", "tools/call")
		r.Header.Set("Mcp-Name", "noop")
	} else if c.session != "" {
		r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
		r.Header.Set("Mcp-Session-Id", c.session)
	}
	return r
}

// BenchmarkCall measures a call of a tool that does nothing, with everything but the network, and how it depends on the
// number of tenants that call in turns. The bare server of mcp-go, without keys, limits and records, is the baseline.
func BenchmarkCall(b *testing.B) {
	for _, era := range []string{"legacy", "modern"} {
		template := map[string]string{"legacy": benchLegacy, "modern": benchModern}[era]
		b.Run(era+"/bare", func(b *testing.B) {
			benchCalls(b, server.NewStreamableHTTPServer(benchTools()), []benchClient{open1(b, server.NewStreamableHTTPServer(benchTools()), "")}, template, era == "modern")
		})
		for _, tenants := range []int{1, 10, 10_000} {
			b.Run(fmt.Sprintf("%s/tenants=%d", era, tenants), func(b *testing.B) {
				stack, err := mcpapitest.Open(b.Context(), b.TempDir(), benchTools(), mcpapitest.Parts{}, mcpapi.Options{})
				if err != nil {
					b.Fatal(err)
				}
				defer stack.Close(context.WithoutCancel(b.Context()))
				clients := make([]benchClient, tenants)
				for i := range clients {
					_, key, err := stack.Provision(b.Context(), pierre.Limit{Requests: 1_000_000_000, Period: pierre.PeriodMonth})
					if err != nil {
						b.Fatal(err)
					}
					clients[i] = open1(b, stack.API, key)
				}
				benchCalls(b, stack.API, clients, template, era == "modern")
			})
		}
	}
}

// BenchmarkAthletes is BenchmarkCall for the athletes of one application's key.
func BenchmarkAthletes(b *testing.B) {
	for _, era := range []string{"legacy", "modern"} {
		template := map[string]string{"legacy": benchLegacy, "modern": benchModern}[era]
		for _, athletes := range []int{1, 10, 10_000} {
			b.Run(fmt.Sprintf("%s/athletes=%d", era, athletes), func(b *testing.B) {
				stack, err := mcpapitest.Open(b.Context(), b.TempDir(), benchTools(), mcpapitest.Parts{}, mcpapi.Options{})
				if err != nil {
					b.Fatal(err)
				}
				defer stack.Close(context.WithoutCancel(b.Context()))
				_, key, err := stack.ProvisionApplication(b.Context(), pierre.Limit{Requests: 1_000_000_000, Period: pierre.PeriodMonth})
				if err != nil {
					b.Fatal(err)
				}
				clients := make([]benchClient, athletes)
				for i := range clients {
					clients[i] = openFor(b, stack.API, benchClient{key: key, athlete: fmt.Sprintf("athlete-%d", i)})
				}
				benchCalls(b, stack.API, clients, template, era == "modern")
			})
		}
	}
}

// open1 returns a client with an open session.
func open1(b *testing.B, h http.Handler, key string) benchClient {
	b.Helper()
	return openFor(b, h, benchClient{key: key})
}

// openFor opens a session for c.
func openFor(b *testing.B, h http.Handler, c benchClient) benchClient {
	b.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, c.request(b.Context(), benchHandshake, false))
	if w.Code != http.StatusOK {
		b.Fatalf("%d %s", w.Code, w.Body)
	}
	c.session = w.Header().Get("Mcp-Session-Id")
	return c
}

func benchCalls(b *testing.B, h http.Handler, clients []benchClient, template string, modern bool) {
	b.Helper()
	var turn atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := turn.Add(1)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, clients[int(n)%len(clients)].request(b.Context(), fmt.Sprintf(template, n), modern))
			if w.Code != http.StatusOK {
				b.Errorf("%d %s", w.Code, w.Body)
				return
			}
		}
	})
}
