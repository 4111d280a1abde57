package tools

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// evidenceDays is how old a run may be to speak for an athlete's shape.
const evidenceDays = 180

// A race is a stretch that is taken for one.
type race struct {
	effort

	activity pierre.Activity
	vdot     fitness.Result // the zero Result if it has none
}

// highestVDOT is beyond the published tables: more is an error of the recording.
const highestVDOT = 85

// races returns the fastest stretch over each distance in the athlete's runs of the [evidenceDays] before a
// time, the shortest first.
func (c *Catalog) races(ctx context.Context, user pierre.UserID, from pierre.Provider, before time.Time) ([]race, error) {
	q := pierre.ActivityQuery{
		After: before.AddDate(0, 0, -evidenceDays), Before: before,
		Sports: []pierre.Sport{pierre.SportRun, pierre.SportTrailRunning, pierre.SportVirtualRun},
	}
	if from != "" {
		q.Providers = []pierre.Provider{from}
	}
	page, err := c.data.Activities(ctx, user, q)
	if err != nil || len(page.Activities) == 0 {
		return nil, err
	}
	digests, err := c.digests(ctx, user, q.After)
	if err != nil {
		return nil, err
	}
	best := map[float64]race{}
	for _, act := range page.Activities {
		for _, e := range stretches(act, digests[act.ID]) {
			r := race{effort: e, activity: act}
			r.vdot, err = fitness.VDOT(e.Meters, e.Seconds)
			if err != nil || r.vdot.Value > highestVDOT {
				continue
			}
			if old, ok := best[e.Meters]; !ok || e.Seconds < old.Seconds {
				best[e.Meters] = r
			}
		}
	}
	races := make([]race, 0, len(best))
	for _, r := range best {
		races = append(races, r)
	}
	slices.SortFunc(races, func(a, b race) int { return cmp.Compare(a.Meters, b.Meters) })
	return races, nil
}

// stretches returns the fastest stretches of a run; of one without samples the whole.
func stretches(a pierre.Activity, d digest) []effort {
	if d.Efforts == nil && a.DistanceMeters != nil && a.DurationSeconds != nil {
		return []effort{{*a.DistanceMeters, *a.DurationSeconds}}
	}
	return d.Efforts
}

// shortestShare of the target is the least length of a stretch that says much about it.
const shortestShare = 0.2

// strongest returns the race with the highest VDOT of those that are not much shorter than the target,
// or else of all.
func strongest(races []race, target float64) (race, bool) {
	byVDOT := func(a, b race) int { return cmp.Compare(a.vdot.Value, b.vdot.Value) }
	long := slices.DeleteFunc(slices.Clone(races), func(r race) bool { return r.Meters < shortestShare*target })
	switch {
	case len(long) > 0:
		return slices.MaxFunc(long, byVDOT), true
	case len(races) > 0:
		return slices.MaxFunc(races, byVDOT), true
	}
	return race{}, false
}

func (r race) view(clk clock) effortView {
	return effortView{
		Meters: rounded(r.Meters, 1), Seconds: rounded(r.Seconds, 1), VDOT: rounded(r.vdot.Value, 1),
		Date: day(clk.local(r.activity)).Format(time.DateOnly), ActivityID: r.activity.ID,
	}
}
