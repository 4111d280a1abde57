package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A SignIn is a request for a link to sign in.
type SignIn struct {
	ID    string
	Email string
	Next  string // the page to go to afterwards; "": none is named
	Asked time.Time
}

// SignInLimits say how many requests are taken.
type SignInLimits struct {
	PerEmail    int64         // within EmailTime; more are dropped without a word
	EmailTime   time.Duration //
	PerNetwork  int64         // within NetworkTime; more are [pierre.KindRateLimited]
	NetworkTime time.Duration
}

// AskSignIn keeps a request for a link, whoever's the address is.
func (db *DB) AskSignIn(ctx context.Context, s SignIn, network string, l SignInLimits) error {
	return db.Update(ctx, "asking for a sign-in link", func(t *Tx) error {
		var fromNetwork, ofEmail int64
		if err := t.Row(ctx, `SELECT (SELECT COUNT(*) FROM portal_sign_ins WHERE network = $1 AND asked_us > $2),
			(SELECT COUNT(*) FROM portal_sign_ins WHERE email = $3 AND asked_us > $4)`,
			network, micros(s.Asked.Add(-l.NetworkTime)), s.Email, micros(s.Asked.Add(-l.EmailTime))).Scan(&fromNetwork, &ofEmail); err != nil {
			return err
		}
		if fromNetwork >= l.PerNetwork {
			return &pierre.Error{Kind: pierre.KindRateLimited, Msg: "Too many sign-in links were asked for from your network. Try again later.", RetryAfter: l.NetworkTime}
		}
		handled := int64(0)
		if ofEmail >= l.PerEmail {
			handled = micros(s.Asked) // counted, and nothing is sent
		}
		_, err := t.Exec(ctx, `INSERT INTO portal_sign_ins (id, email, network, asked_us, handled_us, next) VALUES ($1, $2, $3, $4, $5, $6)`,
			s.ID, s.Email, network, micros(s.Asked), handled, s.Next)
		return err
	})
}

// WaitingSignIns returns requests that nobody has looked at, the oldest first.
func (db *DB) WaitingSignIns(ctx context.Context, limit int) ([]SignIn, error) {
	rows, err := db.Query(ctx, `SELECT id, email, asked_us FROM portal_sign_ins WHERE handled_us = 0 ORDER BY asked_us, id LIMIT $1`, limit)
	if err != nil {
		return nil, db.Classify(err, "reading who wants to sign in")
	}
	defer rows.Close()
	var list []SignIn
	for rows.Next() {
		var s SignIn
		var asked int64
		if err := rows.Scan(&s.ID, &s.Email, &asked); err != nil {
			return nil, db.Classify(err, "reading who wants to sign in")
		}
		s.Asked = instant(asked)
		list = append(list, s)
	}
	return list, db.Classify(rows.Err(), "reading who wants to sign in")
}

// HandleSignIn notes what became of a request: a link with that hash, or none if it is nil. mine is false if another program was
// faster; then nothing is to be sent.
func (*DB) HandleSignIn(ctx context.Context, t *Tx, id string, tokenHash []byte, now, expires time.Time) (mine bool, err error) {
	n, err := t.Change(ctx, `UPDATE portal_sign_ins SET handled_us = $1, token_hash = $2, expires_us = $3 WHERE id = $4 AND handled_us = 0`,
		micros(now), tokenHash, micros(expires), id)
	return n > 0, err
}

// A CustomerSession is a browser in which a customer is signed in.
type CustomerSession struct {
	ID      string // to end it by; it is no secret
	Email   string
	Browser string // what it calls itself, shortened
	Created time.Time
	Seen    time.Time // used last, to the minute
}

func errNoLink() error {
	return &pierre.Error{Kind: pierre.KindNotFound, Msg: "This sign-in link was used or has ended. Ask for a new one."}
}

// UseSignIn exchanges a link for a session, once. s needs its ID and Browser; it gets its Email. next is the page that was
// named when the link was asked for. A link that was used or has ended is [pierre.KindNotFound].
func (db *DB) UseSignIn(ctx context.Context, tokenHash, sessionHash []byte, s CustomerSession, now time.Time) (_ CustomerSession, next string, err error) {
	s.Created, s.Seen = now, now
	err = db.Update(ctx, "signing in", func(t *Tx) error {
		err := t.Row(ctx, `UPDATE portal_sign_ins SET used_us = $1 WHERE token_hash = $2 AND used_us = 0 AND expires_us > $1 RETURNING email, next`,
			micros(now), tokenHash).Scan(&s.Email, &next)
		if errors.Is(err, sql.ErrNoRows) {
			return errNoLink()
		}
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `INSERT INTO portal_customer_sessions (hash, id, email, browser, created_us, seen_us) VALUES ($1, $2, $3, $4, $5, $5)`,
			sessionHash, s.ID, s.Email, s.Browser, micros(now))
		return err
	})
	return s, next, err
}

