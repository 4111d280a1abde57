package adminapi

import (
	"encoding/json"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxName        = 100  // characters
	maxDescription = 1000 // characters
	maxDays        = 3650
	maxTools       = 100
	maxToolLength  = 100
)

// A nullable tells a field that is null from one that is absent, and keeps both apart when encoded.
type nullable[T any] struct {
	given bool
	value *T
}

// UnmarshalJSON is called only for a field that is there.
func (n *nullable[T]) UnmarshalJSON(b []byte) error {
	n.given = true
	return json.Unmarshal(b, &n.value)
}

// MarshalJSON writes what an Idempotency-Key stands for.
func (n nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.value) }

// IsZero is for the tag omitzero.
func (n nullable[T]) IsZero() bool { return !n.given }

func checkText(field, text string, limit int) error {
	if n := utf8.RuneCountInString(text); n > limit {
		return pierre.Invalid(field, "%s must have at most %d characters, not %d.", field, limit, n)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return pierre.Invalid(field, "%s must be one line without control characters.", field)
	}
	return nil
}

func checkDays(days int64) error {
	if days < 1 || days > maxDays {
		return pierre.Invalid("expires_in_days", "expires_in_days must be between 1 and %d, not %d; without it a key does not expire, unless it is a trial's.",
			maxDays, days)
	}
	return nil
}

func checkTools(globs []string) error {
	const field = "allowed_tools"
	if len(globs) == 0 || len(globs) > maxTools {
		return pierre.Invalid(field, "allowed_tools must name 1 to %d tools, or be null for all.", maxTools)
	}
	for _, glob := range globs {
		if _, err := path.Match(glob, ""); err != nil || glob == "" || len(glob) > maxToolLength {
			return pierre.Invalid(field, "allowed_tools holds %.100q, which is no tool's name or pattern such as get_*.", glob)
		}
	}
	return nil
}

// expiry returns the end of a lifetime in days, in whole seconds.
func expiry(now time.Time, days int64) time.Time {
	return now.AddDate(0, 0, int(days)).Truncate(time.Second)
}
