//go:build !race

package tools_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

var charts = flag.String("charts", "", "folder into which the charts of the documents are drawn")

// The charts of the documents are those of the sample athlete: `make screenshots` draws them.
func TestPictures(t *testing.T) {
	if *charts == "" {
		t.Skip("-charts names no folder")
	}
	folder := t.TempDir()
	until := now().Truncate(24 * time.Hour)
	if _, err := demoathlete.Write(folder, demoathlete.Options{Until: until}); err != nil {
		t.Fatal(err)
	}
	s := storetest.New(t)
	user := newUser(t, s, "sample@example.com")
	if _, err := importer.New(s, now, importer.Options{TempDir: t.TempDir()}).ImportPath(t.Context(), user, folder, importer.Watch{}); err != nil {
		t.Fatal(err)
	}
	_, err := s.UpdateProfile(t.Context(), user, now(), func(rec *pierre.ProfileRecord) error {
		rec.Profile = demoathlete.Athlete(until)
		rec.SwimThresholdPace = new(102.)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, s, user)
	var runs struct {
		Activities []struct{ ID string }
	}
	h.call("get_activities", args{"sport_type": "run", "sort": "distance", "limit": 1}).decode(t, &runs)
	for name, a := range map[string]args{
		"chart-load":        {"kind": "load", "after": "2025-10-01", "size": "wide"},
		"chart-power-curve": {"kind": "power_curve", "after": "2026-03-15", "compare_after": "2025-06-15", "compare_before": "2025-12-31"},
		"chart-zones":       {"kind": "zones"},
		"chart-activity":    {"kind": "activity", "activity_id": runs.Activities[0].ID},
		"chart-calendar":    {"kind": "calendar", "before": "2026-05-31"},
	} {
		r := h.call("get_chart", a)
		if r.Picture == nil {
			t.Fatalf("%s: there is no picture: %s", name, r.Text)
		}
		if err := os.WriteFile(filepath.Join(*charts, name+".png"), r.Picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
