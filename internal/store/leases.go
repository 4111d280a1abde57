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

// Renew lets all leases that owner has last until then.
func (s *Store) Renew(ctx context.Context, owner string, until time.Time) error {
	return s.apply(ctx, "renewing leases", func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE job_leases SET until_us = $2 WHERE owner = $1`, owner, until.UnixMicro())
		return err
	})
}

// Free ends the leases of owners that are gone. Where this is the only server nobody else has any that it has to wait for.
func (s *Store) Free(ctx context.Context, gone func(owner string) bool) error {
	return s.apply(ctx, "ending leases", func(t *tx) error {
		rows, err := t.query(ctx, `SELECT DISTINCT owner FROM job_leases`)
		owners, err := collect(rows, err, func(from scanner) (owner string, err error) { return owner, from.Scan(&owner) })
		if err != nil {
			return err
		}
		for _, owner := range owners {
			if s.serving == nil && !gone(owner) {
				continue
			}
			if _, err := t.exec(ctx, `DELETE FROM job_leases WHERE owner = $1`, owner); err != nil {
				return err
			}
		}
		return nil
	})
}
