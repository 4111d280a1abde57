package access

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A known key is one that was found in the store. Whether it may be used is decided at each use. There are as many as keys in
// use, so what they have in common is kept once, and what few have apart.
type known struct {
	*terms
	buckets buckets
	rare    *rare         // nil: it is the first of its family, not revoked, and not replaced
	expires int64         // in µs since 1970; 0: never
	began   time.Duration // of the lookup, since the verifier's start
	stamp   uint64        // when the lookup began
	noted   atomic.Uint32 // when its use was noted last, in seconds since 1970; 0: never
	slot    uint8         // of the key, in the verifier's stamps
}

// Rare is what most keys do not have.
type rare struct {
	key   pierre.KeyID // if it is not the first of its family, whose quota it uses
	heir  pierre.KeyID // which replaced it
	ended int64        // when it was revoked, in µs since 1970; 0: not
}

// Terms are what a key has in common with the other keys of its tier that have no rules of their own.
type terms struct {
	kind    pierre.KeyType
	tier    pierre.Tier
	limits  pierre.Limits
	tools   []string
	profile string
	nets    []netip.Prefix // where it may be used; nil: anywhere
}

func (t *terms) equal(o *terms) bool {
	a, b := t.limits, o.limits
	return t.kind == o.kind && t.tier == o.tier && t.profile == o.profile && a.Quota == b.Quota && a.Burst == b.Burst &&
		a.Customer == b.Customer && a.CustomerBurst == b.CustomerBurst && maps.Equal(a.Tools, b.Tools) &&
		(t.tools == nil) == (o.tools == nil) && slices.Equal(t.tools, o.tools) &&
		(t.nets == nil) == (o.nets == nil) && slices.Equal(t.nets, o.nets)
}

// A termsTable has the terms that were found last, by tier and type.
type termsTable struct{ last sync.Map }

// shared returns terms that are equal to t: those of the last key of its tier and type, if they are.
func (l *termsTable) shared(t *terms) *terms {
	of := struct {
		tier pierre.Tier
		kind pierre.KeyType
	}{t.tier, t.kind}
	if v, ok := l.last.Load(of); ok && v.(*terms).equal(t) { //nolint:forcetypeassert // it holds nothing else
		return v.(*terms) //nolint:forcetypeassert // as above
	}
	l.last.Store(of, t)
	return t
}

// usable reports why the key may not be used at now, if so.
func (k *known) usable(now time.Time) error {
	const day = "2 January 2006"
	var r rare
	if k.rare != nil {
		r = *k.rare
	}
	switch pierre.StatusAt(timeOf(r.ended), timeOf(k.expires), now) {
	case pierre.KeyRevoked:
		return refuse("This API key was revoked on %s; ask for a new one.", timeOf(r.ended).Format(day))
	case pierre.KeyExpired:
		if r.heir != "" {
			return refuse("This API key was replaced by a newer one on %s; use that.", timeOf(k.expires).Format(day))
		}
		return refuse("This API key expired on %s; ask for a new one.", timeOf(k.expires).Format(day))
	default:
		return nil
	}
}

func microsOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// secondsOf returns 0 for times that have no such number, which are before 1970 or after 2105.
func secondsOf(t time.Time) uint32 {
	s := t.Unix()
	if s != int64(uint32(s)) {
		return 0
	}
	return uint32(s)
}

func timeOf(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// remember returns what is kept of a key that was found, and was known as before, if it is not nil.
func (v *Verifier) remember(row pierre.APIKey, before *known) *known {
	r := row.InForce()
	k := &known{
		terms:   v.terms.shared(&terms{row.Type, row.Tier, row.Limits(), r.Tools, r.Profile, r.Networks}),
		buckets: bucketsOf(row.Family, row.UserID), expires: microsOf(row.Expires), slot: slot(row.ID),
	}
	if before != nil && before.buckets == k.buckets {
		k.buckets = before.buckets // which limits have
	}
	if row.Family != row.ID || row.ReplacedBy != "" || !row.Revoked.IsZero() {
		k.rare = &rare{row.ID, row.ReplacedBy, microsOf(row.Revoked)}
	}
	return k
}

// principal returns the holder of the key. With an application's key alone no user's data can be reached: the athlete is missing.
func (k *known) principal() Principal {
	p := Principal{
		UserID: k.buckets.owner(), Customer: k.buckets.owner(), KeyID: k.id(), Type: k.kind, Tier: k.tier, Quota: k.buckets.family(), Limits: k.limits,
		Expires: timeOf(k.expires), Tools: k.tools, Profile: k.profile, buckets: k.buckets,
	}
	if k.kind == pierre.KeyApplication {
		p.UserID = ""
	}
	return p
}

func (k *known) id() pierre.KeyID {
	if k.rare != nil {
		return k.rare.key
	}
	return k.buckets.family()
}

// mayCall reports why the context's client may not use the key, if so. It says nothing of the networks that may.
func (k *known) mayCall(ctx context.Context) error {
	addr, _ := ctx.Value(clientKey{}).(netip.Addr)
	if pierre.MayCallFrom(k.nets, addr) {
		return nil
	}
	return &pierre.Error{Kind: pierre.KindDenied, Msg: fmt.Sprintf(
		"This API key may not be used from the address %s; its networks are restricted. Use it from one of them, or ask for this one to be added.", shown(addr))}
}

func shown(addr netip.Addr) string {
	if !addr.IsValid() {
		return "that is not known"
	}
	return addr.Unmap().WithZone("").String()
}
