package workout_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

func planned() pierre.Workout {
	return pierre.Workout{Sport: pierre.SportRide, Name: "5 x 4 min", Start: "06:30", Note: "outside\nif dry", Steps: []pierre.WorkoutStep{
		{Kind: pierre.StepWarmUp, Seconds: 900, Target: &pierre.StepTarget{By: pierre.TargetPercentFTP, Low: 50, High: 70}, Cadence: &pierre.StepCadence{Low: 90, High: 90}},
		{Repeat: 3, Steps: []pierre.WorkoutStep{{Repeat: 2, Steps: []pierre.WorkoutStep{{Seconds: 30}, {Meters: 400.5}}}, {}}},
	}}
}

// A workout that comes from elsewhere is one of those that can be planned here, to the edge of each limit.
func TestValid(t *testing.T) {
	step := func(change func(*pierre.WorkoutStep)) func(*pierre.Workout) {
		return func(w *pierre.Workout) { change(&w.Steps[0]) }
	}
	nest := func(depth, repeat int) pierre.WorkoutStep {
		s := pierre.WorkoutStep{Seconds: 1}
		for range depth {
			s = pierre.WorkoutStep{Repeat: repeat, Steps: []pierre.WorkoutStep{s}}
		}
		return s
	}
	for what, tt := range map[string]struct {
		change func(*pierre.Workout)
		want   bool
	}{
		"as planned":           {func(*pierre.Workout) {}, true},
		"no name":              {func(w *pierre.Workout) { w.Name = " " }, false},
		"longest name":         {func(w *pierre.Workout) { w.Name = strings.Repeat("x", workout.NameBytes) }, true},
		"too long a name":      {func(w *pierre.Workout) { w.Name = strings.Repeat("x", workout.NameBytes+1) }, false},
		"two lines":            {func(w *pierre.Workout) { w.Name = "a\nb" }, false},
		"not text":             {func(w *pierre.Workout) { w.Name = "a\xff" }, false},
		"longest note":         {func(w *pierre.Workout) { w.Note = strings.Repeat("x", workout.NoteBytes) }, true},
		"too long a note":      {func(w *pierre.Workout) { w.Note = strings.Repeat("x", workout.NoteBytes+1) }, false},
		"control characters":   {func(w *pierre.Workout) { w.Note = "a\x00" }, false},
		"at no time":           {func(w *pierre.Workout) { w.Start = "" }, true},
		"no such time":         {func(w *pierre.Workout) { w.Start = "24:00" }, false},
		"not written as such":  {func(w *pierre.Workout) { w.Start = "6:30" }, false},
		"no such sport":        {func(w *pierre.Workout) { w.Sport = "chess" }, false},
		"no FTP in that sport": {func(w *pierre.Workout) { w.Sport = pierre.SportRun }, false},
		"no steps":             {func(w *pierre.Workout) { w.Steps = nil }, false},
		"no such kind":         {step(func(s *pierre.WorkoutStep) { s.Kind = "dance" }), false},
		"longest step":         {step(func(s *pierre.WorkoutStep) { s.Seconds = 86_400 }), true},
		"too long a step":      {step(func(s *pierre.WorkoutStep) { s.Seconds = 86_401 }), false},
		"too short":            {step(func(s *pierre.WorkoutStep) { s.Seconds = 0.5 }), false},
		"not whole seconds":    {step(func(s *pierre.WorkoutStep) { s.Seconds = 1.5 }), false},
		"backwards":            {step(func(s *pierre.WorkoutStep) { s.Seconds = -1 }), false},
		"two lengths":          {step(func(s *pierre.WorkoutStep) { s.Meters = 400 }), false},
		"furthest":             {step(func(s *pierre.WorkoutStep) { s.Seconds, s.Meters = 0, 500_000 }), true},
		"too far":              {step(func(s *pierre.WorkoutStep) { s.Seconds, s.Meters = 0, 500_001 }), false},
		"no such target":       {step(func(s *pierre.WorkoutStep) { s.Target.By = "luck" }), false},
		"highest target":       {step(func(s *pierre.WorkoutStep) { s.Target.High = 400 }), true},
		"too high a target":    {step(func(s *pierre.WorkoutStep) { s.Target.High = 1e300 }), false},
		"the wrong way round":  {step(func(s *pierre.WorkoutStep) { s.Target.Low, s.Target.High = 70, 50 }), false},
		"fastest cadence":      {step(func(s *pierre.WorkoutStep) { s.Cadence.High = 250 }), true},
		"too fast a cadence":   {step(func(s *pierre.WorkoutStep) { s.Cadence.High = 251 }), false},
		"cadence turned round": {step(func(s *pierre.WorkoutStep) { s.Cadence.Low, s.Cadence.High = 100, 90 }), false},
		"step and repetition":  {step(func(s *pierre.WorkoutStep) { s.Repeat = 2 }), false},
		"steps not repeated":   {step(func(s *pierre.WorkoutStep) { s.Steps = []pierre.WorkoutStep{{}} }), false},
		"nothing repeated":     {func(w *pierre.Workout) { w.Steps[1].Steps = nil }, false},
		"done once":            {func(w *pierre.Workout) { w.Steps[1].Repeat = 1 }, false},
		"most repetitions":     {func(w *pierre.Workout) { w.Steps = []pierre.WorkoutStep{nest(1, workout.MaxRepeat)} }, true},
		"too many repetitions": {func(w *pierre.Workout) { w.Steps = []pierre.WorkoutStep{nest(1, workout.MaxRepeat+1)} }, false},
		"too deep":             {func(w *pierre.Workout) { w.Steps = []pierre.WorkoutStep{nest(3, 2)} }, false},
		"very deep":            {func(w *pierre.Workout) { w.Steps = []pierre.WorkoutStep{nest(9000, 99)} }, false},
		"most steps":           {func(w *pierre.Workout) { w.Steps = slices.Repeat([]pierre.WorkoutStep{{}}, workout.MaxSteps) }, true},
		"too many steps":       {func(w *pierre.Workout) { w.Steps = slices.Repeat([]pierre.WorkoutStep{{}}, workout.MaxSteps+1) }, false},
		"too many, written out": {func(w *pierre.Workout) {
			w.Steps = []pierre.WorkoutStep{{Repeat: 99, Steps: slices.Repeat([]pierre.WorkoutStep{nest(1, 99)}, 10_000)}}
		}, false},
		"too long together": {func(w *pierre.Workout) { w.Steps = slices.Repeat([]pierre.WorkoutStep{{Seconds: 86_400}}, 3) }, false},
	} {
		w := planned()
		if tt.change(&w); workout.Valid(&w) != tt.want {
			t.Errorf("%s: valid is %v", what, !tt.want)
		}
	}
}
