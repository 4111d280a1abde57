package store

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"
)

// What a server waits for before it folds all that its calls add up to. The more there is of a key, the less work each of its
// calls is; what waits is read by each report.
const (
	foldEntries = 250_000 // sums in batches: two of a call whose key has a quota and no other call in its batch
	foldRows    = 20_000  // rows of usage_deltas
)

const (
	smallBatch = 1000 // has fewer entries
	manySmall  = 64
)

// longestPause bounds how long folding leaves the database to others after a step. Another program looks each 100 ms at the latest
// whether it may write.
const longestPause = 100 * time.Millisecond

// gatherAtOnce bounds the batches that are in memory.
const gatherAtOnce = 1000

// FoldUsage adds the usage that the last transactions recorded to the roll-ups and to the counters of quotas, in small
// transactions, until none is left that it found. Reports are right before and after; they get slow if this is not done for
// long.
func (s *Store) FoldUsage(ctx context.Context) error {
	if err := s.foldBatches(ctx); err != nil {
		return err
	}
	if err := s.foldQuotas(ctx); err != nil {
		return err
	}
	return s.foldDeltas(ctx)
}

// FoldMuch does what [Store.FoldUsage] does if much has piled up since. If much is only the number of batches, each of which is looked
// into when a key calls for the first time, it makes fewer of the small ones.
func (s *Store) FoldMuch(ctx context.Context) error {
	var much, many bool
	err := s.row(ctx, `SELECT COALESCE((SELECT sum(entries) FROM usage_batches), 0) >= $1 OR
		EXISTS (SELECT 1 FROM (SELECT seq FROM usage_deltas ORDER BY seq LIMIT 1 OFFSET $2) AS many),
		(SELECT count(*) FROM usage_batches WHERE entries < $3) >= $4`, foldEntries, foldRows, smallBatch, manySmall).Scan(&much, &many)
	switch {
	case err != nil:
		return s.classify(err, "looking how much usage waits")
	case much:
		return s.FoldUsage(ctx)
	case !many:
		return nil
	}
	small, err := s.findBatches(ctx, smallBatch)
	if err == nil {
		_, err = s.gatherBatches(ctx, small)
	}
	return err
}

// findBatches returns the oldest batches that have fewer entries.
func (s *Store) findBatches(ctx context.Context, entries int64) (found []int64, err error) {
	err = s.view(ctx, "looking for usage to fold", func(t *tx) error {
		rows, err := t.query(ctx, `SELECT seq FROM usage_batches WHERE entries < $1 ORDER BY seq LIMIT $2`, entries, gatherAtOnce)
		found, err = collect(rows, err, scanSeq)
		return err
	})
	return found, err
}

// foldBatches adds what batches hold to the roll-ups and counters.
func (s *Store) foldBatches(ctx context.Context) error {
	for {
		found, err := s.findBatches(ctx, math.MaxInt64)
		if err != nil || len(found) == 0 {
			return err
		}
		gathered, err := s.gatherBatches(ctx, found)
		if err != nil {
			return err
		}
		for i, seq := range gathered {
			began := time.Now()
			if err := s.foldBatch(ctx, seq); err != nil {
				return err
			}
			if i < len(gathered)-1 {
				leaveToOthers(ctx, time.Since(began))
			}
		}
		s.batches.keep(nil) // they are gone
		if len(found) < gatherAtOnce {
			return nil
		}
	}
}

// gatherBatches makes of batches as many new ones as there are transactions to be, each with all sums of some keys and buckets: so
// the rows of a key are changed once for all its calls, and no transaction keeps others from writing for long. It returns the new
// ones; none if so little was found that it is folded. What is interrupted then is batches as before.
func (s *Store) gatherBatches(ctx context.Context, seqs []int64) (gathered []int64, err error) {
	err = s.update(ctx, "gathering usage to fold", func(t *tx) error {
		gathered = nil
		usage, quotas, err := t.takeBatches(ctx, seqs...)
		if err != nil {
			return err
		}
		if max(len(usage), len(quotas)) <= foldAtOnce {
			return t.raise(ctx, usage, quotas)
		}
		ids, buckets := slices.SortedFunc(maps.Keys(usage), rollupID.compare), slices.SortedFunc(maps.Keys(quotas), quotaDelta.compare)
		for len(ids)+len(buckets) > 0 {
			someUsage, someQuotas := some(usage, ids), some(quotas, buckets)
			seq, err := t.insertBatch(ctx, someUsage, someQuotas)
			if err != nil {
				return err
			}
			gathered, ids, buckets = append(gathered, seq), ids[len(someUsage):], buckets[len(someQuotas):]
		}
		return nil
	})
	return gathered, err
}

// some returns what m has of the first ids, as many as are folded in a transaction.
func some[M ~map[K]V, K comparable, V any](m M, ids []K) M {
	part := M{}
	for _, id := range ids[:min(len(ids), foldAtOnce)] {
		part[id] = m[id]
	}
	return part
}

// leaveToOthers waits as long as a step has taken, so that programs that want to write find the database free half of the time.
func leaveToOthers(ctx context.Context, step time.Duration) {
	select {
	case <-time.After(min(step, longestPause)):
	case <-ctx.Done():
	}
}

// foldBatch folds a batch.
func (s *Store) foldBatch(ctx context.Context, seq int64) error {
	return s.update(ctx, "folding usage into roll-ups", func(t *tx) error {
		usage, quotas, err := t.takeBatches(ctx, seq)
		if err != nil {
			return err
		}
		return t.raise(ctx, usage, quotas)
	})
}

// raise adds to the roll-ups and counters.
func (t *tx) raise(ctx context.Context, usage rollups, quotas map[quotaDelta]int64) error {
	if err := t.raiseRollups(ctx, usage); err != nil {
		return err
	}
	return t.raiseQuotas(ctx, quotas)
}
