package adminapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (d *harness) record(k key, at time.Time, status pierre.CallStatus) {
	d.t.Helper()
	if status == pierre.CallRateLimited {
		err := d.store.RecordRefusedCalls(d.t.Context(), []pierre.RefusedCalls{{KeyID: pierre.KeyID(k.ID), Customer: pierre.UserID(k.UserID), Minute: at.Truncate(time.Minute), Tool: "get_stats", Country: "CH", Calls: 1}})
		if err != nil {
			d.t.Fatal(err)
		}
		return
	}
	err := d.store.RecordCalls(d.t.Context(), []pierre.Call{{
		ID: pierre.NewCallID(), KeyID: pierre.KeyID(k.ID), UserID: pierre.UserID(k.UserID), Tool: "get_stats", Status: status,
		Started: at, Duration: 5 * time.Millisecond, Country: "CH",
		Buckets: pierre.Limits{Quota: pierre.Limit{Requests: 1000, Period: pierre.PeriodMonth}}.Buckets(pierre.KeyID(k.ID), pierre.UserID(k.UserID), ""),
	}})
	if err != nil {
		d.t.Fatal(err)
	}
}

// The shape is the contract's; the schema in openapi.json is checked as well.
func TestUsageReport(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	d.record(k, start, pierre.CallSucceeded)
	d.record(k, start, pierre.CallFailed)
	d.record(k, start, pierre.CallRateLimited)
	a := d.do("GET", "/admin/api-keys/"+k.ID+"/usage?start_date=2026-03-01&end_date=2026-03-31", "")
	want := fmt.Sprintf(`{"api_key_id":%q,"period":{"start":"2026-03-01T00:00:00Z","end":"2026-04-01T00:00:00Z"},`+
		`"totals":{"requests":3,"succeeded":1,"failed":1,"rate_limited":1},"error_rate":0.5,"response_time_ms":{"p50":5,"p95":5,"p99":5,"max":5},`+
		`"tools":[{"tool":"get_stats","requests":3,"failed":1,"p95_ms":5}],"days":[{"date":"2026-03-10","requests":3,"failed":1}],`+
		`"countries":[{"country":"CH","requests":3}],"limit":{"requests":10000,"period":"month","used":2,"remaining":9998,"resets_at":"2026-04-01T00:00:00Z"}}`+"\n", k.ID)
	if a.status != http.StatusOK || a.body != want {
		t.Errorf("answer %d %s\nwant %s", a.status, a.body, want)
	}
}

// Calls at the edges tell which moments a report takes in.
func TestUsagePeriods(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	calls := []string{
		"2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z",
		"2026-03-10T12:00:00Z", "2026-03-10T23:59:59Z", "2026-03-11T00:00:00Z",
	}
	for _, c := range calls {
		at, err := time.Parse(time.RFC3339, c)
		if err != nil {
			t.Fatal(err)
		}
		d.record(k, at, pierre.CallSucceeded)
	}
	for query, want := range map[string]int{
		"": 3, // this month up to and including today
		"?start_date=2026-02-01&end_date=2026-02-28":                            2,
		"?start_date=2026-02-01&end_date=2026-02-01":                            1,
		"?end_date=2026-02-28":                                                  2, // its month
		"?start_date=2026-02-28":                                                4,
		"?start_date=2026-01-01&end_date=2026-12-31":                            7,
		"?start_date=2026-02-28T23:59:59Z&end_date=2026-03-10T12:00:00Z":        2,
		"?start_date=2026-03-10T13:00:00%2B01:00&end_date=2026-03-10":           2,
		"?start_date=2026-03-10T12:00:00Z&end_date=2026-03-10T12:00:00.000001Z": 1,
	} {
		a := d.do("GET", "/admin/api-keys/"+k.ID+"/usage"+query, "")
		got := decode[struct{ Totals struct{ Requests int } }](t, a)
		if a.status != http.StatusOK || got.Totals.Requests != want {
			t.Errorf("%q: %d with %d calls, want %d: %s", query, a.status, got.Totals.Requests, want, a.body)
		}
	}
	for query, field := range map[string]string{
		"?start_date=2026-02-30":                                         "start_date",
		"?start_date=yesterday":                                          "start_date",
		"?end_date=2026-1-1":                                             "end_date",
		"?end_date=2026-03-10T12:00:00":                                  "end_date",
		"?start_date=2026-03-11&end_date=2026-03-10":                     "end_date",
		"?start_date=2026-03-10T12:00:00Z&end_date=2026-03-10T12:00:00Z": "end_date",
		"?start=2026-03-10":                                              "start",
		"?end_date=9999-12-31":                                           "end_date",
	} {
		d.problem(d.do("GET", "/admin/api-keys/"+k.ID+"/usage"+query, ""), http.StatusUnprocessableEntity, field, "")
	}
}
