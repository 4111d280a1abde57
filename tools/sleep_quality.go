package tools

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) analyzeSleepQuality() tool {
	return declare(c, spec{
		name:  "analyze_sleep_quality",
		title: "Analyse a night",
		doc: "Scores a night's sleep by named parts, with HRV against the personal baseline. " +
			"Duration, efficiency, latency, time awake and awakenings go by published consensus; stages weigh little, because there is none on them. It is no medical statement. For weeks use track_sleep_trends.",
	}, c.analyzeSleep)
}

type sleepQualityArgs struct {
	sleepArgs

	Baseline *float64 `json:"baseline_hrv,omitempty" jsonschema:"rMSSD in ms that is usual for the athlete, if the caller knows it." brief:"-" limits:"1,400"`
}

type sleepQualityAnswer struct {
	Date    string          `json:"date,omitempty" jsonschema:"day of waking up"`
	Source  pierre.Provider `json:"source,omitempty" jsonschema:"absent: the caller"`
	Others  []otherSource   `json:"other_sources,omitempty" jsonschema:"that know nights too"`
	Quality qualityView     `json:"sleep_quality"`
	HRV     hrvView         `json:"hrv_analysis"`
}

type qualityView struct {
	Overall         *float64      `json:"overall_score,omitempty" jsonschema:"0 to 100: the weighted mean of the parts"`
	Category        sleepCategory `json:"category,omitempty" jsonschema:"good from 80, fair from 60 (own rule)"`
	Duration        *float64      `json:"duration_score,omitempty"`
	Efficiency      *float64      `json:"efficiency_score,omitempty"`
	Stages          *float64      `json:"stage_quality_score,omitempty" jsonschema:"mean of deep and REM sleep; it weighs 10 of 100"`
	Parts           []partView    `json:"parts,omitempty"`
	Coverage        *float64      `json:"coverage_percent,omitempty" jsonschema:"share of the weights that were measured"`
	Method          string        `json:"method,omitempty"`
	Insights        []string      `json:"insights,omitempty"`
	Recommendations []string      `json:"recommendations,omitempty"`
	NotAvailable    string        `json:"not_available,omitempty"`
}

// nightsBack is how far back a last night is looked for.
const nightsBack = 7

func (c *Catalog) analyzeSleep(ctx context.Context, user pierre.UserID, args sleepQualityArgs) (sleepQualityAnswer, error) {
	if err := c.noFuture(ctx, user, args.Date); err != nil {
		return sleepQualityAnswer{}, err
	}
	q := args.query(nightsBack)
	if args.Date != "" {
		q.Days = 1
	}
	sl, err := c.training.Sleep(ctx, user, q)
	if err != nil {
		return sleepQualityAnswer{}, err
	}
	a := sleepQualityAnswer{Quality: qualityView{NotAvailable: noNight}, HRV: viewHRV(sl)}
	a.HRV = a.HRV.saidBy(args)
	if n := len(sl.Nights); n > 0 {
		night := sl.Nights[n-1]
		a.Date, a.Source, a.Quality = night.Day.Format(time.DateOnly), night.Source, viewQuality(night, sl.Age)
	}
	for _, o := range sl.Others {
		a.Others = append(a.Others, otherSource{o.Source, o.Days})
	}
	return a, nil
}

// saidBy adds what the caller gave: a value of the night, and a baseline.
func (v hrvView) saidBy(args sleepQualityArgs) hrvView {
	if args.Data != nil {
		v.Current = args.Data.HRV
		if r, err := fitness.RMSSD(args.Data.Intervals); v.Current == nil && len(args.Data.Intervals) > 0 {
			if err != nil {
				v.NotAvailable = notAvailable(err)
				return v
			}
			v.Current, v.Method = rounded(r.Value, 2), string(r.Method)
		}
	}
	base := v.Baseline
	if args.Baseline != nil {
		base, v.Baseline, v.Low, v.High, v.Status = args.Baseline, args.Baseline, nil, nil, ""
	}
	now := v.Current
	if now == nil {
		now = v.Week
	}
	if base != nil && now != nil && (v.Kind != pierre.WellnessHRVSDNN || now == v.Week && args.Baseline == nil) {
		v.Deviation = rounded(100*(*now / *base - 1), 1)
	}
	return v
}

