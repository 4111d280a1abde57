package store

import (
	"context"
	"time"
)

// Leases begin and end by the clock of the database, see [sqldb.Tx.Clock]: a server whose own is wrong neither takes one that another
// has, nor waits for one that is over.

// Acquire gives owner the lease of a background job for so long, and reports whether it has it: it had it before, or
// nobody has it now.
func (s *Store) Acquire(ctx context.Context, job, owner string, lasts time.Duration) (bool, error) {
	var mine bool
	err := s.apply(ctx, "taking the lease of "+job, func(t *tx) error {
		now, err := t.Clock(ctx)
		if err != nil {
			return err
		}
		r, err := t.exec(ctx, `INSERT INTO job_leases (job, owner, until_us) VALUES ($1, $2, $3)
			ON CONFLICT (job) DO UPDATE SET owner = excluded.owner, until_us = excluded.until_us
			WHERE job_leases.owner = excluded.owner OR job_leases.until_us <= $4`,
			job, owner, now.Add(lasts).UnixMicro(), now.UnixMicro())
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		mine = n > 0
		return err
	})
	return mine, err
}

// Renew lets all leases that owner has last so long from now on.
func (s *Store) Renew(ctx context.Context, owner string, lasts time.Duration) error {
	return s.apply(ctx, "renewing leases", func(t *tx) error {
		now, err := t.Clock(ctx)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE job_leases SET until_us = $2 WHERE owner = $1`, owner, now.Add(lasts).UnixMicro())
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
