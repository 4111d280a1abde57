package importclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/remote/importapi"
)

// product is the real import API over a real database, for one user without a key.
func product(t *testing.T, opts importapi.Options) http.Handler {
	t.Helper()
	s := storetest.New(t)
	u, err := s.EnsureUser(t.Context(), "ana@example.com", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return importapi.New(importer.New(s, time.Now, importer.Options{TempDir: t.TempDir()}), importapi.Personal(access.Principal{UserID: u.ID}), opts)
}

// watcher counts.
type watcher struct {
	sent atomic.Int64
	done atomic.Int64

	progress atomic.Int64
}

func (w *watcher) Sent(n int64)                           { w.sent.Add(n) }
func (w *watcher) Progress(string, pierre.ImportProgress) { w.progress.Add(1) }
func (w *watcher) Done(string, int)                       { w.done.Add(1) }

// send uploads what is below paths to a server of h.
func send(t *testing.T, h http.Handler, paths ...string) (pierre.ImportReport, *watcher, error) {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	u, err := url.Parse(srv.URL + "/api/import")
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := importclient.Find(paths)
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{}
	report, err := importclient.NewClient(u, srv.Client(), importclient.Options{RetryWait: time.Millisecond}).Send(t.Context(), items, w)
	return report, w, err
}

// gpx is a track of a minute that starts so many minutes after midnight.
func gpx(minutes int) string {
	var b strings.Builder
	b.WriteString(`<gpx version="1.1"><trk><name>Lake</name><trkseg>`)
	start := time.Date(2026, 3, 1, 0, minutes, 0, 0, time.UTC)
	for i := range 61 {
		fmt.Fprintf(&b, `<trkpt lat="%f" lon="16.3"><time>%s</time></trkpt>`,
			48.2+float64(i)*3e-5, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	return b.String()
}

func summary(r pierre.ImportReport) string {
	var lines []string
	for _, row := range r.Files {
		lines = append(lines, fmt.Sprintf("%s %s", row.Status, filepath.Base(row.File)))
	}
	return strings.Join(lines, ", ")
}

// Files, a table and archives reach the real server, and every path in the report is one that the user knows.
func TestSend(t *testing.T) {
	root := tree(t, "not.fit")
	for n, name := range []string{"a.gpx", "b/c.gpx", "b/d.gpx", "e.gpx"} {
		write(t, filepath.Join(root, name), gpx(10*n))
	}
	write(t, filepath.Join(root, "export", "activities", "1.gpx"), gpx(100))
	write(t, filepath.Join(root, "export", "activities.csv"),
		"Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Filename\n"+
			`7,"Mar 1, 2026, 1:40:00 AM",Named,Run,,60,0.2,activities/1.gpx`+"\n")
	h := product(t, importapi.Options{})
	report, w, err := send(t, h, root)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]pierre.ImportStatus{
		"a.gpx": pierre.ImportImported, "b/c.gpx": pierre.ImportImported, "b/d.gpx": pierre.ImportImported, "e.gpx": pierre.ImportImported,
		"export/activities/1.gpx": pierre.ImportImported, "export/activities.csv": pierre.ImportSkipped, "not.fit": pierre.ImportFailed,
	}
	got := map[string]pierre.ImportStatus{}
	for _, row := range report.Files {
		name, err := filepath.Rel(root, row.File)
		if err != nil {
			t.Fatal(err)
		}
		got[filepath.ToSlash(name)] = row.Status
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("report = %v, want %v", got, want)
	}
	if s := (pierre.ImportSummary{Files: 7, Imported: 5, Skipped: 1, Failed: 1, Activities: 5}); report.Summary != s {
		t.Errorf("summary = %+v, want %+v", report.Summary, s)
	}
	items, _, err := importclient.Find([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, it := range items {
		size += it.Size
	}
	if w.sent.Load() != size || w.done.Load() != int64(len(items)) {
		t.Errorf("watcher saw %d bytes and %d items, want %d and %d", w.sent.Load(), w.done.Load(), size, len(items))
	}
	again, _, err := send(t, h, root)
	if err != nil || again.Summary.Duplicate != 5 || again.Summary.Activities != 0 {
		t.Errorf("again = %+v, %v; want five duplicates", again.Summary, err)
	}
}

// Each of these failures passes: the same bytes are sent again until they are imported.
func TestRetries(t *testing.T) {
	root := tree(t)
	write(t, filepath.Join(root, "a.gpx"), gpx(0))
	for name, fail := range map[string]http.HandlerFunc{
		"unavailable": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"bad gateway": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusBadGateway)
		},
		"too many imports": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"a lost connection": func(_ http.ResponseWriter, r *http.Request) {
			io.ReadFull(r.Body, make([]byte, 100))
			panic(http.ErrAbortHandler) //nolint:forbidigo // that is how net/http drops a connection
		},
		"an answer that breaks off": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			io.WriteString(w, `{"type":"progress","files_done":1}`+"\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, attempts := product(t, importapi.Options{}), 0
			report, w, err := send(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if attempts++; attempts <= 2 {
					fail(rw, r)
					return
				}
				h.ServeHTTP(rw, r)
			}), root)
			if got := summary(report); err != nil || got != "imported a.gpx" || attempts != 3 {
				t.Errorf("after %d attempts: %s, %v; want it imported at the third", attempts, got, err)
			}
			if want := int64(len(gpx(0))); w.sent.Load() != want {
				t.Errorf("watcher saw %d bytes, want %d: what was sent in vain does not count", w.sent.Load(), want)
			}
		})
	}
}

