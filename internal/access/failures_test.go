package access_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// from verifies a key for a client at addr, and returns the kind of the error.
func (b *bench) from(t *testing.T, addr, key string) pierre.Kind {
	t.Helper()
	_, err := b.v.Verify(access.WithClient(t.Context(), netip.MustParseAddr(addr)), key)
	if err == nil {
		return -1
	}
	return pierre.KindOf(err)
}

const accepted = pierre.Kind(-1)

// guess is a key that is well-formed and not known.
func guess() string { return access.GenerateKey(pierre.ModeLive).Reveal() }

func TestWrongKeysAreLimitedByClient(t *testing.T) {
	b := newBench(t)
	for i := range 60 {
		if got := b.from(t, "192.0.2.1", guess()); got != pierre.KindUnauthenticated {
			t.Fatalf("wrong key %d: kind %v", i, got)
		}
	}
	looked := b.lookups.Load()
	for name, tc := range map[string]struct {
		addr, key string
		want      pierre.Kind
	}{
		"another wrong key":       {"192.0.2.1", guess(), pierre.KindRateLimited},
		"no key at all":           {"192.0.2.1", "x", pierre.KindRateLimited},
		"the same, IPv4 in IPv6":  {"::ffff:192.0.2.1", guess(), pierre.KindRateLimited},
		"a right key, new here":   {"192.0.2.1", b.text, accepted},
		"somebody else's mistake": {"192.0.2.2", guess(), pierre.KindUnauthenticated},
	} {
		if got := b.from(t, tc.addr, tc.key); got != tc.want {
			t.Errorf("%s: kind %v, want %v", name, got, tc.want)
		}
	}
	for range 1000 {
		b.from(t, "192.0.2.1", guess())
	}
	if n := b.lookups.Load() - looked; n > 24 {
		t.Errorf("%d lookups, want those of the small budget", n)
	}
	b.pass(time.Minute)
	if got := b.from(t, "192.0.2.1", guess()); got != pierre.KindUnauthenticated {
		t.Errorf("after a minute: kind %v", got)
	}
}

// One program of an office is set up wrongly and tries without end, and somebody guesses. A colleague's key that was never
// used here works all the same.
func TestNewKeysWorkBesideWrongOnes(t *testing.T) {
	b := newBench(t)
	const office = "192.0.2.1"
	wrong := guess()
	for range 500 {
		b.from(t, office, wrong)
	}
	if got := b.from(t, office, wrong); got != pierre.KindRateLimited {
		t.Errorf("a wrong key, again and again: kind %v", got)
	}
	looked := b.lookups.Load()
	if got := b.from(t, office, guess()); got != pierre.KindUnauthenticated {
		t.Errorf("another wrong key: kind %v; want that one program's mistake counts once", got)
	}
	for range 500 {
		b.from(t, office, guess())
	}
	if n := b.lookups.Load() - looked; n > 60+20 {
		t.Errorf("%d lookups for 501 guesses", n)
	}
	if got := b.from(t, office, b.text); got != pierre.KindRateLimited {
		t.Errorf("while the budget is used up: kind %v", got)
	}
	b.pass(200 * time.Millisecond)
	for n := range 5 { // a good key gives its look-up back: the next one has it
		text := b.another(t, n)
		if got := b.from(t, office, text); got != accepted {
			t.Errorf("new key %d: kind %v", n, got)
		}
	}
}

// another provisions one more key.
func (b *bench) another(t *testing.T, n int) string {
	t.Helper()
	key := access.GenerateKey(pierre.ModeLive)
	row := pierre.APIKey{
		ID: pierre.NewKeyID(), Email: fmt.Sprintf("colleague%d@example.com", n), Tier: pierre.TierStarter, Hash: key.Hash(),
		Prefix: key.Prefix(), Last4: key.Last4(),
	}
	if _, _, err := b.ProvisionAPIKey(t.Context(), b.act(), row, func(pierre.APIKey) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	return key.Reveal()
}

// Who shares an address with an attacker is not locked out, even after the key has to be looked up again: for a day.
func TestKeysInUseWorkBesideWrongOnes(t *testing.T) {
	b := newBench(t)
	b.from(t, "192.0.2.1", b.text)
	for _, later := range []time.Duration{30 * time.Second, 23 * time.Hour} {
		b.pass(later - 30*time.Second)
		for range 100 {
			b.from(t, "192.0.2.1", guess())
		}
		b.pass(30 * time.Second)
		if got := b.from(t, "192.0.2.1", b.text); got != accepted {
			t.Errorf("after %s: kind %v, want the key to be accepted", later, got)
		}
	}
}

func TestFailuresAreCountedByNetwork(t *testing.T) {
	b := newBench(t)
	for range 60 {
		b.from(t, "2001:db8::1", guess())
		b.from(t, "127.0.0.1", guess())
		b.from(t, "::1", guess())
	}
	for addr, want := range map[string]pierre.Kind{
		"2001:db8::ffff:2": pierre.KindRateLimited, // the same customer of a provider
		"2001:db8:0:1::1":  pierre.KindUnauthenticated,
		"127.0.0.1":        pierre.KindUnauthenticated, // perhaps a proxy, for everybody
		"::1":              pierre.KindUnauthenticated,
	} {
		if got := b.from(t, addr, guess()); got != want {
			t.Errorf("%s: kind %v, want %v", addr, got, want)
		}
	}
}

func TestWrongAdminTokensAreLimitedByClient(t *testing.T) {
	b := newBench(t)
	v := access.NewAdminVerifier(only{secret.New("0123456789abcdef0123456789abcdef")}, b.Store, func() time.Time { return *b.now.Load() })
	ctx := access.WithClient(t.Context(), netip.MustParseAddr("192.0.2.1"))
	for range 60 {
		if _, err := v.Verify(ctx, "x.y.z"); pierre.KindOf(err) != pierre.KindUnauthenticated {
			t.Fatal(err)
		}
	}
	if _, err := v.Verify(ctx, "x.y.z"); pierre.KindOf(err) != pierre.KindRateLimited {
		t.Errorf("Verify = %v, want rate-limited", err)
	}
	if _, err := v.Verify(t.Context(), "x.y.z"); pierre.KindOf(err) != pierre.KindUnauthenticated {
		t.Errorf("without an address: %v, want unauthenticated", err)
	}
}
