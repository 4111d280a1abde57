//go:build e2e

package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
	"github.com/pierre-mcp/pierre/internal/pgtest"
)

// eachDatabase runs f on a server of each database, with all tools.
func eachDatabase(t *testing.T, f func(t *testing.T, s *server)) {
	t.Run("sqlite", func(t *testing.T) { f(t, startServer(t, "WEATHER=true")) })
	t.Run("postgres", func(t *testing.T) {
		f(t, startServer(t, "WEATHER=true", "DATABASE_URL="+pgtest.URL(t), "JWT_SECRET="+rand.Text()+rand.Text(), "ENCRYPTION_KEY="+rand.Text()+rand.Text()))
	})
}

// A user is somebody whose data a key reaches.
type user struct {
	name, key, athlete string
	activity, goal     string // ids
}

func (u *user) headers() []string {
	h := []string{"Authorization", "Bearer " + u.key}
	if u.athlete != "" {
		h = append(h, "X-Pierre-Athlete", u.athlete)
	}
	return h
}

// call returns the whole answer to a tools/call.
func (u *user) call(s *server, tool, arguments string) string {
	s.t.Helper()
	status, raw := s.do("POST", "/mcp", fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool, arguments), u.headers()...)
	if status != http.StatusOK {
		s.t.Errorf("%s: %s: %d %s", u.name, tool, status, raw)
	}
	return string(raw)
}

