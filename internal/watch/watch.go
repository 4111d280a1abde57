// Package watch imports recordings as they appear in folders: it finds them by the
// system's events and by looking now and then, waits until each is complete, sends it
// to the server until the server has it, and remembers it, so that nothing is sent twice.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/filelock"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Options say what to watch and how. Those without a comment on zero have to be set.
type Options struct {
	Folders []string // to watch; one that is not there is waited for
	State   string   // the file that remembers what was sent
	Server  string   // what the server and the athlete are called, for the state file
	Home    string   // the user's folder

	Settle     time.Duration // how long a file must have been still; 0: 2 s
	Patience   time.Duration // after which a file without its end is sent as it is; 0: 5 min
	Root       time.Duration // how often it is looked whether the folders are there; 0: 5 s
	Rescan     time.Duration // how often folders without events are looked through; 0: 20 s
	Sweep      time.Duration // how often the others are; 0: 5 min
	Backoff    time.Duration // before the server is tried again, at first; 0: 1 s
	MaxBackoff time.Duration // and at last; 0: 5 min
	MaxFiles   int           // recordings of one folder that are looked after; 0: 100,000
}

const (
	defaultSettle     = 2 * time.Second
	defaultPatience   = 5 * time.Minute
	defaultRoot       = 5 * time.Second
	defaultRescan     = 20 * time.Second
	defaultSweep      = 5 * time.Minute
	defaultBackoff    = time.Second
	defaultMaxBackoff = 5 * time.Minute
	defaultMaxFiles   = 100_000
	// MaxFolders is how many folders may be watched.
	MaxFolders = 32
)

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		value *time.Duration
		zero  time.Duration
	}{
		{&o.Settle, defaultSettle},
		{&o.Patience, defaultPatience},
		{&o.Root, defaultRoot},
		{&o.Rescan, defaultRescan},
		{&o.Sweep, defaultSweep},
		{&o.Backoff, defaultBackoff},
		{&o.MaxBackoff, defaultMaxBackoff},
	} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = defaultMaxFiles
	}
	return o
}

// A watcher is one run of watch.
type watcher struct {
	opts   Options
	ledger *ledger
	sender *sender
	tell   func(Event)
	board  *board

	mu       sync.Mutex // of tell
	forgets  bool       // that the state file cannot be written was told
	modified chan struct{}
}

// Run watches until ctx ends. Events are told one at a time.
func Run(ctx context.Context, client *importclient.Client, opts Options, tell func(Event)) error {
	opts = opts.withDefaults()
	roots, err := Folders(opts.Folders)
	if err != nil {
		return err
	}
	lock, err := lockState(opts.State)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // that ends the lock
	ledger, err := openLedger(opts.State, opts.Server)
	if err != nil {
		return err
	}
	defer ledger.close() //nolint:errcheck // each line was written when it was said
	w := &watcher{opts: opts, ledger: ledger, tell: tell, modified: make(chan struct{}, 1)}
	w.sender = newSender(w, client)
	w.board = newBoard(w, roots)
	var group sync.WaitGroup
	for _, root := range roots {
		group.Go(func() { newTree(w, root).run(ctx) })
	}
	for range workers {
		group.Go(func() { w.sender.run(ctx) })
	}
	group.Go(func() { w.board.run(ctx) })
	w.say(Event{Kind: Watching, Reason: strings.Join(roots, ", ")})
	group.Wait()
	return nil
}

// Folders returns the absolute paths of folders, without those that lie in another of them.
func Folders(paths []string) ([]string, error) {
	if len(paths) > MaxFolders {
		return nil, &pierre.Error{Kind: pierre.KindInvalid, Msg: fmt.Sprintf("at most %d folders can be watched; name one that holds the others", MaxFolders)}
	}
	var all []string
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		if info, err := os.Stat(abs); err == nil && !info.IsDir() {
			return nil, &pierre.Error{Kind: pierre.KindInvalid, Msg: abs + " is a file: watch takes folders, import takes files"}
		}
		all = append(all, abs)
	}
	var roots []string
	for i, p := range all {
		inside := false
		for j, other := range all {
			below, err := filepath.Rel(other, p)
			if err == nil && filepath.IsLocal(below) && (below != "." || j < i) && i != j {
				inside = true
			}
		}
		if !inside {
			roots = append(roots, p)
		}
	}
	return roots, nil
}

