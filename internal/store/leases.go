package store

import (
	"context"
	"time"
)

// Acquire gives owner the lease of a background job until then, and reports whether it has it: it had it before, or
// nobody has it at now.
func (s *Store) Acquire(ctx context.Context, job, owner string, now, until time.Time) (bool, error) {
	var mine bool
	err := s.apply(ctx, "taking the lease of "+job, func(t *tx) error {
		r, err := t.exec(ctx, `INSERT INTO job_leases (job, owner, until_us) VALUES ($1, $2, $3)
			ON CONFLICT (job) DO UPDATE SET owner = excluded.owner, until_us = excluded.until_us
			WHERE job_leases.owner = excluded.owner OR job_leases.until_us <= $4`,
			job, owner, until.UnixMicro(), now.UnixMicro())
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		mine = n > 0
		return err
	})
	return mine, err
}
