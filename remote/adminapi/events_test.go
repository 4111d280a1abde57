package adminapi_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// watching serves live numbers of d's store until the returned function is called.
func (d *harness) watching(heartbeat time.Duration) (url string, stop func()) {
	d.t.Helper()
	live := usage.NewLive(d.store, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(d.t.Context())
	ended := make(chan struct{})
	go func() { live.Run(ctx); close(ended) }()
	api := adminapi.New(d.store, access.NewAdminVerifier(d.ring, d.store, d.clock), nil, d.ring, adminapi.Options{Live: live, Now: d.clock})
	adminapi.SetHeartbeat(api, heartbeat)
	srv := httptest.NewServer(api)
	stop = func() { cancel(); <-ended }
	d.t.Cleanup(srv.Close)
	d.t.Cleanup(stop)
	return srv.URL, stop
}

// stream returns the lines of the events.
func (d *harness) stream(url, token string) (<-chan string, *http.Response) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, url+"/admin/events", http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer resp.Body.Close()
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	return lines, resp
}

func await(t *testing.T, lines <-chan string, begin string) string {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("the stream ended without %q", begin)
			}
			if strings.HasPrefix(line, begin) {
				return line
			}
		case <-deadline:
			t.Fatalf("nothing began with %q", begin)
		}
	}
}

func TestEventsShowLiveNumbers(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	d.record(k, time.Now(), pierre.CallSucceeded)
	d.record(k, time.Now(), pierre.CallRateLimited)
	url, stop := d.watching(time.Millisecond)
	lines, resp := d.stream(url, d.admin)
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || ct != "text/event-stream" {
		t.Fatalf("%d %s", resp.StatusCode, ct)
	}
	await(t, lines, "event: usage")
	if data := await(t, lines, "data: "); !strings.Contains(data, `"active_keys":1,"since_yesterday":2`) {
		t.Errorf("the numbers are %s", data)
	}
	await(t, lines, "event: refusals")
	if data := await(t, lines, "data: "); !strings.Contains(data, `"api_key_id":"`+k.ID+`"`) {
		t.Errorf("the refusals are %s", data)
	}
	await(t, lines, "event: calls")
	if data := await(t, lines, "data: "); !strings.Contains(data, `"api_key_id":"`+k.ID+`"`) || !strings.Contains(data, `"user_email":"ana@club.test","tool":"get_stats","status":"succeeded"`) {
		t.Errorf("the calls are %s", data)
	}
	await(t, lines, ": still here")
	stop()
	for range lines {
	}
}

func TestClientWatchesLiveNumbers(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	d.record(k, time.Now(), pierre.CallSucceeded)
	url, stop := d.watching(time.Hour)
	c, err := adminapi.NewClient(url, secret.New(d.admin), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	var first usage.LiveEvent
	err = c.Events(t.Context(), "", func(e usage.LiveEvent) error { first = e; return enough })
	if !errors.Is(err, enough) || first.Type != "usage" || !strings.Contains(string(first.Data), `"since_yesterday":1`) || first.ID == "" {
		t.Errorf("the first event is %+v, %v", first, err)
	}
	stop()
	if err := c.Events(t.Context(), first.ID, func(usage.LiveEvent) error { return nil }); err == nil {
		t.Error("a server that stopped streams")
	}
	c, err = adminapi.NewClient(url, secret.New("none"), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if refused, ok := errors.AsType[*adminapi.Error](c.Events(t.Context(), "", nil)); !ok || refused.Status != http.StatusUnauthorized {
		t.Errorf("without a token: %v", refused)
	}
}

// FuzzReadEvents: whatever a server sends, events have limits and the end is found.
func FuzzReadEvents(f *testing.F) {
	for _, seed := range []string{"id: a-1\nevent: usage\ndata: {}\n\n", ": still here\n\n", "retry: 3000\n\ndata: a\ndata: b\n\n", "data", "id: \x00\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		err := adminapi.ReadEvents(strings.NewReader(text), func(e usage.LiveEvent) error {
			if n++; len(e.Data) == 0 || len(e.Data) > len(text) || strings.ContainsRune(e.ID, 0) {
				t.Errorf("%q has the event %+v", text, e)
			}
			return nil
		})
		if err == nil || n > strings.Count(text, "\n") {
			t.Errorf("%q: %d events, %v", text, n, err)
		}
	})
}

func TestEventsThatAreTooLong(t *testing.T) {
	for _, text := range []string{"data: " + strings.Repeat("a", 1<<20), strings.Repeat("data: "+strings.Repeat("a", 1<<19)+"\n", 3)} {
		err := adminapi.ReadEvents(strings.NewReader(text), func(usage.LiveEvent) error { return nil })
		if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

func TestEventsEndWithTheToken(t *testing.T) {
	d := open(t)
	url, _ := d.watching(time.Millisecond)
	row := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "viewer", Permissions: []pierre.Permission{pierre.PermListKeys}, Created: d.clock()}
	lines, _ := d.stream(url, d.keep(row))
	await(t, lines, ": still here")
	if _, err := d.store.RevokeAdminToken(t.Context(), pierre.Act{Person: "test", At: d.clock()}, row.ID); err != nil {
		t.Fatal(err)
	}
	for range lines {
	}
	d.problem(d.do("GET", "/admin/events", "", "Authorization", "Bearer "+d.token(pierre.PermProvisionKeys)), http.StatusForbidden, "", "list_keys")
}
