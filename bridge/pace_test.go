package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/mcptest"
)

// observed is how long each way to go wrong is watched.
const observed = 10 * time.Minute

// mostTries bounds the requests of one kind that a server gets in that time while it
// goes wrong: some 15 until the pauses are 30 s long, and two a minute from then on.
const mostTries = 45

// wrongs are all the ways in which a request can be answered wrongly: each HTTP
// status, and each way a stream can end.
func wrongs() map[string]http.HandlerFunc {
	all := map[string]http.HandlerFunc{
		"reset":    mcptest.Reset,
		"no words": mcptest.Respond(200, "", "Content-Type: text/event-stream"),
		"stream that says only where it is": func(w http.ResponseWriter, r *http.Request) {
			mcptest.Respond(200, "id: here\ndata:\n\n", "Content-Type: text/event-stream")(w, r)
		},
		"stream that asks to be polled at once":    mcptest.Respond(200, "retry: 0\n\n", "Content-Type: text/event-stream"),
		"stream that asks to be polled in a month": mcptest.Respond(200, "id: m\nretry: 2147483647\n\n", "Content-Type: text/event-stream"),
		"stream of comments":                       mcptest.Respond(200, ": hello\n\n", "Content-Type: text/event-stream"),
		"stream cut off in an event":               mcptest.Respond(200, "id: 9\ndata: {\"jsonrpc\"", "Content-Type: text/event-stream"),
		"stream of nonsense":                       mcptest.Respond(200, "data: nonsense\n\n", "Content-Type: text/event-stream"),
		"stream that is reset": func(w http.ResponseWriter, r *http.Request) {
			mcptest.Events(func(st *stream) { st.Write("data: x\n\n") })(w, r)
			mcptest.Reset(w, r)
		},
		"JSON":     mcptest.Respond(200, "{}", "Content-Type: application/json"),
		"web page": mcptest.Respond(200, "<html>", "Content-Type: text/html"),
	}
	for _, status := range []int{
		201, 202, 204, 206, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 413,
		415, 421, 422, 423, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 507, 511, 520, 599,
	} {
		all[fmt.Sprint(status)] = mcptest.Respond(status, "")
		all[fmt.Sprintf("%d with Retry-After: 0", status)] = mcptest.Respond(status, "", "Retry-After: 0")
		if status/100 == 3 {
			all[fmt.Sprintf("%d to itself", status)] = mcptest.Respond(status, "", "Location: /mcp")
		}
	}
	return all
}

// The listening stream goes wrong in every way, always, in a session that lives: the
// server is asked with growing pauses or not at all, and the host hears nothing.
func TestPaceOfListening(t *testing.T) {
	for name, do := range wrongs() {
		for _, ping := range []string{"ping answered", "ping refused"} {
			t.Run(name+", "+ping, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newRemote(t)
					s.Misbehave("GET", -1, do)
					if ping == "ping refused" {
						s.Misbehave("ping", -1, mcptest.Respond(404, ""))
					}
					h := newHost(t, s, bridge.Options{})
					h.Handshake()
					<-time.After(observed)
					n, limit := s.Count("GET"), mostTries
					if strings.Contains(name, "to itself") {
						limit *= 6 // redirects within the origin are followed
					}
					if n == 0 || n > limit {
						t.Errorf("%d GETs", n)
					}
					if n := s.Count("initialize"); n > 2 {
						t.Errorf("%d initialize requests", n)
					}
					h.Send(call(1, "write"))
					h.Result(1)
					if changed := len(h.Seen); changed > 1 {
						t.Errorf("the host heard %v", h.Seen)
					}
				})
			})
		}
	}
}

