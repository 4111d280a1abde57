package importapi_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/importapi"
)

// keys are the credentials of a test's users.
type keys map[string]pierre.UserID

func (k keys) Verify(_ context.Context, key string) (access.Principal, error) {
	if key == "" {
		return access.Principal{}, access.MissingKey()
	}
	if user, ok := k[key]; ok {
		return access.Principal{UserID: user, Customer: user}, nil
	}
	return access.Principal{}, &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "This API key is not known."}
}

type fixture struct {
	*httptest.Server

	store    *store.Store
	ana, bob pierre.UserID
	users    keys
	dir      string
}

func newFixture(t *testing.T, change func(*importapi.Options)) fixture {
	t.Helper()
	f := fixture{store: storetest.New(t), dir: t.TempDir()}
	for name, id := range map[string]*pierre.UserID{"ana": &f.ana, "bob": &f.bob} {
		u, err := f.store.EnsureUser(t.Context(), name+"@example.com", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		*id = u.ID
	}
	f.users = keys{"ana's": f.ana, "bob's": f.bob}
	opts := importapi.Options{Dir: f.dir}
	if change != nil {
		change(&opts)
	}
	f.Server = httptest.NewServer(importapi.New(importer.New(f.store, time.Now, importer.Options{TempDir: opts.Dir}), importapi.Keys(f.users, access.NewAthletes(f.store, 10, time.Now)), opts))
	t.Cleanup(f.Close)
	return f
}

// post uploads body for ana; headers come in pairs and override what is usual.
func (f fixture) post(t *testing.T, query string, body io.Reader, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+"/api/import"+query, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ana's")
	for i := 0; i < len(headers); i += 2 {
		if req.Header.Del(headers[i]); headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := f.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, answer
}

func (f fixture) report(t *testing.T, query string, body io.Reader, headers ...string) pierre.ImportReport {
	t.Helper()
	resp, answer := f.post(t, query, body, headers...)
	var report pierre.ImportReport
	if err := json.Unmarshal(answer, &report); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s, %v", resp.Status, answer, err)
	}
	return report
}

// leftNothing fails if an upload is still in the folder, or an activity in the store.
func (f fixture) leftNothing(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(f.dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("the uploads' folder holds %v, %v; want nothing", entries, err)
	}
	if page, err := f.store.Activities(t.Context(), f.ana, pierre.ActivityQuery{}); err != nil || page.Total != 0 {
		t.Errorf("there are %d activities, %v; want none", page.Total, err)
	}
}

// gpx is a track of a minute that starts so many minutes after midnight.
func gpx(minutes int) string {
	var b strings.Builder
	b.WriteString(`<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>Lake</name><type>running</type><trkseg>`)
	start := time.Date(2026, 3, 1, 0, minutes, 0, 0, time.UTC)
	for i := range 61 {
		fmt.Fprintf(&b, `<trkpt lat="%f" lon="16.3"><ele>%d</ele><time>%s</time></trkpt>`,
			48.2+float64(i)*3e-5, 200+i, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	return b.String()
}

func zipOf(t *testing.T, files ...string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

func TestUploadReportsEveryFile(t *testing.T) {
	f := newFixture(t, nil)
	upload := func() io.Reader {
		return zipOf(t, "a.gpx", gpx(0), "b.gpx", gpx(30), "notes.txt", "hello", "broken.gpx", "<gpx><trk>")
	}
	report := f.report(t, "?name=many.zip", upload())
	want := pierre.ImportSummary{Files: 4, Imported: 2, Skipped: 1, Failed: 1, Activities: 2}
	if report.Summary != want || len(report.Files) != 4 {
		t.Errorf("report = %+v, want %+v", report, want)
	}
	for _, row := range report.Files {
		if row.Status == pierre.ImportImported && len(row.Activities) != 1 || row.Status != pierre.ImportImported && row.Reason == "" {
			t.Errorf("row %+v lacks its activity or its reason", row)
		}
	}
	again := f.report(t, "?name=many.zip", upload())
	if again.Summary.Duplicate != 2 || again.Summary.Activities != 0 || again.Files[0].Reason != "already imported" {
		t.Errorf("again = %+v, want two duplicates", again)
	}
	page, err := f.store.Activities(t.Context(), f.ana, pierre.ActivityQuery{})
	if err != nil || page.Total != 2 || page.Activities[0].Name != "Lake" || *page.Activities[0].ElapsedSeconds != 60 {
		t.Errorf("activities = %+v, %v", page, err)
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("the uploads' folder holds %v, %v; want nothing", entries, err)
	}
}

// lines reads a streamed answer.
func lines(t *testing.T, body io.Reader) []pierre.ImportLine {
	t.Helper()
	var all []pierre.ImportLine
	for dec := json.NewDecoder(body); ; {
		var line pierre.ImportLine
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
}

// stream returns the streamed answer to an upload without a network.
func stream(t *testing.T, imports importapi.Importer) ([]pierre.ImportLine, string) {
	t.Helper()
	s := importapi.New(imports, importapi.Personal(access.Principal{}), importapi.Options{Dir: t.TempDir()})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/import", strings.NewReader("x"))
	r.Host = "localhost"
	r.Header.Set("Accept", "application/x-ndjson")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return lines(t, strings.NewReader(w.Body.String())), w.Body.String()
}

// The last line of a streamed answer is the report, the same as without a stream.
func TestStreamedReport(t *testing.T) {
	f := newFixture(t, nil)
	resp, answer := f.post(t, "", zipOf(t, "a.gpx", gpx(0), "b.gpx", gpx(30)), "Accept", "text/html, application/x-ndjson;q=0.9")
	if got := resp.Header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("Content-Type = %q", got)
	}
	all := lines(t, bytes.NewReader(answer))
	last := all[len(all)-1]
	if last.Type != pierre.ImportLineReport || len(last.Files) != 2 || last.Summary.Imported != 2 {
		t.Errorf("answer = %s, want a report on two files at the end", answer)
	}
}

// While an import runs, its client hears of it: soon if there is progress, and
// from time to time if there is none.
func TestStreamedProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		imports := importFunc(func(_ context.Context, watch importer.Watch) error {
			for n := range 40 { // 4 s of news, more often than anybody wants to read
				watch.Progress(pierre.ImportProgress{FilesDone: n, FilesTotal: 40, Current: "a.fit"})
				<-time.After(100 * time.Millisecond)
			}
			<-time.After(10 * time.Second) // a long file
			return nil
		})
		all, _ := stream(t, imports)
		last := len(all) - 1
		if n := len(all); n < 8+3+1 || n > 9+4+1 {
			t.Errorf("%d lines in 14 s, want two a second of news, one in 3 s of silence, and the report", n)
		}
		if p := all[last-1].ImportProgress; p == nil || *p != (pierre.ImportProgress{FilesDone: 39, FilesTotal: 40, Current: "a.fit"}) {
			t.Errorf("last progress = %+v", p)
		}
		if all[last].Type != pierre.ImportLineReport {
			t.Errorf("last line = %+v, want the report", all[last])
		}
	})
}

func TestUploadNames(t *testing.T) {
	f := newFixture(t, nil)
	for name, test := range map[string]struct {
		query, disposition, want string
	}{
		"query":               {"?name=lake.gpx", "", "lake.gpx"},
		"disposition":         {"", `attachment; filename="lake run.gpx"`, "lake run.gpx"},
		"disposition of both": {"?name=other.gpx", `attachment; filename=lake.gpx`, "lake.gpx"},
		"not in ASCII":        {"", `attachment; filename*=UTF-8''%E6%B9%96.gpx`, "湖.gpx"},
		"a path":              {"?name=../../etc/passwd.gpx", "", "passwd.gpx"},
		"a Windows path":      {`?name=C:\runs\lake.gpx`, "", "lake.gpx"},
		"control characters":  {"?name=la%00ke%0a.gpx", "", "lake.gpx"},
		"none":                {"", "", "upload"},
		"dots":                {"?name=..", "", "upload"},
		"very long":           {"?name=" + strings.Repeat("x", 400) + ".gpx", "", strings.Repeat("x", 251) + ".gpx"},
	} {
		t.Run(name, func(t *testing.T) {
			report := f.report(t, test.query, strings.NewReader(gpx(0)), "Content-Disposition", test.disposition)
			if got := report.Files[0].File; got != test.want {
				t.Errorf("file = %q, want %q", got, test.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	f := newFixture(t, func(o *importapi.Options) { o.MaxBytes = 1500 })
	big := strings.Repeat(" ", 1501)
	for name, test := range map[string]struct {
		body    io.Reader
		headers []string
		status  int
		detail  string
	}{
		"no key":              {strings.NewReader("x"), []string{"Authorization", ""}, http.StatusUnauthorized, "There is no API key"},
		"unknown key":         {strings.NewReader("x"), []string{"Authorization", "Bearer eve's"}, http.StatusUnauthorized, "not known"},
		"no scheme":           {strings.NewReader("x"), []string{"Authorization", "ana's"}, http.StatusUnauthorized, "There is no API key"},
		"two keys":            {strings.NewReader("x"), []string{"X-API-Key", "bob's"}, http.StatusBadRequest, "two different"},
		"over the limit":      {strings.NewReader(big), nil, http.StatusRequestEntityTooLarge, "limit of 1.465 kB"},
		"over, without size":  {io.MultiReader(strings.NewReader(big)), nil, http.StatusRequestEntityTooLarge, "limit of 1.465 kB"},
		"empty":               {http.NoBody, nil, http.StatusUnprocessableEntity, "empty"},
		"bad disposition":     {strings.NewReader("x"), []string{"Content-Disposition", "attachment; =;"}, http.StatusUnprocessableEntity, "Content-Disposition"},
		"from another origin": {strings.NewReader("x"), []string{"Origin", "https://evil.example"}, http.StatusForbidden, "other origins"},
		"a form":              {strings.NewReader("x"), []string{"Content-Type", "multipart/form-data; boundary=x"}, http.StatusUnprocessableEntity, "not a form"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, answer := f.post(t, "", test.body, test.headers...)
			if resp.StatusCode != test.status || !strings.Contains(string(answer), test.detail) {
				t.Errorf("%s %s, want %d with %q", resp.Status, answer, test.status, test.detail)
			}
			if challenge := resp.Header.Get("WWW-Authenticate"); (resp.StatusCode == http.StatusUnauthorized) != strings.HasPrefix(challenge, "Bearer") {
				t.Errorf("WWW-Authenticate = %q", challenge)
			}
			if got := resp.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type = %q, want a problem document", got)
			}
		})
	}
	f.leftNothing(t)
}

func TestOtherMethods(t *testing.T) {
	f := newFixture(t, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL+"/api/import", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var problem web.Problem
	err = json.NewDecoder(resp.Body).Decode(&problem)
	if err != nil || problem.Status != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != http.MethodPost {
		t.Errorf("%s %+v, %v; want 405 that allows POST", resp.Status, problem, err)
	}
}

// An importFunc imports by itself.
type importFunc func(ctx context.Context, watch importer.Watch) error

func (f importFunc) Import(
	ctx context.Context, _ pierre.UserID, _ *activityfile.Source, watch importer.Watch,
) (pierre.ImportSummary, error) {
	return pierre.ImportSummary{}, f(ctx, watch)
}

// A server that has to stop says so, or leaves the report without its end: either makes clients send the upload again.
func TestStopping(t *testing.T) {
	for accept, want := range map[string]string{
		"application/json":     "The server is stopping",
		"application/x-ndjson": `{"type":"progress","files_done":1}` + "\n",
	} {
		t.Run(accept, func(t *testing.T) {
			running, stop := context.WithCancelCause(t.Context())
			flushed := make(chan struct{})
			imports := importFunc(func(ctx context.Context, watch importer.Watch) error {
				watch.Progress(pierre.ImportProgress{FilesDone: 1})
				if accept != "application/json" {
					<-flushed // the progress is on its way
				}
				stop(web.ErrStopping)
				<-ctx.Done()
				return ctx.Err()
			})
			h := importapi.New(imports, importapi.Personal(access.Principal{}), importapi.Options{Dir: t.TempDir()})
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(&flushWatcher{ResponseWriter: w, flushed: func() { close(flushed) }}, r)
			}))
			srv.Config.BaseContext = func(net.Listener) context.Context { return running }
			srv.Start()
			defer srv.Close()
			resp, answer := fixture{Server: srv}.post(t, "", strings.NewReader("x"), "Accept", accept)
			if !strings.Contains(string(answer), want) || strings.Contains(string(answer), "summary") {
				t.Errorf("%s %s, want %s", resp.Status, answer, want)
			}
			if accept == "application/json" && resp.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%s, want 503", resp.Status)
			}
		})
	}
}

// A flushWatcher tells of the first flush.
type flushWatcher struct {
	http.ResponseWriter

	once    sync.Once
	flushed func()
}

func (w *flushWatcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *flushWatcher) FlushError() error {
	err := http.NewResponseController(w.ResponseWriter).Flush()
	w.once.Do(w.flushed)
	return err
}

func TestXAPIKey(t *testing.T) {
	f := newFixture(t, nil)
	f.report(t, "", strings.NewReader(gpx(0)), "Authorization", "Basic cHJveHk6cHJveHk=", "X-API-Key", "bob's")
	if page, err := f.store.Activities(t.Context(), f.bob, pierre.ActivityQuery{}); err != nil || page.Total != 1 {
		t.Errorf("bob has %d activities, %v; want 1", page.Total, err)
	}
	if page, err := f.store.Activities(t.Context(), f.ana, pierre.ActivityQuery{}); err != nil || page.Total != 0 {
		t.Errorf("ana has %d activities, %v; want none", page.Total, err)
	}
}

// An upload that breaks off leaves neither file nor activity.
func TestCutOffUpload(t *testing.T) {
	f := newFixture(t, nil)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body := gpx(0)
	fmt.Fprintf(conn, "POST /api/import?name=a.gpx HTTP/1.1\r\nHost: x\r\nX-API-Key: ana's\r\nContent-Length: %d\r\n\r\n%s", len(body)+1, body)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var problem web.Problem
	if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil || !strings.Contains(problem.Detail, "broke off") {
		t.Errorf("%s %+v, %v", resp.Status, problem, err)
	}
	f.leftNothing(t)
}

// One user's stalled uploads keep neither others out, nor that user for longer than they last.
func TestImportsPerUser(t *testing.T) {
	f := newFixture(t, func(o *importapi.Options) { o.PerUser = 1 })
	body, send := io.Pipe()
	first, begun := make(chan error, 1), make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(begun) }})
	go func() { first <- f.stall(ctx, body) }()
	select {
	case <-begun: // the server waits for the body
	case err := <-first:
		t.Fatalf("first import ended early: %v", err)
	}
	resp, answer := f.post(t, "", strings.NewReader(gpx(30)))
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("second import: %s %s, want 429 with Retry-After", resp.Status, answer)
	}
	if report := f.report(t, "", strings.NewReader(gpx(0)), "Authorization", "Bearer bob's"); report.Summary.Imported != 1 {
		t.Errorf("another user's import: %+v", report)
	}
	if _, err := io.WriteString(send, gpx(0)); err != nil {
		t.Fatal(err)
	}
	send.Close()
	if err := <-first; err != nil {
		t.Errorf("first import: %v", err)
	}
	if report := f.report(t, "", strings.NewReader(gpx(30))); report.Summary.Imported != 1 {
		t.Errorf("the second import, repeated: %+v", report)
	}
}

