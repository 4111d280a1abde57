package dbcopy

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	stdhash "hash"
	"math"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// progressEvery is after how many compared rows a copy says how far it is.
const progressEvery = 10_000

// compare reads a table of both databases side by side, in the order of the keys' bytes. A difference is [pierre.KindConflict].
func (c copying) compare(ctx context.Context, t *Table) (TableSum, error) {
	var total int64
	if err := c.from.Row(ctx, `SELECT count(*) FROM `+t.Name).Scan(&total); err != nil {
		return TableSum{}, c.from.DB.Classify(err, "counting rows")
	}
	source, err := sorted(ctx, c.from, c.from.DB.Postgres(), t)
	if err != nil {
		return TableSum{}, c.from.DB.Classify(err, "reading rows")
	}
	defer source.rows.Close()
	target, err := sorted(ctx, c.to, c.to.Postgres(), t)
	if err != nil {
		return TableSum{}, c.to.Classify(err, "reading rows")
	}
	defer target.rows.Close()
	sum, same := sha256.New(), TableSum{Table: t.Name}
	for {
		a, errA := source.next()
		b, errB := target.next()
		if errA != nil || errB != nil {
			return same, cmp.Or(c.from.DB.Classify(errA, "reading rows"), c.to.Classify(errB, "reading rows"))
		}
		if !bytes.Equal(a, b) {
			return same, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf(
				"After %d rows that agree, the databases differ in %s: at %s in the source, at %s in the target. "+
					"Has another program written to one of them? Copy again to an empty database.",
				same.Rows, t.Name, source.place(), target.place())}
		}
		if a == nil {
			same.SHA256 = hex.EncodeToString(sum.Sum(nil))
			c.progress(Progress{Table: t.Name, Rows: same.Rows, Total: total, Checking: true})
			return same, nil
		}
		sum.Write(a)
		if same.Rows++; same.Rows%progressEvery == 0 {
			c.progress(Progress{Table: t.Name, Rows: same.Rows, Total: total, Checking: true})
		}
	}
}

// sortedRows are the rows of a table, each in one form whatever the database.
type sortedRows struct {
	table *Table
	rows  *sql.Rows
	row   []any // nil after the last
	sum   stdhash.Hash
}

func sorted(ctx context.Context, from Reader, postgres bool, t *Table) (*sortedRows, error) {
	byBytes := ""
	if postgres {
		byBytes = ` COLLATE "C"`
	}
	rows, err := from.Query(ctx, `SELECT `+strings.Join(t.Columns, ", ")+` FROM `+t.Name+` ORDER BY `+t.keyNames(byBytes)) //nolint:rowserrcheck // next checks it
	if err != nil {
		return nil, err
	}
	return &sortedRows{table: t, rows: rows, sum: sha256.New()}, nil
}

// Sums returns what is in each table.
func Sums(ctx context.Context, db *sqldb.DB, tables []*Table, progress func(Progress)) ([]TableSum, error) {
	sums := make([]TableSum, 0, len(tables))
	for _, t := range tables {
		sum, err := sumOf(ctx, db, t, progress)
		if err != nil {
			return nil, db.Classify(err, "reading the rows of "+t.Name)
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

func sumOf(ctx context.Context, db *sqldb.DB, t *Table, progress func(Progress)) (TableSum, error) {
	found := TableSum{Table: t.Name}
	var total int64
	if err := db.Row(ctx, `SELECT count(*) FROM `+t.Name).Scan(&total); err != nil {
		return found, err
	}
	rows, err := sorted(ctx, db, db.Postgres(), t)
	if err != nil {
		return found, err
	}
	defer rows.rows.Close()
	all := sha256.New()
	for {
		one, err := rows.next()
		if err != nil {
			return found, err
		}
		if one == nil {
			found.SHA256 = hex.EncodeToString(all.Sum(nil))
			progress(Progress{Table: t.Name, Rows: found.Rows, Total: total, Checking: true})
			return found, nil
		}
		all.Write(one)
		if found.Rows++; found.Rows%progressEvery == 0 {
			progress(Progress{Table: t.Name, Rows: found.Rows, Total: total, Checking: true})
		}
	}
}

// next returns the SHA-256 of the next row, nil after the last.
func (r *sortedRows) next() ([]byte, error) {
	if r.row = nil; !r.rows.Next() {
		return nil, r.rows.Err()
	}
	var err error
	if r.row, err = scanRow(r.rows, len(r.table.Columns)); err != nil {
		return nil, err
	}
	r.sum.Reset()
	for n, v := range r.row {
		if err := writeValue(r.sum, v); err != nil {
			return nil, fmt.Errorf("reading %s: %w", r.table.Columns[n], err)
		}
	}
	return r.sum.Sum(nil), nil
}

// place names the row that was read last.
func (r *sortedRows) place() string {
	if r.row == nil {
		return "the end"
	}
	var values []string
	for _, v := range r.table.keyOf(r.row) {
		if b, ok := v.([]byte); ok {
			v = hex.EncodeToString(b)
		}
		values = append(values, fmt.Sprint(v))
	}
	return strings.Join(values, "/")
}

// writeValue writes a value so that no two that both databases can keep are written alike: its kind, then its bits or its length and bytes.
func writeValue(w stdhash.Hash, v any) error {
	var b []byte
	switch v := v.(type) {
	case nil:
		b = []byte{'n'}
	case bool:
		b = []byte{'b', 0}
		if v {
			b[1] = 1
		}
	case int64:
		b = binary.BigEndian.AppendUint64([]byte{'i'}, uint64(v)) // the bits count
	case float64:
		b = binary.BigEndian.AppendUint64([]byte{'f'}, math.Float64bits(v))
	case string:
		v = sqldb.CleanText(v) // what PostgreSQL cannot keep is replaced there
		b = append(binary.BigEndian.AppendUint64([]byte{'s'}, uint64(len(v))), v...)
	case []byte:
		b = append(binary.BigEndian.AppendUint64([]byte{'x'}, uint64(len(v))), v...)
	default:
		return fmt.Errorf("a copy knows no %T", v)
	}
	_, err := w.Write(b)
	return err
}
