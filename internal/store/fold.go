package store

import (
	"context"
	"errors"
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

// These bound what is gathered at once: what is in memory, and what is written in one transaction.
const (
	gatherAtOnce  = 1000        // batches
	gatherEntries = foldEntries // sums in them, unless the first one has more
)

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
	found, _, err := s.findBatches(ctx, entries, math.MaxInt64)
	if err != nil {
		return err
	}
	if _, err := s.gatherBatches(ctx, found); err != nil && !errors.Is(err, errTaken) || !p.much {
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

// findBatches returns the oldest batches until last that have fewer entries, as many as are gathered at once, and whether there are more.
func (s *Store) findBatches(ctx context.Context, entries, last int64) (found []int64, more bool, err error) {
	var kept []keptBatch
	err = s.view(ctx, "looking for usage to fold", func(t *tx) error {
		rows, err := t.query(ctx, `SELECT seq, entries FROM usage_batches WHERE entries < $1 AND seq <= $2 ORDER BY seq LIMIT $3`, entries, last, gatherAtOnce+1)
		kept, err = collect(rows, err, func(from scanner) (k keptBatch, err error) { return k, from.Scan(&k.seq, &k.entries) })
		return err
	})
	var sums int64
	for _, k := range kept {
		if sums += k.entries; len(found) == gatherAtOnce || len(found) > 0 && sums > gatherEntries {
			break
		}
		found = append(found, k.seq)
	}
	return found, len(found) < len(kept), err
}

// foldBatches adds what batches hold to the roll-ups and counters. All are gathered before, since each counter that is made is looked for in
// each that is left.
func (s *Store) foldBatches(ctx context.Context) error {
	gathered, err := s.gatherAll(ctx)
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
	s.batches.forget() // they are gone
	return nil
}

// gatherAll gathers the batches that there are now, and returns the new ones.
func (s *Store) gatherAll(ctx context.Context) (gathered []int64, err error) {
	var last int64
	if err := s.row(ctx, `SELECT COALESCE(max(seq), 0) FROM usage_batches`).Scan(&last); err != nil {
		return nil, s.classify(err, "looking for usage to fold")
	}
	for {
		found, more, err := s.findBatches(ctx, math.MaxInt64, last)
		if err != nil || len(found) == 0 {
			return gathered, err
		}
		added, err := s.gatherBatches(ctx, found)
		if err != nil && !errors.Is(err, errTaken) {
			return nil, err
		}
		gathered = append(gathered, added...)
		if err == nil && !more {
			return gathered, nil
		}
	}
}

// errTaken says that another program has folded or gathered what was to be gathered.
var errTaken = errors.New("usage was folded by another program meanwhile")

// gatherBatches makes of batches as many new ones as there are transactions to be, each with all sums of some keys and buckets: so
// the rows of a key are changed once for all its calls, and no transaction keeps others from writing for long. A batch never changes, so
// they are added up before the transaction that replaces them, which fails with errTaken if one is not there any more. It returns the new
// ones; none if so little was found that it is folded. What is interrupted then is batches as before.
func (s *Store) gatherBatches(ctx context.Context, seqs []int64) (gathered []int64, err error) {
	var g *gathering
	var damaged []keptBatch
	err = s.view(ctx, "reading usage to fold", func(t *tx) (err error) {
		g, damaged, err = t.gather(ctx, batchRows(), seqs)
		return err
	})
	if err != nil {
		return nil, err
	}
	var batches [][]byte
	var entries []int
	little := max(len(g.usage), len(g.quotas)) <= foldAtOnce
	if !little {
		if batches, entries, err = g.divided(foldAtOnce); err != nil {
			return nil, err
		}
	}
	err = s.update(ctx, "gathering usage to fold", func(t *tx) error {
		gathered = nil
		if err := t.dropBatches(ctx, seqs); err != nil {
			return err
		}
		if err := t.setAside(ctx, damaged); err != nil {
			return err
		}
		if little {
			return t.raise(ctx, g)
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
