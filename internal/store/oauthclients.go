package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	unusedClientFor = 24 * time.Hour      // how long an app is kept that nobody gave access
	idleClientFor   = 90 * 24 * time.Hour // and one whose grants are all gone
)

func oauthClientRow(c *pierre.OAuthClient) row {
	return row{
		{"id", &c.ID, false},
		{"name", &c.Name, false},
		{"redirect_uris", jsonText{&c.RedirectURIs, false}, false},
		{"created_us", instant{&c.Created}, false},
	}
}

// RegisterOAuthClient keeps an app that registered itself, unless there are most already that nobody has given access:
// then it is [pierre.KindRateLimited].
func (s *Store) RegisterOAuthClient(ctx context.Context, c pierre.OAuthClient, most int) error {
	return s.update(ctx, "registering an app", func(t *tx) error {
		var unused int
		if err := t.row(ctx, `SELECT COUNT(*) FROM oauth_clients WHERE used_us IS NULL`).Scan(&unused); err != nil {
			return err
		}
		if unused >= most {
			return &pierre.Error{
				Kind: pierre.KindRateLimited, RetryAfter: time.Hour,
				Msg: "Too many apps have registered here lately without being used; try again in an hour.",
			}
		}
		r := oauthClientRow(&c)
		_, err := t.exec(ctx, r.insert("oauth_clients"), r.values()...)
		return err
	})
}

// OAuthClient returns the registered app with that id.
func (s *Store) OAuthClient(ctx context.Context, id string) (pierre.OAuthClient, error) {
	var c pierre.OAuthClient
	r := oauthClientRow(&c)
	err := s.row(ctx, `SELECT `+r.names("")+` FROM oauth_clients WHERE id = $1`, id).Scan(r.values()...)
	return c, s.classify(err, "the app")
}

// TidyOAuth deletes what can never be used again: tokens and codes that have expired, grants without tokens, and apps that
// nobody uses.
func (s *Store) TidyOAuth(ctx context.Context, now time.Time) error {
	return s.update(ctx, "deleting old grants", func(t *tx) error {
		for _, q := range []struct {
			text   string
			before time.Time
		}{
			{`DELETE FROM oauth_tokens WHERE expires_us <= $1`, now},
			{`DELETE FROM oauth_grants WHERE redeemed_us IS NULL AND code_expires_us <= $1`, now},
			{`DELETE FROM oauth_grants WHERE redeemed_us <= $1
				AND NOT EXISTS (SELECT 1 FROM oauth_tokens t WHERE t.grant_id = oauth_grants.id)`, now},
			{`DELETE FROM oauth_clients WHERE used_us IS NULL AND created_us <= $1
				AND NOT EXISTS (SELECT 1 FROM oauth_grants g WHERE g.client_id = oauth_clients.id)`, now.Add(-unusedClientFor)},
			{`DELETE FROM oauth_clients WHERE used_us <= $1
				AND NOT EXISTS (SELECT 1 FROM oauth_grants g WHERE g.client_id = oauth_clients.id)`, now.Add(-idleClientFor)},
		} {
			if _, err := t.exec(ctx, q.text, q.before.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}
