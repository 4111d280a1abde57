package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// generate fills the database with so many calls of key_a within a year, in roll-ups as recording would have made them:
// each call of the table that stands for more has its share in the roll-ups. PostgreSQL and SQLite make them themselves.
func generate(b *testing.B, s *store.Store, calls int) {
	b.Helper()
	const perDay = 200 // different calls, recorded in earnest
	end := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	batch := make([]pierre.Call, 0, perDay)
	for day := range 365 {
		batch = batch[:0]
		for n := range perDay {
			c := storedCall("key_a", "", end.AddDate(0, 0, -day-1).Add(time.Duration(n)*432*time.Second))
			c.Tool, c.Country = fmt.Sprint("tool_", n%5), []string{"CH", "CA"}[n%7/6]
			c.Duration = time.Duration(500+(day*perDay+n)*7919%90_000) * time.Microsecond
			batch = append(batch, c)
		}
		if err := s.RecordCalls(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.FoldUsage(b.Context()); err != nil {
		b.Fatal(err)
	}
	if more := calls - 365*perDay; more > 0 { // of other ids, in the same days
		times := more/(365*perDay) + 1
		err := store.Exec(b.Context(), s, `INSERT INTO calls (id, key_id, user_id, customer_id, tier, tool, status, started_us, duration_us, request_bytes, response_bytes, country, client_hash, rolled)
			WITH RECURSIVE times (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < CAST($1 AS BIGINT))
			SELECT id || '_' || n, key_id, user_id, customer_id, tier, tool, status, started_us + n * 1000, duration_us, request_bytes, response_bytes, country, client_hash, 1
			FROM calls, times`, times)
		if err != nil {
			b.Fatal(err)
		}
		if err := store.Exec(b.Context(), s, `UPDATE usage_rollups SET succeeded = succeeded * ($1 + 1)`, times); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFlatCost measures recording and a year's report with ever more calls in the database: on PostgreSQL in partitions by
// month. What it leaves out is how long the database's disk takes for a commit.
//
//	go test ./internal/store -run xxx -bench FlatCost/postgres
func BenchmarkFlatCost(b *testing.B) {
	for _, db := range []string{"sqlite", "postgres"} {
		for _, calls := range []int{1000, 100_000, 10_000_000} {
			b.Run(fmt.Sprintf("%s/calls=%d", db, calls), func(b *testing.B) {
				s := storetest.On(b, db)
				for month := range 13 {
					if err := s.PreparePartitions(b.Context(), time.Date(2025, 11+time.Month(month), 1, 0, 0, 0, 0, time.UTC)); err != nil {
						b.Fatal(err)
					}
				}
				if calls > 1000 {
					generate(b, s, calls)
				} else if err := s.RecordCalls(b.Context(), []pierre.Call{storedCall("key_a", "", time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))}); err != nil {
					b.Fatal(err)
				}
				b.Run("record=16", func(b *testing.B) { recordBatches(b, s) })
				b.Run("report=year", func(b *testing.B) { reportYear(b, s) })
			})
		}
	}
}

func recordBatches(b *testing.B, s *store.Store) {
	at := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	batch := make([]pierre.Call, 16)
	before := processorTime(b)
	for b.Loop() {
		for i := range batch {
			at = at.Add(time.Millisecond)
			batch[i] = storedCall("key_a", pierre.PeriodMonth, at)
		}
		if err := s.RecordCalls(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func reportYear(b *testing.B, s *store.Store) {
	if err := s.FoldUsage(b.Context()); err != nil {
		b.Fatal(err)
	}
	from := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	before := processorTime(b)
	for b.Loop() {
		if _, err := s.CallSummary(b.Context(), "key_a", from, from.AddDate(1, 0, 0)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkFirstFold measures folding the first call of each of many keys in a month: its roll-ups and its counter are made.
func BenchmarkFirstFold(b *testing.B) {
	const keys = 2000
	s := storetest.On(b, "sqlite")
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var spent time.Duration
	for b.Loop() {
		at = at.AddDate(0, 1, 0)
		calls := make([]pierre.Call, keys)
		for i := range calls {
			calls[i] = storedCall(pierre.KeyID(fmt.Sprint("key_", i)), pierre.PeriodMonth, at)
		}
		if err := s.RecordCalls(b.Context(), calls); err != nil {
			b.Fatal(err)
		}
		before := processorTime(b)
		if err := s.FoldUsage(b.Context()); err != nil {
			b.Fatal(err)
		}
		spent += processorTime(b) - before
	}
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N)/keys, "cpu-µs/key")
}

// BenchmarkListsWhileUsageWaits measures a page of keys, by when they were made and by use, and one of customers, while a call of each of
// 20 000 keys waits to be folded.
func BenchmarkListsWhileUsageWaits(b *testing.B) {
	now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
	s := waitingUsage(b, now, 20_000)
	measure := func(name string, list func() error) {
		b.Run(name, func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				if err := list(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
		})
	}
	for _, sort := range []pierre.KeySort{pierre.SortCreated, pierre.SortUse} {
		measure(fmt.Sprint("keys=", sort), func() error {
			page, err := s.APIKeys(b.Context(), pierre.KeyQuery{Limit: 50, Sort: sort, At: now})
			if err == nil && (len(page.Keys) != 50 || sort == pierre.SortUse && page.Used[0] != 1) {
				err = fmt.Errorf("%d keys, the first used %v", len(page.Keys), page.Used)
			}
			return err
		})
	}
	measure("customers", func() error {
		_, err := s.Customers(b.Context(), pierre.CustomerQuery{Limit: 50, At: now})
		return err
	})
}

// BenchmarkWritersWhileUsageIsFolded measures how much processor time passes while a small change waits for the first calls of 20 000 keys, one
// or ten of each, to be folded, with which their counters are made: every step keeps others from writing.
func BenchmarkWritersWhileUsageIsFolded(b *testing.B) {
	for _, calls := range []int{20_000, 200_000} {
		b.Run(fmt.Sprint("calls=", calls), func(b *testing.B) { writersWhileUsageIsFolded(b, calls) })
	}
}

func writersWhileUsageIsFolded(b *testing.B, calls int) {
	now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
	var took []time.Duration
	for range b.N {
		b.StopTimer()
		s := waitingUsage(b, now, calls)
		folded := make(chan error, 1)
		b.StartTimer()
		go func() { folded <- s.FoldUsage(b.Context()) }()
		for ended := false; !ended; {
			began := processorTime(b)
			err := errors.New("not tried")
			for err != nil && b.Context().Err() == nil { // on a busy machine it gives up after two seconds
				err = s.Renew(b.Context(), "bench", time.Minute)
			}
			took = append(took, processorTime(b)-began)
			select {
			case err := <-folded:
				if err != nil {
					b.Fatal(err)
				}
				ended = true
			default:
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "longest-cpu-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-cpu-ms")
}

// waitingUsage returns a database in which so many calls of 20 000 keys, at that time, wait to be folded.
func waitingUsage(b *testing.B, now time.Time, all int) *store.Store {
	b.Helper()
	const keys, atOnce = 20_000, 500
	s := storetest.On(b, "sqlite")
	first := newKey("ana@club.example")
	first.Limit = pierre.Limit{Requests: 1000, Period: pierre.PeriodMonth}
	_, _, err := s.ProvisionAPIKey(b.Context(), parallelAct(), first, func(kept pierre.APIKey) ([]byte, error) { first = kept; return nil, nil })
	if err != nil {
		b.Fatal(err)
	}
	for table, changed := range map[string]map[string]string{
		"users":    {"id": "id || '_' || n", "email": "n || email"},
		"api_keys": {"id": "id || '_' || n", "user_id": "user_id || '_' || n", "hash": "CAST(printf('%032d', n) AS BLOB)", "family_id": "family_id || '_' || n"},
	} {
		var list string
		if err := s.Base().Row(b.Context(), `SELECT group_concat(name) FROM pragma_table_info('`+table+`')`).Scan(&list); err != nil {
			b.Fatal(err)
		}
		names := strings.Split(list, ",")
		values := slices.Clone(names)
		for i, name := range names {
			values[i] = cmp.Or(changed[name], name)
		}
		if err := store.Exec(b.Context(), s, `PRAGMA foreign_keys = OFF`); err != nil {
			b.Fatal(err)
		}
		if err := store.Exec(b.Context(), s, `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
			SELECT `+strings.Join(values, ", ")+` FROM `+table+`, n`); err != nil {
			b.Fatal(err)
		}
	}
	for n := 0; n < all; n += atOnce {
		calls := make([]pierre.Call, atOnce)
		for i := range calls {
			key := pierre.KeyID(fmt.Sprint(first.ID, "_", (n+i)%keys+1))
			calls[i] = storedCall(key, pierre.PeriodMonth, now)
			calls[i].UserID = pierre.UserID(fmt.Sprint(first.UserID, "_", (n+i)%keys+1))
		}
		if err := s.RecordCalls(b.Context(), calls); err != nil {
			b.Fatal(err)
		}
	}
	return s
}
