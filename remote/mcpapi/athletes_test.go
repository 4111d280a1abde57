package mcpapi_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// application returns a client with an application's key.
func (h *harness) application(lim pierre.Limit) *client {
	h.t.Helper()
	row, key, err := h.ProvisionApplication(h.t.Context(), lim)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.with(key, row)
}

// as returns a client that acts for the athlete.
func (c *client) as(athlete string) *client {
	own := *c
	own.Header = http.Header{http.CanonicalHeaderKey(pierre.HeaderAthlete): {athlete}}
	return &own
}

// whoami returns the user that a tool's call is about.
func (c *client) whoami() string {
	c.h.t.Helper()
	resp := c.Post(streamabletest.Call("1", "whoami", ""))
	var answer struct {
		Result struct{ Content []struct{ Text string } }
	}
	streamabletest.Decode(c.h.t, resp.Text, &answer)
	if len(answer.Result.Content) != 1 {
		c.h.t.Fatalf("whoami: %d %s", resp.StatusCode, resp.Text)
	}
	return answer.Result.Content[0].Text
}

// An application's key needs an athlete, and a person's may have none, whatever the route and the method.
func TestAthleteOfARequest(t *testing.T) {
	h := start(t, mcpapi.Options{})
	person, app := h.client(pierre.Limit{}), h.application(pierre.Limit{})
	ping := `{"jsonrpc":"2.0","id":"7","method":"ping"}`
	withAuth := func(key string) string { return strings.Replace(ping, `{`, `{"auth":"`+key+`",`, 1) }
	const header = "X-Pierre-Athlete"
	for _, tt := range []struct {
		name   string
		c      *client
		method string
		path   string
		body   string
		header []string
		status int
		want   string
	}{
		{name: "an application's", c: app, body: ping, header: []string{header, "ana"}, status: 200},
		{name: "an application's, encoded", c: app, body: ping, header: []string{header, "=?base64?w6FuYQ==?="}, status: 200},
		{name: "an application's in the body", c: app, path: "/", body: withAuth(app.Key), header: []string{"Authorization", "", header, "ana"}, status: 200},
		{name: "an application's without", c: app, body: ping, status: 400, want: "name the athlete"},
		{name: "an application's without, in the body", c: app, path: "/", body: withAuth(app.Key), header: []string{"Authorization", ""}, status: 400, want: "name the athlete"},
		{name: "an application's notification without", c: app, body: `{"jsonrpc":"2.0","method":"notifications/initialized"}`, status: 400, want: "name the athlete"},
		{name: "an application's stream without", c: app, method: http.MethodGet, header: []string{"Mcp-Session-Id", "x"}, status: 400, want: "name the athlete"},
		{name: "the end of an application's session without", c: app, method: http.MethodDelete, header: []string{"Mcp-Session-Id", "x"}, status: 400, want: "name the athlete"},
		{name: "an application's stream for nobody", c: app, method: http.MethodGet, header: []string{"Mcp-Session-Id", "x", header, "Ana"}, status: 404, want: "no athlete of this name"},
		{name: "an application's, too long", c: app, body: ping, header: []string{header, strings.Repeat("x", 129)}, status: 400, want: "1 to 128"},
		{name: "an application's in Latin-1", c: app, body: ping, header: []string{header, "\xe1na"}, status: 400, want: "base64"},
		{name: "a person's without", c: person, body: ping, status: 200},
		{name: "a person's with", c: person, body: ping, header: []string{header, "ana"}, status: 400, want: "one person's"},
		{name: "a person's with nonsense", c: person, body: ping, header: []string{header, "\xff"}, status: 400, want: "one person's"},
		{name: "a person's stream with", c: person, method: http.MethodGet, header: []string{header, "ana"}, status: 400, want: "one person's"},
		{name: "a bad key with", c: person, body: ping, header: []string{"Authorization", "Bearer pk_live_no", header, "ana"}, status: 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.path == "" {
				tt.path = "/mcp"
			}
			if tt.method == "" {
				tt.method = http.MethodPost
			}
			resp := tt.c.Do(tt.c.Request(tt.method, tt.path, tt.body, tt.header...))
			if resp.StatusCode != tt.status || !strings.Contains(resp.Text, tt.want) {
				t.Errorf("%d %s, want %d with %q", resp.StatusCode, resp.Text, tt.status, tt.want)
			}
			if tt.want != "" && tt.body != "" && strings.Contains(tt.body, `"id"`) && !strings.Contains(resp.Text, `"id":"7"`) {
				t.Errorf("the answer has not the request's id: %s", resp.Text)
			}
		})
	}
	two := app.Request(http.MethodPost, "/mcp", ping)
	two.Header[header] = []string{"ana", "bob"}
	if resp := app.Do(two); resp.StatusCode != http.StatusBadRequest || !strings.Contains(resp.Text, "more than one") {
		t.Errorf("two athletes: %d %s", resp.StatusCode, resp.Text)
	}
}

