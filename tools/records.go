package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) getRecords() tool {
	return declare(c, spec{
		name:  "get_records",
		title: "Show records",
		doc: "Bests of a period or of all time, each with its activity: power curve, fastest over distances, farthest in times, heart rate, " +
			"longest, most ascent, climbs. Compares with a second period. Values beyond human limits are left out.",
	}, c.showRecords)
}

// A recordKind is what a record is of.
type recordKind = training.RecordKind

type recordsArgs struct {
	Provider     pierre.Provider `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
	Sport        sportChoice     `json:"sport_type,omitempty" jsonschema:"With its kindred: run includes trail_running. Default: the most frequent."`
	After        date            `json:"after,omitempty" jsonschema:"First day, such as 2026-01-01. Default: all time."`
	Before       date            `json:"before,omitempty" jsonschema:"Last day, included. Default: today."`
	CompareAfter date            `json:"compare_after,omitempty" jsonschema:"First day of a period to compare with."`
	CompareTo    date            `json:"compare_before,omitempty" jsonschema:"Its last day, included." brief:""`
	Kinds        []recordKind    `json:"records,omitempty" jsonschema:"Which. Default: all of the sport."`
}

func (a recordsArgs) problems() []string {
	var problems []string
	for _, p := range []struct {
		from, to   date
		name, last string
	}{{a.After, a.Before, "after", "before"}, {a.CompareAfter, a.CompareTo, "compare_after", "compare_before"}} {
		if p.from != "" && p.to != "" && p.to < p.from {
			problems = append(problems, fmt.Sprintf("%s must not be later than %s.", p.name, p.last))
		}
	}
	return problems
}

// days returns the days from a date to another.
func (d date) days(to date) training.Days {
	from, _ := d.day()
	last, _ := to.day()
	return training.Days{From: from, To: last}
}

type recordsAnswer struct {
	TimeZone   zoneView       `json:"time_zone" jsonschema:"whose days they are; activities with an offset of their own count by that"`
	Sports     []pierre.Sport `json:"sport_types"`
	From       string         `json:"from,omitempty" jsonschema:"first local day; absent: all time"`
	To         string         `json:"to" jsonschema:"last local day"`
	Activities int            `json:"activities"`
	Records    []bestView     `json:"records"`
	Methods    []methodView   `json:"methods"`
	Weights    []input        `json:"weights,omitempty" jsonschema:"the athlete's, that watts_per_kg of the records go by"`
	Note       string         `json:"note,omitempty"`
}

type bestView struct {
	Record          recordKind        `json:"record"`
	DurationSeconds *float64          `json:"duration_seconds,omitempty" jsonschema:"elapsed: over which, or of pace and longest_duration the record itself"`
	DistanceMeters  *float64          `json:"distance_meters,omitempty" jsonschema:"over which, or of farthest and longest_distance the record itself"`
	PaceSeconds     *float64          `json:"pace_seconds_per_km,omitempty"`
	Power           *float64          `json:"average_power_watts,omitempty"`
	PerKg           *float64          `json:"watts_per_kg,omitempty" jsonschema:"by the weight of the day, one of weights"`
	HeartRate       *float64          `json:"average_heart_rate_bpm,omitempty"`
	Gain            *float64          `json:"elevation_gain_meters,omitempty"`
	VAM             *float64          `json:"vertical_meters_per_hour,omitempty"`
	Activity        pierre.ActivityID `json:"activity_id"`
	Date            string            `json:"date" jsonschema:"local day"`
	AllTime         bool              `json:"is_all_time,omitempty"`
	Ever            *float64          `json:"all_time,omitempty" jsonschema:"the best ever, in the record's unit, if it is another"`
	Compared        *float64          `json:"compared,omitempty" jsonschema:"that of the period to compare with, in the record's unit"`
	ComparedID      pierre.ActivityID `json:"compared_activity_id,omitempty"`
}

type methodView struct {
	Record recordKind `json:"record"`
	Method string     `json:"method"`
}

func (c *Catalog) showRecords(ctx context.Context, user pierre.UserID, args recordsArgs) (recordsAnswer, error) {
	q := training.BestsQuery{Sport: pierre.Sport(args.Sport), From: args.Provider, Period: args.After.days(args.Before)}
	if args.CompareAfter != "" || args.CompareTo != "" {
		q.Compared = new(args.CompareAfter.days(args.CompareTo))
	}
	b, err := c.training.Bests(ctx, user, q)
	if err != nil {
		return recordsAnswer{}, err
	}
	a := recordsAnswer{
		TimeZone: viewClock(b.Clock), Sports: b.Sports, From: string(args.After), To: b.Clock.Today().Format(time.DateOnly),
		Activities: b.Activities, Records: []bestView{}, Methods: []methodView{},
	}
	if args.Before != "" && string(args.Before) < a.To {
		a.To = string(args.Before)
	}
	var views []bestView
	for _, r := range b.Records {
		if len(args.Kinds) > 0 && !slices.Contains(args.Kinds, r.Kind) {
			continue
		}
		views = append(views, viewBest(r))
		if w := viewInputs([]training.Input{r.Weight})[0]; w.Value != nil && !slices.ContainsFunc(a.Weights, w.same) {
			a.Weights = append(a.Weights, w)
		}
		if n := len(a.Methods); n == 0 || a.Methods[n-1].Record != r.Kind {
			a.Methods = append(a.Methods, methodView{r.Kind, string(r.Kind.Method())})
		}
	}
	if len(views) == 0 {
		a.Note = "No activity of the period has such a record."
	}
	if b.Impossible > 0 {
		a.Note = joined(a.Note, fmt.Sprintf("Of %s, values beyond human limits are left out.", human.Plural(b.Impossible, "activity")))
	}
	return a.withRecords(views), nil
}

func viewBest(r training.BestRecord) bestView {
	v := bestView{Record: r.Kind, Activity: r.Activity, Date: r.Day.Format(time.DateOnly), AllTime: r.IsAllTime()}
	value := rounded(r.Value, 1)
	switch r.Kind {
	case training.RecordPower:
		v.DurationSeconds, v.Power, v.PerKg = rounded(r.Length, 0), value, perKg(r.Value, r.Weight)
	case training.RecordPace:
		v.DistanceMeters, v.DurationSeconds, v.PaceSeconds = rounded(r.Length, 1), value, rounded(1000*r.Value/r.Length, 1)
	case training.RecordFarthest:
		v.DurationSeconds, v.DistanceMeters = rounded(r.Length, 0), value
	case training.RecordHeartRate:
		v.DurationSeconds, v.HeartRate = rounded(r.Length, 0), value
	case training.RecordLongest:
		v.DistanceMeters = value
	case training.RecordLengthy:
		v.DurationSeconds = value
	case training.RecordAscent, training.RecordClimb:
		v.Gain = value
	case training.RecordVAM:
		v.VAM = rounded(r.Value, 0)
	}
	if !v.AllTime {
		v.Ever = rounded(r.AllTime.Value, 1)
	}
	if r.Compared != nil {
		v.Compared, v.ComparedID = rounded(r.Compared.Value, 1), r.Compared.Activity
	}
	return v
}

// withRecords takes as many records as an answer of the usual size has room for.
func (a recordsAnswer) withRecords(views []bestView) recordsAnswer {
	note := a.Note
	for n := len(views); n > 0; n-- {
		a.Records, a.Note = views[:n], note
		if n < len(views) {
			a.Note = joined(note, fmt.Sprintf("%d more are left out; ask for them by records.", len(views)-n))
		}
		if encodedSize(a)+encodedSize(a.text()) <= answerBytes {
			break
		}
	}
	return a
}

func (a recordsAnswer) text() string {
	var b strings.Builder
	from := a.From
	if from == "" {
		from = "the beginning"
	}
	fmt.Fprintf(&b, "%s, %s to %s, %s:", a.Sports[0], from, a.To, human.Plural(a.Activities, "activity"))
	kind := recordKind("")
	for _, r := range a.Records {
		if r.Record != kind {
			kind = r.Record
			at := slices.IndexFunc(a.Methods, func(m methodView) bool { return m.Record == kind })
			name, _, _ := strings.Cut(a.Methods[at].Method, " (")
			fmt.Fprintf(&b, "\n%s (%s):", kind, name)
		}
		b.WriteString("\n" + r.text())
		if r.AllTime && a.From != "" {
			b.WriteString(", the best ever")
		}
	}
	if a.Note != "" {
		b.WriteString("\n" + a.Note)
	}
	return b.String()
}

func (r bestView) text() string {
	over, v := r.parts()
	s := over + r.amount(*v)
	if r.PerKg != nil {
		s += " (" + fixed(*r.PerKg, 2) + " W/kg)"
	}
	s += " on " + r.Date
	if r.Ever != nil {
		s += ", best ever " + r.amount(*r.Ever)
	}
	if r.Compared != nil {
		s += ", compared with " + r.amount(*r.Compared)
	}
	return s
}

// parts returns over what a record is, if over anything, and its value.
func (r bestView) parts() (over string, v *float64) {
	switch r.Record {
	case training.RecordPower:
		return clockTime(*r.DurationSeconds) + " ", r.Power
	case training.RecordHeartRate:
		return clockTime(*r.DurationSeconds) + " ", r.HeartRate
	case training.RecordFarthest:
		return clockTime(*r.DurationSeconds) + " ", r.DistanceMeters
	case training.RecordPace:
		return plain(*r.DistanceMeters) + " m ", r.DurationSeconds
	case training.RecordLongest:
		return "", r.DistanceMeters
	case training.RecordLengthy:
		return "", r.DurationSeconds
	case training.RecordAscent, training.RecordClimb:
		return "", r.Gain
	case training.RecordVAM:
	}
	return "", r.VAM
}

// amount writes a value in the record's unit.
func (r bestView) amount(v float64) string {
	switch r.Record {
	case training.RecordPower:
		return fixed(v, 0) + " W"
	case training.RecordHeartRate:
		return fixed(v, 0) + " bpm"
	case training.RecordFarthest, training.RecordLongest:
		return kilometres(v)
	case training.RecordPace, training.RecordLengthy:
		return clockTime(v)
	case training.RecordAscent, training.RecordClimb:
		return fixed(v, 0) + " m"
	case training.RecordVAM:
	}
	return fixed(v, 0) + " m/h"
}
