package adminapi_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A ruleCase is a rule of keys and tiers, and what it does.
type ruleCase struct {
	rule, body string // as it is set
	holds      func(d *harness, k key, p access.Principal) bool
}

func ruleCases() []ruleCase {
	day := func(n int64) pierre.Limit { return pierre.Limit{Requests: n, Period: pierre.PeriodDay} }
	return []ruleCase{
		{"rate_limit", `"rate_limit_requests":7,"rate_limit_period":"day"`, func(d *harness, _ key, p access.Principal) bool {
			return d.passed(p, "get_stats") == 7
		}},
		{"burst", `"burst":{"requests":3,"per_seconds":3600}`, func(d *harness, _ key, p access.Principal) bool {
			return d.passed(p, "get_stats") == 3
		}},
		{"tool_limits", `"tool_limits":{"get_stats":{"requests":2,"period":"day"}}`, func(d *harness, _ key, p access.Principal) bool {
			return d.passed(p, "get_stats") == 2 && d.passed(p, "get_activities") == 20
		}},
		{"allowed_tools", `"allowed_tools":["get_*"]`, func(_ *harness, _ key, p access.Principal) bool {
			return pierre.MayUse(p.Tools, "get_stats") && !pierre.MayUse(p.Tools, "analyze_activity")
		}},
		{"allowed_networks", `"allowed_networks":["203.0.113.0/24"]`, func(d *harness, k key, _ access.Principal) bool {
			return d.from(k, "203.0.113.9") == nil && pierre.KindOf(d.from(k, "198.51.100.1")) == pierre.KindDenied
		}},
		{"tool_profile", `"tool_profile":"minimal"`, func(_ *harness, _ key, p access.Principal) bool { return p.Profile == "minimal" }},
		{"limit_scope", `"limit_scope":"customer","rate_limit_requests":5,"rate_limit_period":"day"`, func(_ *harness, _ key, p access.Principal) bool {
			return p.Limits.Quota.Unlimited() && p.Limits.Customer == day(5)
		}},
	}
}

// passed returns how many of 20 calls of the tool the limiter admits.
func (d *harness) passed(p access.Principal, tool string) (n int) {
	d.t.Helper()
	for range 20 {
		r, err := d.limiter.Reserve(d.t.Context(), p.Buckets(tool), d.clock())
		if err != nil {
			d.t.Fatal(err)
		}
		if r.Allowed {
			n++
		}
	}
	return n
}

// from verifies the key for a client at the address.
func (d *harness) from(k key, addr string) error {
	_, err := d.verifier.Verify(access.WithClient(d.t.Context(), netip.MustParseAddr(addr)), k.APIKey)
	return err
}

// principal verifies the key for a client in a network that every case admits.
func (d *harness) principal(k key) access.Principal {
	d.t.Helper()
	p, err := d.verifier.Verify(access.WithClient(d.t.Context(), netip.MustParseAddr("203.0.113.7")), k.APIKey)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// Every rule that is stored holds: set by provisioning, by PATCH, by the tier, and in the key that a rotation makes.
func TestEveryRuleHolds(t *testing.T) {
	var covered []string
	for _, c := range ruleCases() {
		covered = append(covered, c.rule)
		ways := map[string]func(d *harness) key{
			"provisioned": func(d *harness) key {
				return d.provision(`{"user_email":"ana@club.test","tier":"enterprise",` + c.body + `}`)
			},
			"patched": func(d *harness) key {
				k := d.provision(`{"user_email":"ana@club.test","tier":"enterprise"}`)
				d.principal(k)
				d.update(k, `{`+c.body+`}`)
				return k
			},
			"of the tier": func(d *harness) key {
				k := d.provision(`{"user_email":"ana@club.test","tier":"enterprise"}`)
				d.principal(k) // it is remembered without the rule
				d.ok(d.do("PUT", "/admin/tiers/enterprise", `{`+c.body+`}`))
				return k
			},
			"rotated": func(d *harness) key {
				k := d.provision(`{"user_email":"ana@club.test","tier":"enterprise",` + c.body + `}`)
				return d.key(d.do("POST", "/admin/api-keys/"+k.ID+"/rotate", `{"grace_seconds":0}`))
			},
		}
		for way, make := range ways {
			t.Run(c.rule+" "+way, func(t *testing.T) {
				d := open(t)
				k := make(d)
				if p := d.principal(k); !c.holds(d, k, p) {
					t.Errorf("the rule does not hold: %+v", p)
				}
				if own := slices.Contains(d.show(k.ID).OwnRules, c.rule); own == (way == "of the tier") {
					t.Errorf("the key's own rule: %v", own)
				}
			})
		}
		t.Run(c.rule+" taken away", func(t *testing.T) {
			d := open(t)
			k := d.provision(`{"user_email":"ana@club.test","tier":"enterprise",` + c.body + `}`)
			null := c.rule
			if null == "rate_limit" {
				null = "rate_limit_requests"
			}
			if d.update(k, `{"`+null+`":null}`); c.holds(d, k, d.principal(k)) {
				t.Error("the rule still holds")
			}
		})
	}
	if all := fullRules(t).Chosen(); !slices.Equal(slices.Sorted(slices.Values(covered)), slices.Sorted(slices.Values(all))) {
		t.Errorf("tested are the rules %v, there are %v", covered, all)
	}
}

// fullRules returns rules of which each is set.
func fullRules(t *testing.T) pierre.Rules {
	t.Helper()
	var r pierre.Rules
	for f, v := range reflect.ValueOf(&r).Elem().Fields() {
		switch v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Slice:
			v.Set(reflect.MakeSlice(f.Type, 1, 1))
		case reflect.Map:
			v.Set(reflect.MakeMap(f.Type))
		case reflect.Struct:
			v.FieldByName("Requests").SetInt(1)
		default:
			t.Fatalf("the test cannot fill %s", f.Name)
		}
	}
	return r
}

