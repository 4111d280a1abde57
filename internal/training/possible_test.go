package training_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func TestPossibleGoal(t *testing.T) {
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		goal     pierre.Goal
		possible bool
	}{
		"10 km in 40 minutes":         {pierre.Goal{Type: pierre.GoalTime, Meters: new(10_000.0), Target: 2400}, true},
		"10 km in 20 minutes":         {pierre.Goal{Type: pierre.GoalTime, Meters: new(10_000.0), Target: 1200}, false},
		"10 km in no time":            {pierre.Goal{Type: pierre.GoalTime, Meters: new(10_000.0)}, false},
		"minutes for seconds":         {pierre.Goal{Type: pierre.GoalTime, Meters: new(42_195.0), Target: 180}, false},
		"a marathon in 3 hours":       {pierre.Goal{Type: pierre.GoalTime, Meters: new(42_195.0), Target: 10_800}, true},
		"1 000 km on foot in a month": {pierre.Goal{Type: pierre.GoalDistance, Sport: pierre.SportRun, Target: 1e6}, true},
		"a million km in a month":     {pierre.Goal{Type: pierre.GoalDistance, Target: 1e9}, false},
		"as much on foot":             {pierre.Goal{Type: pierre.GoalDistance, Sport: pierre.SportRun, Target: 1e9}, false},
		"70 activities a week":        {pierre.Goal{Type: pierre.GoalFrequency, Target: 70}, true},
		"71":                          {pierre.Goal{Type: pierre.GoalFrequency, Target: 71}, false},
		"any number":                  {pierre.Goal{Type: pierre.GoalCustom, Target: 1e9}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tt.goal.Start, tt.goal.Date = start, start.AddDate(0, 0, 29)
			err := training.PossibleGoal(tt.goal)
			if (err == nil) != tt.possible || err != nil && pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("%v, want possible %v", err, tt.possible)
			}
		})
	}
}
