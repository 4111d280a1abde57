package store_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestSumActivities(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		added := 0
		add := func(u pierre.UserID, a pierre.Activity) pierre.ActivityID {
			added++
			got, err := s.ImportRecording(t.Context(), u,
				pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(added)}, Imported: now}, pierre.Recording{Activity: a})
			if err != nil {
				t.Fatal(err)
			}
			return got.Activity
		}
		users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
		ana, bob := users[0], users[1]
		at := func(day, hour int) time.Time { return time.Date(2026, 6, day, hour, 0, 0, 0, time.UTC) }
		totals := func(meters, seconds float64) pierre.Totals {
			return pierre.Totals{DistanceMeters: &meters, DurationSeconds: &seconds}
		}
		add(ana, pierre.Activity{Sport: "run", Start: at(1, 8), Totals: totals(5000, 1500)})
		add(ana, pierre.Activity{Sport: "run", Start: at(2, 8), Totals: totals(9000, 3000)})
		newest := add(ana, pierre.Activity{Sport: "run", Start: at(3, 8), Totals: totals(9000, 2900)})
		add(ana, pierre.Activity{Sport: "yoga", Start: at(3, 18)})
		tokyo := 9 * 3600
		add(ana, pierre.Activity{Sport: "swim", Start: at(9, 20), UTCOffset: &tokyo, Totals: totals(800, 900)}) // on the 10th
		add(bob, pierre.Activity{Sport: "run", Start: at(3, 8), Totals: totals(40_000, 9000)})

		sum := func(q pierre.ActivityQuery) []pierre.ActivitySum {
			t.Helper()
			sums, err := s.SumActivities(t.Context(), ana, q)
			if err != nil {
				t.Fatal(err)
			}
			return sums
		}
		all := sum(pierre.ActivityQuery{})
		if len(all) != 3 || all[0].Sport != "run" || all[0].Activities != 3 || *all[0].DistanceMeters != 23_000 || *all[0].DurationSeconds != 7400 ||
			*all[0].LongestMeters != 9000 || all[0].Longest != newest || all[0].Recorded[0] != 3 {
			t.Errorf("all are %+v", all)
		}
		if y := all[2]; y.Sport != "yoga" || y.DistanceMeters != nil || y.Recorded[0] != 0 || y.Recorded[1] != 0 || y.Longest != "" {
			t.Errorf("what was not recorded is %+v", y)
		}
		newYork, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			from, to int
			zone     *time.Location
			want     string
		}{
			{1, 30, time.UTC, "run 3, swim 1, yoga 1, "},
			{2, 3, time.UTC, "run 2, yoga 1, "},
			{10, 10, newYork, "swim 1, "},
			{9, 9, newYork, ""},
			{3, 3, time.FixedZone("", -10*3600), "yoga 1, "}, // 8:00 UTC is the evening before
		} {
			got := ""
			for _, a := range sum(pierre.ActivityQuery{Days: pierre.LocalDays{From: at(c.from, 0), To: at(c.to, 0), Zone: c.zone}}) {
				got += fmt.Sprintf("%s %d, ", a.Sport, a.Activities)
			}
			if got != c.want {
				t.Errorf("from the %d to the %d in %v there are %q, want %q", c.from, c.to, c.zone, got, c.want)
			}
		}
		days, err := s.SumActivityGroups(t.Context(), ana, pierre.ActivityQuery{Days: pierre.LocalDays{Zone: newYork}}, pierre.ByDay)
		if err != nil {
			t.Fatal(err)
		}
		byDay := map[string]int{}
		for _, d := range days {
			byDay[d.Start.Format("2")] += d.Activities
		}
		// 8:00 UTC is the same day in New York, and what has an offset of its own does not ask for it.
		if want := map[string]int{"1": 1, "2": 1, "3": 2, "10": 1}; !maps.Equal(byDay, want) {
			t.Errorf("by day there are %v, want %v", byDay, want)
		}
		if got := sum(pierre.ActivityQuery{Providers: []pierre.Provider{"strava"}}); len(got) != 0 {
			t.Errorf("from Strava there are %+v", got)
		}
	})
}
