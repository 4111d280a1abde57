package store

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// While the database has another writer, the activities themselves are added up; a sum that cannot be kept is a failure.
func TestSumsThatCannotBeKept(t *testing.T) {
	s, user := newMatchStore(t)
	importWalk(t, s, user, "a", 0)
	writing, err := s.write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if sums, err := s.SumActivities(t.Context(), user, pierre.ActivityQuery{}); err != nil || len(sums) != 1 || sums[0].Activities != 1 {
		t.Errorf("beside a writer: %+v, %v", sums, err)
	}
	if err := writing.Rollback(); err != nil {
		t.Fatal(err)
	}
	const broken = `CREATE TRIGGER broken BEFORE INSERT ON activity_sums BEGIN SELECT RAISE(ABORT, 'broken'); END`
	if _, err := s.write.ExecContext(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	if sums, err := s.SumActivities(t.Context(), user, pierre.ActivityQuery{}); err == nil {
		t.Errorf("with sums that cannot be kept: %+v, want an error", sums)
	}
}
