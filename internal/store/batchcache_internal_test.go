package store

import "testing"

func TestAnOlderReaderDoesNotMakeTheCacheForget(t *testing.T) {
	var c batchCache
	c.keep(map[int64]batch{1: {}, 2: {}})
	c.keep(map[int64]batch{1: {}}) // of a transaction that began before batch 2 was there
	if _, missing := c.of([]int64{1, 2}); len(missing) > 0 {
		t.Errorf("batches %v are read again", missing)
	}
	c.keep(map[int64]batch{3: {}}) // 1 and 2 were gathered into it
	if known, _ := c.of([]int64{1, 2, 3}); len(known) != 1 {
		t.Errorf("%d batches are kept, want the one that there is", len(known))
	}
}
