package mcptest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A World is a bridge between a host and a server, before anything has gone wrong.
type World struct {
	*Server
	Start func() *Host // starts a bridge to the server
}

// Talk starts a bridge and begins a conversation of the earlier era. The listening stream
// is the first of Streams.
func (w World) Talk() *Host {
	h := w.Start()
	h.Handshake()
	return h
}

// A Row is a row of the fault table: something goes wrong between the bridge and the
// server, and the conversation must not end of it.
type Row struct {
	Name string
	Run  func(t *testing.T, w World)
}

// Faults is the table of faults whose rows take seconds.
func Faults() []Row {
	return slices.Concat(absences(), interruptions(), refusals(), exactness(), streaming())
}

// SlowFaults are the rows that take minutes.
func SlowFaults() []Row {
	return []Row{{"call without a word for 5½ minutes", func(_ *testing.T, w World) {
		c := w.Talk()
		c.Patience = 6 * time.Minute
		w.Misbehave("tools/call", 1, func(rw http.ResponseWriter, r *http.Request) {
			<-time.After(330 * time.Second)
			Answer(rw, MessageOf(r), `{"late":true}`)
		})
		start := time.Now()
		c.Send(Call(1, "write"))
		c.Result(1)
		w.Within("the call", start, 330*time.Second)
	}}}
}

// absences are rows in which the server cannot be reached.
func absences() []Row {
	return []Row{
		{"server comes up 2 s after the host", func(t *testing.T, w World) {
			w.Outage(2 * time.Second)
			c := w.Start()
			start := time.Now()
			c.Send(Initialize)
			c.Result(0)
			w.Within("initialize", start, 2300*time.Millisecond)
			c.Send(Initialized, ListTools)
			c.Result(`"list"`)
		}},
		{"server stays away: initialize fails with host and cause, a later one works", func(t *testing.T, w World) {
			w.Down()
			c := w.Start()
			start := time.Now()
			c.Send(Initialize)
			c.Failure(0, w.Host, "connection refused")
			w.Within("the error", start, 20*time.Second)
			w.Up()
			start = time.Now()
			c.Handshake()
			w.Within("the later handshake", start, 50*time.Millisecond)
		}},
		{"outage of 1.5 s: the call in it succeeds", func(t *testing.T, w World) {
			c := w.Talk()
			w.Outage(1500 * time.Millisecond)
			start := time.Now()
			c.Send(Call(1, "write"))
			c.Result(1)
			w.Within("the call", start, 1800*time.Millisecond)
			if n := w.RunsOf("write"); n != 1 {
				t.Errorf("ran %d times", n)
			}
		}},
		{"long outage: an error per id, and the next call works at once", func(t *testing.T, w World) {
			c := w.Talk()
			w.Down()
			start := time.Now()
			c.Send(Call(1, "write"), Call(2, "read"), `{"jsonrpc":"2.0","id":"p","method":"ping"}`)
			for _, id := range []any{1, 2, `"p"`} {
				c.Failure(id, w.Host, "connection refused")
			}
			w.Within("the errors", start, 30*time.Second)
			w.Up()
			start = time.Now()
			c.Send(Call(3, "write"))
			c.Result(3)
			w.Within("the next call", start, 50*time.Millisecond)
			if w.RunsOf("write") != 1 || w.RunsOf("read") != 0 {
				t.Errorf("write ran %d times, read %d times", w.RunsOf("write"), w.RunsOf("read"))
			}
		}},
		{"server restarted: 16 of 16 calls at once succeed in one new session", func(t *testing.T, w World) {
			c := w.Talk()
			w.Down()
			w.Forget()
			w.Up()
			sixteenCalls(t, w, c)
		}},
		{"sessions lost: 16 of 16 calls at once succeed in one new session", func(t *testing.T, w World) {
			c := w.Talk()
			w.Forget()
			sixteenCalls(t, w, c)
		}},
		{"503 for 2 s", func(t *testing.T, w World) {
			c := w.Talk()
			w.Misbehave("tools/call", -1, Respond(http.StatusServiceUnavailable, "deploying"))
			time.AfterFunc(2*time.Second, w.Behave)
			start := time.Now()
			c.Send(Call(1, "write"))
			c.Result(1)
			w.Within("the call", start, 2300*time.Millisecond)
		}},
		{"429 with Retry-After: 1", func(t *testing.T, w World) {
			c := w.Talk()
			w.Misbehave("tools/call", 1, Refuse(http.StatusTooManyRequests, "slow down", "Retry-After: 1"))
			start := time.Now()
			c.Send(Call(1, "write"))
			c.Result(1)
			w.Within("the call", start, 1200*time.Millisecond)
			if took := time.Since(start); took < time.Second {
				t.Errorf("came back after %v", took)
			}
		}},
	}
}

func sixteenCalls(t *testing.T, w World, c *Host) {
	t.Helper()
	start := time.Now()
	for i := range 16 {
		c.Send(Call(i+1, fmt.Sprintf("write%d", i)))
	}
	for i := range 16 {
		c.Result(i + 1)
	}
	w.Within("16 calls", start, 50*time.Millisecond)
	for i := range 16 {
		if n := w.RunsOf(fmt.Sprintf("write%d", i)); n != 1 {
			t.Errorf("write%d ran %d times", i, n)
		}
	}
	c.Message("notifications/tools/list_changed")
	if n := w.Count("initialize"); n != 2 {
		t.Errorf("%d initialize requests, want the host's and one more", n)
	}
}

