package access

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	// Changes by another process are noticed after these at the latest; those by this one at once, see KeyListener.
	knownFor   = 10 * time.Second
	unknownFor = 5 * time.Second

	// While all changes are heard of, what is known stays true, and is looked up for what no program of ours changes.
	confirmedFor = 10 * time.Minute

	// What is remembered while changes cannot be heard of is not believed for longer.
	unheardFor = time.Second

	expectedFor = time.Minute // a database's copies are behind it for less

	maxKnown   = 1 << 17 // keys in use at the same time; each takes about 340 bytes
	maxUnknown = 1 << 14 // so that made-up keys cannot fill the memory

	lookupTimeout = 5 * time.Second
)

// A KeyStore is where API keys are kept.
type KeyStore interface {
	// APIKeyByHash returns the key with that hash, whatever its state, or a [pierre.KindNotFound] error.
	APIKeyByHash(ctx context.Context, hash [32]byte) (pierre.APIKey, error)
	// TouchAPIKeys notes when keys were last used; it never moves a time back.
	TouchAPIKeys(ctx context.Context, used map[pierre.KeyID]time.Time) error
}

// A Verifier verifies API keys. It asks its store for each key that is in use once in ten seconds, or once in ten minutes
// while it is told of changes, and never about a mistyped one. It is safe for concurrent use.
type Verifier struct {
	keys    KeyStore
	now     func() time.Time
	start   time.Time                      // the verifier's times are since then: a clock that is set does not change them
	known   *otter.Cache[[32]byte, *known] // was found not long ago, though it may have to be looked up again
	unknown *otter.Cache[[32]byte, struct{}]
	newest  *otter.Cache[pierre.KeyID, int64] // the generations of keys that changed not long ago
	lookups singleflight.Group
	stamps  stamps
	terms   termsTable
	failed  failures
	heard   hearing
	unheard atomic.Bool // changes by others cannot be heard of

	mu   sync.Mutex
	used map[pierre.KeyID]time.Time // to be written by Run
}

// NewVerifier returns a Verifier of the keys in the store.
func NewVerifier(keys KeyStore, now func() time.Time) *Verifier {
	v := &Verifier{keys: keys, now: now, start: now(), used: map[pierre.KeyID]time.Time{}}
	v.heard.to.Store(-int64(knownFor)) // nothing was told yet
	clock := cacheClock{now}
	v.known = otter.Must(&otter.Options[[32]byte, *known]{MaximumSize: maxKnown})
	v.unknown = otter.Must(&otter.Options[[32]byte, struct{}]{
		MaximumSize:      maxUnknown,
		Clock:            clock,
		ExpiryCalculator: otter.ExpiryWriting[[32]byte, struct{}](unknownFor),
	})
	v.newest = otter.Must(&otter.Options[pierre.KeyID, int64]{
		MaximumSize:      maxUnknown,
		Clock:            clock,
		ExpiryCalculator: otter.ExpiryWriting[pierre.KeyID, int64](expectedFor),
	})
	return v
}

// Verify returns the holder of the key. A key that is missing, mistyped, unknown, expired or revoked
// is a [pierre.KindUnauthenticated] error that says which, or [pierre.KindRateLimited] if too many came from the same
// client (see [WithClient]), one that may not be used from there is [pierre.KindDenied]; any other error is the store's.
func (v *Verifier) Verify(ctx context.Context, text string) (Principal, error) {
	if text == "" {
		return Principal{}, MissingKey()
	}
	p, err := v.verify(ctx, text)
	if err != nil {
		err = v.failed.check(ctx, v.now(), text, err)
	}
	return p, err
}

func (v *Verifier) verify(ctx context.Context, text string) (Principal, error) {
	key, err := ParseKey(text)
	if err != nil {
		return Principal{}, err
	}
	return v.verifyHash(ctx, text, key.Hash())
}

// verifyHash returns the holder of the key with that hash. text is what the client showed.
func (v *Verifier) verifyHash(ctx context.Context, text string, hash [32]byte) (Principal, error) {
	k, ok := v.remembered(hash)
	giveBack := func() {}
	if !ok {
		var err error
		if _, inUse := v.known.GetIfPresent(hash); !inUse {
			if giveBack, err = v.failed.admit(ctx, v.now(), text); err != nil {
				return Principal{}, err
			}
		}
		if k, err = v.lookup(ctx, hash); err != nil {
			return Principal{}, err
		}
	}
	now := v.now()
	if err := k.usable(now); err != nil {
		return Principal{}, err
	}
	if err := k.mayCall(ctx); err != nil {
		return Principal{}, err
	}
	giveBack()
	v.note(k, now)
	return k.principal(), nil
}

// remembered returns the key with that hash if it was looked up lately, and not changed since.
func (v *Verifier) remembered(hash [32]byte) (*known, bool) {
	k, ok := v.known.GetIfPresent(hash)
	if !ok {
		return nil, false
	}
	at := v.sinceStart()
	if !v.upToDate(k.slot, k.stamp, k.began) || at-k.began >= confirmedFor || at-v.heard.since(k.began) >= knownFor {
		return nil, false
	}
	return k, true
}

