package fitness

import (
	"fmt"
	"math"
	"strings"
)

// EfficiencyOfPower returns the efficiency factor in W/bpm: normalized power over
// mean heart rate. It compares like rides of one athlete, nothing else.
func EfficiencyOfPower(normalized, heartRate Result) (Result, error) {
	if err := first(
		within("normalized power", normalized.Value, 1, maxWatts, "W"),
		within("mean heart rate", heartRate.Value, minHeartRate, maxHeartRate, "bpm"),
	); err != nil {
		return Result{}, err
	}
	return result(normalized.Value/heartRate.Value, MethodEfficiencyPower, min(normalized.Coverage, heartRate.Coverage))
}

// EfficiencyOfSpeed returns the efficiency factor in metres per heart beat: the
// mean speed in m/s, better grade-adjusted, over the mean heart rate.
func EfficiencyOfSpeed(speed, heartRate Result) (Result, error) {
	if err := first(
		within("mean speed", speed.Value, 0.1, maxRunSpeed, "m/s"),
		within("mean heart rate", heartRate.Value, minHeartRate, maxHeartRate, "bpm"),
	); err != nil {
		return Result{}, err
	}
	return result(60*speed.Value/heartRate.Value, MethodEfficiencySpeed, min(speed.Coverage, heartRate.Coverage))
}

// What an effort must be for its halves to be compared, and what it should be: the notes say what it is not.
const (
	warmUpSeconds   = 600  // left out at the start
	leastSeconds    = 1200 // needed after it
	steadySeconds   = 2400 // that should be
	maxVariability  = 1.1  // normalized over mean output
	maxPauseShare   = 0.05 // of the elapsed time
	minHalvesWithin = 0.5  // of the recorded time with both quantities
	mostHalves      = 0.9  // that should have them
)

// Decoupling returns the aerobic decoupling in percent: how much the output per
// heart beat fell from the first to the second half of a steady effort, after ten
// minutes of warm-up. output is in watts or m/s (best grade-adjusted), bpm the
// heart rate, at the times t in s. Below 5 % counts as a good aerobic base (Friel);
// negative is a rise. It refuses efforts of less than 20 minutes after the warm-up and gaps of more than half of the time.
// Efforts of less than 40 minutes, uneven ones (variability over 1.1), pauses of more than 5 % and gaps of more than
// 10 % are noted: the number means less then.
func Decoupling(t, output, bpm []float64) (Result, error) {
	h, err := steadyHalves(t, output, bpm)
	if err != nil {
		return Result{}, err
	}
	return h.result(decoupled(h.first, h.second), MethodDecoupling)
}

// CardiacDrift returns how much the heart rate rose from the first to the second
// half of a steady effort, in percent, with the arguments and refusals of
// [Decoupling].
func CardiacDrift(t, output, bpm []float64) (Result, error) {
	h, err := steadyHalves(t, output, bpm)
	if err != nil {
		return Result{}, err
	}
	return h.result(100*(h.second.bpm-h.first.bpm)/h.first.bpm, MethodCardiacDrift)
}

// A half is the mean output and heart rate of one half of an effort.
type half struct{ output, bpm float64 }

func decoupled(a, b half) float64 {
	before, after := a.output/a.bpm, b.output/b.bpm
	return 100 * (before - after) / before
}

// An effortHalves is a steady effort in two halves of equal time.
type effortHalves struct {
	first, second half
	coverage      float64
	notes         []string // why the halves are not quite comparable
}

func (h effortHalves) result(v float64, m Method) (Result, error) {
	res, err := result(v, m, h.coverage)
	res.Note = strings.Join(h.notes, "; ")
	return res, err
}

// steadyHalves checks that the effort is steady and averages its halves.
func steadyHalves(t, output, bpm []float64) (effortHalves, error) {
	out, err := hold("output", t, output, 0, maxWatts)
	if err != nil {
		return effortHalves{}, err
	}
	heart, err := hold("heart rate", t, bpm, minHeartRate, maxHeartRate)
	if err != nil {
		return effortHalves{}, err
	}
	from := out.after(warmUpSeconds)
	notes, err := steadiness(out, from)
	if err != nil {
		return effortHalves{}, err
	}
	remaining := out.secondsFrom(from)
	first, second, both := sumHalves(out, heart, from, remaining)
	if both < minHalvesWithin*remaining {
		return effortHalves{}, unavailable("only %.0f %% of the time has both output and heart rate", 100*both/remaining)
	}
	if both < mostHalves*remaining {
		notes = append(notes, fmt.Sprintf("only %.0f %% of the time has both output and heart rate", 100*both/remaining))
	}
	h := effortHalves{coverage: both / remaining, notes: notes}
	h.first, h.second = first.mean(), second.mean()
	if !(h.first.output > 0) || !(h.second.output > 0) {
		return effortHalves{}, unavailable("one half of the effort has no output")
	}
	return h, nil
}

// A halfSum adds up the seconds of a half that have both output and heart rate.
type halfSum struct{ output, bpm, seconds float64 }

func (s halfSum) mean() half { return half{s.output / s.seconds, s.bpm / s.seconds} }

// sumHalves adds up the two halves, by time, of what remains from sample from on, and the seconds of both.
func sumHalves(out, heart column, from int, remaining float64) (first, second halfSum, both float64) {
	passed := 0.0
	for i := from; i < len(out.x); i++ {
		sum := &first
		if passed >= remaining/2 {
			sum = &second
		}
		seconds := out.seconds(i)
		passed += seconds
		if math.IsNaN(out.x[i]) || math.IsNaN(heart.x[i]) {
			continue
		}
		both += seconds
		sum.output += out.x[i] * seconds
		sum.bpm += heart.x[i] * seconds
		sum.seconds += seconds
	}
	return first, second, both
}

// steadiness refuses what is too short from the sample on, and notes what is short, uneven or broken up.
func steadiness(out column, from int) (notes []string, err error) {
	remaining := out.secondsFrom(from)
	if remaining < leastSeconds {
		return nil, unavailable("%.0f minutes after the warm-up are too short: %d are needed", remaining/60, leastSeconds/60)
	}
	if remaining < steadySeconds {
		notes = append(notes, fmt.Sprintf("short: %.0f minutes after the warm-up", remaining/60))
	}
	last := len(out.t) - 1
	elapsed := out.t[last] - out.t[from] + out.seconds(last)
	if pauses := elapsed - remaining; pauses > maxPauseShare*elapsed {
		notes = append(notes, fmt.Sprintf("with %.0f minutes of pauses", pauses/60))
	}
	rest, err := perSecond(column{t: out.t[from:], x: out.x[from:], pause: out.pause, recorded: remaining})
	if err != nil {
		return nil, err
	}
	if v := normalize(rest.x) * float64(len(rest.x)) / total(rest.x); !(v <= maxVariability) {
		notes = append(notes, fmt.Sprintf("not steady: variability index %.2f", v))
	}
	return notes, nil
}

// after returns the first sample after the seconds of recorded time, or the last.
func (c column) after(seconds float64) int {
	passed := 0.0
	for i := range c.t {
		if passed >= seconds {
			return i
		}
		passed += c.seconds(i)
	}
	return len(c.t) - 1
}

// secondsFrom returns the recorded time from a sample on.
func (c column) secondsFrom(from int) float64 {
	sum := 0.0
	for i := from; i < len(c.t); i++ {
		sum += c.seconds(i)
	}
	return sum
}
