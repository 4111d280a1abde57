package adminapi_test

import (
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

func TestUsageOfManyKeys(t *testing.T) {
	d := open(t)
	ana, bob := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`), d.provision(`{"user_email":"bob@club.test","tier":"trial"}`)
	d.record(ana, start, pierre.CallSucceeded)
	d.record(ana, start.Add(-24*time.Hour), pierre.CallFailed)
	d.record(bob, start, pierre.CallSucceeded)
	d.record(bob, start, pierre.CallRateLimited)
	const inSwitzerland = "?country=ch&split_by=country&from=2026-03-10T00:00:00Z&to=2026-03-11T00:00:00Z"
	for query, want := range map[string][]int64{ // requests of the totals and of the rows
		"":                               {4},
		"?split_by=tool":                 {4, 4},
		"?group_by=day":                  {4, 1, 3},
		"?group_by=day&split_by=user":    {4, 1, 1, 2},
		"?key=" + ana.ID:                 {2},
		"?split_by=key&key=" + bob.ID:    {2, 2},
		"?user=" + bob.UserID:            {2},
		inSwitzerland:                    {3, 3},
		"?from=2026-03-10&to=2026-03-10": {3},
		"?tool=other&split_by=tool":      {0},
	} {
		a := d.do("GET", "/admin/usage"+query, "")
		b := decode[usage.Breakdown](t, a)
		got := []int64{b.Totals.Requests}
		for _, row := range b.Rows {
			got = append(got, row.Requests)
		}
		slices.Sort(got[1:])
		if slices.Sort(want[1:]); a.status != http.StatusOK || !slices.Equal(got, want) {
			t.Errorf("%q: %d %v, want %v: %s", query, a.status, got, want, a.body)
		}
	}
	for query, field := range map[string]string{
		"?group_by=week": "group_by", "?split_by=status": "split_by", "?limit=0": "limit", "?limit=10001": "limit", "?cursor=x": "cursor", "?format=xml": "format",
		"?from=2026-02-30": "from", "?from=2026-03-11&to=2026-03-09": "to", "?tool=": "tool", "?tool=" + strings.Repeat("x", 129): "tool", "?status=failed": "status",
	} {
		d.problem(d.do("GET", "/admin/usage"+query, ""), http.StatusUnprocessableEntity, field, "")
	}
	if a := d.do("GET", "/admin/usage?key=key_none", ""); a.status != http.StatusNotFound {
		t.Errorf("an unknown key: %d", a.status)
	}
}

func TestUsagePages(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	for n := range 5 {
		d.record(k, start.Add(-time.Duration(n)*24*time.Hour), pierre.CallSucceeded)
	}
	c := d.api()
	var starts []time.Time
	f := adminapi.UsageFilter{GroupBy: pierre.PeriodDay, SplitBy: pierre.SplitTool, Limit: 2}
	for pages := 0; ; pages++ {
		b, err := c.Breakdown(t.Context(), f)
		if err != nil || b.Totals.Requests != 5 || pages > 3 {
			t.Fatalf("page %d: %+v, %v", pages, b, err)
		}
		for _, row := range b.Rows {
			starts = append(starts, *row.Start)
		}
		if b.NextCursor == nil {
			break
		}
		f.Cursor = *b.NextCursor
	}
	if len(starts) != 5 || !slices.IsSortedFunc(starts, time.Time.Compare) {
		t.Errorf("the pages have %v", starts)
	}
}

func TestUsageAsATable(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	d.record(k, start, pierre.CallSucceeded)
	evil := pierre.Call{ID: pierre.NewCallID(), KeyID: pierre.KeyID(k.ID), Tool: `=cmd|'/C calc'!A0`, Status: pierre.CallFailed, Started: start, Country: "ZZ"}
	if err := d.store.RecordCalls(t.Context(), []pierre.Call{evil}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]string{
		"?group_by=month&split_by=tool": {"start,tool,requests", "2026-03-01T00:00:00Z,'=cmd|'/C calc'!A0,1", "2026-03-01T00:00:00Z,get_stats,1"},
		"?format=csv":                   {"requests,succeeded,failed", "2,1,1"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/admin/usage"+query, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+d.admin)
		if !strings.Contains(query, "format") {
			r.Header.Set("Accept", "text/csv, */*;q=0.1")
		}
		resp, err := d.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Fatalf("%s, %v", resp.Header.Get("Content-Type"), err)
		}
		table, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range table {
			got = append(got, strings.Join(row[:3], ","))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%q\nwant\n%q", query, got, want)
		}
	}
}

func TestLimitsThatAreNearlyUsed(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter","rate_limit_requests":4,"rate_limit_period":"day"}`)
	d.provision(`{"user_email":"bob@club.test","tier":"starter"}`)
	for n := range int64(4) {
		err := d.store.RecordCalls(t.Context(), []pierre.Call{{
			ID: pierre.NewCallID(), KeyID: pierre.KeyID(k.ID), Tool: "get_stats", Status: pierre.CallSucceeded, Started: start, Country: "ZZ",
			Buckets: pierre.Limits{Quota: pierre.Limit{Requests: 4, Period: pierre.PeriodDay}}.Buckets(pierre.KeyID(k.ID), pierre.UserID(k.UserID), ""),
		}})
		if err != nil {
			t.Fatal(err)
		}
		b := decode[usage.Breakdown](t, d.do("GET", "/admin/usage", ""))
		var over int64
		for _, l := range b.NearLimit {
			if string(l.KeyID) != k.ID || l.Used != n+1 || l.Requests != 4 {
				t.Errorf("near its limit: %+v", l)
			}
			over = l.Over
		}
		if want := map[int64]int64{3: 75, 4: 100}[n+1]; over != want {
			t.Errorf("with %d of 4 used: over %d %%, want %d", n+1, over, want)
		}
	}
}

// A customer without a limit of its own is warned by that of its tier.
func TestCustomersNearTheLimitOfTheirTier(t *testing.T) {
	d := open(t)
	d.ok(d.do("PUT", "/admin/tiers/starter", `{"limit_scope":"both","rate_limit_requests":1000,"customer_limit":{"requests":4,"period":"day"}}`))
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	other := d.provision(`{"user_email":"bob@club.test","tier":"professional"}`)
	day := pierre.Limit{Requests: 4, Period: pierre.PeriodDay}
	for range 3 {
		for _, of := range []key{k, other} {
			err := d.store.RecordCalls(t.Context(), []pierre.Call{{
				ID: pierre.NewCallID(), KeyID: pierre.KeyID(of.ID), Tool: "get_stats", Status: pierre.CallSucceeded, Started: start, Country: "ZZ",
				Buckets: pierre.Limits{Customer: day}.Buckets(pierre.KeyID(of.ID), pierre.UserID(of.UserID), ""),
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	near := decode[usage.Breakdown](t, d.do("GET", "/admin/usage", "")).NearLimit
	if len(near) != 1 || string(near[0].UserID) != k.UserID || near[0].Used != 3 || near[0].Requests != 4 || near[0].Over != 75 {
		t.Errorf("near their limits: %+v", near)
	}
}
