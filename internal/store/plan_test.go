package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// planOf returns how SQLite goes about a query on empty tables.
func planOf(t *testing.T, query string, args ...any) string {
	t.Helper()
	s, err := OpenSQLite(filepath.Join(t.TempDir(), "plan.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := s.query(t.Context(), `EXPLAIN QUERY PLAN `+query, args...)
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
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// The sources of one activity are found by the activity, however many the user has.
func TestSourcesAreFoundByActivity(t *testing.T) {
	plan := planOf(t, `SELECT `+readColumns+`, laps, samples FROM activity_sources WHERE `+ofActivity, "user_1", "act_1")
	if !strings.Contains(plan, "activity_sources_by_activity") {
		t.Errorf("the plan is\n%s", plan)
	}
}

// What a customer has used is found by the customer's keys, however many others there are.
func TestUsageOfACustomerIsFoundByItsDays(t *testing.T) {
	u := usageFilter{user: "user_1"}
	f := u.conditions(true, "customer_id")
	f.and("span_s = " + f.arg(minuteSpan))
	f.and("start_us >= " + f.arg(int64(1)))
	f.and("start_us < " + f.arg(int64(2)))
	plan := planOf(t, `SELECT `+deltaColumns+` FROM usage_rollups WHERE `+f.where(), f.args...)
	for _, part := range []string{"usage_rollups USING PRIMARY KEY (key_id=? AND span_s=? AND start_us>? AND start_us<?)", "usage_rollups_days_by_customer (customer_id=?)"} {
		if !strings.Contains(plan, part) {
			t.Errorf("the plan lacks %q:\n%s", part, plan)
		}
	}
}

// What was used before a limit was set is found by the few keys of its bucket, however many others there are.
func TestEarlierUseIsFoundByTheKeysOfABucket(t *testing.T) {
	plan := planOf(t, earlierRows().text(1), "family_1", "month", int64(1), int64(2))
	for _, part := range []string{"SEARCH k USING INDEX api_keys_by_family", "SEARCH k USING COVERING INDEX api_keys_user"} {
		if !strings.Contains(plan, part) {
			t.Errorf("the plan lacks %q:\n%s", part, plan)
		}
	}
}
