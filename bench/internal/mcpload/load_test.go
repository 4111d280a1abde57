package mcpload

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func target(t *testing.T, h http.HandlerFunc) *Target {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &Target{ready: ready{Addr: s.Listener.Addr().String()}}
}

func request(t *testing.T, to *Target) [][]byte {
	b, err := to.request(t.Context(), "", legacyCall, nil)
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{b}
}

func TestEachCallIsMadeWhenItIsDue(t *testing.T) {
	var answered atomic.Int64
	to := target(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !bytes.Contains(body, []byte(`"id":70`)) || !bytes.HasSuffix(body, []byte("}}}")) {
			t.Errorf("a call is %s", body)
		}
		answered.Add(1)
		answer := strings.Repeat(" ", 64<<10) + `{"result":{}}` // more than is read at once
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		io.WriteString(w, answer)
	})
	made, err := to.Run(t.Context(), Load{Requests: request(t, to), Span: 50 * time.Millisecond, InFlight: 3, Rate: 2000})
	if err != nil || len(made) != 101 || answered.Load() != 101 {
		t.Fatalf("%d calls, %d answered: %v; want those of 0 to 50 ms", len(made), answered.Load(), err)
	}
	for _, s := range made {
		if s.Late < 0 || s.Took <= s.Late {
			t.Errorf("a call took %v and was late by %v", s.Took, s.Late)
		}
	}
}

// A call that waits for others is as slow as its caller finds it.
func TestCallsThatWaitForOthersTakeAsLong(t *testing.T) {
	const longest = 20 * time.Millisecond
	var first atomic.Bool
	to := target(t, func(w http.ResponseWriter, _ *http.Request) {
		if first.CompareAndSwap(false, true) {
			<-time.After(longest)
		}
		io.WriteString(w, `{"result":{}}`)
	})
	made, err := to.Run(t.Context(), Load{Requests: request(t, to), Span: time.Millisecond, InFlight: 1, Rate: 2000})
	if err != nil || len(made) != 3 {
		t.Fatalf("%d calls: %v", len(made), err)
	}
	for i, s := range made {
		if least := longest - time.Duration(i)*time.Millisecond/2; s.Took < least {
			t.Errorf("call %d took %v, want at least %v since it was due", i, s.Took, least)
		}
	}
}

func TestConnectionsCallAsFastAsTheyAreAnswered(t *testing.T) {
	var now, most atomic.Int64
	to := target(t, func(w http.ResponseWriter, _ *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		io.WriteString(w, `{"result":{}}`)
	})
	made, err := to.Run(t.Context(), Load{Requests: request(t, to), Span: 20 * time.Millisecond, InFlight: 4})
	if err != nil || len(made) < 4 || most.Load() > 4 {
		t.Errorf("%d calls, %d at once: %v", len(made), most.Load(), err)
	}
}

func TestAnAnswerThatIsNoneEndsTheLoad(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"an error":            func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `"result"`, http.StatusServiceUnavailable) },
		"no result":           func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"error":{}}`) },
		"no length":           func(w http.ResponseWriter, _ *http.Request) { http.NewResponseController(w).Flush() },
		"a closed connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, //nolint:forbidigo // how net/http is told
	} {
		to := target(t, h)
		if made, err := to.Run(t.Context(), Load{Requests: request(t, to), Span: time.Second, InFlight: 2}); err == nil || len(made) != 0 {
			t.Errorf("%s: %d calls, no error", name, len(made))
		}
	}
}

func TestAnAnswerIsWholeWithItsLastByte(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nA: b\r\n\r\n{\"result\":{}}"
	for n := range len(answer) {
		if whole, err := isWhole([]byte(answer[:n])); whole || err != nil {
			t.Fatalf("%q is whole: %v, %v", answer[:n], whole, err)
		}
	}
	if whole, err := isWhole([]byte(answer)); !whole || err != nil {
		t.Errorf("%v, %v", whole, err)
	}
}
