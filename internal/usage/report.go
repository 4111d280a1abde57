package usage

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A CallStore yields the calls of key that started in [from, to).
type CallStore interface {
	Calls(ctx context.Context, key pierre.KeyID, from, to time.Time) iter.Seq2[pierre.Call, error]
}

// A KeyStore knows the limit that is in force for a key.
type KeyStore interface {
	APIKey(ctx context.Context, id pierre.KeyID) (pierre.APIKey, error)
}

// A Quota says how much of a limit is used: the same counter that refuses calls.
type Quota interface {
	Peek(ctx context.Context, key pierre.KeyID, lim pierre.Limit, now time.Time) (limit.Decision, error)
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

// ResponseTimes are percentiles in milliseconds by the nearest rank: pN is the
// smallest duration that at least N % of the calls did not exceed, so always one
// that was measured.
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
	calls CallStore
	keys  KeyStore
	quota Quota
	now   func() time.Time
}

// NewReporter returns a Reporter.
func NewReporter(calls CallStore, keys KeyStore, quota Quota, now func() time.Time) *Reporter {
	return &Reporter{calls, keys, quota, now}
}

// Report tells what key did in [from, to). An unknown key is [pierre.KindNotFound].
func (r *Reporter) Report(ctx context.Context, key pierre.KeyID, from, to time.Time) (Report, error) {
	k, err := r.keys.APIKey(ctx, key)
	if err != nil {
		return Report{}, err
	}
	d, err := r.quota.Peek(ctx, key, k.Limit, r.now())
	if err != nil {
		return Report{}, err
	}
	t := newTally()
	for c, err := range r.calls.Calls(ctx, key, from, to) {
		if err != nil {
			return Report{}, fmt.Errorf("reporting the usage of %s: %w", key, err)
		}
		t.add(c)
	}
	report := t.report()
	report.KeyID, report.Period = key, Span{from.UTC(), to.UTC()}
	if !d.Limit.Unlimited() {
		report.Limit = &LimitUsage{d.Limit.Requests, d.Limit.Period, d.Used, d.Remaining, d.ResetsAt}
	}
	return report, nil
}

// A tally adds calls up.
type tally struct {
	totals    Totals
	tools     map[string]*toolTally
	days      map[string]*DayUsage
	countries map[string]int64
}

type toolTally struct {
	requests, failed int64
	durations        []time.Duration // of the calls that were not refused
}

func newTally() *tally {
	return &tally{tools: map[string]*toolTally{}, days: map[string]*DayUsage{}, countries: map[string]int64{}}
}

func (t *tally) add(c pierre.Call) {
	date := c.Started.Format(time.DateOnly)
	day, tool := t.days[date], t.tools[c.Tool]
	if day == nil {
		day = &DayUsage{Date: date}
		t.days[date] = day
	}
	if tool == nil {
		tool = &toolTally{}
		t.tools[c.Tool] = tool
	}
	t.totals.Requests++
	day.Requests++
	tool.requests++
	t.countries[c.Country]++
	switch c.Status {
	case pierre.CallRateLimited:
		t.totals.RateLimited++
		return
	case pierre.CallFailed:
		t.totals.Failed++
		day.Failed++
		tool.failed++
	case pierre.CallSucceeded:
		t.totals.Succeeded++
	}
	tool.durations = append(tool.durations, c.Duration)
}

func (t *tally) report() Report {
	r := Report{Totals: t.totals, Tools: []ToolUsage{}, Days: []DayUsage{}, Countries: []CountryUsage{}}
	var all []time.Duration
	for name, tool := range t.tools {
		u := ToolUsage{Tool: name, Requests: tool.requests, Failed: tool.failed}
		if len(tool.durations) > 0 {
			slices.Sort(tool.durations)
			u.P95 = new(milliseconds(nearestRank(tool.durations, 95)))
			all = append(all, tool.durations...)
		}
		r.Tools = append(r.Tools, u)
	}
	slices.SortFunc(r.Tools, func(a, b ToolUsage) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Tool, b.Tool))
	})
	for _, date := range slices.Sorted(maps.Keys(t.days)) {
		r.Days = append(r.Days, *t.days[date])
	}
	for country, n := range t.countries {
		r.Countries = append(r.Countries, CountryUsage{country, n})
	}
	slices.SortFunc(r.Countries, func(a, b CountryUsage) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Country, b.Country))
	})
	if len(all) > 0 {
		slices.Sort(all)
		r.Response = &ResponseTimes{
			P50: milliseconds(nearestRank(all, 50)),
			P95: milliseconds(nearestRank(all, 95)),
			P99: milliseconds(nearestRank(all, 99)),
			Max: milliseconds(all[len(all)-1]),
		}
		r.ErrorRate = new(float64(t.totals.Failed) / float64(len(all)))
	}
	return r
}

// nearestRank returns the percentile of sorted, which is not empty.
func nearestRank(sorted []time.Duration, percent int) time.Duration {
	rank := (len(sorted)*percent + 99) / 100
	return sorted[rank-1]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
