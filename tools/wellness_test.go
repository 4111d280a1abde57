//go:build !race

package tools_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type shownWellness struct {
	From, To string
	Kinds    []struct {
		Kind, Unit, Source string
		OtherSources       []struct {
			Source string
			Days   int
		} `json:"other_sources"`
		Newest struct {
			Date, Source string
			Value        float64
		}
		Days         int      `json:"days_with_value"`
		Without      int      `json:"days_without"`
		Week         *float64 `json:"week_mean"`
		WeekDays     int      `json:"week_days"`
		Baseline     *float64 `json:"baseline_mean"`
		BaselineDays int      `json:"baseline_days"`
		Low          *float64 `json:"usual_low"`
		High         *float64 `json:"usual_high"`
		WeekIs       string   `json:"week_is"`
		Trend        struct {
			Slope     *float64 `json:"slope_per_month"`
			Points    int
			Direction string
		}
		Load *struct {
			R            *float64 `json:"coefficient"`
			Low, High    *float64
			Pairs        int
			Direction    string
			NotAvailable string `json:"not_available"`
		} `json:"load_correlation"`
		NotAvailable []string `json:"not_available"`
	}
	Others []string `json:"other_kinds"`
	Rows   []struct {
		From   string
		Values []struct {
			Kind  string
			Value float64
			Days  int
		}
	}
	Note string
}

// What is measured, and by what.
type measured struct {
	kind   pierre.WellnessKind
	source pierre.Provider
}

// keepDays keeps values of the days up to the tests' today, of which the last is of today.
func keepDays(t *testing.T, s *store.Store, user pierre.UserID, what measured, days int, value func(ago int) float64) {
	t.Helper()
	today := now().Truncate(24 * time.Hour)
	var values []pierre.Wellness
	for ago := range days {
		if v := value(ago); !math.IsNaN(v) {
			values = append(values, pierre.Wellness{Day: today.AddDate(0, 0, -ago), Kind: what.kind, Source: what.source, Value: v})
		}
	}
	if _, err := s.KeepWellness(t.Context(), user, now(), values); err != nil {
		t.Fatal(err)
	}
}

func wellnessOf(t *testing.T, h host, args map[string]any) shownWellness {
	t.Helper()
	var w shownWellness
	r := h.call("get_wellness", args)
	r.decode(t, &w)
	if r.Bytes > answerBytes+1024 {
		t.Errorf("the answer to %v has %d bytes", args, r.Bytes)
	}
	return w
}

// HRV goes by logarithms and half a standard deviation, the resting heart rate by a whole one.
func TestWeekAgainstTheBaseline(t *testing.T) {
	for name, tt := range map[string]struct {
		hrv, heart float64 // of the last 7 days
		wantHRV    string
		wantHeart  string
	}{
		// ln 50 and ln 60 in turn are 4.003 ± 0.0919 of a sample of 60: 52.3 to 57.3; 50 and 54 are 52 ± 2.017.
		"usual":            {54.8, 52, "within", "within"},
		"just within":      {52.4, 54, "within", "within"},
		"just outside":     {52.2, 54.1, "below", "above"},
		"above and below":  {57.5, 49.9, "above", "below"},
		"far from it":      {20, 70, "below", "above"},
		"at the upper end": {57.2, 50, "within", "within"},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.New(t)
			u := newUser(t, s, "ana@example.com")
			series := func(even, odd, week float64) func(int) float64 {
				return func(ago int) float64 {
					return []float64{even, odd, week}[map[bool]int{true: 2, false: ago % 2}[ago < 7]]
				}
			}
			keepDays(t, s, u, measured{pierre.WellnessHRV, pierre.ProviderGarmin}, 67, series(50, 60, tt.hrv))
			keepDays(t, s, u, measured{pierre.WellnessRestingHeartRate, pierre.ProviderGarmin}, 67, series(50, 54, tt.heart))
			w := wellnessOf(t, newHost(t, s, u), nil)
			hrv, heart := w.Kinds[0], w.Kinds[1]
			if hrv.WeekIs != tt.wantHRV || heart.WeekIs != tt.wantHeart || *hrv.Week != tt.hrv || *hrv.Baseline != 54.8 || *hrv.Low != 52.3 || *hrv.High != 57.3 ||
				hrv.BaselineDays != 60 || hrv.WeekDays != 7 || *heart.Low != 50 || *heart.High != 54 {
				t.Errorf("%s", newHost(t, s, u).call("get_wellness", nil).Structured)
			}
		})
	}
}

