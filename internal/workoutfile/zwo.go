package workoutfile

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// A zwo is Zwift's workout file. Its elements are those of the workouts that Zwift ships
// (https://github.com/h4l/zwift-workout-file-reference); there is no specification.
type zwo struct {
	XMLName     xml.Name `xml:"workout_file"`
	Author      string   `xml:"author"`
	Name        string   `xml:"name"`
	Description string   `xml:"description"`
	SportType   string   `xml:"sportType"`
	Blocks      []zwoAny `xml:"workout>block"` // each by its own name
}

// A zwoAny is an element by its own name.
type zwoAny struct {
	XMLName xml.Name   `xml:""`
	Attrs   []xml.Attr `xml:",any,attr"`
	Texts   []zwoText  `xml:"textevent"`
}

type zwoText struct {
	Offset  int    `xml:"timeoffset,attr"`
	Message string `xml:"message,attr"`
}

// paceOf10k has Zwift take the share of a run's speed of the pace for 10 km that the athlete set there: it knows no threshold
// pace, which lies between that and the one for a half marathon.
const paceOf10k = "2"

// zwoStep is a step as Zwift knows it.
type zwoStep struct {
	pierre.WorkoutStep

	seconds   int
	low, high float64 // shares of the threshold; 0: there is none
}

// maxBlocks is how many blocks a Zwift file has at most, a hundred bytes each. Repetitions of more than two steps are written
// out, since Zwift knows intervals of two.
const maxBlocks = 1000

// encodeZWO writes a ride or run.
func encodeZWO(w pierre.Workout, by workout.Thresholds) ([]byte, error) {
	f, err := newZWO(w, by)
	if err != nil {
		return nil, err
	}
	b, err := xml.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding a Zwift workout: %w", err)
	}
	return append(append([]byte(xml.Header), b...), '\n'), nil
}

// newZWO converts a ride or run. Zwift measures steps in time, and targets in shares of FTP or of a pace; steps with other targets
// are free, and show theirs as text.
func newZWO(w pierre.Workout, by workout.Thresholds) (*zwo, error) {
	f := &zwo{Author: "Pierre", Name: w.Name, Description: w.Note, SportType: "bike"}
	if w.Sport.IsRun() {
		f.SportType = "run"
	} else if !w.Sport.IsRide() {
		return nil, pierre.Invalid("format", "Zwift has rides and runs alone; take the FIT file of this workout.")
	}
	for _, s := range workout.Unrolled(w.Steps) {
		if err := f.add(w.Sport, s, by); err != nil {
			return nil, err
		}
		if len(f.Blocks) > maxBlocks {
			return nil, pierre.Invalid("format", "Written out, this workout has more than %d steps, which is too long for Zwift; take the FIT file.", maxBlocks)
		}
	}
	return f, nil
}

func (f *zwo) add(sport pierre.Sport, s pierre.WorkoutStep, by workout.Thresholds) error {
	if s.Repeat == 0 {
		z, err := zwoOf(sport, s, by)
		if err == nil {
			f.Blocks = append(f.Blocks, f.block(sport, z))
		}
		return err
	}
	steps := make([]zwoStep, len(s.Steps))
	for i, inner := range s.Steps {
		var err error
		if steps[i], err = zwoOf(sport, inner, by); err != nil {
			return err
		}
	}
	if len(steps) == 2 && steps[0].steady() && steps[1].steady() {
		f.Blocks = append(f.Blocks, f.intervals(s.Repeat, steps[0], steps[1]))
		return nil
	}
	for range s.Repeat {
		for _, z := range steps {
			f.Blocks = append(f.Blocks, f.block(sport, z))
		}
	}
	return nil
}