func (d *harness) ok(a answer) answer {
	d.t.Helper()
	if a.status < 200 || a.status > 299 {
		d.t.Fatalf("answer %d %s", a.status, a.body)
	}
	return a
}

// A network is compared with the client's own address, however it is written.
func TestNetworks(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter","allowed_networks":["203.0.113.77/24","2001:db8::/32","::ffff:198.51.100.0/120","192.0.2.5"]}`)
	if got := fmt.Sprint(d.show(k.ID).AllowedNetworks); got != "[203.0.113.0/24 2001:db8::/32 198.51.100.0/24 192.0.2.5/32]" {
		t.Errorf("the networks are %s", got)
	}
	for addr, admitted := range map[string]bool{
		"203.0.113.255": true, "203.0.114.0": false, "::ffff:203.0.113.1": true, "2001:db8:1::9": true, "2001:db9::": false,
		"198.51.100.3": true, "192.0.2.5": true, "192.0.2.6": false, "127.0.0.1": false, "fe80::1%eth0": false,
	} {
		if err := d.from(k, addr); (err == nil) != admitted {
			t.Errorf("from %s: %v, want admitted %v", addr, err, admitted)
		} else if err != nil && (pierre.KindOf(err) != pierre.KindDenied || strings.Contains(err.Error(), "203.0.113.0/24")) {
			t.Errorf("from %s: %v, want a refusal that does not tell the networks", addr, err)
		}
	}
	if _, err := d.verify(k); pierre.KindOf(err) != pierre.KindDenied {
		t.Errorf("from an address that is not known: %v, want it refused", err)
	}
}

