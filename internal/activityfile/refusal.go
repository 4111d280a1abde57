package activityfile

import (
	"errors"
	"fmt"
	"strings"
)

// parsed is what one file holds.
type parsed struct {
	format   string
	sum      [32]byte
	drafts   []draft
	warnings []string
}

// A refusal says why a file yields no recording.
type refusal struct {
	status Status
	reason string
}

func (r *refusal) Error() string { return r.reason }

// notActivity refuses a file that is what it should be, but no recording.
func notActivity(format string, args ...any) error {
	return &refusal{StatusSkipped, fmt.Sprintf(format, args...)}
}

// unreadable refuses a file that should hold a recording.
func unreadable(format string, args ...any) error {
	return &refusal{StatusFailed, fmt.Sprintf(format, args...)}
}

// full says that a file holds more than is read of one. What was read of it by then is kept.
func full(format string, args ...any) error { return &fullError{fmt.Sprintf(format, args...)} }

type fullError struct{ text string }

func (e *fullError) Error() string { return e.text + ": the rest was not read" }

// kept ends the warning about a damage.
const kept = ": what comes before was kept"

// lost refuses a file whose damage leaves nothing to keep.
func lost(warning string) error {
	return unreadable("%s: nothing before was readable", strings.TrimSuffix(warning, kept))
}

func asRefusal(err error) (*refusal, bool) { return errors.AsType[*refusal](err) }
