package training

import (
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func dayAt(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err) //nolint:forbidigo // a test's own value
	}
	return day
}

// some are values of days that follow each other.
func some(source pierre.Provider, first string, values ...float64) []pierre.Wellness {
	var list []pierre.Wellness
	for i, v := range values {
		list = append(list, pierre.Wellness{Day: dayAt(first).AddDate(0, 0, i), Source: source, Value: v})
	}
	return list
}

func stepsText(steps []measurement) string {
	text := ""
	for _, m := range steps {
		text += fmt.Sprintf("from %s %g: %s\n", m.day.Format(time.DateOnly), m.value, m.note())
	}
	return text
}

// A weight is the median of the week up to it: a day at another's scale does not count for much.
func TestWeightSteps(t *testing.T) {
	alone := weightSteps(some("garmin", "2026-03-01", 70, 71, 35, 70.4))
	if got, want := stepsText(alone), `from 2026-03-01 70: 2026-03-01, garmin
from 2026-03-02 70.5: median of 2 days up to 2026-03-02, garmin
from 2026-03-03 70: median of 3 days up to 2026-03-03, garmin
from 2026-03-04 70.2: median of 4 days up to 2026-03-04, garmin
`; got != want {
		t.Errorf("the steps are\n%swant\n%s", got, want)
	}
	week := weightSteps(append(some("garmin", "2026-03-01", 70), some("garmin", "2026-03-08", 60)...))
	if got, want := week[1].value, 60.; got != want {
		t.Errorf("a week later the weight is %g, want %g", got, want)
	}
	// Two sources on one day: the one with more days, then the newest, then the first by name.
	both := weightSteps([]pierre.Wellness{
		{Day: dayAt("2026-03-01"), Source: "withings", Value: 72},
		{Day: dayAt("2026-03-02"), Source: "garmin", Value: 70},
		{Day: dayAt("2026-03-02"), Source: "withings", Value: 73},
		{Day: dayAt("2026-03-20"), Source: "garmin", Value: 71},
		{Day: dayAt("2026-03-20"), Source: "withings", Value: 74},
	})
	if got, want := stepsText(both), `from 2026-03-01 72: 2026-03-01, withings
from 2026-03-02 72.5: median of 2 days up to 2026-03-02, withings
from 2026-03-20 71: 2026-03-20, garmin
`; got != want {
		t.Errorf("of two sources the steps are\n%swant\n%s", got, want)
	}
}

// The resting heart rate changes with the month, by what was measured in the whole month before.
func TestRestingSteps(t *testing.T) {
	days := some("garmin", "2026-01-20", 60, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60) // all of January
	first := "from 2026-01-20 53: median of the first 7 days measured, from 2026-01-20 on, garmin\n"
	january := "from 2026-02-01 55.5: median of 12 days of 2026-01, garmin\n"
	for n, want := range map[int]string{0: "", 6: "", 7: first + "from 2026-02-01 53: median of 7 days of 2026-01, garmin\n", 12: first + january} {
		if got := stepsText(restingSteps(days[:n])); got != want {
			t.Errorf("of %d days the steps are\n%swant\n%s", n, got, want)
		}
	}
	sparse := append(days, some("garmin", "2026-02-03", 40, 40, 40, 40, 40, 40)...)
	if got, want := stepsText(restingSteps(sparse)), first+january; got != want {
		t.Errorf("six days of February make\n%swant\n%s", got, want)
	}
	both := append(sparse, some("oura", "2026-02-09", 44, 45, 46, 47, 48, 49, 50)...)
	if got, want := stepsText(restingSteps(both)), first+january+"from 2026-03-01 47: median of 7 days of 2026-02, oura\n"; got != want {
		t.Errorf("with another source the steps are\n%swant\n%s", got, want)
	}
}

