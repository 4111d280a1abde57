package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// Staff is the account of somebody who runs the site.
type Staff struct {
	ID           string
	Email        string // in its normal form
	Name         string
	Role         string    // viewer, approver, admin or owner, see package route
	PasswordHash string    // argon2id; "": none
	TOTP         []byte    // the sealed secret of an authenticator app; nil: none
	TOTPStep     int64     // the step of the last code that was taken
	Created      time.Time //
	SignedIn     time.Time // zero: never
	NoDailyMail  bool      // wants no mail each morning
}

// owner is the role of which somebody is always left.
const owner = "owner"

// A Member is an account as the team sees it.
type Member struct {
	Staff

	Passkeys int // how many there are
	Recovery int // recovery codes that were not used
	Sessions int // that have not ended
}

const staffColumns = `s.id, s.email, s.name, s.role, s.password_hash, s.totp_sealed, s.totp_step, s.created_us, s.signed_in_us, s.no_daily_mail`

type scanner interface{ Scan(values ...any) error }

func scanStaff(from scanner, more ...any) (s Staff, err error) {
	var quiet int64
	err = from.Scan(append([]any{
		&s.ID, &s.Email, &s.Name, &s.Role, &s.PasswordHash, &s.TOTP, &s.TOTPStep, sqldb.Instant{Time: &s.Created}, sqldb.Instant{Time: &s.SignedIn}, &quiet,
	}, more...)...)
	s.NoDailyMail = quiet == 1
	return s, err
}

// StaffByID returns an account.
func (db *DB) StaffByID(ctx context.Context, id string) (Staff, error) {
	s, err := scanStaff(db.Row(ctx, `SELECT `+staffColumns+` FROM portal_staff s WHERE s.id = $1`, id))
	return s, db.Classify(err, "This account")
}

// StaffByEmail returns the account with an e-mail address in its normal form.
func (db *DB) StaffByEmail(ctx context.Context, email string) (Staff, error) {
	s, err := scanStaff(db.Row(ctx, `SELECT `+staffColumns+` FROM portal_staff s WHERE s.email = $1`, email))
	return s, db.Classify(err, "This account")
}

// Team returns all accounts, by their addresses.
func (db *DB) Team(ctx context.Context, now time.Time) ([]Member, error) {
	rows, err := db.Query(ctx, `SELECT `+staffColumns+`,
			(SELECT COUNT(*) FROM portal_staff_passkeys p WHERE p.staff_id = s.id),
			(SELECT COUNT(*) FROM portal_staff_recovery r WHERE r.staff_id = s.id),
			(SELECT COUNT(*) FROM portal_staff_sessions v WHERE v.staff_id = s.id AND v.stage = $1 AND v.expires_us > $2 AND v.seen_us > $3)
		FROM portal_staff s ORDER BY s.email`, StageFull, now.UnixMicro(), now.Add(-SessionIdle).UnixMicro())
	list, err := collect(rows, err, func(rows *sql.Rows) (m Member, err error) {
		m.Staff, err = scanStaff(rows, &m.Passkeys, &m.Recovery, &m.Sessions)
		return m, err
	})
	return list, db.Classify(err, "reading the team")
}

// A StaffChange is a change of an account.
type StaffChange struct {
	Action  string // of the audit log
	Details any    // of the audit log
	Keep    string // the hash of the session that goes on if the password or the role changes; "": none
	Change  func(*Staff) error

	also func(*Tx) error // what is done before, in the same transaction; nil: nothing
}

// ChangeStaff changes an account and notes it. All sessions of an account whose password or role changes end but the one
// to be kept, and so do the links to a new password. The last owner stays one: else it is [pierre.KindConflict].
func (db *DB) ChangeStaff(ctx context.Context, act Act, id string, c StaffChange) (Staff, error) {
	var s Staff
	err := db.Update(ctx, "changing an account", func(t *Tx) error {
		var err error
		if s, err = scanStaff(t.Row(ctx, `SELECT `+staffColumns+` FROM portal_staff s WHERE s.id = $1`, id)); err != nil {
			return db.Classify(err, "This account")
		}
		if c.also != nil {
			if err := c.also(t); err != nil {
				return err
			}
		}
		before := s
		if err := c.Change(&s); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `UPDATE portal_staff SET name = $1, role = $2, password_hash = $3, totp_sealed = $4, totp_step = $5, no_daily_mail = $6 WHERE id = $7`,
			s.Name, s.Role, s.PasswordHash, s.TOTP, s.TOTPStep, number(s.NoDailyMail), id); err != nil {
			return err
		}
		if before.Role == owner && s.Role != owner {
			if err := keepAnOwner(ctx, t); err != nil {
				return err
			}
		}
		if before.Role != s.Role || before.PasswordHash != s.PasswordHash {
			if err := endAll(ctx, t, s, c.Keep); err != nil {
				return err
			}
		}
		return Audit(ctx, t, act, c.Action, s.Email, c.Details)
	})
	return s, err
}

// ResetStaff uses a link to a new password up: it changes the account, and takes its sessions, passkeys and recovery codes. A
// link that was used is [pierre.KindNotFound].
func (db *DB) ResetStaff(ctx context.Context, act Act, id string, l Link, change func(*Staff)) (Staff, error) {
	return db.ChangeStaff(ctx, act, id, StaffChange{Action: "staff.use_reset", Details: map[string]string{"made_by": l.By}, Change: func(s *Staff) error {
		change(s)
		return nil
	}, also: func(t *Tx) error {
		n, err := t.Change(ctx, `DELETE FROM portal_staff_links WHERE hash = $1`, l.Hash)
		switch {
		case err != nil:
			return err
		case n == 0:
			return pierre.NotFound("This link")
		}
		for _, statement := range []string{`DELETE FROM portal_staff_passkeys WHERE staff_id = $1`, `DELETE FROM portal_staff_recovery WHERE staff_id = $1`} {
			if _, err := t.Exec(ctx, statement, id); err != nil {
				return err
			}
		}
		return nil
	}})
}

