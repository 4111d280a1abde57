package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// checkDue looks at the pending files whose time has come, and at no file of the others.
func (t *tree) checkDue(ctx context.Context, now time.Time) {
	t.nextDue = time.Time{}
	for path, p := range t.wait {
		if ctx.Err() != nil {
			return
		}
		if !p.due.After(now) {
			t.check(path, p)
		}
		if t.wait[path] == p {
			t.at(p, p.due)
		}
	}
	// Files that come one by one are looked at some at a time.
	if soon := now.Add(t.w.opts.Settle / 8); !t.nextDue.IsZero() && t.nextDue.Before(soon) {
		t.nextDue = soon
	}
}

// check finds out whether a pending file is complete, and passes it on if so.
func (t *tree) check(path string, p *pending) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.forget(path)
		return
	}
	now := time.Now()
	if err != nil {
		t.later(p, now, reasonOf(err))
		return
	}
	if !p.same(stampOf(info)) {
		changed := now
		if m := info.ModTime(); m.After(p.still) && m.Before(now) { // the clock that wrote it agrees with ours
			changed = m
		}
		p.stamp, p.still, p.pause, p.why = stampOf(info), changed, 0, "it is growing"
		p.due = changed.Add(t.w.opts.Settle)
		return
	}
	sum, missing, err := inspect(path)
	if err != nil {
		t.later(p, now, reasonOf(err))
		return
	}
	if missing != "" && time.Since(p.still) < t.w.opts.Patience {
		t.later(p, now, missing)
		return
	}
	if info, err := os.Stat(path); err != nil || !p.same(stampOf(info)) {
		return // it changed meanwhile: it is due still
	}
	delete(t.wait, path)
	t.files[path] = known{p.stamp, t.scans}
	t.w.offer(path, p.stamp, sum)
}

// later puts a file off, each time for longer.
func (t *tree) later(p *pending, now time.Time, why string) {
	const first, longest = 2, 64 // times the time to settle
	p.pause = min(max(2*p.pause, first*t.w.opts.Settle), longest*t.w.opts.Settle)
	p.why, p.due = why, now.Add(p.pause)
}
