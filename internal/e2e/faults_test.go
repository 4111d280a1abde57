//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A row is a row of the fault table: something goes wrong between the bridge and
// the server, and the conversation must not end of it.
type row struct {
	name string
	run  func(t *testing.T, s *remote)
}

// The fault table with the real program, a real TCP port and real time. Bounds are
// the aim and [slack]; what it took is logged. The same table in exact, virtual time
// is in bridge (TestFaults, TestStreams, TestConversation). What cmd/mcp-client tests
// with the real program is not repeated: certificates (TestCertificates), proxies
// (TestProxies), extra headers (TestExtraHeaders), the death of the parent
// (TestParentDies), a broken stdout and Ctrl-C (TestProcessEnds), logs (TestLogs).
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range slices.Concat(absences(), interruptions(), refusals(), exactness(), streaming(), endings()) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, newRemote(t))
		})
	}
}

// absences are rows in which the server cannot be reached.
func absences() []row {
	return []row{
		{"server comes up 2 s after the host", func(t *testing.T, s *remote) {
			s.outage(2 * time.Second)
			c := converse(t, s.url)
			start := time.Now()
			c.send(sayInitialize)
			c.result(0)
			within(t, "initialize", start, 2300*time.Millisecond)
			c.send(sayInitialized, sayList)
			c.result(`"list"`)
		}},
		{"server stays away: initialize fails with host and cause, a later one works", func(t *testing.T, s *remote) {
			s.down()
			c := converse(t, s.url)
			start := time.Now()
			c.send(sayInitialize)
			c.failure(0, s.addr, "connection refused")
			within(t, "the error", start, 20*time.Second)
			s.up()
			start = time.Now()
			c.handshake()
			within(t, "the later handshake", start, 50*time.Millisecond)
		}},
		{"name that does not exist", func(t *testing.T, _ *remote) {
			c := converse(t, "http://pierre.invalid:8081", "--allow-http")
			start := time.Now()
			c.send(sayInitialize)
			c.failure(0, "pierre.invalid", "name")
			within(t, "the error", start, 20*time.Second)
			c.send("{")
			c.failure("null", "JSON") // still there
		}},
		{"outage of 1.5 s: the call in it succeeds", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.outage(1500 * time.Millisecond)
			start := time.Now()
			c.send(sayCall(1, "write"))
			c.result(1)
			within(t, "the call", start, 1800*time.Millisecond)
			if n := s.runsOf("write"); n != 1 {
				t.Errorf("ran %d times", n)
			}
		}},
		{"long outage: an error per id, and the next call works at once", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.down()
			start := time.Now()
			c.send(sayCall(1, "write"), sayCall(2, "read"), `{"jsonrpc":"2.0","id":"p","method":"ping"}`)
			for _, id := range []any{1, 2, `"p"`} {
				c.failure(id, s.addr, "connection refused")
			}
			within(t, "the errors", start, 30*time.Second)
			s.up()
			start = time.Now()
			c.send(sayCall(3, "write"))
			c.result(3)
			within(t, "the next call", start, 50*time.Millisecond)
			if s.runsOf("write") != 1 || s.runsOf("read") != 0 {
				t.Errorf("write ran %d times, read %d times", s.runsOf("write"), s.runsOf("read"))
			}
		}},
		{"server restarted: 16 of 16 calls at once succeed in one new session", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.down()
			s.forget()
			s.up()
			sixteenCalls(t, s, c)
		}},
		{"sessions lost: 16 of 16 calls at once succeed in one new session", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.forget()
			sixteenCalls(t, s, c)
		}},
		{"503 for 2 s", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.misbehave("tools/call", -1, respond(http.StatusServiceUnavailable, "text/plain", "deploying"))
			time.AfterFunc(2*time.Second, s.behave)
			start := time.Now()
			c.send(sayCall(1, "write"))
			c.result(1)
			within(t, "the call", start, 2300*time.Millisecond)
		}},
		{"429 with Retry-After: 1", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.misbehave("tools/call", 1, refuse(http.StatusTooManyRequests, "slow down", "Retry-After", "1"))
			start := time.Now()
			c.send(sayCall(1, "write"))
			c.result(1)
			within(t, "the call", start, 1200*time.Millisecond)
			if took := time.Since(start); took < time.Second {
				t.Errorf("came back after %v", took)
			}
		}},
	}
}

func sixteenCalls(t *testing.T, s *remote, c *conversation) {
	t.Helper()
	start := time.Now()
	for i := range 16 {
		c.send(sayCall(i+1, fmt.Sprintf("write%d", i)))
	}
	for i := range 16 {
		c.result(i + 1)
	}
	within(t, "16 calls", start, 50*time.Millisecond)
	for i := range 16 {
		if n := s.runsOf(fmt.Sprintf("write%d", i)); n != 1 {
			t.Errorf("write%d ran %d times", i, n)
		}
	}
	c.notice("notifications/tools/list_changed")
	if n := s.count("initialize"); n != 2 {
		t.Errorf("%d initialize requests, want the host's and one more", n)
	}
}

