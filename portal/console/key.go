package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	shownChanges = 20
	defaultDays  = 30
)

// A span is how far back charts go.
type span struct {
	Days    int
	Text    string
	Current bool
}

func spansOf(r *http.Request) (all []span, now span) {
	asked, _ := strconv.Atoi(r.URL.Query().Get("days"))
	all = []span{{Days: 1, Text: "Day"}, {Days: 7, Text: "Week"}, {Days: 30, Text: "30 days"}, {Days: 90, Text: "90 days"}, {Days: 365, Text: "Year"}}
	if !slices.ContainsFunc(all, func(s span) bool { return s.Days == asked }) {
		asked = defaultDays
	}
	for i := range all {
		if all[i].Days == asked {
			all[i].Current, now = true, all[i]
		}
	}
	return all, now
}

// from is when a span that ends now begins.
func (s span) from(now time.Time) time.Time {
	if s.Days == 1 {
		return now.Add(-23 * time.Hour).Truncate(time.Hour)
	}
	return now.AddDate(0, 0, 1-s.Days).Truncate(24 * time.Hour)
}

// by is what the charts of a span are divided by.
func (s span) by() pierre.Period {
	switch {
	case s.Days <= 2:
		return pierre.PeriodHour
	case s.Days <= 90:
		return pierre.PeriodDay
	}
	return pierre.PeriodMonth
}

type keyPage struct {
	Key       keyRow
	Limit     *usage.LimitUsage
	Spans     []span
	Span      span
	Totals    usage.Sums
	Calls     ui.Chart
	Times     ui.Chart
	Tools     []share
	Countries []share
	Map       []land
	Changes   []adminapi.AuditEntry
	Tiers     []ui.Choice
	Graces    []ui.Choice
	Periods   []ui.Choice
	Form      ui.Form
	Changing  bool // the form is open, since something in it is wrong
	MayChange bool
	Over      bool // the key cannot be changed any more
}

// A share is a part of the calls.
type share struct {
	Name   string
	Code   string // of a country
	Calls  int64
	Failed int64
	Bar    ui.Bar
	P95    *float64
}

func (s *Service) key(w http.ResponseWriter, r *http.Request) error {
	return s.showKey(w, r, http.StatusOK, ui.Form{})
}

func (s *Service) showKey(w http.ResponseWriter, r *http.Request, status int, f ui.Form) error {
	id, now := pierre.KeyID(r.PathValue("id")), s.opts.Now().UTC()
	page := keyPage{Form: f, Changing: f.Wrong(), MayChange: may(r, route.Admin)}
	page.Spans, page.Span = spansOf(r)
	from := page.Span.from(now)
	filter := adminapi.UsageFilter{Key: id, From: from.Format(time.RFC3339), To: now.Format(time.RFC3339)}
	series, tools, countries := filter, filter, filter
	series.GroupBy, tools.SplitBy, countries.SplitBy = page.Span.by(), pierre.SplitTool, pierre.SplitCountry
	var k adminapi.Key
	var tiers []adminapi.Tier
	var inTime, byTool, byCountry usage.Breakdown
	var changes adminapi.AuditPage
	server := s.as(r)
	err := together(r.Context(),
		func(ctx context.Context) (err error) { k, err = server.Key(ctx, id); return err },
		func(ctx context.Context) (err error) { tiers, err = server.Tiers(ctx); return err },
		func(ctx context.Context) (err error) { inTime, err = server.Breakdown(ctx, series); return err },
		func(ctx context.Context) (err error) { byTool, err = server.Breakdown(ctx, tools); return err },
		func(ctx context.Context) (err error) { byCountry, err = server.Breakdown(ctx, countries); return err },
		func(ctx context.Context) (err error) {
			changes, err = server.Audit(ctx, adminapi.AuditFilter{Target: string(id), Limit: shownChanges})
			return err
		},
		func(ctx context.Context) (err error) { page.Limit, err = limitOf(ctx, server, id, now); return err },
	)
	if err != nil {
		return of(err)
	}
	page.Key = rowOf(k, now)
	page.Over = k.Status == pierre.KeyRevoked || k.ReplacedBy != nil
	if page.Limit != nil {
		page.Key.Bar, page.Key.Calls = ui.Bar{Used: page.Limit.Used, Of: page.Limit.Requests}, page.Limit.Used
	}
	page.Totals, page.Changes = inTime.Totals, changes.Entries
	page.Calls, page.Times = charts(inTime.Rows, from, now, page.Span.by())
	page.Tools, page.Countries = sharesOf(byTool.Rows), sharesOf(byCountry.Rows)
	page.Map = landsOf(page.Countries)
	page.Tiers, page.Periods = tierChoices(tiers, ""), periodChoices("")
	page.Graces = []ui.Choice{{Value: "0", Text: "At once"}, {Value: "86400", Text: "After a day"}, {Value: "604800", Text: "After a week"}, {Value: "2592000", Text: "After 30 days"}}
	if page.Form.Values == nil {
		page.Form.Values = valuesOf(k)
	}
	return s.pages.Page(w, r, status, "console/key", page)
}

