package mcptest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// exactness are rows about the bytes of messages, legal and not.
func exactness() []Row {
	return []Row{
		{"numbers, escapes and unknown members keep their bytes", func(t *testing.T, w World) {
			c := w.Talk()
			const odd = `{"big":9223372036854775807,"bigger":-12345678901234567890,"f":1.0e+05,"u":"\u00e9\/é\u2028","dup":1,"dup":2,"none":null, "space" : [ ] }`
			reply := `{"jsonrpc":"2.0","id":1,"unknown":{"a":9007199254740993},"result":` + odd + `}`
			w.Misbehave("tools/call", 1, RespondJSON(http.StatusOK, reply))
			line := `{"params":{"x":18446744073709551615,"arguments":` + odd + `,"name":"write"},"method":"tools/call","vendor":{"é":1},"id":1,"jsonrpc":"2.0"}`
			c.Send(line)
			if got := c.Answer(1).Raw; got != reply {
				t.Errorf("the host got  %s\nthe server said %s", got, reply)
			}
			if got := w.Body("tools/call"); got != line {
				t.Errorf("the server got %s\nthe host said  %s", got, line)
			}
		}},
		{"exotic ids", func(t *testing.T, w World) {
			c := w.Talk()
			for _, id := range []string{`9007199254740993`, `-1`, `18446744073709551616`, `1.5`, `""`, `"é\u00e9\"\\/"`, `"` + strings.Repeat("x", 4096) + `"`} {
				c.Send(Call(id, "write"))
				c.Result(id)
			}
			c.Send(`{"jsonrpc":"2.0","id":"m","method":"vendor/unknown","params":{}}`)
			c.Result(`"m"`)
		}},
		{"result of 16 MiB", func(t *testing.T, w World) {
			c := w.Talk()
			reply := `{"jsonrpc":"2.0","id":1,"result":{"text":"` + strings.Repeat("0123456789abcdef", 1<<20) + `"}}`
			w.Misbehave("tools/call", 1, RespondJSON(http.StatusOK, reply))
			start := time.Now()
			c.Send(Call(1, "write"))
			if got := c.Answer(1).Raw; got != reply {
				t.Errorf("got %d bytes, want the %d that were sent", len(got), len(reply))
			}
			t.Logf("16 MiB: %v, the test's own reading included", time.Since(start)) // the table sets no bound
		}},
		{"argument of 4 MiB", func(t *testing.T, w World) {
			c := w.Talk()
			line := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","arguments":{"text":"` + strings.Repeat("0123456789abcdef", 1<<18) + `"}}}`
			c.Send(line)
			c.Result(1)
			if got := w.Body("tools/call"); got != line {
				t.Errorf("the server got %d bytes, want the %d that were sent", len(got), len(line))
			}
		}},
		{"malformed line, batch and blank lines", func(t *testing.T, w World) {
			c := w.Talk()
			before := w.Order()
			for line, code := range map[string]int{`{"jsonrpc":`: -32700, "hello": -32700, `[` + Call(8, "write") + `,` + Call(9, "write") + `]`: -32600} {
				c.Send(line)
				if m := c.Failure("null"); m.Error.Code != code {
					t.Errorf("%s: code %d, want %d", line, m.Error.Code, code)
				}
			}
			c.Send("", "  ", "\r")
			c.Send(Call(1, "write"))
			c.Result(1)
			after := slices.DeleteFunc(w.Order()[len(before):], func(m string) bool { return m == http.MethodGet })
			if len(after) != 1 || len(c.Seen) > 0 {
				t.Errorf("the server got %v, the host %v", after, c.Seen)
			}
		}},
		{"byte order mark and CRLF", func(t *testing.T, w World) {
			c := w.Start()
			c.Send("\ufeff" + Initialize + "\r")
			c.Result(0)
			c.Send(Initialized+"\r", Call(1, "write")+"\r")
			c.Result(1)
			if got := w.Body("tools/call"); got != Call(1, "write") {
				t.Errorf("the server got %q", got)
			}
		}},
	}
}

