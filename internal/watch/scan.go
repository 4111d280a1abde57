package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/importclient"
)

const (
	maxDepth    = 32        // of folders below the one that is watched
	maxVisited  = 1_000_000 // entries of folders that one scan looks at
	maxWatched  = 8192      // that a tree watches by events: folders, or with kqueue also files
	batch       = 512       // entries of a folder that are read at once
	eventBuffer = 256
	// share is the part of the time that scans may take: one in so many.
	share = 50
)

// rescan looks at everything in the tree.
func (t *tree) rescan(ctx context.Context) {
	begin := time.Now()
	t.scans++
	clear(t.clouds)
	if t.events == nil { // perhaps there are some now
		t.openEvents()
	}
	s := t.newScan(0)
	s.folder(ctx, t.root, 0)
	t.spent = s.spent
	if t.limit != "" && t.events != nil && !s.limited && !s.broken && ctx.Err() == nil {
		t.limit = ""
		t.w.say(Event{Kind: Notice, Path: t.root, Reason: "all of it is watched by events again"})
	}
	interval := t.w.opts.Sweep
	if t.without() != "" {
		interval = t.w.opts.Rescan
	}
	t.nextScan = begin.Add(max(interval, share*time.Since(begin)))
	if s.broken || ctx.Err() != nil {
		return // what was not seen may be there
	}
	for path, k := range t.files {
		if k.seen != t.scans {
			t.forget(path)
		}
	}
}

// A scan looks through folders, within bounds.
type scan struct {
	t       *tree
	visited int
	spent   int  // of what may be watched by events, on what was looked at
	broken  bool // some were not looked at
	limited bool // some were refused events
}

// newScan returns a scan of what comes to what is watched already, spent of it; 0: of everything.
func (t *tree) newScan(spent int) *scan { return &scan{t: t, spent: spent} }

// folder begins to watch a folder and looks at its entries. The watch comes first, so that nothing falls in between.
func (s *scan) folder(ctx context.Context, dir string, depth int) {
	if depth > maxDepth || s.visited > maxVisited {
		s.bounded(dir)
		return
	}
	if ctx.Err() != nil || s.isExport(dir) {
		s.broken = s.broken || ctx.Err() != nil
		return
	}
	s.watch(dir)
	f, err := os.Open(dir)
	if err != nil {
		s.unreadable(dir, err)
		return
	}
	defer f.Close() //nolint:errcheck // it was only read
	for {
		entries, err := f.ReadDir(batch)
		s.visited += len(entries)
		if s.t.each {
			s.spent += len(entries)
		}
		for _, d := range entries {
			s.entry(ctx, filepath.Join(dir, d.Name()), d, depth)
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			s.unreadable(dir, err)
			return
		}
	}
}

func (s *scan) entry(ctx context.Context, path string, d fs.DirEntry, depth int) {
	if !d.IsDir() { // folders behind links are not followed, so that no tree is endless
		s.t.entry(path, d, time.Now())
	} else if !hidden(d.Name()) {
		s.folder(ctx, path, depth+1)
	}
}

// isExport reports whether a folder is an unpacked account export, which tells more as a whole than file by file.
func (s *scan) isExport(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	was, seen := s.t.exports[dir]
	if seen && was.at.Equal(info.ModTime()) {
		return was.is
	}
	is, err := importclient.IsExport(dir)
	if err != nil {
		return false
	}
	s.t.exports[dir] = export{info.ModTime(), is}
	if is && !was.is {
		s.t.w.say(Event{Kind: Notice, Path: dir, Reason: "it is an unpacked account export, which is not watched: send it once with mcp-client import"})
	}
	return is
}

// An export is what was found out about a folder, when it was changed last.
type export struct {
	at time.Time
	is bool
}

func (s *scan) unreadable(dir string, err error) {
	s.broken = true
	if errors.Is(err, fs.ErrNotExist) {
		return // it is gone, or the whole tree is, which is noticed elsewhere
	}
	if !s.t.told[dir] {
		s.t.told[dir] = true
		s.t.w.say(Event{Kind: Notice, Path: dir, Reason: "it cannot be looked through: " + reasonOf(err)})
	}
}

// bounded notes that a folder is beyond the bounds.
func (s *scan) bounded(dir string) {
	s.broken = true
	if !s.t.bounded {
		s.t.bounded = true
		s.t.w.say(Event{Kind: Notice, Path: dir, Reason: fmt.Sprintf("it is not watched: %s has more than %d entries, or folders more than %d deep; name the folders in it that get recordings", s.t.root, maxVisited, maxDepth)})
	}
}

// watch asks for the events of a folder.
func (s *scan) watch(dir string) {
	t := s.t
	if t.events == nil {
		return
	}
	if s.spent >= maxWatched {
		s.limited = true
		t.limited(fmt.Errorf("it has more folders than are watched one by one (%d)", maxWatched))
		return
	}
	if err := t.events.Add(dir); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.limited = true
			t.limited(err)
		}
		return
	}
	if !t.each {
		s.spent = len(t.events.WatchList())
	}
}

// kqueue reports whether each file of a watched folder is watched on its own, too.
func kqueue() bool { return runtime.GOOS != "linux" && runtime.GOOS != "windows" }

// isRecording reports whether a file of that name is worth sending.
func isRecording(name string) bool {
	if hidden(name) || strings.EqualFold(name, "inProgressActivity.fit") { // Zwift writes it while one rides, and another one in the end
		return false
	}
	f, ok := formats.Of(name)
	return ok && (f.Holds == formats.Recording || f.Holds == formats.Archive)
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || name == "__MACOSX" }

// inCloud reads the name of the placeholder that stands for a file which is in iCloud only: ".ride.fit.icloud".
func inCloud(name string) (real string, ok bool) {
	real, ok = strings.CutSuffix(name, ".icloud")
	if !ok || !strings.HasPrefix(real, ".") {
		return "", false
	}
	return real[1:], true
}

func depthBelow(root, path string) int {
	below, err := filepath.Rel(root, path)
	if err != nil {
		return maxDepth
	}
	return strings.Count(below, string(filepath.Separator)) + 1
}