// Resuming a call's stream goes wrong in every way, always: the call is answered
// within its patience, and the server is not hammered.
func TestPaceOfResuming(t *testing.T) {
	for name, do := range wrongs() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				s.Misbehave("GET", 1, mcptest.Respond(405, "")) // the listening stream
				h := newHost(t, s, bridge.Options{Patience: 30 * time.Second})
				h.Handshake()
				s.Misbehave("GET", -1, do)
				s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) { st.Write("id: e1\ndata:\n\n") }))
				start := time.Now()
				h.Send(call(1, "write"))
				h.Failure(1, "may or may not")
				within(t, start, 65*time.Second) // one sign of life begins the time anew
				limit := 60
				if strings.Contains(name, "to itself") {
					limit *= 6
				}
				if n := s.Count("GET"); n > limit {
					t.Errorf("%d GETs", n)
				}
				if n := s.Count("initialize") + s.RunsOf("write"); n != 1 {
					t.Errorf("requests: %s", order(s))
				}
			})
		})
	}
}

// A stream that brings something new each time is resumed for as long as it does, in pauses that grow.
func TestPaceOfProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		s.Misbehave("GET", 1, mcptest.Respond(405, ""))
		h := newHost(t, s, bridge.Options{})
		h.Handshake()
		n := 0
		news := mcptest.Events(func(st *stream) {
			n++
			st.Write(fmt.Sprintf("id: e%d\ndata:\n\n", n))
		})
		s.Misbehave("GET", -1, news)
		s.Misbehave("tools/call", 1, news)
		h.Send(call(1, "write"))
		<-time.After(observed)
		if n := s.Count("GET"); n < 10 || n > mostTries {
			t.Errorf("%d GETs", n)
		}
		s.Misbehave("GET", -1, nil)
		s.Behave()
		s.Misbehave("GET", 1, mcptest.Events(func(st *stream) { st.Send("", done) }))
		h.Result(1)
	})
}

// The call itself is answered wrongly in every way, always.
func TestPaceOfCalls(t *testing.T) {
	for name, do := range wrongs() {
		for _, tool := range []string{"write", "read"} {
			t.Run(name+", "+tool, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newRemote(t)
					h := newHost(t, s, bridge.Options{})
					s.Misbehave("GET", -1, mcptest.Respond(405, ""))
					h.Handshake()
					s.Misbehave("tools/call", -1, do)
					start := time.Now()
					h.Send(call(1, tool))
					h.Failure(1)
					within(t, start, 65*time.Second)
					limit := 60
					if strings.Contains(name, "to itself") {
						limit *= 6
					}
					if n := s.Count("tools/call"); n > limit {
						t.Errorf("%d tries", n)
					}
					if n := s.Count("initialize"); n > 2 {
						t.Errorf("%d initialize requests", n)
					}
				})
			})
		}
	}
}

