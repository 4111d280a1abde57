package planapi_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/pierre"
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

// Files and the calendar are the caller's own, for keys with the right to the tool.
func TestRoutes(t *testing.T) {
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
	log := slog.New(slog.DiscardHandler)
	srv := httptest.NewServer(planapi.New(callers{
		"ana": {UserID: users[0]}, "bob": {UserID: users[1]}, "narrow": {UserID: users[0], Tools: []string{"get_stats"}},
	}, s, training.New(s, func() time.Time { return now }, log, training.Options{}), fair.New(fair.Options{InFlight: 1}), log))
	t.Cleanup(srv.Close)
	fit, zwo := "/v1/workouts/"+string(w.ID)+".fit", "/v1/workouts/"+string(w.ID)+".zwo"
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
		{"GET", "/v1/workouts/" + string(w.ID), "ana", 404, "ID.zwo"},
		{"GET", "/v1/workouts/x.exe", "ana", 404, "ID.zwo"},
		{"GET", "/v1/workouts/..%2f.fit", "ana", 404, ""},
		{"POST", fit, "ana", 405, ""},
		{"GET", "/v1/calendar.ics", "ana", 200, "SUMMARY:Hour"},
		{"GET", "/v1/calendar.ics", "ana", 200, "SUMMARY:Race day"},
		{"GET", "/v1/calendar.ics", "bob", 200, "END:VCALENDAR"},
		{"GET", "/v1/calendar.ics", "narrow", 403, ""},
		{"DELETE", "/v1/calendar.ics", "ana", 405, ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, srv.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", tt.key)
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || res.Body.Close() != nil {
			t.Fatal(err)
		}
		if res.StatusCode != tt.status || !strings.Contains(string(body), tt.has) {
			t.Errorf("%s %s with %q: %d %.200s", tt.method, tt.path, tt.key, res.StatusCode, body)
		}
		if tt.key == "bob" && strings.Contains(string(body), "Hour") {
			t.Errorf("%s shows another's plan", tt.path)
		}
	}
}
