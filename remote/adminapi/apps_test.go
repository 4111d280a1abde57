package adminapi_test

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// connect lets an app of that name act with the key.
func (d *harness) connect(k key, name string) pierre.Grant {
	d.t.Helper()
	code, now := sha256.Sum256([]byte("code "+name)), d.clock()
	g := pierre.Grant{
		ID: pierre.NewGrantID(), KeyID: pierre.KeyID(k.ID), ClientID: "client_" + name, ClientName: "App " + name, RedirectURI: "https://app.example/cb",
		Challenge: "challenge", Scopes: []string{pierre.ScopeRead}, Resource: "https://pierre.example/mcp", Created: now, CodeExpires: now.Add(time.Minute),
	}
	if err := d.store.BeginGrant(d.t.Context(), g, code); err != nil {
		d.t.Fatal(err)
	}
	_, err := d.store.RedeemCode(d.t.Context(), code, now, func(pierre.Grant) (pierre.TokenPair, error) {
		return pierre.TokenPair{
			Access: sha256.Sum256([]byte("access " + name)), Refresh: sha256.Sum256([]byte("refresh " + name)),
			AccessExpires: now.Add(time.Hour), RefreshExpires: now.Add(24 * time.Hour), Scopes: g.Scopes,
		}, nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return g
}

// Operators see the apps of a key and end the access of one; what is open for the key is told to end.
func TestApps(t *testing.T) {
	d := open(t)
	ana, bob := d.provision(`{"user_email":"ana@club.test","tier":"starter"}`), d.provision(`{"user_email":"bob@club.test","tier":"starter"}`)
	c, ctx, id := d.api(), t.Context(), pierre.KeyID(ana.ID)
	first := d.connect(ana, "first")
	d.pass(time.Minute)
	second, others := d.connect(ana, "second"), d.connect(bob, "bobs")
	list := func() []pierre.GrantID {
		t.Helper()
		apps, err := c.Apps(ctx, id)
		if err != nil || apps.More {
			t.Fatal(apps, err)
		}
		var ids []pierre.GrantID
		for _, a := range apps.Grants {
			if ids = append(ids, a.GrantID); a.KeyID != id || a.RevokedAt != nil || a.LastUsedAt == nil || a.ExpiresAt == nil || a.ExpiresAt.Sub(*a.LastUsedAt) != 24*time.Hour {
				t.Errorf("listed as %+v", a)
			}
		}
		return ids
	}
	if got := list(); !slices.Equal(got, []pierre.GrantID{second.ID, first.ID}) {
		t.Errorf("the apps are %v, want the newest first: %v, %v", got, second.ID, first.ID)
	}
	var revoked adminapi.App
	for n := range 2 {
		a, err := c.RevokeApp(ctx, id, first.ID)
		if err != nil || a.GrantID != first.ID || a.ClientName != "App first" || a.RevokedAt == nil || n > 0 && !a.RevokedAt.Equal(*revoked.RevokedAt) {
			t.Errorf("RevokeApp = %+v, %v", a, err)
		}
		revoked = a
		d.pass(time.Minute)
	}
	if got := list(); !slices.Equal(got, []pierre.GrantID{second.ID}) {
		t.Errorf("the apps are %v, want %v", got, second.ID)
	}
	if d.mu.Lock(); !slices.Contains(d.events, "revoked "+ana.ID) || slices.Contains(d.events, "revoked "+bob.ID) {
		t.Errorf("the listeners heard %q", d.events)
	}
	d.mu.Unlock()
	audit := decode[adminapi.AuditPage](t, d.do("GET", "/admin/audit?action=key.revoke_app", ""))
	if len(audit.Entries) != 1 || audit.Entries[0].Target != ana.ID || !strings.Contains(string(audit.Entries[0].Details), string(first.ID)) {
		t.Errorf("the audit log has %+v, want one entry", audit.Entries)
	}
	d.problem(d.do("DELETE", "/admin/api-keys/"+ana.ID+"/grants/"+string(others.ID), ""), http.StatusNotFound, "", "not found")
	d.problem(d.do("DELETE", "/admin/api-keys/"+ana.ID+"/grants/pk_live_x", ""), http.StatusNotFound, "", "Ids begin with grant_")
	d.problem(d.do("GET", "/admin/api-keys/key_none/grants", ""), http.StatusNotFound, "", "not found")
	d.pass(25 * time.Hour)
	if got := list(); len(got) != 0 {
		t.Errorf("after all tokens expired the apps are %v", got)
	}
}
