package fitness

import "math"

// maxWatts is above every sprint; more is a broken meter.
const maxWatts = 3000

// A Power is a recording's power as one mean per second of recorded time, with
// the pauses cut out. Make it with [NewPower].
type Power struct {
	watts    secondly
	coverage float64
}

// NewPower brings the power in watts at the times t in seconds to 1 Hz. Power
// that is missing while the recording runs counts as 0, since meters fall silent
// when nobody pedals; the coverage says how much was there. Values outside 0 to
// 3000 W count as missing. It fails if less than half of the time has power, or the
// recording is longer than 14 days.
func NewPower(t, watts []float64) (Power, error) {
	c, err := hold("power", t, watts, 0, maxWatts)
	if err != nil {
		return Power{}, err
	}
	if c.coverage() < minPowerCoverage {
		return Power{}, unavailable("only %.0f %% of the recorded time has power", 100*c.coverage())
	}
	p, err := perSecond(c)
	return Power{p, c.coverage()}, err
}

const minPowerCoverage = 0.5

// Of returns p as a part of an activity that lasted so many seconds: its coverage is the share of these. It fails if less
// than half of them has power.
func (p Power) Of(seconds float64) (Power, error) {
	if recorded := p.Seconds(); seconds > recorded {
		p.coverage *= recorded / seconds
	}
	if p.coverage < minPowerCoverage {
		return Power{}, unavailable("only %.0f %% of the activity has power", 100*p.coverage)
	}
	return p, nil
}

// Seconds returns the recorded time without pauses.
func (p Power) Seconds() float64 { return float64(len(p.watts.x)) }

// Coverage returns the share (0, 1] of the recorded time that has power.
func (p Power) Coverage() float64 { return p.coverage }

// Mean returns the mean power in watts over the recorded time.
func (p Power) Mean() (Result, error) {
	if len(p.watts.x) == 0 {
		return Result{}, unavailable("no power was recorded")
	}
	return result(total(p.watts.x)/float64(len(p.watts.x)), MethodMeanPower, p.coverage)
}

// Work returns the mechanical work in kilojoules. As muscle is about 24 %
// efficient, it is also close to the kilocalories spent.
func (p Power) Work() (Result, error) {
	if len(p.watts.x) == 0 {
		return Result{}, unavailable("no power was recorded")
	}
	return result(total(p.watts.x)/1000, MethodWork, p.coverage)
}

const (
	npWindow     = 30   // s
	steadyLength = 1200 // s below which normalized power means little
	shortNote    = "shorter than 20 minutes, for which the method was not made"
)

// Normalized returns the normalized power in watts: the 30 s moving mean (from
// the first full window on, pauses cut out), to the 4th power, averaged, 4th root.
// It needs 30 s.
func (p Power) Normalized() (Result, error) {
	if len(p.watts.x) < npWindow {
		return Result{}, unavailable("less than %d s of power were recorded", npWindow)
	}
	res, err := result(normalize(p.watts.x), MethodNormalizedPower, p.coverage)
	res.Note = p.shortNote()
	return res, err
}

// normalize is the 4-norm of the 30 s moving mean of at least 30 values at 1 Hz.
func normalize(x []float64) float64 {
	sum, quartic := 0.0, 0.0
	for i, v := range x {
		sum += v
		if i >= npWindow {
			sum -= x[i-npWindow]
		}
		if i >= npWindow-1 {
			square := (sum / npWindow) * (sum / npWindow)
			quartic += square * square
		}
	}
	return math.Sqrt(math.Sqrt(quartic / float64(len(x)-npWindow+1)))
}

func (p Power) shortNote() string {
	if len(p.watts.x) < steadyLength {
		return shortNote
	}
	return ""
}

// Variability returns the variability index: normalized over mean power, about 1
// for a steady effort.
func (p Power) Variability() (Result, error) {
	np, err := p.Normalized()
	if err != nil {
		return Result{}, err
	}
	mean, err := p.Mean()
	if err != nil {
		return Result{}, err
	}
	if mean.Value < 1 {
		return Result{}, unavailable("the mean power is below 1 W")
	}
	res, err := result(np.Value/mean.Value, MethodVariability, p.coverage)
	res.Note = np.Note
	return res, err
}

// Intensity returns the intensity factor: normalized power over FTP, both in
// watts.
func Intensity(normalized Result, ftp float64) (Result, error) {
	if err := first(
		within("normalized power", normalized.Value, 0, maxWatts, "W"),
		checkFTP(ftp),
	); err != nil {
		return Result{}, err
	}
	res, err := result(normalized.Value/ftp, MethodIntensity, normalized.Coverage)
	res.Note = normalized.Note
	return res, err
}

// TSS returns the training stress score of seconds at a normalized power in
// watts: t·NP·IF/(FTP·3600)·100. One hour at FTP is 100.
func TSS(seconds float64, normalized Result, ftp float64) (Result, error) {
	if err := within("duration", seconds, 0, 60*maxMinutes, "s"); err != nil {
		return Result{}, err
	}
	intensity, err := Intensity(normalized, ftp)
	if err != nil {
		return Result{}, err
	}
	res, err := result(seconds*intensity.Value*intensity.Value/36, MethodTSS, normalized.Coverage)
	res.Note = normalized.Note
	return res, err
}

func checkFTP(ftp float64) error { return within("FTP", ftp, 30, 700, "W") }

func total(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum
}
