package workoutfile_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/muktihari/fit/decoder"
	"github.com/muktihari/fit/profile/filedef"
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
	"github.com/pierre-mcp/pierre/internal/workoutfile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func planned(t testing.TB, sport pierre.Sport, lines ...string) pierre.Workout {
	t.Helper()
	steps, problems := workout.Parse(sport, lines)
	if problems != nil {
		t.Fatal(problems)
	}
	return pierre.Workout{
		ID: "workout_1", Day: time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC), Sport: sport, Name: "5 × 4 min <hard> & “more”, if; you\\can", Note: "Sit up.\nDrink: 2 bottles, please;",
		Steps: steps, Revision: 3, Updated: time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC),
	}
}

func thresholds() workout.Thresholds {
	return workout.Thresholds{FTPWatts: new(250.), ThresholdBPM: new(170.), SpeedMPS: new(4.)}
}

func decode(t testing.TB, b []byte) *filedef.Workout {
	t.Helper()
	listener := filedef.NewListener()
	defer listener.Close()
	dec := decoder.New(bytes.NewReader(b), decoder.WithMesgListener(listener), decoder.WithBroadcastOnly())
	if _, err := dec.Decode(); err != nil {
		t.Fatal(err)
	}
	f, ok := listener.File().(*filedef.Workout)
	if !ok || f.Workout == nil {
		t.Fatalf("the file is %T", listener.File())
	}
	return f
}

