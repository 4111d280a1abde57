package store

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Exec runs a statement as another program might.
func Exec(ctx context.Context, s *Store, q string, args ...any) error {
	_, err := s.write.ExecContext(ctx, s.db.Rewrite(q), args...)
	return err
}

// URL returns the URL of a PostgreSQL database.
func URL(s *Store) string { return s.db.PostgresConfig().ConnString() }

// Number returns the number that a query finds.
func Number(ctx context.Context, s *Store, q string, args ...any) (n int64, err error) {
	return n, s.row(ctx, q, args...).Scan(&n)
}

// Partitions lists the partitions of calls.
func Partitions(ctx context.Context, s *Store) ([]string, error) { return s.partitions(ctx) }

// IdleAfterChange returns after how many milliseconds the database undoes an idle transaction that has written a change; 0: it
// is SQLite.
func IdleAfterChange(ctx context.Context, s *Store) (n int64, err error) {
	err = s.update(ctx, "changing a tier", func(t *tx) error {
		if err := t.changed(ctx, time.Now(), pierre.Change{Kind: pierre.ChangeTier, ID: "starter"}); err != nil || !t.postgres {
			return err
		}
		return t.row(ctx, `SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'`).Scan(&n)
	})
	return n, err
}

// DigestsPlan tells how PostgreSQL reads the user's digests, as EXPLAIN has it in JSON.
func DigestsPlan(ctx context.Context, s *Store, user pierre.UserID, version int) (plan string, err error) {
	q, args := digestsQuery(user, version)
	return plan, s.row(ctx, "EXPLAIN (ANALYZE, FORMAT JSON) "+q, args...).Scan(&plan)
}

// Gather does the first step of folding, unless another program does it meanwhile.
func Gather(ctx context.Context, s *Store) error {
	found, _, err := s.findBatches(ctx, math.MaxInt64, math.MaxInt64)
	if err == nil && len(found) > 0 {
		_, err = s.gatherBatches(ctx, found)
	}
	if errors.Is(err, errTaken) {
		return nil
	}
	return err
}

// ImportAfter imports a recording, and does something else between the look at what there is and the writing. If that returns
// true, what was found is looked for once more in the transaction.
func ImportAfter(ctx context.Context, s *Store, user pierre.UserID, src pierre.Source, rec pierre.Recording, between func() (again bool)) (pierre.Addition, error) {
	in, err := s.newEntry(src, rec)
	if err != nil {
		return pierre.Addition{}, err
	}
	m, err := newSources(s, user, s.codec).match(ctx, in)
	if err != nil {
		return pierre.Addition{}, err
	}
	if between() {
		return s.keepMatched(ctx, user, in, nil)
	}
	return s.keepMatched(ctx, user, in, &m)
}

// FoldStep does one step of folding after the first, and reports whether there was one to do.
func FoldStep(ctx context.Context, s *Store) (bool, error) {
	found, _, err := s.findBatches(ctx, math.MaxInt64, math.MaxInt64)
	if err == nil && len(found) > 0 {
		err = s.foldBatch(ctx, found[0])
	}
	return len(found) > 0, err
}

// BatchChecksum is what a row of usage_batches says of its sums.
func BatchChecksum(sums []byte) int64 { return batchChecksum(sums) }

// SeenAgain lets the store look again whether there are servers that read no batches, as it does after some seconds.
func SeenAgain(s *Store) {
	s.batching.mu.Lock()
	defer s.batching.mu.Unlock()
	s.batching.asked = time.Time{}
}

// ForgetBatches lets the store read batches from the database again, as a server does that has just started.
func ForgetBatches(s *Store) { s.batches.forget() }