// ErrRunning means that another program watches with the same state file.
var ErrRunning = errors.New("another mcp-client watch is running with this state file; stop it first, or give this one its own with --name")

func lockState(state string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(state), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the state file: %w", err)
	}
	f, err := os.OpenFile(state+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	err = filelock.Lock(f)
	if err == nil {
		return f, nil
	}
	err = errors.Join(err, f.Close())
	if errors.Is(err, filelock.ErrLocked) {
		return nil, ErrRunning
	}
	return nil, fmt.Errorf("locking the state file: %w", err)
}

// offer takes a complete file: it is sent, unless its content was.
func (w *watcher) offer(path string, s stamp, sum string) {
	c := candidate{path, s, sum}
	if _, known := w.ledger.with(sum); known {
		w.remember(c)
		return
	}
	w.sender.add(c)
	w.changed()
}

// remember notes that a file has the content of one that was sent.
func (w *watcher) remember(c candidate) {
	e, _ := w.ledger.with(c.sum)
	e.Path, e.Size, e.Modified = c.path, c.size, c.modified
	w.keep(e)
}

// outcome notes what became of a file.
func (w *watcher) outcome(c candidate, report pierre.ImportReport) {
	e := entry{Path: c.path, Size: c.size, Modified: c.modified, Sum: c.sum, At: time.Now().UTC().Truncate(time.Second)}
	e.Status, e.Reason = sumUp(report)
	w.keep(e)
	told := Event{Kind: string(e.Status), Path: c.path, Reason: e.Reason}
	for _, row := range report.Files {
		told.Added = append(told.Added, row.Added...)
	}
	w.board.count(e)
	w.say(told)
}

// keep writes an entry; that it cannot be written is told once.
func (w *watcher) keep(e entry) {
	err := w.ledger.add(e)
	if err == nil {
		return
	}
	w.mu.Lock()
	told := w.forgets
	w.forgets = true
	w.mu.Unlock()
	if !told {
		w.say(Event{Kind: Notice, Path: w.opts.State, Reason: "what was sent is remembered until this program ends only: " + reasonOf(err)})
	}
}

// sumUp says what became of an item as a whole.
func sumUp(report pierre.ImportReport) (pierre.ImportStatus, string) {
	s := report.Summary
	reason := ""
	for _, row := range report.Files {
		if reason == "" && (row.Status == pierre.ImportFailed || s.Failed == 0 && row.Status == pierre.ImportSkipped) {
			reason = row.Reason
		}
	}
	if s.Failed > 0 && s.Files > 1 {
		reason = fmt.Sprintf("%d of %s failed, the first one because: %s", s.Failed, human.Plural(s.Files, "file"), reason)
	}
	switch {
	case s.Imported > 0:
		return pierre.ImportImported, reason
	case s.Failed > 0:
		return pierre.ImportFailed, reason
	case s.Duplicate > 0:
		return pierre.ImportDuplicate, ""
	default:
		return pierre.ImportSkipped, reason
	}
}

// say tells an event.
func (w *watcher) say(e Event) {
	e.Time = time.Now().UTC().Truncate(time.Millisecond)
	w.mu.Lock()
	w.tell(e)
	w.mu.Unlock()
	w.changed()
}

// changed makes the status be written soon.
func (w *watcher) changed() {
	select {
	case w.modified <- struct{}{}:
	default:
	}
}

// reasonOf is the cause of an error without the path, which stands beside it.
func reasonOf(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
