package adminapi_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A customer is found by a part of the address, moved to a tier with all keys, limited, and deleted with all that is theirs.
func TestUsers(t *testing.T) {
	d := open(t)
	c, ctx := d.api(), t.Context()
	k, second := d.provision(`{"user_email":"ana+1@club.test","tier":"starter"}`), d.provision(`{"user_email":"ana+1@club.test","tier":"trial"}`)
	d.provision(`{"user_email":"bob@club.test","tier":"starter"}`)
	page, err := c.Users(ctx, adminapi.UserFilter{EmailPart: "Ana+"})
	if err != nil || len(page.Users) != 1 || page.Users[0].UserID != pierre.UserID(k.UserID) || page.Users[0].ActiveKeys != 2 {
		t.Fatalf("Users = %+v, %v", page, err)
	}
	if page := decode[adminapi.UserList](t, d.do("GET", "/admin/users?email=ana+1", "")); len(page.Users) != 1 {
		t.Errorf("a plus that is not encoded finds %+v", page.Users)
	}
	id := pierre.UserID(k.UserID)
	changed, err := c.UpdateUser(ctx, id, adminapi.UserUpdate{
		Tier: new(pierre.TierProfessional), CustomerLimit: given(pierre.Limit{Requests: 8, Period: pierre.PeriodDay}), Notes: new("first line\nsecond"),
	})
	if err != nil || changed.CustomerLimit.Requests != 8 || changed.Notes != "first line\nsecond" {
		t.Fatalf("UpdateUser = %+v, %v", changed, err)
	}
	for _, of := range []key{k, second} {
		p, err := d.verify(of)
		if err != nil || p.Limits.Quota.Requests != 100_000 || p.Limits.Customer.Requests != 8 || d.show(of.ID).ExpiresAt != nil {
			t.Errorf("%s is limited to %+v, %v; want the new tier's limit and the customer's", of.ID, p.Limits, err)
		}
	}
	if _, err := c.UpdateUser(ctx, id, adminapi.UserUpdate{CustomerLimit: adminapi.Nullable[pierre.Limit]{Given: true}}); err != nil {
		t.Fatal(err)
	}
	if p, err := d.verify(k); err != nil || !p.Limits.Customer.Unlimited() {
		t.Errorf("without the customer's limit: %+v, %v", p.Limits, err)
	}
	for _, tt := range []struct{ body, field, want string }{
		{`{}`, "", "changes nothing"},
		{`{"tier":"gold"}`, "tier", "trial, starter"},
		{`{"customer_limit":{"requests":0,"period":"day"}}`, "customer_limit", "must be such as"},
		{`{"customer_limit":{}}`, "customer_limit", "null"},
		{`{"notes":"` + strings.Repeat("a", 4001) + `"}`, "notes", "at most 4000"},
		{`{"notes":"a\u0000"}`, "notes", "control characters"},
		{`{"user_email":"x@y.test"}`, "user_email", "no field"},
	} {
		d.problem(d.do("PATCH", "/admin/users/"+k.UserID, tt.body), http.StatusUnprocessableEntity, tt.field, tt.want)
	}
	d.problem(d.do("GET", "/admin/users/Ana", ""), http.StatusNotFound, "", "Ids begin with user_")
	athlete, err := d.store.EnsureAthlete(ctx, id, "runner", 10, d.clock())
	if err != nil {
		t.Fatal(err)
	}
	if refused, ok := errors.AsType[*adminapi.Error](errorOf(c.DeleteUser(ctx, athlete))); !ok || refused.Status != http.StatusNotFound || len(d.left) > 0 {
		t.Errorf("an athlete is deleted as a user: %v, access was ended of %v", refused, d.left)
	}
	d.events = nil
	deleted, err := c.DeleteUser(ctx, id)
	if err != nil || deleted.Keys != 2 {
		t.Fatalf("DeleteUser = %+v, %v", deleted, err)
	}
	if !slices.Equal(d.left, []pierre.UserID{id}) {
		t.Errorf("access to other services was ended of %v, want %s", d.left, id)
	}
	slices.Sort(d.events)
	if want := []string{"revoked " + k.ID, "revoked " + second.ID}; !slices.Equal(d.events, slices.Sorted(slices.Values(want))) {
		t.Errorf("the listeners were told %v", d.events)
	}
	d.refuses(k, "does not know")
	if refused, ok := errors.AsType[*adminapi.Error](errorOf(c.DeleteUser(ctx, id))); !ok || refused.Status != http.StatusNotFound {
		t.Errorf("deleted again: %v", refused)
	}
	log, err := c.Audit(ctx, adminapi.AuditFilter{Limit: 200})
	if err != nil || slices.ContainsFunc(log.Entries, func(e adminapi.AuditEntry) bool { return strings.Contains(string(e.Details)+e.Target, "ana+1") }) {
		t.Errorf("the audit log names the deleted person: %+v, %v", log, err)
	}
}

func errorOf[T any](_ T, err error) error { return err }

