//go:build !race

package tools_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// BenchmarkTrainingLoadOfAYear answers about 250 activities of an hour each, sampled every second, half of
// them with power and heart rate.
func BenchmarkTrainingLoadOfAYear(b *testing.B) {
	s := storetest.New(b)
	user, err := s.EnsureUser(b.Context(), "ana@example.com", now())
	if err != nil {
		b.Fatal(err)
	}
	for i := range 250 {
		rec := session{
			name: "Hour", sport: "ride", start: now().Add(-time.Duration(i) * 34 * time.Hour), seconds: 3600, step: 1,
			speed: wave(8, 1), heart: wave(140, 20), altitude: wave(300, 50), gps: true,
		}
		if i%2 == 0 {
			rec.power = wave(200, 80)
		}
		src := pierre.Source{Provider: "file", File: fmt.Sprint(i), Format: "fit", SHA256: [32]byte{byte(i)}, Imported: now()}
		if _, err := s.ImportRecording(b.Context(), user.ID, src, rec.recording()); err != nil {
			b.Fatal(err)
		}
	}
	profile := func(p *pierre.ProfileRecord) error {
		p.RestingHeartRateBPM, p.FTPWatts, p.Sex = new(50.), new(250.), "male"
		return nil
	}
	if _, err := s.UpdateProfile(b.Context(), user.ID, now(), profile); err != nil {
		b.Fatal(err)
	}
	srv := newServer(b, s)
	ctx := access.WithPrincipal(b.Context(), access.Principal{UserID: user.ID})
	msg := json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"analyze_training_load","arguments":{"timeframe":"year"}}}`)
	start := time.Now()
	srv.HandleMessage(ctx, msg)
	first := time.Since(start) // without digests
	for b.Loop() {
		srv.HandleMessage(ctx, msg)
	}
	b.ReportMetric(float64(first.Milliseconds()), "ms/first")
}

// BenchmarkLongestRecording analyses a recording of as many samples as one may have, taken every second or at the
// longest distance that is not a pause.
func BenchmarkLongestRecording(b *testing.B) {
	const samples = 1_000_000
	for _, apart := range []int{1, 30} {
		s := storetest.New(b)
		user, err := s.EnsureUser(b.Context(), "ana@example.com", now())
		if err != nil {
			b.Fatal(err)
		}
		id := importSession(b, s, user.ID, session{
			name: "Long", sport: "ride", start: now().AddDate(-2, 0, 0), seconds: samples * apart, step: apart,
			speed: wave(8, 1), heart: wave(140, 20), power: wave(200, 80), altitude: wave(300, 50), gps: true,
		})
		h := newHost(b, s, user.ID)
		for tool, args := range map[string]map[string]any{
			"analyze_activity":  {"activity_id": id},
			"calculate_metrics": {"activity_id": id, "metrics": []string{"tss", "w_prime_balance", "mean_max_power"}, "critical_power_watts": 250, "w_prime_kilojoules": 20},
			"get_activity":      {"activity_id": id, "series": map[string]any{"channels": []string{"power_watts", "position"}}},
		} {
			b.Run(fmt.Sprintf("%s/every_%ds", tool, apart), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if r := h.call(tool, args); r.IsError {
						b.Fatal(r.Text)
					}
				}
			})
		}
	}
}

// BenchmarkManyActivities asks about 60 000 activities.
func BenchmarkManyActivities(b *testing.B) {
	const activities = 60_000
	s := storetest.New(b)
	user, err := s.EnsureUser(b.Context(), "ana@example.com", now())
	if err != nil {
		b.Fatal(err)
	}
	var last session
	for i := range activities {
		last = session{
			name: "Row", sport: "run", start: now().Add(-time.Duration(i) * time.Hour), provider: "strava",
			totals: pierre.Totals{DurationSeconds: new(1800.), DistanceMeters: new(5000.), AverageHeartRateBPM: new(150.)},
		}
		src := pierre.Source{Provider: "strava", ExternalID: fmt.Sprint(i), Format: "csv", SHA256: sha256.Sum256([]byte(fmt.Sprint(i))), Imported: now()}
		if _, err := s.ImportRecording(b.Context(), user.ID, src, last.recording()); err != nil {
			b.Fatal(err)
		}
	}
	h := newHost(b, s, user.ID)
	var list struct{ Activities []struct{ ID string } }
	h.call("get_activities", map[string]any{"limit": 1}).decode(b, &list)
	for _, c := range []call{
		{"get_stats", nil},
		{"get_activities", nil},
		{"analyze_training_load", map[string]any{"timeframe": "year"}},
		{"compare_activities", map[string]any{"activity_id": list.Activities[0].ID, "comparison_type": "similar_activities"}},
		{"compare_activities", map[string]any{"activity_id": list.Activities[0].ID, "comparison_type": "personal_best"}},
	} {
		b.Run(c.tool, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.call(c.tool, c.args)
			}
		})
	}
}
