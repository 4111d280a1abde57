package training

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

// A Race is a stretch of a run that is taken for a race.
type Race struct {
	Stretch

	Activity pierre.Activity
	VDOT     fitness.Result
}

// highestVDOT is beyond the published tables: more is an error of the recording.
const highestVDOT = 85

// races returns the fastest stretch over each distance in the athlete's runs of so many days before a
// time, the shortest first.
func (s *Service) races(ctx context.Context, user pierre.UserID, from pierre.Provider, before time.Time, days int) ([]Race, error) {
	q := pierre.ActivityQuery{
		After: before.AddDate(0, 0, -days), Before: before, Providers: providers(from),
		Sports: runs(),
	}
	best := map[float64]Race{}
	err := s.each(ctx, user, q, func(act pierre.Activity, d digest) {
		for _, e := range stretches(act, d) {
			vdot, err := fitness.VDOT(e.Meters, e.Seconds)
			if err != nil || vdot.Value > highestVDOT {
				continue
			}
			if old, ok := best[e.Meters]; !ok || e.Seconds < old.Seconds {
				best[e.Meters] = Race{e, act, vdot}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	races := make([]Race, 0, len(best))
	for _, r := range best {
		races = append(races, r)
	}
	slices.SortFunc(races, func(a, b Race) int { return cmp.Compare(a.Meters, b.Meters) })
	return races, nil
}

func runs() []pierre.Sport {
	return slices.DeleteFunc(pierre.Sports(), func(s pierre.Sport) bool { return !s.IsRun() })
}

// stretches returns the fastest stretches of a run; of one without samples the whole.
func stretches(a pierre.Activity, d digest) []Stretch {
	if d.Efforts == nil && a.DistanceMeters != nil && a.DurationSeconds != nil {
		return []Stretch{{*a.DistanceMeters, *a.DurationSeconds}}
	}
	return d.Efforts
}

// shortestShare of the target is the least length of a stretch that says much about it.
const shortestShare = 0.2

// strongest returns the race with the highest VDOT of those that are not much shorter than the target,
// or else of all.
func strongest(races []Race, target float64) (Race, bool) {
	byVDOT := func(a, b Race) int { return cmp.Compare(a.VDOT.Value, b.VDOT.Value) }
	long := slices.DeleteFunc(slices.Clone(races), func(r Race) bool { return r.Meters < shortestShare*target })
	switch {
	case len(long) > 0:
		return slices.MaxFunc(long, byVDOT), true
	case len(races) > 0:
		return slices.MaxFunc(races, byVDOT), true
	}
	return Race{}, false
}

func noRuns(days int) error {
	return because("there is no run of 1000 m or more in the last %d days", days)
}

// A Record compares the fastest stretch of a run over a distance with the fastest of other runs.
type Record struct {
	Stretch

	Best  float64           // s over the same distance, Seconds or less
	Which pierre.ActivityID // that has it
}

// Records compares the fastest stretches of a run with those of the user's other runs, of one source or of all.
func (s *Service) Records(ctx context.Context, user pierre.UserID, from pierre.Provider, run pierre.Activity) ([]Record, error) {
	if !run.Sport.IsRun() {
		return []Record{}, nil
	}
	var records []Record
	itself := pierre.ActivityQuery{After: run.Start, Before: run.Start.Add(time.Microsecond)}
	err := s.each(ctx, user, itself, func(act pierre.Activity, d digest) {
		if act.ID == run.ID {
			for _, e := range d.Efforts {
				records = append(records, Record{e, e.Seconds, run.ID})
			}
		}
	})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	err = s.each(ctx, user, pierre.ActivityQuery{Sports: runs(), Providers: providers(from)}, func(act pierre.Activity, d digest) {
		for _, e := range d.Efforts {
			at := slices.IndexFunc(records, func(r Record) bool { return r.Meters == e.Meters })
			if at >= 0 && e.Seconds < records[at].Best {
				records[at].Best, records[at].Which = e.Seconds, act.ID
			}
		}
	})
	return records, err
}
