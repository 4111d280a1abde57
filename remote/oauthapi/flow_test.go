package oauthapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestConnect(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback)
	got := h.connect(app, h.key)
	direct, byToken := h.call("whoami", h.key), h.call("whoami", got.access)
	if byToken.status != http.StatusOK || byToken.body != direct.body {
		t.Errorf("with a token %d %s, with the key %d %s", byToken.status, byToken.body, direct.status, direct.body)
	}
	if a, b := direct.header.Get("RateLimit"), byToken.header.Get("RateLimit"); !strings.Contains(a, "r=999") || !strings.Contains(b, "r=998") {
		t.Errorf("the limit stands at %q after a call with the key, and at %q after one with the token", a, b)
	}
	h.clock.forward(time.Hour)
	if a := h.call("whoami", got.access); a.status != http.StatusUnauthorized || !strings.Contains(a.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
		t.Errorf("an expired token: %d %v", a.status, a.header)
	}
	next := h.exchange(refreshing(app, got.refresh))
	if a := h.call("whoami", next.access); a.status != http.StatusOK || next.refresh == got.refresh {
		t.Errorf("a refreshed token: %d %s", a.status, a.body)
	}
	for _, secret := range []string{h.key, got.access, got.refresh, next.access} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds a credential")
		}
	}
}

// What a token does ends with its key, at once.
func TestTokenEndsWithItsKey(t *testing.T) {
	for name, end := range map[string]func(h *harness, act pierre.Act) error{
		"revoked": func(h *harness, act pierre.Act) error {
			_, err := h.Store.RevokeAPIKey(h.t.Context(), act, h.keyID)
			h.Keys.Revoked(h.keyID)
			return err
		},
		"expired": func(h *harness, act pierre.Act) error {
			_, err := h.Store.UpdateAPIKey(h.t.Context(), act, h.keyID, func(k *pierre.APIKey) error { k.Expires = act.At.Add(time.Minute); return nil })
			h.Keys.Changed(h.keyID)
			h.clock.forward(time.Minute)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, nil)
			app := h.register(callback)
			got := h.connect(app, h.key)
			code := h.allow(asking(app), h.key).Get("code")
			if a := h.call("whoami", got.access); a.status != http.StatusOK {
				t.Fatalf("before: %d %s", a.status, a.body)
			}
			if err := end(h, pierre.Act{Person: "test", At: h.clock.now()}); err != nil {
				t.Fatal(err)
			}
			if a := h.call("whoami", got.access); a.status != http.StatusUnauthorized || !strings.Contains(a.body, name) {
				t.Errorf("calling: %d %s", a.status, a.body)
			}
			if a := h.post("/oauth/token", refreshing(app, got.refresh)); a.member("error") != "invalid_grant" {
				t.Errorf("refreshing: %d %s", a.status, a.body)
			}
			if a := h.post("/oauth/token", redeeming(app, code)); a.member("error") != "invalid_grant" {
				t.Errorf("redeeming: %d %s", a.status, a.body)
			}
		})
	}
}

// The access of one app is ended: its token is refused at once, the other app's and the key are not.
func TestTokenEndsWithItsGrant(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback)
	ended, kept := h.connect(app, h.key), h.connect(app, h.key)
	for _, text := range []string{ended.access, kept.access} {
		if a := h.call("whoami", text); a.status != http.StatusOK {
			t.Fatalf("before: %d %s", a.status, a.body)
		}
	}
	token, ok := access.ParseToken(access.AccessToken, ended.access)
	if !ok {
		t.Fatal("no access token")
	}
	known, err := h.Store.AccessToken(t.Context(), token.Hash())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Store.RevokeGrant(t.Context(), pierre.Act{Person: "test", At: h.clock.now()}, h.keyID, known.GrantID); err != nil {
		t.Fatal(err)
	}
	access.Tell(access.KeyListeners{h.Keys, h.API}, pierre.Change{Kind: pierre.ChangeKeyRevoked, ID: string(h.keyID)}) // as every server is told
	if a := h.call("whoami", ended.access); a.status != http.StatusUnauthorized || !strings.Contains(a.body, "revoked") {
		t.Errorf("the app: %d %s", a.status, a.body)
	}
	if a := h.post("/oauth/token", refreshing(app, ended.refresh)); a.member("error") != "invalid_grant" {
		t.Errorf("refreshing: %d %s", a.status, a.body)
	}
	for _, text := range []string{kept.access, h.key} {
		if a := h.call("whoami", text); a.status != http.StatusOK {
			t.Errorf("afterwards: %d %s", a.status, a.body)
		}
	}
}

