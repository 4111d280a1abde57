package tools

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) calculateFitnessScore() tool {
	return declare(c, spec{
		name:  "calculate_fitness_score",
		title: "Score fitness",
		doc: "The athlete's maximal oxygen uptake, by the best efforts of a time, as a percentile among people of the same age and sex, against the time before; with fitness (CTL) and regularity beside it. " +
			"Nothing is weighed against anything else: no published rule says how.",
	}, c.scoreFitness)
}

// A scoreFrame is the time whose efforts count.
type scoreFrame string

func scoreFrames() []scoreFrame {
	return []scoreFrame{scoreFrame(patternMonth), scoreFrame(patternQuarter), scoreFrame(patternHalf)}
}

type scoreArgs struct {
	sourceArgs

	Frame scoreFrame `json:"timeframe,omitempty" jsonschema:"Whose efforts count: the last 28, 91 or 182 days." brief:"" default:"quarter"`
}

type scoreAnswer struct {
	From          string       `json:"from" jsonschema:"first local day"`
	To            string       `json:"to"`
	Score         value        `json:"fitness_score" jsonschema:"percentile of maximal oxygen uptake among people of the same age and sex, 5 to 95"`
	Level         string       `json:"fitness_level,omitempty" jsonschema:"superior, excellent, good, fair, poor or very poor"`
	Before        value        `json:"score_before" jsonschema:"of as many days before"`
	VO2max        value        `json:"vo2max_ml_per_kg_min"`
	Device        []deviceView `json:"device_vo2max,omitempty" jsonschema:"what devices say, which is not in the score"`
	CTL           value        `json:"ctl"`
	Ramp          value        `json:"ramp_per_week" jsonschema:"growth of CTL in the last 7 days"`
	ActiveMinutes value        `json:"active_minutes_per_week"`
	ActiveWeeks   value        `json:"active_weeks_percent"`
}

func (c *Catalog) scoreFitness(ctx context.Context, user pierre.UserID, args scoreArgs) (scoreAnswer, error) {
	s, err := c.training.Score(ctx, user, args.Provider, patternFrame(cmp.Or(args.Frame, scoreFrame(patternQuarter))).days())
	if err != nil {
		return scoreAnswer{}, err
	}
	device, err := c.training.DeviceVO2max(ctx, user)
	if err != nil {
		return scoreAnswer{}, err
	}
	return scoreAnswer{
		Device: viewDevices(device), From: s.From.Format(time.DateOnly), To: s.To.Format(time.DateOnly), Score: viewValue(s.Percentile, 0), Level: s.Level,
		Before: viewValue(s.Before, 0), VO2max: viewValue(s.VO2max, 1), CTL: viewValue(s.Fitness, 1), Ramp: viewValue(s.Growth, 1),
		ActiveMinutes: viewValue(s.ActiveMinutes, 0), ActiveWeeks: viewValue(s.ActiveWeeks, 0),
	}, nil
}

func (a scoreAnswer) text() string {
	lines := []string{fmt.Sprintf("%s to %s", a.From, a.To), a.Score.text("fitness score (percentile by age and sex)")}
	if a.Level != "" {
		lines = append(lines, "level: "+a.Level)
	}
	for _, v := range []namedValue{
		{"score before", a.Before},
		{"VO2max (ml/kg/min)", a.VO2max},
		{"fitness (CTL)", a.CTL},
		{"ramp per week", a.Ramp},
		{"active minutes a week", a.ActiveMinutes},
		{"active weeks (%)", a.ActiveWeeks},
	} {
		lines = append(lines, v.text(v.name))
	}
	if a.VO2max.Method != "" {
		lines = append(lines, "VO2max by "+a.VO2max.Method)
	}
	for _, d := range a.Device {
		lines = append(lines, d.text())
	}
	return strings.Join(lines, "\n")
}

func (c *Catalog) generateRecommendations() tool {
	return declare(c, spec{
		name:  "generate_recommendations",
		title: "Recommend by published rules",
		doc: "What published rules come to with the athlete's own numbers, for training, recovery, nutrition and equipment; only rules that apply. " +
			"With activity_id also for what to eat during and after it.",
	}, c.recommend)
}

// An adviceChoice is a kind of advice, or all.
type adviceChoice training.AdviceKind

const allAdvice adviceChoice = "all"

func adviceChoices() []adviceChoice {
	var list []adviceChoice
	for _, k := range training.AdviceKinds() {
		list = append(list, adviceChoice(k))
	}
	return append(list, allAdvice)
}

