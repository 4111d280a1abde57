package bridge

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestEvents(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string // name|data|last id
		lastID   string
		retry    time.Duration
	}{
		{"one", "data: {}\n\n", []string{"|{}|"}, "", -1},
		{"all fields", "event: message\nid: 7\nretry: 1500\ndata: {}\n\n", []string{"message|{}|7"}, "7", 1500 * time.Millisecond},
		{"CR and CRLF", "data: a\r\rdata: b\r\n\r\n", []string{"|a|", "|b|"}, "", -1},
		{"several data lines", "data: {\ndata:  \"a\":1\ndata:}\n\n", []string{"|{\n \"a\":1\n}|"}, "", -1},
		{"comments are keep-alives", ": ping\n\n:\n\ndata: a\n: b\n\n", []string{"|a|"}, "", -1},
		{"id without data primes the stream", "id: 1\ndata:\n\nid: 2\n\n", nil, "2", -1},
		{"id persists", "id: 1\ndata: a\n\ndata: b\n\n", []string{"|a|1", "|b|1"}, "1", -1},
		{"id with NUL is ignored", "id: a\x00b\ndata: a\n\n", []string{"|a|"}, "", -1},
		{"cut off in an event: its id does not count", "id: 1\ndata: a\n\nid: 2\ndata: b\n", []string{"|a|1"}, "1", -1},
		{"byte order mark", "\xef\xbb\xbfdata: a\n\n", []string{"|a|"}, "", -1},
		{"nonsense", "retry: soon\nretry: -1\nfoo: bar\ndata\ndata: a\n\n", []string{"|\na|"}, "", -1},
		{"event name does not persist", "event: x\n\ndata: a\n\n", []string{"|a|"}, "", -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{"whole": strings.NewReader(tt.in), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.in))} {
				e := newEventReader(r, 1<<10)
				got, err := readEvents(e)
				if !errors.Is(err, io.EOF) || !slices.Equal(got, tt.want) || e.lastID != tt.lastID || e.retry != tt.retry {
					t.Errorf("%s: events %q, last id %q, retry %v, %v; want %q, %q, %v", how, got, e.lastID, e.retry, err, tt.want, tt.lastID, tt.retry)
				}
			}
		})
	}
}

func readEvents(e *eventReader) (all []string, err error) {
	for {
		ev, err := e.next()
		if err != nil {
			return all, err
		}
		all = append(all, fmt.Sprintf("%s|%s|%s", ev.name, ev.data, e.lastID))
	}
}

func TestEventsOverTheLimit(t *testing.T) {
	for name, in := range map[string]string{
		"one line":      "data: " + strings.Repeat("x", 2<<20) + "\n\n",
		"several lines": strings.Repeat("data: xxxxxxxxx\n", 1<<18) + "\n",
		"a comment":     ":" + strings.Repeat("x", 2<<20) + "\n\n",
	} {
		if _, err := newEventReader(strings.NewReader(in), 1<<20).next(); !errors.Is(err, errTooLong) {
			t.Errorf("%s: %v, want %v", name, err, errTooLong)
		}
	}
}

// However a stream is cut into pieces, the events are the same.
func FuzzEvents(f *testing.F) {
	f.Add("event: message\r\nid: 1\r\nretry: 10\r\ndata: {\"a\":1}\r\n\r\n: ping\n\ndata: b\rdata: c\r\r")
	f.Add("\xef\xbb\xbfdata\n\n" + strings.Repeat("data: x\n", 100))
	f.Fuzz(func(t *testing.T, in string) {
		whole, pieces := newEventReader(strings.NewReader(in), 64), newEventReader(iotest.OneByteReader(strings.NewReader(in)), 64)
		a, errA := readEvents(whole)
		b, errB := readEvents(pieces)
		if !slices.Equal(a, b) || whole.lastID != pieces.lastID || whole.retry != pieces.retry || errors.Is(errA, errTooLong) != errors.Is(errB, errTooLong) {
			t.Errorf("whole: %q %v, byte by byte: %q %v", a, errA, b, errB)
		}
	})
}
