package store

import (
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// sides are [pierre.Sides] as a database keeps them. One more than there can be takes the place of any.
type sides map[string]int //nolint:recvcheck // a Scanner has to be a pointer

// with returns s and one occasion more.
func (s sides) with(occasion string, side int) sides {
	more := sides{}
	maps.Copy(more, s)
	if len(more) >= pierre.MaxSides {
		delete(more, slices.Sorted(maps.Keys(more))[0])
	}
	more[occasion] = side
	return more
}

// apart reports whether two sources were put on different sides.
func (s sides) apart(other sides) bool {
	for occasion, side := range s {
		if their, ok := other[occasion]; ok && their != side {
			return true
		}
	}
	return false
}

// Value implements [driver.Valuer].
func (s sides) Value() (driver.Value, error) {
	var words []string
	for _, occasion := range slices.Sorted(maps.Keys(s)) {
		words = append(words, occasion+":"+strconv.Itoa(s[occasion]))
	}
	return strings.Join(words, " "), nil
}

// Scan implements [database/sql.Scanner].
func (s *sides) Scan(v any) error {
	text, ok := v.(string)
	if b, isBytes := v.([]byte); isBytes {
		text, ok = string(b), true
	}
	if !ok {
		return fmt.Errorf("sides are not %T", v)
	}
	*s = nil
	for word := range strings.FieldsSeq(text) {
		occasion, number, _ := strings.Cut(word, ":")
		side, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("reading the side %q: %w", word, err)
		}
		*s = s.with(occasion, side)
	}
	return nil
}

// joined gives sources that are one activity from now on the same side of each occasion, of which this is one.
func joined(all []*entry) {
	one := sides{pierre.NewOccasion(): 0}
	for _, e := range all {
		for occasion, side := range e.sides {
			if _, ok := one[occasion]; !ok {
				one[occasion] = side
			}
		}
	}
	for _, e := range all {
		e.sides, e.decided = one, true
	}
}