func viewQuality(n training.Night, age float64) qualityView {
	if n.Err != nil {
		return qualityView{NotAvailable: notAvailable(n.Err)}
	}
	parts := viewParts(n.Score)
	v := qualityView{
		Overall: rounded(n.Score.Value, 0), Category: categoryOf(n.Score.Value), Duration: scoreOf(parts, "duration_hours"),
		Efficiency: scoreOf(parts, "efficiency_percent"), Parts: parts, Coverage: rounded(100*n.Score.Coverage, 0), Method: string(fitness.MethodSleepQuality),
	}
	if deep, rem := scoreOf(parts, "deep_percent"), scoreOf(parts, "rem_percent"); deep != nil && rem != nil {
		v.Stages = rounded((*deep+*rem)/2, 0)
	}
	for _, p := range parts {
		if *p.Score < 100 {
			v.Insights = append(v.Insights, fmt.Sprintf("%s %s: %s", p.Name, plain(*p.Value), p.Rule))
		}
	}
	if need := fitness.SleepHours(age); n.Hours < need.Low {
		v.Recommendations = append(v.Recommendations, fmt.Sprintf("Plan for %s to %s hours asleep (Hirshkowitz et al. 2015).", plain(need.Low), plain(need.High)))
	}
	return v
}

func (a sleepQualityAnswer) text() string {
	if a.Quality.Overall == nil {
		return "sleep quality: " + a.Quality.NotAvailable + "\n" + a.HRV.text()
	}
	lines := []string{fmt.Sprintf("night to %s: %s of 100, %s (%s %% of the parts were measured)", a.Date, plain(*a.Quality.Overall), a.Quality.Category, plain(*a.Quality.Coverage)), partsText(a.Quality.Parts)}
	lines = append(lines, a.Quality.Recommendations...)
	return strings.Join(append(lines, a.HRV.text()), "\n")
}

func (c *Catalog) trackSleepTrends() tool {
	return declare(c, spec{
		name:  "track_sleep_trends",
		title: "Track sleep",
		doc: "Sleep of some weeks: means, regularity, best and worst night, newer half against the older. " +
			"For single values, the personal baseline and how sleep goes with training load use get_wellness.",
	}, c.trackSleep)
}

type sleepTrendArgs struct {
	Days    int             `json:"days_back,omitempty" jsonschema:"Nights up to the last." brief:"" limits:"7,366" default:"14"`
	End     date            `json:"end_date,omitempty" jsonschema:"Last day. Default: today." brief:"-"`
	Source  pierre.Provider `json:"sleep_provider,omitempty" jsonschema:"Only values of days from this source. Default: the one in use." brief:"-"`
	History []nightArgs     `json:"sleep_history,omitempty" jsonschema:"Nights of the caller's own, oldest first, taken instead of what is kept." brief:"-" limits:"7,366"`
}

type sleepTrendAnswer struct {
	From         string          `json:"from"`
	To           string          `json:"to"`
	Source       pierre.Provider `json:"source,omitempty" jsonschema:"absent: the caller"`
	DataPoints   int             `json:"data_points" jsonschema:"nights"`
	Missing      int             `json:"nights_missing"`
	Trends       *sleepTrends    `json:"trends,omitempty"`
	Highlights   *sleepExtremes  `json:"highlights,omitempty"`
	Insights     []string        `json:"insights,omitempty"`
	Method       string          `json:"method,omitempty" jsonschema:"of the scores"`
	NotAvailable string          `json:"not_available,omitempty"`
}

type sleepTrends struct {
	Hours      *float64  `json:"average_duration_hours"`
	Efficiency *float64  `json:"average_efficiency_percent,omitempty"`
	Short      int       `json:"short_nights" jsonschema:"shorter than recommended for the age (Hirshkowitz et al. 2015)"`
	Spread     value     `json:"middle_of_night_sd_hours" jsonschema:"regularity: how far the middles of the nights lie apart"`
	Quality    direction `json:"quality_trend" jsonschema:"of the scores; none: no trend can be told"`
	Recent     *float64  `json:"recent_avg_score" jsonschema:"of the newer half of the nights"`
	Previous   *float64  `json:"previous_avg_score"`
}

type sleepExtremes struct {
	Best  scoredNight `json:"best_night"`
	Worst scoredNight `json:"worst_night"`
}

