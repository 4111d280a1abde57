package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (c *Catalog) predictPerformance() tool {
	return bind(spec{
		name:  "predict_performance",
		title: "Predict a race",
		doc: "Predicts the time over a running distance from the fastest stretches of the last 180 days, by several published formulas, with the runs that they rest on and the training paces that follow. " +
			"It is today's shape: training until the target date is not modelled.",
		input: []field{
			req("target_sport", choice("Only run can be predicted; the others are answered with the reason.", pierre.SportRun, pierre.SportRide, pierre.SportSwim)),
			req("target_distance", number("In meters: 5000, 10000, 21097.5, 42195.").within(400, 100_000)),
			opt("target_date", str("The day of the race, such as 2026-09-27; today or later.").of(date())),
			providerArgument(),
		},
		output: object("",
			req("target_distance_meters", number("")),
			opt("days_until_target", integer("")),
			req("predictions", object("seconds by each method; the first one available is the one to quote", predictionFields()...)),
			opt("fastest_seconds", number("of the predictions")),
			opt("slowest_seconds", number("")),
			req("vdot_ml_per_kg_min", valueSchema("performance VO2max of the evidence")),
			req("critical_speed_mps", valueSchema("speed that could be held long, of the model distance = speed × time + reserve")),
			req("training_paces", pacesSchema()),
			opt("evidence", effortSchema("what the predictions start from: the stretch with the highest VDOT of those not much shorter than the target")),
			req("best_efforts", array("the fastest stretch over each distance", effortSchema("")))),
	}, c.predict)
}

func predictionFields() []field {
	return []field{
		req("vdot_seconds", valueSchema("")),
		req("riegel_seconds", valueSchema("")),
		req("riegel_own_exponent_seconds", valueSchema("with the athlete's own exponent")),
		req("cameron_seconds", valueSchema("")),
		req("critical_speed_seconds", valueSchema("")),
	}
}

func effortSchema(doc string) schema {
	return object(doc,
		req("distance_meters", number("")),
		req("seconds", number("")),
		opt("vdot_ml_per_kg_min", number("")),
		req("date", str("local day")),
		req("activity_id", str("")))
}

type predictArgs struct {
	Sport    pierre.Sport    `json:"target_sport"`
	Distance float64         `json:"target_distance"`
	Date     string          `json:"target_date"`
	Provider pierre.Provider `json:"provider"`
}

type predictAnswer struct {
	Meters        float64      `json:"target_distance_meters"`
	DaysUntil     *int         `json:"days_until_target,omitempty"`
	Predictions   predictions  `json:"predictions"`
	Fastest       *float64     `json:"fastest_seconds,omitempty"`
	Slowest       *float64     `json:"slowest_seconds,omitempty"`
	VDOT          value        `json:"vdot_ml_per_kg_min"`
	CriticalSpeed value        `json:"critical_speed_mps"`
	Paces         paces        `json:"training_paces"`
	Evidence      *effortView  `json:"evidence,omitempty"`
	Efforts       []effortView `json:"best_efforts"`
}

type predictions struct {
	VDOT          value `json:"vdot_seconds"`
	Riegel        value `json:"riegel_seconds"`
	RiegelOwn     value `json:"riegel_own_exponent_seconds"`
	Cameron       value `json:"cameron_seconds"`
	CriticalSpeed value `json:"critical_speed_seconds"`
}

type effortView struct {
	Meters     *float64          `json:"distance_meters"`
	Seconds    *float64          `json:"seconds"`
	VDOT       *float64          `json:"vdot_ml_per_kg_min,omitempty"`
	Date       string            `json:"date"`
	ActivityID pierre.ActivityID `json:"activity_id"`
}

func (c *Catalog) predict(ctx context.Context, user pierre.UserID, args predictArgs) (answer, error) {
	clk, err := c.clockOf(ctx, user)
	if err != nil {
		return nil, err
	}
	a := &predictAnswer{Meters: args.Distance, Efforts: []effortView{}}
	if args.Date != "" {
		target, err := time.Parse(time.DateOnly, args.Date)
		if err != nil || target.Before(clk.today()) {
			return nil, wrongArguments([]string{fmt.Sprintf("target_date must be %s or later, not %s.", clk.today().Format(time.DateOnly), args.Date)})
		}
		a.DaysUntil = new(int(target.Sub(clk.today()) / (24 * time.Hour)))
	}
	if args.Sport != pierre.SportRun {
		a.refuse(notPredictable(args.Sport))
		return a, nil
	}
	races, err := c.races(ctx, user, args.Provider, clk.now)
	if err != nil {
		return nil, err
	}
	a.fill(races, clk)
	return a, nil
}

func notPredictable(s pierre.Sport) error {
	reason := "swimming times depend on the stroke and the water; there is no formula that was validated for them"
	if s == pierre.SportRide {
		reason = "cycling times depend on the course, the wind and drafting; ask for the power that can be held instead (calculate_metrics with mean_max_power)"
	}
	return &fitness.UnavailableError{Reason: reason}
}

