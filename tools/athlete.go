package tools

import (
	"context"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An athlete is what the formulas take about a person, each with where it came from: what the athlete said
// goes before what was recorded, and that before what is estimated.
type athlete struct {
	clock       clock
	ftp         quantity
	maxHR       quantity
	restingHR   quantity
	thresholdHR quantity
	weight      quantity
	sex         pierre.Sex
}

// A quantity is a number about an athlete.
type quantity struct {
	need

	value  float64
	known  bool
	source source
	note   string
}

func given(what, name string, v *float64) quantity {
	q := quantity{need: need{"the " + what, name}}
	if v != nil {
		q.value, q.known, q.source = *v, true, fromUser
	}
	return q
}

func (q quantity) input() input {
	return input{Name: q.field, Value: rounded(q.value, 1), Source: q.source, Note: q.note}
}

// err says that q is not known.
func (q quantity) err() error {
	if q.known {
		return nil
	}
	return missing(q.need)
}

// orElse takes the result of an estimate in place of what is not known.
func (q quantity) orElse(r fitness.Result, err error, from source, note string) quantity {
	if !q.known && err == nil {
		q.value, q.known, q.source, q.note = r.Value, true, from, note
	}
	return q
}

// thresholdShare of the maximum heart rate is where most trained athletes' lactate threshold lies.
const thresholdShare = 0.88

// newAthlete completes a profile by what was observed: the peaks of heart rate of the athlete's activities.
func newAthlete(p pierre.Profile, c clock, peaks []float64) athlete {
	a := athlete{
		clock:       c,
		ftp:         given("functional threshold power", "ftp_watts", p.FTPWatts),
		maxHR:       given("maximum heart rate", "max_heart_rate_bpm", p.MaxHeartRateBPM),
		restingHR:   given("resting heart rate", "resting_heart_rate_bpm", p.RestingHeartRateBPM),
		thresholdHR: given("threshold heart rate", "threshold_heart_rate_bpm", p.ThresholdHRBPM),
		weight:      given("body weight", "weight_kg", p.WeightKg),
		sex:         p.Sex,
	}
	observed, err := fitness.ObservedHRMax(peaks)
	a.maxHR = a.maxHR.orElse(observed, err, fromRecording, "the highest that two activities reach: too low if the athlete never went all out")
	if p.BirthYear != nil {
		tanaka, err := fitness.HRMaxTanaka(float64(c.now.Year() - *p.BirthYear))
		a.maxHR = a.maxHR.orElse(tanaka, err, fromEstimate, string(tanaka.Method)+"; one person in three is more than 10 bpm off")
	}
	if a.maxHR.known {
		r := fitness.Result{Value: thresholdShare * a.maxHR.value}
		a.thresholdHR = a.thresholdHR.orElse(r, nil, fromEstimate, "88 % of the maximum heart rate (coaching rule)")
	}
	return a
}

// heartRates returns the range of the athlete's heart rate and the inputs that Banister's formula takes.
func (a athlete) heartRates() (fitness.HeartRateRange, []input, error) {
	var needs []need
	for _, q := range []quantity{a.restingHR, a.maxHR} {
		if !q.known {
			needs = append(needs, q.need)
		}
	}
	if a.sex == "" {
		needs = append(needs, need{"the sex (by which the formula differs)", "sex"})
	}
	if err := missing(needs...); err != nil {
		return fitness.HeartRateRange{}, nil, err
	}
	r := fitness.HeartRateRange{RestBPM: a.restingHR.value, MaxBPM: a.maxHR.value}
	return r, []input{a.restingHR.input(), a.maxHR.input(), {Name: "sex", Text: string(a.sex), Source: fromUser}}, nil
}

// clockOf returns the user's clock.
func (c *Catalog) clockOf(ctx context.Context, user pierre.UserID) (clock, error) {
	p, err := c.data.Profile(ctx, user)
	return newClock(c.now(), p), err
}
