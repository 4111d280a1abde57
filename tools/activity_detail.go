package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) getActivity() tool {
	return declare(c, spec{
		name:  "get_activity",
		title: "Show one activity",
		doc: "Shows one activity with its laps, splits, intervals, climbs, fastest stretches, sources and a summary of its samples (count, gaps, mean, min, max per channel). " +
			"Ask for series only when the course of a value within the activity matters.",
	}, c.showActivity)
}

type activityArgs struct {
	ID        pierre.ActivityID `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Provider  pierre.Provider   `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
	LapOffset int               `json:"lap_offset,omitempty" jsonschema:"Skip this many laps: next_lap_offset of the previous answer." brief:"next_lap_offset of the previous answer" limits:"0,10000" default:"0"`
	Splits    splitUnit         `json:"splits,omitempty" jsonschema:"Splits of this length, on foot with grade-adjusted pace. Default: km for runs, if there is room." brief:""`
	Series    *seriesArgs       `json:"series,omitempty" jsonschema:"Also show these samples, thinned. Costs about 15 bytes per point and channel." brief:"samples, thinned"`
}

type activityAnswer struct {
	activityView

	Description         string              `json:"description,omitempty"`
	Note                string              `json:"note,omitempty" jsonschema:"the athlete's own"`
	Said                []string            `json:"own_words,omitempty" jsonschema:"what counts as the athlete said it here, whatever files say"`
	ElevationLossMeters *float64            `json:"elevation_loss_meters,omitempty"`
	MaxPowerWatts       *float64            `json:"max_power_watts,omitempty"`
	MaxSpeedMPS         *float64            `json:"max_speed_mps,omitempty"`
	MultisportID        string              `json:"multisport_id,omitempty" jsonschema:"the same for all parts of one multisport recording"`
	Sources             []sourceView        `json:"sources" jsonschema:"where the activity was read; the values are those of the primary source"`
	Warnings            []string            `json:"warnings,omitempty" jsonschema:"what was odd about the recording"`
	LikelyTwice         []pierre.ActivityID `json:"possible_duplicates,omitempty" jsonschema:"probably recordings of this activity, not counted in sums and loads"`
	LapCount            int                 `json:"lap_count"`
	Splits              *splitsView         `json:"splits,omitempty" jsonschema:"parts of a km or mile each"`
	Climbs              *climbsView         `json:"climbs,omitempty" jsonschema:"the five highest, of rides and on foot"`
	Intervals           *intervalsView      `json:"intervals,omitempty" jsonschema:"the sets of a structured session, or why there are none; absent without samples, and of sports other than endurance"`
	Fastest             *effortCurve        `json:"fastest,omitempty" jsonschema:"the fastest over each distance that the sport has records of"`
	Laps                []lapView           `json:"laps,omitempty"`
	NextLapOffset       int                 `json:"next_lap_offset,omitempty" jsonschema:"argument lap_offset for the next laps; absent after the last"`
	Summary             *seriesSummary      `json:"series_summary,omitempty" jsonschema:"the samples, summed up; absent if there are none"`
	Series              []sampled           `json:"series,omitempty" jsonschema:"the samples asked for, thinned"`
}

type sourceView struct {
	Provider   pierre.Provider `json:"provider"`
	ExternalID string          `json:"external_id,omitempty" jsonschema:"the provider's own id"`
	File       string          `json:"file,omitempty"`
	Format     string          `json:"format"`
	Imported   string          `json:"imported" jsonschema:"UTC"`
	Primary    bool            `json:"primary"`
}

// A lapView leaves out what laps seldom differ in.
type lapView struct {
	Number              int      `json:"number" jsonschema:"from 1"`
	StartSeconds        *float64 `json:"start_seconds,omitempty" jsonschema:"after the activity's start"`
	DistanceMeters      *float64 `json:"distance_meters,omitempty"`
	DurationSeconds     *float64 `json:"duration_seconds,omitempty" jsonschema:"moving or timer time"`
	ElevationGainMeters *float64 `json:"elevation_gain_meters,omitempty"`
	AverageHeartRateBPM *float64 `json:"average_heart_rate_bpm,omitempty"`
	MaxHeartRateBPM     *float64 `json:"max_heart_rate_bpm,omitempty"`
	AveragePowerWatts   *float64 `json:"average_power_watts,omitempty"`
	AverageSpeedMPS     *float64 `json:"average_speed_mps,omitempty"`
	AverageCadenceRPM   *float64 `json:"average_cadence_rpm,omitempty"`
}

