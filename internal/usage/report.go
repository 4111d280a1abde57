package usage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A CallStore adds up the calls of key that started in [from, to), refused ones by the minute.
type CallStore interface {
	GroupStore
	CallSummary(ctx context.Context, key pierre.KeyID, from, to time.Time) (pierre.CallSummary, error)
}

// A KeyStore knows the limit that is in force for a key.
type KeyStore interface {
	APIKey(ctx context.Context, id pierre.KeyID) (pierre.APIKey, error)
}

// A Quota says how much of a limit is used: the same counter that refuses calls.
type Quota interface {
	Peek(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Decision, error)
}

// A Report says what a key did in a time. Every call is in it, refused ones too.
type Report struct {
	KeyID     pierre.KeyID   `json:"api_key_id"`
	Period    Span           `json:"period"`
	Totals    Totals         `json:"totals"`
	ErrorRate *float64       `json:"error_rate,omitempty"`       // failed of succeeded and failed calls, 0 to 1; absent if there were none
	Response  *ResponseTimes `json:"response_time_ms,omitempty"` // of succeeded and failed calls; absent if there were none
	Tools     []ToolUsage    `json:"tools"`                      // the most used first
	Days      []DayUsage     `json:"days"`                       // in order; days without calls are left out
	Countries []CountryUsage `json:"countries"`                  // the most calls first
	Limit     *LimitUsage    `json:"limit,omitempty"`            // absent if the key is unlimited
}

// A Span is the time [Start, End), in UTC.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Totals count calls. Requests is the sum of the others.
type Totals struct {
	Requests    int64 `json:"requests"`
	Succeeded   int64 `json:"succeeded"`
	Failed      int64 `json:"failed"`
	RateLimited int64 `json:"rate_limited"`
}

// ResponseTimes are percentiles in milliseconds by the nearest rank: pN is the smallest duration that at least N % of the
// calls did not exceed, as exactly as [pierre.Durations] know it, and always one that was measured.
type ResponseTimes struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// A ToolUsage counts the calls of one tool.
type ToolUsage struct {
	Tool     string   `json:"tool"`
	Requests int64    `json:"requests"`
	Failed   int64    `json:"failed"`
	P95      *float64 `json:"p95_ms,omitempty"` // absent if all calls were refused
}

// A DayUsage counts the calls of one day, UTC.
type DayUsage struct {
	Date     string `json:"date"` // 2006-01-02
	Requests int64  `json:"requests"`
	Failed   int64  `json:"failed"`
}

// A CountryUsage counts the calls from one country.
type CountryUsage struct {
	Country  string `json:"country"` // ISO 3166-1 alpha-2, ZZ if unknown
	Requests int64  `json:"requests"`
}

// A LimitUsage is how much of the key's limit is used in the window that is open now.
type LimitUsage struct {
	Requests  int64         `json:"requests"`
	Period    pierre.Period `json:"period"`
	Used      int64         `json:"used"`
	Remaining int64         `json:"remaining"`
	ResetsAt  time.Time     `json:"resets_at"`
}

// A Reporter makes reports.
type Reporter struct {
	calls   CallStore
	groups  GroupStore
	keys    KeyStore
	quota   Quota
	pending Pending
	now     func() time.Time
}

// Pending are counts that are not in the store yet.
type Pending interface {
	Flush(ctx context.Context) error
}

// NewReporter returns a Reporter. pending is written before each report, so that nothing is missing from it.
func NewReporter(calls CallStore, keys KeyStore, quota Quota, pending Pending, now func() time.Time) *Reporter {
	return &Reporter{calls, calls, keys, quota, pending, now}
}

// Report tells what key did in [from, to). An unknown key is [pierre.KindNotFound].
func (r *Reporter) Report(ctx context.Context, key pierre.KeyID, from, to time.Time) (Report, error) {
	k, err := r.keys.APIKey(ctx, key)
	if err != nil {
		return Report{}, err
	}
	d, err := r.quota.Peek(ctx, k.Limits().Buckets(k.Family, k.UserID, ""), r.now())
	if err != nil {
		return Report{}, err
	}
	if err := r.pending.Flush(ctx); err != nil {
		return Report{}, fmt.Errorf("writing the counts of refused calls: %w", err)
	}
	sum, err := r.calls.CallSummary(ctx, key, from, to)
	if err != nil {
		return Report{}, fmt.Errorf("reporting the usage of %s: %w", key, err)
	}
	report := reportOf(sum)
	report.KeyID, report.Period = key, Span{from.UTC(), to.UTC()}
	for _, s := range slices.Backward(d.States) { // the key's own comes before its customer's
		if s.Bucket.Limit.Unlimited() {
			continue
		}
		report.Limit = &LimitUsage{s.Bucket.Limit.Requests, s.Bucket.Limit.Period, s.Used, s.Remaining, s.ResetsAt}
	}
	return report, nil
}

func reportOf(sum pierre.CallSummary) Report {
	var r Report
	tools, days, countries := map[string]*ToolUsage{}, map[time.Time]*DayUsage{}, map[string]*CountryUsage{}
	for _, g := range sum.Groups {
		tool := entry(tools, g.Tool, ToolUsage{Tool: g.Tool})
		day := entry(days, g.Day, DayUsage{Date: g.Day.Format(time.DateOnly)})
		for _, n := range []*int64{&r.Totals.Requests, &tool.Requests, &day.Requests, &entry(countries, g.Country, CountryUsage{Country: g.Country}).Requests} {
			*n += g.Calls
		}
		switch g.Status {
		case pierre.CallRateLimited:
			r.Totals.RateLimited += g.Calls
		case pierre.CallFailed:
			r.Totals.Failed += g.Calls
			tool.Failed += g.Calls
			day.Failed += g.Calls
		case pierre.CallSucceeded:
			r.Totals.Succeeded += g.Calls
		}
	}
	var all pierre.Durations
	for name, durations := range sum.Tools {
		tools[name].P95 = new(milliseconds(durations.Percentile(95)))
		all.Merge(durations)
	}
	r.Tools = sorted(tools, func(a, b *ToolUsage) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Tool, b.Tool))
	})
	r.Days = sorted(days, func(a, b *DayUsage) int { return cmp.Compare(a.Date, b.Date) })
	r.Countries = sorted(countries, func(a, b *CountryUsage) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Country, b.Country))
	})
	if n := all.Count(); n > 0 {
		r.Response = responseTimes(&all)
		r.ErrorRate = new(float64(r.Totals.Failed) / float64(n))
	}
	return r
}

// entry returns m's entry, which is first if it is new.
func entry[K comparable, V any](m map[K]*V, key K, first V) *V {
	if m[key] == nil {
		m[key] = &first
	}
	return m[key]
}

func sorted[K comparable, V any](m map[K]*V, compare func(a, b *V) int) []V {
	list := []V{}
	for _, v := range slices.SortedFunc(maps.Values(m), compare) {
		list = append(list, *v)
	}
	return list
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
