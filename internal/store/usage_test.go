package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A history is all that happened, kept in the simplest way.
type history struct {
	t        *testing.T
	s        *store.Store
	rnd      *rand.Rand
	now      time.Time
	keptFrom time.Time // what was before may only be asked for by days; zero: nothing was deleted
	calls    []pierre.Call
	refused  []pierre.RefusedCalls
}

func pick[T any](rnd *rand.Rand, of ...T) T { return of[rnd.IntN(len(of))] }

// moment is mostly in the last hours, sometimes long ago.
func (h *history) moment() time.Time {
	back := time.Duration(h.rnd.Int64N(int64(pick(h.rnd, 3*time.Hour, 3*time.Hour, 40*time.Hour, 30*24*time.Hour, 300*24*time.Hour, 600*24*time.Hour))))
	if h.rnd.IntN(4) == 0 {
		back = back.Truncate(time.Minute) // at an edge
	}
	return h.now.Add(-back).Truncate(time.Microsecond)
}

func (h *history) call() pierre.Call {
	n := h.rnd.IntN(4)
	return pierre.Call{
		Buckets: keyBuckets(pierre.KeyID(fmt.Sprint("key_", n)), pick(h.rnd, append(testPeriods, "")...)),
		ID:      pierre.NewCallID(), KeyID: pierre.KeyID(fmt.Sprint("key_", n)), UserID: pierre.UserID(fmt.Sprint("user_", n/2)),
		Customer: pick[pierre.UserID](h.rnd, "", "user_c"), Tier: pick(h.rnd, pierre.TierStarter, pierre.TierTrial),
		Tool: pick(h.rnd, "get_stats", "get_activities"), Country: pick(h.rnd, "CH", "CA"), Status: pick(h.rnd, pierre.CallSucceeded, pierre.CallSucceeded, pierre.CallFailed),
		Started: h.moment(), Duration: time.Duration(h.rnd.Int64N(int64(pick(h.rnd, time.Millisecond, time.Second)))), RequestBytes: 10, ResponseBytes: int64(h.rnd.IntN(100)),
	}
}

func (h *history) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// step does one thing that programs do.
func (h *history) step() {
	ctx := h.t.Context()
	switch h.rnd.IntN(12) {
	case 0:
		h.must(h.s.FoldUsage(ctx))
	case 1:
		h.must(h.s.RollUpOldCalls(ctx))
	case 2:
		if h.rnd.IntN(4) > 0 { // rarely, so that other states are seen, too
			return
		}
		h.must(h.s.RollUpOldCalls(ctx))
		h.must(h.s.FoldUsage(ctx))
		h.must(h.s.ForgetUsage(ctx, h.now, 400*24*time.Hour))
		h.keptFrom = h.now.Add(-400 * 24 * time.Hour).Truncate(24 * time.Hour)
	case 3:
		c := pierre.RefusedCalls{KeyID: "key_0", Customer: "user_0", Tier: pierre.TierTrial, Minute: h.moment().Truncate(time.Minute), Tool: "get_stats", Country: "CH", Calls: 1 + h.rnd.Int64N(9)}
		again := c
		h.must(h.s.RecordRefusedCalls(ctx, []pierre.RefusedCalls{c, again}))
		h.refused = append(h.refused, c, again)
	case 4: // a version that kept no roll-ups
		c := h.call()
		c.KeyID, c.Customer, c.Tier = "key_old", "", ""
		h.must(store.Exec(ctx, h.s, `INSERT INTO calls (id, key_id, user_id, tool, status, started_us, duration_us, request_bytes, response_bytes, country, client_hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (key_id, started_us, id) DO NOTHING`,
			string(c.ID), string(c.KeyID), string(c.UserID), c.Tool, string(c.Status), c.Started.UnixMicro(), c.Duration.Microseconds(), c.RequestBytes, c.ResponseBytes, c.Country, ""))
		h.calls = append(h.calls, c)
	default:
		var batch []pierre.Call
		for range 1 + h.rnd.IntN(20) {
			batch = append(batch, h.call())
		}
		h.calls = append(h.calls, batch...)
		if h.rnd.IntN(4) == 0 { // it was not known whether some were recorded
			batch = append(batch, h.calls[len(h.calls)-1])
		}
		h.must(h.s.RecordCalls(ctx, batch))
	}
}