// zwoOf converts a step.
func zwoOf(sport pierre.Sport, s pierre.WorkoutStep, by workout.Thresholds) (zwoStep, error) {
	z := zwoStep{WorkoutStep: s}
	seconds := s.Seconds
	slow, fast, paced := by.Speed(s.Target)
	if seconds == 0 && s.Meters > 0 && paced {
		seconds = s.Meters / ((slow + fast) / 2)
	}
	if seconds < 1 {
		return z, pierre.Invalid("format", "Zwift's steps have a length in time, which %q has not: plan it by time, or with a pace, or take the FIT file.", workout.Lines(sport, []pierre.WorkoutStep{s})[0])
	}
	z.seconds = int(math.Round(seconds))
	if s.Target == nil {
		return z, nil
	}
	switch t := s.Target; {
	case t.By == pierre.TargetPercentFTP, t.By == pierre.TargetPercentPace:
		z.low, z.high = t.Low/100, t.High/100
	case t.By == pierre.TargetWatts && sport.IsRide():
		if by.FTPWatts == nil {
			return z, pierre.Invalid("format", "Zwift takes power as a share of FTP, which is not known: set ftp_watts with set_athlete_profile.")
		}
		z.low, z.high = t.Low / *by.FTPWatts, t.High / *by.FTPWatts
	case t.By == pierre.TargetPace && sport.IsRun():
		if by.SpeedMPS == nil {
			return z, pierre.Invalid("format", "Zwift takes paces as a share of the threshold, which is not known: set threshold_pace_seconds_per_km with set_athlete_profile.")
		}
		z.low, z.high = slow / *by.SpeedMPS, fast / *by.SpeedMPS
	}
	return z, nil
}

func (z zwoStep) ramps() bool {
	return z.low < z.high && (z.Kind == pierre.StepWarmUp || z.Kind == pierre.StepCoolDown)
}

func (z zwoStep) steady() bool { return z.high > 0 && !z.ramps() }

func share(v float64) string { return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64) }

func attr(name, value string) xml.Attr {
	return xml.Attr{Name: xml.Name{Local: name}, Value: value}
}

func (f *zwo) block(sport pierre.Sport, z zwoStep) zwoAny {
	b := zwoAny{Attrs: []xml.Attr{attr("Duration", strconv.Itoa(z.seconds))}}
	switch {
	case z.Kind == pierre.StepWarmUp && z.ramps():
		b.XMLName.Local = "Warmup"
		b.Attrs = append(b.Attrs, attr("PowerLow", share(z.low)), attr("PowerHigh", share(z.high)))
	case z.Kind == pierre.StepCoolDown && z.ramps(): // there PowerLow is what it begins with
		b.XMLName.Local = "Cooldown"
		b.Attrs = append(b.Attrs, attr("PowerLow", share(z.high)), attr("PowerHigh", share(z.low)))
	case z.steady():
		b.XMLName.Local = "SteadyState"
		b.Attrs = append(b.Attrs, attr("Power", share((z.low+z.high)/2)))
	default:
		b.XMLName.Local = "FreeRide"
		b.Texts = []zwoText{{0, strings.Join(workout.Lines(sport, []pierre.WorkoutStep{z.WorkoutStep}), "")}}
	}
	if z.high > 0 {
		b.Attrs = append(b.Attrs, f.pace()...)
	}
	b.Attrs = append(b.Attrs, f.cadence("Cadence", z.Cadence)...)
	return b
}

func (f *zwo) pace() []xml.Attr {
	if f.SportType == "run" {
		return []xml.Attr{attr("pace", paceOf10k)}
	}
	return nil
}

func (f *zwo) intervals(times int, on, off zwoStep) zwoAny {
	b := zwoAny{XMLName: xml.Name{Local: "IntervalsT"}, Attrs: []xml.Attr{
		attr("Repeat", strconv.Itoa(times)), attr("OnDuration", strconv.Itoa(on.seconds)), attr("OffDuration", strconv.Itoa(off.seconds)),
		attr("OnPower", share((on.low+on.high)/2)), attr("OffPower", share((off.low+off.high)/2)),
	}}
	b.Attrs = append(b.Attrs, f.pace()...)
	b.Attrs = append(b.Attrs, f.cadence("Cadence", on.Cadence)...)
	b.Attrs = append(b.Attrs, f.cadence("CadenceResting", off.Cadence)...)
	return b
}

func (f *zwo) cadence(name string, c *pierre.StepCadence) []xml.Attr {
	if c == nil || f.SportType != "bike" {
		return nil
	}
	return []xml.Attr{attr(name, strconv.Itoa(int(math.Round((c.Low+c.High)/2))))}
}
