package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// notedEvery is how exactly it is known when a subscription was read: programs that ask often cause few writes.
const notedEvery = time.Minute

// KeepCalendarSubscription keeps a user's subscription, which takes the place of an earlier one.
func (s *Store) KeepCalendarSubscription(ctx context.Context, c pierre.CalendarSubscription) error {
	return s.apply(ctx, "keeping a calendar subscription", func(t *tx) error {
		_, err := t.exec(ctx, upsert("calendar_subscriptions", "user_id, token, created_us, read_us", "user_id"),
			c.UserID, hash{&c.Token}, c.Created.UnixMicro(), nil)
		return err
	})
}

// CalendarSubscription returns the user's subscription; there may be none ([pierre.KindNotFound]).
func (s *Store) CalendarSubscription(ctx context.Context, user pierre.UserID) (pierre.CalendarSubscription, error) {
	var c pierre.CalendarSubscription
	err := s.row(ctx, `SELECT user_id, token, created_us, read_us FROM calendar_subscriptions WHERE user_id = $1`, user).
		Scan(&c.UserID, hash{&c.Token}, instant{&c.Created}, instant{&c.Read})
	return c, s.classify(err, "calendar subscription")
}

// DeleteCalendarSubscription ends the user's subscription, if there is one.
func (s *Store) DeleteCalendarSubscription(ctx context.Context, user pierre.UserID) error {
	return s.apply(ctx, "ending a calendar subscription", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM calendar_subscriptions WHERE user_id = $1`, user)
		return err
	})
}

// CalendarReader returns whose subscription has the token, and whether one of the keys that reach the user, which can be used at now,
// serves: the customer's personal keys, or for an athlete those of the application.
func (s *Store) CalendarReader(ctx context.Context, token [32]byte, now time.Time, serves func(*pierre.APIKey) bool) (pierre.CalendarReader, error) {
	var c pierre.CalendarReader
	err := s.row(ctx, `SELECT c.user_id, c.token, c.created_us, c.read_us, COALESCE(u.customer_id, u.id)
		FROM calendar_subscriptions c JOIN users u ON u.id = c.user_id WHERE c.token = $1 AND NOT `+gone, hash{&token}).
		Scan(&c.UserID, hash{&c.Token}, instant{&c.Created}, instant{&c.Read}, &c.Customer)
	if err == nil {
		ofAthletes := c.Customer != c.UserID
		c.HasKey, err = s.usableKey(ctx, c.Customer, now, func(k *pierre.APIKey) bool { return (k.Type == pierre.KeyApplication) == ofAthletes && serves(k) })
	}
	return c, s.classify(err, "calendar subscription")
}

// usableKey reports whether the customer has a key that can be used at now and serves.
func (s *Store) usableKey(ctx context.Context, customer pierre.UserID, now time.Time, serves func(*pierre.APIKey) bool) (bool, error) {
	rows, err := s.query(ctx, selectKey()+` WHERE k.user_id = $1 AND k.revoked_us IS NULL AND (k.expires_us IS NULL OR k.expires_us > $2)
		ORDER BY k.created_us DESC, k.id DESC`, customer, now.UnixMicro())
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return false, err
		}
		if serves(&k) {
			return true, nil
		}
	}
	return false, rows.Err()
}

// NoteCalendarRead notes that the subscription with that token was read at now.
func (s *Store) NoteCalendarRead(ctx context.Context, c pierre.CalendarReader, now time.Time) error {
	if now.Sub(c.Read) < notedEvery {
		return nil
	}
	return s.apply(ctx, "noting that a calendar was read", func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE calendar_subscriptions SET read_us = $3 WHERE user_id = $1 AND token = $2`, c.UserID, hash{&c.Token}, now.UnixMicro())
		return err
	})
}
