package adminapi_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

func (d *harness) update(k key, body string) adminapi.Key {
	d.t.Helper()
	a := d.do("PATCH", "/admin/api-keys/"+k.ID, body)
	if a.status != http.StatusOK {
		d.t.Fatalf("PATCH %s answered %d %s", body, a.status, a.body)
	}
	s := decode[adminapi.KeyAnswer](d.t, a).APIKey
	if again := d.show(k.ID); !reflect.DeepEqual(again, s) {
		d.t.Errorf("PATCH answered %+v, but the key is %+v", s, again)
	}
	return s
}

// Every field changes what it says, and nothing else.
func TestUpdateFields(t *testing.T) {
	d := open(t)
	const before = "starter 9/hour [get_*] laptop 2026-04-09T12:00:00Z"
	tests := []struct{ body, want string }{
		{`{"name":"desktop"}`, "starter 9/hour [get_*] desktop 2026-04-09T12:00:00Z"},
		{`{"tier":"professional"}`, "professional 9/hour [get_*] laptop 2026-04-09T12:00:00Z"}, // the limit was chosen for this key
		{`{"tier":"professional","rate_limit_requests":null}`, "professional 100000/month [get_*] laptop 2026-04-09T12:00:00Z"},
		{`{"tier":"professional","rate_limit_period":"day"}`, "professional 9/day [get_*] laptop 2026-04-09T12:00:00Z"},
		{`{"tier":"enterprise","rate_limit_requests":null}`, "enterprise - [get_*] laptop 2026-04-09T12:00:00Z"},
		{`{"tier":"trial"}`, "trial 9/hour [get_*] laptop 2026-03-24T12:00:00Z"}, // 14 days
		{`{"tier":"trial","expires_in_days":20}`, "trial 9/hour [get_*] laptop 2026-03-30T12:00:00Z"},
		{`{"tier":"trial","expires_at":null}`, "trial 9/hour [get_*] laptop -"},
		{`{"tier":"enterprise","rate_limit_requests":3}`, "enterprise 3/month [get_*] laptop 2026-04-09T12:00:00Z"},
		{`{"tier":"enterprise","rate_limit_requests":3,"rate_limit_period":"day"}`, "enterprise 3/day [get_*] laptop 2026-04-09T12:00:00Z"},
		{`{"rate_limit_requests":3}`, "starter 3/hour [get_*] laptop 2026-04-09T12:00:00Z"},
		{`{"rate_limit_period":"week"}`, "starter 9/week [get_*] laptop 2026-04-09T12:00:00Z"},
		{`{"rate_limit_requests":null}`, "starter 10000/month [get_*] laptop 2026-04-09T12:00:00Z"},
		{`{"expires_at":null}`, "starter 9/hour [get_*] laptop -"},
		{`{"expires_at":"2026-12-24T18:00:00+01:00"}`, "starter 9/hour [get_*] laptop 2026-12-24T17:00:00Z"},
		{`{"expires_in_days":1}`, "starter 9/hour [get_*] laptop 2026-03-11T12:00:00Z"},
		{`{"allowed_tools":null}`, "starter 9/hour [] laptop 2026-04-09T12:00:00Z"},
		{`{"allowed_tools":["analyze_*","get_stats"]}`, "starter 9/hour [analyze_* get_stats] laptop 2026-04-09T12:00:00Z"},
		{`{"description":"of 2026"}`, before},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			k := d.provision(`{"user_email":"ana@club.test","tier":"starter","name":"laptop","expires_in_days":30,
				"rate_limit_requests":9,"rate_limit_period":"hour","allowed_tools":["get_*"]}`)
			if got := summary(d.show(k.ID)); got != before {
				t.Fatalf("before: %s, want %s", got, before)
			}
			if got := summary(d.update(k, tt.body)); got != tt.want {
				t.Errorf("after: %s\nwant   %s", got, tt.want)
			}
		})
	}
}

func summary(s adminapi.Key) string {
	limit, expires := "-", "-"
	if s.RateLimit != nil {
		limit = fmt.Sprintf("%d/%s", s.RateLimit.Requests, s.RateLimit.Period)
	}
	if s.ExpiresAt != nil {
		expires = s.ExpiresAt.Format(time.RFC3339)
	}
	return fmt.Sprint(s.Tier, " ", limit, " ", s.AllowedTools, " ", s.Name, " ", expires)
}

