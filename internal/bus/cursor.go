package bus

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// overlap is how long a change can take from getting its number to being visible. Numbers are given out when rows are
// written, and transactions that run side by side are committed in any order: a reader that goes on from the highest number
// that it saw would miss those.
const overlap = 30 * time.Second

// A cursor knows which changes were read. It goes over the last ones again, for those that became visible late. When a copy
// takes the place of the database and lacks the latest changes, their numbers come again: so changes are known by all that
// they are, and the last one that was left behind is looked at again each time.
type cursor struct {
	low  int64                       // everything up to here was read
	last pierre.Change               // the one with that number; zero if it is not known
	seen map[pierre.Change]time.Time // what was read after low, and when
}

// start lets c begin with the latest changes of the source, and with those after low.
func (c *cursor) start(ctx context.Context, source Source) error {
	last, err := source.LastChange(ctx)
	if err != nil {
		return err
	}
	if c.seen != nil {
		last = min(last, c.low)
	}
	*c = cursor{low: max(0, last-page), seen: map[pierre.Change]time.Time{}}
	return nil
}

// read tells apply of the changes that are new.
func (c *cursor) read(ctx context.Context, source Source, apply func(pierre.Change)) error {
	if c.seen == nil {
		if err := c.start(ctx, source); err != nil {
			return err
		}
	}
	after := c.low
	if !c.last.At.IsZero() {
		after--
	}
	for {
		changes, err := source.ChangesAfter(ctx, after, page)
		if err != nil {
			return err
		}
		if after < c.low && (len(changes) == 0 || changes[0] != c.last) { // deleted because it is old, or never made
			if err := c.start(ctx, source); err != nil {
				return err
			}
			after = c.low
			continue
		}
		for _, change := range changes {
			if change != c.last && c.isNew(change, time.Now()) {
				apply(change)
			}
			after = change.Seq
		}
		if len(changes) < page {
			c.advance(time.Now())
			return nil
		}
	}
}

// isNew reports whether the change was not read before, and notes that it was.
func (c *cursor) isNew(change pierre.Change, now time.Time) bool {
	if _, ok := c.seen[change]; ok {
		return false
	}
	c.seen[change] = now
	return true
}

// advance leaves behind what was read long ago.
func (c *cursor) advance(now time.Time) {
	for change, at := range c.seen {
		if now.Sub(at) >= overlap && change.Seq > c.low {
			c.low, c.last = change.Seq, change
		}
	}
	for change := range c.seen {
		if change.Seq <= c.low {
			delete(c.seen, change)
		}
	}
}
