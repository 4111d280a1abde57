package clientinfo

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"sync"
	"time"
)

// A hasher makes hashes of addresses that can be compared within a UTC day and not
// be undone. The salt lives in memory alone and is replaced each day: keeping it
// would let a reader of the database try all addresses. The price is that a
// client gets another hash after a restart.
type hasher struct {
	mu   sync.Mutex
	day  time.Time
	salt [sha256.Size]byte
}

// hashBytes keeps clients apart (a million of them collide with a chance of 1 in 40 million) in few bytes.
const hashBytes = 8

func (h *hasher) sum(addr netip.Addr, at time.Time) string {
	salt, b := h.saltOf(at), addr.As16()
	var text [len(salt) + len(b)]byte // of a fixed length, so that a plain hash over salt and address does what an HMAC would
	copy(text[:], salt[:])
	copy(text[len(salt):], b[:])
	hash := sha256.Sum256(text[:])
	return hex.EncodeToString(hash[:hashBytes])
}

func (h *hasher) saltOf(at time.Time) [sha256.Size]byte {
	day := at.UTC().Truncate(24 * time.Hour)
	h.mu.Lock()
	defer h.mu.Unlock()
	if day.After(h.day) { // a late call of yesterday gets today's
		h.day = day
		rand.Read(h.salt[:])
	}
	return h.salt
}
