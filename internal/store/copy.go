package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"errors"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// copyTableName is the table that exists in the target while a copy is unfinished. It has a row per table of the copy.
const copyTableName = "copy_progress"

const (
	copyRows  = 400     // of a batch, at most
	copyBytes = 4 << 20 // of a batch, after which it takes no more rows
)

// A CopyProgress says how far a copy is with one table.
type CopyProgress struct {
	Table    string
	Rows     int64 // that are done
	Total    int64 // when the copy began with the table
	Checking bool  // the rows are compared; before that they are copied
}

// A CopiedTable says what both databases have in a table at the end of a copy.
type CopiedTable struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // hexadecimal, over all rows in the order of their keys
}

// A copying is a copy at work.
type copying struct {
	from, to *Store
	progress func(CopyProgress)
}

// Copy copies all that is in one database to another, and then compares the two row by row. Both must be up to date, and
// nothing else may write to either. A copy that ended early goes on where it was when it is started again; until it is
// finished, [Store.Migrate] keeps other programs from the target. A target that holds other data is [pierre.KindConflict].
func Copy(ctx context.Context, from, to *Store, progress func(CopyProgress)) ([]CopiedTable, error) {
	c := copying{from, to, progress}
	tables, err := copyTables(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what tables there are: %w", err)
	}
	if err := c.begin(ctx, tables); err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := c.copyTable(ctx, t); err != nil {
			return nil, fmt.Errorf("copying the table %s: %w", t.name, err)
		}
	}
	copied := make([]CopiedTable, 0, len(tables))
	for _, t := range tables {
		same, err := c.compare(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("comparing the table %s: %w", t.name, err)
		}
		copied = append(copied, same)
	}
	_, err = to.write.ExecContext(ctx, `DROP TABLE `+copyTableName)
	return copied, to.classify(err, "ending the copy")
}

// begin finds out whether the target is empty or has the beginning of this copy, and makes the table of its progress.
func (c copying) begin(ctx context.Context, tables []*copyTable) error {
	unfinished, err := c.to.unfinishedCopy(ctx)
	if err != nil {
		return err
	}
	if unfinished == c.from.name {
		return nil
	}
	if unfinished != "" {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "The target holds an unfinished copy of " + unfinished +
			". Finish that one, or copy to an empty database."}
	}
	for _, t := range tables {
		var rows int64
		if err := c.to.row(ctx, `SELECT count(*) FROM `+t.name).Scan(&rows); err != nil {
			return c.to.classify(err, "looking for data in the target")
		}
		if rows > t.seeds {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("The target holds data already: %d rows of %s. Copy to an empty database.", rows, t.name)}
		}
	}
	if _, err := c.to.write.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+copyTableName+` (
		source TEXT NOT NULL, table_name TEXT PRIMARY KEY, position TEXT NOT NULL, copied BIGINT NOT NULL, done BOOLEAN NOT NULL)`); err != nil {
		return c.to.classify(err, "beginning the copy")
	}
	return c.to.update(ctx, "beginning the copy", func(tx *tx) error {
		for _, t := range tables {
			if t.seeds > 0 { // the source has them, too, perhaps changed
				if _, err := tx.exec(ctx, `DELETE FROM `+t.name); err != nil {
					return err
				}
			}
			if _, err := tx.exec(ctx, `INSERT INTO `+copyTableName+` (source, table_name, position, copied, done) VALUES ($1, $2, '', 0, FALSE)`,
				c.from.name, t.name); err != nil {
				return err
			}
		}
		return nil
	})
}

// unfinishedCopy returns the source of the copy that this database is to become, "" if it is whole.
func (s *Store) unfinishedCopy(ctx context.Context) (source string, err error) {
	var there bool
	if err := s.row(ctx, s.d.hasTable, copyTableName).Scan(&there); err != nil || !there {
		return "", s.classify(err, "looking for an unfinished copy")
	}
	err = s.row(ctx, `SELECT COALESCE(MAX(source), '') FROM `+copyTableName).Scan(&source)
	return source, s.classify(err, "looking for an unfinished copy")
}

