package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// credentials are what a connection's sealed text holds.
type credentials struct {
	Access  string    `json:"access,omitempty"`
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires,omitzero"` // of Access; zero: never
	Scope   string    `json:"scope,omitempty"`
	Key     string    `json:"key,omitempty"` // in place of all of these
}

func (s *Service) seal(c pierre.Connection, creds credentials) ([]byte, error) {
	text, err := json.Marshal(creds)
	if err != nil {
		return nil, err
	}
	return s.sealer.Seal(text, pierre.ConnectionPurpose(c.UserID, c.Provider)), nil
}

func (s *Service) unseal(c pierre.Connection) (creds credentials, err error) {
	text, err := s.sealer.Open(c.Sealed, pierre.ConnectionPurpose(c.UserID, c.Provider))
	if err == nil {
		err = json.Unmarshal(text, &creds)
	}
	return creds, err
}

const (
	earlyBy        = 5 * time.Minute // tokens are renewed so long before they end
	refreshTimeout = 30 * time.Second
	refreshLease   = 2 * time.Minute // longer than a refresh can take: no two servers use one refresh token
	refreshPoll    = 100 * time.Millisecond
)

// client returns a client for a connection.
func (s *Service) client(p *Provider, c pierre.Connection) (*Client, error) {
	creds, err := s.unseal(c)
	if err != nil {
		return nil, fmt.Errorf("opening the credentials of a connection to %s: %w", c.Provider, err)
	}
	return &Client{Provider: p, service: s, conn: c, creds: creds}, nil
}

// renew gets new credentials if those that there are end soon, or in any case if they were refused. Of all servers one asks
// the provider, and the others wait for what it got.
func (c *Client) renew(ctx context.Context, refused bool) error {
	s := c.service
	if !refused && (c.creds.Expires.IsZero() || s.now().Add(earlyBy).Before(c.creds.Expires)) {
		return nil
	}
	if c.creds.Refresh == "" || c.conn.Generation == 0 {
		if !refused {
			return nil // it may still be accepted
		}
		return errors.Join(errRefused, c.markBroken(ctx))
	}
	used := c.conn.Generation
	for {
		mine, err := s.store.BeginRefresh(ctx, c.conn, s.owner, refreshLease)
		if err != nil {
			return err
		}
		if mine {
			return c.refresh(ctx)
		}
		now, err := s.store.Connection(ctx, c.conn.UserID, c.conn.Provider)
		switch {
		case err != nil:
			return err
		case now.Status == pierre.ConnectionBroken:
			return errRefused
		case now.Generation != used:
			c.conn.Generation, c.conn.Sealed = now.Generation, now.Sealed
			c.creds, err = s.unseal(now)
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(refreshPoll):
		}
	}
}

// refresh uses the refresh token, which this server alone has the right to.
func (c *Client) refresh(ctx context.Context) error {
	s := c.service
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshLease-refreshTimeout) // what the provider gave must not get lost
	defer cancel()
	token, err := s.oauth(c.Provider).TokenSource(s.tokenContext(ctx, c.Provider), &oauth2.Token{RefreshToken: c.creds.Refresh}).Token()
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && e.Response != nil && refusedGrant(e) {
		return errors.Join(errRefused, c.endRefresh(ctx, c.creds, pierre.ConnectionBroken))
	}
	if err != nil {
		passing := &pierre.Error{Kind: pierre.KindUnavailable, Msg: c.Title + " gave no new tokens.", Err: limitedBy(err, s.now())}
		return errors.Join(passing, s.store.DropRefresh(ctx, c.conn, s.owner))
	}
	fresh := s.grantedBy(token)
	fresh.Refresh = cmp.Or(fresh.Refresh, c.creds.Refresh)
	fresh.Scope = cmp.Or(fresh.Scope, c.creds.Scope)
	c.creds = fresh
	return c.keepFresh(ctx, fresh)
}

