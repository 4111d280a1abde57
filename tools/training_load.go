package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// A timeframe is how far back analyze_training_load looks.
type timeframe string

const (
	frameWeek    timeframe = "week"
	frameMonth   timeframe = "month"
	frameQuarter timeframe = "quarter"
	frameYear    timeframe = "year"
)

func (f timeframe) days() int {
	switch f {
	case frameWeek:
		return 7
	case frameMonth:
		return 28
	case frameYear:
		return 365
	default:
		return 91
	}
}

const recentShown = 5

func (c *Catalog) analyzeTrainingLoad() tool {
	return declare(c, spec{
		name:  "analyze_training_load",
		title: "Analyse training load",
		doc: "Fitness (CTL), fatigue (ATL) and form (TSB) up to a day, weekly loads, and how form goes on: rest, a daily load, or the taper to a form. " +
			"CTL is the mean over 42 days and ATL over 7. The load of an activity is its stress score (100 for an hour at threshold), by power, heart rate or pace; the answer says how many could not be counted and why.",
	}, c.describeLoad)
}

type loadArgs struct {
	Provider  pierre.Provider `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
	Timeframe timeframe       `json:"timeframe,omitempty" jsonschema:"How far back: 7, 28, 91 or 365 days." brief:"" default:"quarter"`
	Sport     sportChoice     `json:"sport_type,omitempty" jsonschema:"Only loads of this kind of sport: run means all running, ride all cycling." brief:""`
	End       date            `json:"end_date,omitempty" jsonschema:"Last day; in the past, for how it was then. Default: today." brief:"default today"`
	Until     date            `json:"project_until,omitempty" jsonschema:"Day to project form to, up to a year after the last day." brief:""`
	Daily     *float64        `json:"daily_load,omitempty" jsonschema:"Load of each day of the projection. Default: 0, rest." brief:"until then; default 0" limits:"0,2000"`
	TargetTSB *float64        `json:"target_tsb,omitempty" jsonschema:"Form wished on the day project_until: the projection finds the daily load that leads to it." brief:"wished then: finds the load" limits:"-100,100"`
}

func (a loadArgs) problems() []string {
	var problems []string
	if a.Until == "" && (a.Daily != nil || a.TargetTSB != nil) {
		problems = append(problems, "project_until is missing: the day to project form to.")
	}
	if a.Daily != nil && a.TargetTSB != nil {
		problems = append(problems, "daily_load and target_tsb exclude each other: target_tsb finds the load.")
	}
	return problems
}

type loadAnswer struct {
	From         string      `json:"from" jsonschema:"first local day"`
	To           string      `json:"to" jsonschema:"last local day"`
	TimeZone     zoneView    `json:"time_zone" jsonschema:"of the days of activities without a recorded offset"`
	CTL          value       `json:"ctl" jsonschema:"fitness: load per day, mean over 42 days"`
	ATL          value       `json:"atl" jsonschema:"fatigue: load per day, mean over 7 days"`
	TSB          value       `json:"tsb" jsonschema:"form: yesterday's CTL less yesterday's ATL"`
	Ramp         value       `json:"ramp_per_week" jsonschema:"growth of CTL in the last 7 days"`
	Monotony     value       `json:"monotony" jsonschema:"of the last 7 days: mean over standard deviation; above 2 is flagged"`
	Strain       value       `json:"strain" jsonschema:"of the last 7 days: load times monotony"`
	AcuteChronic value       `json:"acute_chronic_ratio" jsonschema:"load of the last 7 days over that of the 28 before"`
	Loads        loadsView   `json:"loads" jsonschema:"what the loads come from"`
	Weeks        []weekView  `json:"weeks" jsonschema:"oldest first; from Monday to Sunday"`
	Recent       []dayOfLoad `json:"recent" jsonschema:"the last activities with a load"`
	BySport      []sportLoad `json:"by_sport" jsonschema:"of the timeframe, by kind of sport"`
	Projection   *projection `json:"projection,omitempty"`
	Note         string      `json:"note,omitempty"`
}

type loadsView struct {
	Activities int          `json:"activities" jsonschema:"in the timeframe"`
	Counted    int          `json:"counted" jsonschema:"number of them that have a load"`
	By         loadsBy      `json:"by" jsonschema:"how many by which means"`
	NotCounted []reasonView `json:"not_counted"`
	Inputs     []input      `json:"inputs" jsonschema:"what the loads took from the profile"`
}

// loadsBy counts loads by their kind.
type loadsBy struct {
	Power     int `json:"power,omitempty"`
	HeartRate int `json:"heart_rate,omitempty"`
	Mean      int `json:"mean_heart_rate,omitempty" jsonschema:"of the activity, as there are too few samples"`
	Pace      int `json:"pace,omitempty" jsonschema:"of runs without heart rate"`
	SwimPace  int `json:"swim_pace,omitempty"`
	Exertion  int `json:"session_rpe,omitempty" jsonschema:"of what has none by other means"`
}

func (b *loadsBy) add(k training.LoadKind) {
	switch k {
	case training.LoadByPower:
		b.Power++
	case training.LoadByHeartRate:
		b.HeartRate++
	case training.LoadByMean:
		b.Mean++
	case training.LoadByPace:
		b.Pace++
	case training.LoadBySwimPace:
		b.SwimPace++
	case training.LoadByExertion:
		b.Exertion++
	}
}

type reasonView struct {
	Reason     string `json:"reason"`
	Activities int    `json:"activities"`
}

type weekView struct {
	Start      string   `json:"week_start"`
	Activities int      `json:"activities" jsonschema:"with a load"`
	Load       *float64 `json:"load"`
	CTL        *float64 `json:"ctl" jsonschema:"on the week's last day"`
	TSB        *float64 `json:"tsb" jsonschema:"on the week's last day"`
}

type dayOfLoad struct {
	ID      pierre.ActivityID `json:"id"`
	Date    string            `json:"date" jsonschema:"local day"`
	Sport   pierre.Sport      `json:"sport_type"`
	Load    *float64          `json:"load"`
	BasedOn training.LoadKind `json:"based_on"`
}

func (c *Catalog) describeLoad(ctx context.Context, user pierre.UserID, args loadArgs) (loadAnswer, error) {
	q := training.HistoryQuery{Days: cmp.Or(args.Timeframe, frameQuarter).days(), Provider: args.Provider, Sport: pierre.Sport(args.Sport)}
	q.Until, _ = args.End.day()
	h, err := c.training.HistoryOf(ctx, user, q)
	if err != nil {
		return loadAnswer{}, err
	}
	if q.Until.After(h.To) {
		return loadAnswer{}, wrongArguments([]string{fmt.Sprintf("end_date must not be after today, %s; project_until looks ahead.", h.To.Format(time.DateOnly))})
	}
	a := viewHistory(h)
	if a.Projection, err = args.project(h); err != nil {
		return loadAnswer{}, err
	}
	twins, err := c.likelyTwice(ctx, user)
	a.Note = countedOnce(twins)
	return a, err
}

func viewHistory(h training.History) loadAnswer {
	f := h.Form
	a := loadAnswer{
		From: h.From.Format(time.DateOnly), To: h.To.Format(time.DateOnly), TimeZone: viewClock(h.Clock),
		CTL: viewValue(f.Fitness, 2), ATL: viewValue(f.Fatigue, 2), TSB: viewValue(f.Balance, 2), Ramp: viewValue(f.Ramp, 1),
		Monotony: viewValue(f.Monotony, 2), Strain: viewValue(f.Strain, 2), AcuteChronic: viewValue(f.AcuteChronic, 2),
		Loads: viewLoads(h), Weeks: []weekView{}, Recent: []dayOfLoad{}, BySport: []sportLoad{},
	}
	for _, w := range h.Weeks {
		a.Weeks = append(a.Weeks, weekView{w.Start.Format(time.DateOnly), w.Activities, rounded(w.Load, 0), rounded(w.Fitness, 1), rounded(w.Balance, 1)})
	}
	for _, l := range slices.Backward(h.Loads) {
		if len(a.Recent) == recentShown || l.Day.Before(h.From) {
			break
		}
		a.Recent = append(a.Recent, dayOfLoad{l.Activity.ID, l.Day.Format(time.DateOnly), l.Activity.Sport, rounded(l.Load.Value.Value, 1), l.Load.Kind})
	}
	for _, sum := range h.BySport() {
		a.BySport = append(a.BySport, sportLoad{sum.Sport, sum.Activities, rounded(sum.Load, 0)})
	}
	return a
}

// viewLoads says what the loads of the timeframe come from.
func viewLoads(h training.History) loadsView {
	v := loadsView{Activities: h.Activities, NotCounted: []reasonView{}, Inputs: []input{}}
	used := map[string]bool{}
	for _, l := range h.Loads {
		if l.Day.Before(h.From) {
			continue
		}
		v.Counted++
		v.By.add(l.Load.Kind)
		for _, in := range viewInputs(l.Load.Inputs) {
			if (in.Source != training.Recorded || in.Note != "") && !used[in.Name] {
				v.Inputs, used[in.Name] = append(v.Inputs, in), true
			}
		}
	}
	for _, n := range h.NotCounted {
		v.NotCounted = append(v.NotCounted, reasonView{notAvailable(n.Reason), n.Activities})
	}
	return v
}

func (a loadAnswer) text() string {
	lines := []string{fmt.Sprintf("%s to %s: %d of %s counted", a.From, a.To, a.Loads.Counted, human.Plural(a.Loads.Activities, "activity"))}
	if a.CTL.Value == nil {
		lines = append(lines, "fitness, fatigue and form: "+a.CTL.NotAvailable)
	} else {
		lines = append(lines, a.CTL.text("fitness (CTL)"), a.ATL.text("fatigue (ATL)"), a.TSB.text("form (TSB)"),
			a.Ramp.text("ramp per week"), a.Monotony.text("monotony"), a.AcuteChronic.text("acute:chronic"))
	}
	if a.CTL.Note != "" {
		lines = append(lines, a.CTL.Note)
	}
	for _, r := range a.Loads.NotCounted {
		lines = append(lines, fmt.Sprintf("%s: %s", human.Plural(r.Activities, "activity"), r.Reason))
	}
	if len(a.Weeks) > 0 {
		weeks := []string{"weekly loads from " + a.Weeks[0].Start + ":"}
		for _, w := range a.Weeks {
			weeks = append(weeks, plain(*w.Load))
		}
		lines = append(lines, strings.Join(weeks, " "))
	}
	if a.Projection != nil {
		lines = append(lines, a.Projection.text())
	}
	if a.Note != "" {
		lines = append(lines, a.Note)
	}
	return strings.Join(lines, "\n")
}
