package dbcopy

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/gob"
	"errors"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// readBatch reads the rows after a key, nil for the first.
func (c copying) readBatch(ctx context.Context, t *Table, after []any) ([][]any, error) {
	where := ""
	if after != nil {
		where = ` WHERE (` + t.keyNames("") + `) > (` + sqldb.Marks(1, len(after)) + `)`
	}
	rows, err := c.from.Query(ctx, `SELECT `+strings.Join(t.Columns, ", ")+` FROM `+t.Name+where+
		` ORDER BY `+t.keyNames("")+` LIMIT `+fmt.Sprint(BatchRows), after...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var batch [][]any
	for size := 0; size < copyBytes && rows.Next(); {
		row, err := scanRow(rows, len(t.Columns))
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

func scanRow(from *sql.Rows, columns int) ([]any, error) {
	row, into := make([]any, columns), make([]any, columns)
	for n := range row {
		into[n] = &row[n]
	}
	return row, from.Scan(into...)
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
