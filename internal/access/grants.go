package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A GrantStore is where access tokens are kept.
type GrantStore interface {
	// AccessToken returns the token with that hash, whatever its state, or a [pierre.KindNotFound] error.
	AccessToken(ctx context.Context, hash [32]byte) (pierre.AccessToken, error)
}

// Grants verifies API keys and the access tokens that stand for them. A token is as good as its key: the key is verified
// at each use, so that its limits, tools and networks hold and its revocation ends the token at once. What is known of the
// token itself is kept as keys are, and forgotten when its key changes.
type Grants struct {
	keys     *Verifier
	tokens   GrantStore
	resource string
	known    *otter.Cache[[32]byte, knownToken]
}

type knownToken struct {
	pierre.AccessToken

	began time.Duration // of the lookup, since the verifier's start
	stamp uint64        // when the lookup began
	slot  uint8         // of the key, in the verifier's stamps
}

// NewGrants returns a verifier of keys and of tokens that were issued for resource, the URL of the MCP endpoint.
func NewGrants(keys *Verifier, tokens GrantStore, resource string) *Grants {
	return &Grants{keys: keys, tokens: tokens, resource: resource, known: otter.Must(&otter.Options[[32]byte, knownToken]{
		MaximumSize:      maxKnown,
		Clock:            cacheClock{keys.now},
		ExpiryCalculator: otter.ExpiryWriting[[32]byte, knownToken](knownFor),
	})}
}

// Verify returns the holder of the key, or of the key that the access token stands for. Errors are as for
// [Verifier.Verify]. A token that has expired or was revoked is not counted against the client: hosts whose users share an
// address send such tokens in the course of things.
func (g *Grants) Verify(ctx context.Context, text string) (Principal, error) {
	if !strings.HasPrefix(text, string(AccessToken)) {
		return g.keys.Verify(ctx, text)
	}
	token, ok := ParseToken(AccessToken, text)
	if !ok {
		return Principal{}, g.keys.failed.check(ctx, g.keys.now(), text, refuse("This access token was cut off or changed; connect the app again."))
	}
	known, err := g.lookup(ctx, text, token.Hash())
	if pierre.KindOf(err) == pierre.KindNotFound {
		return Principal{}, g.keys.failed.check(ctx, g.keys.now(), text, refuse("This server does not know this access token; connect the app again."))
	}
	if err != nil {
		return Principal{}, err
	}
	switch {
	case !known.Ended.IsZero():
		return Principal{}, refuse("The access of this app was revoked; connect it again.")
	case !g.keys.now().Before(known.Expires):
		return Principal{}, refuse("This access token has expired; refresh it.")
	case known.Resource != g.resource:
		return Principal{}, refuse("This access token is for %s, not for this server; connect the app again.", known.Resource)
	}
	return g.holder(ctx, known)
}

// holder returns the holder of the token's key, as the token restricts them.
func (g *Grants) holder(ctx context.Context, known knownToken) (Principal, error) {
	p, err := g.keys.verifyHash(ctx, "", known.KeyHash)
	if err != nil {
		return Principal{}, err
	}
	if p.Expires.IsZero() || known.Expires.Before(p.Expires) {
		p.Expires = known.Expires
	}
	p.ReadOnly = !slices.Contains(known.Scopes, pierre.ScopeWrite)
	return p, nil
}

func (g *Grants) lookup(ctx context.Context, text string, hash [32]byte) (knownToken, error) {
	if known, ok := g.known.GetIfPresent(hash); ok && g.keys.upToDate(known.slot, known.stamp, known.began) {
		return known, nil
	}
	began, stamp := g.keys.sinceStart(), g.keys.stamps.latest() // before the lookup: a change since then makes it out of date
	giveBack, err := g.keys.failed.admit(ctx, g.keys.now(), text)
	if err != nil {
		return knownToken{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	token, err := g.tokens.AccessToken(ctx, hash)
	if err != nil {
		return knownToken{}, slow(ctx, err)
	}
	giveBack()
	known := knownToken{token, began, stamp, slot(token.KeyID)}
	g.known.Set(hash, known)
	return known, nil
}