// want adds up the history as q asks for it.
func (h *history) want(q pierre.UsageQuery) map[string]*pierre.UsageSums {
	sums := map[string]*pierre.UsageSums{}
	add := func(c pierre.Call, n int64) {
		customer := cmp.Or(c.Customer, c.UserID)
		if c.Started.Before(q.From) || !c.Started.Before(q.To) || q.Key != "" && q.Key != c.KeyID || q.Customer != "" && q.Customer != customer ||
			q.Tier != "" && q.Tier != c.Tier || q.Tool != "" && q.Tool != c.Tool || q.Country != "" && q.Country != c.Country {
			return
		}
		of := map[pierre.UsageSplit]string{
			pierre.SplitTool: c.Tool, pierre.SplitCountry: c.Country, pierre.SplitKey: string(c.KeyID), pierre.SplitUser: string(customer), pierre.SplitTier: string(c.Tier),
		}[q.Split]
		if q.By != "" {
			start, _ := q.By.Window(c.Started)
			of = start.Format(time.RFC3339) + of
		}
		if sums[of] == nil {
			sums[of] = &pierre.UsageSums{}
		}
		if n == 0 {
			sums[of].AddCall(&c)
		}
		sums[of].Refused += n
	}
	for _, c := range h.calls {
		add(c, 0)
	}
	for _, c := range h.refused {
		add(pierre.Call{KeyID: c.KeyID, UserID: c.Customer, Tier: c.Tier, Started: c.Minute, Tool: c.Tool, Country: c.Country}, c.Calls)
	}
	return sums
}

func text(sums map[string]*pierre.UsageSums) string {
	var b strings.Builder
	for _, of := range slices.Sorted(maps.Keys(sums)) {
		s := sums[of]
		durations, err := s.Durations.AppendBinary(nil)
		fmt.Fprintln(&b, of, s.Succeeded, s.Failed, s.Refused, s.RequestBytes, s.ResponseBytes, len(durations), bytesSum(durations), err)
	}
	return b.String()
}

func bytesSum(b []byte) (sum int) {
	for i, c := range b {
		sum += (i + 1) * int(c)
	}
	return sum
}

func (h *history) query() pierre.UsageQuery {
	q := pierre.UsageQuery{
		Key: pick[pierre.KeyID](h.rnd, "", "", "key_0", "key_1"), Customer: pick[pierre.UserID](h.rnd, "", "", "user_0", "user_c"),
		Tier: pick[pierre.Tier](h.rnd, "", "", pierre.TierTrial), Tool: pick(h.rnd, "", "", "get_stats"), Country: pick(h.rnd, "", "", "CH"),
		By:    pick[pierre.Period](h.rnd, "", pierre.PeriodMinute, pierre.PeriodHour, pierre.PeriodDay, pierre.PeriodMonth),
		Split: pick(h.rnd, append(pierre.UsageSplits(), "")...),
	}
	q.From, q.To = h.moment(), h.moment()
	if q.To.Before(q.From) {
		q.From, q.To = q.To, q.From
	}
	if unit := pick(h.rnd, 0, time.Minute, time.Hour, 24*time.Hour); unit > 0 {
		q.From, q.To = q.From.Truncate(unit), q.To.Truncate(unit)
	}
	if q.From.Before(h.keptFrom) {
		q.From, q.By = q.From.Truncate(24*time.Hour), pick[pierre.Period](h.rnd, "", pierre.PeriodDay, pierre.PeriodMonth)
		if q.To.Before(h.keptFrom) {
			q.To = q.To.Truncate(24 * time.Hour)
		}
	}
	return q
}

// Whatever happened in whatever order, and whatever was folded, added later or deleted, reports say what happened.
func TestReportsSayWhatHappened(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		seed := rand.Uint64()
		t.Log("seed", seed)
		h := &history{t: t, s: s, rnd: rand.New(rand.NewPCG(seed, 0)), now: time.Date(2026, 11, 20, 15, 4, 5, 6000, time.UTC)}
		for range 120 {
			h.step()
			q := h.query()
			groups, err := s.Usage(t.Context(), q)
			if shorter := q.By == pierre.PeriodMinute || q.By == pierre.PeriodHour; shorter && !h.keptFrom.IsZero() && pierre.KindOf(err) == pierre.KindInvalid {
				continue // so short periods are not kept as long
			}
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			got := map[string]*pierre.UsageSums{}
			for _, g := range groups {
				of := g.Of
				if q.By != "" {
					of = g.Start.Format(time.RFC3339) + of
				}
				got[of] = &g.UsageSums
			}
			if got, want := text(got), text(h.want(q)); got != want {
				t.Fatalf("%+v:\n%s\nwant\n%s", q, got, want)
			}
		}
	})
}

func TestOldUsageIsKeptByDays(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
		old := storedCall("key_a", pierre.PeriodDay, now.AddDate(-2, 0, 0))
		record(t, s, old, storedCall("key_a", pierre.PeriodDay, now.AddDate(0, 0, -20)), storedCall("key_a", pierre.PeriodDay, now))
		if err := s.FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.ForgetUsage(t.Context(), now, 400*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		for q, want := range map[string]int64{
			`SELECT count(*) FROM calls`: 2,
			`SELECT count(*) FROM usage_rollups WHERE key_id = 'key_a' AND span_s = 60`:    1,
			`SELECT count(*) FROM usage_rollups WHERE key_id = 'key_a' AND span_s = 3600`:  2,
			`SELECT count(*) FROM usage_rollups WHERE key_id = 'key_a' AND span_s = 86400`: 3,
		} {
			if n, err := store.Number(t.Context(), s, q); n != want || err != nil {
				t.Errorf("%s = %d, %v; want %d", q, n, err, want)
			}
		}
		day := old.Started.Truncate(24 * time.Hour)
		if sum, err := s.CallSummary(t.Context(), "key_a", day, day.AddDate(0, 0, 1)); err != nil || measured(sum) != 1 {
			t.Errorf("the day of the old call has %d calls, %v", measured(sum), err)
		}
		if _, err := s.CallSummary(t.Context(), "key_a", day.Add(time.Hour), now); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("a part of that day: %v, want an error that says why", err)
		}
	})
}