// What there is too little of is absent, with the reason.
func TestTooFewDaysSayNothing(t *testing.T) {
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	h := newHost(t, s, u)
	if w := wellnessOf(t, h, nil); len(w.Kinds) != 0 || !strings.Contains(w.Note, "No values of days are kept") {
		t.Errorf("without values: %+v", w)
	}
	if w := wellnessOf(t, h, map[string]any{"kinds": []string{"sleep"}}); len(w.Kinds) != 1 || w.Kinds[0].Week != nil || w.Kinds[0].Source != "" {
		t.Errorf("without values of sleep: %+v", w)
	}
	keepDays(t, s, u, measured{pierre.WellnessHRVSDNN, pierre.ProviderAppleHealth}, 2, func(int) float64 { return 40 })
	w := wellnessOf(t, h, map[string]any{"load_days": 1})
	k := w.Kinds[0]
	if len(w.Kinds) != 1 || k.Week != nil || k.Baseline != nil || k.WeekIs != "" || k.WeekDays != 2 || k.Trend.Slope != nil || k.Load.R != nil || k.Newest.Value != 40 ||
		!strings.Contains(fmt.Sprint(k.NotAvailable), "2 of the 7 days have a value, and 3 are needed") {
		t.Errorf("with two days: %+v", w)
	}
	// SDNN is never taken for rMSSD.
	if w := wellnessOf(t, h, map[string]any{"kinds": []string{"hrv_rmssd"}}); w.Kinds[0].Source != "" || !slices.Equal(w.Others, []string{"hrv_sdnn"}) {
		t.Errorf("with SDNN alone rMSSD is %+v", w)
	}
}

// The source in use counts alone, also where another one has more days; it can be asked for.
func TestOneSourceForAKind(t *testing.T) {
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	keepDays(t, s, u, measured{pierre.WellnessSteps, pierre.ProviderGarmin}, 10, func(int) float64 { return 8000 })
	keepDays(t, s, u, measured{pierre.WellnessSteps, pierre.ProviderAppleHealth}, 60, func(ago int) float64 {
		if ago < 5 {
			return math.NaN()
		}
		return 5000
	})
	h := newHost(t, s, u)
	k := wellnessOf(t, h, nil).Kinds[0]
	if k.Source != "garmin" || *k.Week != 8000 || k.Days != 10 || k.Without != 18 || len(k.OtherSources) != 1 || k.OtherSources[0].Source != "apple_health" || k.OtherSources[0].Days != 55 {
		t.Errorf("of two sources: %+v", k)
	}
	k = wellnessOf(t, h, map[string]any{"provider": "apple_health"}).Kinds[0]
	if k.Source != "apple_health" || k.Week != nil || k.WeekDays != 2 || k.Newest.Date != "2026-06-10" {
		t.Errorf("of the other source: %+v", k)
	}
	if k := wellnessOf(t, h, map[string]any{"before": "2026-06-01"}).Kinds[0]; k.Source != "apple_health" || k.Newest.Value != 5000 || *k.Week != 5000 {
		t.Errorf("as it was before the other one: %+v", k)
	}
}