// copyTable copies the rows of a table that the target does not have yet, each batch together with the note of it.
func (c copying) copyTable(ctx context.Context, t *copyTable) error {
	var position string
	var copied, total int64
	var done bool
	err := c.to.row(ctx, `SELECT position, copied, done FROM `+copyTableName+` WHERE table_name = $1`, t.name).Scan(&position, &copied, &done)
	if err != nil || done {
		return c.to.classify(err, "reading the copy's progress")
	}
	if err := c.from.row(ctx, `SELECT count(*) FROM `+t.name).Scan(&total); err != nil {
		return c.from.classify(err, "counting rows")
	}
	after, err := decodeKey(position)
	if err != nil {
		return err
	}
	for {
		batch, err := c.readBatch(ctx, t, after)
		if err != nil {
			return c.from.classify(err, "reading rows")
		}
		c.progress(CopyProgress{Table: t.name, Rows: copied, Total: total})
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

// readBatch reads the rows after a key, nil for the first.
func (c copying) readBatch(ctx context.Context, t *copyTable, after []any) ([][]any, error) {
	where := ""
	if after != nil {
		where = ` WHERE (` + t.keyNames("") + `) > (` + marks(1, len(after)) + `)`
	}
	rows, err := c.from.query(ctx, `SELECT `+strings.Join(t.columns, ", ")+` FROM `+t.name+where+
		` ORDER BY `+t.keyNames("")+` LIMIT `+fmt.Sprint(copyRows), after...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var batch [][]any
	for size := 0; size < copyBytes && rows.Next(); {
		row, err := scanRow(rows, len(t.columns))
		if err != nil {
			return nil, err
		}
		for _, v := range row {
			switch v := v.(type) {
			case string:
				size += len(v)
			case []byte:
				size += len(v)
			}
		}
		batch = append(batch, row)
	}
	return batch, rows.Err()
}

func scanRow(from scanner, columns int) ([]any, error) {
	row, into := make([]any, columns), make([]any, columns)
	for n := range row {
		into[n] = &row[n]
	}
	return row, from.Scan(into...)
}

func (c copying) writeBatch(ctx context.Context, t *copyTable, batch [][]any, last []any, copied int64) error {
	var values []string
	var args []any
	for _, row := range batch {
		values = append(values, "("+marks(len(args)+1, len(row))+")")
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
	insert := `INSERT INTO ` + t.name + ` (` + strings.Join(t.columns, ", ") + `) VALUES ` + strings.Join(values, ", ")
	return c.to.update(ctx, "writing rows", func(tx *tx) error {
		if _, err := tx.exec(ctx, insert, args...); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `UPDATE `+copyTableName+` SET position = $2, copied = $3 WHERE table_name = $1`, t.name, position, copied)
		return err
	})
}

// endTable completes the rows that refer to others of their table, and lets the database number on from the highest.
func (c copying) endTable(ctx context.Context, t *copyTable) error {
	return c.to.update(ctx, "completing rows", func(tx *tx) error {
		for _, column := range t.self {
			if err := c.copyColumn(ctx, tx, t, t.columns[column]); err != nil {
				return err
			}
		}
		if t.counter != "" && c.to.d.numberOn != "" {
			q := strings.NewReplacer("TABLE", t.name, "COLUMN", t.counter).Replace(c.to.d.numberOn)
			if _, err := tx.exec(ctx, q); err != nil {
				return err
			}
		}
		_, err := tx.exec(ctx, `UPDATE `+copyTableName+` SET done = TRUE WHERE table_name = $1`, t.name)
		return err
	})
}

func (c copying) copyColumn(ctx context.Context, tx *tx, t *copyTable, column string) error {
	rows, err := c.from.query(ctx, `SELECT `+t.keyNames("")+`, `+column+` FROM `+t.name+` WHERE `+column+` IS NOT NULL`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scanRow(rows, len(t.key)+1)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE `+t.name+` SET `+column+` = $`+fmt.Sprint(len(row))+
			` WHERE (`+t.keyNames("")+`) = (`+marks(1, len(t.key))+`)`, row...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// encodeKey and decodeKey keep a key with its types. No key is "".
func encodeKey(key []any) (string, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(key)
	return base64.StdEncoding.EncodeToString(b.Bytes()), err
}

func decodeKey(text string) (key []any, err error) {
	if text == "" {
		return nil, nil // before the first row there is no key
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = gob.NewDecoder(bytes.NewReader(b)).Decode(&key)
	}
	if err != nil || len(key) == 0 {
		return nil, errors.Join(errors.New("the copy's progress cannot be read; copy to an empty database"), err)
	}
	return key, nil
}
