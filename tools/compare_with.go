package tools

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (c *Catalog) compare(ctx context.Context, user pierre.UserID, args compareArgs) (answer, error) {
	act, err := c.activity(ctx, user, args.ID)
	if err != nil {
		return nil, err
	}
	kind := cmp.Or(args.Type, compareGiven)
	others, method, err := c.others(ctx, user, act, args)
	if err != nil {
		return nil, err
	}
	a := compareAnswer{
		Activity: viewActivity(act), Differences: []difference{},
		With: comparedWith{Type: kind, Method: method, Count: len(others), Activities: viewCompared(others)},
	}
	if len(others) == 0 {
		a.Note = "There is no such activity of the same kind to compare with."
		return a, nil
	}
	sum := meanOf
	if kind == compareBest {
		sum = mostOf
		if a.Efforts, err = c.bestEffortsOf(ctx, user, act, others); err != nil {
			return nil, err
		}
	}
	for _, f := range comparedFields() {
		if d, ok := compareField(f, act, others, sum); ok {
			a.Differences = append(a.Differences, d)
		}
	}
	return a, nil
}

// others returns the activities to compare act with, the newest first, and says how they were chosen.
func (c *Catalog) others(ctx context.Context, user pierre.UserID, act pierre.Activity, args compareArgs) ([]pierre.Activity, string, error) {
	if args.Others != nil {
		var others []pierre.Activity
		for _, id := range args.Others {
			o, err := c.activity(ctx, user, id)
			if err != nil {
				return nil, "", err
			}
			others = append(others, o)
		}
		return others, "the mean of the given activities", nil
	}
	q := pierre.ActivityQuery{Sports: kindOf(act.Sport)}
	if args.Provider != "" {
		q.Providers = []pierre.Provider{args.Provider}
	}
	var method string
	switch args.Type {
	case compareRecent:
		q.Before, q.Limit, method = act.Start, recentCompared, fmt.Sprintf("the mean of the %d before it of the same kind of sport", recentCompared)
	case compareAverage:
		q.Before, q.After = act.Start, act.Start.AddDate(0, 0, -averageDays)
		method = fmt.Sprintf("the mean of the %d days before it, the same kind of sport", averageDays)
	case compareBest:
		method = "the highest of all others of the same kind of sport; speed and power only of those at least 90 % as long"
	default:
		method = fmt.Sprintf("the mean of the newest %d of the same kind of sport within 10 %% of its distance, or of its duration if it has no distance", similarMost)
	}
	page, err := c.data.Activities(ctx, user, q)
	others := slices.DeleteFunc(page.Activities, func(o pierre.Activity) bool {
		return o.ID == act.ID || args.Type == compareSimilar && !similar(act, o)
	})
	if args.Type == compareSimilar {
		others = others[:min(len(others), similarMost)]
	}
	return others, method, err
}

// kindOf returns the sports that are compared with each other.
func kindOf(s pierre.Sport) []pierre.Sport {
	for _, same := range []func(pierre.Sport) bool{pierre.Sport.IsRun, pierre.Sport.IsRide} {
		if same(s) {
			return slices.DeleteFunc(pierre.Sports(), func(o pierre.Sport) bool { return !same(o) })
		}
	}
	return []pierre.Sport{s}
}

func similar(a, b pierre.Activity) bool {
	va, vb := a.DistanceMeters, b.DistanceMeters
	if va == nil {
		va, vb = a.DurationSeconds, b.DurationSeconds
	}
	return va != nil && vb != nil && math.Abs(*va-*vb) <= similarWithin**va
}

// A summing makes one number of a field of several activities, and says of how many, and which if it is of one.
type summing func(f compared, act pierre.Activity, others []pierre.Activity) (v float64, of int, which pierre.ActivityID)

