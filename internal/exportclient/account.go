package exportclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// An Account is what a server says goes when it is deleted.
type Account struct {
	Activities  int     `json:"activities"`
	Values      int     `json:"values_of_days"`
	Goals       int     `json:"goals"`
	Connections int     `json:"connections"`
	Keys        int     `json:"api_keys"`
	Deletable   bool    `json:"deletable"`
	Reason      *string `json:"reason"`
}

// Account asks what is kept, where c's URL is that of the account.
func (c *Client) Account(ctx context.Context) (a Account, err error) {
	const enough = 64 << 10
	err = c.do(ctx, http.MethodGet, "", http.StatusOK, func(body io.Reader) error {
		return json.NewDecoder(io.LimitReader(body, enough)).Decode(&a)
	})
	return a, err
}

// DeleteAccount deletes the account with that address for good.
func (c *Client) DeleteAccount(ctx context.Context, email string) error {
	body, err := json.Marshal(map[string]string{"confirm_email": email})
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodDelete, string(body), http.StatusNoContent, func(io.Reader) error { return nil })
}

func (c *Client) do(ctx context.Context, method, body string, want int, read func(io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, method, c.URL.String(), strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	c.Authorize(req)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return unreachable(c.URL, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		return c.refusal(resp)
	}
	if err := read(resp.Body); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", c.URL, err)
	}
	return nil
}

func unreachable(u *url.URL, err error) error {
	if cause, ok := errors.AsType[*url.Error](err); ok {
		err = cause.Err // the rest repeats the URL
	}
	return fmt.Errorf("cannot reach %s://%s: %w", u.Scheme, u.Host, err)
}
