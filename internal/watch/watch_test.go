//go:build linux

package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/watch"
	"github.com/pierre-mcp/pierre/remote/importapi"
)

// A site is a server's real import API, which may be away, and a folder that is watched.
type site struct {
	t      *testing.T
	url    *url.URL
	folder string
	state  string

	mu     sync.Mutex
	away   bool
	events []watch.Event
	heard  chan struct{}
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := storetest.New(t)
	u, err := s.EnsureUser(t.Context(), "ana@example.com", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	imp := importer.New(s, time.Now, importer.Options{TempDir: t.TempDir()})
	api := importapi.New(imp, importapi.Personal(access.Principal{UserID: u.ID}), importapi.Options{MaxBytes: 1 << 20})
	x := &site{t: t, folder: t.TempDir(), state: filepath.Join(t.TempDir(), "state", "pierre"), heard: make(chan struct{}, 1)}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.mu.Lock()
		away := x.away
		x.mu.Unlock()
		if away {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	if x.url, err = url.Parse(srv.URL + "/api/import"); err != nil {
		t.Fatal(err)
	}
	return x
}

// options are quick ones: what a person waits seconds for takes some hundredths.
func (x *site) options() watch.Options {
	return watch.Options{
		Folders: []string{x.folder}, State: x.state, Server: x.url.String(), Home: x.folder,
		Settle: 50 * time.Millisecond, Patience: time.Hour, Root: 50 * time.Millisecond, Rescan: time.Hour, Sweep: time.Hour,
		Backoff: 10 * time.Millisecond, MaxBackoff: 50 * time.Millisecond,
	}
}

// start begins to watch; the returned function ends it.
func (x *site) start(opts watch.Options) (stop func()) {
	x.t.Helper()
	ctx, cancel := context.WithCancel(x.t.Context())
	client := importclient.NewClient(x.url, &http.Client{}, importclient.Options{Retries: 1, RetryWait: time.Millisecond})
	ended := make(chan error, 1)
	go func() { ended <- watch.Run(ctx, client, opts, x.hear) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			x.t.Error(err)
		}
	})
	x.t.Cleanup(stop)
	return stop
}

func (x *site) hear(e watch.Event) {
	x.mu.Lock()
	x.events = append(x.events, e)
	x.mu.Unlock()
	select {
	case x.heard <- struct{}{}:
	default:
	}
}

// events of a kind about files of these names, in alphabetical order of the names.
func (x *site) told(kind string) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var names []string
	for _, e := range x.events {
		if e.Kind == kind {
			names = append(names, filepath.Base(e.Path))
		}
	}
	slices.Sort(names)
	return names
}

// until waits until ok, for a minute at most.
func (x *site) until(what string, ok func() bool) {
	x.t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-x.heard:
		case <-tick.C:
		case <-deadline:
			x.mu.Lock()
			defer x.mu.Unlock()
			x.t.Fatalf("not within a minute: %s; events %+v", what, x.events[max(0, len(x.events)-20):])
		}
	}
}

// imported waits until exactly these files were told as imported.
func (x *site) imported(names ...string) {
	x.t.Helper()
	x.until("imported "+strings.Join(names, ", "), func() bool { return slices.Equal(x.told("imported"), names) })
}

// sentOnce checks that the server was sent nothing that it had.
func (x *site) sentOnce() {
	x.t.Helper()
	if again := x.told("duplicate"); len(again) > 0 {
		x.t.Errorf("sent again: %q", again)
	}
}

func (x *site) status() watch.Status {
	x.t.Helper()
	s, _, err := watch.ReadStatus(x.state)
	if err != nil && !os.IsNotExist(err) {
		x.t.Fatal(err)
	}
	return s
}

func (x *site) path(name string) string { return filepath.Join(x.folder, filepath.FromSlash(name)) }

func (x *site) write(name, content string) {
	x.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(x.path(name)), 0o750), os.WriteFile(x.path(name), []byte(content), 0o600)); err != nil {
		x.t.Fatal(err)
	}
}

