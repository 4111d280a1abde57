package pierre

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Each rule of a key is its own, or its tier's; a rule that over forgets is neither.
func TestRulesFollowTheTier(t *testing.T) {
	full := Rules{
		Limit: Limit{1, PeriodDay}, Burst: Burst{1, time.Second}, ToolLimits: map[string]Limit{"a": {1, PeriodDay}}, Tools: []string{"a"},
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Profile: string(ProfileMinimal), Scope: ScopeBoth,
	}
	if n := reflect.TypeOf(full).NumField(); len(full.Chosen()) != n {
		t.Fatalf("the test sets %v of %d rules", full.Chosen(), n)
	}
	if got := (Rules{}).over(full); !reflect.DeepEqual(got, full) {
		t.Errorf("a key without rules has %+v, want its tier's", got)
	}
	if got := full.over(Rules{Profile: string(ProfileFull), Scope: ScopeKey, Tools: []string{"b"}}); !reflect.DeepEqual(got, full) {
		t.Errorf("a key with rules has %+v, want its own", got)
	}
	if err := full.Validate(); err != nil {
		t.Error(err)
	}
	text, err := json.Marshal(full)
	var back Rules
	if err != nil || json.Unmarshal(text, &back) != nil || !reflect.DeepEqual(back, full) {
		t.Errorf("%s comes back as %+v, %v", text, back, err)
	}
}

// What a call counts against, by the scope of the key's limit and by whose limit it is.
func TestLimitsByScope(t *testing.T) {
	day := func(n int64) Limit { return Limit{n, PeriodDay} }
	burst := Burst{2, time.Second}
	for name, tt := range map[string]struct {
		own, tier Rules
		plan      Limit // the tier's of customers
		customer  Limit // the customer's own
		want      Limits
	}{
		"nothing":                         {want: Limits{}},
		"the tier's":                      {tier: Rules{Limit: day(9), Burst: burst}, want: Limits{Quota: day(9), Burst: burst}},
		"the key's own":                   {own: Rules{Limit: day(3)}, tier: Rules{Limit: day(9)}, want: Limits{Quota: day(3)}},
		"the customer's own, too":         {tier: Rules{Limit: day(9)}, customer: day(5), want: Limits{Quota: day(9), Customer: day(5)}},
		"customer":                        {tier: Rules{Limit: day(9), Burst: burst, Scope: ScopeCustomer}, want: Limits{Customer: day(9), CustomerBurst: burst}},
		"customer, of the tier":           {tier: Rules{Limit: day(9), Scope: ScopeCustomer}, plan: day(7), want: Limits{Customer: day(7)}},
		"customer, the key's own":         {own: Rules{Limit: day(3)}, tier: Rules{Limit: day(9), Scope: ScopeCustomer}, plan: day(7), want: Limits{Customer: day(3)}},
		"customer, the customer's own":    {own: Rules{Limit: day(3), Scope: ScopeCustomer}, customer: day(5), want: Limits{Customer: day(5)}},
		"both":                            {own: Rules{Limit: day(3)}, tier: Rules{Limit: day(9), Scope: ScopeBoth}, want: Limits{Quota: day(3), Customer: day(9)}},
		"both, of the tier":               {tier: Rules{Limit: day(9), Burst: burst, Scope: ScopeBoth}, plan: day(7), want: Limits{Quota: day(9), Burst: burst, Customer: day(7)}},
		"the key's scope before the tier": {own: Rules{Scope: ScopeKey}, tier: Rules{Limit: day(9), Scope: ScopeCustomer}, want: Limits{Quota: day(9)}},
	} {
		k := APIKey{Rules: tt.own, Plan: Plan{Rules: tt.tier, Customer: tt.plan}, Customer: tt.customer}
		if got := k.Limits(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func FuzzParseNetwork(f *testing.F) {
	for _, text := range []string{"203.0.113.77/24", "2001:db8::/32", "::ffff:198.51.100.0/120", "::ffff:1.2.3.4/90", "192.0.2.5", "fe80::1%eth0", "0.0.0.0/0", "1.2.3.4/33", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		network, err := ParseNetwork(text)
		if err != nil {
			if KindOf(err) != KindInvalid {
				t.Errorf("ParseNetwork(%q) = %v, want invalid", text, err)
			}
			return
		}
		if again, err := ParseNetwork(network.String()); err != nil || again != network {
			t.Errorf("%q is %v, which comes back as %v, %v", text, network, again, err)
		}
		if !MayCallFrom([]netip.Prefix{network}, network.Addr()) && !strings.Contains(text, "::ffff:") {
			t.Errorf("%v does not contain its own address", network)
		}
	})
}
