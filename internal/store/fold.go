package store

import (
	"context"
	"math"
	"time"
)

// What a server waits for before it folds all that its calls add up to. The more there is of a key, the less work each of its
// calls is; what waits is read by each report.
const (
	foldEntries = 250_000 // sums in batches, which are gathered first: two of a call whose key has a quota and no other call in its batch
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

// FoldMuch makes few batches of many: those of the calls that piled up since add up to much less, since most are of the same keys.
// If much is left then, it does what [Store.FoldUsage] does.
func (s *Store) FoldMuch(ctx context.Context) error {
	p, err := s.piledUp(ctx, foldEntries)
	switch {
	case err != nil:
		return err
	case p.rows:
		return s.FoldUsage(ctx)
	case !p.much && !p.many:
		return nil
	}
	entries := int64(smallBatch)
	if p.much {
		entries = math.MaxInt64
	}
	found, err := s.findBatches(ctx, entries)
	if err != nil {
		return err
	}
	if _, err := s.gatherBatches(ctx, found); err != nil || !p.much {
		return err
	}
	if p, err = s.piledUp(ctx, foldEntries/2); err == nil && p.much {
		return s.FoldUsage(ctx)
	}
	return err
}

// A pile says what waits: batches with many sums, many rows of usage_deltas, many small batches.
type pile struct{ much, rows, many bool }

// piledUp looks whether batches have so many sums, and for the rest.
func (s *Store) piledUp(ctx context.Context, sums int64) (p pile, err error) {
	err = s.row(ctx, `SELECT COALESCE((SELECT sum(entries) FROM usage_batches), 0) >= $1,
		EXISTS (SELECT 1 FROM (SELECT seq FROM usage_deltas ORDER BY seq LIMIT 1 OFFSET $2) AS many),
		(SELECT count(*) FROM usage_batches WHERE entries < $3) >= $4`, sums, foldRows, smallBatch, manySmall).Scan(&p.much, &p.rows, &p.many)
	return p, s.classify(err, "looking how much usage waits")
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
		g, err := t.takeGathered(ctx, seqs)
		if err != nil {
			return err
		}
		if max(len(g.usage), len(g.quotas)) <= foldAtOnce {
			return t.raise(ctx, g)
		}
		batches, entries, err := g.divided(foldAtOnce)
		if err != nil {
			return err
		}
		for i, sums := range batches {
			seq, err := t.insertEncoded(ctx, sums, entries[i])
			if err != nil {
				return err
			}
			gathered = append(gathered, seq)
		}
		return nil
	})
	return gathered, err
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
		g, err := t.takeGathered(ctx, []int64{seq})
		if err != nil {
			return err
		}
		return t.raise(ctx, g)
	})
}

// raise adds to the roll-ups and counters.
func (t *tx) raise(ctx context.Context, g *gathering) error {
	usage, quotas := g.all()
	if err := t.raiseRollups(ctx, usage); err != nil {
		return err
	}
	return t.raiseQuotas(ctx, quotas)
}
