package store

import "context"

// Exec runs a statement as another program might.
func Exec(ctx context.Context, s *Store, q string, args ...any) error {
	_, err := s.write.ExecContext(ctx, s.db.Rewrite(q), args...)
	return err
}

// Number returns the number that a query finds.
func Number(ctx context.Context, s *Store, q string, args ...any) (n int64, err error) {
	return n, s.row(ctx, q, args...).Scan(&n)
}

// Partitions lists the partitions of calls.
func Partitions(ctx context.Context, s *Store) ([]string, error) { return s.partitions(ctx) }
