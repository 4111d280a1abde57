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

func (c *Catalog) calculateRecoveryScore() tool {
	return declare(c, spec{
		name:  "calculate_recovery_score",
		title: "Score recovery",
		doc: "Recovery as a sum of named parts: HRV and resting heart rate against the personal baseline, last night, form, how the athlete feels. " +
			"Each part has its score and weight; what is not known is left out, and the coverage says how much that is. The weights are an own rule. It is no medical statement.",
	}, c.scoreRecovery)
}

type recoveryAnswer struct {
	Date       string       `json:"date"`
	Recovery   recoveryView `json:"recovery_score"`
	Components components   `json:"components"`
	Load       recoveryLoad `json:"training_load"`
	HRV        hrvView      `json:"hrv_analysis"`
}

type recoveryView struct {
	Overall      *float64      `json:"overall_score,omitempty" jsonschema:"0 to 100: the weighted mean of the parts"`
	Category     sleepCategory `json:"category,omitempty" jsonschema:"good from 80, fair from 60 (own rule)"`
	Readiness    string        `json:"training_readiness,omitempty"`
	Completeness *float64      `json:"data_completeness_percent,omitempty" jsonschema:"share of the weights that had a value"`
	Parts        []partView    `json:"parts,omitempty"`
	Method       string        `json:"method,omitempty"`
	Limitations  []string      `json:"limitations,omitempty"`
	NotAvailable string        `json:"not_available,omitempty"`
}

type components struct {
	Form      *float64 `json:"tsb_score,omitempty"`
	Sleep     *float64 `json:"sleep_score,omitempty"`
	HRV       *float64 `json:"hrv_score,omitempty"`
	Resting   *float64 `json:"resting_heart_rate_score,omitempty"`
	Felt      *float64 `json:"felt_score,omitempty"`
	Available int      `json:"components_available"`
}

type recoveryLoad struct {
	TSB      value `json:"tsb"`
	Monotony value `json:"monotony"`
	InRow    int   `json:"training_days_in_a_row"`
}

func (c *Catalog) scoreRecovery(ctx context.Context, user pierre.UserID, args sleepArgs) (recoveryAnswer, error) {
	r, err := c.recovery(ctx, user, args)
	if err != nil {
		return recoveryAnswer{}, err
	}
	a := recoveryAnswer{
		Date: r.To.Format(time.DateOnly), Recovery: viewRecovery(r), HRV: viewHRV(r.Sleep),
		Load: recoveryLoad{viewValue(r.Form, 1), viewValue(r.Monotony, 2), r.InRow},
	}
	p := a.Recovery.Parts
	a.Components = components{scoreOf(p, "form"), scoreOf(p, "sleep"), scoreOf(p, "hrv"), scoreOf(p, "resting_heart_rate"), scoreOf(p, "felt"), len(p)}
	return a, nil
}

func (c *Catalog) recovery(ctx context.Context, user pierre.UserID, args sleepArgs) (training.Recovery, error) {
	if err := c.noFuture(ctx, user, args.Date); err != nil {
		return training.Recovery{}, err
	}
	return c.training.Recovery(ctx, user, args.query(0))
}

func viewRecovery(r training.Recovery) recoveryView {
	v := recoveryView{Limitations: limitations(r)}
	if r.ScoreErr != nil {
		v.NotAvailable = notAvailable(r.ScoreErr)
		return v
	}
	v.Overall, v.Category, v.Completeness = rounded(r.Score.Value, 0), categoryOf(r.Score.Value), rounded(100*r.Score.Coverage, 0)
	v.Parts, v.Method = viewParts(r.Score), string(fitness.MethodRecovery)
	v.Readiness = map[sleepCategory]string{
		categoryGood: "as usual: nothing speaks against hard training",
		categoryFair: "less than usual: easy or moderate training",
		categoryPoor: "low: rest or easy training",
	}[v.Category]
	return v
}