// A refusal of everything is an error that says what to do, and is not repeated.
func TestRefusalOfAll(t *testing.T) {
	root := tree(t, "a.fit")
	for name, test := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"wrong key":   {http.StatusUnauthorized, `{"status":401,"detail":"This API key is not known."}`, "This API key is not known."},
		"no such API": {http.StatusNotFound, "404 page not found", "is this a Pierre server?"},
		"disk full":   {http.StatusInsufficientStorage, `{"status":507,"detail":"The server's disk is full."}`, "The server's disk is full."},
		"no report":   {http.StatusOK, "<html>hello</html>\n", "is this a Pierre server?"},
		"stopped":     {http.StatusOK, `{"type":"error","status":500,"detail":"Something went wrong."}` + "\n", "Something went wrong."},
		"teapot":      {http.StatusTeapot, "", "418"},
	} {
		t.Run(name, func(t *testing.T) {
			attempts := 0
			_, _, err := send(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				attempts++
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}), root)
			if err == nil || !strings.Contains(err.Error(), test.want) || attempts != 1 {
				t.Errorf("Send = %v after %d attempts, want %q at once", err, attempts, test.want)
			}
		})
	}
}

// What is wrong with one file is that file's row, and the others are imported.
func TestRefusalOfOne(t *testing.T) {
	root := tree(t)
	write(t, filepath.Join(root, "a.gpx"), gpx(0))
	write(t, filepath.Join(root, "big.gpx"), gpx(30)+strings.Repeat(" ", 10_000))
	write(t, filepath.Join(root, "c.gpx"), gpx(90)) // 60 would be the copy of a.gpx that calls the local time of its place UTC
	write(t, filepath.Join(root, "gone.gpx"), "")
	srv := httptest.NewServer(product(t, importapi.Options{MaxBytes: 8192}))
	defer srv.Close()
	u, err := url.Parse(srv.URL + "/api/import")
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := importclient.Find([]string{root})
	if err == nil {
		err = os.Remove(filepath.Join(root, "gone.gpx"))
	}
	if err != nil {
		t.Fatal(err)
	}
	report, err := importclient.NewClient(u, srv.Client(), importclient.Options{}).Send(t.Context(), items, &watcher{})
	if got, want := summary(report), "imported a.gpx, failed big.gpx, imported c.gpx, failed gone.gpx"; err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if got := report.Files[1].Reason; !strings.Contains(got, "limit of 8 kB") {
		t.Errorf("reason = %q, want the limit", got)
	}
	if report.Summary.Failed != 2 {
		t.Errorf("summary = %+v, want two failed", report.Summary)
	}
}