func (c *Catalog) showActivity(ctx context.Context, user pierre.UserID, args activityArgs) (activityAnswer, error) {
	rec, sources, err := c.recordingFrom(ctx, user, args.ID, args.Provider)
	if err != nil {
		return activityAnswer{}, err
	}
	a := activityAnswer{
		activityView: viewActivity(rec.Activity),
		Description:  shorten(rec.Description, 400),
		Note:         shorten(rec.Note, 1000),
		Said:         rec.Said,
		MultisportID: rec.MultisportID,
		Sources:      viewSources(sources),
		LapCount:     len(rec.Laps),
		Warnings:     viewWarnings(rec.Warnings),
		Summary:      summarize(rec.Activity, rec.Series),
	}
	if a.LikelyTwice, err = c.twinsOf(ctx, user, args.ID); err != nil {
		return a, err
	}
	showTotals(&a, rec.Totals, 3)
	if args.LapOffset == 0 {
		a = a.withIntervals(viewIntervals(rec)).withClimbs(viewClimbs(rec)).withFastest(training.FastestOf(rec))
	}
	if args.Splits != "" {
		a.Splits = viewSplits(rec, args.Splits)
	}
	a.Laps, a.NextLapOffset = viewLaps(rec.Sport, rec.Laps, args.LapOffset, a.room())
	if args.Splits == "" && args.LapOffset == 0 && rec.Sport.IsRun() {
		a = a.withSplits(viewSplits(rec, splitKilometer))
	}
	if args.Series != nil {
		a.Series = args.Series.sample(rec.Series)
	}
	return a, nil
}

// room returns how many bytes an answer of the usual size has left.
func (a activityAnswer) room() int { return answerBytes - encodedSize(a) - encodedSize(a.text()) }

// withSplits adds splits that nobody asked for if there are any and there is room for all.
func (a activityAnswer) withSplits(v *splitsView) activityAnswer {
	without := a
	if a.Splits = v; v.Rows == nil || a.room() < 0 {
		return without
	}
	return a
}

// withIntervals adds intervals: without each single one if there is too little room for them beside some laps.
func (a activityAnswer) withIntervals(v *intervalsView) activityAnswer {
	if a.Intervals = v; v != nil && a.room() < leastLaps {
		a.Intervals = v.briefly()
	}
	return a
}

// withClimbs adds climbs if there are any and room for them beside some laps.
func (a activityAnswer) withClimbs(v *climbsView) activityAnswer {
	without := a
	if a.Climbs = v; v == nil || a.room() < leastLaps {
		return without
	}
	return a
}

// withFastest adds the fastest stretches if there are any and room for them beside some laps.
func (a activityAnswer) withFastest(curve training.EffortCurve) activityAnswer {
	without := a
	if a.Fastest = new(viewEffortCurve(curve)); curve.Err != nil || a.room() < leastLaps {
		return without
	}
	return a
}

// leastLaps is the room in bytes that laps have in any case.
const leastLaps = 1500

// twinsOf returns activities in whose place the one with that id counts.
func (c *Catalog) twinsOf(ctx context.Context, user pierre.UserID, id pierre.ActivityID) ([]pierre.ActivityID, error) {
	const most = 10
	page, err := c.data.Activities(ctx, user, pierre.ActivityQuery{Twin: id, Limit: most, Uncounted: true})
	var ids []pierre.ActivityID
	for _, a := range page.Activities {
		ids = append(ids, a.ID)
	}
	return ids, err
}

// recordingFrom reads a recording that must have a source of the given provider, if one is given.
func (c *Catalog) recordingFrom(
	ctx context.Context, user pierre.UserID, id pierre.ActivityID, from pierre.Provider,
) (pierre.Recording, []pierre.Source, error) {
	rec, err := c.data.Recording(ctx, user, id)
	if err != nil {
		return rec, nil, unknownActivity(err, id)
	}
	sources, err := c.data.Sources(ctx, user, id)
	if err != nil {
		return rec, nil, unknownActivity(err, id)
	}
	if from != "" && !slices.ContainsFunc(sources, func(s pierre.Source) bool { return s.Provider == from }) {
		return rec, nil, &pierre.Error{
			Kind: pierre.KindNotFound, Field: "provider",
			Msg: fmt.Sprintf("Activity %s has no record from %s but from %s; leave provider out.", id, from, sources[0].Provider),
		}
	}
	return rec, sources, nil
}