// Tokens never live longer than their key.
func TestTokensExpireWithTheKey(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback)
	_, err := h.Store.UpdateAPIKey(t.Context(), pierre.Act{Person: "test", At: h.clock.now()}, h.keyID, func(k *pierre.APIKey) error {
		k.Expires = h.clock.now().Add(10 * time.Minute)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a := h.post("/oauth/token", redeeming(app, h.allow(asking(app), h.key).Get("code")))
	if a.status != http.StatusOK || !strings.Contains(a.body, `"expires_in":600`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestScopes(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback)
	reading := h.connect(app, h.key, pierre.ScopeRead, "openid", "offline_access")
	if a := h.call("whoami", reading.access); a.status != http.StatusOK {
		t.Errorf("a tool that changes nothing: %d %s", a.status, a.body)
	}
	a := h.call("set_profile", reading.access)
	if challenge := a.header.Get("WWW-Authenticate"); a.status != http.StatusForbidden || !strings.Contains(challenge, `error="insufficient_scope"`) ||
		!strings.Contains(challenge, pierre.ScopeWrite) || !strings.Contains(challenge, "/.well-known/oauth-protected-resource/mcp") {
		t.Errorf("a tool that changes something: %d %v %s", a.status, a.header, a.body)
	}
	if a := h.call("set_profile", h.connect(app, h.key).access); a.status != http.StatusOK {
		t.Errorf("with all scopes: %d %s", a.status, a.body)
	}
	both := h.connect(app, h.key, pierre.ScopeRead, pierre.ScopeWrite)
	v := refreshing(app, both.refresh)
	v.Set("scope", pierre.ScopeRead)
	narrow := h.exchange(v)
	if a := h.call("set_profile", narrow.access); a.status != http.StatusForbidden {
		t.Errorf("a narrowed token: %d %s", a.status, a.body)
	}
	if a := h.call("set_profile", h.exchange(refreshing(app, narrow.refresh)).access); a.status != http.StatusOK {
		t.Errorf("narrowing a token narrowed the grant: %d %s", a.status, a.body)
	}
	v = refreshing(app, reading.refresh)
	v.Set("scope", pierre.ScopeRead+" "+pierre.ScopeWrite)
	if a := h.post("/oauth/token", v); a.member("error") != "invalid_scope" {
		t.Errorf("widening: %d %s", a.status, a.body)
	}
}

// Who may use what a code or a refresh token gave is nobody, once it was used twice.
func TestReuseRevokes(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback)
	code := h.allow(asking(app), h.key).Get("code")
	got := h.exchange(redeeming(app, code))
	if a := h.call("whoami", got.access); a.status != http.StatusOK {
		t.Fatalf("before: %d %s", a.status, a.body)
	}
	if a := h.post("/oauth/token", redeeming(app, code)); a.status != http.StatusBadRequest || a.member("error") != "invalid_grant" {
		t.Errorf("the code again: %d %s", a.status, a.body)
	}
	if a := h.call("whoami", got.access); a.status != http.StatusUnauthorized {
		t.Errorf("after the code was used again: %d %s", a.status, a.body)
	}
	got = h.connect(app, h.key)
	next := h.exchange(refreshing(app, got.refresh))
	if a := h.call("whoami", next.access); a.status != http.StatusOK {
		t.Errorf("refreshed: %d %s", a.status, a.body)
	}
	h.clock.forward(10 * time.Second)
	if a := h.post("/oauth/token", refreshing(app, got.refresh)); a.member("error") != "invalid_grant" {
		t.Errorf("the refresh token again: %d %s", a.status, a.body)
	}
	for _, token := range []string{got.access, next.access} {
		if a := h.call("whoami", token); a.status != http.StatusUnauthorized {
			t.Errorf("after the refresh token was used again: %d %s", a.status, a.body)
		}
	}
	if a := h.post("/oauth/token", refreshing(app, next.refresh)); a.member("error") != "invalid_grant" {
		t.Errorf("its successor: %d %s", a.status, a.body)
	}
}

func TestRevoke(t *testing.T) {
	h := start(t, nil)
	app, other := h.register(callback), h.register(callback)
	for _, which := range []func(tokens) string{func(g tokens) string { return g.access }, func(g tokens) string { return g.refresh }} {
		got := h.connect(app, h.key)
		if a := h.post("/oauth/revoke", url.Values{"token": {which(got)}, "client_id": {other}}); a.status != http.StatusOK {
			t.Errorf("another client's: %d %s", a.status, a.body)
		}
		if a := h.call("whoami", got.access); a.status != http.StatusOK {
			t.Errorf("another client revoked it: %d %s", a.status, a.body)
		}
		if a := h.post("/oauth/revoke", url.Values{"token": {which(got)}, "client_id": {app}, "token_type_hint": {"nonsense"}}); a.status != http.StatusOK {
			t.Errorf("revoking: %d %s", a.status, a.body)
		}
		if a := h.call("whoami", got.access); a.status != http.StatusUnauthorized {
			t.Errorf("revoked: %d %s", a.status, a.body)
		}
	}
	for name, tt := range map[string]struct {
		form url.Values
		want int
	}{
		"unknown":   {url.Values{"token": {"x"}, "client_id": {app}}, http.StatusOK},
		"no token":  {url.Values{"client_id": {app}}, http.StatusBadRequest},
		"no client": {url.Values{"token": {"x"}}, http.StatusUnauthorized},
		"a secret":  {url.Values{"token": {"x"}, "client_id": {app}, "client_secret": {"s"}}, http.StatusUnauthorized},
	} {
		if a := h.post("/oauth/revoke", tt.form); a.status != tt.want {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// Two people who connect the same app have nothing to do with each other.
func TestPeopleAreApart(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback)
	bobID, bobKey := h.provision()
	ana, bob := h.connect(app, h.key), h.connect(app, bobKey)
	anaSays, bobSays := h.call("whoami", ana.access), h.call("whoami", bob.access)
	if anaSays.body == bobSays.body || anaSays.body != h.call("whoami", h.key).body || bobSays.body != h.call("whoami", bobKey).body {
		t.Errorf("ana's token: %s, bob's: %s", anaSays.body, bobSays.body)
	}
	if _, err := h.Store.RevokeAPIKey(t.Context(), pierre.Act{Person: "test", At: h.clock.now()}, bobID); err != nil {
		t.Fatal(err)
	}
	h.Keys.Revoked(bobID)
	if a, b := h.call("whoami", ana.access), h.call("whoami", bob.access); a.status != http.StatusOK || b.status != http.StatusUnauthorized {
		t.Errorf("bob's key was revoked: ana gets %d, bob %d", a.status, b.status)
	}
}
