package store

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// On PostgreSQL calls are kept by months: calls_2026_11 and so on are partitions of calls, so that a month goes as a
// whole. Databases that speak PostgreSQL's language but have no such partitions keep one table, as SQLite does, whose
// old rows are deleted. Both work everywhere: a call of a month without a partition goes into calls_other.

// monthsAhead is how many months after the present one have partitions.
const monthsAhead = 2

var partitionName = regexp.MustCompile(`^calls_(\d{4})_(\d{2})$`)

// PreparePartitions makes the months' partitions of calls that will be needed after now, where the database has
// partitions. An empty table of calls that has none becomes one that has.
func (s *Store) PreparePartitions(ctx context.Context, now time.Time) error {
	if !s.d.partitions {
		return nil
	}
	kind, err := s.callsKind(ctx)
	if err != nil {
		return err
	}
	if kind == "r" {
		if kind, err = s.partition(ctx); err != nil {
			return err
		}
	}
	if kind != "p" {
		return nil
	}
	month, _ := pierre.PeriodMonth.Window(now)
	for n := range monthsAhead + 1 {
		if err := s.addPartition(ctx, month.AddDate(0, n, 0)); err != nil {
			return err
		}
	}
	return nil
}

const callsKind = `SELECT c.relkind::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relname = 'calls' AND n.nspname = current_schema()`

// callsKind returns what calls is: "r" for a table, "p" for one with partitions.
func (s *Store) callsKind(ctx context.Context) (kind string, err error) {
	err = s.row(ctx, callsKind).Scan(&kind)
	return kind, s.classify(err, "looking at the table of calls")
}

// partition gives the table of calls partitions if it is empty and the database is one that has them.
func (s *Store) partition(ctx context.Context) (kind string, err error) {
	var version string
	if err := s.row(ctx, `SELECT version()`).Scan(&version); err != nil {
		return "", s.classify(err, "asking for the database's version")
	}
	if strings.Contains(version, "CockroachDB") {
		return "r", nil
	}
	kind = "r"
	err = s.apply(ctx, "giving the table of calls partitions", func(t *tx) error {
		kind = "r"
		if _, err := t.exec(ctx, `LOCK TABLE calls IN ACCESS EXCLUSIVE MODE`); err != nil {
			return err
		}
		var used bool
		if err := t.row(ctx, `SELECT EXISTS (SELECT 1 FROM calls)`).Scan(&used); err != nil || used {
			return err
		}
		if err := t.row(ctx, callsKind).Scan(&kind); err != nil || kind != "r" { // another program was faster
			return err
		}
		for _, q := range []string{
			`ALTER TABLE calls RENAME TO calls_before`,
			`CREATE TABLE calls (LIKE calls_before INCLUDING DEFAULTS) PARTITION BY RANGE (started_us)`,
			`DROP TABLE calls_before`,
			`ALTER TABLE calls ADD PRIMARY KEY (started_us, key_id, id)`,
			`CREATE INDEX calls_not_rolled ON calls (key_id, started_us) WHERE rolled = 0`,
			`CREATE TABLE calls_other PARTITION OF calls DEFAULT`,
		} {
			if _, err := t.exec(ctx, q); err != nil {
				return err
			}
		}
		kind = "p"
		return nil
	})
	return kind, err
}

// addPartition makes the partition of a month, unless there is one or calls of the month are in calls_other: then they
// all go there.
func (s *Store) addPartition(ctx context.Context, month time.Time) error {
	from, to := month.UnixMicro(), month.AddDate(0, 1, 0).UnixMicro()
	name := fmt.Sprintf("calls_%04d_%02d", month.Year(), month.Month())
	return s.apply(ctx, "making a partition", func(t *tx) error {
		var there bool
		if err := t.row(ctx, `SELECT to_regclass($1) IS NOT NULL OR EXISTS (SELECT 1 FROM calls WHERE started_us >= $2 AND started_us < $3)`,
			name, from, to).Scan(&there); err != nil || there {
			return err
		}
		_, err := t.exec(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s PARTITION OF calls FOR VALUES FROM (%d) TO (%d)`, name, from, to))
		return err
	})
}

// dropPartitions drops the partitions whose calls are all older than before and in roll-ups.
func (s *Store) dropPartitions(ctx context.Context, before int64) error {
	if !s.d.partitions {
		return nil
	}
	names, err := s.partitions(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		at, err := time.Parse("calls_2006_01", name)
		if err != nil || !partitionName.MatchString(name) || at.AddDate(0, 1, 0).UnixMicro() > before {
			continue
		}
		if err := s.apply(ctx, "dropping a partition", func(t *tx) error {
			var needed bool
			if err := t.row(ctx, `SELECT EXISTS (SELECT 1 FROM `+name+` WHERE rolled = 0)`).Scan(&needed); err != nil || needed {
				return err
			}
			_, err := t.exec(ctx, `DROP TABLE `+name)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) partitions(ctx context.Context) (names []string, err error) {
	rows, err := s.query(ctx, `SELECT c.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
		JOIN pg_catalog.pg_class p ON p.oid = i.inhparent JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
		WHERE p.relname = 'calls' AND n.nspname = current_schema() ORDER BY c.relname`)
	if err != nil {
		return nil, s.classify(err, "listing partitions")
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, s.classify(err, "listing partitions")
		}
		names = append(names, name)
	}
	return names, s.classify(rows.Err(), "listing partitions")
}
