package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// What a customer has used is found by the customer's keys, however many others there are.
func TestUsageOfACustomerIsFoundByItsDays(t *testing.T) {
	s, err := OpenSQLite(filepath.Join(t.TempDir(), "plan.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := usageFilter{user: "user_1"}
	f := u.conditions(true, "customer_id")
	f.and("span_s = " + f.arg(minuteSpan))
	f.and("start_us >= " + f.arg(int64(1)))
	f.and("start_us < " + f.arg(int64(2)))
	rows, err := s.query(t.Context(), `EXPLAIN QUERY PLAN SELECT `+deltaColumns+` FROM usage_rollups WHERE `+f.where(), f.args...)
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
	for _, part := range []string{"usage_rollups USING PRIMARY KEY (key_id=? AND span_s=? AND start_us>? AND start_us<?)", "usage_rollups_days_by_customer (customer_id=?)"} {
		if rows.Err() != nil || !strings.Contains(plan.String(), part) {
			t.Errorf("the plan lacks %q (%v):\n%s", part, rows.Err(), plan.String())
		}
	}
}
