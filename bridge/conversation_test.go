package bridge_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/mcptest"
)

func TestConversation(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, s *remote, h *host)
	}{
		{"five requests to the first result, and the session is deleted with the key", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			h.Send(call(1, "write"))
			h.Result(1)
			if n := len(strings.Fields(order(s))); n != 5 {
				t.Errorf("%d requests: %s", n, order(s))
			}
			h.In.Close()
			if err := <-h.done; err != nil {
				t.Errorf("Run = %v", err)
			}
			d := s.Header("DELETE")
			if d.Get("Authorization") != "Bearer "+key || d.Get("Mcp-Session-Id") != "session-1" || d.Get("MCP-Protocol-Version") != "2025-11-25" {
				t.Errorf("DELETE with %v", d)
			}
			if s.Open() != 0 {
				t.Errorf("%d sessions left", s.Open())
			}
		}},
		{"headers of the earlier era", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			first, later := s.Header("initialize"), s.Header("tools/list")
			if first.Get("Mcp-Session-Id") != "" || first.Get("Authorization") != "Bearer "+key ||
				first.Get("Accept") != "application/json, text/event-stream" || first.Get("Content-Type") != "application/json" {
				t.Errorf("initialize with %v", first)
			}
			if later.Get("Mcp-Session-Id") != "session-1" || later.Get("MCP-Protocol-Version") != "2025-11-25" || later.Get("Mcp-Method") != "" {
				t.Errorf("tools/list with %v", later)
			}
		}},
		{"nothing overtakes notifications/initialized", func(t *testing.T, s *remote, h *host) {
			released := make(chan struct{})
			s.Misbehave("notifications/initialized", 1, func(w http.ResponseWriter, _ *http.Request) {
				<-released
				w.WriteHeader(http.StatusAccepted)
			})
			h.Send(initialize, initialized, listTools, call(1, "write"))
			<-time.After(time.Second)
			if got := order(s); got != "initialize notifications/initialized" {
				t.Errorf("before the acknowledgement: %s", got)
			}
			close(released)
			h.Result(1)
		}},
		{"the first call finds the listening stream open", func(t *testing.T, s *remote, h *host) {
			s.Misbehave(http.MethodGet, 1, func(w http.ResponseWriter, req *http.Request) {
				<-time.After(100 * time.Millisecond)
				s.Listen(w, req)
			})
			h.Send(initialize, initialized, call(1, "write"))
			h.Result(1)
			if got := order(s); got != "initialize notifications/initialized GET tools/call" {
				t.Errorf("order: %s", got)
			}
		}},
		{"a listening stream that is not answered delays the first call only a little", func(t *testing.T, s *remote, h *host) {
			s.Misbehave(http.MethodGet, 1, func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
			start := time.Now()
			h.Send(initialize, initialized, call(1, "write"))
			h.Result(1)
			if waited := time.Since(start); waited != 250*time.Millisecond {
				t.Errorf("the call waited %v, want 250 ms", waited)
			}
		}},
		{"notifications keep their order", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			var want []string
			for i := range 20 {
				want = append(want, fmt.Sprintf("notifications/n%d", i))
				h.Send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/n%d"}`, i))
			}
			h.Send(call(1, "write"))
			h.Result(1)
			if got := order(s); !strings.HasSuffix(got, strings.Join(want, " ")+" tools/call") {
				t.Errorf("order: %s", got)
			}
		}},
		{"the server asks the host, on a call's stream and on the listening one", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			listening := <-s.Streams
			listening.Send("", `{"jsonrpc":"2.0","id":"r","method":"roots/list"}`)
			h.Message("roots/list")
			h.Send(`{"jsonrpc":"2.0","id":"r","result":{"roots":[]}}`)
			synctest.Wait() // answers may overtake each other
			s.Misbehave("tools/call", 1, mcptest.Events(func(st *stream) {
				st.Send("", `{"jsonrpc":"2.0","id":12345678901234567890,"method":"elicitation/create","params":{}}`)
				for s.Count("response") < 2 {
					<-time.After(time.Millisecond)
				}
				st.Send("", done)
			}))
			h.Send(call(1, "write"))
			if l := h.Message("elicitation/create"); string(l.ID) != "12345678901234567890" {
				t.Errorf("id = %s", l.ID)
			}
			h.Send(`{"jsonrpc":"2.0","id":12345678901234567890,"result":{"action":"decline"}}`)
			h.Result(1)
			if got := s.Body("response"); got != `{"jsonrpc":"2.0","id":12345678901234567890,"result":{"action":"decline"}}` {
				t.Errorf("the server got %s", got)
			}
		}},
		{"cancellation in the earlier era: told to the server, then dropped", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			h.Send(call(1, "wait"))
			<-s.Started
			h.Send(cancelOne)
			<-s.Stopped
			if got := s.Body("notifications/cancelled"); got != cancelOne {
				t.Errorf("the server got %s", got)
			}
			h.silent()
		}},
		{"progress of a cancelled call is dropped", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			listening := <-s.Streams
			h.Send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait","_meta":{"progressToken":7}}}`)
			<-s.Started
			h.Send(cancelOne)
			<-s.Stopped
			synctest.Wait()
			listening.Send("", mcptest.Progress(7, 1))
			h.silent()
		}},
		{"notifications/initialized without a session opens no stream", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("initialize", 1, mcptest.Respond(401, ""))
			h.Send(initialize, initialized)
			h.Failure(0, "401")
			<-time.After(time.Minute)
			if n := s.Count("GET"); n != 0 {
				t.Errorf("requests: %s", order(s))
			}
		}},
		{"cancellation in the later era: the request ends, and nothing is sent", func(t *testing.T, s *remote, h *host) {
			h.Send(modern(1, "tools/call", `"name":"wait"`))
			<-s.Started
			h.Send(cancelOne)
			<-s.Stopped
			if got := order(s); got != "tools/call" {
				t.Errorf("requests: %s", got)
			}
			h.silent()
		}},
		{"cancellation of a call that has not left yet", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			s.Down()
			h.Send(call(1, "write"), cancelOne)
			<-time.After(time.Second)
			s.Up()
			h.Send(call(2, "write"))
			h.Result(2)
			if s.RunsOf("write") != 1 || s.Count("notifications/cancelled") != 0 {
				t.Errorf("requests: %s", order(s))
			}
			h.silent()
		}},
		{"cancellation of initialize while the server is away", func(t *testing.T, s *remote, h *host) {
			s.Down()
			h.Send(initialize, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":0}}`)
			<-time.After(time.Second)
			s.Up()
			<-time.After(time.Minute)
			if got := order(s); got != "" {
				t.Errorf("requests: %s", got)
			}
			h.silent()
		}},
		{"headers of the later era", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("tools/list", 1, mcptest.Respond(200, `{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","ttlMs":12345678901234567890,"tools":[
				{"name":"é","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},"b":{"type":["boolean"],"x-mcp-header":"B"},"absent":{"type":"string","x-mcp-header":"Absent"}}}},
				{"name":"bad type","inputSchema":{"type":"object","properties":{"x":{"type":"number","x-mcp-header":"X"}}}},
				{"name":"bad name","inputSchema":{"type":"object","properties":{"x":{"type":"string","x-mcp-header":"a b"}}}},
				{"name":"twice","inputSchema":{"type":"object","properties":{"x":{"type":"string","x-mcp-header":"X"},"y":{"type":"string","x-mcp-header":"x"}}}}]}}`, "Content-Type: application/json"))
			h.Send(modern(1, "tools/list", ""))
			l := h.Result(1)
			if strings.Contains(l.Raw, "bad") || strings.Contains(l.Raw, "twice") || !strings.Contains(l.Raw, `"é"`) || !strings.Contains(l.Raw, "12345678901234567890") {
				t.Errorf("list = %s", l.Raw)
			}
			h.Send(modern(2, "tools/call", `"name":"é","arguments":{"region":" eu ","deep":{"n":-7},"b":true}`))
			h.Result(2)
			for name, want := range map[string]string{
				"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "=?base64?w6k=?=",
				"Mcp-Param-Region": "=?base64?IGV1IA==?=", "Mcp-Param-N": "-7", "Mcp-Param-B": "true", "Mcp-Param-Absent": "", "Mcp-Session-Id": "",
			} {
				if got := s.Header("tools/call").Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			h.Send(modern(3, "resources/read", `"uri":"file:///x"`), modern(4, "prompts/get", `"name":"p"`))
			h.Result(3)
			h.Result(4)
			if got := s.Header("resources/read").Get("Mcp-Name") + s.Header("prompts/get").Get("Mcp-Name"); got != "file:///xp" {
				t.Errorf("Mcp-Name = %q", got)
			}
		}},
		{"both eras in one conversation", func(t *testing.T, s *remote, h *host) {
			h.Send(modern(1, "server/discover", ""))
			h.Result(1)
			h.Handshake()
			h.Send(modern(2, "tools/call", `"name":"read"`), call(3, "read"))
			h.Result(2)
			h.Result(3)
		}},
		{"a second initialize replaces the session", func(t *testing.T, s *remote, h *host) {
			h.Handshake()
			<-s.Streams
			h.Handshake()
			<-s.Streams
			synctest.Wait()
			if s.Open() != 1 {
				t.Errorf("%d sessions, requests %s", s.Open(), order(s))
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				tt.run(t, s, newHost(t, s, bridge.Options{}))
			})
		})
	}
}

