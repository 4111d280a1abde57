package watch

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/fsnotify/fsnotify"
)

// openEvents begins to take the events of the folder, where it has some.
func (t *tree) openEvents() {
	if t.partial != "" && runtime.GOOS != "linux" { // a watched volume could not be ejected
		return
	}
	events, err := fsnotify.NewBufferedWatcher(eventBuffer)
	if err != nil {
		t.limited(err)
		return
	}
	t.events = events
}

func (t *tree) closeEvents() {
	if t.events != nil {
		_ = t.events.Close() // what it watched is nobody's business any more
		t.events, t.spent = nil, 0
	}
}

// without says why events are not enough; "" if they are.
func (t *tree) without() string { return cmp.Or(t.partial, t.limit) }

// limited notes that events are not to be had for all, and says how to get them.
func (t *tree) limited(err error) {
	why := reasonOf(err)
	if remedy := eventRemedy(err); remedy != "" {
		why = remedy
	}
	if t.limit == "" {
		t.limit = why
		t.w.say(Event{Kind: Notice, Path: t.root, Reason: fmt.Sprintf("%s; until then it is looked through every %s", why, t.w.opts.Rescan)})
	}
}

// event takes one event of the system.
func (t *tree) event(ctx context.Context, e fsnotify.Event) {
	switch {
	case t.opened == nil, e.Name == t.root:
	case e.Has(fsnotify.Remove), e.Has(fsnotify.Rename):
		t.forget(e.Name)
	case e.Has(fsnotify.Create), e.Has(fsnotify.Write):
		if t.wait[e.Name] != nil {
			return // it is looked at when it is due
		}
		info, err := os.Lstat(e.Name)
		if err != nil {
			return // it is gone again
		}
		now := time.Now()
		if info.IsDir() && e.Has(fsnotify.Create) {
			s := t.newScan(t.spent)
			s.entry(ctx, e.Name, fs.FileInfoToDirEntry(info), depthBelow(t.root, e.Name)-1)
			t.spent = s.spent
			return
		}
		t.entry(e.Name, fs.FileInfoToDirEntry(info), now)
	}
}

// forget drops a file that was removed or has another name now.
func (t *tree) forget(path string) {
	delete(t.files, path)
	delete(t.wait, path)
	delete(t.clouds, path)
	t.w.sender.withdraw(path)
}