// interruptions are rows in which a connection is reset while a call runs.
func interruptions() []row {
	return []row{
		{"reset in a call that changes things: told, not repeated", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request, m rpc) {
				s.ran(m.Params.Name)
				reset(w, r, m)
			})
			start := time.Now()
			c.send(sayCall(1, "write"))
			c.failure(1, "reset", "may or may not have been carried out")
			within(t, "the error", start, 50*time.Millisecond)
			if n := s.runsOf("write"); n != 1 {
				t.Errorf("ran %d times", n)
			}
		}},
		{"reset in a call of a read-only tool: repeated", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.misbehave("tools/call", 1, reset)
			c.send(sayCall(1, "read"))
			c.result(1)
		}},
		{"reset in the middle of an idempotent tool's answer: repeated", func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request, m rpc) {
				w.Header().Set("Content-Type", "application/json")
				w.Write([]byte(`{"jsonrpc":"2.0",`))
				w.(http.Flusher).Flush()
				reset(w, r, m)
			})
			c.send(sayCall(1, "put"))
			c.result(1)
		}},
		{"reset in a call's stream: resumed where it broke", func(t *testing.T, s *remote) {
			c := talk(t, s)
			receive(t, "listening stream", s.streams)
			seen := make(chan bool)
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request, m rpc) {
				s.ran(m.Params.Name)
				events(w)(event("e1", sayProgress(1)))
				<-seen // a reset overtakes what was not read yet
				reset(w, r, m)
			})
			c.send(sayCall(1, "write"))
			c.notice("notifications/progress")
			start := time.Now()
			close(seen)
			resumed := receive(t, "resumed stream", s.streams)
			if resumed.lastID != "e1" {
				t.Errorf("Last-Event-ID = %q", resumed.lastID)
			}
			resumed.send("e2", sayProgress(2))
			resumed.send("e3", `{"jsonrpc":"2.0","id":1,"result":{}}`)
			close(resumed.events)
			c.notice("notifications/progress")
			c.result(1)
			within(t, "the rest of the answer", start, 50*time.Millisecond)
			if n := s.runsOf("write"); n != 1 {
				t.Errorf("ran %d times", n)
			}
		}},
		{"call without a word for 5½ minutes", func(t *testing.T, s *remote) {
			if !inCI() {
				t.Skip("takes 330 s of real time; set CI to run it")
			}
			c := talk(t, s)
			c.patience = 6 * time.Minute
			s.misbehave("tools/call", 1, func(w http.ResponseWriter, _ *http.Request, m rpc) {
				<-time.After(330 * time.Second)
				answer(w, m, `{"late":true}`)
			})
			start := time.Now()
			c.send(sayCall(1, "write"))
			c.result(1)
			within(t, "the call", start, 330*time.Second)
		}},
	}
}

// refusals are rows in which somebody answers, but not as the host hoped.
func refusals() []row {
	rows := []row{
		{"captive portal", func(t *testing.T, s *remote) {
			s.misbehave("initialize", 1, respond(http.StatusOK, "text/html; charset=utf-8", "<html>Welcome to our hotel</html>"))
			c := converse(t, s.url)
			c.send(sayInitialize)
			c.failure(0, "web page", s.addr, "sign in")
			c.handshake()
		}},
		{"redirect: refused, and the key goes nowhere else", func(t *testing.T, s *remote) {
			other := newRemote(t)
			s.misbehave("initialize", 1, respond(http.StatusTemporaryRedirect, "text/plain", "", "Location", other.url+"/mcp?token=x"))
			c := converse(t, s.url)
			c.send(sayInitialize)
			if m := c.failure(0, other.url, "no redirect"); strings.Contains(m.raw, "token") {
				t.Errorf("the query is quoted: %s", m.raw)
			}
			if got := other.order(); len(got) > 0 {
				t.Errorf("the other host got %v", got)
			}
			c.handshake()
		}},
	}
	for _, tt := range []struct {
		name string
		do   handler
		want []string
	}{
		{"wrong key", refuse(http.StatusUnauthorized, "This key does not exist; check it for typing errors."), []string{"This key does not exist"}},
		{"wrong key, said in HTTP alone", respond(http.StatusUnauthorized, "application/problem+json", `{"detail":"No such key."}`), []string{"401", "No such key", "PIERRE_AUTH_KEY"}},
		{"expired key", refuse(http.StatusUnauthorized, "This key expired on 1 May."), []string{"expired on 1 May"}},
		{"revoked key", refuse(http.StatusUnauthorized, "This key was revoked on 1 May."), []string{"revoked on 1 May"}},
		{"over quota", refuse(http.StatusTooManyRequests, "Your quota is used up until 1 June.", "Retry-After", "3600"), []string{"used up until 1 June"}},
		{"plan lacks the tool", refuse(http.StatusForbidden, "Your plan does not include write."), []string{"does not include write"}},
		{"plan lacks the tool, said in HTTP alone", respond(http.StatusForbidden, "text/plain", "no"), []string{"403", "your plan"}},
	} {
		rows = append(rows, row{tt.name, func(t *testing.T, s *remote) {
			c := talk(t, s)
			s.misbehave("tools/call", 1, tt.do)
			start := time.Now()
			c.send(sayCall(1, "write"))
			c.failure(1, tt.want...)
			within(t, "the error", start, 50*time.Millisecond)
			c.send(sayCall(2, "write"))
			c.result(2)
		}})
	}
	return rows
}
