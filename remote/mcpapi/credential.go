package mcpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/tracing"
	"github.com/pierre-mcp/pierre/internal/web"
)

// verifyAgainAfter is how soon an open stream notices what another process did to its key.
const verifyAgainAfter = 10 * time.Second

// Callers say whose requests a Server answers: [Keys] or [Personal].
type Callers struct {
	auth     Authenticator
	athletes Athletes
	personal *access.Principal
}

// Keys are callers that show an API key; those with an application's act for one of the athletes.
func Keys(auth Authenticator, athletes Athletes) Callers {
	return Callers{auth: auth, athletes: athletes}
}

// Personal are the callers of a personal server: they act as who, and no key is asked for.
func Personal(who access.Principal) Callers { return Callers{personal: &who} }

// callers implements [streamable.Callers].
type callers struct {
	Callers

	resource string // see [Options.ResourceMetadata]
	now      func() time.Time
	changes  keyChanges
}

// A caller is the principal of a request, with the key that it came with; the zero principal is not known yet. Its first
// part is the request's [streamable.Credential], the whole its [streamable.Caller].
type caller struct {
	access.Principal

	of    *callers
	key   secret.String
	known bool
}

// Identify implements [streamable.Callers].
func (cs *callers) Identify(r *http.Request) (streamable.Credential, error) {
	c := &caller{of: cs}
	if cs.personal != nil {
		web.Claim(r.Context(), "personal")
		c.Principal, c.known = *cs.personal, true
		return c, nil
	}
	key, err := access.FromHeader(r.Header)
	if err == nil && key.Reveal() != "" {
		err = c.verify(r.Context(), key)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Group implements [streamable.Credential]: the owners of one key are a group.
func (c *caller) Group() (group string, ok bool) { return string(c.KeyID), c.known }

// Caller implements [streamable.Credential]. The caller acts for its own user, or for an application's athlete.
func (c *caller) Caller(r *http.Request, auth string) (streamable.Caller, error) {
	if c.of.personal != nil {
		return c, access.NoAthlete(r.Header, "This server is one person's: leave the header "+pierre.HeaderAthlete+" out.")
	}
	key, err := access.Same(c.key, secret.New(strings.TrimSpace(auth)))
	if err == nil && !c.known {
		err = c.verify(r.Context(), key)
	}
	if err != nil {
		return nil, err
	}
	c.Principal, err = c.of.athletes.ActFor(c.Principal, r)
	return c, err
}

func (c *caller) verify(ctx context.Context, key secret.String) error {
	ctx, end := tracing.Begin(ctx, "verify key")
	p, err := c.of.auth.Verify(ctx, key.Reveal())
	end(err)
	if err != nil {
		return err
	}
	web.Claim(ctx, string(p.KeyID))
	c.Principal, c.key, c.known = p, key, true
	return nil
}

// Owner implements [streamable.Caller]: a key, and of an application's key one of its athletes.
func (c *caller) Owner() streamable.Owner {
	return streamable.Owner{Group: string(c.KeyID), Member: string(c.UserID)}
}

// Context implements [streamable.Caller].
func (c *caller) Context(ctx context.Context) context.Context {
	return access.WithPrincipal(ctx, c.Principal)
}

// WhileValid implements [streamable.Caller]. A caller is no longer valid when its key is revoked or expires, which is the
// end of its grace as well, or may no longer be used from where the caller is. It verifies the key at once: if it was
// revoked while the stream was being opened, nothing else would tell.
func (c *caller) WhileValid(ctx context.Context, end func()) {
	if c.of.personal != nil {
		return
	}
	for {
		changed := c.of.changes.next() // before the key is verified, so that no change is missed
		p, err := c.of.auth.Verify(ctx, c.key.Reveal())
		if kind := pierre.KindOf(err); kind == pierre.KindUnauthenticated || kind == pierre.KindDenied {
			end()
			return
		}
		wait := verifyAgainAfter
		if err == nil && !p.Expires.IsZero() {
			wait = min(wait, max(0, p.Expires.Sub(c.of.now()))+time.Millisecond) // it is valid until then
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}
