package journal

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	renewBytes = 64 << 10 // a segment without calls that wait is emptied from this size on
	maxSegment = 8 << 20  // a segment with calls that wait gets a successor from this size on
	maxLine    = 64 << 10 // of a call; real ones have some hundred bytes

	typicalLine = 1 << 10
)

// A segment is one file of a journal: a line per call, with the checksum of the line before it.
type segment struct {
	name    string
	number  int64
	file    *os.File // nil if it is only read
	size    int64
	pending int  // calls that the database does not have
	sealed  bool // it takes no more calls
	keep    bool // it holds a call that the database refuses

	buffer bytes.Buffer
}

func createSegment(path string, number int64) (*segment, error) {
	name := path + "-" + strconv.FormatInt(number, 10)
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making a file of the journal: %w", err)
	}
	return &segment{name: name, number: number, file: file}, nil
}

// oldSegments returns those that earlier processes left, oldest first.
func oldSegments(path string) ([]*segment, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("looking for files of the journal: %w", err)
	}
	var found []*segment
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+"-")
		if number, err := strconv.ParseInt(digits, 10, 64); ok && err == nil && number > 0 {
			found = append(found, &segment{name: filepath.Join(filepath.Dir(path), e.Name()), number: number})
		}
	}
	slices.SortFunc(found, func(a, b *segment) int { return int(a.number - b.number) })
	return found, nil
}

// append writes calls, all or none of them.
func (s *segment) append(calls []pierre.Call) error {
	s.buffer.Reset()
	for i := range calls {
		encode(&s.buffer, &calls[i])
	}
	n, err := s.file.Write(s.buffer.Bytes())
	if err != nil {
		// A part of a line would spoil the next one.
		return errors.Join(writeError(err), s.file.Truncate(s.size))
	}
	s.size += int64(n)
	s.pending += len(calls)
	return nil
}

func writeError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &pierre.Error{Kind: pierre.KindStorageFull, Msg: "The server's disk is full.", Err: err}
	}
	return fmt.Errorf("writing to the journal: %w", err)
}

// encode adds the line of c to b.
func encode(b *bytes.Buffer, c *pierre.Call) {
	const sum = "00000000 "
	b.Grow(typicalLine)
	line := append(b.AvailableBuffer(), sum...)
	line = appendCall(line, c)
	appendSum(line[:0], line[len(sum):])
	b.Write(append(line, '\n'))
}

func appendSum(to, line []byte) []byte {
	sum := crc32.ChecksumIEEE(line)
	return hex.AppendEncode(to, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// read returns the calls of a segment.
func (s *segment) read() ([]pierre.Call, error) {
	file, err := os.Open(s.name)
	if err != nil {
		return nil, fmt.Errorf("reading a file of the journal: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	calls, err := decode(file)
	if err != nil {
		return nil, fmt.Errorf("reading the journal %s: %w", s.name, err)
	}
	return calls, nil
}

// decode returns the calls of r. A line that is not whole was being written when its process was killed: its call was not
// answered.
func decode(r io.Reader) ([]pierre.Call, error) {
	var calls []pierre.Call
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) { // no line of ours
			line = nil
			_, err = lines.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) {
			return calls, nil
		}
		if err != nil {
			return nil, err
		}
		sum, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		if !ok || !bytes.Equal(sum, appendSum(nil, text)) {
			continue
		}
		var c pierre.Call
		if err := json.Unmarshal(text, &c); err != nil { //nolint:musttag // as above
			return nil, err // a program that knows more than this one wrote it
		}
		calls = append(calls, c)
	}
}

// reset empties the file.
func (s *segment) reset() error {
	s.size = 0
	return s.file.Truncate(0)
}

// drop removes the file, unless it holds what the database refuses.
func (s *segment) drop() error {
	err := s.close()
	if s.keep {
		return err
	}
	if gone := os.Remove(s.name); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

func (s *segment) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}
