package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A stamp is by what a change of a file is noticed.
type stamp struct {
	size     int64
	modified time.Time
}

func stampOf(info fs.FileInfo) stamp { return stamp{info.Size(), info.ModTime()} }

func (s stamp) same(other stamp) bool {
	return s.size == other.size && s.modified.Equal(other.modified)
}

// A known file needs nothing until it changes.
type known struct {
	stamp

	seen int // the last scan that saw it
}

// A pending file is not complete, as far as is known.
type pending struct {
	stamp

	still time.Time // since when it is as it is
	due   time.Time // when to look again
	pause time.Duration
	why   string // it is not complete
}

// A tree is one of the folders, with all below it. One goroutine has it.
type tree struct {
	w    *watcher
	root string

	opened  os.FileInfo       // the root as it was when watching began; nil: it is not there
	absent  string            // why it is not there
	events  *fsnotify.Watcher // nil: there are none
	partial string            // why events are not enough in this folder
	limit   string            // why they are not to be had for all of it at present
	spent   int               // of what may be watched by events, at the last look
	each    bool              // each file of a watched folder counts as watched
	files   map[string]known
	wait    map[string]*pending
	clouds  map[string]bool   // placeholders of files that are in iCloud only
	exports map[string]export // by folder
	told    map[string]bool   // folders of which a problem was told
	bounded bool              // that the tree is beyond the bounds was told
	full    bool              // there are more recordings than are looked after

	scans    int
	nextScan time.Time
	nextRoot time.Time
	nextDue  time.Time // zero: nothing is pending
}

func newTree(w *watcher, root string) *tree {
	return &tree{w: w, root: root, each: kqueue(), files: map[string]known{}, wait: map[string]*pending{}, clouds: map[string]bool{}, exports: map[string]export{}, told: map[string]bool{}}
}

// run looks after the tree until ctx ends.
func (t *tree) run(ctx context.Context) {
	defer t.closeEvents()
	last := time.Now()
	for ctx.Err() == nil {
		now := time.Now()
		if slept(last, now, t.w.opts.Root) { // timers stood still, events may be lost, and a connection is dead
			t.nextScan, t.nextRoot = now, now
			t.w.sender.hurry()
		}
		last = now
		t.step(ctx, now)
		t.await(ctx, t.wake())
	}
}

// slept reports whether much more time has passed by the clock on the wall than anybody waited.
func slept(last, now time.Time, longest time.Duration) bool {
	const much = 30 * time.Second
	return now.Round(0).Sub(last.Round(0)) > longest+much
}

// step does what is due.
func (t *tree) step(ctx context.Context, now time.Time) {
	if !now.Before(t.nextRoot) {
		t.checkRoot(now)
		t.nextRoot = now.Add(t.w.opts.Root)
	}
	if t.opened != nil && !now.Before(t.nextScan) {
		t.rescan(ctx)
	}
	if !t.nextDue.IsZero() && !now.Before(t.nextDue) {
		t.checkDue(ctx, now)
	}
	t.publish()
}

// wake is when something is due next.
func (t *tree) wake() time.Time {
	next := t.nextRoot
	if t.opened != nil && t.nextScan.Before(next) {
		next = t.nextScan
	}
	if !t.nextDue.IsZero() && t.nextDue.Before(next) {
		next = t.nextDue
	}
	return next
}

// await waits for the time, or for an event, and takes all events that are there.
func (t *tree) await(ctx context.Context, until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	var events chan fsnotify.Event
	var failures chan error
	if t.events != nil {
		events, failures = t.events.Events, t.events.Errors
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case e, ok := <-events:
		if ok {
			t.event(ctx, e)
		}
		for range len(events) {
			t.event(ctx, <-events)
		}
	case err, ok := <-failures:
		if ok { // an overflow, for one: some events are lost
			t.w.say(Event{Kind: Notice, Path: t.root, Reason: fmt.Sprintf("events were lost (%v); all files are looked at", err)})
			t.nextScan = time.Now().Add(t.w.opts.Settle)
		}
	}
}

// checkRoot notices that the folder went away, came back or became another one, such
// as what is mounted there.
func (t *tree) checkRoot(now time.Time) {
	info, err := os.Stat(t.root)
	switch {
	case err == nil && !info.IsDir():
		t.lose("it is no folder")
	case errors.Is(err, fs.ErrNotExist):
		t.lose("it is not there")
	case err != nil:
		t.lose(reasonOf(err))
	case t.opened == nil || !os.SameFile(t.opened, info):
		t.open(info, now)
	}
}

// open begins to watch the folder, which is there.
func (t *tree) open(info os.FileInfo, now time.Time) {
	t.closeEvents()
	if t.absent != "" {
		t.w.say(Event{Kind: FolderBack, Path: t.root})
	}
	t.opened, t.absent, t.nextScan, t.limit = info, "", now, ""
	t.partial = noEvents(t.root, t.w.opts.Home)
	t.openEvents()
}

// lose notes that the folder is not there. What was pending in it is looked for anew when it is back.
func (t *tree) lose(why string) {
	t.closeEvents()
	if t.absent != why {
		t.w.say(Event{Kind: FolderMissing, Path: t.root, Reason: why})
	}
	t.opened, t.absent, t.nextDue = nil, why, time.Time{}
	clear(t.files) // what was not sent yet is looked for, too
	clear(t.wait)
	clear(t.clouds)
}

// entry looks at one entry of a folder that is no folder itself.
func (t *tree) entry(path string, d fs.DirEntry, now time.Time) {
	name := filepath.Base(path)
	switch real, cloud := inCloud(name); {
	case cloud:
		if isRecording(real) {
			t.clouds[path] = true
		}
		return
	case !isRecording(name):
		return
	}
	var info fs.FileInfo
	var err error
	if d.Type()&fs.ModeSymlink != 0 {
		info, err = os.Stat(path) // what the link leads to
	} else {
		info, err = d.Info()
	}
	if err == nil && info.Mode().IsRegular() {
		t.saw(path, stampOf(info), now)
	}
}

// saw takes note of a file as it is now.
func (t *tree) saw(path string, s stamp, now time.Time) {
	if k, ok := t.files[path]; ok && k.same(s) && !t.w.sender.dropped(path) {
		t.files[path] = known{s, t.scans}
		return
	}
	if p := t.wait[path]; p != nil {
		return // it is looked at when it is due
	}
	if t.w.ledger.at(path, s.size, s.modified) {
		t.files[path] = known{s, t.scans}
		return
	}
	if len(t.files)+len(t.wait) >= t.w.opts.MaxFiles {
		if !t.full {
			t.full = true
			t.w.say(Event{Kind: Notice, Path: t.root, Reason: fmt.Sprintf("it has more than %d recordings: name the folders in it that get new ones, and import the rest once", t.w.opts.MaxFiles)})
		}
		return
	}
	delete(t.files, path)
	t.wait[path] = &pending{stamp: s, still: now, why: "it has just been written"}
	t.at(t.wait[path], now.Add(t.w.opts.Settle))
}

// at sets when a pending file is due.
func (t *tree) at(p *pending, due time.Time) {
	p.due = due
	if t.nextDue.IsZero() || due.Before(t.nextDue) {
		t.nextDue = due
	}
}
