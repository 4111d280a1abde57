package tools

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) optimizeSleepSchedule() tool {
	return declare(c, spec{
		name:  "optimize_sleep_schedule",
		title: "Plan sleep",
		doc: "When to go to bed: hours recommended for the age, the usual time of waking up, the athlete's own efficiency. " +
			"With tiring training half an hour more is added, a coaches' rule. It is no medical statement.",
	}, c.planSleep)
}

// A clockArg is an argument that names a time of day.
type clockArg string

func (clockArg) form() string { return "a time of day such as 06:30" }

func (a clockArg) valid() bool { _, ok := a.hours(); return ok }

// hours returns the hours after midnight.
func (a clockArg) hours() (float64, bool) {
	at, err := time.Parse("15:04", string(a))
	return float64(at.Hour()) + float64(at.Minute())/60, err == nil
}

// An intensity is that of the workout to come.
type intensity string

const (
	intensityLow      intensity = "low"
	intensityModerate intensity = "moderate"
	intensityHigh     intensity = "high"
)

func intensities() []intensity {
	return []intensity{intensityLow, intensityModerate, intensityHigh}
}

type scheduleArgs struct {
	Target    *float64        `json:"target_sleep_hours,omitempty" jsonschema:"Hours asleep that are wished. Default: the recommended ones." brief:"-" limits:"4,12"`
	Wake      clockArg        `json:"typical_wake_time,omitempty" jsonschema:"Default: the median of the last 28 days." brief:"" limits:"4,5"`
	Intensity intensity       `json:"upcoming_workout_intensity,omitempty" jsonschema:"Of tomorrow." brief:"-" default:"moderate"`
	Source    pierre.Provider `json:"sleep_provider,omitempty" jsonschema:"Only values of days from this source. Default: the one in use." brief:"-"`
	History   []nightArgs     `json:"sleep_history,omitempty" jsonschema:"Nights of the caller's own, oldest first, taken instead of what is kept." brief:"-" limits:"7,366"`
}

type scheduleAnswer struct {
	Recommendations scheduleView `json:"recommendations"`
	Rationale       []string     `json:"rationale"`
	Tips            []string     `json:"tips"`
}

type scheduleView struct {
	Target       *float64 `json:"target_hours" jsonschema:"asleep"`
	InBed        *float64 `json:"time_in_bed_hours" jsonschema:"target_hours over the efficiency"`
	Bedtime      string   `json:"recommended_bedtime,omitempty" jsonschema:"local"`
	Wake         string   `json:"wake_time,omitempty" jsonschema:"local"`
	NotAvailable string   `json:"not_available,omitempty"`
}

const (
	scheduleDays    = 28
	goodEfficiency  = 85 // %, taken where the athlete's own is not known
	tiringForm      = -10
	moreSleepHours  = 0.5
	unevenHours     = 1.0 // SD of the middles of the nights, own rule
	leastEfficiency = 70  // %, below which more time in bed is no remedy
)

func (c *Catalog) planSleep(ctx context.Context, user pierre.UserID, args scheduleArgs) (scheduleAnswer, error) {
	q := training.SleepQuery{Days: scheduleDays, Source: args.Source}
	for _, n := range args.History {
		q.Given = append(q.Given, n.night()...)
	}
	sl, err := c.training.Sleep(ctx, user, q)
	if err != nil {
		return scheduleAnswer{}, err
	}
	h, err := c.training.History(ctx, user, "", 7)
	if err != nil {
		return scheduleAnswer{}, err
	}
	a := scheduleAnswer{Tips: []string{"Keep bedtime and time of waking up the same each day, also at weekends."}}
	target := sleepTarget(&a, args, sl, h.Form.Balance)
	efficiency := float64(goodEfficiency)
	if own := sl.Efficiency(); own >= leastEfficiency {
		efficiency = own
		a.Rationale = append(a.Rationale, fmt.Sprintf("efficiency %s %%, the mean of the nights", fixed(own, 0)))
	} else {
		a.Rationale = append(a.Rationale, "efficiency 85 %, which is good (Ohayon et al. 2017): the athlete's own is not known or too low for a plan")
	}
	inBed := target / (efficiency / 100)
	a.Recommendations = scheduleView{Target: rounded(target, 2), InBed: rounded(inBed, 2)}
	setTimes(&a, args, sl, inBed)
	return a, nil
}

// sleepTarget returns the hours to sleep, and says why.
func sleepTarget(a *scheduleAnswer, args scheduleArgs, sl training.Sleep, form training.Value) float64 {
	need := fitness.SleepHours(sl.Age)
	target := (need.Low + need.High) / 2
	if args.Target != nil {
		target = *args.Target
		a.Rationale = append(a.Rationale, plain(target)+" hours, as wished")
	} else {
		a.Rationale = append(a.Rationale, fmt.Sprintf("%s hours, the middle of the %s to %s that are recommended for the age (Hirshkowitz et al. 2015)", plain(target), plain(need.Low), plain(need.High)))
	}
	tired := form.Err == nil && form.Value < tiringForm
	if tired || args.Intensity == intensityHigh {
		target += moreSleepHours
		why := "the workout to come is hard"
		if tired {
			why = "form (TSB) is " + fixed(form.Value, 0)
		}
		a.Rationale = append(a.Rationale, "half an hour more, because "+why+" (coaches' rule)")
	}
	if len(sl.Nights) > 0 {
		if mean, short := sl.Hours(); short > 0 {
			a.Rationale = append(a.Rationale, fmt.Sprintf("%s hours a night lately, %d of %d nights shorter than recommended", fixed(mean, 1), short, len(sl.Nights)))
		}
	}
	if sl.Spread.Err == nil && sl.Spread.Value > unevenHours {
		a.Tips = append(a.Tips, fmt.Sprintf("The middles of the nights lie %s hours (SD) apart: regular times come first.", fixed(sl.Spread.Value, 1)))
	}
	return target
}

// setTimes sets the times of day.
func setTimes(a *scheduleAnswer, args scheduleArgs, sl training.Sleep, inBed float64) {
	wake, ok := args.Wake.hours()
	if !ok {
		var times []float64
		for _, n := range sl.Nights {
			if n.Up != nil {
				times = append(times, *n.Up)
			}
		}
		if len(times) == 0 {
			a.Recommendations.NotAvailable = "bedtime is not available because no time of waking up is known of the last 28 days; ask the athlete and give typical_wake_time"
			return
		}
		slices.Sort(times)
		wake = times[len(times)/2]
		a.Rationale = append(a.Rationale, fmt.Sprintf("waking up at the median of %d days", len(times)))
	}
	a.Recommendations.Wake, a.Recommendations.Bedtime = clockOfHours(wake), clockOfHours(wake-inBed)
}

// clockOfHours words hours after midnight, to five minutes.
func clockOfHours(hours float64) string {
	const day = 24 * 12
	steps := (int(math.Round(hours*12))%day + day) % day
	return fmt.Sprintf("%02d:%02d", steps/12, steps%12*5)
}

func (a scheduleAnswer) text() string {
	r := a.Recommendations
	head := fmt.Sprintf("%s h asleep, %s h in bed", plain(*r.Target), plain(*r.InBed))
	if r.Bedtime != "" {
		head += fmt.Sprintf(": to bed at %s, up at %s", r.Bedtime, r.Wake)
	} else {
		head += "; " + r.NotAvailable
	}
	return strings.Join(slices.Concat([]string{head}, a.Rationale, a.Tips), "\n")
}
