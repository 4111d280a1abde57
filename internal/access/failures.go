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
	maxFailures   = 60      // different wrong credentials of one client in a window, and of each so many times
	maxClients    = 1 << 16 // that are counted at a time: made-up addresses cannot fill the memory
	maxTallies    = 1 << 17 // of credentials
	networkBits   = 64      // of an IPv6 address: one client has all that follow

	spareEvery = 200 * time.Millisecond // a client with too many wrong credentials gets a look-up for a new one
	spareBurst = 20                     // so many at once
	beginning  = shownPrefix            // by how many characters credentials are told apart: the secret is not kept
)

type clientKey struct{}

// WithClient returns a context that says which address the request comes from. Clients are then limited in how many
// credentials that are not accepted they may present, each on its own. Without an address there is no limit.
func WithClient(ctx context.Context, addr netip.Addr) context.Context {
	return context.WithValue(ctx, clientKey{}, addr)
}

// failures counts, for each client, the credentials that were not accepted in the last minute. Keys cannot be guessed: the
// limit keeps those who try away from the database, and lets operators tell a mistake from an attack.
//
// Many people may share an address, such as those of an office, and a program of one of them may be set up wrongly. So a
// client cannot lock out others: a credential that is repeated counts once for its address, and is refused by itself; keys
// that are in use go on working; and where there were too many different wrong ones, a credential that was not seen yet
// gets a look-up out of a small budget, which good ones give back.
type failures struct {
	mu      sync.Mutex
	until   time.Time // the end of the window
	clients map[netip.Prefix]*tally
	entries int // of all tallies' wrong
}

// A credential is the beginning of one.
type credential [beginning]byte

// A tally is of one client.
type tally struct {
	wrong     map[credential]int // how often each was not accepted
	different int                // wrong credentials
	spareAt   time.Time          // when the budget of look-ups is full again
}

func credentialOf(text string) credential {
	var c credential
	copy(c[:], text)
	return c
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

// check counts err if it means that the credential was not accepted, and returns the error for the client.
func (f *failures) check(ctx context.Context, now time.Time, text string, err error) error {
	from, ok := client(ctx)
	if !ok || pierre.KindOf(err) != pierre.KindUnauthenticated {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.renew(now)
	t, c := f.clients[from], credentialOf(text)
	if t == nil {
		if len(f.clients) >= maxClients {
			return err
		}
		t = &tally{wrong: map[credential]int{}}
		f.clients[from] = t
	}
	before := t.wrong[c]
	if before >= maxFailures || t.different >= maxFailures {
		return tooManyFailures(f.until.Sub(now))
	}
	if before == 0 {
		t.different++
		if f.entries >= maxTallies {
			return err
		}
		f.entries++
	}
	t.wrong[c]++
	return err
}

func (f *failures) renew(now time.Time) {
	if !now.Before(f.until) || f.clients == nil {
		f.until, f.clients, f.entries = now.Add(failureWindow), map[netip.Prefix]*tally{}, 0
	}
}

// admit says whether a credential that is not known here is to be looked up. If that was paid out of the client's budget,
// giveBack is to be called if the credential turns out to be good.
func (f *failures) admit(ctx context.Context, now time.Time, text string) (giveBack func(), err error) {
	nothing := func() {}
	from, ok := client(ctx)
	if !ok {
		return nothing, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.renew(now)
	t := f.clients[from]
	if t == nil {
		return nothing, nil
	}
	switch before := t.wrong[credentialOf(text)]; {
	case before >= maxFailures:
		return nothing, tooManyFailures(f.until.Sub(now))
	case t.different < maxFailures:
		return nothing, nil
	case before > 0:
		return nothing, tooManyFailures(f.until.Sub(now))
	}
	full := t.spareAt
	if full.Before(now) {
		full = now
	}
	if wait := full.Sub(now) - (spareBurst-1)*spareEvery; wait > 0 {
		return nothing, tooManyFailures(wait)
	}
	t.spareAt = full.Add(spareEvery)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		t.spareAt = t.spareAt.Add(-spareEvery)
	}, nil
}

func tooManyFailures(wait time.Duration) error {
	e := refuse("Too many credentials that are not accepted came from your address; try again in %d seconds.", int(math.Ceil(wait.Seconds())))
	e.Kind, e.RetryAfter = pierre.KindRateLimited, wait
	return e
}
