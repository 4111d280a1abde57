package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/filelock"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The kinds of an [Event], beside the statuses of [pierre.ImportStatus].
const (
	Watching      = "watching"
	FolderMissing = "folder_missing"
	FolderBack    = "folder_back"
	ServerAway    = "server_away"
	ServerBack    = "server_back"
	Notice        = "notice"
)

// An Event is something that happened.
type Event struct {
	Time   time.Time            `json:"time"`
	Kind   string               `json:"event"` // a constant above, or a [pierre.ImportStatus]
	Path   string               `json:"path,omitempty"`
	Reason string               `json:"reason,omitempty"`
	Added  []pierre.NewActivity `json:"added,omitempty"`
}

// Text is the event for a person; "" if it is of no interest to them.
func (e Event) Text() string {
	text := map[string]string{
		Watching: "watching   %s%s", FolderMissing: "waiting    %s: %s", FolderBack: "back       %s%s", ServerAway: "waiting    %s%s",
		ServerBack: "back       the server answers again%s%s", Notice: "note       %s: %s",
		string(pierre.ImportImported): "imported   %s%s", string(pierre.ImportFailed): "failed     %s: %s",
	}[e.Kind]
	if text == "" {
		return ""
	}
	var added []string
	for _, a := range e.Added {
		added = append(added, fmt.Sprintf("%s of %s", a.Sport, a.Start.UTC().Format("2006-01-02")))
	}
	reason := e.Reason
	if e.Kind == string(pierre.ImportImported) && len(added) > 0 {
		const most = 3
		reason = ": " + strings.Join(added[:min(most, len(added))], ", ")
		if more := len(added) - most; more > 0 {
			reason += fmt.Sprintf(" and %d more", more)
		}
	}
	return e.line(fmt.Sprintf(text, e.Path, reason))
}

// Details is an event that [Event.Text] leaves out.
func (e Event) Details() string {
	return e.line(fmt.Sprintf("%-9s  %s %s", e.Kind, e.Path, e.Reason))
}

func (e Event) line(text string) string {
	return e.Time.Local().Format("15:04:05") + "  " + human.Line(text)
}

// A Status is what a watch says of itself, for other programs.
type Status struct {
	PID      int            `json:"pid"`
	Version  string         `json:"version"` // of the program
	Started  time.Time      `json:"started"`
	Updated  time.Time      `json:"updated"`
	Server   string         `json:"server"`
	Folders  []FolderStatus `json:"folders"`
	Away     string         `json:"server_away,omitempty"` // why the server does not take files
	Since    *time.Time     `json:"server_away_since,omitempty"`
	Waiting  int            `json:"waiting"`
	Waits    []Note         `json:"waiting_files,omitempty"` // some of them
	Failed   int            `json:"failed"`
	Failures []Note         `json:"failed_files,omitempty"` // the newest
	Imported int            `json:"imported"`               // since it started
	Last     *Note          `json:"last_import,omitempty"`
}

// A FolderStatus says how one folder is watched.
type FolderStatus struct {
	Path  string `json:"path"`
	State string `json:"state"`            // events, rescan or missing
	Why   string `json:"reason,omitempty"` // it is not by events
	Files int    `json:"recordings"`
}

// A Note is about one file.
type Note struct {
	Path   string     `json:"path"`
	Reason string     `json:"reason,omitempty"`
	At     *time.Time `json:"at,omitempty"`
}

const (
	maxNotes = 10
	// maxStatus bounds the status file.
	maxStatus = 1 << 20
	// calm is how long after one status the next is written at the earliest.
	calm = time.Second
)

