package console_test

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// A stream is the live numbers as a browser's EventSource reads them.
type stream struct {
	t    *testing.T
	ids  chan string // of events, as they come
	stop context.CancelFunc
	seen []string
}

// stream opens the live numbers after an event, "": from now on.
func (s *site) stream(t *testing.T, after string) *stream {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/admin/live/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "role", Value: "viewer"})
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	resp, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the stream: %v, %v", resp, err)
	}
	events := &stream{t: t, ids: make(chan string), stop: stop}
	t.Cleanup(stop)
	go func() {
		defer resp.Body.Close()
		defer close(events.ids)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			id, isID := strings.CutPrefix(lines.Text(), "id: ")
			if !isID {
				continue
			}
			select {
			case events.ids <- id:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events
}

// read reads events until one is the given one, or, "", the next one.
func (e *stream) read(until string) (last string) {
	e.t.Helper()
	for id := range e.ids {
		if e.seen = append(e.seen, id); until == "" || id == until {
			return id
		}
	}
	e.t.Fatalf("the stream ended before %q; it had %q", until, e.seen)
	return ""
}

// TestALiveViewThatBreaksGoesOn: a browser that comes back says which event it saw last, through the site to the server, and
// gets those between, each once.
func TestALiveViewThatBreaksGoesOn(t *testing.T) {
	t.Parallel()
	s, busy := filled(t)
	whole, broken := s.stream(t, ""), s.stream(t, "")
	last := broken.read("")
	broken.stop()
	whole.read(last) // both see the same events
	whole.seen = []string{last}
	s.server.Record(t, adminapitest.Calls{Key: busy.APIKeyID, At: time.Now(), N: 3, Status: pierre.CallSucceeded})
	for len(whole.seen) < 2 { // while the other is away
		whole.read("")
	}
	again := s.stream(t, last)
	whole.read("") // one that comes to both as it happens
	again.read(whole.seen[len(whole.seen)-1])
	if got := append([]string{last}, again.seen...); !slices.Equal(got, whole.seen) {
		t.Errorf("who came back has %q, and who stayed %q", got, whole.seen)
	}
}
