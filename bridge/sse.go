package bridge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"
)

// An event is one server-sent event (HTML Living Standard, section 9.2).
type event struct {
	name string
	data []byte // valid until the next event is read
}

// An eventReader reads a stream of events and remembers where it stands in it.
type eventReader struct {
	r      *bufio.Reader
	limit  int  // of the data of one event, in bytes
	begun  bool // the first line was read
	skipLF bool // the last line ended in CR: a LF that follows belongs to it

	line, data []byte
	id         string // of the event that is being read

	lastID string        // of the last complete event that carried an id
	retry  time.Duration // what the server wants clients to wait before they reconnect; -1: it did not say
}

func newEventReader(r io.Reader, limit int) *eventReader {
	return &eventReader{r: bufio.NewReaderSize(r, 16<<10), limit: limit, retry: -1}
}

// reset begins a new stream, at the place where the one before ended.
func (e *eventReader) reset(r io.Reader) {
	e.r.Reset(r)
	e.begun, e.skipLF = false, false
}

// next returns the next event that holds data. An event that the end of the stream
// leaves without its blank line counts if it is whole: servers forget that line, and
// half of a JSON text is no JSON text. Otherwise it is dropped, and its id with it.
func (e *eventReader) next() (event, error) {
	var ev event
	e.data, e.id = e.data[:0], e.lastID
	for {
		line, err := e.readLine()
		if len(line) > 0 {
			if err := e.field(line, &ev); err != nil {
				return event{}, err
			}
		}
		last := errors.Is(err, io.EOF)
		switch {
		case err != nil && !last:
			return event{}, err
		case last && (len(e.data) == 0 || !json.Valid(e.data)):
			return event{}, err
		case len(line) > 0 && !last:
			continue
		}
		e.lastID = e.id
		if len(e.data) > 1 {
			ev.data = e.data[:len(e.data)-1] // every data field added a line break
			return ev, nil
		}
		ev, e.data = event{}, e.data[:0]
	}
}

func (e *eventReader) field(line []byte, ev *event) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if len(e.data)+len(value) > e.limit {
			return errTooLong
		}
		e.data = append(append(e.data, value...), '\n')
	case "event":
		ev.name = string(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			e.id = string(value)
		}
	case "retry":
		if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
			e.retry = time.Duration(ms) * time.Millisecond
		}
	}
	return nil
}

// readLine returns the next line without its ending, which is LF, CR or CR LF. With
// io.EOF it returns what is left.
func (e *eventReader) readLine() ([]byte, error) {
	e.line = e.line[:0]
	for {
		if _, err := e.r.Peek(1); err != nil {
			return e.line, err
		}
		chunk, _ := e.r.Peek(e.r.Buffered()) // cannot fail: the bytes are there
		if e.skipLF {
			e.skipLF = false
			if chunk[0] == '\n' {
				e.discard(1)
				continue
			}
		}
		end, text := lineEnd(chunk), chunk
		if end >= 0 {
			text = chunk[:end]
		}
		if len(e.line)+len(text) > e.limit+len("data: ") {
			return nil, errTooLong
		}
		e.line = append(e.line, text...)
		if end < 0 {
			e.discard(len(chunk))
			continue
		}
		e.skipLF = chunk[end] == '\r'
		e.discard(end + 1)
		if !e.begun {
			e.begun = true
			return bytes.TrimPrefix(e.line, byteOrderMark()), nil
		}
		return e.line, nil
	}
}

// discard skips bytes that are in the buffer, which cannot fail.
func (e *eventReader) discard(n int) { _, _ = e.r.Discard(n) }

// lineEnd returns the index of the first CR or LF in b, or -1.
func lineEnd(b []byte) int {
	end := bytes.IndexByte(b, '\n')
	if end >= 0 {
		b = b[:end]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return end
}