// A subscription of the later era goes wrong in every way, always, after it was
// accepted, and from the beginning.
func TestPaceOfSubscribing(t *testing.T) {
	const ack = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{}}}`
	all := wrongs()
	all["acknowledged, then over"] = mcptest.Events(func(st *stream) { st.Send("", ack) })
	for name, do := range all {
		for _, accepted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, accepted before: %v", name, accepted), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newRemote(t)
					h := newHost(t, s, bridge.Options{})
					if accepted {
						s.Misbehave("subscriptions/listen", 1, mcptest.Events(func(st *stream) { st.Send("", ack) }))
					}
					s.Misbehave("subscriptions/listen", -1, do)
					h.Send(modern(1, "subscriptions/listen", ""))
					<-time.After(observed)
					limit := mostTries
					if !accepted {
						limit = 60 // within the patience of a request
					}
					if strings.Contains(name, "to itself") {
						limit *= 6
					}
					if n := s.Count("subscriptions/listen"); n == 0 || n > limit {
						t.Errorf("%d requests", n)
					}
				})
			})
		}
	}
}

// A server that refuses every session that it opens gets one new session a call at
// most, and less and less often.
func TestPaceOfRevivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		h := newHost(t, s, bridge.Options{})
		s.Misbehave("GET", -1, mcptest.Respond(405, ""))
		h.Handshake()
		s.Misbehave("tools/call", -1, mcptest.Respond(404, "session not found"))
		start := time.Now()
		for id := 1; time.Since(start) < observed; id++ {
			h.Send(call(id, "write"))
			h.Failure(id, "sessions")
		}
		if n := s.Count("initialize"); n > mostTries {
			t.Errorf("%d initialize requests", n)
		}
	})
}

// A server that refuses to open sessions is not asked by every call, and every call
// is told at once what it said.
func TestPaceOfFailedRevivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		h := newHost(t, s, bridge.Options{})
		s.Misbehave("GET", -1, mcptest.Respond(405, ""))
		h.Handshake()
		s.Forget()
		s.Misbehave("initialize", -1, mcptest.Respond(401, "revoked", "Content-Type: text/plain"))
		start := time.Now()
		for id := 1; time.Since(start) < observed; id++ {
			asked := time.Now()
			h.Send(call(id, "write"))
			h.Failure(id, "401", "revoked")
			within(t, asked, 0)
			<-time.After(100 * time.Millisecond)
		}
		if n := s.Count("initialize"); n > mostTries {
			t.Errorf("%d initialize requests", n)
		}
		s.Behave()
		<-time.After(time.Minute)
		h.Send(call(`"again"`, "write"))
		h.Result(`"again"`)
	})
}

// Behind a load balancer that spreads a conversation over servers, every second
// request is refused. Calls go on, slowly.
func TestSessionsThatTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		h := newHost(t, s, bridge.Options{})
		s.Misbehave("GET", -1, mcptest.Respond(405, ""))
		h.Handshake()
		for id := range 20 {
			s.Forget()
			start := time.Now()
			h.Send(call(id+1, "write"))
			h.Result(id + 1)
			within(t, start, 300*time.Millisecond)
		}
	})
}

// A 502 that stays is tried a few times if that is safe, and the error says what was seen.
func TestGatewayWithoutItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		h := newHost(t, s, bridge.Options{})
		h.Handshake()
		s.Misbehave("tools/call", -1, mcptest.Respond(502, "<html>", "Content-Type: text/html"))
		h.Send(call(1, "read"))
		l := h.Failure(1, "502 Bad Gateway", "tries in", "gateway", "can be repeated")
		if strings.Contains(l.Error.Message, "URL") {
			t.Errorf("error %q sends the user the wrong way", l.Error.Message)
		}
		if n := s.Count("tools/call"); n < 5 || n > 20 {
			t.Errorf("%d tries", n)
		}
	})
}

// Redirects are followed within the origin, if they keep the message, and no further.
func TestRedirects(t *testing.T) {
	moved := func(status int, to string) http.HandlerFunc { return mcptest.Respond(status, "", "Location: "+to) }
	for _, tt := range []struct {
		name    string
		do      http.HandlerFunc
		follows bool
		words   []string
	}{
		{"307 to another path", moved(307, "/mcp/"), true, nil},
		{"308 to the same URL in other letters", moved(308, "HTTP://SERVER.example:80/v2/mcp"), true, nil},
		{"301", moved(301, "/mcp/"), false, []string{"301", "http://server.example/mcp/", "loses the message"}},
		{"302 to a page", moved(302, "/login?next=secret"), false, []string{"302", "http://server.example/login"}},
		{"303", moved(303, "/x"), false, []string{"303", "http://server.example/x"}},
		{"another host", moved(307, "http://evil.example/mcp"), false, []string{"307", "http://evil.example/mcp", "another origin"}},
		{"another port", moved(308, "http://server.example:8080/mcp"), false, []string{"http://server.example:8080/mcp", "another origin"}},
		{"another scheme", moved(307, "https://server.example/mcp"), false, []string{"https://server.example/mcp", "another origin"}},
		{"a user in the URL", moved(307, "http://me:secret@evil.example/mcp"), false, []string{"http://evil.example/mcp"}},
		{"nowhere", mcptest.Respond(307, ""), false, []string{"307", "does not say where"}},
		{"in a circle", moved(307, "/mcp"), false, []string{"307", "again and again"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				times := 1
				if strings.Contains(tt.name, "circle") {
					times = -1
				}
				s.Misbehave("initialize", times, tt.do)
				h := newHost(t, s, bridge.Options{})
				h.Send(initialize)
				if !tt.follows {
					if l := h.Failure(0, tt.words...); strings.Contains(l.Raw, "secret") {
						t.Errorf("error = %s", l.Raw)
					}
					if n := s.Count("initialize"); times == 1 && n != 1 || n > 6 {
						t.Errorf("requests: %s", order(s))
					}
					return
				}
				h.Result(0)
				if got := s.Header("initialize").Get("Authorization"); got != "Bearer "+key {
					t.Errorf("Authorization = %q", got)
				}
				if s.Body("initialize") != initialize {
					t.Errorf("body = %s", s.Body("initialize"))
				}
			})
		})
	}
}

// The transport of the protocol's first revision is named, whatever the server says to a POST.
func TestOldTransport(t *testing.T) {
	for _, status := range []int{400, 404, 405, 415} {
		for _, first := range []string{initialize, modern(0, "server/discover", "")} {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				s.Misbehave("initialize", -1, mcptest.Respond(status, "", ""))
				s.Misbehave("server/discover", -1, mcptest.Respond(status, ""))
				s.Misbehave("GET", -1, func(w http.ResponseWriter, r *http.Request) {
					mcptest.Events(func(st *stream) { st.Write("event: endpoint\ndata: /messages?session=1\n\n") })(w, r)
					<-r.Context().Done()
				})
				h := newHost(t, s, bridge.Options{})
				start := time.Now()
				h.Send(first)
				h.Failure(0, "older HTTP+SSE transport", "/mcp")
				within(t, start, time.Second)
			})
		}
	}
}

// A server that forgets the blank line behind its last event, or the line break, is understood.
func TestLastEventWithoutItsEnd(t *testing.T) {
	for _, end := range []string{"\n\n", "\n", "", "\r\n", "\r"} {
		synctest.Test(t, func(t *testing.T) {
			s := newRemote(t)
			h := newHost(t, s, bridge.Options{})
			h.Handshake()
			s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) { st.Write("event: message\nid: 1\ndata: " + done + end) }))
			h.Send(call(1, "write"))
			h.Result(1)
			s.Misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request) {
				mcptest.Events(func(st *stream) { st.Write("data: " + strings.TrimSuffix(done, "}") + end) })(w, r)
			})
			h.Send(call(1, "write"))
			h.Failure(1, "may or may not")
		})
	}
}

// Characters that end a line for some hosts are escaped.
func TestLineSeparators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		h := newHost(t, s, bridge.Options{})
		h.Handshake()
		const raw = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"1\u2028\u2029\u00852é\u2030\"}}"
		for _, do := range []http.HandlerFunc{
			mcptest.Respond(200, raw, "Content-Type: application/json"),
			mcptest.Events(func(st *stream) { st.Write("data: " + raw + "\n\n") }),
		} {
			s.Misbehave("tools/call", 1, do)
			h.Send(call(1, "write"))
			if got, want := h.Result(1).Raw, `{"jsonrpc":"2.0","id":1,"result":{"a":"1\u2028\u2029\u00852é‰"}}`; got != want {
				t.Errorf("the host got %s, want %s", got, want)
			}
		}
	})
}

// Numbers that the server keeps as float64 come back to the host as it wrote them,
// wherever they are, and whatever else of the answer changes.
func TestRoundedNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		h := newHost(t, s, bridge.Options{})
		const id, rounded = "9007199254740993", "9007199254740992"
		s.Misbehave("tools/list", 1, mcptest.Respond(200, `{"jsonrpc":"2.0","id":`+rounded+`,"result":{"tools":[
			{"name":"bad","inputSchema":{"type":"object","properties":{"x":{"type":"number","x-mcp-header":"X"}}}}]}}`, "Content-Type: application/json"))
		h.Send(modern(id, "tools/list", ""))
		if l := h.Result(id); strings.Contains(l.Raw, "bad") {
			t.Errorf("list = %s", l.Raw)
		}
		s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) {
			st.Send("", mcptest.Progress(rounded, 1))
			st.Send("", `{"jsonrpc":"2.0","id":`+rounded+`,"result":{}}`)
		}))
		h.Send(`{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"write","_meta":{"progressToken":` + id + `,"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`)
		if l := h.Message("notifications/progress"); !strings.Contains(string(l.Params), id) {
			t.Errorf("progress = %s", l.Raw)
		}
		h.Result(id)
	})
}
