//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sayProgress is the progress of call 1.
func sayProgress(n int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":%d}}`, n)
}

// exactness are rows about the bytes of messages, legal and not.
func exactness() []row {
	return []row{
		{"numbers, escapes and unknown members keep their bytes", func(t *testing.T, s *remote) {
			c := talk(t, s)
			const odd = `{"big":9223372036854775807,"bigger":-12345678901234567890,"f":1.0e+05,"u":"\u00e9\/é\u2028","dup":1,"dup":2,"none":null, "space" : [ ] }`
			reply := `{"jsonrpc":"2.0","id":1,"unknown":{"a":9007199254740993},"result":` + odd + `}`
			s.misbehave("tools/call", 1, respond(http.StatusOK, "application/json", reply))
			line := `{"params":{"x":18446744073709551615,"arguments":` + odd + `,"name":"write"},"method":"tools/call","vendor":{"é":1},"id":1,"jsonrpc":"2.0"}`
			c.send(line)
			if got := c.answer(1).raw; got != reply {
				t.Errorf("the host got  %s\nthe server said %s", got, reply)
			}
			if got := s.body("tools/call"); got != line {
				t.Errorf("the server got %s\nthe host said  %s", got, line)
			}
		}},
		{"exotic ids", func(t *testing.T, s *remote) {
			c := talk(t, s)
			for _, id := range []string{`9007199254740993`, `-1`, `18446744073709551616`, `1.5`, `""`, `"é\u00e9\"\\/"`, `"` + strings.Repeat("x", 4096) + `"`} {
				c.send(sayCall(id, "write"))
				c.result(id)
			}
			c.send(`{"jsonrpc":"2.0","id":"m","method":"vendor/unknown","params":{}}`)
			c.result(`"m"`)
		}},
		{"result of 16 MiB", func(t *testing.T, s *remote) {
			c := talk(t, s)
			reply := `{"jsonrpc":"2.0","id":1,"result":{"text":"` + strings.Repeat("0123456789abcdef", 1<<20) + `"}}`
			s.misbehave("tools/call", 1, respond(http.StatusOK, "application/json", reply))
			start := time.Now()
			c.send(sayCall(1, "write"))
			if got := c.answer(1).raw; got != reply {
				t.Errorf("got %d bytes, want the %d that were sent", len(got), len(reply))
			}
			t.Logf("16 MiB: %v, the test's own reading included", time.Since(start)) // the table sets no bound
		}},
		{"argument of 4 MiB", func(t *testing.T, s *remote) {
			c := talk(t, s)
			line := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","arguments":{"text":"` + strings.Repeat("0123456789abcdef", 1<<18) + `"}}}`
			c.send(line)
			c.result(1)
			if got := s.body("tools/call"); got != line {
				t.Errorf("the server got %d bytes, want the %d that were sent", len(got), len(line))
			}
		}},
		{"malformed line, batch and blank lines", func(t *testing.T, s *remote) {
			c := talk(t, s)
			before := s.order()
			for line, code := range map[string]int{`{"jsonrpc":`: -32700, "hello": -32700, `[` + sayCall(8, "write") + `,` + sayCall(9, "write") + `]`: -32600} {
				c.send(line)
				if m := c.failure("null"); m.Error.Code != code {
					t.Errorf("%s: code %d, want %d", line, m.Error.Code, code)
				}
			}
			c.send("", "  ", "\r")
			c.send(sayCall(1, "write"))
			c.result(1)
			after := slices.DeleteFunc(s.order()[len(before):], func(m string) bool { return m == http.MethodGet })
			if len(after) != 1 || len(c.seen) > 0 {
				t.Errorf("the server got %v, the host %v", after, c.seen)
			}
		}},
		{"byte order mark and CRLF", func(t *testing.T, s *remote) {
			c := converse(t, s.url)
			c.send("\ufeff" + sayInitialize + "\r")
			c.result(0)
			c.send(sayInitialized+"\r", sayCall(1, "write")+"\r")
			c.result(1)
			if got := s.body("tools/call"); got != sayCall(1, "write") {
				t.Errorf("the server got %q", got)
			}
		}},
	}
}