// ReadStatus returns what the watch with that state file says of itself, and whether it
// is running. An error of [fs.ErrNotExist] means that there was none.
func ReadStatus(state string) (s Status, running bool, err error) {
	f, err := os.Open(state + ".status.json")
	if err != nil {
		return s, false, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if err := json.NewDecoder(io.LimitReader(f, maxStatus)).Decode(&s); err != nil {
		return s, false, fmt.Errorf("reading the status of watch: %w", err)
	}
	lock, err := os.OpenFile(state+".lock", os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("looking whether watch is running: %w", err)
	}
	defer lock.Close() //nolint:errcheck // that ends the lock
	return s, errors.Is(filelock.Lock(lock), filelock.ErrLocked), nil
}

// A board collects what the parts of a watch say of themselves.
type board struct {
	w *watcher

	mu      sync.Mutex
	status  Status
	folders map[string]folderNews
	order   []string
}

// A folderNews is what a tree says of itself.
type folderNews struct {
	status FolderStatus
	wait   []Note
	more   int
}

func newBoard(w *watcher, roots []string) *board {
	b := &board{w: w, folders: map[string]folderNews{}, order: roots}
	b.status = Status{PID: os.Getpid(), Version: buildinfo.Version(), Started: time.Now().UTC().Truncate(time.Second), Server: w.opts.Server}
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	var last entry
	for e := range maps.Values(w.ledger.byPath) {
		if e.Status == pierre.ImportImported && e.At.After(last.At) {
			last = e
		}
	}
	if last.Path != "" {
		b.status.Last = &Note{Path: last.Path, At: &last.At}
	}
	return b
}

// count notes what became of a file.
func (b *board) count(e entry) {
	if e.Status != pierre.ImportImported {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.Imported++
	b.status.Last = &Note{Path: e.Path, At: &e.At}
}

// run writes the status when it has changed, until ctx ends.
func (b *board) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-b.w.modified:
			b.write()
			select {
			case <-ctx.Done():
			case <-time.After(calm):
			}
		}
	}
	b.write()
}

func (b *board) write() {
	data, err := json.MarshalIndent(b.now(), "", "  ")
	if err == nil {
		_ = install.Replace(b.w.opts.State+".status.json", append(data, '\n'), 0o600) // the next one may be written
	}
}

// now puts the status together.
func (b *board) now() Status {
	b.mu.Lock()
	s := b.status
	s.Updated = time.Now().UTC().Truncate(time.Second)
	for _, root := range b.order {
		news := b.folders[root]
		s.Folders = append(s.Folders, news.status)
		s.Waiting += len(news.wait) + news.more
		s.Waits = append(s.Waits, news.wait...)
	}
	b.mu.Unlock()
	b.w.sender.describe(&s)
	s.Waits = s.Waits[:min(maxNotes, len(s.Waits))]
	for _, e := range b.w.ledger.failures() {
		s.Failed++
		if len(s.Failures) < maxNotes {
			s.Failures = append(s.Failures, Note{Path: e.Path, Reason: e.Reason, At: &e.At})
		}
	}
	return s
}

// describe adds what waits to be sent.
func (s *sender) describe(to *Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to.Waiting += len(s.queue) + s.busy
	for _, c := range s.queue[:min(maxNotes, len(s.queue))] {
		to.Waits = append(to.Waits, Note{Path: c.path, Reason: "it is to be sent"})
	}
	if s.away != "" {
		to.Away, to.Since = s.away, &s.since
	}
}

// publish puts on the board how the tree is.
func (t *tree) publish() {
	news := folderNews{status: FolderStatus{Path: t.root, State: "events", Why: t.without(), Files: len(t.files) + len(t.wait)}}
	switch {
	case t.opened == nil:
		news.status.State, news.status.Why = "missing", t.absent
	case t.without() != "":
		news.status.State = "rescan"
	}
	for _, path := range some(t.wait) {
		news.wait = append(news.wait, Note{Path: path, Reason: t.wait[path].why})
	}
	for _, path := range some(t.clouds) {
		news.wait = append(news.wait, Note{Path: path, Reason: "it is in iCloud only: open the folder to download it"})
	}
	news.more = len(t.wait) + len(t.clouds) - len(news.wait)
	t.w.board.set(t.root, news)
}

// some returns a few of the paths: always the same ones, unless there are very many.
func some[V any](paths map[string]V) []string {
	const few = 1000
	var names []string
	for path := range paths {
		if names = append(names, path); len(names) == few {
			break
		}
	}
	slices.Sort(names)
	return names[:min(maxNotes, len(names))]
}

func (b *board) set(root string, news folderNews) {
	b.mu.Lock()
	was := b.folders[root]
	same := was.status == news.status && was.more == news.more && slices.Equal(was.wait, news.wait)
	b.folders[root] = news
	b.mu.Unlock()
	if !same {
		b.w.changed()
	}
}
