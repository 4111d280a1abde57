package access

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A known key is one that was found in the store. Whether it may be used is decided at each use.
type known struct {
	who   Principal      // its holder
	nets  []netip.Prefix // where it may be used; nil: anywhere
	ended time.Time      // when it was revoked
	heir  pierre.KeyID   // which replaced it
	began time.Time      // of the lookup
	stamp uint64         // when the lookup began
	slot  uint8          // of the key, in the verifier's stamps
	noted atomic.Int64
}

// usable reports why the key may not be used at now, if so.
func (k *known) usable(now time.Time) error {
	const day = "2 January 2006"
	switch pierre.StatusAt(k.ended, k.who.Expires, now) {
	case pierre.KeyRevoked:
		return refuse("This API key was revoked on %s; ask for a new one.", k.ended.Format(day))
	case pierre.KeyExpired:
		if k.heir != "" {
			return refuse("This API key was replaced by a newer one on %s; use that.", k.who.Expires.Format(day))
		}
		return refuse("This API key expired on %s; ask for a new one.", k.who.Expires.Format(day))
	default:
		return nil
	}
}

// remember returns what is kept of a key that was found. With an application's key alone no user's data can be reached:
// the athlete is missing.
func remember(k pierre.APIKey) *known {
	r, user := k.InForce(), k.UserID
	if k.Type == pierre.KeyApplication {
		user = ""
	}
	return &known{nets: r.Networks, ended: k.Revoked, heir: k.ReplacedBy, slot: slot(k.ID), who: Principal{
		UserID: user, Customer: k.UserID, KeyID: k.ID, Type: k.Type, Tier: k.Tier, Quota: k.Family, Limits: k.Limits(),
		Expires: k.Expires, Tools: r.Tools, Profile: r.Profile,
	}}
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
