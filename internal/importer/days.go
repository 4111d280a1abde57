package importer

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// days keeps the values of days that a file has, and says of each kind how many days have one. Values of days to come are from
// a wrong clock, and left out.
func (i *Importer) days(ctx context.Context, user pierre.UserID, res activityfile.Result, row *pierre.ImportRow) error {
	until := i.now().AddDate(0, 0, 1)
	values := slices.DeleteFunc(slices.Clone(res.Days), func(v pierre.Wellness) bool { return v.Day.After(until) })
	if n := len(res.Days) - len(values); n > 0 {
		row.Warnings = append(row.Warnings, human.Plural(n, "value")+" left out: of days that are yet to come")
	}
	if res.Partly && len(values) > 0 {
		var err error
		if values, err = i.larger(ctx, user, values); err != nil {
			return err
		}
	}
	for kind, of := range byKind(values) {
		i.opts.Pause(ctx)
		changed, err := i.store.KeepWellness(ctx, user, i.now(), of)
		if err != nil {
			return err
		}
		row.Days = append(row.Days, pierre.ImportedDays{
			Kind: kind, Source: of[0].Source, Days: len(of), Changed: changed,
			First: of[0].Day.Format(time.DateOnly), Last: of[len(of)-1].Day.Format(time.DateOnly),
		})
	}
	return nil
}

// byKind returns the values of each kind, in the order of the kinds.
func byKind(values []pierre.Wellness) iter.Seq2[pierre.WellnessKind, []pierre.Wellness] {
	of := map[pierre.WellnessKind][]pierre.Wellness{}
	for _, v := range values {
		of[v.Kind] = append(of[v.Kind], v)
	}
	return func(yield func(pierre.WellnessKind, []pierre.Wellness) bool) {
		for _, r := range pierre.WellnessKinds() {
			if len(of[r.Kind]) > 0 && !yield(r.Kind, of[r.Kind]) {
				return
			}
		}
	}
}

// larger leaves out what a part of a day gives less of than is kept already: what is added up in the course of a day only grows,
// and so does a night, all values of which stay together.
func (i *Importer) larger(ctx context.Context, user pierre.UserID, values []pierre.Wellness) ([]pierre.Wellness, error) {
	var kinds []pierre.WellnessKind
	for _, r := range pierre.WellnessKinds() {
		if days.Adds(r.Kind) || days.OfNight(r.Kind) {
			kinds = append(kinds, r.Kind)
		}
	}
	kept, err := i.store.Wellness(ctx, user, pierre.WellnessQuery{
		Kinds: kinds, Sources: []pierre.Provider{values[0].Source}, First: values[0].Day, Last: values[len(values)-1].Day,
	})
	if err != nil {
		return nil, err
	}
	unvalued := func(v pierre.Wellness) pierre.Wellness {
		v.Value = 0
		return v
	}
	before, shorter := map[pierre.Wellness]float64{}, map[time.Time]bool{}
	for _, v := range kept {
		before[unvalued(v)] = v.Value
	}
	for _, v := range values {
		if v.Kind == pierre.WellnessSleep && v.Value < before[unvalued(v)] {
			shorter[v.Day] = true
		}
	}
	return slices.DeleteFunc(values, func(v pierre.Wellness) bool {
		return days.Adds(v.Kind) && v.Value < before[unvalued(v)] || days.OfNight(v.Kind) && shorter[v.Day]
	}), nil
}
