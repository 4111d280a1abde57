package access

import (
	"context"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	failureWindow = time.Minute
	maxFailures   = 60      // of one client in a window
	maxClients    = 1 << 16 // that are counted at a time: made-up addresses cannot fill the memory
	networkBits   = 64      // of an IPv6 address: one client has all that follow
)

type clientKey struct{}

// WithClient returns a context that says which address the request comes from. Clients are then limited in how many
// credentials that are not accepted they may present, each on its own. Without an address there is no limit.
func WithClient(ctx context.Context, addr netip.Addr) context.Context {
	return context.WithValue(ctx, clientKey{}, addr)
}

// failures counts, for each client, the credentials that were not accepted in the last minute. Keys cannot be guessed: the
// limit keeps those who try away from the database, and lets operators tell a mistake from an attack. Keys that are in use
// go on working from every address, so that a client cannot lock out others that share its address.
type failures struct {
	mu    sync.Mutex
	until time.Time // the end of the window
	count map[netip.Prefix]int
}

// client returns the network that the context's client is counted by. The own machine is not: a proxy on it that
// the server was not told of stands for everybody.
func client(ctx context.Context) (netip.Prefix, bool) {
	addr, ok := ctx.Value(clientKey{}).(netip.Addr)
	addr = addr.Unmap().WithZone("")
	if !ok || !addr.IsValid() || addr.IsLoopback() {
		return netip.Prefix{}, false
	}
	bits := addr.BitLen()
	if addr.Is6() {
		bits = networkBits
	}
	network, err := addr.Prefix(bits)
	return network, err == nil
}

// check counts err if it means that a credential was not accepted, and returns the error for the client.
func (f *failures) check(ctx context.Context, now time.Time, err error) error {
	if pierre.KindOf(err) != pierre.KindUnauthenticated {
		return err
	}
	if tooMany := f.tooMany(ctx, now); tooMany != nil {
		return tooMany
	}
	f.add(ctx, now)
	return err
}

func (f *failures) add(ctx context.Context, now time.Time) {
	network, ok := client(ctx)
	if !ok {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !now.Before(f.until) || f.count == nil {
		f.until, f.count = now.Add(failureWindow), map[netip.Prefix]int{}
	}
	if _, known := f.count[network]; known || len(f.count) < maxClients {
		f.count[network]++
	}
}

// tooMany returns the refusal of a client that has presented too many, nil for others.
func (f *failures) tooMany(ctx context.Context, now time.Time) error {
	network, ok := client(ctx)
	if !ok {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !now.Before(f.until) || f.count[network] < maxFailures {
		return nil
	}
	return tooManyFailures(f.until.Sub(now))
}

func tooManyFailures(wait time.Duration) error {
	e := refuse("Too many credentials that are not accepted came from your address; try again in %d seconds.", int(math.Ceil(wait.Seconds())))
	e.Kind, e.RetryAfter = pierre.KindRateLimited, wait
	return e
}
