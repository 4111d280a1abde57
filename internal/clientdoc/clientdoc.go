// Package clientdoc fetches the documents in which OAuth clients describe themselves, at the URL that is their client id
// (draft-ietf-oauth-client-id-metadata-document). Anybody can name such a URL, so a [Fetcher] connects to public
// addresses only, follows no redirects, and bounds time, size and number. What a client may ask for is its caller's concern.
package clientdoc

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/publicnet"
)

const (
	maxURL       = 2048
	maxBytes     = 10 << 10 // the draft recommends 5 kB
	maxRedirects = 20       // redirect URIs of a document
	fetchTimeout = 5 * time.Second
	maxFetches   = 8 // at a time
	maxCached    = 1000

	// How long a document is kept: as its server says, within these bounds. Failures are not kept.
	keepAtLeast = 5 * time.Minute
	keepAtMost  = 24 * time.Hour
	keepUsually = time.Hour
)

// A Document is what is used of a client's metadata.
type Document struct {
	Name         string // as it calls itself; may be empty
	RedirectURIs []string
}

// Options are what a [Fetcher] may have in addition; the zero value works.
type Options struct {
	Transport http.RoundTripper // nil: one that reaches public addresses only
}

// A Fetcher fetches documents. It is safe for concurrent use.
type Fetcher struct {
	client  http.Client
	cached  *otter.Cache[string, cachedDocument]
	flights singleflight.Group
	slots   chan struct{}
}

type cachedDocument struct {
	Document

	keep time.Duration
}

// New returns a Fetcher.
func New(opts Options) *Fetcher {
	if opts.Transport == nil {
		opts.Transport = publicnet.Transport()
	}
	return &Fetcher{
		client: http.Client{
			Transport:     opts.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		cached: otter.Must(&otter.Options[string, cachedDocument]{
			MaximumSize: maxCached,
			ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, cachedDocument]) time.Duration {
				return e.Value.keep
			}),
		}),
		slots: make(chan struct{}, maxFetches),
	}
}

// IsURL reports whether a client id is meant to be the URL of a document. Client ids are compared letter by letter, so the
// scheme is taken in small letters only.
func IsURL(clientID string) bool { return strings.HasPrefix(clientID, "https://") }

// CheckURL reports what is wrong with a client id that is a URL (section 3 of the draft).
func CheckURL(clientID string) error {
	u, err := url.Parse(clientID)
	switch {
	case len(clientID) > maxURL:
		return invalid("it is longer than %d characters", maxURL)
	case err != nil || !IsURL(clientID) || u.Hostname() == "" || u.Opaque != "":
		return invalid("it is no https URL")
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' }): // people are shown it, and another alphabet has letters that look alike
		return invalid("its host is in other letters than those of DNS, write it with xn--")
	case u.User != nil:
		return invalid("it has a user name")
	case u.Fragment != "" || strings.Contains(clientID, "#"):
		return invalid("it has a fragment")
	case u.Path == "" || u.Path == "/":
		return invalid("it has no path")
	case path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/"):
		return invalid("its path has dot segments or empty ones")
	}
	return nil
}

func invalid(format string, args ...any) error {
	return pierre.Invalid("client_id", "The app's client_id cannot be used: "+format+".", args...)
}

// Fetch returns the document at the URL, from memory if it was fetched not long ago. What a person can read of its errors
// does not tell how far the connection came.
func (f *Fetcher) Fetch(ctx context.Context, clientID string) (Document, error) {
	if err := CheckURL(clientID); err != nil {
		return Document{}, err
	}
	if c, ok := f.cached.GetIfPresent(clientID); ok {
		return c.Document, nil
	}
	found := f.flights.DoChan(clientID, func() (any, error) {
		// The first caller's end must not fail the others.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		c, err := f.get(ctx, clientID)
		if err == nil {
			f.cached.Set(clientID, c)
		}
		return c.Document, err
	})
	select {
	case <-ctx.Done():
		return Document{}, context.Cause(ctx)
	case r := <-found:
		return r.Val.(Document), r.Err //nolint:forcetypeassert // get returns nothing else
	}
}

func (f *Fetcher) get(ctx context.Context, clientID string) (cachedDocument, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	default:
		return cachedDocument{}, &pierre.Error{
			Kind: pierre.KindUnavailable, Msg: "Too many apps are being looked up at the same time; try again in a moment.",
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, clientID, nil)
	if err != nil {
		return cachedDocument{}, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := f.client.Do(req)
	if err != nil {
		return cachedDocument{}, unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return cachedDocument{}, unreachable(fmt.Errorf("status %d", resp.StatusCode))
	}
	if !isJSON(resp.Header.Get("Content-Type")) {
		return cachedDocument{}, unreachable(fmt.Errorf("content type %.80q", resp.Header.Get("Content-Type")))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	if err != nil {
		return cachedDocument{}, unreachable(err)
	}
	doc, err := parse(clientID, body)
	return cachedDocument{doc, keepFor(resp.Header.Get("Cache-Control"))}, err
}

func unreachable(err error) error {
	return &pierre.Error{
		Kind: pierre.KindInvalid, Field: "client_id",
		Msg: "The app's description could not be read at the address that is its client_id. This is for the app's maker to repair.", Err: err,
	}
}

func isJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}

// parse reads a document and checks that it is the client's own.
func parse(clientID string, body []byte) (Document, error) {
	var d struct {
		ClientID     string   `json:"client_id"`
		ClientName   string   `json:"client_name"`
		RedirectURIs []string `json:"redirect_uris"`
		ClientSecret string   `json:"client_secret"`
	}
	switch err := json.Unmarshal(body, &d); {
	case len(body) > maxBytes:
		return Document{}, invalid("its document is over %d bytes", maxBytes)
	case err != nil:
		return Document{}, unreachable(err)
	case d.ClientID != clientID:
		return Document{}, invalid("its document names another client_id")
	case d.ClientSecret != "":
		return Document{}, invalid("its document holds a secret, which everybody can read there")
	case len(d.RedirectURIs) == 0 || len(d.RedirectURIs) > maxRedirects:
		return Document{}, invalid("its document must have 1 to %d redirect_uris", maxRedirects)
	}
	return Document{d.ClientName, d.RedirectURIs}, nil
}

// keepFor returns how long an answer with that Cache-Control is kept.
func keepFor(cacheControl string) time.Duration {
	for directive := range strings.SplitSeq(strings.ToLower(cacheControl), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			return keepAtLeast
		case "max-age":
			if seconds, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32); err == nil {
				return min(max(keepAtLeast, time.Duration(seconds)*time.Second), keepAtMost)
			}
		}
	}
	return keepUsually
}
