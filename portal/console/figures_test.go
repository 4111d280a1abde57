package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

func halfPastNoon() time.Time { return time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC) }

// rows returns hours with calls, by how long before now they begin.
func rows(now time.Time, calls map[time.Duration]int64) (list []usage.BreakdownRow) {
	for before, n := range calls {
		at := now.Truncate(time.Hour).Add(-before)
		row := usage.BreakdownRow{Start: &at}
		row.Requests = n
		list = append(list, row)
	}
	return list
}

const week = 7 * 24 * time.Hour

// TestWhatIsUsual: the mean of the same weekday's hours, of weeks that had calls, and of the hour that runs as much as is over.
func TestWhatIsUsual(t *testing.T) {
	t.Parallel()
	now := halfPastNoon()
	requests := func(s usage.Sums) int64 { return s.Requests }
	hours := rows(now, map[time.Duration]int64{0: 7, week: 40, week + time.Hour: 10, 2 * week: 20, 2*week - time.Hour: 1000, 5 * week: 9999, 24 * time.Hour: 500})
	days := rows(now.Truncate(24*time.Hour), map[time.Duration]int64{0: 7, week: 50, 2 * week: 1020, 5 * week: 9999})
	c := compare(hours, days, now)
	if n, known := c.usual(12, false, requests); !known || n != 30 {
		t.Errorf("the hour: %v, %t", n, known)
	}
	if n, known := c.usual(12, true, requests); !known || n != 20 { // (40/2 + 10 + 20/2) / 2
		t.Errorf("until now: %v, %t", n, known)
	}
	if n, known := compare(hours, nil, now).usual(12, true, requests); known || n != 0 {
		t.Errorf("without weeks before: %v, %t", n, known)
	}
	chart := c.chart()
	if len(chart.At) != 24 || *chart.Lines[0].Values[12] != 7 || chart.Lines[0].Values[13] != nil || *chart.Lines[1].Values[13] != 500 {
		t.Errorf("the chart: %+v", chart)
	}
	stats := c.stats()
	if stats[0].Value != "7" || stats[0].Note != "usual by now: 20" || stats[2].Value != "–" || stats[2].Note != "no calls yet" {
		t.Errorf("the figures: %+v", stats)
	}
}

// TestWhatStandsOut: errors above five of a hundred, and answers twice as slow as usual if anybody notices.
func TestWhatStandsOut(t *testing.T) {
	t.Parallel()
	now := halfPastNoon()
	for rate, tone := range map[float64]string{0.05: "", 0.051: "bad", 1: "bad"} {
		days := rows(now.Truncate(24*time.Hour), map[time.Duration]int64{0: 100})
		days[0].ErrorRate = &rate
		if s := compare(nil, days, now).stats()[1]; s.Tone != tone {
			t.Errorf("%v: %+v", rate, s)
		}
	}
	p95 := func(ms float64) *usage.ResponseTimes { return &usage.ResponseTimes{P95: ms} }
	days := rows(now.Truncate(24*time.Hour), map[time.Duration]int64{0: 1, 24 * time.Hour: 1, 48 * time.Hour: 1, 72 * time.Hour: 1})
	for n := range days {
		days[n].Response = p95(float64(now.Sub(*days[n].Start) / (24 * time.Hour) * 100)) // today's, 0, is not among the usual
	}
	if ms, known := compare(nil, days, now).usualP95(); !known || ms != 200 {
		t.Errorf("the usual p95 is %v, %t", ms, known)
	}
	for today, tone := range map[float64]string{150: "", 400: "", 401: "warn"} {
		days[slices.IndexFunc(days, func(r usage.BreakdownRow) bool { return r.Start.Equal(now.Truncate(24 * time.Hour)) })].Response = p95(today)
		if s := compare(nil, days, now).stats()[2]; s.Tone != tone {
			t.Errorf("%v ms, where 200 are usual: %+v", today, s)
		}
	}
	few := rows(now.Truncate(24*time.Hour), map[time.Duration]int64{0: 1, 24 * time.Hour: 1})
	for n := range few {
		few[n].Response = p95(10)
		if few[n].Start.Equal(now.Truncate(24 * time.Hour)) {
			few[n].Response = p95(100)
		}
	}
	if s := compare(nil, few, now).stats()[2]; s.Tone != "" {
		t.Errorf("100 ms, where 10 are usual: %+v", s)
	}
}

