package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// The sources of one activity are found by the activity, however many the user has.
func TestSourcesAreFoundByActivity(t *testing.T) {
	s, err := OpenSQLite(filepath.Join(t.TempDir(), "plan.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := s.query(t.Context(), `EXPLAIN QUERY PLAN SELECT `+readColumns+`, laps, samples FROM activity_sources WHERE `+ofActivity, "user_1", "act_1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(detail + "\n")
	}
	if rows.Err() != nil || !strings.Contains(plan.String(), "activity_sources_by_activity") {
		t.Errorf("the plan is (%v):\n%s", rows.Err(), plan.String())
	}
}