// A token makes tokens, with no more permissions than it has; each is shown once, and a repetition makes no second one.
func TestTokens(t *testing.T) {
	d := open(t)
	c, ctx := d.api(), t.Context()
	req := adminapi.TokenRequest{Service: "console", Permissions: []pierre.Permission{pierre.PermListKeys, pierre.PermManageAdminTokens}}
	fresh, err := c.CreateToken(ctx, req, "once")
	if err != nil || fresh.Token.Status != pierre.KeyActive || fresh.Token.ExpiresAt == nil {
		t.Fatalf("CreateToken = %+v, %v", fresh, err)
	}
	d.hide(fresh.AdminToken.Reveal())
	if again, err := c.CreateToken(ctx, req, "once"); err != nil || again.AdminToken != fresh.AdminToken {
		t.Errorf("CreateToken again = %+v, %v; want the first token", again, err)
	}
	of := func(token adminapi.ClearKey) string { return "Bearer " + token.Reveal() }
	a := d.do("POST", "/admin/tokens", `{"service":"x","permissions":["list_keys","manage_users"]}`, "Authorization", of(fresh.AdminToken))
	d.problem(a, http.StatusForbidden, "", "does not have the permission manage_users")
	next, err := c.RotateToken(ctx, fresh.Token.TokenID, "")
	if err != nil || *next.Replaces != fresh.Token.TokenID || !slices.Equal(next.Token.Permissions, fresh.Token.Permissions) {
		t.Fatalf("RotateToken = %+v, %v", next, err)
	}
	d.hide(next.AdminToken.Reveal())
	if a := d.do("GET", "/admin/token-info", "", "Authorization", of(fresh.AdminToken)); a.status != http.StatusUnauthorized {
		t.Errorf("the rotated token: %d %s", a.status, a.body)
	}
	d.problem(d.do("POST", "/admin/tokens/"+string(fresh.Token.TokenID)+"/rotate", ""), http.StatusConflict, "", "was rotated before")
	for range 2 {
		if revoked, err := c.RevokeToken(ctx, next.Token.TokenID); err != nil || revoked.Status != pierre.KeyRevoked {
			t.Errorf("RevokeToken = %+v, %v", revoked, err)
		}
	}
	list := d.do("GET", "/admin/tokens", "")
	if n := len(decode[adminapi.TokenList](t, list).Tokens); n != 3 || strings.Contains(list.body, next.AdminToken.Reveal()) {
		t.Errorf("%d tokens are listed: %s", n, list.body)
	}
	for _, tt := range []struct{ body, field, want string }{
		{`{"service":" ","permissions":["list_keys"]}`, "service", "required"},
		{`{"service":"x","permissions":[]}`, "permissions", "unknown permission"},
		{`{"service":"x","permissions":["fly"]}`, "permissions", "unknown permission"},
		{`{"service":"x","permissions":["list_keys"],"expires_in_days":0}`, "expires_in_days", "between 1 and"},
		{`{"service":"` + strings.Repeat("a", 101) + `","permissions":["list_keys"]}`, "service", "at most 100"},
	} {
		d.problem(d.do("POST", "/admin/tokens", tt.body), http.StatusUnprocessableEntity, tt.field, tt.want)
	}
	d.problem(d.do("DELETE", "/admin/tokens/eyJhbGciOi", ""), http.StatusNotFound, "", "Ids begin with admin_token_")
	d.problem(d.do("DELETE", "/admin/tokens/admin_token_none", ""), http.StatusNotFound, "", "not found")
}

// The audit log is filtered, and comes as a table as well.
func TestAuditFiltersAndTable(t *testing.T) {
	d := open(t)
	k := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`)
	d.update(k, `{"name":"x, \"y\""}`)
	a := d.do("GET", "/admin/audit?target="+k.ID+"&from=2026-03-10&to=2026-03-10&format=csv&limit=1", "")
	lines := strings.Split(strings.TrimSpace(a.body), "\n")
	if a.status != http.StatusOK || len(lines) != 2 || lines[0] != "seq,at,actor,person,action,target,details,place,hash" || !strings.Contains(lines[1], ",key.update,"+k.ID+",") || a.header.Get("Next-Cursor") == "" {
		t.Errorf("the table is %q with %v", a.body, a.header)
	}
	for query, want := range map[string]int{"?action=key.update": 1, "?action=key.fly": 0, "?from=2026-03-11": 0, "?to=2026-03-09": 0, "?actor=admin-setup": 1} {
		if page := decode[adminapi.AuditPage](t, d.do("GET", "/admin/audit"+query, "")); len(page.Entries) != want || want > 0 && page.Entries[0].Hash == nil {
			t.Errorf("%s finds %+v, want %d", query, page.Entries, want)
		}
	}
	d.problem(d.do("GET", "/admin/audit?format=xml", ""), http.StatusUnprocessableEntity, "format", "json or csv")
	d.problem(d.do("GET", "/admin/audit?from=yesterday", ""), http.StatusUnprocessableEntity, "from", "RFC 3339")
}