func (a *predictAnswer) refuse(err error) {
	none := unavailable(err)
	a.Predictions = predictions{none, none, none, none, none}
	a.VDOT, a.CriticalSpeed, a.Paces = none, none, paces{evidence: none.evidence}
}

func (a *predictAnswer) fill(races []race, clk clock) {
	best, ok := strongest(races, a.Meters)
	if !ok {
		a.refuse(noEvidenceOfRuns())
		return
	}
	inputs := []input{
		{Name: "distance_meters", Value: rounded(best.Meters, 1), Source: fromRecording, Note: "of the evidence"},
		{Name: "seconds", Value: rounded(best.Seconds, 1), Source: fromRecording, Note: "of the evidence"},
	}
	start, all := fitness.Race{Meters: best.Meters, Seconds: best.Seconds}, make([]fitness.Race, len(races))
	for i, r := range races {
		all[i] = fitness.Race{Meters: r.Meters, Seconds: r.Seconds}
		a.Efforts = append(a.Efforts, r.view(clk))
	}
	a.Evidence = new(best.view(clk))
	a.VDOT, a.Paces = computed(best.vdot, nil, 1, inputs...), trainingPaces(best.vdot)
	p := &a.Predictions
	r, err := fitness.RaceTime(best.vdot.Value, a.Meters)
	p.VDOT = computed(r, err, 0, inputs...)
	r, err = fitness.Riegel(start, a.Meters, fitness.RiegelExponent)
	p.Riegel = computed(r, err, 0, inputs...)
	p.RiegelOwn = riegelOwn(all, start, a.Meters, inputs)
	r, err = fitness.Cameron(start, a.Meters)
	p.Cameron = computed(r, err, 0, inputs...)
	a.CriticalSpeed, p.CriticalSpeed = criticalSpeed(all, a.Meters)
	for _, v := range []value{p.VDOT, p.Riegel, p.RiegelOwn, p.Cameron, p.CriticalSpeed} {
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

func riegelOwn(all []fitness.Race, start fitness.Race, meters float64, inputs []input) value {
	exponent, err := fitness.FitRiegel(all)
	if err != nil {
		return unavailable(err)
	}
	r, err := fitness.Riegel(start, meters, exponent)
	return computed(r, err, 0, append(slices.Clone(inputs), input{
		Name: "exponent", Value: rounded(exponent, 3), Source: fromRecording, Note: "fitted to best_efforts",
	})...)
}

// longestCritical is how long the model of critical speed holds, generously.
const longestCritical = 3600 // s

func criticalSpeed(all []fitness.Race, meters float64) (speed, seconds value) {
	cs, err := fitness.FitCriticalSpeed(all)
	if err != nil {
		return unavailable(err), unavailable(err)
	}
	note := fmt.Sprintf("reserve D′ %.0f m, R² %.3f, %d stretches of 2 to 30 minutes", cs.DPrimeMeters, cs.RSquared, cs.Races)
	inputs := []input{{Name: "best_efforts", Value: rounded(float64(cs.Races), 0), Source: fromRecording}}
	result := fitness.Result{Value: cs.MetersPerSecond, Method: cs.Method, Note: note}
	speed = computed(result, nil, 3, inputs...)
	result.Value = (meters - cs.DPrimeMeters) / cs.MetersPerSecond
	if result.Value <= 0 || result.Value > longestCritical {
		return speed, unavailable(&fitness.UnavailableError{Reason: "critical speed describes efforts of about 2 to 60 minutes"})
	}
	return speed, computed(result, nil, 0, inputs...)
}

func (a *predictAnswer) text() string {
	p := a.Predictions
	if p.VDOT.Value == nil && a.Evidence == nil {
		return "prediction " + p.VDOT.NotAvailable
	}
	lines := []string{fmt.Sprintf("%s m by the evidence of %s m in %s on %s (VDOT %s):", plain(a.Meters),
		plain(*a.Evidence.Meters), clockTime(*a.Evidence.Seconds), a.Evidence.Date, plain(*a.Evidence.VDOT))}
	for _, m := range []struct {
		name string
		v    value
	}{{"VDOT", p.VDOT}, {"Riegel", p.Riegel}, {"Riegel, own exponent", p.RiegelOwn}, {"Cameron", p.Cameron}, {"critical speed", p.CriticalSpeed}} {
		if m.v.Value != nil {
			lines = append(lines, m.name+": "+clockTime(*m.v.Value))
		} else {
			lines = append(lines, m.v.text(m.name))
		}
	}
	lines = append(lines, a.Paces.text())
	for _, e := range a.Efforts {
		lines = append(lines, fmt.Sprintf("%s m in %s on %s (%s)", plain(*e.Meters), clockTime(*e.Seconds), e.Date, e.ActivityID))
	}
	return strings.Join(lines, "\n")
}
