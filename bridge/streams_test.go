package bridge_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
)

// sse is a fault: an answer as a stream of events that say what play makes of it.
func sse(play func(st *stream)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		play(&stream{lastID: req.Header.Get("Last-Event-ID"), write: func(text string) {
			io.WriteString(w, text)
			w.(http.Flusher).Flush()
		}})
	}
}

func progress(token any, n int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%v,"progress":%d}}`, token, n)
}

// done is the answer to request 1.
const done = `{"jsonrpc":"2.0","id":1,"result":{}}`

const toolsChanged = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`

// callWithProgress is request 1.
func callWithProgress(token any) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","_meta":{"progressToken":%v}}}`, token)
}

func TestStreams(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, s *remote, h *host)
	}{
		{"progress arrives as it is sent, before the result", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			start := time.Now()
			s.misbehave("tools/call", 1, sse(func(st *stream) {
				for i := range 3 {
					<-time.After(time.Second)
					st.send("", progress(`"p"`, i))
				}
				st.send("", done)
			}))
			h.send(callWithProgress(`"p"`))
			for i := range 3 {
				l := h.message("notifications/progress")
				if want := start.Add(time.Duration(i+1) * time.Second); !l.at.Equal(want) {
					t.Errorf("progress %d came at %v", i, l.at.Sub(start))
				}
			}
			h.result(1)
			h.silent()
		}},
		{"progress that comes on another stream after the result is dropped", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			listening := <-s.streams
			s.misbehave("tools/call", 1, sse(func(st *stream) { st.send("", done) }))
			h.send(callWithProgress(7))
			h.result(1)
			listening.send("", progress(7, 1))
			listening.send("", toolsChanged)
			h.message("notifications/tools/list_changed")
			h.silent()
		}},
		{"progress of a task goes on after its receipt", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			listening := <-s.streams
			s.misbehave("tools/call", 1, respond(200, `{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"x"}}}`, "Content-Type: application/json"))
			h.send(callWithProgress(7))
			h.result(1)
			listening.send("", progress(7, 1))
			h.message("notifications/progress")
		}},
		{"reset in a streamed call: resumed, the tool ran once, all progress", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			<-s.streams
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, req *http.Request) {
				s.ran("write")
				sse(func(st *stream) { st.send("e1", progress(7, 1)) })(w, req)
				hangUp(w, req)
			})
			start := time.Now()
			h.send(callWithProgress(7))
			h.message("notifications/progress")
			resumed := <-s.streams
			if resumed.lastID != "e1" {
				t.Errorf("Last-Event-ID = %q", resumed.lastID)
			}
			resumed.send("e2", progress(7, 2))
			resumed.send("e3", done)
			close(resumed.end)
			h.message("notifications/progress")
			h.result(1)
			within(t, start, 10*time.Millisecond)
			if s.runsOf("write") != 1 {
				t.Errorf("ran %d times", s.runsOf("write"))
			}
		}},
		{"stream closed by a polling server: reopened after the retry it asks for", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			<-s.streams
			s.misbehave("tools/call", 1, sse(func(st *stream) { st.write("id: e1\nretry: 700\ndata:\n\n") }))
			start := time.Now()
			h.send(call(1, "write"))
			resumed := <-s.streams
			if took := time.Since(start); took != 700*time.Millisecond {
				t.Errorf("reopened after %v", took)
			}
			resumed.send("", done)
			close(resumed.end)
			h.result(1)
		}},
		{"resumed while the server is away for 1.5 s", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			<-s.streams
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, req *http.Request) {
				sse(func(st *stream) { st.send("e1", progress(7, 1)) })(w, req)
				s.outage(1500*time.Millisecond, s.up)
			})
			h.send(callWithProgress(7))
			for resumed := range s.streams { // the listening stream comes back too
				if resumed.lastID == "e1" {
					resumed.send("", done)
					close(resumed.end)
					break
				}
			}
			h.result(1)
		}},
		{"reset in a stream without event ids", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, req *http.Request) {
				sse(func(st *stream) { st.send("", progress(7, 1)) })(w, req)
				hangUp(w, req)
			})
			h.send(callWithProgress(7))
			h.failure(1, "may or may not")
		}},
		{"reset in a stream of the later era is never resumed or repeated", func(t *testing.T, s *remote, h *host) {
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, req *http.Request) {
				sse(func(st *stream) { st.send("e1", progress(7, 1)) })(w, req)
				hangUp(w, req)
			})
			h.send(modern(1, "tools/call", `"name":"write"`))
			h.failure(1, "may or may not")
			if order := s.order(); order != "tools/call" {
				t.Errorf("requests: %s", order)
			}
		}},
		{"server that cannot resume", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			<-s.streams
			s.misbehave("tools/call", 1, sse(func(st *stream) { st.send("e1", progress(7, 1)) }))
			s.misbehave("GET", 1, respond(405, ""))
			h.send(callWithProgress(7))
			h.failure(1, "405", "may or may not")
		}},
		{"listening stream dropped, then 8 s of outage: list_changed within 5 s", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			<-s.streams
			s.outage(8*time.Second, s.up)
			start := time.Now()
			listening := <-s.streams
			listening.send("", toolsChanged)
			h.message("notifications/tools/list_changed")
			within(t, start, 13*time.Second)
		}},
		{"listening stream resumes where it ended", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			listening := <-s.streams
			listening.send("e7", toolsChanged)
			h.message("notifications/tools/list_changed")
			close(listening.end)
			if again := <-s.streams; again.lastID != "e7" {
				t.Errorf("Last-Event-ID = %q", again.lastID)
			}
		}},
		{"listening stream after a restart of the server: a new session by itself", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			<-s.streams
			s.outage(8*time.Second, s.restart)
			(<-s.streams).send("", toolsChanged)
			h.message("notifications/tools/list_changed")
			h.message("notifications/tools/list_changed") // the bridge's own: the restart may have changed the tools
			if n := s.count("initialize"); n != 2 {
				t.Errorf("%d initialize requests", n)
			}
		}},
		{"listening stream still reopened after an hour of outage", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			<-s.streams
			s.outage(time.Hour, s.up)
			<-time.After(time.Hour)
			before, start := s.count("GET"), time.Now()
			<-s.streams
			within(t, start, 31*time.Second)
			if before > 200 {
				t.Errorf("%d tries in an hour", before)
			}
		}},
		{"server that closes the listening stream at once is not hammered", func(t *testing.T, s *remote, h *host) {
			s.misbehave("GET", -1, sse(func(*stream) {}))
			h.handshake()
			<-time.After(10 * time.Minute)
			if n := s.count("GET"); n > 60 {
				t.Errorf("%d tries in ten minutes", n)
			}
		}},
		{"server without a listening stream is asked once", func(t *testing.T, s *remote, h *host) {
			s.misbehave("GET", -1, respond(405, ""))
			h.handshake()
			<-time.After(time.Hour)
			if n := s.count("GET"); n != 1 {
				t.Errorf("%d tries", n)
			}
		}},
		{"subscription of the later era survives an outage, and the host hears what it may have missed", func(t *testing.T, s *remote, h *host) {
			const ack = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":"s"}}}`
			h.send(modern(`"s"`, "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
			(<-s.streams).send("", ack)
			h.message("notifications/subscriptions/acknowledged")
			s.outage(8*time.Second, s.up)
			start := time.Now()
			again := <-s.streams
			again.send("", ack)
			l := h.message("notifications/tools/list_changed")
			within(t, start, 13*time.Second)
			if !strings.Contains(string(l.Params), `"io.modelcontextprotocol/subscriptionId":"s"`) {
				t.Errorf("params = %s", l.Params)
			}
			again.send("", `{"jsonrpc":"2.0","id":"s","result":{}}`)
			h.result(`"s"`)
			h.silent()
		}},
		{"subscription that is refused", func(t *testing.T, s *remote, h *host) {
			s.misbehave("subscriptions/listen", 1, respond(401, ""))
			h.send(modern(1, "subscriptions/listen", ""))
			h.failure(1, "401")
		}},
		{"subscription that the host cancels", func(t *testing.T, s *remote, h *host) {
			h.send(modern(1, "subscriptions/listen", ""))
			<-s.streams
			h.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
			<-time.After(time.Minute)
			if order := s.order(); order != "subscriptions/listen" {
				t.Errorf("requests: %s", order)
			}
			h.silent()
		}},
		{"answer larger than the limit", func(t *testing.T, s *remote, h *host) {
			h.handshake()
			s.misbehave("tools/call", 1, sse(func(st *stream) { st.send("", strings.Repeat("x", 2<<20)) }))
			h.send(call(1, "write"))
			h.failure(1, "too large")
		}},
		{"initialize answered as a stream", func(t *testing.T, s *remote, h *host) {
			s.misbehave("initialize", 1, func(w http.ResponseWriter, req *http.Request) {
				s.mu.Lock()
				s.sessions["streamed"] = true
				s.mu.Unlock()
				w.Header().Set("Mcp-Session-Id", "streamed")
				sse(func(st *stream) {
					st.send("", `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{}}}`)
				})(w, req)
			})
			h.handshake()
			if v := s.header("tools/list").Get("MCP-Protocol-Version"); v != "2025-06-18" {
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
