//go:build !race

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

// Seven days of rest from 80/80, and the day after: worked by hand as 80·e^(−7/42) = 67.72 and 80·e^(−7/7) = 29.43.
func TestProjectForm(t *testing.T) {
	start := Form{Fitness: 80, Fatigue: 80}
	rest, err := ProjectForm(start, 0, 8)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CTL after 7 days of rest", rest[6].Fitness, 67.718, 0.001)
	near(t, "ATL after 7 days of rest", rest[6].Fatigue, 29.430, 0.001)
	near(t, "TSB on the next day", rest[7].Balance, 38.288, 0.001)
	near(t, "TSB on the first day", rest[0].Balance, 0, 0)
	same, err := ProjectForm(start, 80, 100)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the same load goes on", same[99].Fitness, 80, 1e-9)
	for _, days := range []int{0, -1, 367} {
		_, err := ProjectForm(start, 0, days)
		refused(t, "days ahead", err)
	}
	_, err = ProjectForm(start, -1, 5)
	refused(t, "a negative load", err)
}

// From 80/80 to +20 on the 8th day: a = e^(−1/6) = 0.846482, b = e^(−1) = 0.367879,
// (80·0.846482 − 80·0.367879 − 20)/(0.846482 − 0.367879) = (67.7185 − 29.4304 − 20)/0.478602 = 38.2116.
func TestTaperLoad(t *testing.T) {
	start := Form{Fitness: 80, Fatigue: 80}
	load := value(t)(TaperLoad(start, 8, 20))
	near(t, "load", load, 38.2116, 0.0001)
	for _, c := range []struct {
		start   Form
		days    int
		balance float64
	}{{start, 8, 20}, {start, 2, -5}, {Form{50, 90, 0}, 15, 10}, {Form{0, 0, 0}, 30, -12}, {start, 366, 0}} {
		load := value(t)(TaperLoad(c.start, c.days, c.balance))
		form, err := ProjectForm(c.start, load, c.days)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "the form that the load leads to", form[c.days-1].Balance, c.balance, 1e-9)
	}
	_, err := TaperLoad(start, 8, 38.3) // rest leads to 38.288
	refused(t, "more form than rest gives", err)
	near(t, "no load for the form of rest", value(t)(TaperLoad(start, 8, 38.28)), 0.017, 0.01)
	for _, days := range []int{1, 0, 367} {
		_, err := TaperLoad(start, days, 5)
		refused(t, "days", err)
	}
	_, err = TaperLoad(start, 2, -1e6)
	refused(t, "no human load", err)
}