// streaming are rows about what passes besides requests and answers.
func streaming() []Row {
	return []Row{
		{"cancellation in the earlier era: the server is told, the tool stops", func(t *testing.T, w World) {
			c := w.Talk()
			c.Send(Call(1, "wait"))
			Receive(t, "start of the tool", w.Started)
			c.Send(CancelOne)
			Receive(t, "end of the tool", w.Stopped)
			if got := w.Body("notifications/cancelled"); got != CancelOne {
				t.Errorf("the server got %q", got)
			}
			silentAbout(t, c, 1)
		}},
		{"cancellation in the later era: the request ends, the tool stops", func(t *testing.T, w World) {
			c := w.Start()
			c.Send(Modern(1, "tools/call", `"name":"wait"`))
			Receive(t, "start of the tool", w.Started)
			c.Send(CancelOne)
			Receive(t, "end of the tool", w.Stopped)
			c.Send(Modern(2, "tools/call", `"name":"write"`))
			c.Result(2)
			if got := w.Order(); !slices.Equal(got, []string{"tools/call", "tools/call"}) || len(c.Seen) > 0 {
				t.Errorf("the server got %v, the host %v", got, c.Seen)
			}
		}},
		{"progress keeps its order and comes before the result", func(t *testing.T, w World) {
			c := w.Talk()
			w.Misbehave("tools/call", 1, Events(func(st *Stream) {
				for i := range 50 {
					st.Send("", Progress(1, i))
				}
				st.Send("", Done)
			}))
			c.Send(Call(1, "write"))
			c.Result(1)
			if len(c.Seen) != 50 {
				t.Fatalf("%d messages before the result, want 50", len(c.Seen))
			}
			for i, m := range c.Seen {
				if m.Raw != Progress(1, i) {
					t.Errorf("message %d is %s", i, m.Raw)
				}
			}
			c.Seen = nil
		}},
		{"nothing overtakes notifications/initialized", func(t *testing.T, w World) {
			early := make(chan []string, 1)
			w.Misbehave("notifications/initialized", 1, func(rw http.ResponseWriter, _ *http.Request) {
				<-time.After(500 * time.Millisecond) // in which others could overtake
				early <- w.Order()
				rw.WriteHeader(http.StatusAccepted)
			})
			c := w.Start()
			c.Send(Initialize, Initialized, ListTools, Call(1, "write"))
			c.Result(1)
			if got := <-early; !slices.Equal(got, []string{"initialize", "notifications/initialized"}) {
				t.Errorf("before the acknowledgement: %v", got)
			}
		}},
		{"the server asks the host, in a call and unasked", serverAsks},
		{"listening stream comes back after 8 s of outage", func(t *testing.T, w World) {
			c := w.Talk()
			Receive(t, "listening stream", w.Streams)
			w.Down()
			<-time.After(8 * time.Second)
			w.Up()
			start := time.Now()
			Receive(t, "stream after the outage", w.Streams).Send("", ToolsChanged)
			c.Message("notifications/tools/list_changed")
			w.Within("list_changed after the outage", start, 5*time.Second)
		}},
		{"subscription of the later era comes back after 8 s of outage", func(t *testing.T, w World) {
			const ack = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":1}}}`
			c := w.Start()
			c.Send(Modern(1, "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
			Receive(t, "subscription", w.Streams).Send("", ack)
			c.Message("notifications/subscriptions/acknowledged")
			w.Down()
			<-time.After(8 * time.Second)
			w.Up()
			start := time.Now()
			Receive(t, "subscription after the outage", w.Streams).Send("", ack)
			c.Message("notifications/tools/list_changed") // it may have changed meanwhile
			w.Within("list_changed after the outage", start, 5*time.Second)
		}},
	}
}

// silentAbout fails if the host got an answer to id before the answer to a later call.
func silentAbout(t *testing.T, c *Host, id int) {
	t.Helper()
	c.Send(Call(id+1, "write"))
	c.Result(id + 1)
	for _, m := range c.Seen {
		t.Errorf("the host got %s", m.Raw)
	}
}

func serverAsks(t *testing.T, w World) {
	c := w.Talk()
	listening := Receive(t, "listening stream", w.Streams)
	ask := func(id, method string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":{"n":9007199254740993}}`, id, method)
	}
	reply := func(id string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"n":9007199254740993}}`, id)
	}
	questions := map[string]string{`"s"`: "sampling/createMessage", `12345678901234567890`: "elicitation/create", `"r"`: "roots/list"}
	w.Misbehave("tools/call", 1, func(rw http.ResponseWriter, r *http.Request) {
		Events(func(st *Stream) {
			for id, method := range questions {
				st.Send("", ask(id, method))
				select {
				case got := <-w.Responses:
					if got != reply(id) {
						t.Errorf("asked %s, the server got %s", method, got)
					}
				case <-r.Context().Done():
					return
				}
			}
			st.Send("", Done)
		})(rw, r)
	})
	c.Send(Call(1, "write"))
	for range questions {
		m := c.Wait("question", func(m Line) bool { return m.Method != "" })
		if m.Raw != ask(string(m.ID), questions[string(m.ID)]) {
			t.Errorf("the host got %s", m.Raw)
		}
		c.Send(reply(string(m.ID)))
	}
	c.Result(1)
	listening.Send("", ask(`"l"`, "roots/list"))
	c.Message("roots/list")
	c.Send(reply(`"l"`))
	if got := Receive(t, "answer", w.Responses); got != reply(`"l"`) {
		t.Errorf("the server got %s", got)
	}
}
