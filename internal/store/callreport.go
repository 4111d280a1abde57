package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// CallSummary adds up the calls of key that started in [from, to), and the calls that were refused in the minutes that
// started then. All of it is of one moment.
func (s *Store) CallSummary(ctx context.Context, key pierre.KeyID, from, to time.Time) (pierre.CallSummary, error) {
	type group struct {
		day           int64
		tool, country string
	}
	var groups map[group]*pierre.UsageSums
	var tools map[string]*pierre.Durations
	err := s.view(ctx, "adding up calls", func(t *tx) error {
		groups, tools = map[group]*pierre.UsageSums{}, map[string]*pierre.Durations{}
		u := usageFilter{key: &key}
		return t.readUsage(ctx, &u, from, to, daySpan, func(id rollupID, sums *pierre.UsageSums) error {
			g := group{floor(id.start, daySpan), id.tool, id.country}
			if groups[g] == nil {
				groups[g] = &pierre.UsageSums{}
			}
			groups[g].AddCounts(sums)
			if sums.Succeeded+sums.Failed > 0 {
				if tools[id.tool] == nil {
					tools[id.tool] = &pierre.Durations{}
				}
				tools[id.tool].Merge(&sums.Durations)
			}
			return nil
		})
	})
	if err != nil {
		return pierre.CallSummary{}, err
	}
	sum := pierre.CallSummary{Tools: tools}
	for g, sums := range groups {
		for status, n := range map[pierre.CallStatus]int64{
			pierre.CallSucceeded: sums.Succeeded, pierre.CallFailed: sums.Failed, pierre.CallRateLimited: sums.Refused,
		} {
			if n > 0 {
				sum.Groups = append(sum.Groups, pierre.CallGroup{Day: time.UnixMicro(g.day).UTC(), Tool: g.tool, Country: g.country, Status: status, Calls: n})
			}
		}
	}
	return sum, nil
}

// maxUsageGroups bounds what a report holds in memory.
const maxUsageGroups = 100_000

// Usage adds up the usage that q asks for. The groups are in order of their starts and of what they are split by; those
// without calls are left out. All of it is of one moment. More than 100 000 groups are [pierre.KindInvalid].
func (s *Store) Usage(ctx context.Context, q pierre.UsageQuery) ([]pierre.UsageGroup, error) {
	u := usageFilter{
		user: q.Customer, tier: q.Tier, tool: q.Tool, from: q.Country,
		single: q.Split == pierre.SplitKey || q.Split == pierre.SplitUser,
	}
	if q.Key != "" {
		u.key = &q.Key
	}
	longest := daySpan
	switch q.By {
	case pierre.PeriodMinute:
		longest = minuteSpan
	case pierre.PeriodHour:
		longest = hourSpan
	default:
	}
	var groups map[usageGroup]*pierre.UsageSums
	err := s.view(ctx, "adding up usage", func(t *tx) error {
		groups = map[usageGroup]*pierre.UsageSums{}
		return t.readUsage(ctx, &u, q.From, q.To, longest, func(id rollupID, sums *pierre.UsageSums) error {
			g := usageGroup{of: splitBy(q.Split, id)}
			if q.By != "" {
				start, _ := q.By.Window(time.UnixMicro(id.start))
				g.start = start.UnixMicro()
			}
			if groups[g] == nil {
				if len(groups) == maxUsageGroups {
					return pierre.Invalid("group_by", "This report has more than %d rows; ask for a shorter time or longer groups.", maxUsageGroups)
				}
				groups[g] = &pierre.UsageSums{}
			}
			groups[g].Add(sums)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return listGroups(groups, q.By != ""), nil
}

// A usageGroup is what the calls of a row of a report have in common.
type usageGroup struct {
	start int64 // of their time, if they are grouped by it
	of    string
}

// listGroups returns the rows of a report in the order of their times and names.
func listGroups(groups map[usageGroup]*pierre.UsageSums, timed bool) []pierre.UsageGroup {
	list := make([]pierre.UsageGroup, 0, len(groups))
	order := func(a, b usageGroup) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.of, b.of)) }
	for _, g := range slices.SortedFunc(maps.Keys(groups), order) {
		row := pierre.UsageGroup{Of: g.of, UsageSums: *groups[g]}
		if timed {
			row.Start = time.UnixMicro(g.start).UTC()
		}
		list = append(list, row)
	}
	return list
}

func splitBy(split pierre.UsageSplit, id rollupID) string {
	switch split {
	case pierre.SplitTool:
		return id.tool
	case pierre.SplitCountry:
		return id.country
	case pierre.SplitKey:
		return string(id.key)
	case pierre.SplitUser:
		return string(id.customer)
	case pierre.SplitTier:
		return string(id.tier)
	default:
		return ""
	}
}
