package adminapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The provisioning guide's request gets the guide's response: flat, 201.
func TestProvisionAsTheGuideSays(t *testing.T) {
	d := open(t)
	a := d.do("POST", "/admin/provision-api-key", `{
		"user_email": "user@club.test", "tier": "professional", "rate_limit_requests": 10000, "rate_limit_period": "month",
		"expires_in_days": 365, "name": "My App", "description": "Production key"}`)
	k := d.key(a)
	want := fmt.Sprintf(`{"success":true,"api_key":%q,"api_key_id":%q,"user_id":%q,"tier":"professional",`+
		`"expires_at":"2027-03-10T12:00:00Z","rate_limit":{"requests":10000,"period":"month"},"key_prefix":%q}`+"\n",
		k.APIKey, k.ID, k.UserID, k.APIKey[:12])
	if a.body != want {
		t.Errorf("answer %s\nwant   %s", a.body, want)
	}
	for text, shape := range map[string]string{k.APIKey: `^pk_live_[0-9A-Za-z]{32}$`, k.ID: `^key_[0-9a-z]+$`, k.UserID: `^user_[0-9a-z]+$`} {
		if !regexp.MustCompile(shape).MatchString(text) {
			t.Errorf("%q does not look like %s", text, shape)
		}
	}
	d.admits(k)
	s := d.show(k.ID)
	if s.UserEmail != "user@club.test" || s.Name != "My App" || s.Status != "active" || s.KeyPrefix != k.APIKey[:12] || s.KeyLast4 != k.APIKey[30:34] {
		t.Errorf("the key is shown as %+v", s)
	}
}

func TestTiersHaveTheirDefaults(t *testing.T) {
	d := open(t)
	tests := []struct {
		body, limit, expires, prefix string
	}{
		{`"tier":"trial"`, "1000 month", "2026-03-24T12:00:00Z", "pk_trial_"},
		{`"tier":"trial","expires_in_days":3`, "1000 month", "2026-03-13T12:00:00Z", "pk_trial_"},
		{`"tier":"starter"`, "10000 month", "", "pk_live_"},
		{`"tier":"professional"`, "100000 month", "", "pk_live_"},
		{`"tier":"enterprise"`, "", "", "pk_live_"},
		{`"tier":"enterprise","rate_limit_requests":7,"rate_limit_period":"minute"`, "7 minute", "", "pk_live_"},
		{`"tier":"starter","rate_limit_requests":7`, "7 month", "", "pk_live_"},
		{`"tier":"starter","rate_limit_requests":1000000000,"rate_limit_period":"week","expires_in_days":3650`, "1000000000 week", "2036-03-07T12:00:00Z", "pk_live_"},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			k := d.provision(`{"user_email":"ana@club.test",` + tt.body + `}`)
			limit, expires := "", ""
			if k.RateLimit != nil {
				limit = fmt.Sprintf("%d %s", k.RateLimit.Requests, k.RateLimit.Period)
			}
			if k.ExpiresAt != nil {
				expires = *k.ExpiresAt
			}
			if limit != tt.limit || expires != tt.expires || !strings.HasPrefix(k.APIKey, tt.prefix) {
				t.Errorf("limit %q, expires %q, key %s…; want %q, %q, %s", limit, expires, k.Prefix, tt.limit, tt.expires, tt.prefix)
			}
			p, err := d.verify(k)
			if err != nil || p.Limits.Quota.Unlimited() != (tt.limit == "") || p.Tools != nil {
				t.Errorf("the key verifies as %+v, %v", p, err)
			}
		})
	}
}