// streaming are rows about what passes besides requests and answers.
func streaming() []row {
	return []row{
		{"cancellation in the earlier era: the server is told, the tool stops", func(t *testing.T, s *remote) {
			c := talk(t, s)
			c.send(sayCall(1, "wait"))
			receive(t, "start of the tool", s.started)
			c.send(sayCancelOne)
			receive(t, "end of the tool", s.stopped)
			if got := s.body("notifications/cancelled"); got != sayCancelOne {
				t.Errorf("the server got %q", got)
			}
			silentAbout(c, 1)
		}},
		{"cancellation in the later era: the request ends, the tool stops", func(t *testing.T, s *remote) {
			c := converse(t, s.url)
			c.send(sayModern(1, "tools/call", `"name":"wait"`))
			receive(t, "start of the tool", s.started)
			c.send(sayCancelOne)
			receive(t, "end of the tool", s.stopped)
			c.send(sayModern(2, "tools/call", `"name":"write"`))
			c.result(2)
			if got := s.order(); !slices.Equal(got, []string{"tools/call", "tools/call"}) || len(c.seen) > 0 {
				t.Errorf("the server got %v, the host %v", got, c.seen)
			}
		}},
		{"progress keeps its order and comes before the result", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, _ *http.Request, _ rpc) {
				write := events(w)
				for i := range 50 {
					write(event("", sayProgress(i)))
				}
				write(event("", `{"jsonrpc":"2.0","id":1,"result":{}}`))
			})
			c.send(sayCall(1, "write"))
			c.result(1)
			if len(c.seen) != 50 {
				t.Fatalf("%d messages before the result, want 50", len(c.seen))
			}
			for i, m := range c.seen {
				if m.raw != sayProgress(i) {
					t.Errorf("message %d is %s", i, m.raw)
				}
			}
			c.seen = nil
		}},
		{"nothing overtakes notifications/initialized", func(t *testing.T, s *remote) {
			early := make(chan []string, 1)
			s.misbehave("notifications/initialized", 1, func(w http.ResponseWriter, _ *http.Request, _ rpc) {
				<-time.After(500 * time.Millisecond) // in which others could overtake
				early <- s.order()
				w.WriteHeader(http.StatusAccepted)
			})
			c := converse(t, s.url)
			c.send(sayInitialize, sayInitialized, sayList, sayCall(1, "write"))
			c.result(1)
			if got := <-early; !slices.Equal(got, []string{"initialize", "notifications/initialized"}) {
				t.Errorf("before the acknowledgement: %v", got)
			}
		}},
		{"the server asks the host, in a call and unasked", serverAsks},
		{"listening stream comes back after 8 s of outage", func(t *testing.T, s *remote) {
			c := talk(t, s)
			receive(t, "listening stream", s.streams)
			s.down()
			<-time.After(8 * time.Second)
			s.up()
			start := time.Now()
			receive(t, "stream after the outage", s.streams).send("", toolsChanged)
			c.notice("notifications/tools/list_changed")
			within(t, "list_changed after the outage", start, 5*time.Second)
		}},
		{"subscription of the later era comes back after 8 s of outage", func(t *testing.T, s *remote) {
			const ack = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":1}}}`
			c := converse(t, s.url)
			c.send(sayModern(1, "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
			receive(t, "subscription", s.streams).send("", ack)
			c.notice("notifications/subscriptions/acknowledged")
			s.down()
			<-time.After(8 * time.Second)
			s.up()
			start := time.Now()
			receive(t, "subscription after the outage", s.streams).send("", ack)
			c.notice("notifications/tools/list_changed") // it may have changed meanwhile
			within(t, "list_changed after the outage", start, 5*time.Second)
		}},
	}
}

// silentAbout fails if the host got an answer to id before the answer to a later call.
func silentAbout(c *conversation, id int) {
	c.t.Helper()
	c.send(sayCall(id+1, "write"))
	c.result(id + 1)
	for _, m := range c.seen {
		c.t.Errorf("the host got %s", m.raw)
	}
}

