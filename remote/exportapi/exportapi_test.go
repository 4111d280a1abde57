package exportapi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/exporter"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/exportapi"
)

// callers are the credentials of a test's users.
type callers map[string]access.Principal

func (c callers) Caller(r *http.Request) (access.Principal, error) {
	who, ok := c[r.Header.Get("X-API-Key")]
	if !ok {
		return who, access.MissingKey()
	}
	return who, nil
}

// exportFunc is an exporter that a test holds up, or breaks off.
type exportFunc func(ctx context.Context, w io.Writer) error

func (f exportFunc) Export(ctx context.Context, _ pierre.UserID, w io.Writer) (exportfile.Manifest, error) {
	return exportfile.Manifest{}, f(ctx, w)
}

func three() callers {
	return callers{
		"ana's": {UserID: "ana", Customer: "ana"}, "bob's": {UserID: "bob", Customer: "bob"}, "cho's": {UserID: "cho", Customer: "cho"},
		"narrow": {UserID: "ana", Customer: "ana", Tools: []string{"get_stats"}},
	}
}

func get(t *testing.T, h http.Handler, key string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/export", http.NoBody)
	r.Header.Set("X-API-Key", key)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A real archive comes out of a real server, and is complete.
func TestExport(t *testing.T) {
	s := storetest.New(t)
	ids := storetest.Users(t, s, time.Now(), "ana@example.com", "bob@example.com")
	who := callers{"ana's": {UserID: ids[0], Customer: ids[0]}}
	srv := httptest.NewServer(exportapi.New(exporter.New(s, time.Now, exporter.Options{}), who, exportapi.Options{}))
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/api/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", "ana's")
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/zip" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %v, %v", resp.Status, resp.Header, err)
	}
	if _, err := exportfile.Check(bytes.NewReader(b), int64(len(b))); err != nil {
		t.Error(err)
	}
	if bytes.Contains(b, []byte("bob@")) {
		t.Error("another's data is in it")
	}
}

func TestRefusals(t *testing.T) {
	s := exportapi.New(exportFunc(func(context.Context, io.Writer) error { return errors.New("unlucky") }), three(), exportapi.Options{})
	for name, c := range map[string]struct {
		key     string
		headers []string
		status  int
		text    string
	}{
		"no key":          {"", nil, 401, "key"},
		"a few tools":     {"narrow", nil, 403, "some of the tools"},
		"from a web page": {"ana's", []string{"Sec-Fetch-Site", "cross-site"}, 403, "other origins"},
		"broken at once":  {"ana's", nil, 500, "operator's log"},
	} {
		if w := get(t, s, c.key, c.headers...); w.Code != c.status || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%s: %d %s, want %d and %q", name, w.Code, w.Body, c.status, c.text)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/export", http.NoBody))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodGet {
		t.Errorf("POST: %d %v", w.Code, w.Header())
	}
}

// A user has one export at a time, and the server not more than it can do.
func TestOneAtATime(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	s := exportapi.New(exportFunc(func(_ context.Context, w io.Writer) error {
		begun <- struct{}{}
		<-end
		_, err := w.Write([]byte("x"))
		return err
	}), three(), exportapi.Options{Exports: 2})
	done := make(chan int, 2)
	for _, key := range []string{"ana's", "bob's"} {
		go func() { done <- get(t, s, key).Code }()
		<-begun
	}
	if w := get(t, s, "ana's"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("a second one: %d %s", w.Code, w.Body)
	}
	if w := get(t, s, "cho's"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("a third user: %d %s", w.Code, w.Body)
	}
	close(end)
	for range 2 {
		if code := <-done; code != http.StatusOK {
			t.Errorf("status %d", code)
		}
	}
	go func() { <-begun }()
	if w := get(t, s, "ana's"); w.Code != http.StatusOK {
		t.Errorf("after it ended: %d %s", w.Code, w.Body)
	}
}

// Nobody keeps the server busy with exports one after the other; those that break off count, what is refused does not.
func TestSoManyInAnHour(t *testing.T) {
	now := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
	done := 0
	s := exportapi.New(exportFunc(func(_ context.Context, w io.Writer) error {
		if done++; done%2 == 0 {
			return errors.New("unlucky")
		}
		_, err := w.Write([]byte("x"))
		return err
	}), three(), exportapi.Options{Now: func() time.Time { return now }})
	for i := range 10 {
		if w := get(t, s, "ana's"); w.Code != []int{http.StatusOK, http.StatusInternalServerError}[i%2] {
			t.Fatalf("export %d: %d %s", i+1, w.Code, w.Body)
		}
	}
	now = now.Add(59*time.Minute + 30*time.Second)
	for range 2 {
		if w := get(t, s, "ana's"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "30" || !strings.Contains(w.Body.String(), "10 exports within an hour; begin the next one in 1 minute.") {
			t.Errorf("one more: %d %v %s", w.Code, w.Header(), w.Body)
		}
	}
	if w := get(t, s, "bob's"); w.Code != http.StatusOK {
		t.Errorf("another user: %d %s", w.Code, w.Body)
	}
	now = now.Add(30 * time.Second)
	if w := get(t, s, "ana's"); w.Code >= http.StatusTooManyRequests && w.Code < 500 {
		t.Errorf("an hour later: %d %s", w.Code, w.Body)
	}
	if done != 12 {
		t.Errorf("%d exports were made, want 12", done)
	}
}

// serve runs the API in the server that programs have, until stop.
func serve(t *testing.T, h http.Handler) (url string, stop func()) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = web.Serve(ctx, ln, h, slog.New(slog.DiscardHandler), web.Options{}) // its error is that of a test that fails otherwise
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return "http://" + ln.Addr().String() + "/api/export", stop
}

