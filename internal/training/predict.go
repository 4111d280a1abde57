package training

import (
	"context"
	"fmt"
	"slices"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Prediction is the time that a runner would need for a distance today, by several formulas.
type Prediction struct {
	Clock         Clock
	Evidence      Race // that the predictions start from; the zero Race if there is none
	Races         []Race
	VDOT          Value // of the evidence
	ByVDOT        Value // s, as are the others
	Riegel        Value
	RiegelOwn     Value // with the athlete's own exponent
	Cameron       Value
	CriticalSpeed Value // m/s
	ByCritical    Value
	Paces         Paces
}

// Predict predicts the user's time over a distance in metres from the runs of the last half year.
func (s *Service) Predict(ctx context.Context, user pierre.UserID, from pierre.Provider, meters float64) (Prediction, error) {
	clock, err := s.Clock(ctx, user)
	if err != nil {
		return Prediction{}, err
	}
	races, err := s.races(ctx, user, from, clock.Now, evidenceDays)
	if err != nil {
		return Prediction{}, err
	}
	p := newPrediction(races, meters)
	p.Clock = clock
	return p, nil
}

// NotPredicted is the prediction of what cannot be predicted.
func NotPredicted(err error) Prediction {
	none := unavailable(err)
	return Prediction{
		VDOT: none, ByVDOT: none, Riegel: none, RiegelOwn: none, Cameron: none, CriticalSpeed: none, ByCritical: none,
		Paces: Paces{Evidence: none.Evidence},
	}
}

func newPrediction(races []Race, meters float64) Prediction {
	best, ok := strongest(races, meters)
	if !ok {
		return NotPredicted(noRuns(evidenceDays))
	}
	inputs := []Input{
		{Name: "distance_meters", Value: new(best.Meters), Decimals: 1, Source: Recorded, Note: "of the evidence"},
		{Name: "seconds", Value: new(best.Seconds), Decimals: 1, Source: Recorded, Note: "of the evidence"},
	}
	if best.Meters < shortestShare*meters {
		inputs[0].Note += fmt.Sprintf(", which is under a fifth of the %.0f m: it says little about them", meters)
	}
	start, all := fitness.Race{Meters: best.Meters, Seconds: best.Seconds}, separate(races)
	p := Prediction{Evidence: best, Races: races, VDOT: computed(best.VDOT, nil, inputs...), Paces: newPaces(best.VDOT)}
	r, err := fitness.RaceTime(best.VDOT.Value, meters)
	p.ByVDOT = computed(r, err, inputs...)
	r, err = fitness.Riegel(start, meters, fitness.RiegelExponent)
	p.Riegel = computed(r, err, inputs...)
	p.RiegelOwn = riegelOwn(all, start, meters, inputs)
	r, err = fitness.Cameron(start, meters)
	p.Cameron = computed(r, err, inputs...)
	p.CriticalSpeed, p.ByCritical = criticalSpeed(all, meters)
	return p
}

// separate returns one race of each run, its strongest: the splits of one run say nothing about how an athlete slows with
// the distance.
func separate(races []Race) []fitness.Race {
	strongest := map[pierre.ActivityID]Race{}
	for _, r := range races {
		if old, ok := strongest[r.Activity.ID]; !ok || r.VDOT.Value > old.VDOT.Value {
			strongest[r.Activity.ID] = r
		}
	}
	var all []fitness.Race
	for _, r := range races { // in their order
		if strongest[r.Activity.ID].Meters == r.Meters {
			all = append(all, fitness.Race{Meters: r.Meters, Seconds: r.Seconds})
		}
	}
	return all
}

func riegelOwn(all []fitness.Race, start fitness.Race, meters float64, inputs []Input) Value {
	exponent, err := fitness.FitRiegel(all)
	if err != nil {
		return unavailable(err)
	}
	r, err := fitness.Riegel(start, meters, exponent)
	return computed(r, err, append(slices.Clone(inputs), Input{
		Name: "exponent", Value: new(exponent), Decimals: 3, Source: Recorded, Note: "fitted to the strongest efforts of different runs",
	})...)
}

// longestCritical is how long the model of critical speed holds, generously.
const longestCritical = 3600 // s

func criticalSpeed(all []fitness.Race, meters float64) (speed, seconds Value) {
	cs, err := fitness.FitCriticalSpeed(all)
	if err != nil {
		return unavailable(err), unavailable(err)
	}
	inputs := []Input{{Name: "best_efforts", Value: new(float64(cs.Races)), Source: Recorded}}
	result := fitness.Result{
		Value: cs.MetersPerSecond, Method: cs.Method,
		Note: fmt.Sprintf("reserve D′ %.0f m, R² %.3f, %d stretches of 2 to 30 minutes", cs.DPrimeMeters, cs.RSquared, cs.Races),
	}
	speed = computed(result, nil, inputs...)
	result.Value = (meters - cs.DPrimeMeters) / cs.MetersPerSecond
	if !(result.Value > 0 && result.Value <= longestCritical) {
		return speed, unavailable(because("critical speed describes efforts of about 2 to 60 minutes"))
	}
	return speed, computed(result, nil, inputs...)
}

// Paces are the training paces that go with a VDOT, from slow to fast.
type Paces struct {
	Paces []Pace
	Evidence
}

// A Pace is a speed to train at.
type Pace struct {
	Name  fitness.TrainingPace
	Speed float64 // m/s
	PerKM float64 // s
}

func newPaces(vdot fitness.Result) Paces {
	p := Paces{Evidence: Evidence{Method: fitness.MethodVDOTPaces, Inputs: []Input{
		{Name: "vdot_ml_per_kg_min", Value: new(vdot.Value), Decimals: 1, Source: Recorded, Note: "of the evidence"},
	}}}
	for _, name := range fitness.TrainingPaces() {
		speed, err := name.Speed(vdot.Value)
		if err != nil {
			return Paces{Evidence: Evidence{Err: err}}
		}
		p.Note = speed.Note
		if seconds, ok := fitness.Pace(speed.Value, 1000); ok {
			p.Paces = append(p.Paces, Pace{name, speed.Value, seconds})
		}
	}
	return p
}