// What the bridge does not understand, it does not touch.
func TestByteExact(t *testing.T) {
	const piece = "x\\u00e9😀"
	large := func(bytes int) string { return strings.Repeat(piece, bytes/len(piece)) }
	for _, tt := range []struct{ name, id, params, result string }{
		{"64-bit integers", "9007199254740993", `{"n":9223372036854775807}`, `{"n":-9223372036854775808,"e":1e400,"d":0.10}`},
		{"string id with escapes", `"a\u0062\"\\"`, `{}`, `{}`},
		{"zero id", "0", `{"a":[]}`, `{}`},
		{"negative and fractional ids", "-1.50", `{}`, `{}`},
		{"exponent id", "1e22", `{}`, `{}`},
		{"null and unknown members", "1", `{"x":null,"_meta":{"y":[{}]},"x":1}`, `{"z":{"b":1,"a":2},"z":3}`},
		{"4 MiB arguments", "2", `{"a":"` + large(4<<20) + `"}`, `{}`},
		{"16 MiB result", "3", `{}`, `{"content":[{"type":"text","text":"` + large(16<<20) + `"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				h := newHost(t, s, bridge.Options{})
				h.Handshake()
				want := `{"jsonrpc":"2.0","extra":[1, 2],"id":` + tt.id + `,"result":` + tt.result + `}`
				for _, streamed := range []bool{false, true} {
					do := mcptest.Respond(200, want, "Content-Type: application/json")
					if streamed {
						do = mcptest.Events(func(st *stream) { st.Send("", want) })
					}
					s.Misbehave("x/y", 1, do)
					request := `{"jsonrpc":"2.0",  "method":"x/y","params":` + tt.params + `,"id":` + tt.id + `,"more":{}}`
					h.Send(request)
					if got := h.Result(tt.id); got.Raw != want {
						t.Errorf("the host got %d bytes %.200s, want %.200s", len(got.Raw), got.Raw, want)
					}
					if got := s.Body("x/y"); got != request {
						t.Errorf("the server got %d bytes %.200s, want %.200s", len(got), got, request)
					}
				}
			})
		})
	}
}

// An answer that the server's JSON library has bent is put straight.
func TestAnswerIsRepaired(t *testing.T) {
	for _, tt := range []struct{ name, id, body, want string }{
		{"id rounded to a float", "9007199254740993", `{"jsonrpc":"2.0","id":9007199254740992,"result":{}}`, `{"jsonrpc":"2.0","id":9007199254740993,"result":{}}`},
		{"id in another notation", "1e22", `{"id":1e+22,"jsonrpc":"2.0","result":1}`, `{"id":1e22,"jsonrpc":"2.0","result":1}`},
		{"id unescaped", `"a\u0062"`, `{"result":{},"id":"ab"}`, `{"result":{},"id":"a\u0062"}`},
		{"pretty printed", "1", "{\r\n  \"id\": 1,\n  \"result\": {}\n}\n", `{    "id": 1,   "result": {} }`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				h := newHost(t, s, bridge.Options{})
				h.Handshake()
				s.Misbehave("x/y", 1, mcptest.Respond(200, tt.body, "Content-Type: application/json"))
				h.Send(`{"jsonrpc":"2.0","method":"x/y","id":` + tt.id + `}`)
				if got := h.Answer(tt.id).Raw; got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			})
		})
	}
}

func TestHostInput(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		code     int
	}{
		{"malformed", `{"jsonrpc":"2.0","id":1,"method":"x"`, -32700},
		{"not an object", `42`, -32700},
		{"not UTF-8 JSON at all", "\x00\xff\xfe", -32700},
		{"batch", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, -32600},
		{"no message", `{"jsonrpc":"2.0"}`, -32600},
		{"too long", `{"jsonrpc":"2.0","id":1,"method":"x","params":"` + strings.Repeat("x", 1<<20) + `"}`, -32600},
		{"blank lines", "\r\n   \n\t", 0},
		{"byte order mark and CRLF", "\xef\xbb\xbf" + `{"jsonrpc":"2.0","id":7,"method":"ping"}` + "\r", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				h := newHost(t, s, bridge.Options{MaxMessage: 1 << 20})
				h.Handshake()
				h.Send(tt.in)
				if tt.code != 0 {
					id := "null"
					if tt.name == "too long" {
						id = "1" // found although the line is not kept
					}
					if l := h.Answer(id); l.Error == nil || l.Error.Code != tt.code {
						t.Errorf("answer = %.200s, want error %d", l.Raw, tt.code)
					}
				} else if strings.Contains(tt.in, "ping") {
					h.Result(7)
				}
				h.Send(call(1, "write"))
				h.Result(1)
				h.silent()
			})
		})
	}
}

func TestEnd(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, s *remote, h *host)
	}{
		{"idle: at once", func(t *testing.T, _ *remote, h *host) {
			start := time.Now()
			h.Send(modern(1, "subscriptions/listen", ""))
			h.In.Close()
			for range h.Lines {
			}
			within(t, start, 0)
		}},
		{"an answer that is almost there is delivered", func(t *testing.T, s *remote, h *host) {
			s.Misbehave("tools/call", 1, func(w http.ResponseWriter, _ *http.Request) {
				<-time.After(300 * time.Millisecond)
				mcptest.Respond(200, done, "Content-Type: application/json")(w, nil)
			})
			h.Send(call(1, "write"))
			h.In.Close()
			h.Result(1)
		}},
		{"a call that hangs is answered when the context ends", func(t *testing.T, s *remote, h *host) {
			h.Send(call(1, "wait"))
			<-s.Started
			h.stop()
			h.Failure(1, "stopped", "may or may not")
			<-s.Stopped
		}},
		{"the context ends while calls are waited for", func(t *testing.T, s *remote, h *host) {
			h.Send(call(1, "wait"))
			<-s.Started
			h.In.Close()
			synctest.Wait()
			h.stop()
			h.Failure(1, "stopped", "may or may not")
		}},
		{"the context ends", func(_ *testing.T, _ *remote, h *host) { h.stop() }},
		{"the server is away", func(_ *testing.T, s *remote, h *host) {
			s.Down()
			h.Send(call(1, "write"))
			h.stop()
			h.Failure(1, "stopped", "not carried out")
			s.Forget() // nobody can delete the session
		}},
		{"the server does not answer DELETE", func(_ *testing.T, s *remote, h *host) {
			s.Misbehave("DELETE", 1, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			h.In.Close()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				h := newHost(t, s, bridge.Options{})
				h.Handshake()
				start := time.Now()
				tt.run(t, s, h)
				if err := <-h.done; err != nil {
					t.Errorf("Run = %v", err)
				}
				within(t, start, time.Second)
				h.In.Close()
				if s.Open() != 0 && s.Count("DELETE") == 0 {
					t.Errorf("%d sessions left", s.Open())
				}
			})
		})
	}
}

// The end of the input means that there are no more requests, as in a pipe that holds
// a whole conversation. The calls that are running get their time.
func TestInputEnds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		takes  time.Duration // of the call
		drain  time.Duration
		cutOff bool
	}{
		{"call of 300 ms", 300 * time.Millisecond, 0, false},
		{"call of 25 s", 25 * time.Second, 0, false},
		{"call of an hour", time.Hour, 0, true},
		{"call that takes longer than the time that is given", 3 * time.Second, 2 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRemote(t)
				h := newHost(t, s, bridge.Options{Drain: tt.drain})
				s.Misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-time.After(tt.takes):
						mcptest.Respond(200, done, "Content-Type: application/json")(w, r)
					case <-r.Context().Done():
					}
				})
				start := time.Now()
				h.Send(initialize, initialized, call(1, "write"))
				h.In.Close()
				h.Result(0)
				if tt.cutOff {
					h.Failure(1, "stopped", "may or may not")
				} else {
					h.Result(1)
				}
				within(t, start, min(tt.takes+headStart, 31*time.Second))
				if err := <-h.done; errors.Is(err, bridge.ErrCutOff) != tt.cutOff || !tt.cutOff && err != nil {
					t.Errorf("Run = %v", err)
				}
				if s.Open() != 0 {
					t.Errorf("%d sessions left", s.Open())
				}
			})
		})
	}
}

// headStart is what the first call waits for the listening stream.
const headStart = 250 * time.Millisecond

// A session that is lost while the last calls run is made anew, as ever.
func TestInputEndsAndSessionIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		h := newHost(t, s, bridge.Options{})
		h.Handshake()
		s.Misbehave("tools/call", 1, func(w http.ResponseWriter, _ *http.Request) {
			<-time.After(time.Second)
			http.Error(w, "session not found", http.StatusNotFound)
		})
		h.Send(call(1, "write"))
		h.In.Close()
		h.Result(1)
		if err := <-h.done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// A host that reads no more ends the conversation.
func TestBrokenOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		h := newHost(t, s, bridge.Options{})
		h.Handshake()
		h.broken.Close()
		h.Send(call(1, "write"))
		if err := <-h.done; err == nil || !strings.Contains(err.Error(), "writing to the host") {
			t.Errorf("Run = %v", err)
		}
		if s.Open() != 0 {
			t.Errorf("%d sessions left", s.Open())
		}
	})
}

// A host that neither reads nor writes any more cannot hold the bridge up. (Not in
// a bubble: there, time stands still while somebody waits for a mutex.)
func TestStuckOutput(t *testing.T) {
	s := newRemote(t)
	b, err := bridge.New("http://server.example/mcp", key, bridge.Options{HTTP: client(t, s), Drain: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	stuck, out := io.Pipe()
	defer stuck.Close()
	in := strings.NewReader(initialize + "\n" + initialized + "\n" + listTools + "\n")
	start := time.Now()
	if err := b.Run(t.Context(), in, out); !errors.Is(err, bridge.ErrCutOff) {
		t.Errorf("Run = %v", err)
	}
	within(t, start, 2*time.Second)
	if s.Open() != 0 {
		t.Errorf("%d sessions left", s.Open())
	}
}

func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRemote(t)
		var b bytes.Buffer
		log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
		h := newHost(t, s, bridge.Options{Logger: log, Header: http.Header{"X-Secret": {"hunter22"}}, Redact: func(text string) string {
			return strings.ReplaceAll(text, "third secret", "[redacted]")
		}})
		h.Handshake()
		const other = "third secret"
		h.Send(`{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"a":"`+key+`","b":"hunter22","c":"`+other+`"}}`, `not json `+other)
		h.Result(1)
		h.Answer("null")
		h.In.Close()
		<-h.done
		text := b.String()
		for _, secret := range []string{key, "hunter22", other} {
			if strings.Contains(text, secret) {
				t.Errorf("the log holds %s", secret)
			}
		}
		for _, want := range []string{"from host", "to host", "tools/list", "x/y", "[redacted]"} {
			if !strings.Contains(text, want) {
				t.Errorf("the log lacks %q", want)
			}
		}
		if s.Header("x/y").Get("X-Secret") != "hunter22" {
			t.Error("the extra header did not reach the server")
		}
	})
}
