package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	requestTimeout = 90 * time.Second // of a request with its answer
	maxJSON        = 16 << 20
	maxFile        = 64 << 20
	maxErrorBody   = 4 << 10
	retries        = 2
	retryWait      = time.Second
	maxWaitFactor  = 8
)

// newHTTP returns the HTTP client of all providers: it follows no redirects and tries again what failed for a passing reason.
func newHTTP(transport http.RoundTripper, wait time.Duration) *http.Client {
	h := retryablehttp.NewClient()
	h.Logger = nil
	h.HTTPClient = &http.Client{
		Transport: transport, Timeout: requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	h.RetryMax, h.RetryWaitMin, h.RetryWaitMax = retries, wait, maxWaitFactor*wait
	h.ErrorHandler = retryablehttp.PassthroughErrorHandler
	h.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if resp != nil && asksToWait(resp.StatusCode, resp.Header) {
			return false, nil // that is for later
		}
		return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	}
	return &http.Client{
		Transport:     &retryablehttp.RoundTripper{Client: h},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A Client asks a provider for one athlete's data. It is for one goroutine.
type Client struct {
	*Provider

	service *Service
	conn    pierre.Connection
	creds   credentials
	until   time.Time // the provider asks to wait until then
}

// Client returns a client for the user's connection.
func (s *Service) Client(ctx context.Context, user pierre.UserID, name pierre.Provider) (*Client, error) {
	p, err := s.provider(name)
	if err != nil {
		return nil, err
	}
	c, err := s.store.Connection(ctx, user, name)
	if err != nil {
		return nil, err
	}
	return s.client(p, c)
}

// Ready makes sure that the credentials are good for some minutes, and renews them if not.
func (c *Client) Ready(ctx context.Context) error { return c.renew(ctx, false) }

// Get asks for path, which follows the provider's URL, and reads the JSON answer into v.
func (c *Client) Get(ctx context.Context, path string, query url.Values, v any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.Send(ctx, http.MethodGet, path, nil, v)
}

// Send makes a request and reads the JSON answer into v; nil: it has none. Form values are sent as the body.
func (c *Client) Send(ctx context.Context, method, path string, form url.Values, v any) error {
	return c.send(ctx, request{method, c.API + path, form.Encode(), formType, maxJSON}, v)
}

// SendJSON is Send with a body in JSON.
func (c *Client) SendJSON(ctx context.Context, method, path string, body, v any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.send(ctx, request{method, c.API + path, string(text), "application/json", maxJSON}, v)
}

func (c *Client) send(ctx context.Context, r request, v any) error {
	body, err := c.fetch(ctx, r)
	if err != nil || v == nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return &malformedError{err}
	}
	return nil
}

const formType = "application/x-www-form-urlencoded"

// A request is one to a provider.
type request struct {
	method, address string
	body, kind      string
	most            int64 // bytes of the answer
}

// File fetches a file: from a path that follows the provider's URL, or from a URL of a host that the provider's files are at.
func (c *Client) File(ctx context.Context, address string) ([]byte, error) {
	if strings.HasPrefix(address, "/") {
		address = c.API + address
	}
	return c.fetch(ctx, request{http.MethodGet, address, "", "", maxFile})
}

// fetch makes a request, a second time with new credentials if those were refused.
func (c *Client) fetch(ctx context.Context, r request) ([]byte, error) {
	if now := c.service.now(); c.until.After(now) {
		return nil, &LimitedError{c.until}
	}
	if err := c.renew(ctx, false); err != nil {
		return nil, err
	}
	body, err := c.once(ctx, r)
	if e, ok := errors.AsType[*StatusError](err); !ok || e.Status != http.StatusUnauthorized {
		return body, err
	}
	if err := c.renew(ctx, true); err != nil {
		return nil, err
	}
	body, err = c.once(ctx, r)
	if e, ok := errors.AsType[*StatusError](err); ok && e.Status == http.StatusUnauthorized {
		return nil, errors.Join(errRefused, c.markBroken(ctx))
	}
	return body, err
}

func (c *Client) once(ctx context.Context, r request) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.address, strings.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if err := c.allow(req.URL); err != nil {
		return nil, err
	}
	if r.body != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	req.Header.Set("Accept", "application/json, */*")
	c.authorize(req)
	resp, err := c.service.http.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	now := c.service.now()
	c.until = pauseUntil(resp.StatusCode, resp.Header, now)
	switch {
	case asksToWait(resp.StatusCode, resp.Header):
		return nil, &LimitedError{c.until}
	case resp.StatusCode == http.StatusNoContent:
		return []byte("null"), nil
	case resp.StatusCode/100 != 2: //nolint:mnd // the class of success
		start, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // it is for the log alone
		return nil, &StatusError{resp.StatusCode, string(start)}
	}
	body, err := readWhole(resp.Body, r.most)
	if err != nil || c.Read == nil {
		return body, err
	}
	body, err = c.Read(body)
	if e, ok := errors.AsType[*StatusError](err); ok && e.Status == http.StatusTooManyRequests {
		c.until = pauseUntil(e.Status, resp.Header, now)
		return nil, &LimitedError{c.until}
	}
	return body, err
}

func readWhole(r io.Reader, most int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, &malformedError{err}
	case n > most:
		return nil, &StatusError{http.StatusUnprocessableEntity, fmt.Sprintf("over %d bytes", most)}
	}
	return b.Bytes(), nil
}

// allow refuses requests to other hosts than the provider's, which an answer may name.
func (c *Client) allow(u *url.URL) error {
	for _, own := range []string{c.API, c.Files, c.OAuth.Authorize, c.OAuth.Token} {
		o, err := url.Parse(own)
		if err == nil && own != "" && o.Scheme == u.Scheme && o.Host == u.Host {
			return nil
		}
	}
	return &StatusError{http.StatusForbidden, "it refers to another host"}
}

// authorize adds the credentials, for the provider's own hosts alone: files elsewhere have addresses that nobody guesses.
func (c *Client) authorize(req *http.Request) {
	if files, err := url.Parse(c.Files); err == nil && c.Files != "" && files.Host == req.URL.Host && !strings.HasPrefix(req.URL.String(), c.API) {
		return
	}
	if c.creds.Key != "" {
		req.SetBasicAuth(c.Key.User, c.creds.Key)
		return
	}
	req.Header.Set("Authorization", "Bearer "+c.creds.Access)
}

// withoutURL takes the address out of an error: addresses of files are secrets.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("asking the provider: %w", e.Err)
	}
	return err
}
