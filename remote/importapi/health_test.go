package importapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/importapi"
)

// steps is what the app sends of the steps of the first of March.
func steps(n int) string {
	return fmt.Sprintf(`{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"qty":%d,"date":"2026-03-01 00:00:00 +0100"}]}],"workouts":[]}}`, n)
}

// sendHealth sends a body as the app does, and returns the status and the answer.
func (f fixture) sendHealth(t *testing.T, body string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+"/api/health", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/x-ndjson", "automation-name": "Pierre", "X-API-Key": "ana's"} {
		req.Header.Set(key, value)
	}
	for i := 0; i < len(headers); i += 2 {
		if req.Header.Del(headers[i]); headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := f.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// healthReport sends a body that is accepted, and returns the report.
func (f fixture) healthReport(t *testing.T, body string) pierre.HealthReport {
	t.Helper()
	status, answer := f.sendHealth(t, body)
	var report pierre.HealthReport
	if err := json.Unmarshal([]byte(answer), &report); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s, %v", status, answer, err)
	}
	return report
}

func (f fixture) values(t *testing.T, user pierre.UserID) []pierre.Wellness {
	t.Helper()
	values, err := f.store.Wellness(t.Context(), user, pierre.WellnessQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// The app sends the running day several times a day: it grows, the same again changes nothing, and a part of a day that was sent
// as a whole takes nothing away.
func TestHealth(t *testing.T) {
	f := newFixture(t, nil)
	for _, step := range []struct {
		n       int
		message string
		want    float64
	}{
		{4000, "Received: 1 value of days from 2026-03-01 to 2026-03-01, of which 1 new or changed.", 4000},
		{9000, "Received: 1 value of days from 2026-03-01 to 2026-03-01, of which 1 new or changed.", 9000},
		{9000, "Received: 1 value of days from 2026-03-01 to 2026-03-01, of which 0 new or changed.", 9000},
		{300, "Received: nothing new.", 9000},
	} {
		if got := f.healthReport(t, steps(step.n)); got.Message != step.message {
			t.Errorf("%d steps: %+v, want %q", step.n, got, step.message)
		}
		if kept := f.values(t, f.ana); len(kept) != 1 || kept[0].Value != step.want || kept[0].Source != pierre.ProviderAppleHealth {
			t.Errorf("after %d steps: %+v", step.n, kept)
		}
	}
	if kept := f.values(t, f.bob); len(kept) != 0 {
		t.Errorf("another user has %+v", kept)
	}
}

// A night of which a later request has only the end stays as it was, with all its values.
func TestHealthKeepsTheLongerNight(t *testing.T) {
	f := newFixture(t, nil)
	night := func(hours float64, start string) string {
		return fmt.Sprintf(`{"data":{"metrics":[{"name":"sleep_analysis","units":"hr","data":[{"date":"2026-03-01","totalSleep":%g,"core":%g,"deep":0,"rem":0,"awake":0,
			"sleepStart":"2026-%s +0100","sleepEnd":"2026-03-01 07:00:00 +0100"}]}]}}`, hours, hours, start)
	}
	f.healthReport(t, night(8, "02-28 23:00:00"))
	before := f.values(t, f.ana)
	f.healthReport(t, night(2, "03-01 05:00:00"))
	if after := f.values(t, f.ana); fmt.Sprint(after) != fmt.Sprint(before) || len(before) == 0 {
		t.Errorf("got %v, want %v", after, before)
	}
}

func TestHealthWorkouts(t *testing.T) {
	f := newFixture(t, nil)
	body := `{"data":{"workouts":[{"id":"A","name":"Running","start":"2026-03-01 08:00:00 +0100","end":"2026-03-01 08:30:00 +0100","duration":1800,
		"distance":{"qty":5,"units":"km"},"route":[{"latitude":48.1,"longitude":11.5,"timestamp":"2026-03-01 08:00:00 +0100"},{"latitude":48.14,"longitude":11.5,"timestamp":"2026-03-01 08:30:00 +0100"}]}]}}`
	if got := f.healthReport(t, body); got.Message != "Received: 1 new activity." || got.Summary.Activities != 1 {
		t.Errorf("first: %+v", got)
	}
	if got := f.healthReport(t, body); got.Message != "Received: nothing new." || got.Summary.Duplicate != 1 {
		t.Errorf("again: %+v", got)
	}
	longer := strings.Replace(body, `"duration":1800`, `"duration":1790,"elevationUp":{"qty":40,"units":"m"}`, 1)
	if got := f.healthReport(t, longer); got.Summary.Duplicate != 1 || !strings.Contains(got.Files[0].Reason, "updated") {
		t.Errorf("changed: %+v", got)
	}
	page, err := f.store.Activities(t.Context(), f.ana, pierre.ActivityQuery{})
	if err != nil || len(page.Activities) != 1 || page.Activities[0].ElevationGainMeters == nil || *page.Activities[0].ElevationGainMeters != 40 {
		t.Errorf("kept %+v, %v", page.Activities, err)
	}
}

func TestHealthRefusals(t *testing.T) {
	f := newFixture(t, func(o *importapi.Options) { o.MaxBytes = 2000 })
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
		text    string
	}{
		"no key":          {steps(1), []string{"X-API-Key", ""}, 401, "key"},
		"unknown key":     {steps(1), []string{"X-API-Key", "x"}, 401, "not known"},
		"athlete":         {steps(1), []string{"X-Pierre-Athlete", "7"}, 400, "X-Pierre-Athlete"},
		"a form":          {"x", []string{"Content-Type", "multipart/form-data; boundary=x"}, 422, "Export Format to JSON"},
		"another file":    {"<gpx/>", nil, 422, "/api/import"},
		"other JSON":      {`{"data":[]}`, nil, 422, "Health Auto Export"},
		"empty":           {"", nil, 422, "empty"},
		"cut off":         {steps(1)[:60], nil, 422, "cut off or damaged"},
		"too large":       {steps(1) + strings.Repeat(" ", 2000), nil, 413, "Time Grouping"},
		"from a web page": {steps(1), []string{"Sec-Fetch-Site", "cross-site"}, 403, "origins"},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := f.sendHealth(t, c.body, c.headers...)
			if status != c.status || !strings.Contains(answer, c.text) {
				t.Errorf("%d %s, want %d and %q", status, answer, c.status, c.text)
			}
		})
	}
	if kept := f.values(t, f.ana); len(kept) != 0 {
		t.Errorf("kept %+v", kept)
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, f.URL+"/api/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != http.MethodPost {
		t.Errorf("GET: %s", resp.Status)
	}
}

// At the limit a body is accepted, and one byte more is not, with or without a length that says so.
func TestHealthAtItsLimit(t *testing.T) {
	body := steps(1)
	f := newFixture(t, func(o *importapi.Options) { o.MaxBytes = int64(len(body)) })
	if status, answer := f.sendHealth(t, body); status != http.StatusOK {
		t.Errorf("at the limit: %d %s", status, answer)
	}
	if status, answer := f.sendHealth(t, body+" "); status != http.StatusRequestEntityTooLarge {
		t.Errorf("one more: %d %s", status, answer)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+"/api/health", io.MultiReader(strings.NewReader(body), strings.NewReader(" ")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", "ana's")
	resp, err := f.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("one more without a length: %s", resp.Status)
	}
}
