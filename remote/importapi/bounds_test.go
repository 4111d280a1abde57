package importapi_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/importapi"
)

// A server that receives as many uploads as it may says when to come back, whoever asks.
func TestUploadsOfAll(t *testing.T) {
	f := newFixture(t, func(o *importapi.Options) { o.Uploads = 1 })
	body, send := io.Pipe()
	first, begun := make(chan error, 1), make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(begun) }})
	go func() { first <- f.stall(ctx, body) }()
	select {
	case <-begun: // the server waits for the body
	case err := <-first:
		t.Fatalf("first import ended early: %v", err)
	}
	resp, answer := f.post(t, "", strings.NewReader(gpx(0)), "Authorization", "Bearer bob's")
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("another user's import: %s %s, want 503 with Retry-After", resp.Status, answer)
	}
	if _, err := io.WriteString(send, gpx(0)); err != nil {
		t.Fatal(err)
	}
	send.Close()
	if err := <-first; err != nil {
		t.Errorf("first import: %v", err)
	}
	if report := f.report(t, "", strings.NewReader(gpx(0)), "Authorization", "Bearer bob's"); report.Summary.Imported != 1 {
		t.Errorf("another user's import, repeated: %+v", report)
	}
}

// While others import, an upload waits for its turn: with progress for as long as it takes, and else not for long.
func TestUploadsWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := fair.New(fair.Options{Running: 1, PerTenant: 1, Patience: time.Hour})
		taken, err := work.Enter(t.Context(), "somebody")
		if err != nil {
			t.Fatal(err)
		}
		imports := importFunc(func(context.Context, importer.Watch) error { return nil })
		s := importapi.New(imports, importapi.Personal(access.Principal{}), importapi.Options{Dir: t.TempDir(), Work: work})
		post := func(accept string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/import", strings.NewReader("x"))
			r.Host = "localhost"
			r.Header.Set("Accept", accept)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w
		}
		if w := post("application/json"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "busy") {
			t.Errorf("%d %s, want 503 that says when to come back", w.Code, w.Body)
		}
		time.AfterFunc(5*time.Minute, taken.Leave)
		w := post("application/x-ndjson")
		all := lines(t, w.Body)
		if n := len(all); n < 90 || all[0].Type != pierre.ImportLineProgress || all[n-1].Type != pierre.ImportLineReport {
			t.Errorf("%d lines, first %+v, last %+v; want progress for five minutes, and the report", n, all[0], all[n-1])
		}
	})
}

// An import that takes long lets those of other users go first now and then, between two files.
func TestLongImportsLetOthersGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := fair.New(fair.Options{Running: 1, PerTenant: 1, Patience: time.Hour})
		imports := importFunc(func(_ context.Context, watch importer.Watch) error {
			for n := range 100 {
				<-time.After(time.Second)
				if err := watch.Row(pierre.ImportRow{File: fmt.Sprint(n), Status: pierre.ImportImported}); err != nil {
					return err
				}
			}
			return nil
		})
		s := importapi.New(imports, importapi.Personal(access.Principal{UserID: "ana"}), importapi.Options{Dir: t.TempDir(), Work: work})
		w, done := httptest.NewRecorder(), make(chan struct{})
		go func() {
			defer close(done)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/import", strings.NewReader("x"))
			r.Host = "localhost"
			s.ServeHTTP(w, r)
		}()
		synctest.Wait()
		began := time.Now()
		other, err := work.Enter(t.Context(), "ben")
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited > 3*time.Second {
			t.Errorf("another user waited for %v", waited)
		}
		other.Leave()
		<-done
		var report pierre.ImportReport
		if err := json.Unmarshal(w.Body.Bytes(), &report); err != nil || len(report.Files) != 100 {
			t.Errorf("%d %v: %d files in the report", w.Code, err, len(report.Files))
		}
	})
}

