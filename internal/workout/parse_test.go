package workout_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// What people and assistants write, and how it is understood.
func TestParse(t *testing.T) {
	for _, tt := range []struct {
		sport pierre.Sport
		text  string
		want  string
	}{
		{"ride", "warmup 15min 50-70% FTP", "warm-up 15min 50-70% FTP"},
		{"ride", "Warm-up: 15 min @ 50–70 % of FTP, 85-95 rpm", ""},
		{"ride", "5x(4min 105% FTP, 3min recovery 50% FTP)", "5x(4min 105% FTP, recovery 3min 50% FTP)"},
		{"ride", "5 x 4 min @ 105-110% FTP, 3 min easy", "5x(4min 105-110% FTP, recovery 3min)"},
		{"ride", "3x[13x(30s @ 118%, 15s @ 50%) + 3min easy]", "3x(13x(30s 118% FTP, 15s 50% FTP), recovery 3min)"},
		{"ride", "20min 240W-260W 90rpm", "20min 240-260W 90rpm"},
		{"ride", "10min at ftp then 5min rest", "10min 100% FTP|rest 5min"},
		{"ride", "1h30 at 140 to 150 bpm", "1h30min 140-150bpm"},
		{"ride", "10km 30-32km/h", "10km 30-32km/h"},
		{"ride", "4' 105%; 30\" 150%", "4min 105% FTP|30s 150% FTP"},
		{"run", "400m 3:45/km", "400 meters 3:45/km"},
		{"run", "6 x 1km @ 4:00-3:55 min/km / 90s jog", "6x(1km 3:55-4:00/km, recovery 1min30s)"},
		{"run", "5k at 95-100% threshold pace 180spm", "5km 95-100% threshold pace 180spm"},
		{"run", "20 min at threshold pace", "20min 100% threshold pace"},
		{"run", "45min RPE 3-4", "45min rpe 3-4"},
		{"run", "1 mile 7:00/mi", "1.61km 4:21/km"},
		{"run", "10min 80-85% LTHR, 5min 90 % max HR", "10min 80-85% LTHR|5min 90% HRmax"},
		{"run", "until lap button easy", "recovery open"},
		{"ride", "20min 95-90rpm", "20min 90-95rpm"},
		{"run", "cooldown 1h2min3s rpe 2", "cool-down 1h2min3s rpe 2"},
		{"swim", "8x(50m 1:40/100m, 20s rest)", "8x(50 meters 1:40/100m, rest 20s)"},
		{"swim", "400yd 7/10", "365.76 meters rpe 7"},
		{"strength_training", "45min rpe 6", "45min rpe 6"},
		{"run", "warmup 10min, 3 times (5min hard rpe 8 then 2min walk)", ""},
	} {
		steps, problems := workout.Parse(tt.sport, []string{tt.text})
		switch got := strings.Join(workout.Lines(tt.sport, steps), "|"); {
		case tt.want == "" && len(problems) == 0:
			t.Errorf("%q is taken as %q", tt.text, got)
		case tt.want != "" && (len(problems) > 0 || got != tt.want):
			t.Errorf("%q is %q, %v; want %q", tt.text, got, problems, tt.want)
		}
	}
}

