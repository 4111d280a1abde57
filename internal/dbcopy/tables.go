package dbcopy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A Table is a table as a copy sees it. Both databases have the same tables and columns, so that SQLite's catalog
// describes those of PostgreSQL, too.
type Table struct {
	Name    string
	Columns []string
	key     []keyColumn
	self    []int  // columns that refer to rows of the same table
	counter string // the column that the database numbers; "" if there is none
	seeds   int64  // rows that migrations made
	parents []string
}

// A keyColumn is a column of the primary key.
type keyColumn struct {
	index int // in Columns
	text  bool
}

// Tables returns the tables of a SQLite database, but for those that leave picks, those in front that others refer to. Of a
// database that was only migrated, it learns which rows every database has from the start.
func Tables(ctx context.Context, db *sqldb.DB, leave func(name string) bool) (tables []*Table, err error) {
	names, err := db.Texts(ctx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	if err != nil {
		return nil, db.Classify(err, "reading what tables there are")
	}
	for _, name := range names {
		if name == progressTable || leave(name) {
			continue
		}
		t, err := describe(ctx, db, name)
		if err != nil {
			return nil, fmt.Errorf("reading what the table %s has: %w", name, err)
		}
		tables = append(tables, t)
	}
	return parentsFirst(tables)
}

// describe reads SQLite's catalog.
func describe(ctx context.Context, s *sqldb.DB, name string) (*Table, error) {
	t := &Table{Name: name}
	if err := describeColumns(ctx, s, t); err != nil {
		return nil, err
	}
	rows, err := s.Query(ctx, `SELECT "table", "from" FROM pragma_foreign_key_list($1)`, name)
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
			t.self = append(t.self, slices.Index(t.Columns, column))
		} else {
			t.parents = append(t.parents, parent)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return t, s.Row(ctx, `SELECT count(*) FROM `+name).Scan(&t.seeds)
}

func describeColumns(ctx context.Context, s *sqldb.DB, t *Table) error {
	rows, err := s.Query(ctx, `SELECT name, upper(type), pk FROM pragma_table_info($1) ORDER BY cid`, t.Name)
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
		t.Columns = append(t.Columns, name)
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
func parentsFirst(tables []*Table) ([]*Table, error) {
	sorted := make([]*Table, 0, len(tables))
	placed := map[string]bool{}
	for len(sorted) < len(tables) {
		before := len(sorted)
		for _, t := range tables {
			if !placed[t.Name] && !slices.ContainsFunc(t.parents, func(p string) bool { return !placed[p] }) {
				placed[t.Name] = true
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
func (t *Table) keyNames(collation string) string {
	names := make([]string, len(t.key))
	for n, k := range t.key {
		names[n] = t.Columns[k.index]
		if k.text {
			names[n] += collation
		}
	}
	return strings.Join(names, ", ")
}

// keyOf returns the values of the primary key in a row.
func (t *Table) keyOf(row []any) []any {
	values := make([]any, len(t.key))
	for n, k := range t.key {
		values[n] = row[k.index]
	}
	return values
}