func encode(t testing.TB, f workoutfile.Format, w pierre.Workout, by workout.Thresholds) []byte {
	t.Helper()
	b, err := workoutfile.Encode(f, w, by)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Steps in the units and with the offsets of the FIT profile.
func TestFIT(t *testing.T) {
	w := planned(t, "ride", "warmup 15min 50-70% FTP 90rpm", "2x(3x(30s 300W, 1km 150bpm), recovery 3min 85-90rpm)", "10min 85% HRmax", "5min 90-95% LTHR", "1min rpe 9", "cooldown open 30km/h", "20s rest")
	f := decode(t, encode(t, workoutfile.FIT, w, thresholds()))
	if f.FileId.Type != typedef.FileWorkout || !f.FileId.TimeCreated.Equal(w.Updated) || f.FileId.SerialNumber == 0 ||
		f.Workout.Sport != typedef.SportCycling || f.Workout.WktName != w.Name || f.Workout.WktDescription != w.Note || int(f.Workout.NumValidSteps) != len(f.WorkoutSteps) {
		t.Errorf("the file is %+v, %+v", f.FileId, f.Workout)
	}
	want := []string{
		"0 time 900000 power 50-70 warmup + cadence 87-93",
		"1 time 30000 power 1285-1315 active",
		"2 distance 100000 heart_rate 246-255 active",
		"3 repeat_until_steps_cmplt 1 open x3",
		"4 time 180000 cadence 85-90 recovery",
		"5 time 30000 power 1285-1315 active",
		"6 distance 100000 heart_rate 246-255 active",
		"7 repeat_until_steps_cmplt 5 open x3",
		"8 time 180000 cadence 85-90 recovery",
		"9 time 600000 heart_rate 82-88 active",
		"10 time 300000 heart_rate 253-262 active",
		"11 time 60000 open active rpe 9",
		"12 open speed 8083-8583 cooldown",
		"13 time 20000 open rest",
	}
	var got []string
	for _, s := range f.WorkoutSteps {
		line := fmt.Sprintf("%d %s", s.MessageIndex, s.DurationType)
		if s.DurationType != typedef.WktStepDurationOpen {
			line += fmt.Sprintf(" %d", s.DurationValue)
		}
		line += fmt.Sprintf(" %s", s.TargetType)
		switch {
		case s.DurationType == typedef.WktStepDurationRepeatUntilStepsCmplt:
			line += fmt.Sprintf(" x%d", s.TargetValue)
		case s.TargetType != typedef.WktStepTargetOpen:
			line += fmt.Sprintf(" %d-%d", s.CustomTargetValueLow, s.CustomTargetValueHigh)
		}
		if s.Intensity != typedef.IntensityInvalid {
			line += " " + s.Intensity.String()
		}
		if s.WktStepName != "" {
			line += " " + s.WktStepName
		}
		if s.SecondaryTargetType == typedef.WktStepTargetCadence {
			line += fmt.Sprintf(" + cadence %d-%d", s.SecondaryCustomTargetValueLow, s.SecondaryCustomTargetValueHigh)
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the steps are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What a format has no unit for is left to the athlete, and shown as words.
func TestFITWithoutThresholds(t *testing.T) {
	w := planned(t, "run", "10min 90% LTHR", "1km 100% threshold pace", "1km 4:00/km")
	f := decode(t, encode(t, workoutfile.FIT, w, workout.Thresholds{}))
	for i, want := range []string{"90% LTHR", "100% threshold pace", ""} {
		if s := f.WorkoutSteps[i]; s.WktStepName != want || (s.TargetType == typedef.WktStepTargetOpen) != (want != "") {
			t.Errorf("step %d is %+v", i, s)
		}
	}
	if s := f.WorkoutSteps[2]; s.CustomTargetValueLow != 4042 || s.CustomTargetValueHigh != 4292 {
		t.Errorf("4:00/km is %d to %d mm/s", s.CustomTargetValueLow, s.CustomTargetValueHigh)
	}
}

func TestZWO(t *testing.T) {
	for name, w := range map[string]pierre.Workout{
		"ride": planned(t, "ride", "warmup 15min 50-70% FTP 90rpm", "5x(4min 105-110% FTP 95rpm, recovery 3min 125W 80rpm)", "2x(3x(30s 150%, 15s 50%), 3min easy)", "10km 30km/h", "1min rpe 9", "cooldown 10min 40-60% FTP", "20s rest"),
		"run":  planned(t, "trail_running", "warmup 10min rpe 2", "6x(1km 4:00/km, 90s jog)", "20min 95-100% threshold pace 180spm"),
	} {
		b := encode(t, workoutfile.ZWO, w, thresholds())
		path := "testdata/" + name + ".golden.zwo"
		if *update {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, want) {
			t.Errorf("%s is\n%s\nwant\n%s", path, b, want)
		}
		var back struct {
			Name string `xml:"name"`
		}
		if err := xml.Unmarshal(b, &back); err != nil || back.Name != w.Name {
			t.Errorf("%s: the name is %q, %v", name, back.Name, err)
		}
	}
}

// What Zwift cannot hold is said with what to do.
func TestZWORefusals(t *testing.T) {
	for _, tt := range []struct {
		w    pierre.Workout
		want string
	}{
		{planned(t, "swim", "400m 1:40/100m"), "rides and runs alone"},
		{planned(t, "ride", "10km 200W"), "length in time"},
		{planned(t, "run", "2x(1km rpe 8, 90s)"), "length in time"},
		{planned(t, "ride", "open 200W"), "length in time"},
		{planned(t, "ride", "10min 200W"), "set ftp_watts"},
		{planned(t, "run", "10min 4:00/km"), "set threshold_pace"},
	} {
		_, err := workoutfile.Encode(workoutfile.ZWO, tt.w, workout.Thresholds{})
		if e, ok := errors.AsType[*pierre.Error](err); !ok || e.Kind != pierre.KindInvalid || !strings.Contains(e.Msg, tt.want) {
			t.Errorf("%v: %v, want %q", workout.Lines(tt.w.Sport, tt.w.Steps), err, tt.want)
		}
	}
}

// Lines of at most 75 bytes that end as RFC 5545 has them, text escaped, the same UID after a change.
func TestCalendar(t *testing.T) {
	timed := workoutfile.Scheduled{Workout: planned(t, "ride", "5x(4min 105% FTP, recovery 3min 50% FTP)"), Seconds: new(2100.)}
	timed.Start, timed.Name = "06:30", strings.Repeat("Größe, ", 20)
	open := workoutfile.Scheduled{Workout: planned(t, "run", "10km")}
	open.ID, open.Day = "workout_2", open.Day.AddDate(0, 0, 1)
	race := pierre.Goal{ID: "goal_1", Title: "Vienna; a marathon", Date: open.Day, Updated: open.Updated}
	b, err := workoutfile.Calendar([]workoutfile.Scheduled{timed, open}, []pierre.Goal{race})
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		t.Error("a line does not end with CRLF")
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line has %d bytes: %s", len(line), line)
		}
	}
	unfolded := strings.ReplaceAll(text, "\r\n ", "")
	for _, want := range []string{
		"UID:workout_1@pierre-mcp\r\n", "DTSTART:20260618T063000\r\n", "DTEND:20260618T070500\r\n", "SEQUENCE:3\r\n", `Größe\, Größe\,`, "DTSTAMP:20260615T100000Z\r\n",
		"DTSTART;VALUE=DATE:20260619\r\n", `SUMMARY:5 × 4 min <hard> & “more”\, if\; you\\can`, `DESCRIPTION:10km\n\nSit up.\nDrink: 2 bottles\, please\;`,
		"UID:goal_1@pierre-mcp\r\n", `SUMMARY:Vienna\; a marathon`, "METHOD:PUBLISH", "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n", "VERSION:2.0", "PRODID:",
	} {
		if !strings.Contains(unfolded, want) {
			t.Errorf("%q is not in\n%s", want, unfolded)
		}
	}
	cal, err := ics.ParseCalendar(bytes.NewReader(b))
	if err != nil || len(cal.Events()) != 3 {
		t.Errorf("it is read as %v, %v", cal, err)
	}
	hostile := pierre.Goal{ID: "goal_2", Title: "a\rEND:VEVENT\u2028b", Description: "c\x00\x85\rATTACH:x\nd"}
	if b, err := workoutfile.Calendar(nil, []pierre.Goal{hostile}); err != nil || !strings.Contains(string(b), `SUMMARY:a END:VEVENT b`) || !strings.Contains(string(b), `ATTACH:x\nd`) ||
		strings.Count(string(b), "\r") != strings.Count(string(b), "\r\n") {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := workoutfile.Calendar(nil, nil); err != nil || !strings.Contains(string(b), "END:VCALENDAR") {
		t.Errorf("an empty one is %s, %v", b, err)
	}
}

// Sets of many steps are written out for Zwift, to a file of a hundred kilobytes and no more.
func TestZWOIsBounded(t *testing.T) {
	for repeat, fits := range map[int]bool{50: true, 51: false} {
		w := planned(t, "ride", fmt.Sprintf("%dx(%s)", repeat, strings.Join(slices.Repeat([]string{"1min 90% FTP"}, 20), ", ")))
		b, err := workoutfile.Encode(workoutfile.ZWO, w, thresholds())
		if (err == nil) != fits || !fits && pierre.KindOf(err) != pierre.KindInvalid || len(b) > 128<<10 {
			t.Errorf("%d repetitions: %d bytes, %v", repeat, len(b), err)
		}
		if held := workoutfile.Holds(workoutfile.ZWO, w, thresholds()); (held == nil) != fits {
			t.Errorf("%d repetitions: %v", repeat, held)
		}
		if err := workoutfile.Holds(workoutfile.FIT, w, thresholds()); err != nil {
			t.Errorf("as FIT: %v", err)
		}
	}
}

func TestName(t *testing.T) {
	for name, want := range map[string]string{"5 × 4 min": "2026-06-18-5-4-min.fit", "../../etc/passwd": "2026-06-18-etc-passwd.fit", "Größe": "2026-06-18-gr-e.fit", "走る": "2026-06-18.fit", strings.Repeat("long", 40): "2026-06-18-" + strings.Repeat("long", 12) + "l.fit"} {
		if got := workoutfile.Name(workoutfile.FIT, pierre.Workout{Name: name, Day: time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC)}); got != want {
			t.Errorf("%q is in %s, want %s", name, got, want)
		}
	}
}

// Whatever was planned is written, and read again with the steps and lengths that it has.
func FuzzEncode(f *testing.F) {
	f.Add(0, "warmup 15min 50-70% FTP, 5x(4min 105% FTP, 3min easy), 2x(2x(1min 150bpm))", "name")
	f.Add(1, "6x(1km 4:00/km, 90s jog), 5min rpe 7 180spm", "\x00\xff\u2028")
	f.Add(2, "8x(50m 1:40/100m, 20s rest)", strings.Repeat("ü", 300))
	sports := []pierre.Sport{"ride", "run", "swim", "yoga"}
	f.Fuzz(func(t *testing.T, sport int, text, name string) {
		s := sports[uint(sport)%uint(len(sports))]
		steps, problems := workout.Parse(s, []string{text})
		if problems != nil || !pierre.IsText(name) {
			return
		}
		w := pierre.Workout{ID: "workout_1", Sport: s, Name: name, Note: name, Steps: steps}
		got := decode(t, encode(t, workoutfile.FIT, w, thresholds()))
		if len(got.WorkoutSteps) != workout.Stored(steps) {
			t.Fatalf("%q has %d steps, and %d in the file", text, workout.Stored(steps), len(got.WorkoutSteps))
		}
		if b, err := workoutfile.Encode(workoutfile.ZWO, w, thresholds()); err == nil {
			var back struct{}
			if err := xml.Unmarshal(b, &back); err != nil {
				t.Fatalf("%v in %s", err, b)
			}
		} else if pierre.KindOf(err) != pierre.KindInvalid {
			t.Fatal(err)
		}
		b, err := workoutfile.Calendar([]workoutfile.Scheduled{{Workout: w}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ics.ParseCalendar(bytes.NewReader(b)); err != nil {
			t.Fatalf("%v in %q", err, b)
		}
	})
}