func TestUnreachableServer(t *testing.T) {
	root := tree(t, "a.fit")
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := importclient.Find([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	_, err = importclient.NewClient(u, srv.Client(), importclient.Options{Retries: 1, RetryWait: time.Millisecond}).Send(t.Context(), items, &watcher{})
	if err == nil || !strings.Contains(err.Error(), "cannot reach "+srv.URL) || strings.Count(err.Error(), srv.URL) != 1 {
		t.Errorf("Send = %v, want one that names the server, once", err)
	}
}

// An archive that is made on the way ends with the upload.
func TestCancelledSend(t *testing.T) {
	root := tree(t, "activities.csv")
	write(t, filepath.Join(root, "activities", "1.gpx"), strings.Repeat(gpx(0), 1000))
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.ReadFull(r.Body, make([]byte, 100))
		cancel()
		io.Copy(io.Discard, r.Body) // ends when the client is gone
	}))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := importclient.Find([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := importclient.NewClient(u, srv.Client(), importclient.Options{}).Send(ctx, items, &watcher{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Send = %v, want cancelled", err)
	}
}

// Servers of any version are understood: one that streams progress, one that
// answers with the report alone, one that sent a line for each file.
func TestAnswersOfAllVersions(t *testing.T) {
	want := pierre.ImportSummary{Files: 2, Imported: 1, Failed: 1, Activities: 1}
	const rows = `{"file":"a.gpx","status":"imported"},{"file":"b.gpx","status":"failed","reason":"it is empty"}`
	const sums = `"summary":{"files":2,"imported":1,"failed":1,"activities":1}`
	for name, tc := range map[string]struct {
		answer   string
		progress int64
	}{
		"streams": {
			`{"type":"progress","files_done":1,"files_total":2,"current":"b.gpx"}` + "\n" + `{"type":"news"}` + "\n" +
				`{"type":"report","files":[` + rows + `],` + sums + "}\n", 1,
		},
		"does not stream": {"{\n  \"files\": [" + rows + "],\n  " + sums + "\n}\n", 0},
		"a line per file": {strings.Replace(rows, "},{", "}\n{", 1) + "\n{" + sums + "}\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				io.WriteString(w, tc.answer)
			})
			path := filepath.Join(t.TempDir(), "x.zip")
			write(t, path, "x")
			report, w, err := send(t, h, path)
			if err != nil || report.Summary != want || summary(report) != "imported a.gpx, failed b.gpx" || w.progress.Load() != tc.progress {
				t.Errorf("%+v, %v, %d lines of progress; want %+v, %d", report, err, w.progress.Load(), want, tc.progress)
			}
		})
	}
}

// FuzzAnswer: no answer of a server makes more of itself than a report or an error.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"type":"progress","files_done":1}` + "\n" + `{"type":"report","files":[],"summary":{}}`, `{"files":[{"file":"a"}],"summary":{"files":1}}`,
		`{"type":"error","status":507,"detail":"The disk is full."}`, `{"error":{"status":500}}`, `{"file":"a","status":"imported"}`, `[]`, `{"summary":[]}`, `<html>`,
		`{"files":[{}],"summary":{}}`, `{"files":[],"files_omitted":2,"summary":{"files":2}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			io.WriteString(w, text)
		}))
		defer srv.Close()
		u, err := url.Parse(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.zip")
		write(t, path, "x")
		items := []importclient.Item{{Path: path, Name: "x.zip", Size: 1}}
		opts := importclient.Options{Retries: 1, RetryWait: time.Nanosecond}
		report, err := importclient.NewClient(u, srv.Client(), opts).Send(t.Context(), items, &watcher{})
		if err == nil && report.Summary.Files != len(report.Files)+report.Omitted {
			t.Errorf("%q: %+v", text, report)
		}
	})
}
