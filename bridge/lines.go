package bridge

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

var errTooLong = errors.New("message too long")

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
// skipped and reported as errTooLong; reading may go on. The last line may
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
	tooLong := false
	for {
		part, err := l.r.ReadSlice('\n')
		if len(line)+len(part) > l.limit+1 {
			line, tooLong = nil, true
		}
		if !tooLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case tooLong:
			return nil, errTooLong
		default:
			return line, err
		}
	}
}
