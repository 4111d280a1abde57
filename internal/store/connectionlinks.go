package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxLinks is how many invitations of a user are in force; a new one ends the oldest.
const maxLinks = 20

// maxLinkTries is how many personal keys may be tried with an invitation; then it is no longer in force.
const maxLinkTries = 10

// KeepLink keeps a new invitation.
func (s *Store) KeepLink(ctx context.Context, l pierre.ConnectionLink, now time.Time) error {
	return s.update(ctx, "keeping a link", func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM connection_links WHERE user_id = $1 AND (expires_us <= $2 OR token NOT IN (
			SELECT token FROM connection_links WHERE user_id = $1 ORDER BY expires_us DESC, token LIMIT $3))`,
			l.UserID, now.UnixMicro(), maxLinks-1); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO connection_links (token, user_id, provider, expires_us) VALUES ($1, $2, $3, $4)`,
			hash{&l.Token}, l.UserID, l.Provider, l.Expires.UnixMicro())
		return err
	})
}

func scanLink(from scanner) (pierre.ConnectionLink, error) {
	var l pierre.ConnectionLink
	err := from.Scan(hash{&l.Token}, &l.UserID, &l.Provider, instant{&l.Expires})
	return l, err
}

const selectLink = `SELECT token, user_id, provider, expires_us FROM connection_links`

// Link returns the invitation with that token, if it is in force.
func (s *Store) Link(ctx context.Context, token [32]byte, now time.Time) (pierre.ConnectionLink, error) {
	l, err := scanLink(s.row(ctx, selectLink+` WHERE token = $1 AND expires_us > $2 AND tries < $3`, hash{&token}, now.UnixMicro(), maxLinkTries))
	return l, s.classify(err, "link")
}

// TryLink counts a personal key that is tried with the invitation, before it is.
func (s *Store) TryLink(ctx context.Context, token [32]byte, now time.Time) error {
	return s.update(ctx, "counting a try", func(t *tx) error {
		n, err := t.change(ctx, `UPDATE connection_links SET tries = tries + 1 WHERE token = $1 AND expires_us > $2 AND tries < $3`,
			hash{&token}, now.UnixMicro(), maxLinkTries)
		if err == nil && n == 0 {
			err = pierre.NotFound("link")
		}
		return err
	})
}

// AskProvider notes the SHA-256 of the state with which the athlete was sent to the provider. An earlier one of the same
// invitation is no longer accepted.
func (s *Store) AskProvider(ctx context.Context, token, state [32]byte, now time.Time) error {
	return s.update(ctx, "noting a request to a provider", func(t *tx) error {
		n, err := t.change(ctx, `UPDATE connection_links SET state = $2 WHERE token = $1 AND expires_us > $3`,
			hash{&token}, hash{&state}, now.UnixMicro())
		if err == nil && n == 0 {
			err = pierre.NotFound("link")
		}
		return err
	})
}

// TakeState returns the invitation with that state and ends it: nobody gets it a second time.
func (s *Store) TakeState(ctx context.Context, state [32]byte, now time.Time) (pierre.ConnectionLink, error) {
	return s.takeLink(ctx, ` WHERE state = $1 AND expires_us > $2`, state, now)
}

// TakeLink returns the invitation with that token and ends it.
func (s *Store) TakeLink(ctx context.Context, token [32]byte, now time.Time) (pierre.ConnectionLink, error) {
	return s.takeLink(ctx, ` WHERE token = $1 AND expires_us > $2`, token, now)
}

func (s *Store) takeLink(ctx context.Context, where string, sum [32]byte, now time.Time) (pierre.ConnectionLink, error) {
	var l pierre.ConnectionLink
	err := s.update(ctx, "link", func(t *tx) error {
		var err error
		if l, err = scanLink(t.row(ctx, selectLink+where, hash{&sum}, now.UnixMicro())); err != nil {
			return err
		}
		n, err := t.change(ctx, `DELETE FROM connection_links WHERE token = $1`, hash{&l.Token})
		if err == nil && n == 0 {
			err = pierre.NotFound("link")
		}
		return err
	})
	return l, err
}
