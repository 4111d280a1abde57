package access_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// tokenTable is the access tokens of a test; it counts how often it is asked.
type tokenTable struct {
	rows  map[[32]byte]pierre.AccessToken
	asked int
}

func (s *tokenTable) AccessToken(_ context.Context, hash [32]byte) (pierre.AccessToken, error) {
	s.asked++
	a, ok := s.rows[hash]
	if !ok {
		return a, pierre.NotFound("the access token")
	}
	return a, nil
}

// keyTable is the one key of a test.
type keyTable struct{ key pierre.APIKey }

func (s keyTable) APIKeyByHash(_ context.Context, hash [32]byte) (pierre.APIKey, error) {
	if hash != s.key.Hash {
		return pierre.APIKey{}, pierre.NotFound("API key")
	}
	return s.key, nil
}

func (keyTable) TouchAPIKeys(context.Context, map[pierre.KeyID]time.Time) error { return nil }

func TestGrants(t *testing.T) {
	const resource = "https://pierre.example/mcp"
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	key, token := access.GenerateKey(pierre.ModeLive), access.GenerateToken(access.AccessToken)
	row := pierre.APIKey{ID: "key_a", UserID: "user_a", Hash: key.Hash()}
	good := pierre.AccessToken{KeyID: "key_a", KeyHash: key.Hash(), Scopes: pierre.Scopes(), Resource: resource, Expires: now.Add(time.Hour)}
	tokens := &tokenTable{rows: map[[32]byte]pierre.AccessToken{token.Hash(): good}}
	keys := access.NewVerifier(keyTable{row}, func() time.Time { return now })
	grants := access.NewGrants(keys, tokens, resource)

	p, err := grants.Verify(t.Context(), token.Reveal())
	if err != nil || p.KeyID != "key_a" || p.UserID != "user_a" || p.ReadOnly || !p.Expires.Equal(good.Expires) {
		t.Errorf("Verify = %+v, %v", p, err)
	}
	if p, err := grants.Verify(t.Context(), key.Reveal()); err != nil || p.KeyID != "key_a" || !p.Expires.IsZero() {
		t.Errorf("with the key: %+v, %v", p, err)
	}
	if _, err := grants.Verify(t.Context(), token.Reveal()); err != nil || tokens.asked != 1 {
		t.Errorf("the store was asked %d times, %v", tokens.asked, err)
	}
	for name, tt := range map[string]struct {
		change func(a *pierre.AccessToken)
		want   string
	}{
		"revoked":          {func(a *pierre.AccessToken) { a.Ended = now }, "revoked"},
		"expired":          {func(a *pierre.AccessToken) { a.Expires = now }, "expired"},
		"another server's": {func(a *pierre.AccessToken) { a.Resource = "https://other.example/mcp" }, "not for this server"},
		"another's key":    {func(a *pierre.AccessToken) { a.KeyHash = [32]byte{1} }, "does not know this API key"},
	} {
		changed := good
		tt.change(&changed)
		tokens.rows[token.Hash()] = changed
		keys.Changed("key_a") // what is remembered of its tokens is forgotten at once
		if _, err := grants.Verify(t.Context(), token.Reveal()); pierre.KindOf(err) != pierre.KindUnauthenticated || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.Scopes = []string{pierre.ScopeRead}
	tokens.rows[token.Hash()] = good
	keys.Changed("key_a")
	if p, err := grants.Verify(t.Context(), token.Reveal()); err != nil || !p.ReadOnly {
		t.Errorf("with one scope: %+v, %v", p, err)
	}
}

// Made-up tokens count as wrong credentials; those that have expired do not, since hosts whose users share an address send
// them in the course of things.
func TestWrongTokensAreThrottled(t *testing.T) {
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	old, key := access.GenerateToken(access.AccessToken), access.GenerateKey(pierre.ModeLive)
	tokens := &tokenTable{rows: map[[32]byte]pierre.AccessToken{old.Hash(): {KeyHash: key.Hash(), Expires: now}}}
	verify := func(addr, text string) error {
		ctx := access.WithClient(t.Context(), netip.MustParseAddr(addr))
		keys := access.NewGrants(access.NewVerifier(keyTable{}, func() time.Time { return now }), tokens, "r")
		var err error
		for range 100 {
			_, err = keys.Verify(ctx, text)
		}
		return err
	}
	if err := verify("192.0.2.1", old.Reveal()); pierre.KindOf(err) != pierre.KindUnauthenticated {
		t.Errorf("an expired token: %v", err)
	}
	for _, text := range []string{access.GenerateToken(access.AccessToken).Reveal(), "pot_nonsense"} {
		if err := verify("192.0.2.1", text); pierre.KindOf(err) != pierre.KindRateLimited {
			t.Errorf("%.8s: %v", text, err)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(access.GenerateToken(access.AccessToken).Reveal())
	f.Add("pot_")
	f.Fuzz(func(t *testing.T, text string) {
		token, ok := access.ParseToken(access.AccessToken, text)
		if ok && (token.Reveal() != text || len(text) != 42) {
			t.Errorf("%q is a token", text)
		}
		if _, also := access.ParseToken(access.RefreshToken, text); ok && also {
			t.Errorf("%q is of two kinds", text)
		}
	})
}
