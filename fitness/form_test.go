package fitness

import (
	"math"
	"testing"
	"time"
)

func constant(days int, load float64) []float64 {
	daily := make([]float64, days)
	for i := range daily {
		daily[i] = load
	}
	return daily
}

func TestFormOfConstantLoad(t *testing.T) {
	days, err := FormByDay(constant(84, 100), Form{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day      int
		ctl, atl float64
	}{{1, 2.35, 13.31}, {7, 15.35, 63.21}, {14, 28.35, 86.47}, {28, 48.66, 98.17}, {42, 63.21, 99.75}, {84, 86.47, 100}} {
		near(t, "CTL", days[c.day-1].Fitness, c.ctl, 0.005)
		near(t, "ATL", days[c.day-1].Fatigue, c.atl, 0.005)
	}
	near(t, "TSB on day 2 is of day 1", days[1].Balance, days[0].Fitness-days[0].Fatigue, 1e-12)
	near(t, "TSB on day 1", days[0].Balance, 0, 0)
	ramp := value(t)(Ramp(days[:42]))
	near(t, "ramp", ramp, days[41].Fitness-days[34].Fitness, 1e-12)
	_, err = Ramp(days[:7])
	refused(t, "ramp of a week", err)
}

func TestFormRecoversWithRest(t *testing.T) {
	days, err := FormByDay(constant(8, 0), Form{Fitness: 80, Fatigue: 80})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CTL after 7 days", days[6].Fitness, 67.72, 0.005)
	near(t, "ATL after 7 days", days[6].Fatigue, 29.43, 0.005)
	near(t, "TSB the day after", days[7].Balance, 38.29, 0.005)
}

func TestFormRefusals(t *testing.T) {
	for name, daily := range map[string][]float64{
		"no days": nil, "negative": {1, -1}, "NaN": {math.NaN()}, "infinite": {math.Inf(1)},
	} {
		_, err := FormByDay(daily, Form{})
		refused(t, name, err)
	}
	_, err := FormByDay([]float64{1}, Form{Fitness: math.NaN()})
	refused(t, "start NaN", err)
}

func TestWarmUp(t *testing.T) {
	for _, c := range []struct {
		days    int
		share   float64
		warming bool
	}{{-3, 0, true}, {0, 0, true}, {42, 0.6321, true}, {125, 0.949, true}, {126, 0.9502, false}} {
		share, warming := WarmUp(c.days)
		near(t, "share", share, c.share, 5e-5)
		if warming != c.warming {
			t.Errorf("WarmUp(%d) = %v", c.days, warming)
		}
	}
}

func TestDailyLoads(t *testing.T) {
	berlin := time.FixedZone("", 2*3600)
	day := func(d, hour int, zone *time.Location) time.Time {
		return time.Date(2026, 3, d, hour, 30, 0, 0, zone)
	}
	daily, err := DailyLoads([]DayLoad{
		{day(3, 8, berlin), 50},
		{day(1, 23, berlin), 10},
		{day(3, 20, berlin), 25},
		{day(4, 0, berlin), 5},
		{day(9, 9, berlin), 99}, // outside
	}, day(1, 12, berlin), day(5, 0, time.UTC))
	want := []float64{10, 0, 75, 5, 0}
	if err != nil || len(daily) != len(want) {
		t.Fatalf("daily = %v, %v", daily, err)
	}
	for i, w := range want {
		near(t, "load", daily[i], w, 0)
	}
	_, err = DailyLoads(nil, day(5, 0, time.UTC), day(1, 0, time.UTC))
	refused(t, "backwards", err)
	_, err = DailyLoads(nil, time.Time{}, day(1, 0, time.UTC))
	refused(t, "two thousand years", err)
	_, err = DailyLoads([]DayLoad{{day(1, 0, time.UTC), math.NaN()}}, day(1, 0, time.UTC), day(1, 0, time.UTC))
	refused(t, "a load that is NaN", err)
}
