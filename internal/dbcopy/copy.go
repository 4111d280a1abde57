// Package dbcopy copies the tables of one database to another, SQLite or PostgreSQL, and finds out whether two have the same
// rows. Which tables there are is its callers'.
package dbcopy

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// progressTable is the table that exists in the target while a copy is unfinished. It has a row per table of the copy.
const progressTable = "copy_progress"

// numberOn lets PostgreSQL number TABLE's COLUMN on from its highest.
const numberOn = `SELECT setval(pg_get_serial_sequence('TABLE', 'COLUMN'), COALESCE(MAX(COLUMN), 0) + 1, FALSE) FROM TABLE`

const (
	// BatchRows is how many rows are written in one transaction, at most.
	BatchRows = 400
	copyBytes = 4 << 20 // of a batch, after which it takes no more rows
)

// A Progress says how far a copy is with one table.
type Progress struct {
	Table    string
	Rows     int64 // that are done
	Total    int64 // when the copy began with the table
	Checking bool  // the rows are compared; before that they are copied
}

// A TableSum says what is in a table.
type TableSum struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // hexadecimal, over all rows in the order of their keys; the same for both databases
}

// A Reader is a database, or a transaction of one.
type Reader interface {
	Query(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	Row(ctx context.Context, q string, args ...any) *sql.Row
}

// A Source is what is copied.
type Source struct {
	Reader

	DB   *sqldb.DB // that the rows are of
	Name string    // tells it from other sources, for a copy that goes on where it was
}

// A copying is a copy at work.
type copying struct {
	from     Source
	to       *sqldb.DB
	progress func(Progress)
}

// Copy copies the rows of tables from one database to another, and then compares the two row by row. Both must be up to
// date, nothing else may write to the target, and the source's reader must see one moment. A copy that ended early goes on
// where it was when it is started again; until it is finished, [Unfinished] reports the source of the target. A target that
// holds other data is [pierre.KindConflict].
func Copy(ctx context.Context, from Source, to *sqldb.DB, tables []*Table, progress func(Progress)) ([]TableSum, error) {
	c := copying{from, to, progress}
	if err := c.begin(ctx, tables); err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := c.copyTable(ctx, t); err != nil {
			return nil, fmt.Errorf("copying the table %s: %w", t.Name, err)
		}
	}
	copied := make([]TableSum, 0, len(tables))
	for _, t := range tables {
		same, err := c.compare(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("comparing the table %s: %w", t.Name, err)
		}
		copied = append(copied, same)
	}
	_, err := to.Writer().ExecContext(ctx, `DROP TABLE `+progressTable)
	return copied, to.Classify(err, "ending the copy")
}

// begin finds out whether the target is empty or has the beginning of this copy, and makes the table of its progress.
func (c copying) begin(ctx context.Context, tables []*Table) error {
	unfinished, err := Unfinished(ctx, c.to)
	if err != nil {
		return err
	}
	if unfinished == c.from.Name {
		return nil
	}
	if unfinished != "" {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "The target holds an unfinished copy of " + unfinished +
			". Finish that one, or copy to an empty database."}
	}
	for _, t := range tables {
		var rows int64
		if err := c.to.Row(ctx, `SELECT count(*) FROM `+t.Name).Scan(&rows); err != nil {
			return c.to.Classify(err, "looking for data in the target")
		}
		if rows > t.seeds {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("The target holds data already: %d rows of %s. Copy to an empty database.", rows, t.Name)}
		}
	}
	if _, err := c.to.Writer().ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+progressTable+` (
		source TEXT NOT NULL, table_name TEXT PRIMARY KEY, position TEXT NOT NULL, copied BIGINT NOT NULL, done BOOLEAN NOT NULL)`); err != nil {
		return c.to.Classify(err, "beginning the copy")
	}
	if err := c.apart(ctx); err != nil {
		return err
	}
	return c.to.Update(ctx, "beginning the copy", func(tx *sqldb.Tx) error {
		for _, t := range tables {
			if t.seeds > 0 { // the source has them, too, perhaps changed
				if _, err := tx.Exec(ctx, `DELETE FROM `+t.Name); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, `INSERT INTO `+progressTable+` (source, table_name, position, copied, done) VALUES ($1, $2, '', 0, FALSE)`,
				c.from.Name, t.Name); err != nil {
				return err
			}
		}
		return nil
	})
}

