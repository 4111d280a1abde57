// Package access makes, reads and verifies credentials: API keys and admin tokens. Limits are package limit's, records of
// calls package usage's. Keys and tokens are kept behind interfaces that are declared here.
package access

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Principal is the caller of a request whose credential was verified.
type Principal struct {
	UserID  pierre.UserID
	KeyID   pierre.KeyID // "" in single-tenant mode, which has no keys
	Quota   pierre.KeyID // what calls count against: the family of the key
	Limit   pierre.Limit
	Expires time.Time // when the key is no longer accepted, the end of its grace included; zero: never
	Tools   []string  // globs of the tools that the caller may use, nil means all; see [pierre.MayUse]
}

type principalKey struct{}

// WithPrincipal returns a context that carries p.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns the principal that ctx carries, if it carries one.
func PrincipalFrom(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
