package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

const (
	// SessionIdle is after how long without a request a session ends.
	SessionIdle = 12 * time.Hour
	// SessionLife is after how long it ends in any case.
	SessionLife = 7 * 24 * time.Hour
)

// The stages of a session.
const (
	StageBegun    = "begun"    // a sign-in that has no account yet
	StagePassword = "password" // the password was right, the second factor is missing
	StageFull     = "full"     // somebody is signed in
)

// A Session is a browser of the staff.
type Session struct {
	Hash    string // SHA-256 of what is in the cookie, in hexadecimal
	Staff   string // the account's id; "": none yet
	Stage   string
	Data    string // what a sign-in that goes on has to remember
	Network string // of the browser when it signed in
	Browser string
	Created time.Time
	Seen    time.Time
	Expires time.Time // at the latest
}

const sessionColumns = `v.hash, v.staff_id, v.stage, v.data, v.network, v.browser, v.created_us, v.seen_us, v.expires_us`

func scanSession(from scanner, more ...any) (v Session, err error) {
	var staff sql.NullString
	err = from.Scan(append([]any{
		&v.Hash, &staff, &v.Stage, &v.Data, &v.Network, &v.Browser,
		sqldb.Instant{Time: &v.Created},
		sqldb.Instant{Time: &v.Seen},
		sqldb.Instant{Time: &v.Expires},
	}, more...)...)
	v.Staff = staff.String
	return v, err
}

// AddSession makes a session.
func (db *DB) AddSession(ctx context.Context, v Session) error {
	return db.Apply(ctx, "beginning a session", func(t *Tx) error { return addSession(ctx, t, v) })
}

