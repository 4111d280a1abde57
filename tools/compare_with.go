package tools

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) compare(ctx context.Context, user pierre.UserID, args compareArgs) (compareAnswer, error) {
	act, err := c.activity(ctx, user, args.ID)
	if err != nil {
		return compareAnswer{}, err
	}
	with, err := c.comparison(ctx, user, act, args)
	if err != nil {
		return compareAnswer{}, err
	}
	a := compareAnswer{
		Activity: viewActivity(act), Differences: []difference{},
		With: comparedWith{cmp.Or(training.ComparisonKind(args.Type), training.CompareGiven), with.Method, with.Count, viewCompared(with.Newest)},
	}
	if a.Note, err = c.sameIn(ctx, user, args); err != nil {
		return compareAnswer{}, err
	}
	if with.Count == 0 {
		a.Note = joined("There is no such activity of the same kind to compare with.", a.Note)
		return a, nil
	}
	a.Differences = viewDifferences(with)
	if training.ComparisonKind(args.Type) == training.CompareBest {
		records, err := c.training.Records(ctx, user, args.Provider, act)
		if err != nil {
			return compareAnswer{}, err
		}
		for _, r := range records {
			a.Efforts = append(a.Efforts, bestOf{rounded(r.Meters, 1), rounded(r.Seconds, 1), rounded(r.Best, 1), r.Which == act.ID, r.Which})
		}
	}
	return a, nil
}

func (c *Catalog) comparison(ctx context.Context, user pierre.UserID, act pierre.Activity, args compareArgs) (training.Comparison, error) {
	if args.Others == nil {
		return c.training.Compare(ctx, user, act, training.ComparisonKind(args.Type), args.Provider)
	}
	var others []pierre.Activity
	for _, id := range args.Others {
		o, err := c.activity(ctx, user, id)
		if err != nil {
			return training.Comparison{}, err
		}
		others = append(others, o)
	}
	return training.CompareWith(act, others), nil
}

// sameIn says what is likely there twice: given activities say so themselves.
func (c *Catalog) sameIn(ctx context.Context, user pierre.UserID, args compareArgs) (string, error) {
	if args.Others != nil {
		return "", nil
	}
	twins, err := c.likelyTwice(ctx, user)
	return countedOnce(twins), err
}

func viewCompared(others []pierre.Activity) []comparedView {
	views := make([]comparedView, len(others))
	for i := range views {
		o := others[i]
		views[i] = comparedView{o.ID, shorten(o.Name, 60), timestamp(o.Start), round(o.DistanceMeters), round(o.DurationSeconds), o.Twin}
	}
	return views
}

func (a compareAnswer) text() string {
	lines := []string{a.Activity.line(), fmt.Sprintf("compared with %s (%s)", a.With.Method, human.Plural(a.With.Count, "activity"))}
	for _, o := range a.With.Activities {
		if o.MayBeSameAs != "" {
			lines = append(lines, fmt.Sprintf("%s may be the same as %s, which counts in its place", o.ID, o.MayBeSameAs))
		}
	}
	for _, d := range a.Differences {
		lines = append(lines, fmt.Sprintf("%s: %s against %s (%s %%)", d.Field, plain(*d.Value), plain(*d.Reference), signed(*d.Percent, 1)))
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

func viewDifferences(with training.Comparison) []difference {
	list := []difference{}
	for _, d := range with.Fields {
		v := difference{comparedField(d.Field), rounded(d.Own, 2), rounded(d.Reference, 2), rounded(d.Percent(), 1), d.Activities, d.Which}
		if v.Value != nil && v.Reference != nil && v.Percent != nil {
			list = append(list, v)
		}
	}
	return list
}