// gpx is a run of an hour that starts on that day of March.
func gpx(name string, day int) string {
	var b strings.Builder
	b.WriteString(`<gpx version="1.1"><trk><name>` + name + `</name><type>running</type><trkseg>`)
	start := time.Date(2026, 3, day, 6, 0, 0, 0, time.UTC)
	for i := range 361 {
		fmt.Fprintf(&b, `<trkpt lat="%f" lon="16.3"><ele>%d</ele><time>%s</time></trkpt>`, 48.2+float64(i)*27e-5, 200+i%7, start.Add(time.Duration(i)*10*time.Second).Format(time.RFC3339))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	return b.String()
}

// people provisions keys and imports a run for each user: two athletes of one key, one of the same name with another
// customer's key, and a person.
func people(t *testing.T, s *server) []*user {
	t.Helper()
	acme := s.provision(`{"user_email":"dev@acme.example","tier":"enterprise","key_type":"application"}`)
	other := s.provision(`{"user_email":"dev@other.example","tier":"enterprise","key_type":"application"}`)
	person := s.provision(`{"user_email":"ana@example.com","tier":"enterprise"}`)
	users := []*user{
		{name: "acme-ana", key: acme.APIKey, athlete: "ana"},
		{name: "acme-bob", key: acme.APIKey, athlete: "böb"},
		{name: "other-ana", key: other.APIKey, athlete: "ana"},
		{name: "person", key: person.APIKey},
	}
	for i, u := range users {
		path := filepath.Join(t.TempDir(), "run.gpx")
		if err := os.WriteFile(path, []byte(gpx("Run of "+u.name, i+1)), 0o600); err != nil {
			t.Fatal(err)
		}
		env := append(os.Environ(), "HOME="+t.TempDir(), "PIERRE_AUTH_KEY="+u.key, "PIERRE_ATHLETE="+u.athlete)
		if r := importFile(t, s, env, path); len(r.Files) != 1 || r.Files[0].Status != "imported" {
			t.Fatalf("%s: %+v", u.name, r)
		}
		list := decode[struct {
			Result struct {
				StructuredContent struct{ Activities []activity }
			}
		}](t, []byte(u.call(s, "get_activities", `{}`)))
		if len(list.Result.StructuredContent.Activities) != 1 {
			t.Fatalf("%s has %+v", u.name, list)
		}
		u.activity = list.Result.StructuredContent.Activities[0].ID
		u.call(s, "set_athlete_profile", fmt.Sprintf(`{"ftp_watts":%d.125}`, 200+i))
		goal := u.call(s, "set_goal", fmt.Sprintf(`{"title":"Goal of %s","goal_type":"distance","target_value":500000,"target_date":%q}`, u.name, time.Now().AddDate(1, 0, 0).Format(time.DateOnly)))
		if u.goal = regexp.MustCompile(`goal_\w{12,}`).FindString(goal); u.goal == "" {
			t.Fatalf("%s: %s", u.name, goal)
		}
	}
	return users
}

// TestAthletesOfApplicationsAreApart lets everybody call every tool, and import, about everybody else's data.
func TestAthletesOfApplicationsAreApart(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *server) {
		users := people(t, s)
		const activity, goal = `{"activity_id":"ACTIVITY"}`, `{"goal_id":"GOAL"}` // somebody's; OWN is the caller's activity
		tools := map[string]string{
			"get_activities": `{}`, "get_activity": activity, "get_stats": `{}`, "get_records": `{}`, "get_zones_over_time": `{}`, "get_athlete": `{}`,
			"get_chart":           `{"kind":"activity","activity_id":"ACTIVITY"}`,
			"set_athlete_profile": `{"weight_kg":70}`, "get_connection_status": `{}`, "analyze_activity": activity, "calculate_metrics": activity,
			"analyze_training_load": `{}`, "predict_performance": `{"target_sport":"run","target_distance":10000}`,
			"compare_activities": `{"activity_id":"ACTIVITY","comparison_type":"personal_best"}`, "analyze_performance_trends": `{"metric":"pace"}`,
			"merge_activities": `{"activity_id":"ACTIVITY","other_activity_id":"OWN"}`, "split_activity": activity,
			"hide_activity": `{"activity_id":"ACTIVITY","hidden":false}`, "get_gear": `{}`, "delete_activity": activity, "annotate_activity": `{"activity_id":"ACTIVITY","rpe":3}`, "get_usage": `{}`, "detect_patterns": `{"pattern_type":"training_consistency"}`,
			"calculate_fitness_score": `{}`, "generate_recommendations": `{"activity_id":"ACTIVITY"}`, "get_activity_intelligence": activity,
			"connect_provider": `{"provider":"intervals_icu"}`, "disconnect_provider": `{"provider":"intervals_icu"}`,
			"get_wellness": `{}`, "analyze_sleep_quality": `{}`, "track_sleep_trends": `{}`, "optimize_sleep_schedule": `{}`, "calculate_recovery_score": `{}`, "suggest_rest_day": `{}`,
			"get_weather": activity, "calculate_daily_nutrition": `{}`,
			"set_goal": `{"goal_id":"GOAL","status":"active"}`, "track_progress": goal, "suggest_goals": `{}`, "analyze_goal_feasibility": goal,
		}
		_, raw := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, users[0].headers()...)
		list := decode[struct {
			Result struct{ Tools []struct{ Name string } }
		}](t, raw)
		if len(list.Result.Tools) != len(tools) {
			t.Errorf("%d tools, the matrix has %d", len(list.Result.Tools), len(tools))
		}
		type probe struct{ tool, arguments string }
		probes := []probe{
			{"merge_activities", `{"activity_id":"OWN","other_activity_id":"ACTIVITY"}`},
			{"merge_activities", `{"activity_id":"OWN","other_activity_id":"ACTIVITY","keep_apart":true}`},
			{"merge_activities", `{"activity_id":"ACTIVITY","other_activity_id":"OWN","keep_apart":true}`},
			{"compare_activities", `{"activity_id":"OWN","other_activity_ids":["ACTIVITY"]}`},
		}
		for tool, arguments := range tools {
			probes = append(probes, probe{tool, arguments})
		}
		for i, u := range users {
			for j, owner := range users {
				for _, p := range probes {
					tool, arguments := p.tool, p.arguments
					if i == j && (tool == "delete_activity" || tool == "get_weather") {
						continue // there is to be something for the others to find; and nothing leaves this machine
					}
					about := strings.Contains(arguments, "ACTIVITY") || strings.Contains(arguments, "GOAL")
					arguments = strings.NewReplacer("ACTIVITY", owner.activity, "GOAL", owner.goal, "OWN", u.activity).Replace(arguments)
					answer := u.call(s, tool, arguments)
					if i == j {
						continue
					}
					if about && !strings.Contains(answer, "not found") {
						t.Errorf("%s calls %s about what is %s's: %s", u.name, tool, owner.name, answer)
					}
					if !about && (strings.Contains(answer, owner.activity) || strings.Contains(answer, owner.goal)) || strings.Contains(answer, "Run of "+owner.name) || strings.Contains(answer, "Goal of "+owner.name) || strings.Contains(answer, fmt.Sprintf("%d.125", 200+j)) {
						t.Errorf("%s learns of %s from %s: %s", u.name, owner.name, tool, answer)
					}
				}
			}
		}
		refusals(t, s, users[0], users[3])
		inParallel(t, s, users[0], users[1])
		deletion(t, s, users)
	})
}

// refusals are the requests that say too little or too much about the athlete.
func refusals(t *testing.T, s *server, app, person *user) {
	t.Helper()
	for _, path := range []string{"/mcp", "/", "/api/import?name=run.gpx"} {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
		if strings.HasPrefix(path, "/api") {
			body = gpx("Nobody's", 9)
		}
		for what, headers := range map[string][]string{
			"name the athlete": {"Authorization", "Bearer " + app.key},
			"one person's":     {"Authorization", "Bearer " + person.key, "X-Pierre-Athlete", "ana"},
			"1 to 128":         {"Authorization", "Bearer " + app.key, "X-Pierre-Athlete", strings.Repeat("x", 129)},
		} {
			if status, raw := s.do("POST", path, body, headers...); status != http.StatusBadRequest || !strings.Contains(string(raw), what) {
				t.Errorf("%s, want %q: %d %s", path, what, status, raw)
			}
		}
	}
}

