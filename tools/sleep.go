package tools

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// sleepArgs are what all tools about sleep and recovery take.
type sleepArgs struct {
	Date     date            `json:"date,omitempty" jsonschema:"Day, of a night that of waking up. Default: today." brief:"-"`
	Source   pierre.Provider `json:"sleep_provider,omitempty" jsonschema:"Only values of days from this source. Default: the one in use." brief:"-"`
	Activity pierre.Provider `json:"activity_provider,omitempty" jsonschema:"Only loads of activities that this source knows. Default: all." brief:"-"`
	Data     *nightArgs      `json:"sleep_data,omitempty" jsonschema:"A night of the caller's own, taken instead of what is kept." brief:"-"`
	HRV      []float64       `json:"recent_hrv_values,omitempty" jsonschema:"rMSSD in ms of days up to the date, one a day, oldest first, taken instead of what is kept: the last 7 are the week, those before the baseline." brief:"-" limits:"1,67" each:"1,400"`
}

// nightArgs is a night as the caller tells it.
type nightArgs struct {
	Date       date      `json:"date,omitempty" jsonschema:"Day of waking up."`
	Hours      *float64  `json:"duration_hours,omitempty" jsonschema:"Asleep. Default: the sum of the stages." limits:"0.1,24"`
	Efficiency *float64  `json:"efficiency_percent,omitempty" limits:"1,100"`
	Deep       *float64  `json:"deep_sleep_hours,omitempty" limits:"0,24"`
	REM        *float64  `json:"rem_sleep_hours,omitempty" limits:"0,24"`
	Light      *float64  `json:"light_sleep_hours,omitempty" limits:"0,24"`
	Latency    *float64  `json:"latency_minutes,omitempty" jsonschema:"To fall asleep." limits:"0,1440"`
	Awake      *float64  `json:"awake_minutes,omitempty" jsonschema:"After falling asleep." limits:"0,1440"`
	Awakenings *float64  `json:"awakenings,omitempty" limits:"0,200"`
	HRV        *float64  `json:"hrv_rmssd_ms,omitempty" limits:"1,400"`
	Intervals  []float64 `json:"rr_intervals_ms,omitempty" jsonschema:"Intervals between heart beats, from which rMSSD is computed if hrv_rmssd_ms is not given." limits:"3,2000" each:"100,5000"`
}

// night is nil if there is none.
func (a *nightArgs) night() []training.Night {
	if a == nil {
		return nil
	}
	n := training.Night{}
	stages := 0.0
	for _, h := range []*float64{a.Deep, a.REM, a.Light} {
		if h != nil {
			stages += *h
		}
	}
	n.Hours = stages
	if a.Hours != nil {
		n.Hours = *a.Hours
	}
	share := func(h *float64) *float64 {
		if h == nil || n.Hours <= 0 || *h > n.Hours {
			return nil
		}
		return new(100 * *h / n.Hours)
	}
	n.Efficiency, n.Latency, n.Awake, n.Awakenings = a.Efficiency, a.Latency, a.Awake, a.Awakenings
	n.Deep, n.REM = share(a.Deep), share(a.REM)
	n.Day, _ = a.Date.day()
	return []training.Night{n}
}

func (a sleepArgs) query(days int) training.SleepQuery {
	q := training.SleepQuery{Days: days, Source: a.Source, Activity: a.Activity, Given: a.Data.night(), HRV: a.HRV}
	q.Last, _ = a.Date.day()
	return q
}

// A sleepCategory names a score of 100.
type sleepCategory string

const (
	categoryGood sleepCategory = "good"
	categoryFair sleepCategory = "fair"
	categoryPoor sleepCategory = "poor"
)

func sleepCategories() []sleepCategory {
	return []sleepCategory{categoryGood, categoryFair, categoryPoor}
}

// categoryOf follows an own rule.
func categoryOf(score float64) sleepCategory {
	switch {
	case score >= 80:
		return categoryGood
	case score >= 60:
		return categoryFair
	}
	return categoryPoor
}

// A partView is one of the parts that a score is made of.
type partView struct {
	Name   string   `json:"name" jsonschema:"with the unit of value"`
	Value  *float64 `json:"value"`
	Score  *float64 `json:"score" jsonschema:"0 to 100"`
	Weight *float64 `json:"weight" jsonschema:"of 100 if all parts were there"`
	Rule   string   `json:"rule"`
}