func TestMonthsOfCallsArePartitions(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Now().UTC()
		month, _ := pierre.PeriodMonth.Window(now)
		record(t, s, storedCall("key_a", pierre.PeriodDay, now), storedCall("key_a", pierre.PeriodDay, now.AddDate(-3, 0, 0)))
		if err := s.PreparePartitions(t.Context(), now.AddDate(0, 1, 0)); err != nil {
			t.Fatal(err)
		}
		names, err := store.Partitions(t.Context(), s)
		if err != nil {
			t.Skip("this database has no partitions:", err)
		}
		want := []string{"calls_other"}
		for n := range 4 {
			want = append(want, month.AddDate(0, n, 0).Format("calls_2006_01"))
		}
		slices.Sort(want)
		if !slices.Equal(names, want) {
			t.Fatalf("the partitions are %v, want %v", names, want)
		}
		if err := s.ForgetUsage(t.Context(), now.AddDate(0, 3, 0), 62*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		names, err = store.Partitions(t.Context(), s)
		if n, nerr := store.Number(t.Context(), s, `SELECT count(*) FROM calls`); slices.Contains(names, want[0]) && want[0] != "calls_other" || n != 0 || err != nil || nerr != nil {
			t.Errorf("three months later there are %v and %d calls, %v, %v", names, n, err, nerr)
		}
	})
}

// Whatever happened, the books balance; whatever is changed in them is found, named and mended.
func TestReconciliationFindsWhatDiffers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		seed := rand.Uint64()
		t.Log("seed", seed)
		h := &history{t: t, s: s, rnd: rand.New(rand.NewPCG(seed, 0)), now: time.Date(2026, 11, 20, 15, 4, 5, 6000, time.UTC)}
		balance := func(repair bool) pierre.Reconciliation {
			t.Helper()
			r, err := s.Reconcile(t.Context(), h.now.AddDate(0, 0, -12), h.now, h.now, repair)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		today := storedCall("key_0", pierre.PeriodMonth, h.now.Add(-time.Hour))
		record(t, s, today, storedCall("key_1", pierre.PeriodDay, h.now.Add(-2*time.Hour)))
		for range 40 {
			h.step()
			if r := balance(false); len(r.Differences) > 0 {
				t.Fatalf("the books do not balance: %+v", r.Differences)
			}
		}
		h.must(s.FoldUsage(t.Context()))
		const key0 = ` WHERE key_id = 'key_0' AND tool = 'get_stats' AND start_us > `
		since := fmt.Sprint(h.now.Add(-24 * time.Hour).UnixMicro())
		for _, damage := range []struct{ where, change string }{
			{"days", `UPDATE usage_rollups SET succeeded = succeeded + 1` + key0 + since + ` AND span_s = 86400`},
			{"hours", `DELETE FROM usage_rollups` + key0 + since + ` AND span_s = 3600`},
			{"minutes", `UPDATE usage_rollups SET response_bytes = response_bytes - 1` + key0 + since + ` AND span_s = 60`},
			{"all keys' days", `UPDATE usage_rollups SET refused = refused + 5 WHERE key_id = '*' AND span_s = 86400 AND start_us > ` + since},
			{"days", `DELETE FROM calls WHERE id = '` + string(today.ID) + `'`},
			{"quota", `UPDATE quota_counters SET used = used - 1 WHERE key_id = 'key_1'`},
		} {
			h.must(store.Exec(t.Context(), s, damage.change))
			found := balance(true)
			if !slices.ContainsFunc(found.Differences, func(d pierre.Difference) bool { return d.Where == damage.where }) {
				t.Errorf("%s: found %+v", damage.change, found.Differences)
			}
			for _, d := range found.Differences {
				if !d.Mended {
					t.Errorf("%s: not mended: %+v", damage.change, d)
				}
			}
			// A quota is counted before the roll-ups are right, so what is mended is looked at once more.
			balance(true)
			if again := balance(false); len(again.Differences) > 0 {
				t.Errorf("%s: after its repair: %+v", damage.change, again.Differences)
			}
		}
		page, err := s.AuditLog(t.Context(), pierre.AuditQuery{Limit: 1})
		if err != nil || len(page.Entries) != 1 || page.Entries[0].Action != "usage.differences" {
			t.Errorf("the audit log says %+v, %v", page.Entries, err)
		}
	})
}
