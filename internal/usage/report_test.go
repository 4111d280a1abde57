package usage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
)

// keys knows limits by key.
type keys map[pierre.KeyID]pierre.Limit

func (k keys) APIKey(_ context.Context, id pierre.KeyID) (pierre.APIKey, error) {
	lim, ok := k[id]
	if !ok {
		return pierre.APIKey{}, pierre.NotFound("API key")
	}
	return pierre.APIKey{ID: id, Family: id, Rules: pierre.Rules{Limit: lim}}, nil
}

func clock(now time.Time) func() time.Time { return func() time.Time { return now } }

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestReport(t *testing.T) {
	s := storetest.New(t)
	r := usage.NewRecorder(s)
	add := func(started time.Time, tool string, status pierre.CallStatus, ms float64, country string) {
		t.Helper()
		c := newCall(started)
		c.Tool, c.Status, c.Country = tool, status, country
		c.Duration = time.Duration(ms * float64(time.Millisecond))
		var err error
		if status == pierre.CallRateLimited {
			err = r.Refuse(c)
		} else {
			err = r.Record(t.Context(), reserved(started), c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	may30, may31 := noon.AddDate(0, 0, -1), noon
	add(may30, "get_stats", pierre.CallSucceeded, 10, "CH")
	add(may30, "get_stats", pierre.CallFailed, 20.5, "CH")
	add(may31, "get_activities", pierre.CallSucceeded, 1.25, "CA")
	add(may31, "get_activities", pierre.CallSucceeded, 3, "")
	add(may31, "get_activities", pierre.CallRateLimited, 0.001, "CH")
	add(may31, "set_athlete_profile", pierre.CallRateLimited, 0.001, "CH")
	add(may30.AddDate(0, 0, -1), "too_early", pierre.CallSucceeded, 1, "CH")
	add(may31.AddDate(0, 0, 1), "too_late", pierre.CallSucceeded, 1, "CH")

	lim := pierre.Limit{Requests: 10, Period: pierre.PeriodMonth}
	reporter := usage.NewReporter(s, keys{"key_a": lim}, limit.New(s), r, clock(noon))
	report, err := reporter.Report(t.Context(), "key_a", may30.Truncate(24*time.Hour), may31.Truncate(24*time.Hour).AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "api_key_id": "key_a",
 "period": {
  "start": "2026-05-30T00:00:00Z",
  "end": "2026-06-01T00:00:00Z"
 },
 "totals": {
  "requests": 6,
  "succeeded": 3,
  "failed": 1,
  "rate_limited": 2
 },
 "error_rate": 0.25,
 "response_time_ms": {
  "p50": 3,
  "p95": 20.5,
  "p99": 20.5,
  "max": 20.5
 },
 "tools": [
  {
   "tool": "get_activities",
   "requests": 3,
   "failed": 0,
   "p95_ms": 3
  },
  {
   "tool": "get_stats",
   "requests": 2,
   "failed": 1,
   "p95_ms": 20.5
  },
  {
   "tool": "set_athlete_profile",
   "requests": 1,
   "failed": 0
  }
 ],
 "days": [
  {
   "date": "2026-05-30",
   "requests": 2,
   "failed": 1
  },
  {
   "date": "2026-05-31",
   "requests": 4,
   "failed": 0
  }
 ],
 "countries": [
  {
   "country": "CH",
   "requests": 4
  },
  {
   "country": "CA",
   "requests": 1
  },
  {
   "country": "ZZ",
   "requests": 1
  }
 ],
 "limit": {
  "requests": 10,
  "period": "month",
  "used": 5,
  "remaining": 5,
  "resets_at": "2026-06-01T00:00:00Z"
 }
}`
	if got := asJSON(t, report); got != want {
		t.Errorf("report:\n%s\nwant:\n%s", got, want)
	}
}

func TestReportWithoutCallsClaimsNothing(t *testing.T) {
	s := storetest.New(t)
	reporter := usage.NewReporter(s, keys{"key_a": {}}, limit.New(s), usage.NewRecorder(s), clock(noon))
	report, err := reporter.Report(t.Context(), "key_a", noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "api_key_id": "key_a",
 "period": {
  "start": "2026-05-31T12:00:00Z",
  "end": "2026-05-31T13:00:00Z"
 },
 "totals": {
  "requests": 0,
  "succeeded": 0,
  "failed": 0,
  "rate_limited": 0
 },
 "tools": [],
 "days": [],
 "countries": []
}`
	if got := asJSON(t, report); got != want {
		t.Errorf("report:\n%s\nwant no rates, times or limit:\n%s", got, want)
	}
	if _, err := reporter.Report(t.Context(), "key_b", noon, noon.Add(time.Hour)); pierre.KindOf(err) != pierre.KindNotFound {
		t.Errorf("report of an unknown key: %v, want not found", err)
	}
}

func TestReportShowsTheLimitThatIsEnforced(t *testing.T) {
	s := storetest.New(t)
	lim := pierre.Limit{Requests: 2, Period: pierre.PeriodHour}
	l := limit.New(s)
	if _, err := l.Reserve(t.Context(), buckets(lim), noon); err != nil {
		t.Fatal(err)
	}
	report, err := usage.NewReporter(s, keys{"key_a": lim}, l, usage.NewRecorder(s), clock(noon)).Report(t.Context(), "key_a", noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := usage.LimitUsage{Requests: 2, Period: "hour", Used: 1, Remaining: 1, ResetsAt: noon.Add(time.Hour)}
	if report.Limit == nil || *report.Limit != want {
		t.Errorf("limit = %+v, want %+v: a call that is still running is used, too", report.Limit, want)
	}
}

// By the nearest rank, pN of the durations 1…n ms is ceil(n·N/100) ms. It is exact for as many as a histogram tells apart.
func TestPercentilesAreNearestRank(t *testing.T) {
	for _, c := range []struct {
		n             int
		p50, p95, p99 float64
	}{
		{1, 1, 1, 1},
		{2, 1, 2, 2},
		{5, 3, 5, 5},
		{20, 10, 19, 20},
		{100, 50, 95, 99},
		{101, 51, 96, 100},
		{256, 128, 244, 254},
	} {
		t.Run(fmt.Sprint(c.n), func(t *testing.T) {
			s := storetest.New(t)
			var calls []pierre.Call
			for _, i := range rand.Perm(c.n) {
				call := newCall(noon)
				call.Duration = time.Duration(i+1) * time.Millisecond
				calls = append(calls, call)
			}
			if err := s.RecordCalls(t.Context(), calls); err != nil {
				t.Fatal(err)
			}
			reporter := usage.NewReporter(s, keys{"key_a": {}}, limit.New(s), usage.NewRecorder(s), clock(noon))
			report, err := reporter.Report(t.Context(), "key_a", noon, noon.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			want := usage.ResponseTimes{P50: c.p50, P95: c.p95, P99: c.p99, Max: float64(c.n)}
			if *report.Response != want || *report.Tools[0].P95 != c.p95 {
				t.Errorf("%+v and p95 %v of the tool, want %+v", *report.Response, *report.Tools[0].P95, want)
			}
		})
	}
}

func BenchmarkReportOf100000Calls(b *testing.B) {
	s := storetest.New(b)
	for range 100 {
		calls := make([]pierre.Call, 1000)
		for i := range calls {
			calls[i] = newCall(noon.Add(-time.Duration(rand.IntN(1_000_000)) * time.Second))
		}
		if err := s.RecordCalls(b.Context(), calls); err != nil {
			b.Fatal(err)
		}
	}
	reporter := usage.NewReporter(s, keys{"key_a": {}}, limit.New(s), usage.NewRecorder(s), clock(noon))
	for b.Loop() {
		if _, err := reporter.Report(b.Context(), "key_a", noon.AddDate(0, -1, 0), noon); err != nil {
			b.Fatal(err)
		}
	}
}
