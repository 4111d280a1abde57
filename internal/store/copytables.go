package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A copyTable is a table as a copy sees it. Both databases have the same tables and columns, so that SQLite's catalog
// describes those of PostgreSQL, too.
type copyTable struct {
	name    string
	columns []string
	key     []keyColumn
	self    []int  // columns that refer to rows of the same table
	counter string // the column that the database numbers; "" if there is none
	seeds   int64  // rows that migrations made
	parents []string
}

// A keyColumn is a column of the primary key.
type keyColumn struct {
	index int // in columns
	text  bool
}

// notCopied are the tables that are about the database itself, and about the servers that run on it.
func notCopied() []string {
	return []string{"goose_db_version", "schema_compatibility", copyTableName, "limiter_epochs", "limiter_replicas", "limiter_running"}
}

// copyTables returns the tables of an up-to-date database, those in front that others refer to.
func copyTables(ctx context.Context) (tables []*copyTable, err error) {
	dir, err := os.MkdirTemp("", "pierre-tables-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := OpenSQLite(filepath.Join(dir, fileName))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := s.Migrate(ctx); err != nil {
		return nil, err
	}
	names, err := s.texts(ctx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if slices.Contains(notCopied(), name) {
			continue
		}
		t, err := s.describe(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("reading what the table %s has: %w", name, err)
		}
		tables = append(tables, t)
	}
	return parentsFirst(tables)
}

// texts returns the first column of a query's rows.
func (s *Store) texts(ctx context.Context, q string, args ...any) ([]string, error) {
	rows, err := s.query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// describe reads SQLite's catalog.
func (s *Store) describe(ctx context.Context, name string) (*copyTable, error) {
	t := &copyTable{name: name}
	if err := s.describeColumns(ctx, t); err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, `SELECT "table", "from" FROM pragma_foreign_key_list($1)`, name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var parent, column string
		if err := rows.Scan(&parent, &column); err != nil {
			return nil, err
		}
		if parent == name {
			t.self = append(t.self, slices.Index(t.columns, column))
		} else {
			t.parents = append(t.parents, parent)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return t, s.row(ctx, `SELECT count(*) FROM `+name).Scan(&t.seeds)
}

func (s *Store) describeColumns(ctx context.Context, t *copyTable) error {
	rows, err := s.query(ctx, `SELECT name, upper(type), pk FROM pragma_table_info($1) ORDER BY cid`, t.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	byPlace := map[int]keyColumn{}
	for n := 0; rows.Next(); n++ {
		var name, kind string
		var place int
		if err := rows.Scan(&name, &kind, &place); err != nil {
			return err
		}
		t.columns = append(t.columns, name)
		if place > 0 {
			byPlace[place] = keyColumn{n, kind == "TEXT"}
		}
		if place == 1 && kind == "INTEGER" { // elsewhere whole numbers are BIGINT
			t.counter = name
		}
	}
	for place := 1; place <= len(byPlace); place++ {
		t.key = append(t.key, byPlace[place])
	}
	if len(t.key) == 0 {
		return errors.New("it has no primary key")
	}
	return rows.Err()
}

// parentsFirst sorts tables so that each comes after those that its rows refer to.
func parentsFirst(tables []*copyTable) ([]*copyTable, error) {
	sorted := make([]*copyTable, 0, len(tables))
	placed := map[string]bool{}
	for len(sorted) < len(tables) {
		before := len(sorted)
		for _, t := range tables {
			if !placed[t.name] && !slices.ContainsFunc(t.parents, func(p string) bool { return !placed[p] }) {
				placed[t.name] = true
				sorted = append(sorted, t)
			}
		}
		if len(sorted) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return sorted, nil
}

// keyNames returns the names of the primary key's columns. In the order of bytes, both databases sort them alike.
func (t *copyTable) keyNames(collation string) string {
	names := make([]string, len(t.key))
	for n, k := range t.key {
		names[n] = t.columns[k.index]
		if k.text {
			names[n] += collation
		}
	}
	return strings.Join(names, ", ")
}

// keyOf returns the values of the primary key in a row.
func (t *copyTable) keyOf(row []any) []any {
	values := make([]any, len(t.key))
	for n, k := range t.key {
		values[n] = row[k.index]
	}
	return values
}

// marks returns $from … of n arguments.
func marks(from, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("$", from+i)
	}
	return strings.Join(list, ", ")
}