// upToDate reports whether what was looked up of a key of the slot is still true, as far as this server has heard.
func (v *Verifier) upToDate(slot uint8, stamp uint64, began time.Duration) bool {
	return !v.stamps.after(slot, stamp) && (!v.unheard.Load() || v.sinceStart()-began < unheardFor)
}

func (v *Verifier) sinceStart() time.Duration { return v.now().Sub(v.start) }

// Heard says whether changes by other servers and programs are heard of. While they are not, keys are remembered for one
// second.
func (v *Verifier) Heard(ok bool) { v.unheard.Store(!ok) }

// Told says that all changes that were made before at have been told. Keys that were looked up before are then remembered
// as if they had been looked up at that time, but for ten minutes at most.
func (v *Verifier) Told(at time.Time) { v.heard.told(at.Sub(v.start)) }

// A hearing is the time of which all changes are known, in nanoseconds since the verifier's start.
type hearing struct{ from, to atomic.Int64 }

func (h *hearing) told(at time.Duration) {
	if at-time.Duration(h.to.Load()) >= knownFor { // after such a gap changes may have been missed
		h.from.Store(int64(at))
	}
	h.to.Store(int64(at))
}

// since returns the latest time at which what was looked up at began was true unless a change of it was told.
func (h *hearing) since(began time.Duration) time.Duration {
	to := time.Duration(h.to.Load()) // before from, which is stored before it
	if began < time.Duration(h.from.Load()) || began >= to {
		return began
	}
	return to
}

// Expect says which generation of a key there is. An older one that is read after it, from a copy of the database that is
// behind, is not believed.
func (v *Verifier) Expect(id pierre.KeyID, generation int64) {
	v.newest.Compute(id, func(before int64, _ bool) (int64, otter.ComputeOp) { return max(before, generation), otter.WriteOp })
}

// AllChanged implements [KeyListener]: the next Verify of any key asks the store again.
func (v *Verifier) AllChanged() { v.stamps.raiseAll() }

// AthleteDeleted implements [KeyListener]. Keys have nothing to do with it.
func (v *Verifier) AthleteDeleted(pierre.UserID) {}

// Changed implements [KeyListener]: the next Verify of that key asks the store again.
func (v *Verifier) Changed(id pierre.KeyID) { v.stamps.raise(slot(id)) }

// Revoked implements [KeyListener], as Changed does.
func (v *Verifier) Revoked(id pierre.KeyID) { v.stamps.raise(slot(id)) }

// lookup asks the store, once for all callers that wait for the same key.
func (v *Verifier) lookup(ctx context.Context, hash [32]byte) (*known, error) {
	if _, ok := v.unknown.GetIfPresent(hash); ok {
		return nil, unknownKey()
	}
	// The stamp is part of the name: a caller from after a change must not share a lookup from before it.
	stamp := v.stamps.latest()
	name := string(binary.BigEndian.AppendUint64(hash[:], stamp))
	found := v.lookups.DoChan(name, func() (any, error) {
		// The first caller's end must not fail the others.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout)
		defer cancel()
		return v.load(ctx, hash, stamp)
	})
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case r := <-found:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*known), nil //nolint:forcetypeassert // load returns nothing else
	}
}

func (v *Verifier) load(ctx context.Context, hash [32]byte, stamp uint64) (*known, error) {
	if k, ok := v.remembered(hash); ok { // by a lookup that ended since the caller looked
		return k, nil
	}
	began := v.sinceStart()
	row, err := v.keys.APIKeyByHash(ctx, hash)
	if pierre.KindOf(err) == pierre.KindNotFound {
		v.unknown.Set(hash, struct{}{})
		return nil, unknownKey()
	}
	if err != nil {
		return nil, slow(ctx, err)
	}
	if newest, ok := v.newest.GetIfPresent(row.ID); ok && row.Generation < newest {
		return nil, &pierre.Error{Kind: pierre.KindUnavailable, Msg: "This API key has just changed; try again in a moment.", Err: errBehind}
	}
	before, _ := v.known.GetIfPresent(hash)
	k := v.remember(row, before)
	k.began, k.stamp = began, stamp
	k.noted.Store(secondsOf(row.LastUsed))
	// A change since then has raised the key's stamp above this one: the entry is then never used.
	v.known.Set(hash, k)
	return k, nil
}

var errBehind = errors.New("the database answered with a row from before the key's last change")

// slow tells a database that took too long from one that is broken: the same request may succeed in a moment.
func slow(ctx context.Context, err error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || pierre.KindOf(err) != pierre.KindInternal {
		return err
	}
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server is too busy to look up credentials; try again in a moment.", Err: err}
}

func unknownKey() error {
	return refuse("This server does not know this API key. Check that it is this server's key, and that it is complete.")
}

// A cacheClock gives the caches the verifier's time. They need no ticks: they are small, and drop
// what is too old when it is asked for.
type cacheClock struct{ now func() time.Time }

func (c cacheClock) NowNano() int64 { return c.now().UnixNano() }

func (cacheClock) Tick(time.Duration) <-chan time.Time { return nil }