// fetch reads the answer until it ends, and returns how.
func fetch(t *testing.T, url string, begun func()) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", "ana's")
	resp, err := new(http.Client).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
		return err
	}
	begun()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// What breaks off on the way, because of an error or because the server stops, does not look like a whole answer.
func TestHalfAnAnswerIsKnownAsSuch(t *testing.T) {
	t.Parallel() // it waits for what a server that stops gives running requests
	half := func(w io.Writer) error {
		_, err := w.Write(bytes.Repeat([]byte("x"), 100_000))
		return err
	}
	t.Run("error", func(t *testing.T) {
		url, _ := serve(t, exportapi.New(exportFunc(func(_ context.Context, w io.Writer) error {
			return errors.Join(half(w), errors.New("the database is gone"))
		}), three(), exportapi.Options{}))
		if err := fetch(t, url, func() {}); err == nil {
			t.Error("the answer ended as if it were whole")
		}
	})
	t.Run("stopping", func(t *testing.T) {
		url, stop := serve(t, exportapi.New(exportFunc(func(ctx context.Context, w io.Writer) error {
			if err := half(w); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}), three(), exportapi.Options{}))
		stopped := make(chan struct{})
		if err := fetch(t, url, func() {
			go func() {
				defer close(stopped)
				stop()
			}()
		}); err == nil {
			t.Error("the answer ended as if it were whole")
		}
		<-stopped
	})
}

// endless is an export that ends when nobody takes it any more, and says so.
func endless(ended chan<- error) exportFunc {
	return func(_ context.Context, w io.Writer) error {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				ended <- err
				return err
			}
		}
	}
}

// A client that goes away ends its export, and the user can begin another.
func TestClientGoesAway(t *testing.T) {
	ended := make(chan error, 1)
	url, _ := serve(t, exportapi.New(endless(ended), three(), exportapi.Options{}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", "ana's")
	resp, err := new(http.Client).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := <-ended; err == nil {
		t.Error("the export went on")
	}
}

// A slowReader takes each piece in a time of its own.
type slowReader struct {
	*httptest.ResponseRecorder
	take func()
}

func (s slowReader) Write(b []byte) (int, error) {
	s.take()
	return s.ResponseRecorder.Write(b)
}

// Whoever takes less than 16 KiB per second for longer than a minute gives its place back; slowness of the server's own counts not.
func TestSlowReaderGivesItsPlaceBack(t *testing.T) {
	piece := make([]byte, 64<<10)
	for perPiece, whole := range map[time.Duration]bool{3900 * time.Millisecond: true, 4100 * time.Millisecond: false} {
		clock, written := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), 0
		s := exportapi.New(exportFunc(func(_ context.Context, w io.Writer) error {
			for ; written < 100; written++ {
				clock = clock.Add(time.Minute)
				if _, err := w.Write(piece); err != nil {
					return err
				}
			}
			return nil
		}), three(), exportapi.Options{Exports: 1, Now: func() time.Time { return clock }})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/export", http.NoBody)
		r.Header.Set("X-API-Key", "ana's")
		func() {
			defer func() {
				if p := recover(); (p == nil) != whole {
					t.Errorf("%v for each 64 KiB: %v", perPiece, p)
				}
			}()
			s.ServeHTTP(slowReader{httptest.NewRecorder(), func() { clock = clock.Add(perPiece) }}, r)
		}()
		if whole != (written == 100) || !whole && written != 14 {
			t.Errorf("%v for each 64 KiB: %d pieces", perPiece, written)
		}
		written = 100
		if w := get(t, s, "bob's"); w.Code != http.StatusOK {
			t.Errorf("the next is answered %d", w.Code)
		}
	}
}

// The same over a connection: what its buffers hold counts as taken, and then the reader's own pace does.
func TestSlowReaderIsCutOff(t *testing.T) {
	var clock atomic.Int64 // ns
	ended := make(chan error, 1)
	url, _ := serve(t, exportapi.New(endless(ended), three(), exportapi.Options{Exports: 1, Now: func() time.Time { return time.Unix(0, clock.Load()) }}))
	open := func(key string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", key)
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	slow := open("ana's")
	var err error
	for taking := true; taking; {
		select {
		case err = <-ended:
			taking = false
		default:
			clock.Add(int64(10 * time.Second))
			if _, err := io.CopyN(io.Discard, slow.Body, 16<<10); err != nil { // 1.6 KiB per second
				taking = false
			}
		}
	}
	if err == nil {
		err = <-ended
	}
	if !strings.Contains(err.Error(), "16 KiB per second") {
		t.Errorf("it ended by %v", err)
	}
	if n, err := io.Copy(io.Discard, slow.Body); err == nil {
		t.Errorf("after %d bytes more the answer ended as if it were whole", n)
	}
	for deadline := time.Now().Add(time.Minute); ; <-time.After(time.Millisecond) {
		if next := open("bob's"); next.StatusCode == http.StatusOK {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the next is answered %s", next.Status)
		}
	}
}
