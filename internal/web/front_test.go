package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const someKey = "pk_live_AbCdEfGhIjKlMnOpQrStUvWxYz012345"

// through sends r through a front and returns the answer and what was logged.
func through(t *testing.T, h HandlerFunc, r *http.Request, opts Options) (*httptest.ResponseRecorder, string) {
	t.Helper()
	out := &lockedBuffer{}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f := &front{handler: Handle(log, h), log: log, opts: opts, ids: newRequestIDs(), refused: newSparseLog(log)}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w, out.String()
}

func TestEveryRequestHasAnID(t *testing.T) {
	fine := func(w http.ResponseWriter, r *http.Request) error {
		Claim(r.Context(), "key_a")
		_, err := io.WriteString(w, RequestID(r.Context()))
		return err
	}
	for given, taken := range map[string]bool{
		"": false, "abc-123_X.y": true, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "a b": false, "a\"b": false, someKey: false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Request-Id", given)
		w, log := through(t, fine, r, Options{AccessLog: true})
		id := w.Header().Get("X-Request-Id")
		if id == "" || id != w.Body.String() || (id == given) != taken {
			t.Errorf("%q became %q", given, id)
		}
		if !strings.Contains(log, "request_id="+id) || !strings.Contains(log, "status=200") || !strings.Contains(log, "owner=key_a") {
			t.Errorf("log: %s", log)
		}
	}
	if _, log := through(t, fine, httptest.NewRequest(http.MethodGet, "/", nil), Options{}); log != "" {
		t.Errorf("without an access log: %s", log)
	}
}

// Who reports a problem has the id by which the log knows the request.
func TestProblemsHaveTheRequestsID(t *testing.T) {
	refuse := func(http.ResponseWriter, *http.Request) error { return pierre.NotFound("page") }
	w, _ := through(t, refuse, httptest.NewRequest(http.MethodGet, "/", nil), Options{})
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Request == "" || p.Request != w.Header().Get("X-Request-Id") {
		t.Errorf("%v: request_id %q, X-Request-Id %q in %s", err, p.Request, w.Header().Get("X-Request-Id"), w.Body)
	}
}

// A key in a URL, or in an error that repeats one, is neither logged nor sent back.
func TestKeysAreRedacted(t *testing.T) {
	refuse := func(_ http.ResponseWriter, r *http.Request) error {
		return pierre.NotFound("the key " + strings.TrimPrefix(r.URL.Path, "/admin/api-keys/"))
	}
	token := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
	for _, path := range []string{"/admin/api-keys/" + someKey, "/mcp/" + strings.ToUpper(someKey), "//v1/calendar/pcal_" + someKey[8:] + ".ics", "/x/" + someKey[:20], "/pk_live__" + someKey[8:], "/pk_live-" + someKey[8:], "/?key=" + someKey, "/" + token, "/a%70k_live_" + someKey[8:]} {
		w, log := through(t, refuse, httptest.NewRequest(http.MethodDelete, path, nil), Options{AccessLog: true})
		for _, secret := range []string{"EfGhIjKl", "EFGHIJKL", "eyJzdWIi", "c2lnbmF0"} {
			if strings.Contains(log, secret) || strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s: logged %s, answered %s", path, log, w.Body)
			}
		}
	}
	for _, harmless := range []string{"", "pk_live_AbCd", "key_live", "eyJ", "peeled epk_ eyes", "pcal_", "a pcal of pca_", "/admin/api-keys/key_0123456789abcdef"} {
		if got := Redact(harmless); got != harmless {
			t.Errorf("Redact(%q) = %q", harmless, got)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("x" + someKey)
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, someKey[8:]) {
			t.Skip("without what makes it a key")
		}
		if got := Redact(text + someKey + text); strings.Contains(got, someKey[8:]) {
			t.Errorf("Redact kept the key: %q", got)
		}
	})
}

