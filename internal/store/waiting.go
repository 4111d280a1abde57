package store

import (
	"context"
	"errors"
	"maps"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// keepSums keeps what a transaction adds to roll-ups and counters until it is folded into them.
func (t *tx) keepSums(ctx context.Context, usage rollups, quotas map[quotaDelta]int64, batched bool) error {
	if batched {
		return t.insertBatch(ctx, usage, quotas)
	}
	if err := t.insertDeltas(ctx, usage); err != nil {
		return err
	}
	return t.insertQuotaDeltas(ctx, quotas)
}

// insertBatch inserts a batch, unless there is nothing to keep.
func (t *tx) insertBatch(ctx context.Context, usage rollups, quotas map[quotaDelta]int64) error {
	if len(usage)+len(quotas) == 0 {
		return nil
	}
	sums, n, err := encodeBatch(usage, quotas)
	if err == nil {
		_, err = t.insertEncoded(ctx, sums, n)
	}
	return err
}

const insertedBatch = `INSERT INTO usage_batches (entries, sums, crc32c) VALUES ($1, $2, $3)`

// insertEncoded inserts a batch of n sums and returns its number.
func (t *tx) insertEncoded(ctx context.Context, sums []byte, n int) (seq int64, err error) {
	t.waiting, t.inserted = nil, true
	err = t.row(ctx, insertedBatch+` RETURNING seq`, n, sums, batchChecksum(sums)).Scan(&seq)
	return seq, err
}

// batches returns the batches that are not folded yet.
func (t *tx) batches(ctx context.Context) ([]batch, error) {
	if t.waiting != nil {
		return t.waiting, nil
	}
	rows, err := t.query(ctx, `SELECT seq FROM usage_batches ORDER BY seq`)
	seqs, err := collect(rows, err, scanSeq)
	if err != nil {
		return nil, err
	}
	known, missing := t.cache.of(seqs)
	for part := range parts(missing) {
		if err := t.readBatches(ctx, part, known); err != nil {
			return nil, err
		}
	}
	if len(missing) > 0 && !t.inserted { // what this transaction has inserted may never be there
		t.cache.keep(known)
	}
	t.waiting, t.damaged = make([]batch, 0, len(known)), nil
	for _, seq := range seqs {
		t.waiting = append(t.waiting, known[seq])
		if known[seq].damaged {
			t.damaged = append(t.damaged, seq)
		}
	}
	return t.waiting, nil
}

func scanSeq(from scanner) (seq int64, err error) {
	err = from.Scan(&seq)
	return seq, err
}

func batchRows() *rowsStatement {
	return &rowsStatement{head: `SELECT seq, entries, sums, crc32c FROM usage_batches WHERE seq IN (VALUES `, width: 1, first: "BIGINT", tail: `)`}
}

func takenBatchRows() *rowsStatement {
	return &rowsStatement{head: `DELETE FROM usage_batches WHERE seq IN (VALUES `, width: 1, first: "BIGINT", tail: `) RETURNING seq, entries, sums, crc32c`}
}

func (t *tx) readBatches(ctx context.Context, seqs []int64, into map[int64]batch) error {
	return t.visitBatches(ctx, batchRows(), seqs, func(k *keptBatch, b batch) error {
		into[k.seq] = b
		return nil
	})
}

// takeBatches deletes batches and returns what was in them. Those that another program has taken meanwhile are not there any more;
// those that are damaged are put aside.
func (t *tx) takeBatches(ctx context.Context, seqs ...int64) (rollups, map[quotaDelta]int64, error) {
	g, err := t.takeGathered(ctx, seqs)
	if err != nil {
		return nil, nil, err
	}
	usage, quotas := g.all()
	return usage, quotas, nil
}

func (t *tx) takeGathered(ctx context.Context, seqs []int64) (*gathering, error) {
	t.waiting = nil
	g, damaged, err := t.gather(ctx, takenBatchRows(), seqs)
	if err != nil {
		return nil, err
	}
	return g, t.setAside(ctx, damaged)
}

// gather adds up the rows that a statement returns of batches, and returns those that are damaged, too.
func (t *tx) gather(ctx context.Context, of *rowsStatement, seqs []int64) (g *gathering, damaged []keptBatch, err error) {
	g = &gathering{}
	for part := range parts(seqs) {
		if err := t.visitBatches(ctx, of, part, func(k *keptBatch, b batch) error {
			if b.damaged {
				damaged = append(damaged, *k)
			}
			return g.add(b)
		}); err != nil {
			return nil, nil, err
		}
	}
	return g, damaged, nil
}

func droppedBatchRows() *rowsStatement {
	return &rowsStatement{head: `DELETE FROM usage_batches WHERE seq IN (VALUES `, width: 1, first: "BIGINT", tail: `)`}
}

// dropBatches deletes batches; it fails with errTaken unless all are there.
func (t *tx) dropBatches(ctx context.Context, seqs []int64) error {
	t.waiting = nil
	for part := range parts(seqs) {
		args := make([]any, len(part))
		for i, seq := range part {
			args[i] = seq
		}
		n, err := t.change(ctx, droppedBatchRows().text(len(part)), args...)
		if err == nil && n < int64(len(part)) {
			err = errTaken
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// visitBatches visits rows. Of one that is damaged it says so.
func (t *tx) visitBatches(ctx context.Context, of *rowsStatement, seqs []int64, visit func(*keptBatch, batch) error) error {
	args := make([]any, len(seqs))
	for i, seq := range seqs {
		args[i] = seq
	}
	rows, err := t.query(ctx, of.text(len(seqs)), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k keptBatch
		if err := rows.Scan(&k.seq, &k.entries, &k.sums, &k.checksum); err != nil {
			return err
		}
		b, err := k.read()
		if errors.Is(err, errDamaged) {
			b, err = batch{damaged: true}, nil
		}
		if err != nil {
			return err
		}
		if err := visit(&k, b); err != nil {
			return err
		}
	}
	return rows.Err()
}

// waitingUsage visits the sums by the minute of [p.from, p.to) that batches hold and u asks for.
func (t *tx) waitingUsage(ctx context.Context, u *usageFilter, p piece, visit func(rollupID, *keptUsage) error) error {
	batches, err := t.batches(ctx)
	if err != nil {
		return err
	}
	for _, b := range batches {
		first := 0
		if u.key != nil {
			first = b.usage.find(string(*u.key))
		}
		for i := first; i < b.usage.len(); i++ {
			kept, err := b.usage.usage(i)
			if err != nil {
				return err
			}
			if u.key != nil && string(kept.key) != string(*u.key) {
				break
			}
			if !p.contains(kept.start) {
				continue
			}
			id := kept.id()
			if !u.matches(id) {
				continue
			}
			if err := visit(id, &kept); err != nil {
				return err
			}
		}
	}
	return nil
}

// waitingCalls returns how many calls count against the bucket in [from, to) that batches hold.
func (t *tx) waitingCalls(ctx context.Context, bucket string, from, to int64) (n int64, err error) {
	batches, err := t.batches(ctx)
	if err != nil {
		return 0, err
	}
	for _, b := range batches {
		for i := b.quotas.find(bucket); i < b.quotas.len(); i++ {
			kept, err := b.quotas.quota(i)
			if err != nil {
				return 0, err
			}
			if string(kept.bucket) != bucket {
				break
			}
			if from <= kept.minute && kept.minute < to {
				n += kept.calls
			}
		}
	}
	return n, nil
}

// waitingAdmitted returns how many calls of the bucket that were not refused batches hold.
func (t *tx) waitingAdmitted(ctx context.Context, of bucketFilter, p piece) (n int64, err error) {
	if batches, err := t.batches(ctx); err != nil || len(batches) == 0 {
		return 0, err
	}
	rows, err := t.query(ctx, of.keys, of.owner)
	keys, err := collect(rows, err, scanKeyID)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		more, err := t.waitingOfKey(ctx, key, of.tool, p)
		if err != nil {
			return 0, err
		}
		n += more
	}
	return n, nil
}

// waitingOfKey returns how many calls of the key that were not refused batches hold.
func (t *tx) waitingOfKey(ctx context.Context, key pierre.KeyID, tool string, p piece) (n int64, err error) {
	err = t.waitingUsage(ctx, &usageFilter{key: &key, tool: tool}, p, func(_ rollupID, u *keptUsage) error {
		n += u.counts.Succeeded + u.counts.Failed
		return nil
	})
	return n, err
}

// waitingOfCustomers adds, for each of the customers in calls, how many calls from a time on that were not refused batches hold.
func (t *tx) waitingOfCustomers(ctx context.Context, from int64, calls map[string]int64) error {
	batches, err := t.batches(ctx)
	if err != nil {
		return err
	}
	for _, b := range batches {
		for i := range b.usage.len() {
			kept, err := b.usage.usage(i)
			if err != nil {
				return err
			}
			if n, wanted := calls[string(kept.customer)]; wanted && kept.start >= from {
				calls[string(kept.customer)] = n + kept.counts.Succeeded + kept.counts.Failed
			}
		}
	}
	return nil
}

// dropWaiting forgets the usage of a day that batches hold. What counts against quotas stays.
func (t *tx) dropWaiting(ctx context.Context, day piece) error {
	rows, err := t.query(ctx, `SELECT seq FROM usage_batches`)
	seqs, err := collect(rows, err, scanSeq)
	if err != nil {
		return err
	}
	usage, quotas, err := t.takeBatches(ctx, seqs...)
	if err != nil {
		return err
	}
	maps.DeleteFunc(usage, func(id rollupID, _ *pierre.UsageSums) bool { return day.contains(id.start) })
	return t.insertBatch(ctx, usage, quotas)
}