// What is wrong is said so that the next try is right.
func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		sport pierre.Sport
		text  string
		want  string
	}{
		{"ride", "4m 105%", "write 4min or 4 meters"},
		{"run", "90m easy", "write 90min or 90 meters"},
		{"ride", "400m 105%", "may be minutes or meters"},
		{"run", "4:30", "write 4min30s, or 4:30/km"},
		{"run", "4min 95%", "of what? Write % LTHR"},
		{"run", "4min 95% FTP", "FTP is the threshold of cycling"},
		{"ride", "4min 95% pace", "only runs and swims have a threshold pace"},
		{"run", "20min z2", "another number for every athlete"},
		{"run", "20min zone 2", "another number for every athlete"},
		{"ride", "20min sweet spot", "another number for every athlete"},
		{"ride", "ramp 10min 50-80%", "ramp is not needed"},
		{"ride", "105% FTP", "has no length"},
		{"ride", "4min 5min", "has 2 lengths"},
		{"ride", "4-5min 200W", "a length is one number"},
		{"ride", "4min 200W 150bpm", "a second target"},
		{"ride", "4min 200", `"200" has no unit`},
		{"ride", "4min 1050% FTP", "must be from 10 to 400"},
		{"run", "4min 500bpm", "from 40 to 240"},
		{"run", "4min rpe 11", "an RPE must be from 0 to 10"},
		{"run", "4min 180rpm", "write 180spm"},
		{"ride", "4min 90spm", "write rpm"},
		{"ride", "4min 900rpm", "a cadence is 20 to 250"},
		{"ride", "25h 50%", "a step lasts 1 second to 24 hours"},
		{"ride", "0s 50%", "a step lasts 1 second"},
		{"ride", "1x(4min 50%)", "done 2 to 99 times"},
		{"ride", "100x(4min 50%)", "done 2 to 99 times"},
		{"ride", "2x(2x(2x(1min 50%)))", "too much"},
		{"ride", "2x(1min 50%", "not closed"},
		{"ride", "2x(1min 50%) 3min easy", "stands after the parentheses"},
		{"ride", "5min easy, 2x 1min 50%, 3min easy", "in parentheses, such as 2x("},
		{"ride", "banana 5min", `"banana 5min" was not understood`},
		{"ride", "", "no step"},
		{"ride", "2x()", "no step"},
		{"ride", ",,;", "no step"},
		{"ride", strings.Repeat("x", workout.LineBytes+1), "at most 500 bytes"},
		{"ride", "26x(1min 50%, 1min 60%), 26x(1min 50%), 10x(5x(1min 50%, 1min 60%), 2x(2min 60%))", "at most 50 fit"},
		{"ride", "99x(40min 50%)", "66 hours together"},
	} {
		steps, problems := workout.Parse(tt.sport, []string{tt.text})
		if steps != nil || len(problems) == 0 || !strings.Contains(strings.Join(problems, "\n"), tt.want) {
			t.Errorf("%q is answered with %q, want %q", tt.text, problems, tt.want)
		}
	}
	if _, problems := workout.Parse("ride", make([]string, workout.MaxLines+1)); len(problems) != 1 {
		t.Errorf("too many entries: %q", problems)
	}
	if _, problems := workout.Parse("ride", []string{"4m", "5min 50%", "x"}); len(problems) != 2 || !strings.HasPrefix(problems[1], "steps[2]:") {
		t.Errorf("each entry is named: %q", problems)
	}
}

// At the limit: 50 steps as devices store them.
func TestMostSteps(t *testing.T) {
	lines := slices.Repeat([]string{"1min 50%"}, workout.MaxLines)
	if steps, problems := workout.Parse("ride", lines); workout.Stored(steps) != workout.MaxSteps || problems != nil {
		t.Errorf("%d steps, %q", workout.Stored(steps), problems)
	}
	lines[0] = "2x(1min 50%)"
	if _, problems := workout.Parse("ride", lines); len(problems) != 1 {
		t.Errorf("a step more: %q", problems)
	}
}

// What was understood is written so that it is understood in the same way.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"warmup 15min 50-70% FTP", "5x(4min 105% FTP, 3min recovery 50% FTP)", "3x[13x(30s @ 118%, 15s @ 50%) + 3min easy]", "6 x 1km @ 4:00-3:55 min/km / 90s jog",
		"1h30 at 140 to 150 bpm", "8x(50m 1:40/100m, 20s rest)", "45min RPE 3-4 180spm", "10km 30-32km/h", "1 mile 7:00/mi until lap", "4m", "2x()", "((((", "4:99/km", "1.5.5min", "%%", "rpe", "—×′″",
	} {
		for i := range 3 {
			f.Add(i, text)
		}
	}
	sports := []pierre.Sport{pierre.SportRide, pierre.SportRun, pierre.SportSwim, pierre.SportStrengthTraining}
	f.Fuzz(func(t *testing.T, sport int, text string) {
		s := sports[uint(sport)%uint(len(sports))]
		steps, problems := workout.Parse(s, []string{text})
		if (len(steps) == 0) == (len(problems) == 0) {
			t.Fatalf("%d steps, %q", len(steps), problems)
		}
		if w := (pierre.Workout{Sport: s, Name: "x", Steps: steps}); len(steps) > 0 && !workout.Valid(&w) {
			t.Errorf("%q is %+v, which is not valid", text, steps)
		}
		lines := workout.Lines(s, steps)
		if steps == nil || len(strings.Join(lines, "")) > workout.LineBytes {
			return
		}
		again, problems := workout.Parse(s, lines)
		if len(problems) > 0 || !slices.Equal(workout.Lines(s, again), lines) {
			t.Fatalf("%q is %q, which is %q, %q", text, lines, workout.Lines(s, again), problems)
		}
	})
}
