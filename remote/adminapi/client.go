package adminapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/usage"
)

const (
	maxAnswer = 32 << 20
	retries   = 4
	minWait   = 200 * time.Millisecond
	maxWait   = 10 * time.Second

	tryTimeout = time.Minute // of each try
)

// A Client calls the admin API of a server. Its errors are [*Error] if the server refused, others if it could not be reached.
// Requests that failed on the way are repeated until their context ends: each POST carries an Idempotency-Key, so that a
// repetition never makes a second key. A Client is safe for concurrent use.
type Client struct {
	server string // its origin
	token  secret.String
	person string
	http   *http.Client
	stream *http.Client // without a time limit
}

// ClientOptions are what a [Client] can do without.
type ClientOptions struct {
	Transport http.RoundTripper // nil: one of its own
}

const unavailableMsg = "The server does not answer as it should at present. Try again in a moment."

// NewClient returns a client of the server at the given origin, such as https://mcp.example.com, with an admin token.
func NewClient(server string, token secret.String, opts ClientOptions) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(server, "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil || base.Path != "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the server's URL must be an origin such as https://mcp.example.com")
	}
	retrying := retryablehttp.NewClient()
	retrying.Logger = nil
	retrying.RetryMax, retrying.RetryWaitMin, retrying.RetryWaitMax = retries, minWait, maxWait
	retrying.CheckRetry = mayRetry
	retrying.ErrorHandler = retryablehttp.PassthroughErrorHandler
	retrying.HTTPClient.Timeout = tryTimeout
	if opts.Transport != nil {
		retrying.HTTPClient.Transport = opts.Transport
	}
	standard := retrying.StandardClient()
	// A redirect would lead the token to somewhere else.
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	standard.CheckRedirect, retrying.HTTPClient.CheckRedirect = refuse, refuse
	stream := &http.Client{Transport: retrying.HTTPClient.Transport, CheckRedirect: refuse}
	return &Client{server: base.String(), token: token, http: standard, stream: stream}, nil
}

// mayRetry repeats what did not reach the server, or found it busy, unless it asks for more patience than the client has.
func mayRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil || err != nil {
		return retryablehttp.DefaultRetryPolicy(ctx, nil, err)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return retryAfter(resp.Header) <= maxWait, nil
	}
	return false, nil
}

// For returns a client whose changes are those of the person with that e-mail address, which the audit log shows beside
// the token.
func (c *Client) For(person string) *Client {
	of := *c
	of.person = person
	return &of
}

// Provision makes a key. The same idempotency key with the same request gets the same key for 24 hours; with "" each call
// is a request of its own.
func (c *Client) Provision(ctx context.Context, req ProvisionRequest, idempotencyKey string) (FreshKey, error) {
	return call[FreshKey](ctx, c, request{method: http.MethodPost, path: "/admin/provision-api-key", body: req, once: idempotencyKey})
}

// Rotate makes a successor of the key. The idempotency key is as for Provision.
func (c *Client) Rotate(ctx context.Context, id pierre.KeyID, req RotateRequest, idempotencyKey string) (FreshKey, error) {
	return call[FreshKey](ctx, c, request{method: http.MethodPost, path: keyPath(id) + "/rotate", body: req, once: idempotencyKey})
}

// Key returns a key.
func (c *Client) Key(ctx context.Context, id pierre.KeyID) (Key, error) {
	a, err := call[KeyAnswer](ctx, c, request{method: http.MethodGet, path: keyPath(id)})
	return a.APIKey, err
}

// A KeyFilter says which keys are wanted. The zero KeyFilter is the first page of all.
type KeyFilter struct {
	UserEmail  string        // "": everybody's
	User       pierre.UserID // "": everybody's
	Search     string        // a part of the address or name, or the beginning of the id or the key; "": any
	Tier       pierre.Tier
	Status     pierre.KeyStatus
	ActiveOnly bool
	Sort       pierre.KeySort // "": the newest first
	Down       bool           // the largest first
	Limit      int            // of a page; 0: the server's
	Cursor     string         // NextCursor of the page before
}