func addSession(ctx context.Context, t *Tx, v Session) error {
	_, err := t.Exec(ctx, `INSERT INTO portal_staff_sessions (hash, staff_id, stage, data, network, browser, created_us, seen_us, expires_us)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		v.Hash, sql.NullString{String: v.Staff, Valid: v.Staff != ""}, v.Stage, v.Data, v.Network, v.Browser,
		v.Created.UnixMicro(), v.Seen.UnixMicro(), v.Expires.UnixMicro())
	return err
}

// SessionByHash returns a session that has not ended, and its account, which is zero if it has none yet.
func (db *DB) SessionByHash(ctx context.Context, hash string, now time.Time) (Session, Staff, error) {
	v, err := scanSession(db.Row(ctx, `SELECT `+sessionColumns+` FROM portal_staff_sessions v WHERE v.hash = $1 AND v.expires_us > $2 AND v.seen_us > $3`,
		hash, now.UnixMicro(), now.Add(-SessionIdle).UnixMicro()))
	if err != nil {
		return Session{}, Staff{}, db.Classify(err, "This session")
	}
	if v.Staff == "" {
		return v, Staff{}, nil
	}
	s, err := db.StaffByID(ctx, v.Staff)
	return v, s, err
}

// SeeSession notes that a session was used.
func (db *DB) SeeSession(ctx context.Context, hash string, now time.Time) error {
	return db.Apply(ctx, "noting a session", func(t *Tx) error {
		_, err := t.Exec(ctx, `UPDATE portal_staff_sessions SET seen_us = $1 WHERE hash = $2 AND seen_us < $1`, now.UnixMicro(), hash)
		return err
	})
}

// SetSessionData changes what a sign-in that goes on has to remember.
func (db *DB) SetSessionData(ctx context.Context, hash, data string) error {
	return db.Apply(ctx, "noting a session", func(t *Tx) error {
		_, err := t.Exec(ctx, `UPDATE portal_staff_sessions SET data = $1 WHERE hash = $2`, data, hash)
		return err
	})
}

// Sessions returns the sessions of an account that have not ended, the one used last first.
func (db *DB) Sessions(ctx context.Context, staff string, now time.Time) ([]Session, error) {
	rows, err := db.Query(ctx, `SELECT `+sessionColumns+` FROM portal_staff_sessions v
		WHERE v.staff_id = $1 AND v.stage = $2 AND v.expires_us > $3 AND v.seen_us > $4 ORDER BY v.seen_us DESC, v.hash`,
		staff, StageFull, now.UnixMicro(), now.Add(-SessionIdle).UnixMicro())
	list, err := collect(rows, err, func(rows *sql.Rows) (Session, error) { return scanSession(rows) })
	return list, db.Classify(err, "reading sessions")
}

// EndSession ends a session of an account and notes it. Another account's is [pierre.KindNotFound].
func (db *DB) EndSession(ctx context.Context, act Act, s Staff, hash string) error {
	return db.Update(ctx, "ending a session", func(t *Tx) error {
		n, err := t.Change(ctx, `DELETE FROM portal_staff_sessions WHERE staff_id = $1 AND hash = $2`, s.ID, hash)
		switch {
		case err != nil:
			return err
		case n == 0:
			return pierre.NotFound("This session")
		}
		return Audit(ctx, t, act, "staff.end_session", s.Email, struct{}{})
	})
}

// DropSession ends the session with that hash, if there is one.
func (db *DB) DropSession(ctx context.Context, hash string) error {
	return db.Apply(ctx, "ending a session", func(t *Tx) error {
		_, err := t.Exec(ctx, `DELETE FROM portal_staff_sessions WHERE hash = $1`, hash)
		return err
	})
}

// EndSessions ends all sessions of an account but the one to be kept, "" for none.
func (db *DB) EndSessions(ctx context.Context, act Act, s Staff, keep string) error {
	return db.Update(ctx, "ending sessions", func(t *Tx) error {
		if _, err := t.Exec(ctx, `DELETE FROM portal_staff_sessions WHERE staff_id = $1 AND hash <> $2`, s.ID, keep); err != nil {
			return err
		}
		return Audit(ctx, t, act, "staff.end_sessions", s.Email, struct{}{})
	})
}

// The kinds of links.
const (
	LinkInvitation = "invitation" // makes an account
	LinkReset      = "reset"      // sets a new password
)

// A Link is what somebody of the staff was sent, to be used once.
type Link struct {
	Hash    string // SHA-256 of what is in the link, in hexadecimal
	Kind    string
	Email   string // whose it is
	Role    string // of the account that it makes; of a link to a new password, the account's
	By      string // who made it
	Created time.Time
	Expires time.Time
}

const linkColumns = `hash, kind, email, role, made_by, created_us, expires_us`

func scanLink(from scanner) (l Link, err error) {
	err = from.Scan(&l.Hash, &l.Kind, &l.Email, &l.Role, &l.By, sqldb.Instant{Time: &l.Created}, sqldb.Instant{Time: &l.Expires})
	return l, err
}

// AddLink keeps a link in place of those of its kind that the address had, and notes it. More is done in the same
// transaction, such as the mail that brings it. An invitation of somebody who has an account is [pierre.KindConflict].
func (db *DB) AddLink(ctx context.Context, act Act, l Link, more func(t *Tx) error) error {
	return db.Update(ctx, "making a link", func(t *Tx) error {
		if l.Kind == LinkInvitation {
			var there int64
			if err := t.Row(ctx, `SELECT COUNT(*) FROM portal_staff WHERE email = $1`, l.Email).Scan(&there); err != nil {
				return err
			}
			if there > 0 {
				return &pierre.Error{Kind: pierre.KindConflict, Field: "email", Msg: l.Email + " has an account already."}
			}
		}
		if _, err := t.Exec(ctx, `DELETE FROM portal_staff_links WHERE email = $1 AND kind = $2`, l.Email, l.Kind); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `INSERT INTO portal_staff_links (`+linkColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			l.Hash, l.Kind, l.Email, l.Role, l.By, l.Created.UnixMicro(), l.Expires.UnixMicro()); err != nil {
			return err
		}
		if err := Audit(ctx, t, act, "staff."+l.Kind, l.Email, map[string]string{"role": l.Role}); err != nil {
			return err
		}
		return more(t)
	})
}

// LinkByHash returns a link that can be used.
func (db *DB) LinkByHash(ctx context.Context, hash string, now time.Time) (Link, error) {
	l, err := scanLink(db.Row(ctx, `SELECT `+linkColumns+` FROM portal_staff_links WHERE hash = $1 AND expires_us > $2`, hash, now.UnixMicro()))
	return l, db.Classify(err, "This link")
}

// LinkTo returns the link of a kind that an address has and that can be used.
func (db *DB) LinkTo(ctx context.Context, email, kind string, now time.Time) (Link, error) {
	l, err := scanLink(db.Row(ctx, `SELECT `+linkColumns+` FROM portal_staff_links WHERE email = $1 AND kind = $2 AND expires_us > $3`, email, kind, now.UnixMicro()))
	return l, db.Classify(err, "This link")
}

// Invitations returns the invitations that nobody has used yet, newest first.
func (db *DB) Invitations(ctx context.Context, now time.Time) ([]Link, error) {
	rows, err := db.Query(ctx, `SELECT `+linkColumns+` FROM portal_staff_links WHERE kind = $1 AND expires_us > $2 ORDER BY created_us DESC, email`,
		LinkInvitation, now.UnixMicro())
	list, err := collect(rows, err, func(rows *sql.Rows) (Link, error) { return scanLink(rows) })
	return list, db.Classify(err, "reading invitations")
}

// Withdraw takes the invitation of an address back.
func (db *DB) Withdraw(ctx context.Context, act Act, email string) error {
	return db.Update(ctx, "taking an invitation back", func(t *Tx) error {
		n, err := t.Change(ctx, `DELETE FROM portal_staff_links WHERE email = $1 AND kind = $2`, email, LinkInvitation)
		switch {
		case err != nil:
			return err
		case n == 0:
			return pierre.NotFound("This invitation")
		}
		return Audit(ctx, t, act, "staff.withdraw_invitation", email, struct{}{})
	})
}

// UseInvitation makes the account that an invitation is for; s.Email and s.Role are the invitation's. A link that was used
// is [pierre.KindNotFound]. hash is the link's, or "" for whoever the address belongs to without doubt.
func (db *DB) UseInvitation(ctx context.Context, hash string, s Staff) (Staff, error) {
	err := db.Update(ctx, "making an account", func(t *Tx) error {
		l, err := scanLink(t.Row(ctx, `SELECT `+linkColumns+` FROM portal_staff_links WHERE kind = $1 AND expires_us > $2 AND (hash = $3 OR $3 = '' AND email = $4)`,
			LinkInvitation, s.Created.UnixMicro(), hash, s.Email))
		if err != nil {
			return db.Classify(err, "This invitation")
		}
		s.Email, s.Role = l.Email, l.Role
		if _, err := t.Exec(ctx, `DELETE FROM portal_staff_links WHERE hash = $1`, l.Hash); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `INSERT INTO portal_staff (id, email, name, role, password_hash, totp_sealed, totp_step, created_us) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)`,
			s.ID, s.Email, s.Name, s.Role, s.PasswordHash, s.TOTP, s.Created.UnixMicro()); err != nil {
			return err
		}
		return Audit(ctx, t, Act{s.Email, s.Created}, "staff.join", s.Email, map[string]string{"role": s.Role, "invited_by": l.By})
	})
	return s, err
}

// Guess counts one more guess in each of the buckets before it is checked, such as one of the account and one of the
// network. It returns until when there are no more in one of them; zero: it may be checked.
func (db *DB) Guess(ctx context.Context, now time.Time, window time.Duration, limits map[string]int64) (until time.Time, err error) {
	err = db.Update(ctx, "counting guesses", func(t *Tx) error {
		until = time.Time{}
		for _, bucket := range sortedKeys(limits) {
			var count int64
			var ends time.Time
			err := t.Row(ctx, `INSERT INTO portal_staff_guesses (bucket, count, until_us) VALUES ($1, 1, $2)
				ON CONFLICT (bucket) DO UPDATE SET
					count = CASE WHEN portal_staff_guesses.until_us <= $3 THEN 1 ELSE portal_staff_guesses.count + 1 END,
					until_us = CASE WHEN portal_staff_guesses.until_us <= $3 THEN excluded.until_us ELSE portal_staff_guesses.until_us END
				RETURNING count, until_us`, bucket, now.Add(window).UnixMicro(), now.UnixMicro()).Scan(&count, sqldb.Instant{Time: &ends})
			if err != nil {
				return err
			}
			if count > limits[bucket] && ends.After(until) {
				until = ends
			}
		}
		return nil
	})
	return until, err
}

// Forgive forgets the guesses of a bucket: one was right.
func (db *DB) Forgive(ctx context.Context, bucket string) error {
	return db.Apply(ctx, "counting guesses", func(t *Tx) error {
		_, err := t.Exec(ctx, `DELETE FROM portal_staff_guesses WHERE bucket = $1`, bucket)
		return err
	})
}

// PruneStaff deletes sessions, links and guesses that ended before now.
func (db *DB) PruneStaff(ctx context.Context, now time.Time) error {
	return db.Apply(ctx, "deleting ended sessions", func(t *Tx) error {
		if _, err := t.Exec(ctx, `DELETE FROM portal_staff_sessions WHERE expires_us <= $1 OR seen_us <= $2`, now.UnixMicro(), now.Add(-SessionIdle).UnixMicro()); err != nil {
			return err
		}
		for _, statement := range []string{`DELETE FROM portal_staff_links WHERE expires_us <= $1`, `DELETE FROM portal_staff_guesses WHERE until_us <= $1`} {
			if _, err := t.Exec(ctx, statement, now.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}
