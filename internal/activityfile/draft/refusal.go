package draft

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// A RefusalError says why a file yields no recording.
type RefusalError struct {
	Status Status
	Reason string
}

func (r *RefusalError) Error() string { return r.Reason }

// NotActivity refuses an intact file that holds no recording.
func NotActivity(format string, args ...any) error {
	return &RefusalError{StatusSkipped, fmt.Sprintf(format, args...)}
}

// Unreadable refuses a file that should hold a recording.
func Unreadable(format string, args ...any) error {
	return &RefusalError{StatusFailed, fmt.Sprintf(format, args...)}
}

// Full says that a file holds more than is read of one. What was read until then is kept.
func Full(format string, args ...any) error { return &FullError{fmt.Sprintf(format, args...)} }

// A FullError says that a limit was reached.
type FullError struct{ text string }

func (e *FullError) Error() string { return e.text + ": the rest was not read" }

// Kept ends the warning about a damage.
const Kept = ": what comes before was kept"

// Lost refuses a file whose damage leaves nothing to keep.
func Lost(warning string) error {
	return Unreadable("%s: nothing before was readable", strings.TrimSuffix(warning, Kept))
}

// AsRefusal returns the refusal that err is, if it is one.
func AsRefusal(err error) (*RefusalError, bool) { return errors.AsType[*RefusalError](err) }

// IsEOF reports whether err says that data ended, or ended too early.
func IsEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// CutShort says where compressed data broke off, or "" if err is another matter.
func CutShort(err error, read int) string {
	if IsEOF(err) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		return fmt.Sprintf("the compressed file is cut off or damaged at byte %d of its content", read)
	}
	return ""
}

// ErrNoTable says that a file is not the list that its name suggests.
var ErrNoTable = errors.New("not a list of activities")
