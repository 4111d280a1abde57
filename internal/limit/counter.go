package limit

import (
	"context"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A counter holds what one quota has used of the windows that are open: one window
// per period that has been in force since it opened, so mostly one.
type counter struct {
	mu      sync.Mutex
	windows []*window
	running map[pierre.CallID]time.Time // admitted calls that may not be in the store yet, and when each counts
	dropped bool                        // no longer in the map: look there again
}

type window struct {
	period     pierre.Period
	start, end time.Time
	used       int64
}

// maxSkew is how far a call's time may lie before the window that another call
// opened. Between concurrent calls it is microseconds; more means that the clock was set back.
const maxSkew = time.Minute

// window returns the open window of the period. One that has just opened starts from the store, and counts the calls
// that are still running as well: they were admitted under another limit or before this one was looked at.
func (c *counter) window(ctx context.Context, counts CountStore, quota pierre.KeyID, period pierre.Period, now time.Time) (*window, error) {
	c.prune(now)
	for _, w := range c.windows {
		if w.period == period {
			return w, nil
		}
	}
	w := &window{period: period}
	w.start, w.end = period.Window(now)
	running := make([]pierre.RunningCall, 0, len(c.running))
	for id, at := range c.running {
		if w.contains(at) {
			running = append(running, pierre.RunningCall{ID: id, At: at})
		}
	}
	stored, err := counts.QuotaUsed(ctx, quota, period, w.start, running)
	if err != nil {
		return nil, err
	}
	w.used = stored + int64(len(running))
	c.windows = append(c.windows, w)
	return w, nil
}

// prune drops the windows that are not open at now.
func (c *counter) prune(now time.Time) {
	open := c.windows[:0]
	for _, w := range c.windows {
		if now.Before(w.end) && !now.Before(w.start.Add(-maxSkew)) {
			open = append(open, w)
		}
	}
	clear(c.windows[len(open):])
	c.windows = open
}

func (w *window) contains(at time.Time) bool { return !at.Before(w.start) && at.Before(w.end) }

// clamp moves the time of a call that w admits into w. The two can lie on either side of midnight.
func (w *window) clamp(at time.Time) time.Time {
	switch {
	case at.Before(w.start):
		return w.start
	case !at.Before(w.end):
		return w.end.Add(-time.Microsecond)
	default:
		return at
	}
}

// admit counts a call in every open window that contains its time, as the store will.
func (c *counter) admit(id pierre.CallID, at time.Time) {
	if c.running == nil {
		c.running = map[pierre.CallID]time.Time{}
	}
	c.running[id] = at
	c.add(at, 1)
}

// end forgets a running call, and uncounts it unless it is in the store now.
func (c *counter) end(id pierre.CallID, stored bool) {
	at, ok := c.running[id]
	if !ok {
		return // it has ended before
	}
	delete(c.running, id)
	if !stored {
		c.add(at, -1)
	}
}

func (c *counter) add(at time.Time, n int64) {
	for _, w := range c.windows {
		if w.contains(at) {
			w.used += n
		}
	}
}

// idle reports whether nothing is lost if the counter is forgotten.
func (c *counter) idle(now time.Time) bool {
	c.prune(now)
	return len(c.windows) == 0 && len(c.running) == 0
}
