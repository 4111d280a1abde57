package fitness

import "math"

// A Sex selects the constants of formulas that were published for each sex.
type Sex string

// The sexes that published formulas know.
const (
	Female Sex = "female"
	Male   Sex = "male"
)

func (s Sex) check() error {
	if s != Female && s != Male {
		return unavailable("the sex is not known, and the formula differs by it")
	}
	return nil
}

// A HeartRateRange is what an athlete's heart can do.
type HeartRateRange struct {
	RestBPM float64
	MaxBPM  float64
}

// The limits that inputs must keep: wide enough for every athlete, narrow enough
// to catch a wrong unit.
const (
	minRestingHR = 25
	maxRestingHR = 110
	minMaximalHR = 100
	maxMaximalHR = 230
	minReserve   = 30
)

func (r HeartRateRange) check() error {
	if err := first(
		within("resting heart rate", r.RestBPM, minRestingHR, maxRestingHR, "bpm"),
		within("maximum heart rate", r.MaxBPM, minMaximalHR, maxMaximalHR, "bpm"),
	); err != nil {
		return err
	}
	if r.MaxBPM-r.RestBPM < minReserve {
		return unavailable("the maximum heart rate %.0f bpm is not %d bpm above the resting heart rate %.0f bpm", r.MaxBPM, minReserve, r.RestBPM)
	}
	return nil
}

// reserve returns the share [0, 1] of the heart rate reserve that bpm uses.
func (r HeartRateRange) reserve(bpm float64) float64 {
	return min(max((bpm-r.RestBPM)/(r.MaxBPM-r.RestBPM), 0), 1)
}

// banister is the load of one minute at the share x of the heart rate reserve.
// The constants are Banister's fits of blood lactate (1991): men 0.64·e^1.92x,
// women 0.86·e^1.67x.
func (s Sex) banister(x float64) float64 {
	if s == Female {
		return x * 0.86 * math.Exp(1.67*x)
	}
	return x * 0.64 * math.Exp(1.92*x)
}

// Banister returns Banister's TRIMP (training impulse), summed sample by sample:
// Σ minutes·x·a·e^(b·x) with x the share of the heart rate reserve, clamped to
// [0, 1], and a, b by sex.
func (h HeartRate) Banister(r HeartRateRange, sex Sex) (Result, error) {
	if err := first(h.check(), r.check(), sex.check()); err != nil {
		return Result{}, err
	}
	trimp := h.sum(func(bpm float64) float64 { return sex.banister(r.reserve(bpm)) })
	return result(trimp, MethodBanisterTRIMP, h.coverage())
}

// BanisterOf returns Banister's TRIMP of minutes at one mean heart rate, for
// activities without samples. It is lower than the sum over samples, the more so
// the more uneven the activity was.
func BanisterOf(minutes, meanBPM float64, r HeartRateRange, sex Sex) (Result, error) {
	if err := first(
		within("duration", minutes, 0, maxMinutes, "min"),
		within("mean heart rate", meanBPM, minHeartRate, maxHeartRate, "bpm"),
		r.check(), sex.check(),
	); err != nil {
		return Result{}, err
	}
	res, err := result(minutes*sex.banister(r.reserve(meanBPM)), MethodBanisterTRIMP, 0)
	res.Note = "from the mean heart rate only: too low for uneven efforts"
	return res, err
}

const maxMinutes = 10 * 24 * 60 // the longest activity that makes sense

// Edwards returns Edwards' zone load: the minutes at 50–60, 60–70, 70–80, 80–90
// and 90–100 % of the maximum heart rate, times 1 to 5. Above the maximum counts 5.
func (h HeartRate) Edwards(maxBPM float64) (Result, error) {
	if err := first(h.check(), within("maximum heart rate", maxBPM, minMaximalHR, maxMaximalHR, "bpm")); err != nil {
		return Result{}, err
	}
	load := h.sum(func(bpm float64) float64 {
		return min(max(math.Floor(10*bpm/maxBPM)-4, 0), 5)
	})
	return result(load, MethodEdwardsTRIMP, h.coverage())
}

// HRTSS returns a heart rate stress score where one hour at the lactate threshold
// heart rate is 100: 100·TRIMP/TRIMP(60 min at threshold), with Banister's TRIMP.
// trimp is a result of [HeartRate.Banister] or [BanisterOf] with the same r and sex.
func HRTSS(trimp Result, thresholdBPM float64, r HeartRateRange, sex Sex) (Result, error) {
	if trimp.Method != MethodBanisterTRIMP || !(trimp.Value >= 0) {
		return Result{}, unavailable("there is no Banister TRIMP to scale")
	}
	if err := first(
		r.check(), sex.check(),
		within("threshold heart rate", thresholdBPM, r.RestBPM+minReserve/2, r.MaxBPM, "bpm"),
	); err != nil {
		return Result{}, err
	}
	hour := 60 * sex.banister(r.reserve(thresholdBPM))
	res, err := result(100*trimp.Value/hour, MethodHRTSS, trimp.Coverage)
	res.Note = trimp.Note
	return res, err
}
