package access

import (
	"hash/fnv"
	"sync"
	"sync/atomic"
)

// stamps tell whether a lookup began before a key was changed. Keys share the slots, so
// that no list of changed keys grows: a key in the same slot is merely looked up once more.
type stamps struct {
	mu    sync.Mutex
	last  atomic.Uint64
	all   atomic.Uint64 // the last change of all keys
	slots [256]atomic.Uint64
}

func (s *stamps) latest() uint64 { return s.last.Load() }

func (s *stamps) raise(slot uint8) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots[slot].Store(s.last.Add(1))
}

func (s *stamps) raiseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Store(s.last.Add(1))
}

// after reports whether a key of the slot was changed after stamp.
func (s *stamps) after(slot uint8, stamp uint64) bool {
	return s.slots[slot].Load() > stamp || s.all.Load() > stamp
}

func slot[T ~string](id T) uint8 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return uint8(h.Sum32())
}