func TestTrialEnds(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"trial"}`)
	d.pass(14*24*time.Hour - time.Second)
	d.admits(k)
	d.pass(time.Second)
	d.refuses(k, "expired on 24 March 2026")
	if s := d.show(k.ID); s.Status != "expired" {
		t.Errorf("status = %q, want expired", s.Status)
	}
}

// One address is one user, however it is written; two keys may have one name.
func TestUsersAreMadeOnce(t *testing.T) {
	d := open(t)
	a := d.provision(`{"user_email":"Ana@CLUB.test","tier":"starter","name":"laptop"}`)
	b := d.provision(`{"user_email":" ana@club.test ","tier":"starter","name":"laptop"}`)
	other := d.provision(`{"user_email":"bob@club.test","tier":"starter"}`)
	if a.UserID != b.UserID || a.UserID == other.UserID || a.ID == b.ID || a.APIKey == b.APIKey {
		t.Errorf("keys %+v, %+v of one user and %+v of another", a, b, other)
	}
	if got := len(d.list("?user_email=ana@club.test").APIKeys); got != 2 {
		t.Errorf("Ana has %d keys, want 2", got)
	}
}

func TestProvisionRefuses(t *testing.T) {
	d := open(t)
	tests := []struct{ name, body, field, want string }{
		{"no e-mail", `{"tier":"starter"}`, "user_email", "one plain e-mail address"},
		{"no address", `{"user_email":"ana","tier":"starter"}`, "user_email", "one plain e-mail address"},
		{"two addresses", `{"user_email":"a@club.test, b@club.test","tier":"starter"}`, "user_email", "one plain e-mail address"},
		{"a name beside it", `{"user_email":"Ana <ana@club.test>","tier":"starter"}`, "user_email", "one plain e-mail address"},
		{"long address", `{"user_email":"` + strings.Repeat("a", 250) + `@club.test","tier":"starter"}`, "user_email", "one plain e-mail address"},
		{"no tier", `{"user_email":"ana@club.test"}`, "tier", "trial, starter, professional, enterprise"},
		{"unknown tier", `{"user_email":"ana@club.test","tier":"gold"}`, "tier", "trial, starter, professional, enterprise"},
		{"no requests", `{"user_email":"ana@club.test","tier":"starter","rate_limit_requests":0}`, "rate_limit_requests", "between 1 and 1000000000"},
		{"negative requests", `{"user_email":"ana@club.test","tier":"starter","rate_limit_requests":-5,"rate_limit_period":"day"}`, "rate_limit_requests", "between 1 and"},
		{"too many requests", `{"user_email":"ana@club.test","tier":"starter","rate_limit_requests":1000000001}`, "rate_limit_requests", "between 1 and"},
		{"unknown period", `{"user_email":"ana@club.test","tier":"starter","rate_limit_requests":5,"rate_limit_period":"year"}`, "rate_limit_period", "minute, hour, day, week, month"},
		{"a period alone", `{"user_email":"ana@club.test","tier":"starter","rate_limit_period":"day"}`, "rate_limit_requests", "needs rate_limit_requests"},
		{"no days", `{"user_email":"ana@club.test","tier":"starter","expires_in_days":0}`, "expires_in_days", "between 1 and 3650"},
		{"too many days", `{"user_email":"ana@club.test","tier":"starter","expires_in_days":100000}`, "expires_in_days", "between 1 and 3650"},
		{"days as text", `{"user_email":"ana@club.test","tier":"starter","expires_in_days":"30"}`, "expires_in_days", "whole number"},
		{"a fraction", `{"user_email":"ana@club.test","tier":"starter","expires_in_days":1.5}`, "expires_in_days", "whole number"},
		{"a huge number", `{"user_email":"ana@club.test","tier":"starter","rate_limit_requests":1e30}`, "rate_limit_requests", "whole number"},
		{"long name", `{"user_email":"ana@club.test","tier":"starter","name":"` + strings.Repeat("ä", 101) + `"}`, "name", "at most 100 characters"},
		{"name of two lines", `{"user_email":"ana@club.test","tier":"starter","name":"a\nb"}`, "name", "one line"},
		{"name that turns around", `{"user_email":"ana@club.test","tier":"starter","name":"a\u202eb"}`, "name", "one line"},
		{"long description", `{"user_email":"ana@club.test","tier":"starter","description":"` + strings.Repeat("a", 1001) + `"}`, "description", "at most 1000"},
		{"no tools", `{"user_email":"ana@club.test","tier":"starter","allowed_tools":[]}`, "allowed_tools", "1 to 100 tools"},
		{"a bad pattern", `{"user_email":"ana@club.test","tier":"starter","allowed_tools":["get_["]}`, "allowed_tools", "get_["},
		{"a mistyped field", `{"user_email":"ana@club.test","tier":"starter","rate_limit":5}`, "rate_limit", "no field rate_limit"},
		{"a field twice", `{"user_email":"ana@club.test","tier":"starter","user_email":"bob@club.test"}`, "user_email", "given twice"},
		{"another letter case", `{"User_Email":"ana@club.test","tier":"starter"}`, "User_Email", "write it user_email"},
		{"no UTF-8", "{\"user_email\":\"ana@club.test\",\"tier\":\"starter\",\"name\":\"\xff\"}", "name", "not valid UTF-8"},
		{"null", `{"user_email":"ana@club.test","tier":"starter","expires_in_days":null}`, "expires_in_days", "not null"},
		{"long tier", `{"user_email":"ana@club.test","tier":"` + strings.Repeat("a", 1000) + `"}`, "tier", "not \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d.problem(d.do("POST", "/admin/provision-api-key", tt.body), http.StatusUnprocessableEntity, tt.field, tt.want)
		})
	}
	for body, want := range map[string]string{`user_email=ana@club.test`: "not valid JSON", ``: "not valid JSON", `[]`: "one JSON object"} {
		d.problem(d.do("POST", "/admin/provision-api-key", body), http.StatusBadRequest, "", want)
	}
	d.problem(d.do("POST", "/admin/provision-api-key", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`), http.StatusRequestEntityTooLarge, "", "1 MiB")
	if got := d.list(""); len(got.APIKeys) != 0 {
		t.Errorf("refused requests made keys: %+v", got)
	}
	if _, err := d.store.UserByEmail(t.Context(), "ana@club.test"); pierre.KindOf(err) != pierre.KindNotFound {
		t.Errorf("refused requests made a user: %v", err)
	}
}

