// Package provider fetches athletes' data from their accounts at other services. What is the same for all of them is written
// once: the way to connect (OAuth 2 or a personal key), requests with their limits, credentials that are renewed once
// whatever the number of servers, and fetching that goes on where it was when it was interrupted. What differs is a row of
// [Table] and a file of its own.
//
// It knows no HTTP routes (package providerapi) and no SQL. Recordings go to the importer, values of days to the store.
package provider

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Provider is a service that holds athletes' data: a row of [Table].
type Provider struct {
	Name  pierre.Provider
	Title string // as people know it
	API   string // URL that the paths of requests follow
	Files string // URL of the host that files are fetched from, if it is another; "": none
	OAuth OAuth  // zero: it is connected by a personal key alone
	Key   *Key   // nil: there are no personal keys
	Every time.Duration
	// Shared says that the provider's limits are those of the server, not of each athlete.
	Shared bool
	// Risk is what an athlete reads before connecting, and what an operator has to accept to switch the provider on; "": none.
	Risk string
	// KeepFor is how long what was fetched may be kept; 0: as long as the athlete wants.
	KeepFor time.Duration
	// Note is what an athlete should know before connecting; "": nothing.
	Note string
	// LeftWhy says why the provider gives some recordings to nobody; "": it gives all.
	LeftWhy string
	// Account returns the provider's id of the athlete, once connected. granted is the answer that had the tokens.
	Account func(ctx context.Context, c *Client, granted *oauth2.Token) (string, error)
	// Joined asks for calls at the address hook, once an account was connected. That it fails ends nothing; nil: no need.
	Joined func(ctx context.Context, c *Client, hook string) error
	// Read returns what an answer holds that says inside how the request went; nil: HTTP's status says it.
	Read func(answer []byte) ([]byte, error)
	// Leave tells the provider that the connection ends. nil: [OAuth.Revoke] does, or nothing can.
	Leave   func(ctx context.Context, c *Client) error
	Streams []Stream
	Hook    *Hook // nil: it does not call
}

// OAuth is how a provider gives access (RFC 6749). PKCE is used with all: those who do not know it ignore it.
type OAuth struct {
	Authorize string // URLs
	Token     string
	Revoke    string   // RFC 7009; "": there is none
	Bare      bool     // who has a token revokes it, without the application's secret
	Scopes    []string // joined by blanks
	Needs     []string // of these scopes, those without which nothing can be fetched
	Style     oauth2.AuthStyle
	Extra     url.Values // of the request that the browser brings
	// Adapt makes the token endpoint one as RFC 6749 has it; nil: it is.
	Adapt func(http.RoundTripper) http.RoundTripper
}

// A Key is a personal key, which the athlete copies from the provider's site.
type Key struct {
	Where string // where the athlete finds it
	User  string // of HTTP Basic, whose password the key is
}

// A Stream is one kind of data, which is fetched by itself.
type Stream struct {
	Name    string
	Span    time.Duration // of the time that one window has; 0: the provider lists without times
	Reach   time.Duration // how far back history goes
	Overlap time.Duration // what comes late is still found: how far back what was fetched is listed again
	// Optional says that athletes may give no access to it: where the provider refuses it, the other streams are fetched.
	Optional bool
	List     func(ctx context.Context, c *Client, w Window) (Page, error)
}

// A Window is what is listed of a stream.
type Window struct {
	From, To time.Time // zero: all that there is
	Page     string    // as the page before named it; "": the first
}

// A Page is a part of a window's list.
type Page struct {
	Items  []Item
	Values []pierre.Wellness // their source is filled in by who keeps them
	Next   string            // the next page; "": this is the last
	Newest bool              // the list has the newest in front: where all is known, what follows is, too
}

// An Item is a recording that a provider lists.
type Item struct {
	ID      string
	Version string // another one means that it has changed
	Left    bool   // the provider does not give it, see [Provider.LeftWhy]
	Load    func(ctx context.Context) (pierre.Fetched, error)
	Values  []pierre.Wellness // in place of a recording
}

// A Hook is how a provider calls when there is something new. It makes connections due, and nothing more.
type Hook struct {
	// Answer answers a request by which the provider makes sure that the address is ours; nil: there are none.
	Answer func(r *http.Request, app App) (body []byte, ok bool)
	// Accounts returns whose data is meant, or an error if the call is not the provider's own.
	Accounts func(r *http.Request, body []byte, app App) ([]string, error)
}

// Table lists the providers that can be connected.
func Table() []Provider {
	return []Provider{intervals(), strava(), polar(), wahoo(), oura(), whoop(), withings(), googleHealth()}
}
