package clientinfo

import (
	"crypto/hmac"
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
	salt []byte
}

// hashBytes keeps clients apart (a million of them collide with a chance of 1 in 40 million) in few bytes.
const hashBytes = 8

func (h *hasher) sum(addr netip.Addr, at time.Time) string {
	b := addr.As16()
	mac := hmac.New(sha256.New, h.saltOf(at))
	mac.Write(b[:])
	return hex.EncodeToString(mac.Sum(nil)[:hashBytes])
}

func (h *hasher) saltOf(at time.Time) []byte {
	day := at.UTC().Truncate(24 * time.Hour)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.salt == nil || day.After(h.day) { // a late call of yesterday gets today's
		h.day, h.salt = day, make([]byte, sha256.Size)
		rand.Read(h.salt)
	}
	return h.salt
}