// apart reports an error if the source has the table of progress that was just made in the target: they are the same database,
// however it is named, and what the copy empties would be lost.
func (c copying) apart(ctx context.Context) error {
	var there bool
	if err := c.from.DB.Row(ctx, hasTable(c.from.DB), progressTable).Scan(&there); err != nil || !there {
		return c.from.DB.Classify(err, "looking whether source and target are the same")
	}
	_, err := c.to.Writer().ExecContext(ctx, `DROP TABLE `+progressTable)
	return errors.Join(&pierre.Error{Kind: pierre.KindConflict, Msg: "Source and target are the same database. Nothing was changed."},
		c.to.Classify(err, "ending the copy"))
}

// Unfinished returns the source of the copy that this database is to become, "" if it is whole.
func Unfinished(ctx context.Context, s *sqldb.DB) (source string, err error) {
	var there bool
	if err := s.Row(ctx, hasTable(s), progressTable).Scan(&there); err != nil || !there {
		return "", s.Classify(err, "looking for an unfinished copy")
	}
	err = s.Row(ctx, `SELECT COALESCE(MAX(source), '') FROM `+progressTable).Scan(&source)
	return source, s.Classify(err, "looking for an unfinished copy")
}

// copyTable copies the rows of a table that the target does not have yet, each batch together with the note of it.
func (c copying) copyTable(ctx context.Context, t *Table) error {
	var position string
	var copied, total int64
	var done bool
	err := c.to.Row(ctx, `SELECT position, copied, done FROM `+progressTable+` WHERE table_name = $1`, t.Name).Scan(&position, &copied, &done)
	if err != nil || done {
		return c.to.Classify(err, "reading the copy's progress")
	}
	if err := c.from.Row(ctx, `SELECT count(*) FROM `+t.Name).Scan(&total); err != nil {
		return c.from.DB.Classify(err, "counting rows")
	}
	after, err := decodeKey(position)
	if err != nil {
		return err
	}
	for {
		batch, err := c.readBatch(ctx, t, after)
		if err != nil {
			return c.from.DB.Classify(err, "reading rows")
		}
		c.progress(Progress{Table: t.Name, Rows: copied, Total: total})
		if len(batch) == 0 {
			break
		}
		after = t.keyOf(batch[len(batch)-1])
		copied += int64(len(batch))
		if err := c.writeBatch(ctx, t, batch, after, copied); err != nil {
			return err
		}
	}
	return c.endTable(ctx, t)
}

func (c copying) writeBatch(ctx context.Context, t *Table, batch [][]any, last []any, copied int64) error {
	var values []string
	var args []any
	for _, row := range batch {
		values = append(values, "("+sqldb.Marks(len(args)+1, len(row))+")")
		first := len(args)
		args = append(args, row...)
		for _, n := range t.self { // the row that it refers to may come later
			args[first+n] = nil
		}
	}
	position, err := encodeKey(last)
	if err != nil {
		return err
	}
	insert := `INSERT INTO ` + t.Name + ` (` + strings.Join(t.Columns, ", ") + `) VALUES ` + strings.Join(values, ", ")
	return c.to.Update(ctx, "writing rows", func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, insert, args...); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE `+progressTable+` SET position = $2, copied = $3 WHERE table_name = $1`, t.Name, position, copied)
		return err
	})
}

// endTable completes the rows that refer to others of their table, and lets the database number on from the highest.
func (c copying) endTable(ctx context.Context, t *Table) error {
	return c.to.Update(ctx, "completing rows", func(tx *sqldb.Tx) error {
		for _, column := range t.self {
			if err := c.copyColumn(ctx, tx, t, t.Columns[column]); err != nil {
				return err
			}
		}
		if t.counter != "" && c.to.Postgres() { // SQLite does so by itself
			q := strings.NewReplacer("TABLE", t.Name, "COLUMN", t.counter).Replace(numberOn)
			if _, err := tx.Exec(ctx, q); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE `+progressTable+` SET done = TRUE WHERE table_name = $1`, t.Name)
		return err
	})
}

func (c copying) copyColumn(ctx context.Context, tx *sqldb.Tx, t *Table, column string) error {
	rows, err := c.from.Query(ctx, `SELECT `+t.keyNames("")+`, `+column+` FROM `+t.Name+` WHERE `+column+` IS NOT NULL`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scanRow(rows, len(t.key)+1)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE `+t.Name+` SET `+column+` = $`+fmt.Sprint(len(row))+
			` WHERE (`+t.keyNames("")+`) = (`+sqldb.Marks(1, len(t.key))+`)`, row...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// hasTable is a query that reports whether there is a table named $1.
func hasTable(db *sqldb.DB) string {
	if db.Postgres() {
		return `SELECT to_regclass($1) IS NOT NULL`
	}
	return `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)`
}
