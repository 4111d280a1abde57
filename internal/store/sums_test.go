package store_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What is kept by day, month and year says the same as the activities themselves, whatever the days and the zone.
func TestKeptSumsAreThoseOfTheActivities(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
		random := rand.New(rand.NewPCG(1, 2))
		sports := []pierre.Sport{"run", "ride", "yoga"}
		added := 0
		add := func(n int) {
			for range n {
				added++
				a := pierre.Activity{Sport: sports[random.IntN(3)], Start: now.Add(-time.Duration(random.IntN(900*24)) * time.Hour)}
				if random.IntN(4) > 0 {
					a.UTCOffset = new((random.IntN(27) - 12) * 3600)
				}
				if a.Sport != "yoga" {
					a.DistanceMeters = new(float64(1000 * random.IntN(30)))
				}
				if random.IntN(5) > 0 {
					a.DurationSeconds = new(float64(random.IntN(9000)))
				}
				_, err := s.ImportRecording(t.Context(), users[added%2],
					pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(added), byte(added >> 8)}, Imported: now}, pierre.Recording{Activity: a})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		newYork, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		day := func() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, random.IntN(900)) }
		for round := range 3 {
			add(60)
			for range 25 {
				var q pierre.ActivityQuery
				if random.IntN(4) > 0 {
					from, to := day(), day()
					if to.Before(from) {
						from, to = to, from
					}
					if random.IntN(3) == 0 {
						from, to = from.AddDate(0, 0, 1-from.Day()), to.AddDate(0, 0, -to.Day())
					}
					q.Days = pierre.LocalDays{From: from, To: to}
				}
				if random.IntN(2) == 0 {
					q.Sports = sports[:1+random.IntN(2)]
				}
				q.Days.Zone = []*time.Location{time.UTC, newYork, nil}[random.IntN(3)]
				by := pierre.Groupings()[random.IntN(4)]
				for _, user := range users {
					whole := q
					whole.Uncounted = true // which the kept sums do not know
					if got, want := sumsText(t, s, user, q), sumsText(t, s, user, whole); got != want {
						t.Fatalf("round %d, days %v:\nkept  %s\nwhole %s", round, q.Days, got, want)
					}
					if got, want := groupsText(t, s, user, q, by), groupsText(t, s, user, whole, by); got != want {
						t.Fatalf("round %d, days %v by %s:\nkept  %s\nwhole %s", round, q.Days, by, got, want)
					}
				}
			}
		}
	})
}

func sumsText(t *testing.T, s *store.Store, user pierre.UserID, q pierre.ActivityQuery) string {
	t.Helper()
	sums, err := s.SumActivities(t.Context(), user, q)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range sums {
		b.WriteString(sumText(&sums[i]) + " " + string(sums[i].Longest) + "\n")
	}
	return b.String()
}

func sumText(a *pierre.ActivitySum) string {
	text := fmt.Sprint(a.Sport, " ", a.Activities, a.Recorded)
	for _, total := range a.Sums() {
		if *total.Value != nil {
			text += fmt.Sprint(" ", total.Name, "=", math.Round(**total.Value))
		}
	}
	if a.LongestMeters != nil {
		text += fmt.Sprint(" longest ", *a.LongestMeters)
	}
	return text
}

// groupsText is the sums of groups of days, and the first day of all.
func groupsText(t *testing.T, s *store.Store, user pierre.UserID, q pierre.ActivityQuery, by pierre.Grouping) string {
	t.Helper()
	groups, err := s.SumActivityGroups(t.Context(), user, q, by)
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.FirstActivityDay(t.Context(), user, q)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"first " + first.Format(time.DateOnly)}
	for i := range groups {
		lines = append(lines, groups[i].Start.Format(time.DateOnly)+sumText(&groups[i].ActivitySum))
		if groups[i].Start.After(first) && i == 0 || !by.Start(groups[i].Start).Equal(groups[i].Start) {
			t.Errorf("%s of activities from %v on begins with %v", by, first, groups[i].Start)
		}
	}
	return strings.Join(lines, "\n")
}

// The days of activities without an offset are those of the zone that is asked for, one time this one and then another.
func TestKeptSumsFollowTheZone(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		ana := storetest.Users(t, s, now, "ana@example.com")[0]
		start := time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC)
		_, err := s.ImportRecording(t.Context(), ana, pierre.Source{Provider: "file", Format: "fit", Imported: now},
			pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: start}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			hours int
			want  string
		}{{0, "2026-06-01"}, {-6, "2026-05-31"}, {3, "2026-06-01"}, {-3, "2026-05-31"}} {
			zone := time.FixedZone(fmt.Sprint(c.hours), c.hours*3600)
			first, err := s.FirstActivityDay(t.Context(), ana, pierre.ActivityQuery{Days: pierre.LocalDays{Zone: zone}})
			if err != nil || first.Format(time.DateOnly) != c.want {
				t.Errorf("in the zone %v the day is %v (%v), want %s", zone, first, err, c.want)
			}
			months, err := s.SumActivityGroups(t.Context(), ana, pierre.ActivityQuery{Days: pierre.LocalDays{Zone: zone}}, pierre.ByMonth)
			if err != nil || len(months) != 1 || months[0].Start.Format("2006-01") != c.want[:7] {
				t.Errorf("in the zone %v the months are %+v (%v)", zone, months, err)
			}
		}
	})
}