func serverAsks(t *testing.T, s *remote) {
	c := talk(t, s)
	listening := receive(t, "listening stream", s.streams)
	ask := func(id, method string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":{"n":9007199254740993}}`, id, method)
	}
	reply := func(id string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"n":9007199254740993}}`, id)
	}
	questions := map[string]string{`"s"`: "sampling/createMessage", `12345678901234567890`: "elicitation/create", `"r"`: "roots/list"}
	s.misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request, m rpc) {
		write := events(w)
		for id, method := range questions {
			write(event("", ask(id, method)))
			select {
			case got := <-s.responses:
				if got != reply(id) {
					t.Errorf("asked %s, the server got %s", method, got)
				}
			case <-r.Context().Done():
				return
			}
		}
		write(event("", fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)))
	})
	c.send(sayCall(1, "write"))
	for range questions {
		m := c.wait("question", func(m message) bool { return m.Method != "" })
		if m.raw != ask(string(m.ID), questions[string(m.ID)]) {
			t.Errorf("the host got %s", m.raw)
		}
		c.send(reply(string(m.ID)))
	}
	c.result(1)
	listening.send("", ask(`"l"`, "roots/list"))
	c.notice("roots/list")
	c.send(reply(`"l"`))
	if got := receive(t, "answer", s.responses); got != reply(`"l"`) {
		t.Errorf("the server got %s", got)
	}
}

// endings are rows about the end of the program; that its session is deleted with
// the key is checked at the end of every row.
func endings() []row {
	hangUp := func(c *conversation) { c.h.in.Close() }
	hangUpAndTerminate := func(c *conversation) {
		hangUp(c)
		c.h.cmd.Process.Signal(syscall.SIGTERM)
	}
	terminate := func(c *conversation) { c.h.cmd.Process.Signal(syscall.SIGTERM) }
	interrupt := func(c *conversation) { c.h.cmd.Process.Signal(os.Interrupt) }
	var rows []row
	for _, tt := range []struct {
		name string
		end  func(*conversation)
	}{{"stdin closed and SIGTERM", hangUpAndTerminate}, {"SIGTERM", terminate}, {"SIGINT", interrupt}} {
		rows = append(rows, row{tt.name + " while idle", func(t *testing.T, s *remote) {
			c := talk(t, s)
			tt.end(c)
			c.gone(tt.name)
		}}, row{tt.name + " in the middle of a call", func(t *testing.T, s *remote) {
			c := talk(t, s)
			c.send(sayCall(1, "wait"))
			receive(t, "start of the tool", s.started)
			tt.end(c)
			c.gone(tt.name)
			receive(t, "end of the tool", s.stopped)
			c.failure(1, "stopped", "may or may not have been carried out")
		}})
	}
	rows = append(rows, row{"stdin closed while idle", func(t *testing.T, s *remote) {
		c := talk(t, s)
		hangUp(c)
		c.gone("stdin closed")
	}}, row{"answer on its way when stdin is closed", func(t *testing.T, s *remote) {
		c := talk(t, s)
		running := make(chan bool)
		s.misbehave("tools/call", 1, func(w http.ResponseWriter, _ *http.Request, m rpc) {
			close(running)
			<-time.After(2 * time.Second) // until the bridge knows that its host has gone
			answer(w, m, `{}`)
		})
		c.send(sayCall(1, "write"))
		receive(t, "start of the tool", running)
		hangUp(c)
		c.gone("stdin closed")
		c.result(1)
	}})
	return append(rows, row{"eight copies at once, one killed", func(t *testing.T, s *remote) {
		copies := make([]*conversation, 8)
		start := time.Now()
		for i := range copies {
			copies[i] = converse(t, s.url)
			copies[i].send(sayInitialize)
		}
		for _, c := range copies {
			c.result(0)
			c.send(sayInitialized, sayList)
			c.result(`"list"`)
		}
		within(t, "eight handshakes", start, 200*time.Millisecond)
		copies[0].send(sayCall(1, "wait"))
		receive(t, "start of the tool", s.started)
		s.leaked = 1
		copies[0].kill()
		for _, c := range copies[1:] {
			c.send(sayCall(1, "write"))
			c.result(1)
		}
	}})
}