// Two addresses that mail tells apart are two users, or one of them is refused.
func TestAddressesThatLookAlike(t *testing.T) {
	d := open(t)
	d.provision(`{"user_email":"kai@club.test","tier":"starter"}`)
	for _, address := range []string{"\u212aai@club.test", "ka\u0130@club.test", "k\u0430i@club.test", "kai\u200b@club.test", `\"kai\"@club.test`, `kai@club.test\n`} {
		d.problem(d.do("POST", "/admin/provision-api-key", `{"user_email":"`+address+`","tier":"starter"}`),
			http.StatusUnprocessableEntity, "user_email", "one plain e-mail address")
	}
	for _, address := range []string{"\u212aai@club.test", "kai\u200b@club.test", `"kai"@club.test`, "kai@club.test\n"} {
		d.problem(d.do("GET", "/admin/api-keys?user_email="+url.QueryEscape(address), ""),
			http.StatusUnprocessableEntity, "user_email", "one plain e-mail address")
	}
	if got := len(d.list("?user_email=KAI@club.test").APIKeys); got != 1 {
		t.Errorf("%d keys of Kai, want 1", got)
	}
}

// A user whom an older version made with an address that is refused now is still found by it.
func TestUsersWithOldAddressesAreFound(t *testing.T) {
	d := open(t)
	const old = "jürgen@club.test"
	k := pierre.APIKey{ID: pierre.NewKeyID(), Email: old, Name: "old", Tier: pierre.TierStarter, Prefix: "pk_live_0000", Last4: "0000"}
	act := pierre.Act{Person: "test", At: start}
	if _, _, err := d.store.ProvisionAPIKey(t.Context(), act, k, func(pierre.APIKey) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if got := d.list("?user_email=" + url.QueryEscape(old)).APIKeys; len(got) != 1 || got[0].UserEmail != old {
		t.Errorf("keys of the old user: %v, want one", got)
	}
}
