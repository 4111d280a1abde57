package sqldb

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// As Citus 13 reports rows that it copies to a node, in the last case.
func TestRowsThatAreThereConflict(t *testing.T) {
	for _, c := range []struct {
		err  pgconn.PgError
		want bool
	}{
		{pgconn.PgError{Code: "23505", Message: "in any language"}, true},
		{pgconn.PgError{Code: "23503", Message: "insert violates foreign key constraint"}, false},
		{pgconn.PgError{Code: "XX000", Message: "cache lookup failed for relation 7"}, false},
		{pgconn.PgError{Code: "XX000", Message: `duplicate key value violates unique constraint "calls_2026_11_pkey_102091"`}, true},
	} {
		if got := postgresConflict(fmt.Errorf("recording calls: %w", &c.err)); got != c.want {
			t.Errorf("%v: %t", &c.err, got)
		}
	}
}