// What is stored must be what is enforced: after a change of the limit, so many more calls pass, at once.
func TestUpdateOfTheLimitIsEnforced(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter","rate_limit_requests":2,"rate_limit_period":"day"}`)
	passed := func() (n int) {
		for {
			p, err := d.verify(k)
			if err != nil {
				t.Fatal(err)
			}
			decision, err := d.limiter.Reserve(t.Context(), p.Buckets("get_stats"), d.clock())
			if err != nil {
				t.Fatal(err)
			}
			if !decision.Allowed || n > 20 {
				return n
			}
			n++
		}
	}
	if n := passed(); n != 2 {
		t.Errorf("%d calls pass, want 2", n)
	}
	d.update(k, `{"rate_limit_requests":5}`)
	if n := passed(); n != 3 {
		t.Errorf("after raising the limit to 5, %d more calls pass, want 3", n)
	}
	d.update(k, `{"tier":"enterprise","rate_limit_requests":null}`)
	if n := passed(); n <= 20 {
		t.Errorf("an unlimited key passes %d calls only", n)
	}
}

func TestUpdateOfToolsAndExpiryBitesAtOnce(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	p, err := d.verify(k)
	if err != nil || !pierre.MayUse(p.Tools, "get_stats") {
		t.Fatalf("a new key may use %v, %v; want all", p.Tools, err)
	}
	d.update(k, `{"allowed_tools":["analyze_*"]}`)
	if p, err = d.verify(k); err != nil || pierre.MayUse(p.Tools, "get_stats") || !pierre.MayUse(p.Tools, "analyze_activity") {
		t.Errorf("the key may use %v, %v; want analyze_* only", p.Tools, err)
	}
	d.update(k, `{"expires_at":"2026-03-10T12:00:05Z"}`)
	d.admits(k)
	d.pass(5 * time.Second)
	d.refuses(k, "expired")
	d.update(k, `{"expires_at":null}`) // prolonging brings it back
	d.admits(k)
}