func (x *site) do(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// gpx is a recording of some seconds that starts so many hours after the first.
func gpx(hours int) string {
	var b strings.Builder
	b.WriteString(`<gpx version="1.1"><trk><trkseg>`)
	start := time.Date(2020, 3, 1, hours, 0, 0, 0, time.UTC)
	for i := range 20 {
		fmt.Fprintf(&b, `<trkpt lat="%f" lon="16.3"><time>%s</time></trkpt>`, 48.2+float64(i)*3e-5, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	b.WriteString("</trkseg></trk></gpx>\n")
	return b.String()
}

func TestThousandFilesAtOnce(t *testing.T) {
	const files = 1000
	x := newSite(t)
	stop := x.start(x.options())
	for i := range files {
		x.write(fmt.Sprintf("%d/%04d.gpx", i%7, i), gpx(i))
	}
	x.until("all are imported", func() bool { return len(x.told("imported")) == files })
	x.sentOnce()
	stop()
	x.start(x.options())
	x.until("a restart knows all", func() bool {
		s := x.status()
		return len(s.Folders) == 1 && s.Folders[0].Files == files && s.Waiting == 0
	})
	x.sentOnce()
}

// A file is sent when it is whole, and not before, however long it stops growing.
func TestGrowingFile(t *testing.T) {
	x := newSite(t)
	x.start(x.options())
	whole := gpx(0)
	f, err := os.Create(x.path("ride.gpx"))
	x.do(err)
	for i := 0; i < len(whole); i += 500 {
		_, err := f.WriteString(whole[i:min(i+500, len(whole))])
		x.do(err)
		if i == 500 {
			x.until("it is seen as unfinished", func() bool {
				s := x.status()
				return len(s.Waits) == 1 && strings.Contains(s.Waits[0].Reason, "</gpx>")
			})
		}
	}
	x.do(f.Close())
	x.imported("ride.gpx")
	x.sentOnce()
}

// What will never be whole is sent in the end, since the server keeps what can be read.
func TestUnfinishedFileIsSentInTheEnd(t *testing.T) {
	x := newSite(t)
	opts := x.options()
	opts.Patience = 300 * time.Millisecond
	x.start(opts)
	x.write("cut.gpx", strings.TrimSuffix(gpx(0), "</trkseg></trk></gpx>\n"))
	x.imported("cut.gpx")
}

func TestRenamedMovedRemoved(t *testing.T) {
	x := newSite(t)
	x.start(x.options())
	x.write("a.gpx", gpx(0))
	x.write("rides/b.gpx", gpx(24))
	x.imported("a.gpx", "b.gpx")
	x.do(os.Rename(x.path("a.gpx"), x.path("again.gpx")))
	x.do(os.Rename(x.path("rides"), x.path("moved")))
	x.write("copy.gpx", gpx(24))
	x.write("part.gpx", "<gpx>")
	x.until("the unfinished file waits", func() bool { return x.status().Waiting == 1 })
	x.do(os.Remove(x.path("part.gpx")))
	x.until("nothing waits for a removed file", func() bool { return x.status().Waiting == 0 })
	x.write("moved/c.gpx", gpx(48))
	x.write("moved/deep/er/d.gpx", gpx(72))
	outside := filepath.Join(t.TempDir(), "e.gpx")
	x.do(os.WriteFile(outside, []byte(gpx(96)), 0o600))
	x.do(os.Rename(outside, x.path("e.gpx")))
	x.imported("a.gpx", "b.gpx", "c.gpx", "d.gpx", "e.gpx")
	x.sentOnce()
}

func TestFolderGoesAndComes(t *testing.T) {
	x := newSite(t)
	root := x.folder
	x.folder = filepath.Join(root, "GARMIN", "Activity") // a watch that is plugged in later
	x.start(x.options())
	x.until("it is missing", func() bool { return len(x.told(watch.FolderMissing)) == 1 })
	for i := range 3 {
		x.do(plugIn(t, filepath.Join(root, "GARMIN")))
		x.write("first.gpx", gpx(0))
		x.write(fmt.Sprintf("%d.gpx", i+1), gpx(24*i+24))
		x.until("its files are imported", func() bool { return len(x.told("imported")) == 2+i })
		x.do(unplug(filepath.Join(root, "GARMIN")))
		x.until("it is missing again", func() bool { return len(x.told(watch.FolderMissing)) == 2+i })
	}
	x.sentOnce()
}

// While the server is away, files wait, also from one run to the next.
func TestServerAway(t *testing.T) {
	x := newSite(t)
	x.away = true
	stop := x.start(x.options())
	for i := range 20 {
		x.write(fmt.Sprintf("%02d.gpx", i), gpx(24*i))
	}
	x.until("it is told", func() bool {
		s := x.status()
		return slices.Equal(x.told(watch.ServerAway), []string{"."}) && s.Waiting == 20 && strings.Contains(s.Away, "502")
	})
	stop()
	x.start(x.options())
	x.until("all wait", func() bool { return len(x.told(watch.ServerAway)) == 2 && x.status().Waiting == 20 })
	x.mu.Lock()
	x.away = false
	x.mu.Unlock()
	x.until("all are imported", func() bool { return len(x.told("imported")) == 20 && len(x.told(watch.ServerBack)) == 1 })
	x.until("nothing waits", func() bool {
		s := x.status()
		return s.Waiting == 0 && s.Away == "" && s.Imported == 20 && s.Last != nil
	})
}

// A bad file is named once, not at each start, and tried again when it changes.
func TestBadFile(t *testing.T) {
	x := newSite(t)
	x.write("bad.fit", "no recording")
	x.write("photo.jpg", "x")
	stop := x.start(x.options())
	x.until("it failed", func() bool { return slices.Equal(x.told("failed"), []string{"bad.fit"}) })
	stop()
	x.start(x.options())
	x.write("good.gpx", gpx(0))
	x.imported("good.gpx")
	if failed := x.told("failed"); len(failed) != 1 {
		t.Errorf("failed: %q", failed)
	}
	x.until("the status names it", func() bool {
		s := x.status()
		return s.Failed == 1 && len(s.Failures) == 1 && s.Failures[0].Path == x.path("bad.fit") && s.Failures[0].Reason != ""
	})
	x.sentOnce()
	x.write("bad.fit", "no recording either")
	x.until("it failed anew", func() bool { return len(x.told("failed")) == 2 })
}

// What has no events is found by looking.
func TestRescan(t *testing.T) {
	x := newSite(t)
	opts := x.options()
	opts.Sweep = 100 * time.Millisecond
	elsewhere := t.TempDir()
	x.do(os.Symlink(filepath.Join(elsewhere, "ride.gpx"), x.path("link.gpx"))) // of its target's changes there are no events
	x.do(os.Symlink(x.folder, x.path("loop")))
	x.start(opts)
	x.until("it is watched", func() bool { s := x.status(); return len(s.Folders) == 1 && s.Folders[0].State == "events" })
	x.do(os.WriteFile(filepath.Join(elsewhere, "ride.gpx"), []byte(gpx(0)), 0o600))
	x.imported("link.gpx")
}

func TestCloudAndExports(t *testing.T) {
	x := newSite(t)
	x.write(".ride.fit.icloud", "placeholder")
	x.write("export/activities.csv", "Activity ID")
	x.write("export/activities/1.gpx", gpx(0))
	x.write("inProgressActivity.fit", "Zwift is writing")
	x.write("whole.gpx", gpx(24))
	x.start(x.options())
	x.imported("whole.gpx")
	x.until("the placeholder waits", func() bool {
		s := x.status()
		return s.Waiting == 1 && strings.Contains(s.Waits[0].Reason, "iCloud")
	})
	if got := x.told(watch.Notice); !slices.Equal(got, []string{"export"}) {
		t.Errorf("notices on %q", got)
	}
	x.do(os.Remove(x.path(".ride.fit.icloud")))
	x.write("ride.gpx", gpx(48))
	x.imported("ride.gpx", "whole.gpx")
	x.until("nothing waits", func() bool { return x.status().Waiting == 0 })
}

func TestOneWatchPerStateFile(t *testing.T) {
	x := newSite(t)
	stop := x.start(x.options())
	x.until("it runs", func() bool { _, running, err := watch.ReadStatus(x.state); return err == nil && running })
	err := watch.Run(t.Context(), nil, x.options(), x.hear)
	if !errors.Is(err, watch.ErrRunning) {
		t.Errorf("a second one: %v", err)
	}
	stop()
	if _, running, err := watch.ReadStatus(x.state); err != nil || running {
		t.Errorf("after its end it runs: %t, %v", running, err)
	}
}

func TestMoreFilesThanAreLookedAfter(t *testing.T) {
	x := newSite(t)
	opts := x.options()
	opts.MaxFiles = 2
	for i := range 4 {
		x.write(fmt.Sprintf("%d.gpx", i), gpx(24*i))
	}
	x.start(opts)
	x.until("it is told once, and two are imported", func() bool { return len(x.told(watch.Notice)) == 1 && len(x.told("imported")) == 2 })
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	got, err := watch.Folders([]string{in, dir, dir, filepath.Join(dir, "..x"), dir + "2"})
	if err != nil || !slices.Equal(got, []string{dir, dir + "2"}) {
		t.Errorf("Folders = %q, %v", got, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Folders([]string{file}); pierre.KindOf(err) != pierre.KindInvalid {
		t.Errorf("a file: %v", err)
	}
	if _, err := watch.Folders(make([]string, watch.MaxFolders+1)); pierre.KindOf(err) != pierre.KindInvalid {
		t.Errorf("too many: %v", err)
	}
}

func TestEventText(t *testing.T) {
	e := watch.Event{Kind: "imported", Path: "/a\x1b.fit", Added: []pierre.NewActivity{{Sport: "run", Start: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}}}
	if got := e.Text(); !strings.HasSuffix(got, "imported   /a?.fit: run of 2026-01-02") {
		t.Errorf("text %q", got)
	}
	if got := (watch.Event{Kind: "duplicate"}).Text(); got != "" {
		t.Errorf("a duplicate: %q", got)
	}
	data, err := json.Marshal(e)
	if err != nil || !strings.Contains(string(data), `"event":"imported"`) {
		t.Errorf("%s, %v", data, err)
	}
}
