package store

import (
	"context"
	"database/sql"
	"errors"
	"hash/crc32"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A batch says what many calls add up to, and a disk or a hand may change it. One that is not what was written counts for nothing:
// reports, quotas and folding go on without it, folding puts it into damaged_batches, and reconciliation adds its calls up again.

func batchChecksum(sums []byte) int64 {
	return int64(crc32.Checksum(sums, crc32.MakeTable(crc32.Castagnoli)))
}

// A keptBatch is a row of usage_batches.
type keptBatch struct {
	seq, entries int64
	sums         []byte
	checksum     sql.NullInt64
}

// read decodes the row. An error that is [errDamaged] says that it is not what was written; another that a later version wrote it.
func (k *keptBatch) read() (batch, error) {
	if k.checksum.Valid && k.checksum.Int64 != batchChecksum(k.sums) {
		return batch{}, errDamaged
	}
	b, err := decodeBatch(k.sums)
	if err == nil && !k.checksum.Valid {
		err = (&gathering{}).add(b)
	}
	if err != nil && !k.checksum.Valid { // versions that kept no checksum kept the first kind of batches only
		return batch{}, errors.Join(errDamaged, err)
	}
	return b, err
}

var errDamaged = errors.New("what calls add up to is damaged")

// setAside keeps what is not to be read again.
func (t *tx) setAside(ctx context.Context, damaged []keptBatch) error {
	for _, k := range damaged {
		if _, err := t.exec(ctx, `INSERT INTO damaged_batches (seq, entries, sums, crc32c, found_us) VALUES ($1, $2, $3, $4, $5)`,
			k.seq, k.entries, k.sums, k.checksum, time.Now().UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

// DamagedUsage returns the batches of usage that were found to be damaged, whose calls reconciliation has not added up again.
func (s *Store) DamagedUsage(ctx context.Context) (found []pierre.DamagedUsage, err error) {
	rows, err := s.query(ctx, `SELECT seq, entries, found_us FROM damaged_batches ORDER BY seq`)
	found, err = collect(rows, err, func(from scanner) (d pierre.DamagedUsage, err error) {
		return d, from.Scan(&d.Batch, &d.Sums, instant{&d.Found})
	})
	return found, s.classify(err, "looking for damaged usage")
}

// findDamage looks at all batches, and puts aside those that are damaged.
func (s *Store) findDamage(ctx context.Context) error {
	var damaged []int64
	err := s.view(ctx, "looking for damaged usage", func(t *tx) (err error) {
		_, err = t.batches(ctx)
		damaged = t.damaged
		return err
	})
	if err != nil || len(damaged) == 0 {
		return err
	}
	return s.update(ctx, "putting damaged usage aside", func(t *tx) error {
		usage, quotas, err := t.takeBatches(ctx, damaged...)
		if err != nil {
			return err
		}
		return t.insertBatch(ctx, usage, quotas) // of a row that reads well by now
	})
}

// waitsAtMost is how long before it is found damaged a batch was written at the earliest, while a server runs: usage is folded each minute.
const waitsAtMost = time.Hour

// forgetDamage forgets batches whose calls are added up again, as far as they were kept.
func (s *Store) forgetDamage(ctx context.Context, damaged []pierre.DamagedUsage) error {
	return s.update(ctx, "forgetting damaged usage", func(t *tx) error {
		k, err := t.usageKept(ctx)
		if err != nil {
			return err
		}
		for i := range damaged {
			if _, err := t.exec(ctx, `DELETE FROM damaged_batches WHERE seq = $1 AND found_us = $2`, damaged[i].Batch, damaged[i].Found.UnixMicro()); err != nil {
				return err
			}
			damaged[i].Lost = damaged[i].Found.Add(-waitsAtMost).UnixMicro() < k.calls
			damaged[i].Mended = !damaged[i].Lost
		}
		return nil
	})
}