// TestSilence: the last whole hour of today had no calls, though it usually has at least twenty.
func TestSilence(t *testing.T) {
	t.Parallel()
	now := halfPastNoon()
	midnight := now.Truncate(24 * time.Hour)
	for _, c := range []struct {
		name   string
		now    time.Time
		calls  map[time.Duration]int64
		silent bool
	}{
		{"twenty are usual", now, map[time.Duration]int64{week + time.Hour: 20}, true},
		{"nineteen are usual", now, map[time.Duration]int64{week + time.Hour: 19}, false},
		{"there was one", now, map[time.Duration]int64{week + time.Hour: 20, time.Hour: 1}, false},
		{"calls of this hour do not count", now, map[time.Duration]int64{week + time.Hour: 20, 0: 1}, true},
		{"the day has just begun", midnight.Add(59 * time.Minute), map[time.Duration]int64{week + time.Hour: 20}, false},
		{"the first hour is over", midnight.Add(time.Hour), map[time.Duration]int64{week + time.Hour: 20}, true},
		{"nothing to compare with", now, nil, false},
	} {
		days := rows(c.now.Truncate(24*time.Hour), map[time.Duration]int64{week: 100})
		if got := compare(rows(c.now, c.calls), days, c.now).silent(); got != c.silent {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// TestSpans: each has as many columns as it says, and ends now.
func TestSpans(t *testing.T) {
	t.Parallel()
	now := halfPastNoon()
	for asked, want := range map[string]struct{ days, columns int }{"1": {1, 24}, "7": {7, 7}, "30": {30, 30}, "90": {90, 90}, "365": {365, 13}, "": {30, 30}, "-1": {30, 30}, "2": {30, 30}, "1e1": {30, 30}, "99999999999999999999": {30, 30}} {
		all, s := spansOf(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?days="+asked, nil))
		calls, times := charts(nil, s.from(now), now, s.by())
		if s.Days != want.days || len(calls.At) != want.columns || len(times.At) != want.columns || !calls.At[len(calls.At)-1].Before(now) {
			t.Errorf("%q: %+v with %d columns", asked, s, len(calls.At))
		}
		if n := len(slices.DeleteFunc(all, func(s span) bool { return !s.Current })); n != 1 {
			t.Errorf("%q: %d are the current one", asked, n)
		}
	}
	at := now.Truncate(time.Hour)
	row := usage.BreakdownRow{Start: &at}
	row.Requests, row.Failed, row.Response = 5, 2, &usage.ResponseTimes{P50: 1, P95: 2, P99: 3}
	calls, times := charts([]usage.BreakdownRow{row, {}}, now.Add(-time.Hour), now, pierre.PeriodHour)
	last := len(calls.At) - 1
	if *calls.Lines[0].Values[last] != 5 || *calls.Lines[1].Values[last] != 2 || *times.Lines[2].Values[last] != 3 || times.Lines[0].Values[0] != nil || *calls.Lines[0].Values[0] != 0 {
		t.Errorf("charts: %+v, %+v", calls, times)
	}
}

// TestLands: the countries of the map, coloured by their share of the most; what is none is not on it.
func TestLands(t *testing.T) {
	t.Parallel()
	var list []usage.BreakdownRow
	for code, n := range map[string]int64{"CH": 1000, "DE": 500, "US": 250, "SG": 1, "ZZ": 900, "": 800, "CHE": 700, "FR": 0} {
		row := usage.BreakdownRow{Value: &code}
		row.Requests = n
		list = append(list, row)
	}
	shares := sharesOf(append(list, usage.BreakdownRow{}))
	if len(shares) != 8 || shares[0].Code != "CH" || shares[7].Code != "FR" || shares[0].Bar.Width() != 100 || shares[0].Bar.Tone() != "" {
		t.Errorf("shares: %+v", shares)
	}
	want := []land{{"CH", "heat4", "CH"}, {"DE", "heat2", "DE"}, {"US", "heat1", "US"}, {"SG", "heat1", "SG"}}
	if got := landsOf(shares); !slices.Equal(got, want) {
		t.Errorf("lands: %+v, want %+v", got, want)
	}
	if shares := sharesOf(nil); len(shares)+len(landsOf(shares)) > 0 {
		t.Errorf("of nothing: %+v", shares)
	}
}

// TestStates: what a key is called in lists.
func TestStates(t *testing.T) {
	t.Parallel()
	now := halfPastNoon()
	at := func(d time.Duration) *time.Time { t := now.Add(d); return &t }
	next := pierre.KeyID("key_b")
	for _, c := range []struct {
		key  adminapi.Key
		want ui.Badge
	}{
		{adminapi.Key{Status: pierre.KeyActive}, ui.Badge{Text: "Active", Tone: "good"}},
		{adminapi.Key{Status: pierre.KeyActive, ExpiresAt: at(soonEnds)}, ui.Badge{Text: "Active", Tone: "good"}},
		{adminapi.Key{Status: pierre.KeyActive, ExpiresAt: at(soonEnds - 1)}, ui.Badge{Text: "Expires in 29 days", Tone: "warn"}},
		{adminapi.Key{Status: pierre.KeyActive, ExpiresAt: at(time.Hour), ReplacedBy: &next}, ui.Badge{Text: "Being replaced", Tone: "warn"}},
		{adminapi.Key{Status: pierre.KeyExpired, ExpiresAt: at(-time.Hour)}, ui.Badge{Text: "Expired"}},
		{adminapi.Key{Status: pierre.KeyRevoked, ReplacedBy: &next}, ui.Badge{Text: "Replaced"}},
		{adminapi.Key{Status: pierre.KeyRevoked, ExpiresAt: at(-time.Hour)}, ui.Badge{Text: "Revoked", Tone: "bad"}},
	} {
		if got := stateOf(c.key, now); got != c.want {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
	if got := titleOf(adminapi.Key{KeyPrefix: "pk_live_ab", KeyLast4: "wxyz"}); got != "pk_live_ab…wxyz" {
		t.Errorf("a key without a name is called %q", got)
	}
}

// TestPricesAtTheirEdges: amounts are those that their currency has.
func TestPricesAtTheirEdges(t *testing.T) {
	for _, c := range []struct {
		field, value string
		taken        bool
	}{
		{"base", "10000000.00", true},
		{"base", "10000000.01", false},
		{"base", "-1", false},
		{"base", "1e3", false},
		{"base", "1,000", false},
		{"base", "0.005", false},
		{"base", "0.5", true},
		{"base", "99999999999999999999", false},
		{"base", ".5", false},
		{"included", "1000000000000", true},
		{"included", "1000000000001", false},
		{"included", "-1", false},
		{"included", "1.5", false},
		{"overage_calls", "0", false},
		{"overage_calls", "1", true},
		{"currency", "EURO", false},
		{"currency", "", false},
		{"currency", "usd", true},
	} {
		v := url.Values{"currency": {"EUR"}, "base": {"1"}, "included": {"1"}, "overage": {"1"}, "overage_calls": {"1"}}
		v.Set(c.field, c.value)
		if _, err := priceOf("trial", v); (err == nil) != c.taken || err != nil && wrong(err)[c.field] == "" {
			t.Errorf("%s=%q: %v", c.field, c.value, err)
		}
	}
	if _, err := priceOf("trial", url.Values{"currency": {"JPY"}, "base": {"1.5"}}); err == nil {
		t.Error("half a yen was taken")
	}
}

// FuzzForms: what a form of a key or tier says is refused as a field's, or is what was typed.
func FuzzForms(f *testing.F) {
	f.Add("5,000", "2027-01-31", "19.50", "EUR")
	f.Add("-1", "soon", "1e9", "")
	f.Add("1 0,0", "0000-00-00", "", "JPY")
	f.Fuzz(func(t *testing.T, number, date, money, currency string) {
		v := url.Values{"rate_limit_requests": {number}, "lifetime_days": {number}, "expires_at": {date}, "base": {money}, "currency": {currency}, "included": {number}}
		fields := []string{"rate_limit_requests", "lifetime_days", "expires_at", "base", "currency", "included", "overage_calls", "overage", "tier"}
		req, err := updateOf(v)
		if err == nil && date != "" && (*req.ExpiresAt.Value)[:len(time.DateOnly)] != date {
			t.Errorf("%q is %s", date, *req.ExpiresAt.Value)
		}
		_, err2 := tierRequest(adminapi.Tier{}, v)
		price, err3 := priceOf("trial", v)
		for _, err := range []error{err, err2, err3} {
			problems := wrong(err)
			if err != nil && len(problems) != 1 {
				t.Fatalf("%v is no field's", err)
			}
			for field := range problems {
				if !slices.Contains(fields, field) {
					t.Errorf("%v is about %q", err, field)
				}
			}
		}
		if err3 == nil && price.Validate() != nil {
			t.Errorf("%+v was taken", price)
		}
		if n, given, err := wholeNumber(v, "included"); err == nil && given {
			if again, _, err := wholeNumber(url.Values{"included": {strconv.FormatInt(n, 10)}}, "included"); err != nil || again != n || n < 0 {
				t.Errorf("%q is %d, and read again %d: %v", number, n, again, err)
			}
		}
	})
}
