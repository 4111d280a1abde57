package account

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	days       = 30 // that are shown
	chartTools = 4  // tools with a line of their own
	maxPages   = 50 // of a download
	pageRows   = 10_000
)

// month returns the first and the last of the days that are shown.
func (s *Site) month() (from, to time.Time) {
	to = s.opts.Now().UTC().Truncate(24 * time.Hour)
	return to.AddDate(0, 0, 1-days), to
}

// fillUsage adds what the customer's keys did together.
func (s *Site) fillUsage(ctx context.Context, data *overviewData, user pierre.UserID) error {
	from, to := s.month()
	f := adminapi.UsageFilter{User: user, From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), GroupBy: pierre.PeriodDay, SplitBy: pierre.SplitTool}
	b, err := s.server.Breakdown(ctx, f)
	if err != nil {
		return err
	}
	data.Chart = chartOf(b, from, to)
	f.GroupBy = ""
	tools, err := s.server.Breakdown(ctx, f)
	if err != nil {
		return err
	}
	data.Tools = tools.Rows
	slices.SortFunc(data.Tools, func(a, b usage.BreakdownRow) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(*a.Value, *b.Value))
	})
	data.Refused = refusedDays(b)
	t := b.Totals
	data.Stats = []ui.Stat{
		{Label: "Calls", Value: human.Count(t.Succeeded + t.Failed), Note: "in 30 days"},
		{Label: "Failed", Value: human.Count(t.Failed)},
		{Label: "Refused by a limit", Value: human.Count(t.RateLimited)},
	}
	if t.Response != nil {
		data.Stats = append(data.Stats, ui.Stat{Label: "Answered within", Value: ui.Milliseconds(t.Response.P95), Note: "95 of 100 calls"})
	}
	return nil
}

// refusedDays adds up the calls of each day that a limit refused, the latest day first.
func refusedDays(b usage.Breakdown) []usage.BreakdownRow {
	var list []usage.BreakdownRow
	for _, row := range slices.Backward(b.Rows) {
		if row.RateLimited == 0 {
			continue
		}
		if n := len(list); n > 0 && list[n-1].Start.Equal(*row.Start) {
			list[n-1].RateLimited += row.RateLimited
			continue
		}
		list = append(list, usage.BreakdownRow{Start: row.Start, Sums: usage.Sums{RateLimited: row.RateLimited}})
	}
	return list
}

// chartOf draws the calls of each day by tool, the less used ones as one line.
func chartOf(b usage.Breakdown, from, to time.Time) ui.Chart {
	c := ui.Chart{ID: "usage", Title: "Calls per day", Kind: "bars", Unit: "calls"}
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		c.At = append(c.At, d)
	}
	total := map[string]int64{}
	for _, row := range b.Rows {
		total[*row.Value] += row.Requests
	}
	names := slices.SortedFunc(maps.Keys(total), func(x, y string) int { return cmp.Or(cmp.Compare(total[y], total[x]), cmp.Compare(x, y)) })
	if len(names) > 1 {
		c.Kind = "parts"
	}
	tones := [...]string{"part1", "part2", "part3", "part4", "part5"}
	line := map[string]int{}
	for i, name := range names {
		n := min(i, chartTools)
		line[name] = n
		if n < len(c.Lines) {
			continue
		}
		if n == chartTools {
			name = "other tools"
		}
		values := make([]*float64, len(c.At))
		for d := range values {
			values[d] = new(float64)
		}
		c.Lines = append(c.Lines, ui.Line{Name: name, Tone: tones[n], Values: values})
	}
	for _, row := range b.Rows {
		if d := int(row.Start.Sub(from) / (24 * time.Hour)); d >= 0 && d < len(c.At) {
			*c.Lines[line[*row.Value]].Values[d] += float64(row.Requests)
		}
	}
	return c
}

// download returns what the customer's keys did, by day and tool.
func (s *Site) download(r *http.Request) (usage.Breakdown, error) {
	email, err := customer(r)
	if err != nil {
		return usage.Breakdown{}, err
	}
	list, err := s.own(r.Context(), email)
	if err != nil || len(list.APIKeys) == 0 {
		return usage.Breakdown{Rows: []usage.BreakdownRow{}}, err
	}
	from, to := s.month()
	return s.allUsage(r.Context(), list.APIKeys[0].UserID, from, to)
}

// allUsage returns all rows of a time, by day and tool.
func (s *Site) allUsage(ctx context.Context, user pierre.UserID, from, to time.Time) (usage.Breakdown, error) {
	f := adminapi.UsageFilter{
		User: user, From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), GroupBy: pierre.PeriodDay, SplitBy: pierre.SplitTool, Limit: pageRows,
	}
	var all usage.Breakdown
	for range maxPages {
		b, err := s.server.Breakdown(ctx, f)
		if err != nil {
			return all, err
		}
		b.Rows = append(all.Rows, b.Rows...)
		all = b
		if b.NextCursor == nil {
			return all, nil
		}
		f.Cursor = *b.NextCursor
	}
	return all, &pierre.Error{Kind: pierre.KindTooLarge, Msg: "There is too much usage for one file."}
}

func (s *Site) downloadCSV(w http.ResponseWriter, r *http.Request) error {
	b, err := s.download(r)
	if err != nil {
		return err
	}
	table := [][]string{{"day", "tool", "calls", "succeeded", "failed", "refused"}}
	for _, row := range b.Rows {
		cells := []string{row.Start.Format(time.DateOnly), *row.Value}
		for _, n := range []int64{row.Requests, row.Succeeded, row.Failed, row.RateLimited} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		table = append(table, cells)
	}
	return web.WriteCSV(w, "usage.csv", table)
}

func (s *Site) downloadJSON(w http.ResponseWriter, r *http.Request) error {
	b, err := s.download(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="usage.json"`)
	b.NearLimit = []usage.NearLimit{}
	return web.WriteJSON(w, http.StatusOK, b)
}
