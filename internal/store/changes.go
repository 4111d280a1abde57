package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// changesFor is how long changes are kept for servers to read. What a server remembers lives for seconds.
const changesFor = time.Hour

// changeIdle is after which time without a word from its program PostgreSQL undoes a transaction that has written a change: it
// would be committed when the servers look for its number no more. They do so for 30 seconds.
const changeIdle = 15 * time.Second

// keyChanged raises the generation of a key that this transaction changed, and tells the servers.
func (t *tx) keyChanged(ctx context.Context, at time.Time, kind pierre.ChangeKind, id pierre.KeyID) error {
	var generation int64
	err := t.row(ctx, `UPDATE api_keys SET generation = generation + 1 WHERE id = $1 RETURNING generation`, id).Scan(&generation)
	if err != nil {
		return err
	}
	return t.changed(ctx, at, pierre.Change{Kind: kind, ID: string(id), Generation: generation})
}

// changed tells the servers of a change that this transaction makes. It is best called last: a server that reads changes
// waits for a transaction with an earlier number only so long.
func (t *tx) changed(ctx context.Context, at time.Time, c pierre.Change) error {
	t.announce = true
	if err := t.endIfIdle(ctx, changeIdle); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO changes (at_us, kind, target, generation) VALUES ($1, $2, $3, $4)`,
		at.UnixMicro(), c.Kind, c.ID, c.Generation)
	return err
}

// OnChange sets what is called after a change was committed that servers have to hear of. Call it before the Store is used
// by others. Without it PostgreSQL tells those that listen to it, and others find the change when they read the changes again.
func (s *Store) OnChange(announce func(context.Context)) { s.onChange = announce }

// ChangesAfter returns at most limit changes with a higher number than seq, in the order of their numbers.
func (s *Store) ChangesAfter(ctx context.Context, seq int64, limit int) ([]pierre.Change, error) {
	rows, err := s.query(ctx, `SELECT seq, kind, target, generation, at_us FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2`, seq, limit)
	if err != nil {
		return nil, s.classify(err, "reading changes")
	}
	defer rows.Close()
	var changes []pierre.Change
	for rows.Next() {
		var c pierre.Change
		var at int64
		if err := rows.Scan(&c.Seq, &c.Kind, &c.ID, &c.Generation, &at); err != nil {
			return nil, s.classify(err, "reading changes")
		}
		c.At = time.UnixMicro(at).UTC()
		changes = append(changes, c)
	}
	return changes, s.classify(rows.Err(), "reading changes")
}

// LastChange returns the highest number of a change, 0 if there is none.
func (s *Store) LastChange(ctx context.Context) (int64, error) {
	var seq int64
	err := s.row(ctx, `SELECT COALESCE(MAX(seq), 0) FROM changes`).Scan(&seq)
	return seq, s.classify(err, "reading the last change")
}

// ForgetChanges deletes the changes that every server has read.
func (s *Store) ForgetChanges(ctx context.Context, now time.Time) error {
	return s.update(ctx, "deleting old changes", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM changes WHERE at_us <= $1`, now.Add(-changesFor).UnixMicro())
		return err
	})
}
