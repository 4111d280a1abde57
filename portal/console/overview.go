package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	shownWaiting  = 6
	shownNear     = 6
	usualWeeks    = 4  // that today is compared with
	spikeCalls    = 20 // calls of a key in an hour, from which its share of errors means something
	spikeErrors   = 0.2
	silentFrom    = 20 // calls that an hour usually has, from which none at all is worth a look
	shownSpikes   = 4
	shownExpiring = 6
)

type spike struct {
	Key    pierre.KeyID
	Title  string
	Errors float64
	Calls  int64
}

type overviewPage struct {
	Waiting  []db.Request
	InQueue  db.RequestCount
	Near     []keyRow
	Expiring []keyRow
	Spikes   []spike
	Alerts   int64
	Silent   bool
	Stats    []ui.Stat
	Chart    ui.Chart
	Nothing  bool // to watch
}

func (s *Service) overview(w http.ResponseWriter, r *http.Request) error {
	now, server := s.opts.Now().UTC(), s.as(r)
	day := now.Truncate(24 * time.Hour)
	var page overviewPage
	var expiring adminapi.KeyList
	var hours, days, keys usage.Breakdown
	usageOf := func(into *usage.Breakdown, f adminapi.UsageFilter) func(context.Context) error {
		return func(ctx context.Context) (err error) { *into, err = server.Breakdown(ctx, f); return err }
	}
	span := func(from time.Time) adminapi.UsageFilter {
		return adminapi.UsageFilter{From: from.Format(time.RFC3339), To: now.Format(time.RFC3339)}
	}
	byHour, byDay, lastHour := span(day.AddDate(0, 0, -7*usualWeeks)), span(day.AddDate(0, 0, -7*usualWeeks)), span(now.Add(-time.Hour))
	byHour.GroupBy, byDay.GroupBy, lastHour.SplitBy = pierre.PeriodHour, pierre.PeriodDay, pierre.SplitKey
	err := together(r.Context(),
		usageOf(&hours, byHour), usageOf(&days, byDay), usageOf(&keys, lastHour),
		func(ctx context.Context) (err error) {
			expiring, err = server.Keys(ctx, adminapi.KeyFilter{Status: pierre.KeyActive, Sort: pierre.SortExpires, Limit: shownExpiring})
			return err
		},
	)
	if err != nil {
		return of(err)
	}
	if err := s.waiting(r.Context(), &page); err != nil {
		return err
	}
	if page.Near, err = nearOf(r.Context(), server, hours.NearLimit, now); err != nil {
		return of(err)
	}
	for _, k := range rowsOf(expiring.APIKeys, now) {
		if k.ExpiresAt != nil && k.ExpiresAt.Sub(now) < soonEnds {
			page.Expiring = append(page.Expiring, k)
		}
	}
	if page.Spikes, err = s.spikes(r.Context(), server, keys.Rows); err != nil {
		return of(err)
	}
	today := compare(hours.Rows, days.Rows, now)
	page.Stats, page.Chart, page.Silent = today.stats(), today.chart(), today.silent()
	page.Nothing = len(page.Near)+len(page.Expiring)+len(page.Spikes) == 0 && page.Alerts == 0 && !page.Silent
	return s.pages.Page(w, r, http.StatusOK, "console/overview", page)
}

// nearOf returns the keys that have used most of their limits.
func nearOf(ctx context.Context, server *adminapi.Client, limits []usage.NearLimit, now time.Time) (near []keyRow, err error) {
	for _, l := range limits {
		if l.KeyID == "" {
			continue
		}
		k, err := server.Key(ctx, l.KeyID)
		if err != nil {
			return nil, err
		}
		k.RateLimit, k.Used = &adminapi.RateLimit{Requests: l.Requests, Period: l.Period}, &l.Used
		if near = append(near, rowOf(k, now)); len(near) == shownNear {
			break
		}
	}
	return near, nil
}

// waiting tells what is to be decided, and how many alerts are open.
func (s *Service) waiting(ctx context.Context, page *overviewPage) error {
	list, err := s.db.Requests(ctx, db.RequestFilter{State: db.RequestVerified, Limit: shownWaiting})
	if err != nil {
		return err
	}
	counts, err := s.db.CountRequests(ctx)
	if err != nil {
		return err
	}
	page.Waiting, page.InQueue = list.Requests, counts[db.RequestVerified]
	if s.opts.OpenAlerts != nil {
		page.Alerts, err = s.opts.OpenAlerts(ctx)
	}
	return err
}

// spikes returns the keys of which many calls failed in the last hour.
func (s *Service) spikes(ctx context.Context, server *adminapi.Client, rows []usage.BreakdownRow) ([]spike, error) {
	var found []spike
	for _, row := range rows {
		if ran := row.Succeeded + row.Failed; row.Value != nil && ran >= spikeCalls && *row.ErrorRate >= spikeErrors {
			found = append(found, spike{Key: pierre.KeyID(*row.Value), Errors: *row.ErrorRate, Calls: ran})
		}
	}
	slices.SortFunc(found, func(a, b spike) int { return int(b.Calls - a.Calls) })
	found = found[:min(len(found), shownSpikes)]
	for i := range found {
		k, err := server.Key(ctx, found[i].Key)
		if err != nil {
			return nil, err
		}
		found[i].Title = titleOf(k)
	}
	return found, nil
}