// CustomerSession returns the session of a cookie that was made after and used after certain times, or [pierre.KindNotFound].
func (db *DB) CustomerSession(ctx context.Context, hash []byte, createdAfter, seenAfter time.Time) (s CustomerSession, err error) {
	var created, seen int64
	err = db.Row(ctx, `SELECT id, email, browser, created_us, seen_us FROM portal_customer_sessions WHERE hash = $1 AND created_us > $2 AND seen_us > $3`,
		hash, micros(createdAfter), micros(seenAfter)).Scan(&s.ID, &s.Email, &s.Browser, &created, &seen)
	s.Created, s.Seen = instant(created), instant(seen)
	return s, db.Classify(err, "This session")
}

// SeeCustomerSession notes that a session was used.
func (db *DB) SeeCustomerSession(ctx context.Context, email, id string, now time.Time) error {
	return db.execute(ctx, "noting the use of a session", `UPDATE portal_customer_sessions SET seen_us = $1 WHERE email = $2 AND id = $3`, micros(now), email, id)
}

// CustomerSessions returns a customer's sessions that were made and used after certain times, the one used last first.
func (db *DB) CustomerSessions(ctx context.Context, email string, createdAfter, seenAfter time.Time) ([]CustomerSession, error) {
	rows, err := db.Query(ctx, `SELECT id, browser, created_us, seen_us FROM portal_customer_sessions
		WHERE email = $1 AND created_us > $2 AND seen_us > $3 ORDER BY seen_us DESC, id`, email, micros(createdAfter), micros(seenAfter))
	if err != nil {
		return nil, db.Classify(err, "reading sessions")
	}
	defer rows.Close()
	list := []CustomerSession{}
	for rows.Next() {
		s := CustomerSession{Email: email}
		var created, seen int64
		if err := rows.Scan(&s.ID, &s.Browser, &created, &seen); err != nil {
			return nil, db.Classify(err, "reading sessions")
		}
		s.Created, s.Seen = instant(created), instant(seen)
		list = append(list, s)
	}
	return list, db.Classify(rows.Err(), "reading sessions")
}

// EndCustomerSession ends a session of a customer. To end one that is not there is no error.
func (db *DB) EndCustomerSession(ctx context.Context, email, id string) error {
	return db.execute(ctx, "ending a session", `DELETE FROM portal_customer_sessions WHERE email = $1 AND id = $2`, email, id)
}

// CustomerSettings are which mails a customer gets.
type CustomerSettings struct {
	LimitMails   bool `json:"limit_mails"`   // at 75, 90 and 100 % of a limit
	ExpiryMails  bool `json:"expiry_mails"`  // before a key ends
	CountryMails bool `json:"country_mails"` // at a key's first use from a country
}

// CustomerSettings returns what a customer chose, all mails if nothing.
func (db *DB) CustomerSettings(ctx context.Context, email string) (s CustomerSettings, err error) {
	err = db.Row(ctx, `SELECT limit_mails, expiry_mails, country_mails FROM portal_customer_settings WHERE email = $1`, email).
		Scan(&s.LimitMails, &s.ExpiryMails, &s.CountryMails)
	if errors.Is(err, sql.ErrNoRows) {
		return CustomerSettings{true, true, true}, nil
	}
	return s, db.Classify(err, "reading a customer's settings")
}

// SetCustomerSettings keeps what a customer chose.
func (db *DB) SetCustomerSettings(ctx context.Context, email string, s CustomerSettings) error {
	return db.execute(ctx, "keeping a customer's settings", `INSERT INTO portal_customer_settings (email, limit_mails, expiry_mails, country_mails)
		VALUES ($1, $2, $3, $4) ON CONFLICT (email) DO UPDATE SET limit_mails = excluded.limit_mails, expiry_mails = excluded.expiry_mails,
		country_mails = excluded.country_mails`, email, s.LimitMails, s.ExpiryMails, s.CountryMails)
}

// ForgetCustomer deletes what the site keeps of a customer's account: sessions, links, settings and mails.
func (db *DB) ForgetCustomer(ctx context.Context, email string) error {
	return db.Update(ctx, "deleting a customer's account", func(t *Tx) error {
		for _, q := range []string{
			`DELETE FROM portal_customer_sessions WHERE email = $1`, `DELETE FROM portal_sign_ins WHERE email = $1`,
			`DELETE FROM portal_customer_settings WHERE email = $1`, `DELETE FROM portal_mails WHERE recipient = $1`,
		} {
			if _, err := t.Exec(ctx, q, email); err != nil {
				return err
			}
		}
		return nil
	})
}

// ForgetSignIns deletes links that were asked for, and sessions that were used last, before a time.
func (db *DB) ForgetSignIns(ctx context.Context, before time.Time) error {
	return db.Apply(ctx, "deleting old sign-in links", func(t *Tx) error {
		if _, err := t.Exec(ctx, `DELETE FROM portal_sign_ins WHERE asked_us < $1`, micros(before)); err != nil {
			return err
		}
		_, err := t.Exec(ctx, `DELETE FROM portal_customer_sessions WHERE seen_us < $1`, micros(before))
		return err
	})
}

// execute runs one statement that is right whatever others do at the time.
func (db *DB) execute(ctx context.Context, what, q string, args ...any) error {
	return db.Apply(ctx, what, func(t *Tx) error {
		_, err := t.Exec(ctx, q, args...)
		return err
	})
}
