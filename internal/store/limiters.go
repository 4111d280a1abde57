package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// JoinLimiter makes id one of the servers that count together, alone or with Redis, and reports whether it is one now.
// One that counts alone is one of no others; the view says which there are.
func (s *Store) JoinLimiter(ctx context.Context, id string, mode pierre.LimiterMode) (pierre.LimiterView, bool, error) {
	var v pierre.LimiterView
	var joined bool
	err := s.update(ctx, "joining the servers that count together", func(t *tx) error {
		var err error
		if v, err = t.limiterView(ctx); err != nil {
			return err
		}
		joined = len(v.Replicas) == 0 || mode != pierre.LimiterAlone && v.Mode != pierre.LimiterAlone
		if !joined {
			return nil
		}
		acknowledged := v.Epoch // nothing of it runs
		if len(v.Replicas) == 0 || v.Mode == pierre.LimiterShare {
			if len(v.Replicas) > 0 {
				mode = v.Mode // the shares become smaller
			}
			acknowledged = 0
			if err := t.advanceLimiter(ctx, id, v.Epoch, mode); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `INSERT INTO limiter_replicas (id, beat, epoch, reaches, newest_schema) VALUES ($1, 0, $2, 1, $3)`, id, acknowledged, s.NewestSchema()); err != nil {
			return err
		}
		v, err = t.limiterView(ctx)
		return err
	})
	return v, joined, err
}

// BeatLimiter says that the server lives and whether it reaches Redis, and returns what holds now. It reports false if the
// server is no longer among those that count together.
func (s *Store) BeatLimiter(ctx context.Context, id string, reaches bool) (pierre.LimiterView, bool, error) {
	var v pierre.LimiterView
	var present bool
	var flag int64
	if reaches {
		flag = 1
	}
	err := s.apply(ctx, "saying that this server counts", func(t *tx) error {
		n, err := t.change(ctx, `UPDATE limiter_replicas SET beat = beat + 1, reaches = $2 WHERE id = $1`, id, flag)
		if err != nil {
			return err
		}
		present = n > 0
		v, err = t.limiterView(ctx)
		return err
	})
	return v, present, err
}

// AcknowledgeLimiter says what of the server ran when the epoch began.
func (s *Store) AcknowledgeLimiter(ctx context.Context, id string, epoch int64, running []pierre.ReportedCall) error {
	return s.apply(ctx, "saying which calls run", func(t *tx) error {
		for _, c := range running {
			ids, err := json.Marshal(c.Buckets)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO limiter_running (epoch, call_id, at_us, buckets) VALUES ($1, $2, $3, $4)
				ON CONFLICT (epoch, call_id) DO NOTHING`, epoch, string(c.ID), c.At.UnixMicro(), string(ids)); err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, `UPDATE limiter_replicas SET epoch = $2 WHERE id = $1 AND epoch < $2`, id, epoch)
		return err
	})
}

// AdvanceLimiter begins the epoch after from, unless another server did.
func (s *Store) AdvanceLimiter(ctx context.Context, id string, from int64, mode pierre.LimiterMode) error {
	return s.apply(ctx, "beginning to count anew", func(t *tx) error { return t.advanceLimiter(ctx, id, from, mode) })
}

func (t *tx) advanceLimiter(ctx context.Context, id string, from int64, mode pierre.LimiterMode) error {
	if _, err := t.exec(ctx, `UPDATE limiter_epochs SET epoch = $1 + 1, mode = $2, leader = $3 WHERE id = 1 AND epoch = $1`,
		from, string(mode), id); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM limiter_running WHERE epoch < $1`, from)
	return err
}

// LeaveLimiter ends the server's part in counting together. Another one's is ended only if it has not beaten since.
func (s *Store) LeaveLimiter(ctx context.Context, id string, beat int64) error {
	return s.apply(ctx, "leaving the servers that count together", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM limiter_replicas WHERE id = $1 AND ($2 < 0 OR beat = $2)`, id, beat)
		return err
	})
}

// ReportedCalls returns the calls that ran when the epoch began.
func (s *Store) ReportedCalls(ctx context.Context, epoch int64) ([]pierre.ReportedCall, error) {
	rows, err := s.query(ctx, `SELECT call_id, at_us, buckets FROM limiter_running WHERE epoch = $1`, epoch)
	if err != nil {
		return nil, s.classify(err, "reading which calls run")
	}
	defer rows.Close()
	var list []pierre.ReportedCall
	for rows.Next() {
		var c pierre.ReportedCall
		var at int64
		var ids string
		if err := rows.Scan(&c.ID, &at, &ids); err != nil {
			return nil, s.classify(err, "reading which calls run")
		}
		if err := json.Unmarshal([]byte(ids), &c.Buckets); err != nil {
			return nil, err
		}
		c.At = time.UnixMicro(at).UTC()
		list = append(list, c)
	}
	return list, s.classify(rows.Err(), "reading which calls run")
}

// CallsBetween returns how many calls are kept whose ids begin so and that started from from to to, both included.
func (s *Store) CallsBetween(ctx context.Context, idPrefix string, from, to time.Time) (n int64, err error) {
	err = s.view(ctx, "counting the calls of a server", func(t *tx) error {
		return t.row(ctx, `SELECT count(*) FROM calls WHERE started_us >= $1 AND started_us <= $2 AND substr(id, 1, $3) = $4`,
			from.UnixMicro(), to.UnixMicro(), len(idPrefix), idPrefix).Scan(&n)
	})
	return n, err
}

func (t *tx) limiterView(ctx context.Context) (v pierre.LimiterView, err error) {
	rows, err := t.query(ctx, `SELECT id, beat, epoch, reaches FROM limiter_replicas ORDER BY id`)
	if err != nil {
		return v, err
	}
	defer rows.Close()
	for rows.Next() {
		var r pierre.LimiterReplica
		var reaches int64
		if err := rows.Scan(&r.ID, &r.Beat, &r.Epoch, &reaches); err != nil {
			return v, err
		}
		r.Reaches = reaches == 1
		v.Replicas = append(v.Replicas, r)
	}
	if err := rows.Err(); err != nil {
		return v, err
	}
	return v, t.row(ctx, `SELECT epoch, mode, leader FROM limiter_epochs WHERE id = 1`).Scan(&v.Epoch, &v.Mode, &v.Leader)
}
