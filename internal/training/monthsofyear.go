package training

import (
	"context"
	"fmt"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/pierre-mcp/pierre/fitness"
)

const (
	seasonMonths = 60
	leastMonths  = 36
)

// monthsOfYear tests whether the months of the year differ in hours, from that of the first activity on.
func (s *Service) monthsOfYear(ctx context.Context, of asking, from, to time.Time) ([]Finding, error) {
	begin, err := s.begin(ctx, of, "", from, to)
	if err != nil {
		return nil, err
	}
	first := begin.AddDate(0, 0, 1-begin.Day())
	days, err := s.volumes(ctx, of, "", first, to)
	if err != nil {
		return nil, err
	}
	groups, months := make([][]float64, 12), 0
	for at := 0; at < len(days); months++ {
		next := at + daysBetween(first, first.AddDate(0, 1, 0))
		m := first.Month() - 1
		groups[m] = append(groups[m], total(days[at:next]).Seconds/3600)
		at, first = next, first.AddDate(0, 1, 0)
	}
	f := Finding{Name: "chance_of_no_season_percent", Rule: "below 5 % the months of the year differ in hours (Kruskal & Wallis 1952)", Text: peaks(groups)}
	if months < leastMonths {
		f.Value = unavailable(because("seasons need %d whole months, and there are %d", leastMonths, months))
		return []Finding{f}, nil
	}
	test, err := fitness.Groups(groups)
	if err != nil {
		f.Value = unavailable(err)
		return []Finding{f}, nil
	}
	f.Value = Value{100 * test.Probability, Evidence{Method: test.Method, Inputs: []Input{
		{Name: "months", Value: new(float64(months)), Source: Recorded}, {Name: "kruskal_wallis_h", Value: new(test.Statistic), Decimals: 1, Source: Recorded},
	}}}
	f.Detected = new(test.Significant())
	return []Finding{f}, nil
}

// peaks names the months with the most and the fewest hours.
func peaks(groups [][]float64) string {
	most, least := -1, -1
	mean := func(m int) float64 { return stat.Mean(groups[m], nil) }
	for m, g := range groups {
		if len(g) == 0 {
			continue
		}
		if most < 0 || mean(m) > mean(most) {
			most = m
		}
		if least < 0 || mean(m) < mean(least) {
			least = m
		}
	}
	if most < 0 || most == least {
		return ""
	}
	return fmt.Sprintf("most in %s (%.1f h), least in %s (%.1f h)", time.Month(most+1), mean(most), time.Month(least+1), mean(least))
}
