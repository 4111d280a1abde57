package pierre

import (
	"slices"
	"time"
)

// The scopes of an access token (RFC 6749, section 3.3): what an app that a person connected may do with the person's key.
const (
	ScopeRead  = "training:read"  // call the tools that change nothing
	ScopeWrite = "training:write" // call the others as well
)

// Scopes lists the scopes, the widest last.
func Scopes() []string { return []string{ScopeRead, ScopeWrite} }

// An OAuthClient is an app that registered itself to ask people for access (RFC 7591).
type OAuthClient struct {
	ID           string // client_…
	Name         string // as it calls itself; nobody checked it
	RedirectURIs []string
	Created      time.Time
}

// A Grant is a person's consent that an app acts with the person's key. It begins with an authorization code, goes on with
// the tokens that the code gave, and ends with the key at the latest.
type Grant struct {
	ID          GrantID
	KeyID       KeyID
	ClientID    string // client_…, or the URL of the client's metadata document
	ClientName  string
	RedirectURI string   // where the code was sent
	Challenge   string   // of PKCE, method S256 (RFC 7636)
	Scopes      []string // of [Scopes]
	Resource    string   // the URL of the MCP endpoint that the tokens are for (RFC 8707)
	Created     time.Time
	CodeExpires time.Time
	KeyExpires  time.Time // zero: never. It is not kept, but read with the grant
}

// A ConnectedApp is a grant that was made use of, as its key's owner or an operator sees it.
type ConnectedApp struct {
	Grant

	Used    time.Time // when its latest tokens were issued
	Expires time.Time // when the last of its tokens does
	Ended   time.Time // when it was revoked; zero: it was not
}

// Narrow returns the scopes of the grant that are among wanted, all if wanted is empty.
func (g *Grant) Narrow(wanted []string) []string {
	if len(wanted) == 0 {
		return g.Scopes
	}
	return slices.DeleteFunc(slices.Clone(g.Scopes), func(s string) bool { return !slices.Contains(wanted, s) })
}

// A TokenPair is an access token and the refresh token that gets the next pair, as they are kept: by their SHA-256.
type TokenPair struct {
	Access, Refresh               [32]byte
	AccessExpires, RefreshExpires time.Time
	Scopes                        []string // of the access token; those of the grant or fewer
}

// An AccessToken is what is known of an access token whose hash was found.
type AccessToken struct {
	GrantID  GrantID
	KeyID    KeyID
	KeyHash  [32]byte // of the key that the token stands for
	Scopes   []string
	Resource string
	Expires  time.Time
	Ended    time.Time // when the grant was revoked; zero: it was not
}
