package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// readsBatches is the first version of the tables whose programs read what waits in batches of PostgreSQL, and fold it. Programs before 64
// read rows of usage_deltas and quota_deltas only.
const readsBatches = 85

// askEvery is how long after servers of such a version were seen it is asked again whether there are any.
const askEvery = 10 * time.Second

// A batching knows whether what calls add up to is kept in batches. Once it is, it stays so. It is safe for concurrent use.
type batching struct {
	on    atomic.Bool
	mu    sync.Mutex
	asked time.Time // guarded by mu
}

// keepsBatches reports whether what calls add up to is kept in batches: always with SQLite, and with PostgreSQL as soon as no server
// counts calls that reads rows only. From then on programs of such a version do not start, and are not ready. If it cannot find out, it
// reports false: every version reads rows.
func (s *Store) keepsBatches(ctx context.Context) bool {
	b := &s.batching
	if b.on.Load() || !s.db.Postgres() {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.on.Load() || time.Since(b.asked) < askEvery {
		return b.on.Load()
	}
	on, err := s.beginBatches(ctx)
	b.asked = time.Now()
	b.on.Store(on && err == nil)
	return b.on.Load()
}

// beginBatches lets batches be written, unless a server runs that does not read them, and reports whether they may.
func (s *Store) beginBatches(ctx context.Context) (may bool, err error) {
	const begun = `SELECT MAX(oldest) >= $1 FROM schema_compatibility`
	if err := s.row(ctx, begun, readsBatches).Scan(&may); may || err != nil {
		return may, err
	}
	err = s.update(ctx, "letting usage wait in batches", func(t *tx) error {
		if _, err := t.exec(ctx, `UPDATE schema_compatibility SET oldest = $1
			WHERE oldest < $1 AND NOT EXISTS (SELECT 1 FROM limiter_replicas WHERE newest_schema < $1)`, readsBatches); err != nil {
			return err
		}
		return t.row(ctx, begun, readsBatches).Scan(&may)
	})
	return may, err
}