// interruptions are rows in which a connection is reset while a call runs.
func interruptions() []Row {
	return []Row{
		{"reset in a call that changes things: told, not repeated", func(t *testing.T, w World) {
			c := w.Talk()
			w.Misbehave("tools/call", 1, func(rw http.ResponseWriter, r *http.Request) {
				w.Ran(MessageOf(r).Params.Name)
				Reset(rw, r)
			})
			start := time.Now()
			c.Send(Call(1, "write"))
			c.Failure(1, "may or may not have been carried out")
			w.Within("the error", start, 50*time.Millisecond)
			if n := w.RunsOf("write"); n != 1 {
				t.Errorf("ran %d times", n)
			}
		}},
		{"reset in a call of a read-only tool: repeated", func(t *testing.T, w World) {
			c := w.Talk()
			w.Misbehave("tools/call", 1, Reset)
			c.Send(Call(1, "read"))
			c.Result(1)
		}},
		{"reset in the middle of an idempotent tool's answer: repeated", func(t *testing.T, w World) {
			c := w.Talk()
			w.Misbehave("tools/call", 1, func(rw http.ResponseWriter, r *http.Request) {
				Respond(http.StatusOK, `{"jsonrpc":"2.0",`, "Content-Type: application/json")(rw, r)
				http.NewResponseController(rw).Flush()
				Reset(rw, r)
			})
			c.Send(Call(1, "put"))
			c.Result(1)
		}},
		{"reset in a call's stream: resumed where it broke", func(t *testing.T, w World) {
			c := w.Talk()
			Receive(t, "listening stream", w.Streams)
			seen := make(chan bool)
			w.Misbehave("tools/call", 1, func(rw http.ResponseWriter, r *http.Request) {
				w.Ran(MessageOf(r).Params.Name)
				Events(func(st *Stream) { st.Send("e1", Progress(1, 1)) })(rw, r)
				<-seen // a reset overtakes what was not read yet
				Reset(rw, r)
			})
			c.Send(Call(1, "write"))
			c.Message("notifications/progress")
			start := time.Now()
			close(seen)
			resumed := Receive(t, "resumed stream", w.Streams)
			if resumed.LastID != "e1" {
				t.Errorf("Last-Event-ID = %q", resumed.LastID)
			}
			resumed.Send("e2", Progress(1, 2))
			resumed.Send("e3", `{"jsonrpc":"2.0","id":1,"result":{}}`)
			resumed.End()
			c.Message("notifications/progress")
			c.Result(1)
			w.Within("the rest of the answer", start, 50*time.Millisecond)
			if n := w.RunsOf("write"); n != 1 {
				t.Errorf("ran %d times", n)
			}
		}},
	}
}

// refusals are rows in which somebody answers, but not as the host hoped.
func refusals() []Row {
	rows := []Row{
		{"captive portal", func(t *testing.T, w World) {
			w.Misbehave("initialize", 1, Respond(http.StatusOK, "<html>Welcome to our hotel</html>", "Content-Type: text/html; charset=utf-8"))
			c := w.Start()
			c.Send(Initialize)
			c.Failure(0, "web page", w.Host, "sign in")
			c.Handshake()
		}},
		{"redirect to another host: refused, and told without what may be secret", func(t *testing.T, w World) {
			w.Misbehave("initialize", 1, Respond(http.StatusTemporaryRedirect, "", "Location: http://other.example/mcp?token=x"))
			c := w.Start()
			c.Send(Initialize)
			if l := c.Failure(0, "http://other.example/mcp", "no redirect to another origin"); strings.Contains(l.Raw, "token") {
				t.Errorf("the query is quoted: %s", l.Raw)
			}
			c.Handshake()
		}},
		{"redirect within the origin: followed, with the key", func(_ *testing.T, w World) {
			w.Misbehave("initialize", 1, Respond(http.StatusPermanentRedirect, "", "Location: /v2/mcp"))
			w.Talk()
		}},
	}
	for _, tt := range []struct {
		name string
		do   http.HandlerFunc
		want []string
	}{
		{"wrong key", Refuse(http.StatusUnauthorized, "This key does not exist; check it for typing errors."), []string{"This key does not exist"}},
		{"wrong key, said in HTTP alone", Respond(http.StatusUnauthorized, `{"detail":"No such key."}`, "Content-Type: application/problem+json"), []string{"401", "No such key", "refused"}},
		{"expired key", Refuse(http.StatusUnauthorized, "This key expired on 1 May."), []string{"expired on 1 May"}},
		{"revoked key", Refuse(http.StatusUnauthorized, "This key was revoked on 1 May."), []string{"revoked on 1 May"}},
		{"over quota", Refuse(http.StatusTooManyRequests, "Your quota is used up until 1 June.", "Retry-After: 3600"), []string{"used up until 1 June"}},
		{"plan lacks the tool", Refuse(http.StatusForbidden, "Your plan does not include write."), []string{"does not include write"}},
		{"plan lacks the tool, said in HTTP alone", Respond(http.StatusForbidden, "no"), []string{"403", "does not permit"}},
	} {
		rows = append(rows, Row{tt.name, func(t *testing.T, w World) {
			c := w.Talk()
			w.Misbehave("tools/call", 1, tt.do)
			start := time.Now()
			c.Send(Call(1, "write"))
			c.Failure(1, tt.want...)
			w.Within("the error", start, 50*time.Millisecond)
			c.Send(Call(2, "write"))
			c.Result(2)
		}})
	}
	return rows
}