// A client that hangs up is no fault of the server.
func TestClientThatHangsUp(t *testing.T) {
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	canceled := func(_ http.ResponseWriter, r *http.Request) error { return fmt.Errorf("asking: %w", r.Context().Err()) }
	w, log := through(t, canceled, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx), Options{})
	if w.Body.Len() != 0 || !strings.Contains(log, "level=DEBUG") || !strings.Contains(log, "status=499") {
		t.Errorf("answered %q, logged %s", w.Body, log)
	}
	failing := func(w http.ResponseWriter, _ *http.Request) error {
		return WriteJSON(brokenWriter{w}, http.StatusOK, "x")
	}
	if _, log = through(t, failing, httptest.NewRequest(http.MethodGet, "/", nil), Options{}); strings.Contains(log, "level=ERROR") {
		t.Errorf("a failed write is logged as %s", log)
	}
	broken := func(http.ResponseWriter, *http.Request) error { return io.ErrUnexpectedEOF }
	if _, log = through(t, broken, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx), Options{}); !strings.Contains(log, "level=ERROR") {
		t.Errorf("a fault of the server, while the client was gone, is logged as %s", log)
	}
}

type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, net.ErrClosed }

// An error after the answer has begun is logged, and adds nothing to the answer.
func TestErrorAfterTheAnswerBegan(t *testing.T) {
	w, log := through(t, func(w http.ResponseWriter, _ *http.Request) error {
		io.WriteString(w, "half")
		return io.ErrUnexpectedEOF
	}, httptest.NewRequest(http.MethodGet, "/", nil), Options{})
	if w.Body.String() != "half" || !strings.Contains(log, "level=ERROR") {
		t.Errorf("answered %q, logged %s", w.Body, log)
	}
}

// The first refusals of a minute are logged one by one, the others are counted: for each owner, and for all callers
// without one.
func TestRefusalsAreLoggedSparsely(t *testing.T) {
	out := &lockedBuffer{}
	log := slog.New(slog.NewTextHandler(out, nil))
	f := &front{handler: Handle(log, func(_ http.ResponseWriter, r *http.Request) error {
		if r.URL.Path == "/known" {
			Claim(r.Context(), "key_a")
		}
		return &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "no"}
	}), log: log, ids: newRequestIDs(), refused: newSparseLog(log)}
	for range 1000 {
		f.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	for range 500 {
		f.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/known", nil))
	}
	f.refused.flush(t.Context())
	lines := strings.Count(out.String(), "\n")
	if lines != 2*(sparseLines+1) || !strings.Contains(out.String(), "status_401=940") ||
		!strings.Contains(out.String(), "owner=key_a status_401=440") {
		t.Errorf("%d lines, the last of them %s", lines, out.String()[strings.LastIndex(strings.TrimSpace(out.String()), "\n"):])
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	wait := func(kind pierre.Kind, d time.Duration) error {
		return &pierre.Error{Kind: kind, Msg: `Say "please", été.`, RetryAfter: d}
	}
	for _, tt := range []struct {
		name   string
		err    error
		key    string
		header string
		want   string
	}{
		{"no credential", wait(pierre.KindUnauthenticated, 0), "", "WWW-Authenticate", `Bearer`},
		{"a wrong credential", wait(pierre.KindUnauthenticated, 0), "x", "WWW-Authenticate", `Bearer error="invalid_token", error_description="Say 'please', t."`},
		{"too many", wait(pierre.KindRateLimited, 41500*time.Millisecond), "x", "Retry-After", "42"},
		{"too many, for some time", wait(pierre.KindRateLimited, 0), "x", "Retry-After", "60"},
		{"busy", wait(pierre.KindUnavailable, 0), "x", "Retry-After", "1"},
		{"stopping", ErrStopping, "x", "Retry-After", "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if tt.key != "" {
				r.Header.Set("Authorization", "Bearer "+tt.key)
			}
			w, _ := through(t, func(http.ResponseWriter, *http.Request) error { return tt.err }, r, Options{})
			if got := w.Header().Get(tt.header); got != tt.want {
				t.Errorf("%s = %q, want %q", tt.header, got, tt.want)
			}
		})
	}
}

// No answer holds a number that JSON does not have.
func TestNoAnswerHoldsNaN(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		w, _ := through(t, func(w http.ResponseWriter, _ *http.Request) error {
			return WriteJSON(w, http.StatusOK, map[string]any{"a": []float64{1, v}})
		}, httptest.NewRequest(http.MethodGet, "/", nil), Options{})
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "NaN") {
			t.Errorf("%v: %d %s", v, w.Code, w.Body)
		}
	}
}
