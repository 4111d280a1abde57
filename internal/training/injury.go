package training

import (
	"context"
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const spikeDays = 30

// injury holds the last four weeks to what went along with injuries in groups.
func (s *Service) injury(ctx context.Context, of asking) ([]Finding, error) {
	h, err := s.HistoryOf(ctx, of.user, HistoryQuery{Days: changeDays, Provider: of.from})
	if err != nil {
		return nil, err
	}
	spike, err := s.longestRunSpike(ctx, of)
	if err != nil {
		return nil, err
	}
	monotony := Finding{Name: "monotony", Value: h.Form.Monotony, Rule: "above 2 illness was more frequent (Foster 1998)"}
	ramp := Finding{Name: "ramp_of_fitness_per_week", Value: h.Form.Ramp, Rule: "above 8 coaches advise caution; no study stands behind it"}
	return []Finding{
		spike, monotony.above(2), ramp.above(8),
		{Name: "acute_chronic_ratio", Value: h.Form.AcuteChronic, Rule: "a description only: critics advise against a limit (Impellizzeri et al. 2020)"},
	}, nil
}

// A runLength is how far a run went, and when.
type runLength struct {
	day    time.Time
	meters float64
}

func (s *Service) runLengths(ctx context.Context, of asking, days int) ([]runLength, error) {
	var list []runLength
	begin := of.clock.Today().AddDate(0, 0, -days)
	rows, err := s.rows(ctx, of.user, pierre.ActivityQuery{Providers: providers(of.from), Sports: runs(), After: begin.AddDate(0, 0, -1), Ascending: true})
	if err != nil {
		return nil, err
	}
	for _, a := range rows {
		if on := of.clock.DayOf(a.Activity); a.DistanceMeters != nil && !on.Before(begin) && !on.After(of.clock.Today()) {
			list = append(list, runLength{on, *a.DistanceMeters})
		}
	}
	return list, nil
}

// longestRunSpike is by how much a run of the last four weeks was longer than any of the 30 days before it.
func (s *Service) longestRunSpike(ctx context.Context, of asking) (Finding, error) {
	f := Finding{
		Name: "longest_run_spike_percent",
		Rule: "a run more than 10 % longer than all of the 30 days before went along with more injuries (Frandsen et al. 2025)",
	}
	list, err := s.runLengths(ctx, of, changeDays+spikeDays)
	if err != nil {
		return f, err
	}
	most, on := math.Inf(-1), time.Time{}
	for i, r := range list {
		longest := 0.0
		for _, before := range list[:i] {
			if daysBetween(before.day, r.day) <= spikeDays {
				longest = max(longest, before.meters)
			}
		}
		if daysBetween(r.day, of.clock.Today()) < changeDays && longest > 0 {
			if spike := 100 * (r.meters/longest - 1); spike > most {
				most, on = spike, r.day
			}
		}
	}
	if math.IsInf(most, 0) {
		f.Value = unavailable(because("no run of the last %d days has another in the %d days before it", changeDays, spikeDays))
		return f, nil
	}
	f.Value = counted(len(list), "distance over the longest of the 30 days before (Frandsen et al. 2025)", most)
	f.Text = "on " + on.Format(time.DateOnly)
	return f.above(10), nil
}

// longestRun is the longest run of the last 30 days in metres, or 0.
func longestRun(list []runLength, today time.Time) float64 {
	longest := 0.0
	for _, r := range list {
		if daysBetween(r.day, today) <= spikeDays {
			longest = max(longest, r.meters)
		}
	}
	return longest
}
