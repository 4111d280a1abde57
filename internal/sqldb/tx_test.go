package sqldb

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func openTest(t *testing.T) *DB {
	t.Helper()
	db, err := OpenSQLite(filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Writer().ExecContext(t.Context(), `CREATE TABLE users (id TEXT PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	return db
}

var errCameBetween = errors.New("could not serialize access")

// A database that runs writers side by side undoes one of two that collide.
func TestAnUndoneChangeRunsAgain(t *testing.T) {
	db := openTest(t)
	db.d.serialization = func(err error) bool { return errors.Is(err, errCameBetween) }
	for _, collisions := range []int{0, 1, maxConflicts, maxConflicts + 1} {
		runs := 0
		err := db.Update(t.Context(), "adding a user", func(tx *Tx) error {
			runs++
			if _, err := tx.Exec(t.Context(), `INSERT INTO users (id) VALUES ($1)`, collisions); err != nil {
				return err
			}
			if runs <= collisions && runs%2 == 0 {
				return errCameBetween
			} else if runs <= collisions {
				return db.Classify(errCameBetween, "user") // as what reads in a transaction does
			}
			return nil
		})
		if collisions <= maxConflicts {
			if err != nil || runs != collisions+1 {
				t.Errorf("after %d collisions: %d runs, %v; want it done, each run in a fresh transaction", collisions, runs, err)
			}
		} else if pierre.KindOf(err) != pierre.KindUnavailable || runs != maxConflicts+1 {
			t.Errorf("after %d collisions: %d runs, %v; want it given up as unavailable", collisions, runs, err)
		}
	}
}

// go-sqlite3 binds $2 by the order in which names appear, not by number.
func TestArgumentsAreNumbered(t *testing.T) {
	var first, second string
	if err := openTest(t).Row(t.Context(), `SELECT $2, $1`, "one", "two").Scan(&first, &second); err != nil || first != "two" || second != "one" {
		t.Errorf("SELECT $2, $1 = %q, %q, %v", first, second, err)
	}
}
