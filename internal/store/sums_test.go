package store_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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
					q.Days = pierre.LocalDays{From: from, To: to, Zone: []*time.Location{time.UTC, newYork}[random.IntN(2)]}
				}
				if random.IntN(2) == 0 {
					q.Sports = sports[:1+random.IntN(2)]
				}
				zone := newYork
				for _, user := range users {
					whole := q
					whole.Uncounted = true // which the kept sums do not know
					if got, want := sumsText(t, s, user, q), sumsText(t, s, user, whole); got != want {
						t.Fatalf("round %d, days %v:\nkept  %s\nwhole %s", round, q.Days, got, want)
					}
					if got, want := daysText(t, s, user, q, zone), daysText(t, s, user, whole, zone); got != want {
						t.Fatalf("round %d, days %v:\nkept  %s\nwhole %s", round, q.Days, got, want)
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

// daysText adds up the rows of one day and sport, which activities without an offset have several of.
func daysText(t *testing.T, s *store.Store, user pierre.UserID, q pierre.ActivityQuery, zone *time.Location) string {
	t.Helper()
	days, err := s.SumActivityDays(t.Context(), user, q, zone)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	byDay := map[string][3]float64{}
	for _, d := range days {
		k := d.Day.Format(time.DateOnly) + " " + string(d.Sport)
		sum := byDay[k]
		sum[0] += float64(d.Activities)
		if d.DistanceMeters != nil {
			sum[1] += *d.DistanceMeters
		}
		if d.DurationSeconds != nil {
			sum[2] += *d.DurationSeconds
		}
		byDay[k] = sum
	}
	for k, sum := range byDay {
		lines = append(lines, fmt.Sprint(k, sum))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