func viewSources(sources []pierre.Source) []sourceView {
	const most = 5
	views := make([]sourceView, min(len(sources), most))
	for i := range views {
		s := sources[i]
		views[i] = sourceView{s.Provider, shorten(s.ExternalID, 40), shorten(s.File, 120), s.Format, s.Imported.Format(time.RFC3339), s.Primary}
	}
	return views
}

// viewLaps shows as many laps from offset on as there is room for in bytes, but at least one, and where the next
// ones begin, 0 after the last. A swim can have hundreds.
func viewLaps(sport pierre.Sport, laps []pierre.Lap, offset, room int) (views []lapView, next int) {
	const rest = 100 // bytes, of the list itself and of what is said about the next laps
	room -= rest
	for i := offset; i < len(laps); i++ {
		l := laps[i]
		v := lapView{Number: i + 1, StartSeconds: rounded(l.StartSeconds, 3)}
		showTotals(&v, l.Totals, 3)
		if room -= encodedSize(v) + encodedSize(v.text(sport)); room < 0 && views != nil {
			return views, i
		}
		views = append(views, v)
	}
	return views, 0
}

// text says of laps on foot and in the water how fast they were: nobody counts that in kilometres an hour.
func (l lapView) text(sport pierre.Sport) string {
	s := fmt.Sprintf("lap %d:", l.Number)
	d, swum := l.DistanceMeters, sport == pierre.SportSwim
	switch {
	case d != nil && swum && *d == 0:
		s += " rest"
	case d != nil && swum:
		s += " " + fixed(*d, 0) + " m"
	case d != nil:
		s += " " + kilometres(*d)
	}
	if l.DurationSeconds != nil {
		s += " " + clockTime(*l.DurationSeconds)
	}
	if d != nil && l.DurationSeconds != nil {
		s += paceText(sport, *d, *l.DurationSeconds)
	}
	if l.AverageHeartRateBPM != nil {
		s += " " + fixed(*l.AverageHeartRateBPM, 0) + " bpm"
	}
	if l.AveragePowerWatts != nil {
		s += " " + fixed(*l.AveragePowerWatts, 0) + " W"
	}
	return s
}

// paceText is the pace of some metres on foot or in the water, "" in other sports.
func paceText(sport pierre.Sport, meters, seconds float64) string {
	if _, ok := fitness.Pace(meters/seconds, 1); !ok || !sport.OnFoot() && sport != pierre.SportSwim {
		return ""
	}
	return " " + paceOf(meters/seconds, paceLength(sport))
}

func (a activityAnswer) text() string {
	var b strings.Builder
	b.WriteString(a.line())
	for _, w := range a.Warnings {
		b.WriteString("\nwarning: " + w)
	}
	if a.Note != "" {
		b.WriteString("\nnote: " + shorten(a.Note, 120))
	}
	if a.LapCount > 0 {
		b.WriteString("\n" + human.Plural(a.LapCount, "lap"))
	}
	for _, l := range a.Laps {
		b.WriteString("\n" + l.text(a.SportType))
	}
	if a.NextLapOffset != 0 {
		fmt.Fprintf(&b, "\nmore laps with lap_offset %d", a.NextLapOffset)
	}
	if a.Intervals != nil {
		b.WriteString("\n" + a.Intervals.text())
	}
	if a.Climbs != nil {
		b.WriteString("\n" + a.Climbs.text())
	}
	if a.Fastest != nil {
		b.WriteString("\n" + a.Fastest.Method + ":" + a.Fastest.points())
	}
	if a.Splits != nil {
		b.WriteString("\n" + a.Splits.text())
	}
	if a.Summary != nil {
		b.WriteString("\n" + a.Summary.text())
	}
	for _, s := range a.Series {
		b.WriteString("\n" + s.text())
	}
	return b.String()
}
