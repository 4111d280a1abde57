package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A column is a column of a table and a pointer to its value in a domain type, for reading and writing.
type column struct {
	name   string
	value  any
	change bool // an update writes it
}

// A row is the columns of one table, side by side with one value.
type row []column

// names returns the columns' names, each after prefix, for a SELECT or an INSERT.
func (r row) names(prefix string) string {
	var b strings.Builder
	for n, c := range r {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(prefix + c.name)
	}
	return b.String()
}

// values returns the pointers: the destinations of Scan and the arguments of insert.
func (r row) values() []any {
	values := make([]any, len(r))
	for n, c := range r {
		values[n] = c.value
	}
	return values
}

// insert returns the statement that inserts the row.
func (r row) insert(table string) string {
	marks := make([]string, len(r))
	for n := range r {
		marks[n] = "$" + strconv.Itoa(n+1)
	}
	return `INSERT INTO ` + table + ` (` + r.names("") + `) VALUES (` + strings.Join(marks, ", ") + `)`
}

// replace returns the statement that replaces the row, which its first two columns name. It takes the arguments of insert. Together
// they need no key of the first column alone, which a table that is distributed by the second cannot have.
func (r row) replace(table string) string {
	var sets []string
	for n, c := range r[2:] {
		sets = append(sets, c.name+" = $"+strconv.Itoa(n+3))
	}
	return `UPDATE ` + table + ` SET ` + strings.Join(sets, ", ") + ` WHERE ` + r[0].name + ` = $1 AND ` + r[1].name + ` = $2`
}

// update returns the statement that writes what can change in the row, and its arguments. The first column names the row.
func (r row) update(table string) (string, []any) {
	var sets []string
	args := []any{r[0].value}
	for _, c := range r {
		if c.change {
			args = append(args, c.value)
			sets = append(sets, c.name+" = $"+strconv.Itoa(len(args)))
		}
	}
	return `UPDATE ` + table + ` SET ` + strings.Join(sets, ", ") + ` WHERE ` + r[0].name + ` = $1`, args
}

// An instant is a column of microseconds since 1970, NULL for the zero time.
type instant struct{ *time.Time }

// Value implements [driver.Valuer].
func (i instant) Value() (driver.Value, error) { return sqldb.Instant{Time: i.Time}.Value() }

// Scan implements [database/sql.Scanner].
func (i instant) Scan(v any) error { return sqldb.Instant{Time: i.Time}.Scan(v) }

// A jsonText is a column of JSON. A nil list is NULL if null is set, else an empty list.
type jsonText struct {
	list *[]string
	null bool
}

// Value implements [driver.Valuer].
func (j jsonText) Value() (driver.Value, error) {
	switch {
	case *j.list != nil:
		b, err := json.Marshal(*j.list)
		return string(b), err
	case j.null:
		return nil, nil //nolint:nilnil // NULL
	default:
		return "[]", nil
	}
}

// Scan implements [database/sql.Scanner].
func (j jsonText) Scan(v any) error {
	*j.list = nil
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), j.list)
	case []byte:
		return json.Unmarshal(v, j.list)
	default:
		return fmt.Errorf("a list is not %T", v)
	}
}

// An id is a column of an identifier that may be absent: NULL for "".
type id[T ~string] struct{ id *T }

// Value implements [driver.Valuer].
func (i id[T]) Value() (driver.Value, error) {
	if *i.id == "" {
		return nil, nil //nolint:nilnil // NULL
	}
	return string(*i.id), nil
}

// Scan implements [database/sql.Scanner].
func (i id[T]) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i.id = ""
	case string:
		*i.id = T(v)
	case []byte:
		*i.id = T(v)
	default:
		return fmt.Errorf("an identifier is not %T", v)
	}
	return nil
}

// A hash is a column of a SHA-256.
type hash struct{ sum *[32]byte }

// Value implements [driver.Valuer].
func (h hash) Value() (driver.Value, error) { return h.sum[:], nil }

// Scan implements [database/sql.Scanner].
func (h hash) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(h.sum[:]) {
		return fmt.Errorf("a SHA-256 is not %T of length %d", v, len(b))
	}
	copy(h.sum[:], b)
	return nil
}
