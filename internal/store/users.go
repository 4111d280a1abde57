package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// EnsureUser returns the user with that normalized e-mail address, creating the user if there is none.
func (s *Store) EnsureUser(ctx context.Context, email string, now time.Time) (pierre.User, error) {
	var u pierre.User
	err := s.update(ctx, "keeping a user", func(t *tx) error {
		var err error
		u, _, err = t.ensureUser(ctx, email, now)
		return err
	})
	return u, err
}

// ensureUser also reports whether the user is new.
func (t *tx) ensureUser(ctx context.Context, email string, now time.Time) (pierre.User, bool, error) {
	r, err := t.exec(ctx, `INSERT INTO users (id, email, created_us) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING`,
		pierre.NewUserID(), email, now.UnixMicro())
	if err != nil {
		return pierre.User{}, false, err
	}
	made, err := r.RowsAffected()
	if err != nil {
		return pierre.User{}, false, err
	}
	u, err := scanUser(t.row(ctx, selectUser+` WHERE u.email = $1`, email))
	return u, made > 0, err
}

// UserByEmail returns the user with that normalized e-mail address.
func (s *Store) UserByEmail(ctx context.Context, email string) (pierre.User, error) {
	u, err := scanUser(s.row(ctx, selectUser+` WHERE u.email = $1`, email))
	return u, s.classify(err, "user "+email)
}

const selectUser = `SELECT u.id, u.email, u.limit_requests, u.limit_period, u.notes, u.created_us FROM users u`

func scanUser(from scanner) (pierre.User, error) {
	var u pierre.User
	err := from.Scan(&u.ID, &u.Email, &u.Limit.Requests, &u.Limit.Period, &u.Notes, instant{&u.Created})
	return u, err
}

// UserEmail returns the e-mail address of a user, and for an application's athlete the name that the application uses.
func (s *Store) UserEmail(ctx context.Context, user pierre.UserID) (string, error) {
	var email string
	err := s.row(ctx, `SELECT COALESCE(email, athlete_name, '') FROM users WHERE id = $1`, user).Scan(&email)
	return email, s.classify(err, "user "+string(user))
}