// limitations says which parts are missing, and why.
func limitations(r training.Recovery) []string {
	var list []string
	add := func(missing bool, format string, args ...any) {
		if missing {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	side := func(name string, st training.Standing) {
		switch {
		case st.Week.Err != nil:
			add(true, "%s: %s", name, reason(st.Week.Err))
		case st.Usual.Err != nil:
			add(true, "%s: %s", name, reason(st.Usual.Err))
		case st.Side == "":
			add(true, "%s: all days of the baseline are the same", name)
		}
	}
	side("HRV", r.HRV)
	add(r.HRVKind == pierre.WellnessHRVSDNN, "HRV: by SDNN, for which the rule was not published")
	side("resting heart rate", r.Resting)
	add(r.Last == nil, "sleep: no night up to today or yesterday is known")
	add(r.Form.Err != nil, "form: %s", reason(r.Form.Err))
	add(len(r.Felt) == 0, "felt: the athlete said nothing of today or yesterday")
	return list
}

func (a recoveryAnswer) text() string {
	v := a.Recovery
	lines := []string{a.Date + ": recovery " + v.NotAvailable}
	if v.Overall != nil {
		lines = []string{
			fmt.Sprintf("%s: recovery %s of 100, %s: %s (%s %% of the parts are known)", a.Date, plain(*v.Overall), v.Category, v.Readiness, plain(*v.Completeness)),
			partsText(v.Parts), a.HRV.text(),
		}
	}
	for _, l := range v.Limitations {
		lines = append(lines, "missing: "+l)
	}
	return strings.Join(lines, "\n")
}

func (c *Catalog) suggestRestDay() tool {
	return declare(c, spec{
		name:  "suggest_rest_day",
		title: "Rest or train",
		doc: "Whether signs speak for rest today, each with its numbers: HRV, resting heart rate, sleep, form, monotony, how the athlete feels. " +
			"Rest is suggested where two signs speak for it or the recovery score is below 50 (own rule). It is no medical statement.",
	}, c.suggestRest)
}

// A confidence says how much of what tells of recovery is known.
type confidence string

const (
	confidenceHigh   confidence = "high"
	confidenceMedium confidence = "medium"
	confidenceLow    confidence = "low"
)

func confidences() []confidence {
	return []confidence{confidenceHigh, confidenceMedium, confidenceLow}
}

type restAnswer struct {
	Date           string     `json:"date"`
	Recommendation restView   `json:"recommendation"`
	KeyFactors     []partView `json:"key_factors" jsonschema:"the parts of the recovery score"`
	Limitations    []string   `json:"limitations,omitempty"`
}

type restView struct {
	Rest         *bool      `json:"rest_recommended,omitempty"`
	Confidence   confidence `json:"confidence" jsonschema:"by the share of the parts that are known: high from 70 %, medium from 40 % (own rule)"`
	Score        *float64   `json:"recovery_score,omitempty"`
	Reasons      []string   `json:"primary_reasons" jsonschema:"signs that speak for rest"`
	Supporting   []string   `json:"supporting_factors" jsonschema:"what speaks for training"`
	Alternatives []string   `json:"alternatives"`
	NotAvailable string     `json:"not_available,omitempty"`
}

// The rule of rest, an own one.
const (
	signsForRest = 2
	scoreForRest = 50
)

func (c *Catalog) suggestRest(ctx context.Context, user pierre.UserID, args sleepArgs) (restAnswer, error) {
	r, err := c.recovery(ctx, user, args)
	if err != nil {
		return restAnswer{}, err
	}
	a := restAnswer{Date: r.To.Format(time.DateOnly), KeyFactors: viewParts(r.Score), Limitations: limitations(r)}
	v := &a.Recommendation
	v.Reasons, v.Supporting, v.Alternatives, v.Confidence = []string{}, []string{}, []string{}, confidenceOf(r.Score.Coverage)
	for _, s := range r.Signs {
		v.Reasons = append(v.Reasons, r.Explain(s))
	}
	for _, p := range a.KeyFactors {
		if *p.Score >= 80 {
			v.Supporting = append(v.Supporting, fmt.Sprintf("%s is as usual or good (%s of 100)", p.Name, plain(*p.Score)))
		}
	}
	if r.ScoreErr != nil && len(r.Signs) < signsForRest {
		v.NotAvailable = notAvailable(r.ScoreErr)
		return a, nil
	}
	rest := len(r.Signs) >= signsForRest || r.ScoreErr == nil && r.Score.Value < scoreForRest
	if v.Rest = &rest; r.ScoreErr == nil {
		v.Score = rounded(r.Score.Value, 0)
	}
	switch {
	case rest:
		v.Alternatives = append(v.Alternatives, "an easy session, in the lowest zone")
	case len(r.Signs) > 0:
		v.Alternatives = append(v.Alternatives, "train easier than planned, because one sign speaks for rest")
	}
	return a, nil
}

func confidenceOf(coverage float64) confidence {
	switch {
	case coverage >= 0.7:
		return confidenceHigh
	case coverage >= 0.4:
		return confidenceMedium
	}
	return confidenceLow
}

func (a restAnswer) text() string {
	v := a.Recommendation
	var lines []string
	switch {
	case v.Rest == nil:
		lines = append(lines, a.Date+": whether to rest is "+v.NotAvailable)
	case *v.Rest:
		lines = append(lines, fmt.Sprintf("%s: rest is suggested (confidence %s)", a.Date, v.Confidence))
	default:
		lines = append(lines, fmt.Sprintf("%s: nothing asks for a day of rest (confidence %s)", a.Date, v.Confidence))
	}
	if v.Score != nil {
		lines[0] += fmt.Sprintf(", recovery %s of 100", plain(*v.Score))
	}
	for _, r := range v.Reasons {
		lines = append(lines, "for rest: "+r)
	}
	for _, s := range v.Supporting {
		lines = append(lines, "against: "+s)
	}
	for _, s := range v.Alternatives {
		lines = append(lines, "or: "+s)
	}
	for _, l := range a.Limitations {
		lines = append(lines, "missing: "+l)
	}
	return strings.Join(lines, "\n")
}
