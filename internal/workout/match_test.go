package workout_test

import (
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

func TestMatch(t *testing.T) {
	morning := time.Date(2026, 6, 15, 6, 0, 0, 0, time.UTC)
	plan := func(sport pierre.Sport, minutes, km float64) workout.Planned {
		p := workout.Planned{Sport: sport}
		if minutes > 0 {
			p.Seconds = new(60 * minutes)
		}
		if km > 0 {
			p.Meters = new(1000 * km)
		}
		return p
	}
	did := func(sport pierre.Sport, hour int, minutes, km float64) pierre.Activity {
		p := plan(sport, minutes, km)
		return pierre.Activity{Sport: sport, Start: morning.Add(time.Duration(hour) * time.Hour), Totals: pierre.Totals{DurationSeconds: p.Seconds, DistanceMeters: p.Meters}}
	}
	for name, tt := range map[string]struct {
		planned []workout.Planned
		done    []pierre.Activity
		want    []int
	}{
		"nothing done":                  {[]workout.Planned{plan("run", 60, 0)}, nil, []int{-1}},
		"nothing planned":               {nil, []pierre.Activity{did("run", 0, 60, 10)}, []int{}},
		"another sport":                 {[]workout.Planned{plan("run", 60, 0)}, []pierre.Activity{did("ride", 0, 60, 30)}, []int{-1}},
		"a trail run is a run":          {[]workout.Planned{plan("run", 60, 0)}, []pierre.Activity{did("trail_running", 0, 90, 10)}, []int{0}},
		"indoors is a ride":             {[]workout.Planned{plan("gravel_ride", 60, 0)}, []pierre.Activity{did("virtual_ride", 0, 20, 10)}, []int{0}},
		"the ride to work is another":   {[]workout.Planned{plan("ride", 90, 0)}, []pierre.Activity{did("ride", 0, 15, 5), did("ride", 1, 80, 30), did("ride", 9, 15, 5)}, []int{1}},
		"by distance, without time":     {[]workout.Planned{plan("run", 0, 10)}, []pierre.Activity{did("run", 0, 20, 4), did("run", 5, 60, 11)}, []int{1}},
		"two of a day, in their order":  {[]workout.Planned{plan("run", 0, 0), plan("run", 0, 0)}, []pierre.Activity{did("run", 8, 60, 4), did("run", 0, 20, 11)}, []int{1, 0}},
		"the nearest pair goes first":   {[]workout.Planned{plan("run", 60, 0), plan("run", 30, 0)}, []pierre.Activity{did("run", 0, 32, 0)}, []int{-1, 0}},
		"half and double are as far":    {[]workout.Planned{plan("run", 60, 0)}, []pierre.Activity{did("run", 3, 120, 0), did("run", 0, 30, 0)}, []int{1}},
		"an activity is of one workout": {[]workout.Planned{plan("ride", 60, 0), plan("ride", 60, 0)}, []pierre.Activity{did("ride", 0, 60, 0)}, []int{0, -1}},
		"of no length":                  {[]workout.Planned{plan("swim", 60, 0)}, []pierre.Activity{did("swim", 0, 0, 0)}, []int{0}},
	} {
		if got := workout.Match(tt.planned, tt.done); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