// Of what was said, measured and written into files, one rule says what holds.
func TestWhatHolds(t *testing.T) {
	said := func(field, day string, value float64, file bool) pierre.ProfileValue {
		return pierre.ProfileValue{Field: field, Day: dayAt(day), Value: value, FromFile: file}
	}
	measured := func(day string, value float64) measurement {
		return measurement{day: dayAt(day), value: value, source: "garmin", of: day}
	}
	for name, tt := range map[string]struct {
		field    string
		said     []pierre.ProfileValue
		measured []measurement
		want     map[string]string // by day
	}{
		"nothing": {fieldWeight, nil, nil, map[string]string{"2026-03-01": ""}},
		"measured alone": {fieldWeight, nil, []measurement{measured("2026-03-01", 70), measured("2026-03-09", 71)}, map[string]string{
			"2026-02-28": "70 measured: the earliest known, 2026-03-01, garmin", "2026-03-01": "70 measured: 2026-03-01, garmin",
			"2026-03-08": "70 measured: 2026-03-01, garmin", "2026-03-09": "71 measured: 2026-03-09, garmin",
		}},
		"the later of a word and a measurement of the weight": {
			fieldWeight,
			[]pierre.ProfileValue{said(fieldWeight, "2026-03-05", 75, false)},
			[]measurement{measured("2026-03-01", 70), measured("2026-03-05", 71), measured("2026-03-09", 72)},
			map[string]string{
				"2026-03-04": "70 measured: 2026-03-01, garmin", "2026-03-05": "75 user: of 2026-03-05",
				"2026-03-08": "75 user: of 2026-03-05", "2026-03-09": "72 measured: 2026-03-09, garmin",
			},
		},
		"a word on the resting heart rate": {
			fieldResting,
			[]pierre.ProfileValue{said(fieldResting, "2026-03-05", 48, false)},
			[]measurement{measured("2026-03-01", 52), measured("2026-04-01", 53)},
			map[string]string{"2026-03-04": "52 measured: 2026-03-01, garmin", "2026-04-20": "48 user: of 2026-03-05"},
		},
		"the earliest of both": {
			fieldResting,
			[]pierre.ProfileValue{said(fieldResting, "2026-02-05", 48, false)},
			[]measurement{measured("2026-03-01", 52)},
			map[string]string{"2026-01-04": "48 user: the earliest known, of 2026-02-05", "2026-02-20": "48 user: of 2026-02-05"},
		},
		"files, until a measurement is old": {
			fieldWeight,
			[]pierre.ProfileValue{said(fieldWeight, "2026-01-01", 80, true), said(fieldWeight, "2026-03-02", 81, true)},
			[]measurement{measured("2026-03-01", 70)},
			map[string]string{
				"2026-02-01": "80 recorded: from an imported file, of 2026-01-01", "2026-05-30": "70 measured: 2026-03-01, garmin",
				"2026-05-31": "81 recorded: from an imported file, of 2026-03-02",
			},
		},
	} {
		rec := pierre.ProfileRecord{History: tt.said}
		p := newPast(rec, Clock{}, map[string][]measurement{tt.field: tt.measured})
		for day, want := range tt.want {
			got := ""
			if q := p.quantity("", tt.field, dayAt(day)); q.known {
				got = fmt.Sprintf("%g %s: %s", q.value, q.source, q.note)
			}
			if got != want {
				t.Errorf("%s, on %s: %q, want %q", name, day, got, want)
			}
		}
	}
}

// An athlete of one day stands for other days only as long as the same holds on them.
func TestAthleteOfAnotherDay(t *testing.T) {
	m := map[string][]measurement{
		fieldResting: {{day: dayAt("2026-03-01"), value: 50}, {day: dayAt("2026-04-01"), value: 60}},
		fieldWeight:  {{day: dayAt("2026-03-10"), value: 70}, {day: dayAt("2026-03-11"), value: 71}},
	}
	a := newPast(pierre.ProfileRecord{}, Clock{}, m).on(dayAt("2026-03-10"))
	for day, want := range map[string][2]float64{"2026-02-28": {50, 70}, "2026-03-10": {50, 70}, "2026-03-11": {50, 71}, "2026-03-31": {50, 71}, "2026-04-01": {60, 71}} {
		if on := a.On(dayAt(day)); on.restingHR.value != want[0] || on.weight().value != want[1] {
			t.Errorf("on %s: %g bpm, %g kg, want %v", day, on.restingHR.value, on.weight().value, want)
		}
	}
}
