package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) predictPerformance() tool {
	return declare(c, spec{
		name:  "predict_performance",
		title: "Predict a race",
		doc: "Predicts the time over a running distance from the fastest stretches of the last 180 days, by several published formulas, with the runs that they rest on and the training paces that follow. " +
			"It is today's shape: training until the target date is not modelled.",
	}, c.predict)
}

// A targetSport is one that a race can be asked about.
type targetSport pierre.Sport

type predictArgs struct {
	Sport    targetSport     `json:"target_sport" jsonschema:"Only run can be predicted; the others are answered with the reason." brief:"only run can be predicted"`
	Distance float64         `json:"target_distance" jsonschema:"In meters: 5000, 10000, 21097.5, 42195." brief:"meters, such as 21097.5" limits:"400,100000"`
	Date     date            `json:"target_date,omitempty" jsonschema:"The day of the race, such as 2026-09-27; today or later." brief:"such as 2026-09-27"`
	Provider pierre.Provider `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
}

type predictAnswer struct {
	Meters        float64      `json:"target_distance_meters"`
	DaysUntil     *int         `json:"days_until_target,omitempty"`
	Predictions   predictions  `json:"predictions" jsonschema:"seconds by each method; the first one available is the one to quote"`
	Fastest       *float64     `json:"fastest_seconds,omitempty" jsonschema:"of the predictions"`
	Slowest       *float64     `json:"slowest_seconds,omitempty"`
	VDOT          value        `json:"vdot_ml_per_kg_min" jsonschema:"performance VO2max of the evidence"`
	Device        []deviceView `json:"device_vo2max,omitempty" jsonschema:"what devices say, which is not in the predictions"`
	CriticalSpeed value        `json:"critical_speed_mps" jsonschema:"speed that could be held long, of the model distance = speed × time + reserve"`
	Paces         paces        `json:"training_paces" jsonschema:"training paces of the VDOT, on the level, from slow to fast"`
	Evidence      *effortView  `json:"evidence,omitempty" jsonschema:"the stretch with the highest VDOT of those not much shorter than the target"`
	Efforts       []effortView `json:"best_efforts" jsonschema:"the fastest stretch over each distance"`
}

type predictions struct {
	VDOT          value `json:"vdot_seconds"`
	Riegel        value `json:"riegel_seconds"`
	RiegelOwn     value `json:"riegel_own_exponent_seconds" jsonschema:"with the athlete's own exponent"`
	Cameron       value `json:"cameron_seconds"`
	CriticalSpeed value `json:"critical_speed_seconds"`
}

type effortView struct {
	Meters     *float64          `json:"distance_meters"`
	Seconds    *float64          `json:"seconds"`
	VDOT       *float64          `json:"vdot_ml_per_kg_min,omitempty"`
	Date       string            `json:"date" jsonschema:"local day"`
	ActivityID pierre.ActivityID `json:"activity_id"`
}

func (c *Catalog) predict(ctx context.Context, user pierre.UserID, args predictArgs) (*predictAnswer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return nil, err
	}
	a := &predictAnswer{Meters: args.Distance, Efforts: []effortView{}}
	if args.Date != "" {
		target, err := time.Parse(time.DateOnly, string(args.Date))
		if err != nil || target.Before(clock.Today()) {
			return nil, wrongArguments([]string{fmt.Sprintf("target_date must be %s or later, not %s.", clock.Today().Format(time.DateOnly), args.Date)})
		}
		a.DaysUntil = new(int(target.Sub(clock.Today()) / (24 * time.Hour)))
	}
	p := training.NotPredicted(notPredictable(args.Sport))
	if pierre.Sport(args.Sport) == pierre.SportRun {
		if p, err = c.training.Predict(ctx, user, args.Provider, args.Distance); err != nil {
			return nil, err
		}
		device, err := c.training.DeviceVO2max(ctx, user)
		if err != nil {
			return nil, err
		}
		a.Device = viewDevices(device)
	}
	a.fill(p)
	return a, nil
}

func notPredictable(s targetSport) error {
	reason := "swimming times depend on the stroke and the water; there is no formula that was validated for them"
	if pierre.Sport(s) == pierre.SportRide {
		reason = "cycling times depend on the course, the wind and drafting; ask for the power that can be held instead (calculate_metrics with mean_max_power)"
	}
	return &fitness.UnavailableError{Reason: reason}
}

func (a *predictAnswer) fill(p training.Prediction) {
	a.VDOT, a.CriticalSpeed, a.Paces = viewValue(p.VDOT, 1), viewValue(p.CriticalSpeed, 3), viewPaces(p.Paces)
	a.Predictions = viewPredictions(p)
	if len(p.Races) == 0 {
		return
	}
	for _, r := range p.Races {
		a.Efforts = append(a.Efforts, viewRace(r, p.Clock))
	}
	a.Evidence = new(viewRace(p.Evidence, p.Clock))
	for _, v := range a.Predictions.all() {
		if v.Value != nil {
			if a.Fastest == nil || *v.Value < *a.Fastest {
				a.Fastest = v.Value
			}
			if a.Slowest == nil || *v.Value > *a.Slowest {
				a.Slowest = v.Value
			}
		}
	}
}

func viewPredictions(p training.Prediction) predictions {
	return predictions{
		VDOT: viewValue(p.ByVDOT, 0), Riegel: viewValue(p.Riegel, 0), RiegelOwn: viewValue(p.RiegelOwn, 0),
		Cameron: viewValue(p.Cameron, 0), CriticalSpeed: viewValue(p.ByCritical, 0),
	}
}

func viewRace(r training.Race, clock training.Clock) effortView {
	return effortView{
		Meters: rounded(r.Meters, 1), Seconds: rounded(r.Seconds, 1), VDOT: rounded(r.VDOT.Value, 1),
		Date: clock.DayOf(r.Activity).Format(time.DateOnly), ActivityID: r.Activity.ID,
	}
}

type namedValue struct {
	name string
	value
}

func (p predictions) all() []namedValue {
	return []namedValue{
		{"VDOT", p.VDOT}, {"Riegel", p.Riegel}, {"Riegel, own exponent", p.RiegelOwn}, {"Cameron", p.Cameron}, {"critical speed", p.CriticalSpeed},
	}
}

func (a *predictAnswer) text() string {
	p := a.Predictions
	if p.VDOT.Value == nil && a.Evidence == nil {
		return "prediction " + p.VDOT.NotAvailable
	}
	lines := []string{fmt.Sprintf("%s m by the evidence of %s m in %s on %s (VDOT %s):", plain(a.Meters),
		plain(*a.Evidence.Meters), clockTime(*a.Evidence.Seconds), a.Evidence.Date, plain(*a.Evidence.VDOT))}
	for _, m := range p.all() {
		if m.Value != nil {
			lines = append(lines, m.name+": "+clockTime(*m.Value))
		} else {
			lines = append(lines, m.text(m.name))
		}
	}
	for _, d := range a.Device {
		lines = append(lines, d.text())
	}
	lines = append(lines, a.Paces.text())
	for _, e := range a.Efforts {
		lines = append(lines, fmt.Sprintf("%s m in %s on %s (%s)", plain(*e.Meters), clockTime(*e.Seconds), e.Date, e.ActivityID))
	}
	return strings.Join(lines, "\n")
}
