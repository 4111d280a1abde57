package sqldb

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// An Instant is a column of microseconds since 1970, NULL for the zero time.
type Instant struct{ *time.Time }

// Value implements [driver.Valuer].
func (i Instant) Value() (driver.Value, error) {
	if i.IsZero() {
		return nil, nil //nolint:nilnil // NULL
	}
	return i.UnixMicro(), nil
}

// Scan implements [database/sql.Scanner].
func (i Instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i.Time = time.Time{}
	case int64:
		*i.Time = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is not %T", v)
	}
	return nil
}