// limitOf returns how much of the key's limit is used, which may be one that it shares.
func limitOf(ctx context.Context, server *adminapi.Client, id pierre.KeyID, now time.Time) (*usage.LimitUsage, error) {
	today := now.Format(time.DateOnly)
	report, err := server.Usage(ctx, id, today, today)
	return report.Limit, err
}

// charts returns the calls and the response times of periods.
func charts(rows []usage.BreakdownRow, from, to time.Time, by pierre.Period) (calls, times ui.Chart) {
	calls = ui.Chart{ID: "calls", Title: "Calls", Kind: "bars", Unit: "calls", Lines: []ui.Line{{Name: "All", Tone: "accent"}, {Name: "Failed", Tone: "bad"}, {Name: "Refused", Tone: "warn"}}}
	times = ui.Chart{ID: "times", Title: "Response times", Kind: "lines", Unit: "ms", Lines: []ui.Line{{Name: "p50", Tone: "accent"}, {Name: "p95", Tone: "warn"}, {Name: "p99", Tone: "bad"}}}
	found := map[int64]*usage.BreakdownRow{}
	for i := range rows {
		if rows[i].Start != nil {
			found[rows[i].Start.Unix()] = &rows[i]
		}
	}
	for at, _ := by.Window(from); at.Before(to); _, at = by.Window(at) {
		calls.At, times.At = append(calls.At, at), append(times.At, at)
		row := found[at.Unix()]
		if row == nil {
			row = &usage.BreakdownRow{}
		}
		for i, n := range []int64{row.Requests, row.Failed, row.RateLimited} {
			calls.Lines[i].Values = append(calls.Lines[i].Values, new(float64(n)))
		}
		for i := range times.Lines {
			var ms *float64
			if t := row.Response; t != nil {
				ms = new([]float64{t.P50, t.P95, t.P99}[i])
			}
			times.Lines[i].Values = append(times.Lines[i].Values, ms)
		}
	}
	return calls, times
}

// sharesOf returns the parts with the most calls first, as bars beside the largest.
func sharesOf(rows []usage.BreakdownRow) (shares []share) {
	for _, row := range rows {
		if row.Value == nil {
			continue
		}
		sh := share{Name: *row.Value, Code: *row.Value, Calls: row.Requests, Failed: row.Failed}
		if row.Response != nil {
			sh.P95 = &row.Response.P95
		}
		shares = append(shares, sh)
	}
	slices.SortFunc(shares, func(a, b share) int { return int(b.Calls - a.Calls) })
	for i := range shares {
		shares[i].Bar = ui.Bar{Used: shares[i].Calls, Of: shares[0].Calls, Plain: true}
	}
	return shares
}

// valuesOf returns what the form of limits shows at first.
func valuesOf(k adminapi.Key) url.Values {
	v := url.Values{"tier": {string(k.Tier)}, "name": {k.Name}}
	if k.RateLimit != nil && slices.Contains(k.OwnRules, "rate_limit") {
		v.Set("rate_limit_requests", strconv.FormatInt(k.RateLimit.Requests, 10))
		v.Set("rate_limit_period", string(k.RateLimit.Period))
	}
	if k.ExpiresAt != nil {
		v.Set("expires_at", k.ExpiresAt.UTC().Format(time.DateOnly))
	}
	return v
}
