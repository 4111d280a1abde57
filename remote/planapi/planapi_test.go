package planapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/remote/planapi"
)

// callers are users by the key that they show.
type callers map[string]access.Principal

// Caller implements [planapi.Callers].
func (c callers) Caller(r *http.Request) (access.Principal, error) {
	if p, ok := c[r.Header.Get("X-API-Key")]; ok {
		return p, nil
	}
	return access.Principal{}, access.MissingKey()
}

// A bench is a server at which ana has planned an hour, and a race.
type bench struct {
	t     *testing.T
	store *store.Store
	ana   pierre.Workout
	gate  *fair.Gate
	url   string
}

func newBench(t *testing.T, publicURL string) *bench {
	t.Helper()
	s := storetest.New(t)
	now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
	users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
	plan := pierre.Workout{Day: now.Truncate(24 * time.Hour), Sport: "ride", Name: "Hour", Steps: []pierre.WorkoutStep{{Seconds: 3600, Target: &pierre.StepTarget{By: pierre.TargetWatts, Low: 200, High: 200}}}}
	w, err := s.AddWorkout(t.Context(), users[0], now, plan)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddGoal(t.Context(), users[0], now, pierre.Goal{Title: "Race day", Type: pierre.GoalTime, Target: 2400, Meters: new(10_000.), Start: now, Date: plan.Day.AddDate(0, 1, 0), Status: pierre.GoalActive}); err != nil {
		t.Fatal(err)
	}
	key := func(id pierre.KeyID, rules pierre.Rules) access.Principal {
		_, _, err := s.ProvisionAPIKey(t.Context(), pierre.Act{Person: "test", At: now}, pierre.APIKey{
			ID: id, Email: "ana@example.com", Tier: pierre.TierStarter, Hash: sha256.Sum256([]byte(id)), Prefix: "pk_live_abcd", Last4: "wxyz", Rules: rules,
		}, func(pierre.APIKey) ([]byte, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		return access.Principal{UserID: users[0], Customer: users[0], KeyID: id, Tools: rules.Tools}
	}
	b := &bench{t: t, store: s, ana: w, gate: fair.New(fair.Options{Running: 1, PerTenant: 1, Waiting: 1})}
	log := slog.New(slog.DiscardHandler)
	clock := func() time.Time { return now }
	srv := httptest.NewServer(planapi.New(callers{
		"ana": key("key_1", pierre.Rules{}), "bob": {UserID: users[1]}, "narrow": {UserID: users[0], Tools: []string{"get_stats"}},
		"fixed": key("key_2", pierre.Rules{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
	}, access.NewCalendars(s, clock, access.CalendarOptions{}), s, training.New(s, clock, log, training.Options{}), b.gate, planapi.Options{PublicURL: publicURL, Now: clock, Log: log}))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	return b
}

// ask sends a request with a key and headers, and returns the answer and its body.
func (b *bench) ask(method, path, key string, headers ...string) (*http.Response, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("X-API-Key", key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil {
		b.t.Fatal(err)
	}
	return res, string(body)
}

// Files and the calendar are the caller's own, for keys with the right to the tool.
func TestRoutes(t *testing.T) {
	b := newBench(t, "")
	fit, zwo := "/v1/workouts/"+string(b.ana.ID)+".fit", "/v1/workouts/"+string(b.ana.ID)+".zwo"
	for _, tt := range []struct {
		method, path, key string
		status            int
		has               string
	}{
		{"GET", fit, "ana", 200, ".FIT"},
		{"GET", zwo, "ana", 422, "set ftp_watts"}, // by watts, without an FTP
		{"GET", fit, "bob", 404, "no such workout"},
		{"GET", fit, "narrow", 403, "get_calendar"},
		{"GET", fit, "", 401, ""},
		{"GET", fit + "?x=1", "ana", 422, ""},
		{"GET", "/v1/workouts/" + string(b.ana.ID), "ana", 404, "ID.zwo"},
		{"GET", "/v1/workouts/x.exe", "ana", 404, "ID.zwo"},
		{"GET", "/v1/workouts/..%2f.fit", "ana", 404, ""},
		{"POST", fit, "ana", 405, ""},
		{"GET", "/v1/calendar.ics", "ana", 200, "SUMMARY:Hour"},
		{"GET", "/v1/calendar.ics", "ana", 200, "SUMMARY:Race day"},
		{"GET", "/v1/calendar.ics", "bob", 200, "END:VCALENDAR"},
		{"GET", "/v1/calendar.ics", "narrow", 403, ""},
		{"DELETE", "/v1/calendar.ics", "ana", 405, ""},
		{"POST", "/v1/calendar/subscription", "narrow", 403, "get_calendar"},
		{"POST", "/v1/calendar/subscription", "fixed", 403, "some networks only"},
		{"POST", "/v1/calendar/subscription", "", 401, ""},
		{"GET", "/v1/calendar/subscription", "ana", 404, "POST here"},
		{"DELETE", "/v1/calendar/subscription", "ana", 204, ""}, // there is none
		{"PUT", "/v1/calendar/subscription", "ana", 405, ""},
		{"GET", "/v1/calendar/x.ics", "ana", 404, "--subscribe"}, // a key has nothing to say here
		{"GET", "/v1/calendar/", "", 404, ""},
		{"PROPFIND", "/v1/calendar/x.ics", "", 405, ""}, // some programs try CalDAV first
	} {
		res, body := b.ask(tt.method, tt.path, tt.key)
		if res.StatusCode != tt.status || !strings.Contains(body, tt.has) {
			t.Errorf("%s %s with %q: %d %.200s", tt.method, tt.path, tt.key, res.StatusCode, body)
		}
		if tt.key == "bob" && strings.Contains(body, "Hour") {
			t.Errorf("%s shows another's plan", tt.path)
		}
	}
}

// owner returns the user of ana's key.
func (b *bench) owner() pierre.UserID {
	b.t.Helper()
	k, err := b.store.APIKey(b.t.Context(), "key_1")
	if err != nil {
		b.t.Fatal(err)
	}
	return k.UserID
}

// subscribe makes an address and returns its path.
func (b *bench) subscribe(key string) (planapi.NewSubscription, string) {
	b.t.Helper()
	res, body := b.ask("POST", "/v1/calendar/subscription", key)
	var s planapi.NewSubscription
	if err := json.Unmarshal([]byte(body), &s); res.StatusCode != http.StatusCreated || err != nil || !s.Success {
		b.t.Fatalf("%d %s, %v", res.StatusCode, body, err)
	}
	return s, s.Path
}

// A calendar program reads at an address without a key, sees what changed, and nobody else's.
func TestSubscription(t *testing.T) {
	b := newBench(t, "https://pierre.example.com/")
	s, path := b.subscribe("ana")
	if s.URL != "https://pierre.example.com"+path || s.Webcal != "webcal://pierre.example.com"+path || s.Replaced != nil || s.Read != nil {
		t.Errorf("%+v", s)
	}
	_, bobs := b.subscribe("bob")
	res, body := b.ask("GET", path, "")
	cal, err := ics.ParseCalendar(strings.NewReader(body))
	if err != nil || len(cal.Events()) != 2 || !strings.Contains(body, "X-PUBLISHED-TTL:PT1H") || res.Header.Get("Content-Type") != "text/calendar; charset=utf-8" {
		t.Errorf("%d %v %s, %v", res.StatusCode, res.Header, body, err)
	}
	if cache := res.Header.Get("Cache-Control"); !strings.HasPrefix(cache, "private") {
		t.Errorf("Cache-Control: %s", cache)
	}
	tag := res.Header.Get("ETag")
	if res, body := b.ask("GET", path, "", "If-None-Match", tag); res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("ETag") != tag {
		t.Errorf("nothing changed: %d %s", res.StatusCode, body)
	}
	if res, body := b.ask("HEAD", path, ""); res.StatusCode != http.StatusOK || body != "" || res.Header.Get("ETag") != tag {
		t.Errorf("HEAD: %d %v", res.StatusCode, res.Header)
	}
	if err := b.store.DeleteWorkout(t.Context(), b.owner(), b.ana.ID); err != nil {
		t.Fatal(err)
	}
	if res, body := b.ask("GET", path, "", "If-None-Match", tag); res.StatusCode != http.StatusOK || strings.Contains(body, "SUMMARY:Hour") {
		t.Errorf("the workout was deleted: %d %s", res.StatusCode, body)
	}
	if res, body := b.ask("GET", bobs, ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("of a user without a key: %d %s", res.StatusCode, body)
	}
	for _, wrong := range []string{strings.TrimSuffix(path, ".ics"), path + "x", strings.Replace(path, "pcal_", "pcal_x", 1), "/v1/calendar/.ics"} {
		if res, body := b.ask("GET", wrong, ""); res.StatusCode != http.StatusNotFound || strings.Contains(body, path[len(path)-12:]) {
			t.Errorf("%s: %d %s", wrong, res.StatusCode, body)
		}
	}
	if _, body := b.ask("GET", "/v1/calendar/subscription", "ana"); !strings.Contains(body, `"last_read_at":"2026-06-15T10:00:00Z"`) || strings.Contains(body, "pcal_") {
		t.Error(body)
	}
	second, after := b.subscribe("ana")
	if second.Replaced == nil || second.Replaced.Read == nil || after == path {
		t.Errorf("%+v", second)
	}
	for _, p := range []string{path, after} {
		if p == after {
			b.ask("DELETE", "/v1/calendar/subscription", "ana")
		}
		if res, _ := b.ask("GET", p, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s, which ended: %d", p, res.StatusCode)
		}
	}
	if res, body := b.ask("POST", "/v1/calendar/subscription", "ana", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusForbidden {
		t.Errorf("by a web page: %d %s", res.StatusCode, body)
	}
}

// An address goes on only as long as there is a key with which it could be made.
func TestSubscriptionOfRestrictedKeys(t *testing.T) {
	b := newBench(t, "")
	_, path := b.subscribe("ana")
	networks := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for _, tt := range []struct {
		what   string
		rules  pierre.Rules
		status int
	}{
		{"from some networks", pierre.Rules{Networks: networks}, http.StatusNotFound},
		{"for other tools", pierre.Rules{Tools: []string{"get_stats"}}, http.StatusNotFound},
		{"for the calendar, too", pierre.Rules{Tools: []string{"get_*"}}, http.StatusOK},
		{"for everything", pierre.Rules{}, http.StatusOK},
	} {
		_, err := b.store.UpdateAPIKey(t.Context(), pierre.Act{Person: "test", At: time.Now()}, "key_1", func(k *pierre.APIKey) error {
			k.Rules = tt.rules
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if res, body := b.ask("GET", path, ""); res.StatusCode != tt.status {
			t.Errorf("a key %s: %d %s, want %d", tt.what, res.StatusCode, body, tt.status)
		}
	}
}

// Who asks for more than their turns is told when to come back, with a key or without.
func TestTurns(t *testing.T) {
	b := newBench(t, "")
	_, path := b.subscribe("ana")
	who := b.owner()
	turn, err := b.gate.Enter(t.Context(), string(who))
	if err != nil {
		t.Fatal(err)
	}
	waits := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		second, err := b.gate.Enter(ctx, string(who)) // takes the only place to wait at
		if err == nil {
			second.Leave()
		}
		waits <- err
	}()
	for waiting := 0; waiting == 0; _, waiting = b.gate.Tasks() {
		runtime.Gosched()
	}
	for _, tt := range [][2]string{{"/v1/calendar.ics", "ana"}, {"/v1/workouts/" + string(b.ana.ID) + ".fit", "ana"}, {path, ""}} {
		if res, body := b.ask("GET", tt[0], tt[1]); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", tt[0], res.StatusCode, body)
		}
	}
	cancel()
	<-waits
	turn.Leave()
	if res, body := b.ask("GET", path, ""); res.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d %s", res.StatusCode, body)
	}
}

// Logs tell that a calendar was read, and not at which address.
func TestLogPath(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/calendar/pcal_abc.ics": "/v1/calendar/….ics", "/v1/calendar/x": "/v1/calendar/….ics",
		"/v1/calendar/subscription": "/v1/calendar/subscription", "/v1/calendar.ics": "/v1/calendar.ics", "/mcp": "/mcp",
	} {
		if got := planapi.LogPath(path); got != want {
			t.Errorf("%s is logged as %s", path, got)
		}
	}
}