// A report lists what was imported and a bounded number of other files, and counts the rest.
func TestReportIsBounded(t *testing.T) {
	answer := func(rows func(yield func(pierre.ImportRow) error) error) (report pierre.ImportReport, size int) {
		t.Helper()
		imports := importFunc(func(_ context.Context, watch importer.Watch) error { return rows(watch.Row) })
		s := importapi.New(imports, importapi.Personal(access.Principal{}), importapi.Options{Dir: t.TempDir()})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/import", strings.NewReader("x"))
		r.Host = "localhost"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if err := json.Unmarshal(w.Body.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		return report, w.Body.Len()
	}
	report, _ := answer(func(yield func(pierre.ImportRow) error) error {
		for n := range 10_003 {
			if err := yield(pierre.ImportRow{File: fmt.Sprint(n), Status: pierre.ImportSkipped, Reason: "no activity"}); err != nil {
				return err
			}
		}
		return yield(pierre.ImportRow{File: "run.fit", Status: pierre.ImportImported, Activities: []pierre.ActivityID{"a"}})
	})
	if n := len(report.Files); n != 10_001 || report.Omitted != 3 || report.Files[n-1].File != "run.fit" {
		t.Errorf("%d rows and %d left out, want the first 10000, the import and 3 left out", len(report.Files), report.Omitted)
	}
	report, size := answer(func(yield func(pierre.ImportRow) error) error {
		for range 100 {
			if err := yield(pierre.ImportRow{File: strings.Repeat("x", 1<<20), Status: pierre.ImportFailed, Reason: "no"}); err != nil {
				return err
			}
		}
		return nil
	})
	if size > 17<<20 || len(report.Files)+report.Omitted != 100 {
		t.Errorf("an answer of %d bytes on %d files, %d left out", size, len(report.Files), report.Omitted)
	}
}

// A slowStore keeps nothing, and takes a millisecond for each file.
type slowStore struct{}

func (slowStore) ImportRecording(context.Context, pierre.UserID, pierre.Source, pierre.Recording) (pierre.Addition, error) {
	return pierre.Addition{}, errors.New("there is no recording")
}

func (slowStore) ImportProfile(context.Context, pierre.UserID, ...pierre.Profile) error {
	<-time.After(time.Millisecond)
	return nil
}

func (slowStore) KeepWellness(context.Context, pierre.UserID, time.Time, []pierre.Wellness) (int, error) {
	return 0, errors.New("there is no value of a day")
}

func (slowStore) Wellness(context.Context, pierre.UserID, pierre.WellnessQuery) ([]pierre.Wellness, error) {
	return nil, nil
}

func (slowStore) KeepGear(context.Context, pierre.UserID, pierre.Provider, pierre.GearKind, []pierre.GearProduct) error {
	return errors.New("there is no gear")
}

func (slowStore) KeepOriginal(context.Context, pierre.UserID, pierre.Original) error {
	return errors.New("there is no file")
}

func (slowStore) StoredBytes(context.Context, pierre.UserID) (int64, error) { return 0, nil }

// Imports of long archives wait for each other's lists and for each other's turns, and all of them end.
func TestLongArchivesWaitWithoutATurn(t *testing.T) {
	const files = 20_000
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for n := range files {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("folder/%06d.jpg", n), Method: zip.Store}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		work := fair.New(fair.Options{Running: 2, PerTenant: 1, Patience: time.Hour})
		imports := importer.New(slowStore{}, time.Now, importer.Options{TempDir: t.TempDir()})
		var wg sync.WaitGroup
		for _, user := range []pierre.UserID{"ana", "ben", "cho", "dan"} {
			s := importapi.New(imports, importapi.Personal(access.Principal{UserID: user}), importapi.Options{Dir: t.TempDir(), Work: work})
			wg.Go(func() {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/import", bytes.NewReader(b.Bytes()))
				r.Host = "localhost"
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				var report pierre.ImportReport
				if err := json.Unmarshal(w.Body.Bytes(), &report); err != nil || report.Summary.Files != files {
					t.Errorf("%s: %d %v, %d files", user, w.Code, err, report.Summary.Files)
				}
			})
		}
		wg.Wait()
		if running, waiting := work.Tasks(); running != 0 || waiting != 0 {
			t.Errorf("%d tasks run and %d wait when all have ended", running, waiting)
		}
	})
}
