package mcpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
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

// A caller is the principal of a request, with the credential that it came with. The zero caller is not known yet.
type caller struct {
	access.Principal

	key   secret.String
	known bool
}

// fromHeader returns the caller by the request's headers. A request may have its credential in the message instead: then
// the caller is not known yet. If the credential is not accepted, err says why.
func (s *Server) fromHeader(r *http.Request) (c caller, err error) {
	if s.callers.personal != nil {
		web.Claim(r.Context(), "personal")
		return caller{Principal: *s.callers.personal, known: true}, nil
	}
	if c.key, err = access.FromHeader(r.Header); err != nil || c.key.Reveal() == "" {
		return c, err
	}
	return s.verify(r.Context(), c.key)
}

// withAuth returns the caller, now that the message and its auth member have come.
func (s *Server) withAuth(ctx context.Context, c caller, auth string) (caller, error) {
	if s.callers.personal != nil {
		return c, nil
	}
	key, err := access.Same(c.key, secret.New(strings.TrimSpace(auth)))
	if err != nil || c.known {
		return c, err
	}
	return s.verify(ctx, key)
}

// actFor returns the caller as it acts in a request with these headers: for its own user, or for an application's athlete.
func (s *Server) actFor(ctx context.Context, c caller, h http.Header) (caller, error) {
	var err error
	if s.callers.personal != nil {
		err = access.NoAthlete(h, "This server is one person's: leave the header "+pierre.HeaderAthlete+" out.")
	} else {
		c.Principal, err = s.callers.athletes.ActFor(ctx, c.Principal, h)
	}
	return c, err
}

func (s *Server) verify(ctx context.Context, key secret.String) (caller, error) {
	ctx, end := tracing.Begin(ctx, "verify key")
	p, err := s.callers.auth.Verify(ctx, key.Reveal())
	end(err)
	if err != nil {
		return caller{}, err
	}
	web.Claim(ctx, string(p.KeyID))
	return caller{Principal: p, key: key, known: true}, nil
}

// whileValid calls end as soon as the caller's key is revoked or expires, which is the end of its grace as well, or may no
// longer be used from where the caller is. It
// verifies the key at once: if it was revoked while the stream was being opened, nothing else would tell. It returns when
// ctx ends.
func (s *Server) whileValid(ctx context.Context, c caller, end func()) {
	if s.callers.personal != nil {
		return
	}
	for {
		changed := s.keyChanges.next() // before the key is verified, so that no change is missed
		p, err := s.callers.auth.Verify(ctx, c.key.Reveal())
		if kind := pierre.KindOf(err); kind == pierre.KindUnauthenticated || kind == pierre.KindDenied {
			end()
			return
		}
		wait := verifyAgainAfter
		if err == nil && !p.Expires.IsZero() {
			wait = min(wait, max(0, p.Expires.Sub(s.now()))+time.Millisecond) // it is valid until then
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
