package usage

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Breakdown says what calls add up to: all that were asked for, and in groups. Every call is in it, refused ones too.
type Breakdown struct {
	Success    bool               `json:"success"`
	Period     Span               `json:"period"`
	GroupBy    *pierre.Period     `json:"group_by"` // null: not divided by periods
	SplitBy    *pierre.UsageSplit `json:"split_by"` // null: not split
	Totals     Sums               `json:"totals"`
	Rows       []BreakdownRow     `json:"rows"`        // by start, then value; those without calls are left out. Empty if there are no groups
	NextCursor *string            `json:"next_cursor"` // null on the last page
	NearLimit  []NearLimit        `json:"near_limit"`  // the most used first
}

// Sums are what calls add up to.
type Sums struct {
	Requests      int64          `json:"requests"` // the sum of the next three
	Succeeded     int64          `json:"succeeded"`
	Failed        int64          `json:"failed"`
	RateLimited   int64          `json:"rate_limited"`
	ErrorRate     *float64       `json:"error_rate,omitempty"`       // failed of succeeded and failed calls, 0 to 1; absent if there were none
	Response      *ResponseTimes `json:"response_time_ms,omitempty"` // of succeeded and failed calls; absent if there were none
	RequestBytes  int64          `json:"request_bytes"`
	ResponseBytes int64          `json:"response_bytes"`
}

// A BreakdownRow is one group.
type BreakdownRow struct {
	Start *time.Time `json:"start,omitempty"` // of the period, UTC; absent without group_by
	Value *string    `json:"value,omitempty"` // the tool, country, key, user or tier; absent without split_by
	Sums
}

// A NearLimit is a limit of which three quarters or more, or as much as was asked for, are used in the window that is open
// now.
type NearLimit struct {
	KeyID    pierre.KeyID  `json:"api_key_id,omitempty"` // whose limit it is: a key's,
	UserID   pierre.UserID `json:"user_id,omitempty"`    // or a customer's
	Requests int64         `json:"requests"`
	Period   pierre.Period `json:"period"`
	Used     int64         `json:"used"`
	Over     int64         `json:"over_percent"` // 50, 75, 90 or 100: the highest of these that is reached, 0 if none is
	ResetsAt time.Time     `json:"resets_at"`
}

// A GroupStore adds usage up.
type GroupStore interface {
	Usage(ctx context.Context, q pierre.UsageQuery) ([]pierre.UsageGroup, error)
	// NearLimits returns the limits of which at least percent are used at now; of one key or customer, if q names them.
	NearLimits(ctx context.Context, q pierre.UsageQuery, percent int64, now time.Time) ([]pierre.LimitUse, error)
}

// A Page says which rows are wanted: those after the cursor, at most so many.
type Page struct {
	Limit  int    // 0: all
	Cursor string // "": from the first

	Near int64 // percent of a limit from which on [Breakdown] names it; 0: 75
}

// Breakdown adds up the usage that q asks for. An unknown key is [pierre.KindNotFound].
func (r *Reporter) Breakdown(ctx context.Context, q pierre.UsageQuery, page Page) (Breakdown, error) {
	after, err := parseCursor(page.Cursor)
	if err != nil {
		return Breakdown{}, err
	}
	if q.Key != "" {
		if _, err := r.keys.APIKey(ctx, q.Key); err != nil {
			return Breakdown{}, err
		}
	}
	if err := r.pending.Flush(ctx); err != nil {
		return Breakdown{}, fmt.Errorf("writing the counts of refused calls: %w", err)
	}
	groups, err := r.groups.Usage(ctx, q)
	if err != nil {
		return Breakdown{}, fmt.Errorf("adding up usage: %w", err)
	}
	near, err := r.groups.NearLimits(ctx, q, cmp.Or(page.Near, nearFrom), r.now())
	if err != nil {
		return Breakdown{}, fmt.Errorf("looking for limits that are nearly used: %w", err)
	}
	b := Breakdown{Success: true, Period: Span{q.From.UTC(), q.To.UTC()}, Rows: []BreakdownRow{}, NearLimit: nearOf(near)}
	var total pierre.UsageSums
	for i := range groups {
		total.Add(&groups[i].UsageSums)
	}
	b.Totals = sumsOf(&total)
	if q.By != "" {
		b.GroupBy = &q.By
	}
	if q.Split != "" {
		b.SplitBy = &q.Split
	}
	if q.By == "" && q.Split == "" {
		return b, nil
	}
	groups, b.NextCursor = pageOf(groups, page, after)
	for i := range groups {
		b.Rows = append(b.Rows, rowOf(q, &groups[i]))
	}
	return b, nil
}

