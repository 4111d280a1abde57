package bridge_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
)

// Every row is something that goes wrong between the bridge and the server, and
// what the host must see of it. Time is the bubble's, so the bounds are exact.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, s *remote, h *host)
	}{
		{"server is not up yet: initialize is held", func(t *testing.T, s *remote, h *host) {
			s.crash()
			start := time.Now()
			time.AfterFunc(3*time.Second, s.up)
			h.send(initialize)
			h.result(0)
			within(t, start, 3300*time.Millisecond)
		}},
		{"server stays away: initialize fails, a later one works", func(t *testing.T, s *remote, h *host) {
			s.crash()
			start := time.Now()
			h.send(initialize)
			h.failure(0, "server.example", "connection refused")
			within(t, start, 20*time.Second)
			if time.Since(start) < 15*time.Second {
				t.Errorf("gave up after %v", time.Since(start))
			}
			s.up()
			start = time.Now()
			h.handshake()
			within(t, start, 0)
		}},
		{"discover of the later era is held too, but for less than the probe of a host takes", func(t *testing.T, s *remote, h *host) {
			s.crash()
			time.AfterFunc(time.Second, s.up)
			h.send(modern(1, "server/discover", ""))
			h.result(1)
			s.crash()
			start := time.Now()
			h.send(modern(2, "server/discover", ""))
			h.failure(2, "connection refused")
			within(t, start, 2*time.Second)
		}},
		{"a host that probes and then initializes hears of a server that is down within its 30 s", func(t *testing.T, s *remote, h *host) {
			s.crash()
			start := time.Now()
			<-time.After(time.Second) // the host is slow, too
			h.send(modern(1, "server/discover", ""))
			h.failure(1, "connection refused")
			<-time.After(2 * time.Second)
			h.send(initialize)
			h.failure(0, "server.example", "connection refused", "tries")
			within(t, start, 20*time.Second)
			<-time.After(time.Minute)
			start = time.Now()
			h.send(initialize) // the time begins anew
			h.failure(0, "connection refused")
			if took := time.Since(start); took < 15*time.Second || took > 20*time.Second {
				t.Errorf("the later initialize took %v", took)
			}
		}},
		{"server whose packets are lost: the time is the same", func(t *testing.T, s *remote, h *host) {
			s.swallow()
			start := time.Now()
			h.send(modern(1, "server/discover", ""))
			h.failure(1, "no connection")
			within(t, start, 2*time.Second)
			h.send(initialize)
			h.failure(0, "server.example", "no connection")
			within(t, start, 20*time.Second)
		}},
		{"down for 1.5 s in mid-conversation", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.outage(1500*time.Millisecond, s.up)
			start := time.Now()
			h.send(call(1, "write"))
			h.result(1)
			within(t, start, 1800*time.Millisecond)
		}},
		{"down for long: every call gets an error, then works at once", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.crash()
			start := time.Now()
			h.send(call(1, "write"), call(2, "read"))
			h.failure(1, "server.example", "connection refused")
			h.failure(2, "server.example", "connection refused")
			within(t, start, 45*time.Second)
			s.up()
			start = time.Now()
			h.send(call(3, "write"))
			h.result(3)
			within(t, start, 0)
			if s.runsOf("write") != 1 || s.runsOf("read") != 0 {
				t.Errorf("write ran %d times, read %d times", s.runsOf("write"), s.runsOf("read"))
			}
		}},
		{"503 for 2 s", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", -1, respond(503, "deploying"))
			time.AfterFunc(2*time.Second, s.behave)
			start := time.Now()
			h.send(call(1, "write"))
			h.result(1)
			within(t, start, 2300*time.Millisecond)
		}},
		{"429 with Retry-After: 1", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, respond(429, "slow down", "Retry-After: 1"))
			start := time.Now()
			h.send(call(1, "write"))
			h.result(1)
			within(t, start, 1200*time.Millisecond)
			if time.Since(start) < time.Second {
				t.Errorf("came back after %v", time.Since(start))
			}
		}},
		{"429 for longer than a host waits: the server's own words at once", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", -1, respond(429, `{"jsonrpc":"2.0","id":1,"error":{"code":429,"message":"Your quota is used up.","data":{"retryAfterSeconds":9007199254740993}}}`,
				"Retry-After: 3600", "Content-Type: application/json"))
			start := time.Now()
			h.send(call(1, "write"))
			l := h.failure(1, "Your quota is used up.")
			within(t, start, 0)
			if string(l.Error.Data) != `{"retryAfterSeconds":9007199254740993}` {
				t.Errorf("data = %s", l.Error.Data)
			}
		}},
		{"429 without JSON-RPC: an error with the wait in it", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", -1, respond(429, "", "Retry-After: 120"))
			h.send(call(1, "write"))
			l := h.failure(1, "server.example", "429", "2m0s")
			if l.Error.Code != 429 || string(l.Error.Data) != `{"status":429,"retryAfter":120}` {
				t.Errorf("error = %+v", l.Error)
			}
		}},
		{"connection reset in a plain call of a tool that changes things", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request) {
				s.ran("write")
				hangUp(w, r)
			})
			start := time.Now()
			h.send(call(1, "write"))
			h.failure(1, "may or may not have been carried out")
			within(t, start, 0)
			if s.runsOf("write") != 1 {
				t.Errorf("ran %d times", s.runsOf("write"))
			}
		}},
		{"connection reset in a plain call of a read-only tool", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, hangUp)
			h.send(call(1, "read"))
			h.result(1)
		}},
		{"connection reset in a plain call of an idempotent tool, in the middle of the answer", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Write([]byte(`{"jsonrpc":"2.0",`))
				w.(http.Flusher).Flush()
				hangUp(w, r)
			})
			h.send(call(1, "put"))
			h.result(1)
		}},
		{"session expired under 16 calls: one initialize, all succeed, the host is told", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.forget()
			start := time.Now()
			for id := range 16 {
				h.send(call(id+1, "write"))
			}
			for id := range 16 {
				h.result(id + 1)
			}
			within(t, start, 50*time.Millisecond)
			if n := s.count("initialize"); n != 2 {
				t.Errorf("%d initialize requests, want the first and one more", n)
			}
			if s.runsOf("write") != 16 {
				t.Errorf("ran %d times", s.runsOf("write"))
			}
			h.message("notifications/tools/list_changed")
		}},
		{"session expired on a server that keeps the listening stream's head back", func(t *testing.T, s *remote, h *host) {
			s.misbehave("GET", -1, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			start := time.Now()
			h.handshake()
			within(t, start, 250*time.Millisecond)
			s.forget()
			start = time.Now()
			h.send(call(1, "write"))
			h.result(1)
			within(t, start, 0)
		}},
		{"server restarted between calls", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.crash()
			s.restart()
			start := time.Now()
			h.send(call(1, "write"))
			h.result(1)
			within(t, start, 50*time.Millisecond)
		}},
		{"session unknown, answered 400 as some servers do", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, respond(400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}`, "Content-Type: application/json"))
			h.send(call(1, "write"))
			h.result(1)
			if n := s.count("initialize"); n != 2 {
				t.Errorf("%d initialize requests", n)
			}
		}},
		{"an answer with 400 that speaks of sessions is an answer", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, respond(400, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"session_id must be a string"}}`, "Content-Type: application/json"))
			h.send(call(1, "write"))
			h.failure(1, "session_id must be a string")
		}},
		{"key revoked: the re-initialization is refused, every call is told so", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.forget()
			s.misbehave("initialize", -1, respond(401, `{"detail":"This key was revoked on 1 May."}`, "Content-Type: application/problem+json"))
			h.send(call(1, "write"), call(2, "write"))
			h.failure(1, "401", "This key was revoked on 1 May", "Ask the operator.")
			h.failure(2, "401", "revoked on 1 May")
		}},
		{"wrong key, refused in JSON-RPC: passed through", func(t *testing.T, s *remote, h *host) {
			s.misbehave("initialize", 1, respond(401, `{"jsonrpc":"2.0","id":0,"error":{"code":401,"message":"This key does not exist."}}`, "Content-Type: application/json"))
			h.send(initialize)
			if l := h.failure(0, "This key does not exist."); l.Error.Code != 401 {
				t.Errorf("code = %d", l.Error.Code)
			}
			h.handshake()
		}},
		{"plan lacks the tool", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, respond(403, "", ""))
			h.send(call(1, "write"))
			h.failure(1, "403", "does not permit")
		}},
		{"unknown method in the later era: its 404 is no lost session", func(t *testing.T, s *remote, h *host) {
			s.misbehave("no/such", 1, respond(404, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}`, "Content-Type: application/json"))
			h.send(modern(1, "no/such", ""))
			if l := h.failure(1, "Method not found"); l.Error.Code != -32601 {
				t.Errorf("code = %d", l.Error.Code)
			}
		}},
		{"unknown method in the earlier era, answered 404", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("no/such", 1, respond(404, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}`, "Content-Type: application/json"))
			h.send(`{"jsonrpc":"2.0","id":1,"method":"no/such"}`)
			h.failure(1, "Method not found")
			if n := s.count("initialize"); n != 1 {
				t.Errorf("%d initialize requests", n)
			}
		}},
		{"captive portal", func(t *testing.T, s *remote, h *host) {
			s.misbehave("initialize", 1, respond(200, "<html>Welcome to our hotel</html>", "Content-Type: text/html; charset=utf-8"))
			h.send(initialize)
			h.failure(0, "web page", "server.example", "sign in")
			h.handshake()
		}},
		{"wrong path", func(t *testing.T, s *remote, h *host) {
			s.misbehave("initialize", 1, respond(404, "404 page not found", "Content-Type: text/plain"))
			h.send(initialize)
			h.failure(0, "404", "/mcp", "URL")
		}},
		{"redirect: refused, and the key stays", func(t *testing.T, s *remote, h *host) {
			s.misbehave("initialize", 1, respond(307, "", "Location: http://evil.example/mcp?token=x"))
			h.send(initialize)
			l := h.failure(0, "http://evil.example/mcp", "no redirect")
			if n := s.count("initialize"); n != 1 {
				t.Errorf("the redirect was followed: %s (%s)", s.order(), l.raw)
			}
		}},
		{"accepted without an answer", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, respond(202, ""))
			h.send(call(1, "write"))
			h.failure(1, "202", "does not answer")
		}},
		{"answer that is not JSON", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, respond(200, `{"jsonrpc":"2.0","id":1,"result":{`, "Content-Type: application/json"))
			h.send(call(1, "write"))
			h.failure(1, "does not answer")
		}},
		{"answer larger than the limit", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			big := make([]byte, 2<<20)
			s.misbehave("tools/call", 1, respond(200, string(big), "Content-Type: application/json"))
			h.send(call(1, "write"))
			h.failure(1, "more than 1 MiB")
		}},
		{"502 from a proxy in front: only what is safe is repeated", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, respond(502, "<html>", "Content-Type: text/html"))
			h.send(call(1, "write"))
			h.failure(1, "502")
			s.misbehave("tools/call", 2, respond(502, ""))
			h.send(call(2, "read"))
			h.result(2)
		}},
		{"call without a word for 5½ minutes", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, _ *http.Request) {
				<-time.After(330 * time.Second)
				respond(200, `{"jsonrpc":"2.0","id":1,"result":{"late":true}}`, "Content-Type: application/json")(w, nil)
			})
			h.send(call(1, "write"))
			h.result(1)
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
