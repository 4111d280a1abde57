package provider

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	leaveAllFor = 20 * time.Second // a deletion waits so long for providers
	leaveAtOnce = 8                // connections
)

// LeaveAll tells the providers that the connections of a user who is about to be deleted end, and those of the user's athletes.
// The deletion must not depend on others: what cannot be told within a time is noted in the log.
func (s *Service) LeaveAll(ctx context.Context, user pierre.UserID) {
	ctx, cancel := context.WithTimeout(ctx, leaveAllFor)
	defer cancel()
	list, err := s.store.ConnectionsUnder(ctx, user)
	if err != nil {
		s.log.WarnContext(ctx, "providers could not be told of a deletion", slog.String("user_id", string(user)), slog.Any("err", err))
	}
	var group errgroup.Group
	group.SetLimit(leaveAtOnce)
	for _, c := range list {
		group.Go(func() error {
			p, err := s.provider(c.Provider)
			if err == nil {
				err = s.leave(ctx, p, c)
			}
			if err != nil {
				s.log.WarnContext(ctx, "a provider could not be told that a connection ends", slog.String("provider", string(c.Provider)),
					slog.String("user_id", string(c.UserID)), slog.Any("err", err))
			}
			return nil
		})
	}
	_ = group.Wait() // what went wrong is in the log
}

// leave tells the provider that a connection ends.
func (s *Service) leave(ctx context.Context, p *Provider, c pierre.Connection) error {
	if c.Status == pierre.ConnectionBroken {
		return nil // there it has ended
	}
	client, err := s.client(p, c)
	if err != nil {
		return err
	}
	if client.creds.Key != "" {
		return errors.New("personal keys are ended by their owner")
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err = client.renew(ctx, false)
	switch {
	case errors.Is(err, errRefused):
		return nil
	case err != nil:
		return err
	case p.Leave != nil:
		return p.Leave(ctx, client)
	case p.OAuth.Revoke != "":
		return s.revoke(ctx, p, cmp.Or(client.creds.Refresh, client.creds.Access))
	}
	return errors.New("the provider has no way to be told")
}

// revoke ends a token at the provider (RFC 7009).
func (s *Service) revoke(ctx context.Context, p *Provider, token string) error {
	app := s.apps[p.Name]
	form := url.Values{"token": {token}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.OAuth.Revoke, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !p.OAuth.Bare {
		req.SetBasicAuth(url.QueryEscape(app.ClientID), url.QueryEscape(app.ClientSecret.Reveal()))
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 { //nolint:mnd // the class of success
		return &StatusError{resp.StatusCode, ""}
	}
	return nil
}
