package tools

import (
	"context"
	"slices"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An athlete is what the formulas take about a person, each with where it came from: what the athlete said
// goes before what was recorded, and that before what is estimated.
type athlete struct {
	clock       clock
	imported    []string // fields of the profile that files said
	ftp         quantity
	maxHR       quantity
	restingHR   quantity
	thresholdHR quantity
	weight      quantity
	age         quantity
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

// given is a quantity as the profile has it.
func (a athlete) given(what, name string, v *float64) quantity {
	q := quantity{need: need{"the " + what, name}}
	if v != nil {
		q.value, q.known = *v, true
		q.source, q.note = a.origin(name)
	}
	return q
}

// origin says where a field of the profile came from.
func (a athlete) origin(field string) (from source, note string) {
	if slices.Contains(a.imported, field) {
		return fromRecording, "from an imported file"
	}
	return fromUser, ""
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

// newAthlete completes a profile, of which files said the imported fields, by what was observed: the peaks
// of heart rate of the athlete's activities.
func newAthlete(p pierre.Profile, imported []string, c clock, peaks []float64) athlete {
	a := athlete{clock: c, imported: imported, sex: p.Sex}
	a.ftp = a.given("functional threshold power", "ftp_watts", p.FTPWatts)
	a.maxHR = a.given("maximum heart rate", "max_heart_rate_bpm", p.MaxHeartRateBPM)
	a.restingHR = a.given("resting heart rate", "resting_heart_rate_bpm", p.RestingHeartRateBPM)
	a.thresholdHR = a.given("threshold heart rate", "threshold_heart_rate_bpm", p.ThresholdHRBPM)
	a.weight = a.given("body weight", "weight_kg", p.WeightKg)
	a.age = a.given("age", "birth_year", nil)
	observed, err := fitness.ObservedHRMax(peaks)
	a.maxHR = a.maxHR.orElse(observed, err, fromRecording, "the highest that two activities reach: too low if the athlete never went all out")
	if p.BirthYear != nil {
		a.age = a.given("age", "birth_year", new(float64(c.now.Year()-*p.BirthYear)))
		tanaka, err := fitness.HRMaxTanaka(a.age.value)
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
	needs := needsOf(a.restingHR, a.maxHR)
	if a.sex == "" {
		needs = append(needs, needSex())
	}
	if err := missing(needs...); err != nil {
		return fitness.HeartRateRange{}, nil, err
	}
	r := fitness.HeartRateRange{RestBPM: a.restingHR.value, MaxBPM: a.maxHR.value}
	return r, []input{a.restingHR.input(), a.maxHR.input(), a.sexInput()}, nil
}

// needsOf returns those of the quantities that are not known.
func needsOf(quantities ...quantity) []need {
	var needs []need
	for _, q := range quantities {
		if !q.known {
			needs = append(needs, q.need)
		}
	}
	return needs
}

func needSex() need { return need{"the sex (by which the formula differs)", "sex"} }

func (a athlete) ageInput() input {
	return input{Name: "age_years", Value: rounded(a.age.value, 0), Source: a.age.source, Note: a.age.note}
}

func (a athlete) sexInput() input {
	from, note := a.origin("sex")
	return input{Name: "sex", Text: string(a.sex), Source: from, Note: note}
}

// clockOf returns the user's clock.
func (c *Catalog) clockOf(ctx context.Context, user pierre.UserID) (clock, error) {
	p, err := c.data.Profile(ctx, user)
	return newClock(c.now(), p), err
}
