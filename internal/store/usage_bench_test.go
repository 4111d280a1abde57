package store_test

import (
	"fmt"
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