// stall uploads body for ana, after the server's leave.
func (f fixture) stall(ctx context.Context, body io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL+"/api/import?name=a.gpx", body)
	if err != nil {
		return err
	}
	req.Header.Set("X-API-Key", "ana's")
	req.Header.Set("Expect", "100-continue")
	transport := f.Client().Transport.(*http.Transport).Clone()
	transport.ExpectContinueTimeout = time.Minute
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

func TestSingleTenant(t *testing.T) {
	f := newFixture(t, nil)
	s := importapi.New(importer.New(f.store, time.Now, importer.Options{}), importapi.Personal(access.Principal{UserID: f.ana}), importapi.Options{})
	for host, want := range map[string]int{
		"localhost:8080": http.StatusOK, "127.0.0.1:8080": http.StatusOK, "[::1]:8080": http.StatusOK, "localhost": http.StatusOK,
		"evil.example:8080": http.StatusForbidden, "10.0.0.1": http.StatusForbidden,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/import?name=a.gpx", strings.NewReader(gpx(0)))
		r.Host = host
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != want {
			t.Errorf("Host %s: %d %s, want %d", host, w.Code, w.Body, want)
		}
	}
}

// An import that cannot go on ends a streamed answer with the reason, not in silence.
func TestStreamEndsWithError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		imports := importFunc(func(_ context.Context, watch importer.Watch) error {
			watch.Progress(pierre.ImportProgress{FilesDone: 1})
			<-time.After(time.Second)
			return errors.New("sql: database is closed")
		})
		all, answer := stream(t, imports)
		if last := all[len(all)-1]; last.Type != pierre.ImportLineError || last.Status != http.StatusInternalServerError || strings.Contains(answer, "sql") {
			t.Errorf("answer = %s, want an error at the end that says nothing of the inside", answer)
		}
	})
}
