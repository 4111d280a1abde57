package watch

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/remote/importapi"
)

// idle returns a watcher that nothing runs.
func idle(t *testing.T) *watcher {
	t.Helper()
	state := filepath.Join(t.TempDir(), "state")
	ledger, err := openLedger(state, "here")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.close() })
	return &watcher{opts: Options{State: state}.withDefaults(), ledger: ledger, tell: func(Event) {}, modified: make(chan struct{}, 1)}
}

// A file that changes while it is sent, or before, is one that is no longer being sent, and not two.
func TestChangedWhileItIsSent(t *testing.T) {
	st := storetest.New(t)
	u, err := st.EnsureUser(t.Context(), "ana@example.com", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ride.gpx")
	write := func(text string) stamp {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return stampOf(info)
	}
	var asked atomic.Int64
	changed := make(chan struct{}, 100)
	api := importapi.New(importer.New(st, time.Now, importer.Options{TempDir: t.TempDir()}), importapi.Personal(access.Principal{UserID: u.ID}), importapi.Options{MaxBytes: 1 << 20})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(w, r)
		asked.Add(1)
		write("changed meanwhile")
		changed <- struct{}{}
	}))
	defer srv.Close()
	to, err := url.Parse(srv.URL + "/api/import")
	if err != nil {
		t.Fatal(err)
	}
	w := idle(t)
	w.sender = newSender(w, importclient.NewClient(to, &http.Client{}, importclient.Options{}))
	send := func(c candidate) {
		t.Helper()
		w.sender.add(c)
		c, _, ok := w.sender.take(time.Now())
		if !ok {
			t.Fatal("there is nothing to send")
		}
		w.sender.send(t.Context(), c)
		if w.sender.busy != 0 {
			t.Errorf("%d files are being sent", w.sender.busy)
		}
	}
	was := write("<gpx></gpx>")
	send(candidate{path, was, "one"})
	select {
	case <-changed:
	case <-time.After(time.Minute):
		t.Fatal("it was not sent")
	}
	before := asked.Load()
	send(candidate{path, was, "two"}) // it has changed since
	if asked.Load() != before {
		t.Error("a file that had changed was sent")
	}
}

// Where each file counts as watched, looking again at the same ones spends nothing more.
func TestSpentOfEvents(t *testing.T) {
	w := idle(t)
	w.sender = newSender(w, nil)
	tree := newTree(w, t.TempDir())
	tree.each = true
	var err error
	if tree.events, err = fsnotify.NewWatcher(); err != nil {
		t.Fatal(err)
	}
	defer tree.closeEvents()
	for _, name := range []string{"a.txt", "b.txt", "c.txt"} {
		if err := os.WriteFile(filepath.Join(tree.root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if tree.rescan(t.Context()); tree.spent != 3 {
			t.Fatalf("%d spent on 3 files", tree.spent)
		}
	}
	below := filepath.Join(tree.root, "below")
	if err := os.MkdirAll(filepath.Join(below, "deeper"), 0o750); err != nil {
		t.Fatal(err)
	}
	tree.opened, err = os.Stat(tree.root)
	if err != nil {
		t.Fatal(err)
	}
	if tree.event(t.Context(), fsnotify.Event{Name: below, Op: fsnotify.Create}); tree.spent != 4 {
		t.Errorf("%d spent, with what came", tree.spent)
	}
	if tree.rescan(t.Context()); tree.spent != 5 || tree.partial != "" {
		t.Errorf("%d spent on all, %q", tree.spent, tree.partial)
	}
}