func TestRulesRefuse(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"enterprise"}`)
	many := `["a` + strings.Repeat(`","a`, 100) + `"]`
	for _, tt := range []struct{ body, field, want string }{
		{`"burst":{"requests":0,"per_seconds":1}`, "burst", "between 1 and"},
		{`"burst":{"requests":1}`, "burst", "per_seconds"},
		{`"burst":{"requests":1,"per_second":1}`, "burst", "must be an object such as"},
		{`"burst":5`, "burst", "must be an object such as"},
		{`"tool_limits":{}`, "tool_limits", "null"},
		{`"tool_limits":{"get_*":{"requests":1,"period":"day"}}`, "tool_limits", "patterns"},
		{`"tool_limits":{"get_stats":{"requests":0,"period":"day"}}`, "tool_limits", "1 to"},
		{`"tool_limits":{"get_stats":{"requests":1}}`, "tool_limits", "minute, hour"},
		{`"tool_limits":{"get_stats":{"requests":1,"period":"day","per":1}}`, "tool_limits.get_stats.per", "no field"},
		{`"tool_limits":{"get_stats":{"requests":1,"period":"day"},"get_stats":{"requests":2,"period":"day"}}`, "tool_limits.get_stats", "twice"},
		{`"allowed_networks":[]`, "allowed_networks", "null"},
		{`"allowed_networks":["203.0.113.0/33"]`, "allowed_networks", "no network"},
		{`"allowed_networks":["example.com"]`, "allowed_networks", "no network"},
		{`"allowed_networks":` + many, "allowed_networks", "no network"},
		{`"allowed_tools":` + many, "allowed_tools", "1 to 100"},
		{`"tool_profile":""`, "tool_profile", "null"},
		{`"tool_profile":"coach"`, "tool_profile", "minimal, default, full"},
		{`"limit_scope":"all"`, "limit_scope", "key, customer, both"},
	} {
		d.problem(d.do("PATCH", "/admin/api-keys/"+k.ID, "{"+tt.body+"}"), http.StatusUnprocessableEntity, tt.field, tt.want)
		d.problem(d.do("PUT", "/admin/tiers/gold", "{"+tt.body+"}"), http.StatusUnprocessableEntity, tt.field, tt.want)
	}
	d.problem(d.do("POST", "/admin/provision-api-key", `{"user_email":"ana@club.test","tier":"starter","key_type":"robot"}`),
		http.StatusUnprocessableEntity, "key_type", "personal or application")
}

// Tiers can be added, are followed at once, and stay as long as there are keys of them.
func TestTiers(t *testing.T) {
	d := open(t)
	c, ctx := d.api(), t.Context()
	tiers, err := c.Tiers(ctx)
	if err != nil || len(tiers) != 4 || tiers[0].Name != pierre.TierTrial || tiers[0].Mode != pierre.ModeTrial || *tiers[0].LifetimeDays != 14 || tiers[3].RateLimit != nil {
		t.Fatalf("Tiers = %+v, %v", tiers, err)
	}
	made, err := c.PutTier(ctx, "gold", adminapi.TierRequest{RuleSettings: adminapi.RuleSettings{RateLimitRequests: given(int64(50))}, LifetimeDays: given(int64(30)), Mode: pierre.ModeTrial})
	if err != nil || made.RateLimit.Period != pierre.PeriodMonth || made.Mode != pierre.ModeTrial {
		t.Fatalf("PutTier = %+v, %v", made, err)
	}
	k := d.provision(`{"user_email":"ana@club.test","tier":"gold"}`)
	own := d.provision(`{"user_email":"ana@club.test","tier":"gold","rate_limit_requests":9}`)
	if shown := d.show(k.ID); shown.RateLimit.Requests != 50 || shown.Mode != pierre.ModeTrial || !strings.HasPrefix(k.APIKey, "pk_trial_") || shown.ExpiresAt == nil || len(shown.OwnRules) != 0 {
		t.Errorf("a key of the new tier is %+v", shown)
	}
	if p, err := d.verify(k); err != nil || p.Limits.Quota.Requests != 50 {
		t.Errorf("the key may call %+v, %v", p.Limits, err)
	}
	d.events = nil
	if _, err := c.PutTier(ctx, "gold", adminapi.TierRequest{RuleSettings: adminapi.RuleSettings{RateLimitRequests: given(int64(60))}}); err != nil {
		t.Fatal(err)
	}
	if p, err := d.verify(k); err != nil || p.Limits.Quota.Requests != 60 {
		t.Errorf("after the change of the tier the key may call %+v, %v", p.Limits, err)
	}
	if p, err := d.verify(own); err != nil || p.Limits.Quota.Requests != 9 {
		t.Errorf("the key with a limit of its own may call %+v, %v", p.Limits, err)
	}
	if !slices.Equal(d.events, []string{"all changed"}) {
		t.Errorf("the listeners were told %v", d.events)
	}
	d.problem(d.do("DELETE", "/admin/tiers/gold", ""), http.StatusConflict, "", "2 API keys")
	d.update(k, `{"tier":"starter"}`)
	d.update(own, `{"tier":"starter"}`)
	if err := c.RemoveTier(ctx, "gold"); err != nil {
		t.Error(err)
	}
	if _, err := c.Tier(ctx, "gold"); err == nil {
		t.Error("the removed tier is still there")
	}
	d.problem(d.do("PUT", "/admin/tiers/Gold!", `{}`), http.StatusUnprocessableEntity, "tier", "small letters")
	d.problem(d.do("GET", "/admin/tiers/Gold!", ""), http.StatusNotFound, "", "no tier with this name")
	d.problem(d.do("POST", "/admin/provision-api-key", `{"user_email":"ana@club.test","tier":"gold"}`), http.StatusUnprocessableEntity, "tier",
		"trial, starter, professional, enterprise")
}