type scoredNight struct {
	Date  string   `json:"date"`
	Hours *float64 `json:"duration_hours"`
	Score *float64 `json:"score"`
}

func (c *Catalog) trackSleep(ctx context.Context, user pierre.UserID, args sleepTrendArgs) (sleepTrendAnswer, error) {
	if err := c.noFuture(ctx, user, args.End); err != nil {
		return sleepTrendAnswer{}, err
	}
	q := training.SleepQuery{Days: args.Days, Source: args.Source}
	q.Last, _ = args.End.day()
	if q.Days == 0 {
		q.Days = 14
	}
	for _, n := range args.History {
		q.Given = append(q.Given, n.night()...)
	}
	if len(q.Given) > 0 {
		q.Days = len(q.Given)
	}
	sl, err := c.training.Sleep(ctx, user, q)
	if err != nil {
		return sleepTrendAnswer{}, err
	}
	return viewSleepTrend(sl, q.Days), nil
}

func viewSleepTrend(sl training.Sleep, days int) sleepTrendAnswer {
	a := sleepTrendAnswer{From: sl.From.Format(time.DateOnly), To: sl.To.Format(time.DateOnly), Missing: days}
	var nights []training.Night
	for _, n := range sl.Nights {
		if n.Err == nil {
			nights = append(nights, n)
		}
	}
	a.DataPoints, a.Missing = len(nights), max(0, days-len(nights))
	if len(nights) == 0 {
		a.NotAvailable = noNight
		return a
	}
	a.Source, a.Method = nights[0].Source, string(fitness.MethodSleepQuality)
	hours, short := sl.Hours()
	t := &sleepTrends{Hours: rounded(hours, 2), Short: short, Spread: viewValue(sl.Spread, 2), Quality: directionNone}
	if e := sl.Efficiency(); !math.IsNaN(e) {
		t.Efficiency = rounded(e, 1)
	}
	half := len(nights) / 2
	t.Previous, t.Recent = meanScore(nights[:half]), meanScore(nights[half:])
	best, worst := nights[0], nights[0]
	x, y := make([]float64, len(nights)), make([]float64, len(nights))
	for i, n := range nights {
		x[i], y[i] = n.Day.Sub(nights[0].Day).Hours()/24, n.Score.Value
		if n.Score.Value > best.Score.Value {
			best = n
		}
		if n.Score.Value < worst.Score.Value {
			worst = n
		}
	}
	if found, err := fitness.TheilSen(x, y); err == nil {
		t.Quality = directionOf(found.Told(), found.Slope)
	}
	a.Trends, a.Highlights = t, &sleepExtremes{viewScored(best), viewScored(worst)}
	need := fitness.SleepHours(sl.Age)
	a.Insights = []string{fmt.Sprintf("%d of %d nights were shorter than the %s to %s hours that are recommended for the age.", short, len(nights), plain(need.Low), plain(need.High))}
	return a
}

func meanScore(nights []training.Night) *float64 {
	if len(nights) == 0 {
		return nil
	}
	sum := 0.0
	for _, n := range nights {
		sum += n.Score.Value
	}
	return rounded(sum/float64(len(nights)), 1)
}

func viewScored(n training.Night) scoredNight {
	return scoredNight{n.Day.Format(time.DateOnly), rounded(n.Hours, 2), rounded(n.Score.Value, 0)}
}

func (a sleepTrendAnswer) text() string {
	head := fmt.Sprintf("%s to %s, %d nights: ", a.From, a.To, a.DataPoints)
	t := a.Trends
	if t == nil {
		return head + a.NotAvailable
	}
	text := head + plain(*t.Hours) + " h a night"
	if t.Efficiency != nil {
		text += ", efficiency " + plain(*t.Efficiency) + " %"
	}
	if t.Previous != nil {
		text += fmt.Sprintf("; score %s in the newer half, %s before", plain(*t.Recent), plain(*t.Previous))
	}
	text += fmt.Sprintf("; trend of the scores: %s\n%s\nbest night %s (%s), worst %s (%s)", t.Quality, t.Spread.text("middle of the night, SD in hours"),
		a.Highlights.Best.Date, plain(*a.Highlights.Best.Score), a.Highlights.Worst.Date, plain(*a.Highlights.Worst.Score))
	return text + "\n" + strings.Join(a.Insights, "\n")
}
