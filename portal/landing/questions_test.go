//go:build !race

package landing_test

import (
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
	"github.com/pierre-mcp/pierre/tools"
)

// today is the day of the answers on the page.
func today() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// sampleAthlete returns what calls a tool as the sample athlete of make demo.
func sampleAthlete(t *testing.T) caller {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "athlete")
	if _, err := demoathlete.Write(dir, demoathlete.Options{Until: today().Truncate(24 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	s := storetest.New(t)
	u, err := s.EnsureUser(t.Context(), "athlete@example.com", today())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := importer.New(s, today, importer.Options{TempDir: t.TempDir()}).ImportPath(t.Context(), u.ID, dir, importer.Watch{}); err != nil {
		t.Fatal(err)
	}
	mcp := server.NewMCPServer("test", "1", server.WithToolCapabilities(false))
	tools.New(s, training.New(s, today, slog.New(slog.DiscardHandler), training.Options{}), today, tools.Options{}).Register(mcp)
	ctx := access.WithPrincipal(t.Context(), access.Principal{UserID: u.ID})
	return func(tool string, args map[string]any, answer any) {
		t.Helper()
		msg, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": args}})
		if err != nil {
			t.Fatal(err)
		}
		sent, err := json.Marshal(mcp.HandleMessage(ctx, msg))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Result struct {
				StructuredContent json.RawMessage `json:"structuredContent"`
			} `json:"result"`
		}
		if err := json.Unmarshal(sent, &got); err != nil || json.Unmarshal(got.Result.StructuredContent, answer) != nil {
			t.Fatalf("%s answered %.500s", tool, sent)
		}
	}
}

// TestTheAnswersAreReal: each figure on the page is what the tools answer for the sample athlete.
func TestTheAnswersAreReal(t *testing.T) {
	call := sampleAthlete(t)
	var none struct{}
	p := demoathlete.Athlete(today().Truncate(24 * time.Hour))
	call("set_athlete_profile", map[string]any{
		"sex": string(p.Sex), "birth_year": *p.BirthYear, "height_cm": *p.HeightCm, "weight_kg": *p.WeightKg, "ftp_watts": *p.FTPWatts,
		"resting_heart_rate_bpm": *p.RestingHeartRateBPM, "threshold_heart_rate_bpm": *p.ThresholdHRBPM,
		"max_heart_rate_bpm": *p.MaxHeartRateBPM, "time_zone": p.TimeZone,
	}, &none)
	body := html.UnescapeString(page(t, site(t, prices(), adminapitest.Start(t, today()).Client)))
	wants := func(parts ...string) {
		t.Helper()
		for _, part := range parts {
			if part = strings.ReplaceAll(part, "-", "−"); !strings.Contains(body, part) {
				t.Errorf("the page lacks %q", part)
			}
		}
	}
	wants(compared(call)...)
	wants(predicted(call)...)
	wants(loaded(call)...)
}

type caller func(tool string, args map[string]any, answer any)

// compared says how the last run was, and how many activities there are.
func compared(call caller) []string {
	var runs, all struct {
		Activities []struct{ ID string }
		Total      int `json:"total_count"`
	}
	call("get_activities", map[string]any{"limit": 1, "sport_type": "run"}, &runs)
	call("get_activities", map[string]any{"limit": 1}, &all)
	var c struct {
		ComparedWith struct{ Count int } `json:"compared_with"`
		Differences  []struct {
			Field   string
			Value   float64
			Percent float64 `json:"difference_percent"`
		}
	}
	call("compare_activities", map[string]any{"activity_id": runs.Activities[0].ID, "comparison_type": "similar_activities"}, &c)
	parts := []string{fmt.Sprintf("with %d activities of one year", all.Total)}
	if c.ComparedWith.Count != 10 {
		parts = append(parts, fmt.Sprintf("%d runs to compare with", c.ComparedWith.Count))
	}
	shown := map[string]func(v float64) string{
		"distance_meters":        func(v float64) string { return fmt.Sprintf("%.2f km", v/1000) },
		"average_speed_mps":      func(v float64) string { return fmt.Sprintf("%.2f m/s", v) },
		"average_heart_rate_bpm": func(v float64) string { return fmt.Sprintf("%.0f bpm", v) },
		"elevation_gain_meters":  func(v float64) string { return fmt.Sprintf("%.0f m", v) },
	}
	for _, d := range c.Differences {
		if text := shown[d.Field]; text != nil {
			parts = append(parts, fmt.Sprintf("<dd>%s, %+.1f %%</dd>", text(d.Value), d.Percent))
		}
	}
	return parts
}

// predicted says how fast 10 km could be run, and the paces to train at.
func predicted(call caller) []string {
	var p struct {
		Evidence    struct{ Date string }
		Predictions map[string]struct{ Value float64 }
		Paces       struct {
			Paces []struct {
				Name string
				Pace float64 `json:"pace_seconds_per_km"`
			}
		} `json:"training_paces"`
	}
	call("predict_performance", map[string]any{"target_sport": "run", "target_distance": 10000}, &p)
	clock := func(seconds float64) string { return fmt.Sprintf("%d:%02d", int(seconds+0.5)/60, int(seconds+0.5)%60) }
	day, _ := time.Parse(time.DateOnly, p.Evidence.Date)
	parts := []string{fmt.Sprintf("%s, by your 10 km of %s; %s by critical speed", clock(p.Predictions["riegel_seconds"].Value), day.Format("2 January"), clock(p.Predictions["critical_speed_seconds"].Value))}
	for _, pace := range p.Paces.Paces {
		if name := map[string]string{"easy": "Easy", "marathon": "Marathon", "threshold": "Threshold", "interval": "Interval"}[pace.Name]; name != "" {
			parts = append(parts, "<dt>"+name+"</dt><dd>"+clock(pace.Pace)+"</dd>")
		}
	}
	return parts
}

// loaded says how much the last quarter was.
func loaded(call caller) []string {
	type value struct{ Value float64 }
	var l struct {
		CTL, ATL, TSB value
		Ratio         value `json:"acute_chronic_ratio"`
		Loads         struct {
			Activities, Counted int
			Not                 []struct{ Reason string } `json:"not_counted"`
		}
	}
	call("analyze_training_load", map[string]any{"timeframe": "quarter"}, &l)
	parts := []string{
		fmt.Sprintf("%d of %d activities could be counted", l.Loads.Counted, l.Loads.Activities),
		fmt.Sprintf("Fitness (CTL)</dt><dd>%.1f<", l.CTL.Value), fmt.Sprintf("Fatigue (ATL)</dt><dd>%.1f<", l.ATL.Value),
		fmt.Sprintf("Form (TSB)</dt><dd>%.1f<", l.TSB.Value), fmt.Sprintf("Acute : chronic</dt><dd>%.2f<", l.Ratio.Value),
	}
	if len(l.Loads.Not) == 1 && strings.Contains(l.Loads.Not[0].Reason, "the threshold pace of swimming is not known") {
		return append(parts, "the others are swims, which need your threshold pace.")
	}
	return append(parts, fmt.Sprintf("what was not counted: %v", l.Loads.Not))
}
