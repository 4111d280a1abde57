package tools

import (
	"context"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) analyzeGoalFeasibility() tool {
	return declare(c, spec{
		name:  "analyze_goal_feasibility",
		title: "Judge whether a goal is in reach",
		doc: "Compares what a goal needs with what the athlete has shown: predictions and the rate of improvement of a year with its 95 % interval, or the weeks of a year. " +
			"It gives no probability: none is known for one athlete.",
	}, c.judgeGoal)
}

type feasibleArgs struct {
	ID pierre.GoalID `json:"goal_id" jsonschema:"The id of a goal, from set_goal or track_progress." brief:"" limits:"1,100"`
}

type feasibleAnswer struct {
	Goal     goalView         `json:"goal"`
	Verdict  training.Verdict `json:"verdict" jsonschema:"reached: today, or by the date if that has passed; within: less is needed than was surely shown; possible: within the interval of what was shown; beyond: more than was ever shown"`
	Why      string           `json:"why"`
	DaysLeft int              `json:"days_left"`
	Unit     string           `json:"unit,omitempty" jsonschema:"of the values"`
	Needed   value            `json:"needed"`
	Current  value            `json:"current" jsonschema:"of volumes: in a usual week"`
	Change   *changeView      `json:"change_per_28_days,omitempty" jsonschema:"that the last year showed"`
	Need     *value           `json:"needed_change_per_28_days,omitempty"`
	At       *projectedView   `json:"projected,omitempty" jsonschema:"on the goal's date, if the change goes on"`
	Highest  *value           `json:"highest,omitempty" jsonschema:"of volumes: the best mean of four weeks of a year"`
	Seconds  *predictions     `json:"predictions,omitempty" jsonschema:"of the race, today"`
}

type changeView struct {
	value

	Low   *float64 `json:"low,omitempty" jsonschema:"of the 95 % interval"`
	High  *float64 `json:"high,omitempty"`
	Marks int      `json:"marks" jsonschema:"the best of each four weeks"`
}

type projectedView struct {
	value

	Low  *float64 `json:"low,omitempty" jsonschema:"of the 95 % interval for a single value"`
	High *float64 `json:"high,omitempty"`
}

func (c *Catalog) judgeGoal(ctx context.Context, user pierre.UserID, args feasibleArgs) (feasibleAnswer, error) {
	g, err := c.goal(ctx, user, args.ID)
	if err != nil {
		return feasibleAnswer{}, err
	}
	f, err := c.training.Feasible(ctx, user, g)
	if err != nil {
		return feasibleAnswer{}, err
	}
	a := feasibleAnswer{
		Goal: viewGoal(g), Verdict: f.Verdict, DaysLeft: f.DaysLeft, Unit: f.Unit, Needed: viewValue(f.Needed, 1), Current: viewValue(f.Current, 1),
	}
	switch g.Type {
	case pierre.GoalTime, pierre.GoalPerformance:
		a.Change, a.At = viewChange(f.Change), &projectedView{value: viewValue(f.Projected, 1)}
		if a.At.Value != nil {
			a.At.Low, a.At.High = rounded(f.Low, 1), rounded(f.High, 1)
		}
		if f.NeededChange.Err == nil {
			a.Need = new(viewValue(f.NeededChange, 2))
		}
		if g.Type == pierre.GoalTime {
			a.Seconds = new(viewPredictions(f.Predictions))
		}
	case pierre.GoalDistance, pierre.GoalFrequency:
		a.Highest = new(viewValue(f.Highest, 1))
	case pierre.GoalCustom:
	}
	a.Why = a.why()
	return a, nil
}

func viewChange(c training.Change) *changeView {
	v := &changeView{value: viewValue(c.Value, 2), Marks: c.Marks}
	if v.Value != nil {
		v.Low, v.High = rounded(c.Low, 2), rounded(c.High, 2)
	}
	return v
}

// why puts the verdict into a sentence.
func (a feasibleAnswer) why() string {
	switch a.Verdict {
	case training.GoalReached:
		return "It is reached."
	case training.GoalOver:
		return "The date has passed, and it was not reached."
	case training.GoalWithin, training.GoalPossible, training.GoalBeyond:
	default:
		return "It cannot be told: " + a.unknown()
	}
	if a.Change == nil {
		need, usual, most := plain(*a.Needed.Value), plain(*a.Current.Value), plain(*a.Highest.Value)
		return "A week needs " + need + " " + a.Unit + "; a usual one has " + usual + ", the best four in a row of a year had " + most + "."
	}
	return "It needs " + signed(*a.Need.Value, 2) + " " + a.Unit + " in 28 days; the last year showed " + signed(*a.Change.Value, 2) +
		" (95 % interval " + signed(*a.Change.Low, 2) + " to " + signed(*a.Change.High, 2) + ")."
}

// unknown names what is missing for a verdict.
func (a feasibleAnswer) unknown() string {
	reasons := []value{a.Needed, a.Current}
	if a.Change != nil {
		reasons = append(reasons, a.Change.value)
	}
	for _, v := range reasons {
		if v.NotAvailable != "" {
			return v.NotAvailable
		}
	}
	return "too little is known"
}

func (a feasibleAnswer) text() string {
	lines := []string{a.Goal.text(), string(a.Verdict) + ": " + a.Why, a.Current.text("today (" + a.Unit + ")"), a.Needed.text("needed")}
	if a.At != nil {
		line := a.At.text("projected on the date")
		if a.At.Low != nil {
			line += " (" + plain(*a.At.Low) + " to " + plain(*a.At.High) + ")"
		}
		lines = append(lines, line)
	}
	if a.Seconds != nil && a.Seconds.VDOT.Value != nil {
		lines = append(lines, "predicted today: "+clockTime(*a.Seconds.VDOT.Value)+" by VDOT")
	}
	return strings.Join(lines, "\n")
}