// The athletes of one key have the same limit and nothing else in common; those of another customer are other users.
func TestAthletesOfOneKey(t *testing.T) {
	h := start(t, mcpapi.Options{})
	app, other := h.application(pierre.Limit{Requests: 7, Period: pierre.PeriodMonth}), h.application(pierre.Limit{})
	ana, bob, foreign := app.as("ana").whoami(), app.as("bob").whoami(), other.as("ana").whoami()
	if ana == bob || ana == foreign || ana == string(app.row.UserID) || ana == "" {
		t.Errorf("ana is %s, bob %s, another customer's ana %s, the customer %s", ana, bob, foreign, app.row.UserID)
	}
	var wg sync.WaitGroup
	for range 2 {
		for name, want := range map[string]string{"ana": ana, "bob": bob} {
			wg.Go(func() {
				if got := app.as(name).whoami(); got != want {
					t.Errorf("%s is %s, and was %s", name, got, want)
				}
			})
		}
	}
	wg.Wait()
	if resp := app.as("cy").Post(streamabletest.Call("1", "whoami", "")); resp.StatusCode != http.StatusOK {
		t.Errorf("the seventh call: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := app.as("dan").Post(streamabletest.Call("1", "whoami", "")); resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the eighth call of the key, the first of dan: %d %s", resp.StatusCode, resp.Text)
	}
}

// A session belongs to the athlete for whom it was opened.
func TestSessionsAreTheirAthletes(t *testing.T) {
	h := start(t, mcpapi.Options{})
	app := h.application(pierre.Limit{})
	ana := app.as("ana")
	if ana.Session = ana.Post(streamabletest.Hello).Header.Get("Mcp-Session-Id"); ana.Session == "" {
		t.Fatal("there is no session")
	}
	bob := ana.as("bob")
	for _, resp := range []streamabletest.Response{bob.Post(streamabletest.Ping), bob.Do(bob.Request(http.MethodGet, "/mcp", "")), bob.Do(bob.Request(http.MethodDelete, "/mcp", ""))} {
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("bob in ana's session: %s %d %s", resp.Request.Method, resp.StatusCode, resp.Text)
		}
	}
	if resp := ana.Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
		t.Errorf("ana in hers: %d %s", resp.StatusCode, resp.Text)
	}
}

// What is open for an athlete ends when it is deleted; the name is another athlete then.
func TestDeletedAthletesAreGone(t *testing.T) {
	h := start(t, mcpapi.Options{})
	app := h.application(pierre.Limit{})
	ana, bob := app.as("ana"), app.as("bob")
	was := pierre.UserID(ana.whoami())
	ana.Session = ana.Post(streamabletest.Hello).Header.Get("Mcp-Session-Id")
	bob.Session = bob.Post(streamabletest.Hello).Header.Get("Mcp-Session-Id")
	stream := ana.Events(ana.Send(ana.Request(http.MethodGet, "/mcp", "")))
	subscribed := ana.Events(ana.Send(ana.ModernRequest("1", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`)))
	if _, ok := subscribed.Next(); !ok {
		t.Fatal("the subscription was not acknowledged")
	}
	act := pierre.Act{Person: string(app.row.ID), At: app.row.Created}
	if id, err := h.Store.DeleteAthlete(t.Context(), act, app.row.UserID, "ana"); id != was || err != nil {
		t.Fatalf("deleting: %s, %v", id, err)
	}
	h.Athletes.AthleteDeleted(was)
	h.API.AthleteDeleted(was)
	stream.All()
	subscribed.All()
	if resp := ana.Post(streamabletest.Ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the session of the deleted: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := bob.Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
		t.Errorf("another athlete's session: %d %s", resp.StatusCode, resp.Text)
	}
	if again := app.as("ana").whoami(); again == string(was) {
		t.Error("the name is still the deleted athlete")
	}
}