// Keys returns a page of keys, the newest first unless the filter says another order.
func (c *Client) Keys(ctx context.Context, f KeyFilter) (KeyList, error) {
	q := url.Values{}
	sort := string(f.Sort)
	if f.Down && sort != "" {
		sort = "-" + sort
	}
	for name, value := range map[string]string{
		"user_email": f.UserEmail, "user": string(f.User), "search": f.Search, "tier": string(f.Tier), "status": string(f.Status), "sort": sort,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.ActiveOnly {
		q.Set("active_only", "true")
	}
	return call[KeyList](ctx, c, request{method: http.MethodGet, path: "/admin/api-keys", query: page(q, f.Limit, f.Cursor)})
}

// Update changes a key and returns it.
func (c *Client) Update(ctx context.Context, id pierre.KeyID, req UpdateRequest) (Key, error) {
	a, err := call[KeyAnswer](ctx, c, request{method: http.MethodPatch, path: keyPath(id), body: req})
	return a.APIKey, err
}

// Revoke ends a key. To revoke it again is no error.
func (c *Client) Revoke(ctx context.Context, id pierre.KeyID) (RevokedKey, error) {
	return call[RevokedKey](ctx, c, request{method: http.MethodDelete, path: keyPath(id)})
}

// Usage reports what a key did. Start and end are dates or times as the API takes them, "" for its defaults.
func (c *Client) Usage(ctx context.Context, id pierre.KeyID, start, end string) (usage.Report, error) {
	q := url.Values{}
	for name, value := range map[string]string{"start_date": start, "end_date": end} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return call[usage.Report](ctx, c, request{method: http.MethodGet, path: keyPath(id) + "/usage", query: q})
}

// A UsageFilter says which calls are added up, and in which groups. The zero UsageFilter is all of this month as one.
type UsageFilter struct {
	Key      pierre.KeyID
	User     pierre.UserID // the customer
	Tier     pierre.Tier
	Tool     string
	Country  string
	From, To string // dates or times as the API takes them, "" for its defaults
	GroupBy  pierre.Period
	SplitBy  pierre.UsageSplit
	Near     int    // percent of a limit from which on it is among NearLimit; 0: the server's, 75
	Limit    int    // of a page; 0: the server's
	Cursor   string // NextCursor of the page before
}

// Breakdown adds usage up.
func (c *Client) Breakdown(ctx context.Context, f UsageFilter) (usage.Breakdown, error) {
	q := url.Values{}
	for name, value := range map[string]string{
		"key": string(f.Key), "user": string(f.User), "tier": string(f.Tier), "tool": f.Tool, "country": f.Country,
		"from": f.From, "to": f.To, "group_by": string(f.GroupBy), "split_by": string(f.SplitBy),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Near != 0 {
		q.Set("near_percent", strconv.Itoa(f.Near))
	}
	return call[usage.Breakdown](ctx, c, request{method: http.MethodGet, path: "/admin/usage", query: page(q, f.Limit, f.Cursor)})
}

func keyPath(id pierre.KeyID) string { return "/admin/api-keys/" + url.PathEscape(string(id)) }

func page(q url.Values, limit int, cursor string) url.Values {
	if limit != 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	return q
}

// A request is one call before it is sent.
type request struct {
	method, path string
	query        url.Values
	body         any    // nil: none
	once         string // Idempotency-Key of a POST; "": a random one
}

func call[T any](ctx context.Context, c *Client, req request) (T, error) {
	var answer T
	r, err := c.build(ctx, req)
	if err != nil {
		return answer, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return answer, &pierre.Error{Kind: pierre.KindUnavailable, Msg: unavailableMsg, Err: fmt.Errorf("calling the admin API: %w", err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return answer, fmt.Errorf("reading the answer of %s %s: %w", req.method, req.path, err)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return answer, refusal(resp, body)
	case len(body) > maxAnswer:
		return answer, fmt.Errorf("reading the answer of %s %s: it has more than %d bytes", req.method, req.path, maxAnswer)
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return answer, fmt.Errorf("reading the answer of %s %s: %w", req.method, req.path, err)
	}
	return answer, nil
}

func (c *Client) build(ctx context.Context, req request) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if req.body != nil {
		b, err := json.Marshal(req.body)
		if err != nil {
			return nil, fmt.Errorf("encoding the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, req.method, c.server+req.path, body)
	if err != nil {
		return nil, fmt.Errorf("calling the admin API: %w", err)
	}
	r.URL.RawQuery = req.query.Encode()
	r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	r.Header.Set("Accept", "application/json, application/problem+json")
	if req.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if req.method == http.MethodPost {
		if req.once == "" {
			req.once = rand.Text()
		}
		r.Header.Set(idempotencyHeader, req.once)
	}
	if c.person != "" {
		r.Header.Set(personHeader, c.person)
	}
	return r, nil
}
