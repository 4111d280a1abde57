package store

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
func (c copying) compare(ctx context.Context, t *copyTable) (CopiedTable, error) {
	var total int64
	if err := c.from.row(ctx, `SELECT count(*) FROM `+t.name).Scan(&total); err != nil {
		return CopiedTable{}, c.from.classify(err, "counting rows")
	}
	source, err := c.from.sorted(ctx, t)
	if err != nil {
		return CopiedTable{}, c.from.classify(err, "reading rows")
	}
	defer source.rows.Close()
	target, err := c.to.sorted(ctx, t)
	if err != nil {
		return CopiedTable{}, c.to.classify(err, "reading rows")
	}
	defer target.rows.Close()
	sum, same := sha256.New(), CopiedTable{Table: t.name}
	for {
		a, errA := source.next()
		b, errB := target.next()
		if errA != nil || errB != nil {
			return same, cmp.Or(c.from.classify(errA, "reading rows"), c.to.classify(errB, "reading rows"))
		}
		if !bytes.Equal(a, b) {
			return same, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf(
				"After %d rows that agree, the databases differ in %s: at %s in the source, at %s in the target. "+
					"Has another program written to one of them? Copy again to an empty database.",
				same.Rows, t.name, source.place(), target.place())}
		}
		if a == nil {
			same.SHA256 = hex.EncodeToString(sum.Sum(nil))
			c.progress(CopyProgress{Table: t.name, Rows: same.Rows, Total: total, Checking: true})
			return same, nil
		}
		sum.Write(a)
		if same.Rows++; same.Rows%progressEvery == 0 {
			c.progress(CopyProgress{Table: t.name, Rows: same.Rows, Total: total, Checking: true})
		}
	}
}

// sortedRows are the rows of a table, each in one form whatever the database.
type sortedRows struct {
	table *copyTable
	rows  *sql.Rows
	row   []any // nil after the last
	sum   stdhash.Hash
}

func (s *Store) sorted(ctx context.Context, t *copyTable) (*sortedRows, error) {
	rows, err := s.query(ctx, `SELECT `+strings.Join(t.columns, ", ")+` FROM `+t.name+` ORDER BY `+t.keyNames(s.d.byBytes)) //nolint:rowserrcheck // next checks it
	if err != nil {
		return nil, err
	}
	return &sortedRows{table: t, rows: rows, sum: sha256.New()}, nil
}

// next returns the SHA-256 of the next row, nil after the last.
func (r *sortedRows) next() ([]byte, error) {
	if r.row = nil; !r.rows.Next() {
		return nil, r.rows.Err()
	}
	var err error
	if r.row, err = scanRow(r.rows, len(r.table.columns)); err != nil {
		return nil, err
	}
	r.sum.Reset()
	for n, v := range r.row {
		if err := writeValue(r.sum, v); err != nil {
			return nil, fmt.Errorf("reading %s: %w", r.table.columns[n], err)
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
