package limit

import (
	"context"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A counter holds what one key has used of the windows that are open: one window
// per period that has been in force since it opened, so mostly one.
type counter struct {
	mu      sync.Mutex
	windows []*window
	dropped bool // no longer in the map: look there again
}

type window struct {
	period     pierre.Period
	start, end time.Time
	used       int64
}

// maxSkew is how far a call's time may lie before the window that another call
// opened. Between concurrent calls it is microseconds; more means that the clock was set back.
const maxSkew = time.Minute

// window returns the open window of the period, read from the store if it has just
// opened. Calls that are still running when a key's period changes count in the
// new period's window only as far as they are in the store by then.
func (c *counter) window(ctx context.Context, counts CountStore, key pierre.KeyID, period pierre.Period, now time.Time) (*window, error) {
	c.prune(now)
	for _, w := range c.windows {
		if w.period == period {
			return w, nil
		}
	}
	start, end := period.Window(now)
	used, err := counts.QuotaUsed(ctx, key, period, start)
	if err != nil {
		return nil, err
	}
	w := &window{period: period, start: start, end: end, used: used}
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

func (c *counter) add(n int64) {
	for _, w := range c.windows {
		w.used += n
	}
}
