package access

import (
	"net/netip"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Keys of one tier without rules of their own share what they have in common; what differs in anything is kept apart.
func TestKeysShareTheirTerms(t *testing.T) {
	limit := func(n int64) pierre.Limit { return pierre.Limit{Requests: n, Period: pierre.PeriodDay} }
	key := func(change func(*pierre.APIKey)) pierre.APIKey {
		k := pierre.APIKey{ID: "key_a", Family: "key_a", UserID: "user_a", Tier: pierre.TierStarter, Type: pierre.KeyPersonal, Expires: time.UnixMicro(5).UTC()}
		k.Plan.Rules = pierre.Rules{
			Limit: limit(1), ToolLimits: map[string]pierre.Limit{"get_stats": limit(2)}, Tools: []string{"get_*"},
			Networks: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, Profile: "small",
		}
		change(&k)
		return k
	}
	v := NewVerifier(nil, time.Now)
	first := v.remember(key(func(*pierre.APIKey) {}), nil)
	want := Principal{
		UserID: "user_a", Customer: "user_a", KeyID: "key_a", Type: pierre.KeyPersonal, Tier: pierre.TierStarter, Quota: "key_a", Expires: time.UnixMicro(5).UTC(),
		Limits: pierre.Limits{Quota: limit(1), Tools: map[string]pierre.Limit{"get_stats": limit(2)}}, Tools: []string{"get_*"}, Profile: "small",
	}
	if got := first.principal(); !reflect.DeepEqual(got, Verified(want)) {
		t.Errorf("the holder is %+v, want %+v", got, want)
	}
	if v.remember(key(func(k *pierre.APIKey) { k.ID, k.UserID = "key_b", "user_b" }), nil).terms != first.terms {
		t.Error("two keys of a tier have terms of their own")
	}
	for name, change := range map[string]func(*pierre.APIKey){
		"type":        func(k *pierre.APIKey) { k.Type = pierre.KeyApplication },
		"tier":        func(k *pierre.APIKey) { k.Tier = pierre.TierTrial },
		"limit":       func(k *pierre.APIKey) { k.Limit = limit(3) },
		"burst":       func(k *pierre.APIKey) { k.Burst = pierre.Burst{Requests: 1, Per: time.Second} },
		"tool limits": func(k *pierre.APIKey) { k.ToolLimits = map[string]pierre.Limit{"get_stats": limit(3)} },
		"customer":    func(k *pierre.APIKey) { k.Customer = limit(3) },
		"customer burst": func(k *pierre.APIKey) {
			k.Scope, k.Burst = pierre.ScopeCustomer, pierre.Burst{Requests: 1, Per: time.Second}
		},
		"tools":    func(k *pierre.APIKey) { k.Tools = []string{} },
		"networks": func(k *pierre.APIKey) { k.Networks = []netip.Prefix{} },
		"profile":  func(k *pierre.APIKey) { k.Profile = "large" },
	} {
		row := key(change)
		k := v.remember(row, first)
		if r := row.InForce(); k.terms == first.terms || !reflect.DeepEqual(k.limits, row.Limits()) || !reflect.DeepEqual(k.tools, r.Tools) || !reflect.DeepEqual(k.nets, r.Networks) || k.profile != r.Profile {
			t.Errorf("a key with another %s: %+v", name, k.terms)
		}
	}
	if size := unsafe.Sizeof(*first); size > 80 {
		t.Errorf("a key takes %d bytes, and 100 000 may be in use", size)
	}
}
