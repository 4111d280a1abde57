package store

import "sync"

// A batchCache has the batches that were last read from the database, where a batch never changes and no other gets its number.
// So the first calls of many keys, each of which asks what its own adds up to, read a batch once. It is safe for concurrent use.
type batchCache struct {
	mu    sync.Mutex
	known map[int64]batch
}

// of returns the batches of the numbers that it knows, and which numbers it does not.
func (c *batchCache) of(seqs []int64) (known map[int64]batch, missing []int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(seqs) == 0 { // another program has folded all
		c.known = nil
	}
	known = make(map[int64]batch, len(seqs))
	for _, seq := range seqs {
		if b, ok := c.known[seq]; ok {
			known[seq] = b
		} else {
			missing = append(missing, seq)
		}
	}
	return known, missing
}

// keep replaces what the cache knows by what a transaction has read, unless that saw an older state.
func (c *batchCache) keep(known map[int64]batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if newest(known) >= newest(c.known) {
		c.known = known
	}
}

// forget empties the cache.
func (c *batchCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
}

func newest(batches map[int64]batch) (seq int64) {
	for s := range batches {
		seq = max(seq, s)
	}
	return seq
}