// keepFresh keeps new credentials. The ones before are used up: while the database fails it tries again, as long as this
// server has the right to.
func (c *Client) keepFresh(ctx context.Context, creds credentials) error {
	for {
		err := c.endRefresh(ctx, creds, pierre.ConnectionActive)
		if err == nil || lost(err) || errors.Is(err, errOvertaken) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(refreshPoll):
		}
	}
}

func (c *Client) endRefresh(ctx context.Context, creds credentials, status pierre.ConnectionStatus) error {
	sealed, err := c.service.seal(c.conn, creds)
	if err != nil {
		return err
	}
	next := c.conn
	next.Sealed, next.Status = sealed, status
	kept, err := c.service.store.EndRefresh(ctx, next, c.service.owner)
	if err == nil && !kept {
		err = errOvertaken
	}
	if err == nil {
		next.Generation++
		c.conn = next
	}
	return err
}

// markBroken notes that the provider accepts neither the credentials nor a way to new ones.
func (c *Client) markBroken(ctx context.Context) error {
	s := c.service
	if c.conn.Generation == 0 { // it is not kept yet
		return nil
	}
	mine, err := s.store.BeginRefresh(ctx, c.conn, s.owner, refreshLease)
	if err != nil || !mine {
		return err
	}
	return c.endRefresh(ctx, c.creds, pierre.ConnectionBroken)
}

// refusedGrant reports whether a provider's answer means that the refresh token is of no use any more. Any other refusal is
// for the operator, such as a wrong client secret, or passes: the athlete would connect again in vain.
func refusedGrant(e *oauth2.RetrieveError) bool {
	if e.ErrorCode != "" {
		return e.ErrorCode == "invalid_grant" || e.ErrorCode == "access_denied"
	}
	var strava struct { // it names what it does not accept: {"errors":[{"resource":"RefreshToken","field":"refresh_token","code":"invalid"}]}
		Errors []struct {
			Field string `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal(e.Body, &strava) != nil {
		return false
	}
	for _, named := range strava.Errors {
		if named.Field == "refresh_token" {
			return true
		}
	}
	return false
}

// limitedBy turns a refusal because of limits into a [LimitedError], and keeps the body of another, which may hold secrets, out of the log.
func limitedBy(err error, now time.Time) error {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || e.Response == nil {
		return withoutURL(err)
	}
	if e.Response.StatusCode == http.StatusTooManyRequests {
		return &LimitedError{pauseUntil(e.Response.StatusCode, e.Response.Header, now)}
	}
	return &StatusError{e.Response.StatusCode, "the request for tokens: " + e.ErrorCode}
}

func (s *Service) grantedBy(t *oauth2.Token) credentials {
	scope, _ := t.Extra("scope").(string) // absent: the provider does not say
	creds := credentials{Access: t.AccessToken, Refresh: t.RefreshToken, Scope: scope}
	if t.ExpiresIn > 0 {
		creds.Expires = s.now().Add(time.Duration(t.ExpiresIn) * time.Second).UTC()
	}
	return creds
}

// oauth returns the configuration of a provider's OAuth.
func (s *Service) oauth(p *Provider) *oauth2.Config {
	app := s.apps[p.Name]
	return &oauth2.Config{
		ClientID: app.ClientID, ClientSecret: app.ClientSecret.Reveal(), Scopes: p.OAuth.Scopes, RedirectURL: s.redirectURL(p),
		Endpoint: oauth2.Endpoint{AuthURL: p.OAuth.Authorize, TokenURL: p.OAuth.Token, AuthStyle: p.OAuth.Style},
	}
}

// tokenContext returns a context for requests for tokens, which are not tried again: their codes and tokens are good for one use.
func (s *Service) tokenContext(ctx context.Context, p *Provider) context.Context {
	transport := s.transport
	if p.OAuth.Adapt != nil {
		transport = p.OAuth.Adapt(transport)
	}
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport: transport, Timeout: refreshTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
}