type recommendArgs struct {
	sourceArgs

	Kind adviceChoice      `json:"recommendation_type,omitempty" brief:"" default:"all"`
	ID   pierre.ActivityID `json:"activity_id,omitempty" jsonschema:"An activity, from get_activities, for what to eat during and after it." brief:"for what to eat then" limits:"1,100"`
}

type recommendAnswer struct {
	Recommendations []adviceView `json:"recommendations"`
	NotKnown        []string     `json:"not_known" jsonschema:"what nothing is recommended about here, and why"`
}

type adviceView struct {
	Kind training.AdviceKind `json:"type"`
	Name training.AdviceKey  `json:"name" jsonschema:"with the unit of value"`
	Text string              `json:"text"`
	value

	High *float64 `json:"high,omitempty" jsonschema:"upper end, where the rule gives a range from value on"`
}

// adviceText words an advice around its numbers.
func adviceText(k training.AdviceKey) string {
	switch k {
	case training.LongestRun:
		return "Keep the next long run within %s: longer jumps over the longest run of 30 days went along with more injuries."
	case training.VaryDays:
		return "Make hard days harder and easy days easier: the monotony of the last 7 days is %s, above 2."
	case training.MoreMinutes:
		return "Move more: %s minutes a week are less than the 150 that the World Health Organization asks for."
	case training.RestDays:
		return "Rest or go easy for %s: form is below -30, and rest brings it above -10 (a coaches' rule; no study stands behind the limits)."
	case training.Protein:
		return "Eat %s g of protein a day."
	case training.Carbohydrate:
		return "Eat %s g of carbohydrate a day with the training of the last 7 days."
	case training.DuringEffort:
		return "Take %s g of carbohydrate an hour in an effort as long as this."
	case training.AfterEffort:
		return "If the next effort comes within 8 hours, take %s g of carbohydrate an hour for the first 4 hours."
	case training.HeartRateBelt:
		return "Record heart rate or power always: without them %s of the last 28 days had no load."
	}
	return "%s"
}

func (c *Catalog) recommend(ctx context.Context, user pierre.UserID, args recommendArgs) (recommendAnswer, error) {
	var act *pierre.Activity
	if args.ID != "" {
		rec, _, err := c.recordingFrom(ctx, user, args.ID, args.Provider)
		if err != nil {
			return recommendAnswer{}, err
		}
		act = &rec.Activity
	}
	wanted := func(k training.AdviceKind) bool {
		return args.Kind == "" || args.Kind == allAdvice || args.Kind == adviceChoice(k)
	}
	list, err := c.training.Advise(ctx, user, args.Provider, act, wanted)
	if err != nil {
		return recommendAnswer{}, err
	}
	a := recommendAnswer{Recommendations: []adviceView{}, NotKnown: []string{}}
	for _, adv := range list {
		v := adviceView{Kind: adv.Kind, Name: adv.Key, value: viewValue(adv.Value, decimalsOf(adv.Key)), High: adv.High}
		if adv.High != nil {
			v.High = rounded(*adv.High, 0)
		}
		v.Text = v.word()
		a.Recommendations = append(a.Recommendations, v)
	}
	if wanted(training.AdviceRecovery) {
		a.NotKnown = append(a.NotKnown, "sleep and heart rate variability: see calculate_recovery_score and suggest_rest_day")
	}
	if wanted(training.AdviceEquipment) {
		a.NotKnown = append(a.NotKnown, "shoes and bicycles, and how far they went: see get_gear")
	}
	return a, nil
}

func decimalsOf(k training.AdviceKey) int {
	if k == training.VaryDays {
		return 2
	}
	return 0
}

func (v adviceView) word() string {
	if v.Value == nil {
		return string(v.Name) + ": " + v.NotAvailable
	}
	number := plain(*v.Value)
	if v.Name == training.LongestRun {
		number = kilometres(*v.Value)
	}
	if noun := map[training.AdviceKey]string{training.RestDays: "day", training.HeartRateBelt: "activity"}[v.Name]; noun != "" {
		number = human.Plural(int(*v.Value), noun)
	}
	if v.High != nil {
		number += " to " + plain(*v.High)
	}
	return fmt.Sprintf(adviceText(v.Name), number)
}

func (a recommendAnswer) text() string {
	lines := make([]string, 0, len(a.Recommendations)+len(a.NotKnown))
	for _, r := range a.Recommendations {
		line := string(r.Kind) + ": " + r.Text
		if r.Method != "" {
			line += " [" + r.Method + "]"
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		lines = append(lines, "No rule applies.")
	}
	return strings.Join(append(lines, a.NotKnown...), "\n")
}
