package bridge

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

var errTooLong = errors.New("message too long")

// A tooLongError is a line over the limit; its message could not be read, but perhaps its id.
type tooLongError struct{ id []byte }

func (*tooLongError) Error() string   { return errTooLong.Error() }
func (*tooLongError) Is(e error) bool { return e == errTooLong }

// byteOrderMark starts texts of some Windows programs.
func byteOrderMark() []byte { return []byte("\xef\xbb\xbf") }

// A lineReader splits the host's input into lines of at most limit bytes.
type lineReader struct {
	r     *bufio.Reader
	limit int
}

func newLineReader(r io.Reader, limit int) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10), limit: limit}
}

// next returns the next line that is not blank, without its line ending and
// without a byte order mark; the caller owns it. A line over the limit is
// skipped and reported as a *tooLongError; reading may go on. The last line may
// lack its line ending.
func (l *lineReader) next() ([]byte, error) {
	for {
		line, err := l.line()
		if errors.Is(err, errTooLong) {
			return nil, err
		}
		line = bytes.TrimSpace(bytes.TrimPrefix(line, byteOrderMark()))
		if len(line) > 0 {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (l *lineReader) line() ([]byte, error) {
	var line []byte
	for {
		part, err := l.r.ReadSlice('\n')
		if len(line)+len(bytes.TrimRight(part, "\r\n")) > l.limit {
			return nil, &tooLongError{jsonrpc.IDAround(line, l.skip(part, err))}
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// skip reads on to the end of the line, and returns that end.
func (l *lineReader) skip(part []byte, err error) (end []byte) {
	const kept = 256
	for {
		end = append(end[max(0, len(end)-kept):], part[max(0, len(part)-kept):]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSpace(end)
		}
		part, err = l.r.ReadSlice('\n')
	}
}
