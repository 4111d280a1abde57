package bridge_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/mcptest"
)

// The fault table in virtual time, so that its bounds are exact. internal/e2e runs the
// same table with the built program.
func TestFaults(t *testing.T) {
	for _, row := range slices.Concat(mcptest.Faults(), mcptest.SlowFaults()) {
		t.Run(row.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				row.Run(t, mcptest.World{Server: s.Server, Start: func() *mcptest.Host { return newHost(t, s, bridge.Options{}).Host }})
			})
		})
	}
}

// What takes long in real time, or shows in virtual time alone.
func TestLongFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, s *remote, h *host)
	}{
		{"server is not up yet: initialize is held", func(t *testing.T, s *remote, h *host) {
			s.Down()
			start := time.Now()
			time.AfterFunc(3*time.Second, s.Up)
			h.Send(initialize)
			h.Result(0)
			within(t, start, 3300*time.Millisecond)
		}},
		{"discover of the later era is held too, but for less than the probe of a host takes", func(t *testing.T, s *remote, h *host) {
			s.Down()
			time.AfterFunc(time.Second, s.Up)
			h.Send(modern(1, "server/discover", ""))
			h.Result(1)
			s.Down()
			start := time.Now()
			h.Send(modern(2, "server/discover", ""))
			h.Failure(2, "connection refused")
			within(t, start, 2*time.Second)
		}},
		{"a host that probes and then initializes hears of a server that is down within its 30 s", func(t *testing.T, s *remote, h *host) {
			s.Down()
			start := time.Now()
			<-time.After(time.Second) // the host is slow, too
			h.Send(modern(1, "server/discover", ""))
			h.Failure(1, "connection refused")
			<-time.After(2 * time.Second)
			h.Send(initialize)
			h.Failure(0, "server.example", "connection refused", "tries")
			within(t, start, 20*time.Second)
			<-time.After(time.Minute)
			start = time.Now()
			h.Send(initialize) // the time begins anew
			h.Failure(0, "connection refused")
			if took := time.Since(start); took < 15*time.Second || took > 20*time.Second {
				t.Errorf("the later initialize took %v", took)
			}
		}},
		{"server whose packets are lost: the time is the same", func(t *testing.T, s *remote, h *host) {
			s.Swallow()
			start := time.Now()
			h.Send(modern(1, "server/discover", ""))
			h.Failure(1, "no connection")
			within(t, start, 2*time.Second)
			h.Send(initialize)
			h.Failure(0, "server.example", "no connection")
			within(t, start, 20*time.Second)
		}},
		{"429 for longer than a host waits: the server's own words at once", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", -1, mcptest.Respond(429, `{"jsonrpc":"2.0","id":1,"error":{"code":429,"message":"Your quota is used up.","data":{"retryAfterSeconds":9007199254740993}}}`,
				"Retry-After: 3600", "Content-Type: application/json"))
			start := time.Now()
			h.Send(call(1, "write"))
			l := h.Failure(1, "Your quota is used up.")
			within(t, start, 0)
			if string(l.Error.Data) != `{"retryAfterSeconds":9007199254740993}` {
				t.Errorf("data = %s", l.Error.Data)
			}
		}},
		{"429 without JSON-RPC: an error with the wait in it", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", -1, mcptest.Respond(429, "", "Retry-After: 120"))
			h.Send(call(1, "write"))
			l := h.Failure(1, "server.example", "429", "2m0s")
			if l.Error.Code != 429 || string(l.Error.Data) != `{"status":429,"retryAfter":120}` {
				t.Errorf("error = %+v", l.Error)
			}
		}},
		{"session expired on a server that keeps the listening stream's head back", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("GET", -1, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			start := time.Now()
			h.Handshake()
			within(t, start, 250*time.Millisecond)
			s.Forget()
			start = time.Now()
			h.Send(call(1, "write"))
			h.Result(1)
			within(t, start, 0)
		}},
		{"session unknown, answered 400 as some servers do", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", 1, mcptest.Respond(400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}`, "Content-Type: application/json"))
			h.Send(call(1, "write"))
			h.Result(1)
			if n := s.Count("initialize"); n != 2 {
				t.Errorf("%d initialize requests", n)
			}
		}},
		{"an answer with 400 that speaks of sessions is an answer", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", 1, mcptest.Respond(400, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"session_id must be a string"}}`, "Content-Type: application/json"))
			h.Send(call(1, "write"))
			h.Failure(1, "session_id must be a string")
		}},
		{"key revoked: the re-initialization is refused, every call is told so", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Forget()
			s.Misbehave("initialize", -1, mcptest.Respond(401, `{"detail":"This key was revoked on 1 May."}`, "Content-Type: application/problem+json"))
			h.Send(call(1, "write"), call(2, "write"))
			h.Failure(1, "401", "This key was revoked on 1 May", "Ask the operator.")
			h.Failure(2, "401", "revoked on 1 May")
		}},
		{"wrong key, refused in JSON-RPC: passed through", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("initialize", 1, mcptest.Respond(401, `{"jsonrpc":"2.0","id":0,"error":{"code":401,"message":"This key does not exist."}}`, "Content-Type: application/json"))
			h.Send(initialize)
			if l := h.Failure(0, "This key does not exist."); l.Error.Code != 401 {
				t.Errorf("code = %d", l.Error.Code)
			}
			h.Handshake()
		}},
		{"plan lacks the tool", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", 1, mcptest.Respond(403, "", ""))
			h.Send(call(1, "write"))
			h.Failure(1, "403", "does not permit")
		}},
		{"unknown method in the later era: its 404 is no lost session", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("no/such", 1, mcptest.Respond(404, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}`, "Content-Type: application/json"))
			h.Send(modern(1, "no/such", ""))
			if l := h.Failure(1, "Method not found"); l.Error.Code != -32601 {
				t.Errorf("code = %d", l.Error.Code)
			}
		}},
		{"unknown method in the earlier era, answered 404", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("no/such", 1, mcptest.Respond(404, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}`, "Content-Type: application/json"))
			h.Send(`{"jsonrpc":"2.0","id":1,"method":"no/such"}`)
			h.Failure(1, "Method not found")
			if n := s.Count("initialize"); n != 1 {
				t.Errorf("%d initialize requests", n)
			}
		}},
		{"wrong path", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("initialize", 1, mcptest.Respond(404, "404 page not found", "Content-Type: text/plain"))
			h.Send(initialize)
			h.Failure(0, "404", "/mcp", "URL")
		}},
		{"accepted without an answer", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", 1, mcptest.Respond(202, ""))
			h.Send(call(1, "write"))
			h.Failure(1, "202", "does not answer")
		}},
		{"answer that is not JSON", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", 1, mcptest.Respond(200, `{"jsonrpc":"2.0","id":1,"result":{`, "Content-Type: application/json"))
			h.Send(call(1, "write"))
			h.Failure(1, "does not answer")
		}},
		{"answer larger than the limit", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			big := make([]byte, 2<<20)
			s.Misbehave("tools/call", 1, mcptest.Respond(200, string(big), "Content-Type: application/json"))
			h.Send(call(1, "write"))
			h.Failure(1, "more than 1 MiB")
		}},
		{"502 from a proxy in front: only what is safe is repeated", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", 1, mcptest.Respond(502, "<html>", "Content-Type: text/html"))
			h.Send(call(1, "write"))
			h.Failure(1, "502")
			s.Misbehave("tools/call", 2, mcptest.Respond(502, ""))
			h.Send(call(2, "read"))
			h.Result(2)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				tt.run(t, s, newHost(t, s, bridge.Options{MaxMessage: 1 << 20, Advice: func(f bridge.Failure) string {
					if f.Cause == bridge.KeyRefused && f.Host == "server.example" {
						return "Ask the operator."
					}
					return ""
				}}))
			})
		})
	}
}
