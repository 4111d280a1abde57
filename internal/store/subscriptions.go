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

// CalendarReader returns whose subscription has the token, and whether a key of theirs can be used at now.
func (s *Store) CalendarReader(ctx context.Context, token [32]byte, now time.Time) (pierre.CalendarReader, error) {
	var c pierre.CalendarReader
	var keys int
	err := s.row(ctx, `SELECT c.user_id, c.token, c.created_us, c.read_us, COALESCE(u.customer_id, u.id),
		(SELECT COUNT(*) FROM api_keys k WHERE k.user_id = COALESCE(u.customer_id, u.id) AND k.revoked_us IS NULL AND (k.expires_us IS NULL OR k.expires_us > $2))
		FROM calendar_subscriptions c JOIN users u ON u.id = c.user_id WHERE c.token = $1 AND NOT `+gone, hash{&token}, now.UnixMicro()).
		Scan(&c.UserID, hash{&c.Token}, instant{&c.Created}, instant{&c.Read}, &c.Customer, &keys)
	c.HasKey = keys > 0
	return c, s.classify(err, "calendar subscription")
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
