package bridge_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/mcptest"
)

func TestStreams(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, s *remote, h *host)
	}{
		{"progress arrives as it is sent, before the result", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			start := time.Now()
			s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) {
				for i := range 3 {
					<-time.After(time.Second)
					st.Send("", mcptest.Progress(`"p"`, i))
				}
				st.Send("", done)
			}))
			h.Send(callWithProgress(`"p"`))
			for i := range 3 {
				l := h.Message("notifications/progress")
				if want := start.Add(time.Duration(i+1) * time.Second); !l.At.Equal(want) {
					t.Errorf("progress %d came at %v", i, l.At.Sub(start))
				}
			}
			h.Result(1)
			h.silent()
		}},
		{"progress that comes on another stream after the result is dropped", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			listening := <-s.Streams
			s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) { st.Send("", done) }))
			h.Send(callWithProgress(7))
			h.Result(1)
			listening.Send("", mcptest.Progress(7, 1))
			listening.Send("", toolsChanged)
			h.Message("notifications/tools/list_changed")
			h.silent()
		}},
		{"progress of a task goes on after its receipt", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			listening := <-s.Streams
			s.Misbehave("tools/call", 1, mcptest.Respond(200, `{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"x"}}}`, "Content-Type: application/json"))
			h.Send(callWithProgress(7))
			h.Result(1)
			listening.Send("", mcptest.Progress(7, 1))
			h.Message("notifications/progress")
		}},
		{"reset in a streamed call: resumed, the tool ran once, all progress", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			s.Misbehave("tools/call", 1, func(w http.ResponseWriter, req *http.Request) {
				s.Ran("write")
				mcptest.Events(func(st *stream) { st.Send("e1", mcptest.Progress(7, 1)) })(w, req)
				mcptest.Reset(w, req)
			})
			start := time.Now()
			h.Send(callWithProgress(7))
			h.Message("notifications/progress")
			resumed := <-s.Streams
			if resumed.LastID != "e1" {
				t.Errorf("Last-Event-ID = %q", resumed.LastID)
			}
			resumed.Send("e2", mcptest.Progress(7, 2))
			resumed.Send("e3", done)
			resumed.End()
			h.Message("notifications/progress")
			h.Result(1)
			within(t, start, 10*time.Millisecond)
			if s.RunsOf("write") != 1 {
				t.Errorf("ran %d times", s.RunsOf("write"))
			}
		}},
		{"stream closed by a polling server: reopened after the retry it asks for", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) { st.Write("id: e1\nretry: 700\ndata:\n\n") }))
			start := time.Now()
			h.Send(call(1, "write"))
			resumed := <-s.Streams
			if took := time.Since(start); took != 700*time.Millisecond {
				t.Errorf("reopened after %v", took)
			}
			resumed.Send("", done)
			resumed.End()
			h.Result(1)
		}},
		{"resumed while the server is away for 1.5 s", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			s.Misbehave("tools/call", 1, func(w http.ResponseWriter, req *http.Request) {
				mcptest.Events(func(st *stream) { st.Send("e1", mcptest.Progress(7, 1)) })(w, req)
				s.Outage(1500 * time.Millisecond)
			})
			h.Send(callWithProgress(7))
			for resumed := range s.Streams { // the listening stream comes back too
				if resumed.LastID == "e1" {
					resumed.Send("", done)
					resumed.End()
					break
				}
			}
			h.Result(1)
		}},
		{"reset in a stream without event ids", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", 1, func(w http.ResponseWriter, req *http.Request) {
				mcptest.Events(func(st *stream) { st.Send("", mcptest.Progress(7, 1)) })(w, req)
				mcptest.Reset(w, req)
			})
			h.Send(callWithProgress(7))
			h.Failure(1, "may or may not")
		}},
		{"reset in a stream of the later era is never resumed or repeated", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("tools/call", 1, func(w http.ResponseWriter, req *http.Request) {
				mcptest.Events(func(st *stream) { st.Send("e1", mcptest.Progress(7, 1)) })(w, req)
				mcptest.Reset(w, req)
			})
			h.Send(modern(1, "tools/call", `"name":"write"`))
			h.Failure(1, "may or may not")
			if got := order(s); got != "tools/call" {
				t.Errorf("requests: %s", got)
			}
		}},
		{"server that cannot resume", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) { st.Send("e1", mcptest.Progress(7, 1)) }))
			s.Misbehave("GET", 1, mcptest.Respond(405, ""))
			h.Send(callWithProgress(7))
			h.Failure(1, "405", "may or may not")
		}},
		{"listening stream dropped, then 8 s of outage: list_changed within 5 s", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			s.Outage(8 * time.Second)
			start := time.Now()
			listening := <-s.Streams
			listening.Send("", toolsChanged)
			h.Message("notifications/tools/list_changed")
			within(t, start, 13*time.Second)
		}},
		{"listening stream resumes where it ended", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			listening := <-s.Streams
			listening.Send("e7", toolsChanged)
			h.Message("notifications/tools/list_changed")
			listening.End()
			if again := <-s.Streams; again.LastID != "e7" {
				t.Errorf("Last-Event-ID = %q", again.LastID)
			}
		}},
		{"listening stream after a restart of the server: a new session by itself", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			s.Outage(8*time.Second, s.Forget)
			(<-s.Streams).Send("", toolsChanged)
			h.Message("notifications/tools/list_changed")
			h.Message("notifications/tools/list_changed") // the bridge's own: the restart may have changed the tools
			if n := s.Count("initialize"); n != 2 {
				t.Errorf("%d initialize requests", n)
			}
		}},
		{"listening stream still reopened after an hour of outage", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			s.Outage(time.Hour)
			<-time.After(time.Hour)
			before, start := s.Count("GET"), time.Now()
			<-s.Streams
			within(t, start, 31*time.Second)
			if before > 200 {
				t.Errorf("%d tries in an hour", before)
			}
		}},
		{"server that closes the listening stream at once is not hammered", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("GET", -1, mcptest.Events(func(*stream) {}))
			h.Handshake()
			<-time.After(10 * time.Minute)
			if n := s.Count("GET"); n > 60 {
				t.Errorf("%d tries in ten minutes", n)
			}
		}},
		{"server without a listening stream is asked once", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("GET", -1, mcptest.Respond(405, ""))
			h.Handshake()
			<-time.After(time.Hour)
			if n := s.Count("GET"); n != 1 {
				t.Errorf("%d tries", n)
			}
		}},
		{"subscription of the later era survives an outage, and the host hears what it may have missed", func(t *testing.T, s *remote, h *host) {
			const ack = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":"s"}}}`
			h.Send(modern(`"s"`, "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
			(<-s.Streams).Send("", ack)
			h.Message("notifications/subscriptions/acknowledged")
			s.Outage(8 * time.Second)
			start := time.Now()
			again := <-s.Streams
			again.Send("", ack)
			l := h.Message("notifications/tools/list_changed")
			within(t, start, 13*time.Second)
			if !strings.Contains(string(l.Params), `"io.modelcontextprotocol/subscriptionId":"s"`) {
				t.Errorf("params = %s", l.Params)
			}
			again.Send("", `{"jsonrpc":"2.0","id":"s","result":{}}`)
			h.Result(`"s"`)
			h.silent()
		}},
		{"subscription that is refused", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("subscriptions/listen", 1, mcptest.Respond(401, ""))
			h.Send(modern(1, "subscriptions/listen", ""))
			h.Failure(1, "401")
		}},
		{"subscription that the host cancels", func(t *testing.T, s *remote, h *host) {
			h.Send(modern(1, "subscriptions/listen", ""))
			<-s.Streams
			h.Send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
			<-time.After(time.Minute)
			if got := order(s); got != "subscriptions/listen" {
				t.Errorf("requests: %s", got)
			}
			h.silent()
		}},
		{"answer larger than the limit", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) { st.Send("", strings.Repeat("x", 2<<20)) }))
			h.Send(call(1, "write"))
			h.Failure(1, "too large")
		}},
		{"initialize answered as a stream", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("initialize", 1, func(w http.ResponseWriter, req *http.Request) {
				w.Header().Set("Mcp-Session-Id", s.Begin())
				mcptest.Events(func(st *stream) {
					st.Send("", `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{}}}`)
				})(w, req)
			})
			h.Handshake()
			if v := s.Header("tools/list").Get("MCP-Protocol-Version"); v != "2025-06-18" {
				t.Errorf("version = %q", v)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				tt.run(t, s, newHost(t, s, bridge.Options{MaxMessage: 1 << 20}))
			})
		})
	}
}