// Rows are means, oldest first, and the newest that have room; times of day may lie before midnight.
func TestRowsOfDays(t *testing.T) {
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	keepDays(t, s, u, measured{pierre.WellnessWeight, pierre.ProviderGarmin}, 3*365, func(ago int) float64 { return 60 + float64(ago)/100 })
	keepDays(t, s, u, measured{pierre.WellnessBedtime, pierre.ProviderGarmin}, 40, func(ago int) float64 { return float64(-1800 + 3600*(ago%2)) })
	h := newHost(t, s, u)
	w := wellnessOf(t, h, map[string]any{"kinds": []string{"weight"}, "after": "2023-06-20", "group_by": "month"})
	if n := len(w.Rows); n != 37 || w.Rows[n-1].From != "2026-06-01" || w.Rows[n-1].Values[0].Days != 15 || math.Abs(w.Rows[n-1].Values[0].Value-60.07) > 1e-9 || w.Kinds[0].Trend.Direction != "falling" {
		t.Errorf("by month: %+v", w)
	}
	if slope := *w.Kinds[0].Trend.Slope; math.Abs(slope+30.4375/100) > 0.001 {
		t.Errorf("the slope is %g a month", slope)
	}
	w = wellnessOf(t, h, map[string]any{"kinds": []string{"weight"}, "after": "2023-06-20", "group_by": "day"})
	if n := len(w.Rows); n < 50 || n > 200 || w.Rows[n-1].From != "2026-06-15" || !strings.Contains(w.Note, "earlier rows are left out; ask for them with before "+w.Rows[0].From) {
		t.Errorf("by day there are %d rows, %s", n, w.Note)
	}
	r := h.call("get_wellness", map[string]any{"kinds": []string{"bedtime"}, "group_by": "day"})
	if !strings.Contains(r.Text, "2026-06-15: bedtime 23:30") || !strings.Contains(r.Text, "2026-06-14: bedtime 00:30") {
		t.Errorf("times of day: %s", r.Text)
	}
}

func TestWrongWellness(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	for _, tt := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"kinds": []string{"length"}}, "kinds[0] must be one of resting_heart_rate"},
		{map[string]any{"after": "2026-06-16"}, "after must be a day up to 2026-06-15"},
		{map[string]any{"after": "2026-05-01", "before": "2026-05-01"}, "after must be before before"},
		{map[string]any{"after": "2026-06-01", "before": "2020-01-01"}, "after must be before before"},
		{map[string]any{"after": "2020-01-01"}, "For more than 400 days, name at most 4 kinds"},
		{map[string]any{"after": "0000-01-01", "kinds": []string{"sleep", "steps", "weight", "hrv_rmssd", "vo2max"}}, "name at most 4 kinds"},
		{map[string]any{"load_days": 15}, "from 1 to 14"},
		{map[string]any{"group_by": "hour"}, "one of day"},
	} {
		if r := h.call("get_wellness", tt.args); !r.IsError || !strings.Contains(r.Text, tt.want) {
			t.Errorf("%v answers %q, want %q", tt.args, r.Text, tt.want)
		}
	}
	for _, args := range []map[string]any{
		{"after": "0001-01-01", "kinds": []string{"sleep"}},
		{"before": "9999-12-31"},
		{"before": "0002-01-01"},
		{"kinds": []string{"sleep", "sleep"}, "load_days": 14},
	} {
		if r := h.call("get_wellness", args); r.IsError {
			t.Errorf("%v answers %q", args, r.Text)
		}
	}
}

// A value that falls after each day of training goes with its load, at a lag of one day.
func TestCorrelationWithTheLoadBefore(t *testing.T) {
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	for ago := 1; ago < 40; ago += 3 {
		importSession(t, s, u, thresholdHour(now().AddDate(0, 0, -ago).Add(-2*time.Hour)))
	}
	keepDays(t, s, u, measured{pierre.WellnessHRV, pierre.ProviderGarmin}, 38, func(ago int) float64 {
		if ago%3 == 0 { // the day after
			return 40
		}
		return 60
	})
	h := newHost(t, s, u)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "time_zone": "UTC"})
	k := wellnessOf(t, h, map[string]any{"load_days": 1}).Kinds[0].Load
	if k == nil || k.R == nil || *k.R != -1 || k.Pairs != 37 || k.Direction != "falling" {
		t.Errorf("with the day before: %+v", k)
	}
	if k := wellnessOf(t, h, map[string]any{"load_days": 3}).Kinds[0].Load; k.R != nil || !strings.Contains(k.NotAvailable, "the same") {
		t.Errorf("with the three days before, which all have one hour: %+v", k)
	}
	if k := wellnessOf(t, h, map[string]any{"load_days": 1, "after": "2026-06-09"}).Kinds[0].Load; k.R != nil || k.Pairs != 0 || !strings.Contains(k.NotAvailable, "7 pairs, and 8 are needed") {
		t.Errorf("with 7 days: %+v", k)
	}
}
