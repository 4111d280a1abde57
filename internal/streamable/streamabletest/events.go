package streamabletest

import (
	"bufio"
	"io"
	"net/http"
	"strings"
)

// A Reader takes server-sent events one by one.
type Reader struct{ in *bufio.Scanner }

// An Event is one server-sent event.
type Event struct{ ID, Data string }

// Events returns the events of a response that is a stream.
func (c *Client) Events(resp *http.Response) *Reader {
	c.T.Helper()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		b, _ := io.ReadAll(resp.Body)
		c.T.Fatalf("Content-Type = %q, want a stream: %s", got, b)
	}
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, 1<<24)
	return &Reader{in}
}

// Next returns the next event that has data; ok is false at the end.
func (r *Reader) Next() (e Event, ok bool) {
	for r.in.Scan() {
		line := r.in.Text()
		if id, found := strings.CutPrefix(line, "id: "); found {
			e.ID = id
		}
		if data, found := strings.CutPrefix(line, "data: "); found {
			e.Data = data
		}
		if line == "" && e.Data != "" {
			return e, true
		}
	}
	return e, false
}

// All returns the events that are left.
func (r *Reader) All() (events []Event) {
	for {
		e, ok := r.Next()
		if !ok {
			return events
		}
		events = append(events, e)
	}
}
