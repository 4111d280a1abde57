package bus

import "time"

// overlap is how long a change can take from getting its number to being visible. Numbers are given out when rows are
// written, and transactions that run side by side are committed in any order: a reader that goes on from the highest number
// that it saw would miss those.
const overlap = 30 * time.Second

// A cursor knows which changes were read. It goes over the last ones again, for those that became visible late.
type cursor struct {
	low  int64               // everything up to here was read
	seen map[int64]time.Time // what was read after low, and when
}

// isNew reports whether the change was not read before, and notes that it was.
func (c *cursor) isNew(seq int64, now time.Time) bool {
	if _, ok := c.seen[seq]; ok {
		return false
	}
	c.seen[seq] = now
	return true
}

// advance leaves behind what was read long ago.
func (c *cursor) advance(now time.Time) {
	for seq, at := range c.seen {
		if now.Sub(at) >= overlap {
			c.low = max(c.low, seq)
		}
	}
	for seq := range c.seen {
		if seq <= c.low {
			delete(c.seen, seq)
		}
	}
}
