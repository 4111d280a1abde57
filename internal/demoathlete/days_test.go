//go:build !race

package demoathlete_test

import (
	"math"
	"testing"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The days are as a person's are: each kind within what is usual, lower heart rate variability after hard days and in the illness, and
// later nights at weekends.
func TestTheDaysArePlausible(t *testing.T) {
	y := wholeYear(t)
	hours := map[string]float64{} // of training, by date
	for _, r := range y.manifest.Activities() {
		if r.DurationSeconds != nil {
			hours[r.Start.Format("2006-01-02")] += *r.DurationSeconds / 3600
		}
	}
	days := y.manifest.Days
	if len(days) != 366 || days[365].Date != "2026-11-22" || days[365].Values[pierre.WellnessSteps] != 0 {
		t.Fatalf("%d days, the last %+v", len(days), days[len(days)-1])
	}
	for kind, want := range map[pierre.WellnessKind]struct{ n, low, high, mean float64 }{
		pierre.WellnessSleep:            {340, 4.5 * 3600, 10 * 3600, 7.2 * 3600},
		pierre.WellnessInBed:            {340, 5 * 3600, 11 * 3600, 8 * 3600},
		pierre.WellnessRestingHeartRate: {340, 43, 64, 50},
		pierre.WellnessHRVSDNN:          {340, 25, 95, 58},
		pierre.WellnessRespiration:      {340, 12, 17, 13.8},
		pierre.WellnessWeight:           {140, 69.5, 74, 71.8},
		pierre.WellnessSteps:            {365, 900, 45_000, 9000},
		pierre.WellnessActiveEnergy:     {365, 100, 4500, 800},
		pierre.WellnessVO2Max:           {60, 50, 64, 58},
	} {
		n, low, high, sum := 0.0, math.Inf(1), 0.0, 0.0
		for _, d := range days {
			if v, ok := d.Values[kind]; ok {
				n, low, high, sum = n+1, min(low, v), max(high, v), sum+v
			}
		}
		if n < want.n || low < want.low || high > want.high || math.Abs(sum/n/want.mean-1) > 0.15 {
			t.Errorf("%s: %g values from %g to %g, mean %g", kind, n, low, high, sum/n)
		}
	}
	after := func(hard bool) float64 {
		return meanOf(days[1:], pierre.WellnessHRVSDNN, func(i int) bool { return (hours[days[i].Date] > 1.2) == hard })
	}
	if hard, easy := after(true), after(false); hard > 0.95*easy {
		t.Errorf("heart rate variability is %g after hard days, %g after others", hard, easy)
	}
	ill, well := days[58:62], days[30:50]
	all := func(int) bool { return true }
	if meanOf(ill, pierre.WellnessHRVSDNN, all) > 0.85*meanOf(well, pierre.WellnessHRVSDNN, all) ||
		meanOf(ill, pierre.WellnessRestingHeartRate, all) < 3+meanOf(well, pierre.WellnessRestingHeartRate, all) {
		t.Error("the illness does not show")
	}
}

// meanOf returns the mean of a kind on the days that count, by their place among the days.
func meanOf(days []demoathlete.Day, kind pierre.WellnessKind, counts func(i int) bool) float64 {
	n, sum := 0.0, 0.0
	for i, d := range days {
		if v, ok := d.Values[kind]; ok && counts(i) {
			n, sum = n+1, sum+v
		}
	}
	return sum / n
}