func meanOf(f compared, _ pierre.Activity, others []pierre.Activity) (v float64, of int, which pierre.ActivityID) {
	for _, o := range others {
		if x := f.of(o.Totals); x != nil {
			v += *x
			of++
		}
	}
	return v / float64(of), of, ""
}

func mostOf(f compared, act pierre.Activity, others []pierre.Activity) (v float64, of int, which pierre.ActivityID) {
	if f.name == "average_heart_rate_bpm" || f.name == "average_cadence_rpm" {
		return 0, 0, "" // more is not better
	}
	for _, o := range others {
		x := f.of(o.Totals)
		if x == nil || isIntensity(f.name) && !atLeastAsLong(o, act) {
			continue
		}
		of++
		if *x > v {
			v, which = *x, o.ID
		}
	}
	return v, of, which
}

func isIntensity(field string) bool {
	return strings.HasSuffix(field, "_mps") || strings.HasSuffix(field, "_watts")
}

// atLeastAsLong reports whether o is not so much shorter than act that its intensity says nothing.
func atLeastAsLong(o, act pierre.Activity) bool {
	vo, va := o.DistanceMeters, act.DistanceMeters
	if va == nil {
		vo, va = o.DurationSeconds, act.DurationSeconds
	}
	return vo != nil && va != nil && *vo >= (1-similarWithin)**va
}

func compareField(f compared, act pierre.Activity, others []pierre.Activity, sum summing) (difference, bool) {
	own := f.of(act.Totals)
	if own == nil {
		return difference{}, false
	}
	ref, n, which := sum(f, act, others)
	if n == 0 || ref == 0 {
		return difference{}, false
	}
	return difference{f.name, rounded(*own, 2), rounded(ref, 2), rounded(100*(*own-ref)/ref, 1), n, which}, true
}

// bestEffortsOf compares the fastest stretches of a run with the fastest of all.
func (c *Catalog) bestEffortsOf(ctx context.Context, user pierre.UserID, act pierre.Activity, others []pierre.Activity) ([]bestOf, error) {
	if !act.Sport.IsRun() {
		return nil, nil
	}
	efforts, err := c.training.BestEfforts(ctx, user)
	if err != nil {
		return nil, err
	}
	var best []bestOf
	for _, e := range efforts[act.ID] {
		b := bestOf{Meters: rounded(e.Meters, 1), Seconds: rounded(e.Seconds, 1), Best: rounded(e.Seconds, 1), IsBest: true, Which: act.ID}
		least := e.Seconds
		for _, o := range others {
			for _, x := range efforts[o.ID] {
				if x.Meters == e.Meters && x.Seconds < least {
					least, b.Best, b.IsBest, b.Which = x.Seconds, rounded(x.Seconds, 1), false, o.ID
				}
			}
		}
		best = append(best, b)
	}
	return best, nil
}

func viewCompared(others []pierre.Activity) []comparedView {
	views := make([]comparedView, min(len(others), comparedShown))
	for i := range views {
		o := others[i]
		views[i] = comparedView{o.ID, shorten(o.Name, 60), timestamp(o.Start), round(o.DistanceMeters), round(o.DurationSeconds)}
	}
	return views
}

func (a compareAnswer) text() string {
	lines := []string{a.Activity.line(), fmt.Sprintf("compared with %s (%d activities)", a.With.Method, a.With.Count)}
	for _, d := range a.Differences {
		lines = append(lines, fmt.Sprintf("%s: %s against %s (%+.1f %%)", d.Field, plain(*d.Value), plain(*d.Reference), *d.Percent))
	}
	for _, e := range a.Efforts {
		verdict := "personal best"
		if !e.IsBest {
			verdict = "best is " + clockTime(*e.Best) + " in " + string(e.Which)
		}
		lines = append(lines, fmt.Sprintf("%s m in %s: %s", plain(*e.Meters), clockTime(*e.Seconds), verdict))
	}
	if a.Note != "" {
		lines = append(lines, a.Note)
	}
	return strings.Join(lines, "\n")
}
