package importapi

import (
	"context"
	"net/http"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// Callers tell who sends a request.
type Callers interface {
	Caller(r *http.Request) (access.Principal, error)
}

// An Authenticator tells who holds a key. Its errors are [pierre.KindUnauthenticated] if the key is not accepted.
type Authenticator interface {
	Verify(ctx context.Context, key string) (access.Principal, error)
}

// Athletes know for which athlete a caller acts. Their error is [pierre.KindMalformed] if the headers do not fit the caller.
type Athletes interface {
	ActFor(p access.Principal, r *http.Request) (access.Principal, error)
}

// Keys are callers that show an API key; those with an application's act for one of the athletes.
func Keys(auth Authenticator, athletes Athletes) KeyCallers { return KeyCallers{auth, athletes} }

// KeyCallers are made by [Keys].
type KeyCallers struct {
	auth     Authenticator
	athletes Athletes
}

// Caller implements [Callers].
func (c KeyCallers) Caller(r *http.Request) (access.Principal, error) {
	key, err := access.FromHeader(r.Header)
	if err != nil {
		return access.Principal{}, err
	}
	who, err := c.auth.Verify(r.Context(), key.Reveal())
	if err != nil {
		return access.Principal{}, err
	}
	web.Claim(r.Context(), string(who.KeyID))
	return c.athletes.ActFor(who, r)
}

// Personal are the callers of a personal server: the programs of this machine, all of which act as who.
func Personal(who access.Principal) PersonalCallers { return PersonalCallers{who} }

// PersonalCallers are made by [Personal].
type PersonalCallers struct{ who access.Principal }

// Caller implements [Callers].
func (c PersonalCallers) Caller(r *http.Request) (access.Principal, error) {
	if !web.Loopback(r.Host) { // a page that rebinds its domain to this machine has that domain as Host
		return access.Principal{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "This server answers only to localhost."}
	}
	web.Claim(r.Context(), "personal")
	return c.who, access.NoAthlete(r.Header, "This server is one person's: leave the header "+pierre.HeaderAthlete+" out.")
}