func TestUpdateRefuses(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"enterprise"}`)
	before := d.show(k.ID)
	for _, tt := range []struct{ body, field, want string }{
		{`{}`, "", "changes nothing; give at least one of tier, rate_limit_requests, rate_limit_period, burst, tool_limits, allowed_tools, allowed_networks, tool_profile, limit_scope, name, description, expires_at, expires_in_days."},
		{`{"tier":"gold"}`, "tier", "trial, starter"},
		{`{"rate_limit_requests":0}`, "rate_limit_requests", "between 1 and"},
		{`{"rate_limit_requests":"5"}`, "rate_limit_requests", "whole number"},
		{`{"rate_limit_period":"day"}`, "rate_limit_requests", "no limit yet"},
		{`{"rate_limit_requests":5,"rate_limit_period":"year"}`, "rate_limit_period", "minute, hour"},
		{`{"name":" "}`, "name", "not be empty"},
		{`{"name":"` + strings.Repeat("a", 101) + `"}`, "name", "at most 100"},
		{`{"description":"a\tb"}`, "description", "one line"},
		{`{"expires_at":"2026-03-10T12:00:00Z"}`, "expires_at", "DELETE"},
		{`{"expires_at":"2099-01-01T00:00:00Z"}`, "expires_at", "within the next 3650 days"},
		{`{"expires_at":"tomorrow"}`, "expires_at", "RFC 3339"},
		{`{"expires_at":5}`, "expires_at", "must be a string"},
		{`{"expires_in_days":0}`, "expires_in_days", "between 1 and 3650"},
		{`{"expires_in_days":1,"expires_at":null}`, "expires_at", "not both"},
		{`{"allowed_tools":[]}`, "allowed_tools", "null for all"},
		{`{"allowed_tools":["a",""]}`, "allowed_tools", "no tool's name"},
		{`{"allowed_tools":"get_*"}`, "allowed_tools", "must be a list"},
		{`{"user_email":"bob@club.test"}`, "user_email", "no field"},
		{`{"name":"x","tier":"gold"}`, "tier", "trial, starter"},
	} {
		d.problem(d.do("PATCH", "/admin/api-keys/"+k.ID, tt.body), http.StatusUnprocessableEntity, tt.field, tt.want)
	}
	if after := d.show(k.ID); !reflect.DeepEqual(after, before) {
		t.Errorf("refused changes changed %+v\nto %+v", before, after)
	}
}

func TestKeyThatIsOverIsNotChanged(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	next := d.key(d.do("POST", "/admin/api-keys/"+k.ID+"/rotate", `{"grace_seconds":60}`))
	d.problem(d.do("PATCH", "/admin/api-keys/"+k.ID, `{"expires_at":null}`), http.StatusConflict, "", next.ID)
	d.do("DELETE", "/admin/api-keys/"+next.ID, "")
	d.problem(d.do("PATCH", "/admin/api-keys/"+next.ID, `{"name":"x"}`), http.StatusConflict, "", "revoked")
}

// What is open for a key ends when something is taken from it, and stays for every other change.
func TestListenersAreToldHowKeysChange(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	path := "/admin/api-keys/" + k.ID
	for _, tt := range []struct{ method, path, body, want string }{
		{"PATCH", path, `{"name":"laptop"}`, "changed"},
		{"PATCH", path, `{"tier":"professional","expires_in_days":30}`, "changed"},
		{"PATCH", path, `{"allowed_tools":["get_*","set_goal"]}`, "revoked"},
		{"PATCH", path, `{"allowed_tools":["set_goal","compare_*","get_*"]}`, "changed"},
		{"PATCH", path, `{"allowed_tools":["get_*"]}`, "revoked"},
		{"PATCH", path, `{"allowed_tools":["get_*"]}`, "changed"},
		{"PATCH", path, `{"allowed_tools":null}`, "changed"},
		{"PATCH", path, `{"tier":"gold"}`, ""},
		{"POST", path + "/rotate", `{"grace_seconds":60}`, "changed"},
		{"DELETE", path, "", "revoked"},
	} {
		d.events = nil
		d.do(tt.method, tt.path, tt.body)
		var want []string
		if tt.want != "" {
			want = []string{tt.want + " " + k.ID}
		}
		if !slices.Equal(d.events, want) {
			t.Errorf("%s %s told the listeners %v, want %v", tt.method, tt.body, d.events, want)
		}
	}
	k = d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	d.events = nil
	if d.do("POST", "/admin/api-keys/"+k.ID+"/rotate", `{"grace_seconds":0}`); !slices.Equal(d.events, []string{"revoked " + k.ID}) {
		t.Errorf("a rotation without grace told the listeners %v", d.events)
	}
}

// A tier brings its limit and its lifetime, and takes those of the tier before with it.
func TestUpdateOfTheTier(t *testing.T) {
	d := open(t)
	for _, tt := range []struct{ name, provision, update, want string }{
		{"live to trial", `"tier":"starter"`, `{"tier":"trial"}`, "trial 1000/month 2026-03-24T12:00:00Z"},
		{"live to trial, ends sooner", `"tier":"starter","expires_in_days":3`, `{"tier":"trial"}`, "trial 1000/month 2026-03-13T12:00:00Z"},
		{"live to live", `"tier":"starter","expires_in_days":3`, `{"tier":"professional"}`, "professional 100000/month 2026-03-13T12:00:00Z"},
		{"trial to live", `"tier":"trial"`, `{"tier":"professional"}`, "professional 100000/month -"},
		{"trial to live with an end", `"tier":"trial"`, `{"tier":"professional","expires_in_days":365}`, "professional 100000/month 2027-03-10T12:00:00Z"},
		{"trial with a chosen end to live", `"tier":"trial","expires_in_days":90`, `{"tier":"starter"}`, "starter 10000/month 2026-06-08T12:00:00Z"},
		{"trial to trial", `"tier":"trial","expires_in_days":3`, `{"tier":"trial"}`, "trial 1000/month 2026-03-13T12:00:00Z"},
		{"chosen limit", `"tier":"trial","rate_limit_requests":7`, `{"tier":"enterprise"}`, "enterprise 7/month -"},
		{"chosen limit, reset", `"tier":"trial","rate_limit_requests":7`, `{"tier":"enterprise","rate_limit_requests":null}`, "enterprise - -"},
		{"the tier's limit", `"tier":"enterprise"`, `{"tier":"starter"}`, "starter 10000/month -"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := d.provision(`{"user_email":"ana@club.test",` + tt.provision + `}`)
			if got := strings.Replace(summary(d.update(k, tt.update)), " [] API key", "", 1); got != tt.want {
				t.Errorf("the key is %s, want %s", got, tt.want)
			}
		})
	}
	k := d.provision(`{"user_email":"ana@club.test","tier":"trial"}`)
	d.update(k, `{"tier":"professional"}`)
	d.admits(k) // its text stays, and says pk_trial_
	if next := d.key(d.do("POST", "/admin/api-keys/"+k.ID+"/rotate", `{"grace_seconds":0}`)); !strings.HasPrefix(next.APIKey, "pk_live_") {
		t.Errorf("the successor of an upgraded trial key begins with %s, want pk_live_", next.Prefix)
	}
}