func endAll(ctx context.Context, t *Tx, s Staff, keep string) error {
	if _, err := t.Exec(ctx, `DELETE FROM portal_staff_sessions WHERE staff_id = $1 AND hash <> $2`, s.ID, keep); err != nil {
		return err
	}
	_, err := t.Exec(ctx, `DELETE FROM portal_staff_links WHERE email = $1 AND kind = $2`, s.Email, LinkReset)
	return err
}

func keepAnOwner(ctx context.Context, t *Tx) error {
	var owners int64
	if err := t.Row(ctx, `SELECT COUNT(*) FROM portal_staff WHERE role = $1`, owner).Scan(&owners); err != nil {
		return err
	}
	if owners == 0 {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "This is the last owner; make somebody else an owner first."}
	}
	return nil
}

// RemoveStaff removes an account with its sessions, second factors and links. The last owner stays: [pierre.KindConflict].
func (db *DB) RemoveStaff(ctx context.Context, act Act, id string) error {
	return db.Update(ctx, "removing an account", func(t *Tx) error {
		s, err := scanStaff(t.Row(ctx, `SELECT `+staffColumns+` FROM portal_staff s WHERE s.id = $1`, id))
		if err != nil {
			return db.Classify(err, "This account")
		}
		for _, statement := range []string{
			`DELETE FROM portal_staff_sessions WHERE staff_id = $1`, `DELETE FROM portal_staff_passkeys WHERE staff_id = $1`,
			`DELETE FROM portal_staff_recovery WHERE staff_id = $1`, `DELETE FROM portal_staff WHERE id = $1`,
		} {
			if _, err := t.Exec(ctx, statement, id); err != nil {
				return err
			}
		}
		if _, err := t.Exec(ctx, `DELETE FROM portal_staff_links WHERE email = $1`, s.Email); err != nil {
			return err
		}
		if s.Role == owner {
			if err := keepAnOwner(ctx, t); err != nil {
				return err
			}
		}
		return Audit(ctx, t, act, "staff.remove", s.Email, map[string]string{"role": s.Role})
	})
}

// SignedIn notes that somebody signed in: it ends the session of the sign-in that this was the end of, whose hash is begun,
// and makes the new one.
func (db *DB) SignedIn(ctx context.Context, act Act, begun string, v Session, how string) error {
	return db.Update(ctx, "signing in", func(t *Tx) error {
		s, err := scanStaff(t.Row(ctx, `SELECT `+staffColumns+` FROM portal_staff s WHERE s.id = $1`, v.Staff))
		if err != nil {
			return db.Classify(err, "This account")
		}
		if _, err := t.Exec(ctx, `DELETE FROM portal_staff_sessions WHERE hash = $1`, begun); err != nil {
			return err
		}
		if err := addSession(ctx, t, v); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `UPDATE portal_staff SET signed_in_us = $1 WHERE id = $2`, act.At.UnixMicro(), v.Staff); err != nil {
			return err
		}
		return Audit(ctx, t, Act{s.Email, act.At}, "staff.sign_in", s.Email, map[string]string{"by": how, "network": v.Network})
	})
}

// TakeCode notes that a code of an authenticator app was used. It reports false if it, or a later one, was used before.
func (db *DB) TakeCode(ctx context.Context, id string, step int64) (bool, error) {
	var fresh bool
	err := db.Apply(ctx, "taking a code", func(t *Tx) error {
		n, err := t.Change(ctx, `UPDATE portal_staff SET totp_step = $1 WHERE id = $2 AND totp_step < $1`, step, id)
		fresh = n == 1
		return err
	})
	return fresh, err
}

// SetRecovery replaces the recovery codes of an account; hashes are those of the new ones.
func (db *DB) SetRecovery(ctx context.Context, act Act, s Staff, hashes []string) error {
	return db.Update(ctx, "keeping recovery codes", func(t *Tx) error {
		if _, err := t.Exec(ctx, `DELETE FROM portal_staff_recovery WHERE staff_id = $1`, s.ID); err != nil {
			return err
		}
		for _, hash := range hashes {
			if _, err := t.Exec(ctx, `INSERT INTO portal_staff_recovery (hash, staff_id) VALUES ($1, $2)`, hash, s.ID); err != nil {
				return err
			}
		}
		return Audit(ctx, t, act, "staff.recovery_codes", s.Email, map[string]int{"codes": len(hashes)})
	})
}

// TakeRecovery uses a recovery code up. It reports false if there is none with that hash any more.
func (db *DB) TakeRecovery(ctx context.Context, id, hash string) (bool, error) {
	var found bool
	err := db.Apply(ctx, "taking a recovery code", func(t *Tx) error {
		n, err := t.Change(ctx, `DELETE FROM portal_staff_recovery WHERE hash = $1 AND staff_id = $2`, hash, id)
		found = n == 1
		return err
	})
	return found, err
}

// RecoveryLeft returns how many recovery codes of an account were not used.
func (db *DB) RecoveryLeft(ctx context.Context, id string) (n int, err error) {
	err = db.Row(ctx, `SELECT COUNT(*) FROM portal_staff_recovery WHERE staff_id = $1`, id).Scan(&n)
	return n, db.Classify(err, "counting recovery codes")
}