func viewParts(s fitness.Score) []partView {
	parts := []partView{}
	for _, p := range s.Parts {
		parts = append(parts, partView{p.Name, rounded(p.Value, 1), rounded(p.Score, 0), rounded(p.Weight, 0), p.Rule})
	}
	return parts
}

// scoreOf returns the score of a part, nil if it is not there.
func scoreOf(parts []partView, name string) *float64 {
	for _, p := range parts {
		if p.Name == name {
			return p.Score
		}
	}
	return nil
}

func partsText(parts []partView) string {
	words := make([]string, len(parts))
	for i, p := range parts {
		words[i] = fmt.Sprintf("%s %s: %s (weight %s)", p.Name, plain(*p.Value), plain(*p.Score), plain(*p.Weight))
	}
	return strings.Join(words, "; ")
}

// hrvView is heart rate variability against the personal baseline.
type hrvView struct {
	Kind         pierre.WellnessKind `json:"kind,omitempty" jsonschema:"rMSSD and SDNN are different quantities"`
	Current      *float64            `json:"current_rmssd_ms,omitempty" jsonschema:"of the night that the caller gave"`
	Week         *float64            `json:"week_mean_ms,omitempty" jsonschema:"of the last 7 days"`
	Baseline     *float64            `json:"baseline_ms,omitempty"`
	Low          *float64            `json:"usual_low_ms,omitempty"`
	High         *float64            `json:"usual_high_ms,omitempty"`
	Deviation    *float64            `json:"baseline_deviation_percent,omitempty" jsonschema:"of the current value, or else of the week, from the baseline"`
	Status       training.Side       `json:"week_is,omitempty" jsonschema:"the week beside the usual range"`
	Method       string              `json:"method,omitempty"`
	NotAvailable string              `json:"not_available,omitempty"`
}

func viewHRV(sl training.Sleep) hrvView {
	v := hrvView{Kind: sl.HRVKind}
	if sl.HRVKind == "" {
		v.NotAvailable = "not available because no HRV is known of these days"
		return v
	}
	st := sl.HRV
	if st.Week.Err == nil {
		v.Week, v.Method = rounded(st.Week.Value, 1), string(st.Week.Method)
	} else {
		v.NotAvailable = notAvailable(st.Week.Err)
	}
	if st.Usual.Err != nil {
		v.NotAvailable = cmp.Or(v.NotAvailable, notAvailable(st.Usual.Err))
		return v
	}
	v.Baseline, v.Low, v.High, v.Status = rounded(st.Usual.Value, 1), rounded(st.Low, 1), rounded(st.High, 1), st.Side
	if st.Week.Err == nil {
		v.Deviation = rounded(100*(st.Week.Value/st.Usual.Value-1), 1)
	}
	return v
}

func (v hrvView) text() string {
	if v.Current != nil && v.Week == nil {
		return "HRV: " + plain(*v.Current) + " ms; " + v.NotAvailable
	}
	if v.Week == nil {
		return "HRV: " + v.NotAvailable
	}
	text := fmt.Sprintf("HRV (%s): 7-day mean %s ms", v.Kind, plain(*v.Week))
	if v.Baseline == nil {
		return text + "; " + v.NotAvailable
	}
	text += ", baseline " + plain(*v.Baseline)
	if v.Low != nil && v.High != nil {
		text += fmt.Sprintf(", usual %s to %s", plain(*v.Low), plain(*v.High))
	}
	if v.Status != "" {
		text += ": " + string(v.Status)
	}
	return text
}

// noNight says what is missing where no sleep is known.
const noNight = "not available because no night's sleep is known of these days; sleep comes with the export of a Garmin or Apple Health account, from an account connected with connect_provider, or as sleep_data"

// last refuses a day to come.
func (c *Catalog) noFuture(ctx context.Context, user pierre.UserID, d date) error {
	day, ok := d.day()
	if !ok {
		return nil
	}
	clock, err := c.training.Clock(ctx, user)
	if err == nil && day.After(clock.Today()) {
		return wrongArguments([]string{"date must not be after today, " + clock.Today().Format(time.DateOnly) + "."})
	}
	return err
}
