// Package exportclient is the client's side of leaving a server: it fetches the archive of all that the server keeps of a person,
// and has the account deleted.
package exportclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// A Client fetches from one server.
type Client struct {
	URL       *url.URL // of the resource
	HTTP      *http.Client
	Authorize func(*http.Request) // adds the credentials
}

// A RefusedError is a server's answer that is no archive.
type RefusedError struct {
	Status int
	msg    string
}

func (e *RefusedError) Error() string { return e.msg }

// Fetch writes the archive to w. An error means that what was written is not complete.
func (c *Client) Fetch(ctx context.Context, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/zip")
	req.Header.Set("Accept-Encoding", "identity") // an archive does not get smaller
	c.Authorize(req)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return unreachable(c.URL, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return c.refusal(resp)
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the server's answer broke off, and nothing of it was kept; try again: %w", err)
	}
	return nil
}

func (c *Client) refusal(resp *http.Response) error {
	const enough = 64 << 10
	var p struct { // a problem document (RFC 9457)
		Detail string `json:"detail"`
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	switch {
	case err == nil && json.Unmarshal(bytes.TrimSpace(body), &p) == nil && p.Detail != "":
		return &RefusedError{resp.StatusCode, p.Detail}
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusMethodNotAllowed:
		return &RefusedError{resp.StatusCode, fmt.Sprintf("%s does not exist: is this a Pierre server that knows exports?", c.URL)}
	}
	return &RefusedError{resp.StatusCode, fmt.Sprintf("%s answers %s", c.URL, resp.Status)}
}