// pageOf returns the groups of a page, which begins after the row of its cursor, and the cursor of the next page; nil if
// there is none.
func pageOf(groups []pierre.UsageGroup, page Page, after rowPosition) (shown []pierre.UsageGroup, next *string) {
	if page.Cursor != "" {
		first, _ := slices.BinarySearchFunc(groups, after, func(g pierre.UsageGroup, at rowPosition) int {
			return cmp.Or(cmp.Compare(startOf(g), at.Start), cmp.Compare(g.Of, at.Of), -1) // the row of the cursor was shown
		})
		groups = groups[first:]
	}
	if page.Limit > 0 && len(groups) > page.Limit {
		groups = groups[:page.Limit]
		last := groups[page.Limit-1]
		next = new(rowPosition{startOf(last), last.Of}.cursor())
	}
	return groups, next
}

func rowOf(q pierre.UsageQuery, g *pierre.UsageGroup) BreakdownRow {
	row := BreakdownRow{Sums: sumsOf(&g.UsageSums)}
	if q.By != "" {
		row.Start = &g.Start
	}
	if q.Split != "" {
		row.Value = &g.Of
	}
	return row
}

func sumsOf(s *pierre.UsageSums) Sums {
	sums := Sums{
		Requests: s.Calls(), Succeeded: s.Succeeded, Failed: s.Failed, RateLimited: s.Refused,
		RequestBytes: s.RequestBytes, ResponseBytes: s.ResponseBytes,
	}
	if ran := s.Succeeded + s.Failed; ran > 0 {
		sums.ErrorRate = new(float64(s.Failed) / float64(ran))
		sums.Response = responseTimes(&s.Durations)
	}
	return sums
}

func responseTimes(d *pierre.Durations) *ResponseTimes {
	return &ResponseTimes{
		P50: milliseconds(d.Percentile(50)),
		P95: milliseconds(d.Percentile(95)),
		P99: milliseconds(d.Percentile(99)),
		Max: milliseconds(d.Percentile(100)),
	}
}

// nearFrom is how much of a limit is used, in percent, when people want to know, if they do not say so.
const nearFrom = 75

func nearOf(uses []pierre.LimitUse) []NearLimit {
	list := make([]NearLimit, 0, len(uses))
	for _, u := range uses {
		n := NearLimit{KeyID: u.Key, UserID: u.Customer, Requests: u.Limit.Requests, Period: u.Limit.Period, Used: u.Used, ResetsAt: u.ResetsAt}
		for _, step := range [...]int64{50, nearFrom, 90, 100} {
			if u.Percent() >= step {
				n.Over = step
			}
		}
		list = append(list, n)
	}
	return list
}

// A rowPosition is the last row of a page: what a cursor holds.
type rowPosition struct {
	Start int64  `json:"s"` // microseconds, 0 without periods
	Of    string `json:"o"`
}

func startOf(g pierre.UsageGroup) int64 {
	if g.Start.IsZero() {
		return 0
	}
	return g.Start.UnixMicro()
}

func (p rowPosition) cursor() string {
	b, _ := json.Marshal(p) //nolint:errchkjson // a number and a string can be marshaled
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(cursor string) (p rowPosition, err error) {
	if cursor == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, &pierre.Error{
			Kind: pierre.KindInvalid, Field: "cursor", Err: err,
			Msg: "This cursor is not one that the last page gave; start again without a cursor.",
		}
	}
	return p, nil
}
