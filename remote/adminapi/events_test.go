package adminapi_test

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
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
	await(t, lines, ": still here")
	stop()
	for range lines {
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
