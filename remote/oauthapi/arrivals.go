package oauthapi

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	arrivalWindow    = time.Hour
	maxRegistrations = 100 // of one network in an hour: the hosts of many people share addresses
	maxDocuments     = 300
	maxNetworks      = 1 << 14
	networkBits      = 64 // of an IPv6 address: one client has all that follow
)

// arrivals bound how often clients of one network may ask, in windows of an hour. The zero value with most set is ready.
type arrivals struct {
	most int

	mu    sync.Mutex
	until time.Time
	count map[netip.Prefix]int
}

// admit counts one more, or refuses it. Requests without an address, which come from this process, are not counted.
func (a *arrivals) admit(from netip.Addr, now time.Time) error {
	if !from.IsValid() {
		return nil
	}
	bits := from.BitLen()
	if from.Is6() {
		bits = networkBits
	}
	network := netip.PrefixFrom(from.WithZone(""), bits).Masked()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !now.Before(a.until) || a.count == nil {
		a.until, a.count = now.Add(arrivalWindow), map[netip.Prefix]int{}
	}
	if _, known := a.count[network]; a.count[network] >= a.most || !known && len(a.count) >= maxNetworks {
		return &pierre.Error{
			Kind: pierre.KindRateLimited, RetryAfter: a.until.Sub(now),
			Msg: "Too many apps were named from your network; try again in an hour.",
		}
	}
	a.count[network]++
	return nil
}