// An actor is a RoundTripper that adds a key and names an athlete.
type actor struct{ user *user }

// RoundTrip implements [http.RoundTripper].
func (a actor) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for h := a.user.headers(); len(h) > 0; h = h[2:] {
		r.Header.Set(h[0], h[1])
	}
	return http.DefaultTransport.RoundTrip(r)
}

// inParallel lets two athletes of one key talk through the official Go SDK at the same time.
func inParallel(t *testing.T, s *server, users ...*user) {
	t.Helper()
	var wg sync.WaitGroup
	for _, u := range users {
		wg.Go(func() {
			client := mcp.NewClient(&mcp.Implementation{Name: "app", Version: "1"}, nil)
			session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: s.url + "/mcp", HTTPClient: &http.Client{Transport: actor{u}}}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer session.Close()
			for range 20 {
				r, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "get_activities"})
				if err != nil {
					t.Error(err)
					return
				}
				if text, err := json.Marshal(r.StructuredContent); err != nil || !strings.Contains(string(text), "Run of "+u.name) || strings.Count(string(text), `"id"`) != 1 {
					t.Errorf("%s gets %s, %v", u.name, text, err)
				}
			}
		})
	}
	wg.Wait()
}

// deletion deletes the first user and looks at what the others have then.
func deletion(t *testing.T, s *server, users []*user) {
	t.Helper()
	gone, key := users[0], []string{"Authorization", "Bearer " + users[0].key}
	status, raw := s.do("GET", "/v1/athletes", "", key...)
	if status != http.StatusOK || !strings.Contains(string(raw), `"name":"ana"`) || !strings.Contains(string(raw), `"name":"böb"`) || !strings.Contains(string(raw), `"activities":1`) {
		t.Errorf("the athletes are %d %s", status, raw)
	}
	for range 2 {
		if status, raw := s.do("DELETE", "/v1/athletes/ana", "", key...); status != http.StatusNoContent {
			t.Errorf("deleting: %d %s", status, raw)
		}
	}
	if status, raw := s.do("GET", "/v1/athletes/ana", "", key...); status != http.StatusNotFound {
		t.Errorf("after its deletion the athlete is %d %s", status, raw)
	}
	if answer := gone.call(s, "get_activities", `{}`); strings.Contains(answer, "Run of") || !strings.Contains(answer, `"total_count":0`) {
		t.Errorf("the next athlete of that name has %s", answer)
	}
	if answer := gone.call(s, "get_athlete", `{}`); strings.Contains(answer, "200.125") {
		t.Errorf("the next athlete of that name has the profile %s", answer)
	}
	for _, u := range users[1:] {
		if answer := u.call(s, "get_activities", `{}`); !strings.Contains(answer, "Run of "+u.name) {
			t.Errorf("%s has lost its run: %s", u.name, answer)
		}
	}
}

// An athlete is the transport that docs/APPLICATIONS.md shows.
type athlete string

func (a athlete) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+os.Getenv("PIERRE_AUTH_KEY"))
	r.Header.Set("X-Pierre-Athlete", string(a))
	return http.DefaultTransport.RoundTrip(r)
}

// TestAthleteOfTheGoClient names an athlete as docs/APPLICATIONS.md does with the official Go SDK.
func TestAthleteOfTheGoClient(t *testing.T) {
	s := startServer(t)
	k := s.provision(`{"user_email":"dev@acme.example","tier":"professional","key_type":"application"}`)
	t.Setenv("PIERRE_AUTH_KEY", k.APIKey)
	client := mcp.NewClient(&mcp.Implementation{Name: "acme", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: s.url + "/mcp", HTTPClient: &http.Client{Transport: athlete("4711")},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "get_stats", Arguments: map[string]any{}}); err != nil {
		t.Fatal(err)
	}
	if status, raw := s.do("GET", "/v1/athletes", "", "Authorization", "Bearer "+k.APIKey); status != http.StatusOK || !strings.Contains(string(raw), `"name":"4711"`) {
		t.Errorf("the athletes are %d %s", status, raw)
	}
}

// TestAthleteOfTheTypeScriptClient names an athlete with the option of the official TypeScript SDK that the guide shows.
func TestAthleteOfTheTypeScriptClient(t *testing.T) {
	tools := node.Install(t)
	s := startServer(t)
	k := s.provision(`{"user_email":"dev@acme.example","tier":"professional","key_type":"application"}`)
	cmd := tools.Script(t, "client_athlete.mjs", s.url+"/mcp", k.APIKey, "=?base64?w6FuYQ==?=")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"total_count":0`) {
		t.Fatalf("%v\n%s", err, out)
	}
	if status, raw := s.do("GET", "/v1/athletes", "", "Authorization", "Bearer "+k.APIKey); status != http.StatusOK || !strings.Contains(string(raw), `"name":"ána"`) {
		t.Errorf("the athletes are %d %s", status, raw)
	}
}
