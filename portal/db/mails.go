package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A MailState is what became of a mail.
type MailState string

// The states.
const (
	MailWaiting MailState = "waiting" // it was not sent yet
	MailSent    MailState = "sent"
	MailDead    MailState = "dead" // it is not tried any more
)

// A Mail is one in the outbox.
type Mail struct {
	ID        string
	Kind      string
	Recipient string
	Subject   string
	Sealed    []byte // its text, encrypted; nil once it was sent
	State     MailState
	Written   time.Time
	Due       time.Time // when it is tried next
	Expires   time.Time // zero: never
	Tries     int64
	Ended     time.Time // when it was sent or given up; zero: neither
	Failure   string    // of the last try, for staff to read
}

const mailColumns = `id, kind, recipient, subject, sealed, state, written_us, due_us, expires_us, tries, ended_us, failure`

func scanMail(row interface{ Scan(dest ...any) error }) (m Mail, err error) {
	var written, due, expires, ended int64
	err = row.Scan(&m.ID, &m.Kind, &m.Recipient, &m.Subject, &m.Sealed, &m.State, &written, &due, &expires, &m.Tries, &ended, &m.Failure)
	m.Written, m.Due, m.Expires, m.Ended = instant(written), instant(due), instant(expires), instant(ended)
	return m, err
}

// instant returns the time of a column, the zero Time for 0.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// micros returns what a column keeps of a time, 0 for the zero Time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// AddMail puts a mail into the outbox, due when it was written. With once, only the first mail of that name is taken; added
// reports whether this is it.
func (*DB) AddMail(ctx context.Context, t *Tx, m Mail, once string) (added bool, err error) {
	n, err := t.Change(ctx, `INSERT INTO portal_mails (id, kind, recipient, subject, sealed, once, state, written_us, due_us, expires_us)
		VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7, $8) ON CONFLICT (once) DO NOTHING`,
		m.ID, m.Kind, m.Recipient, m.Subject, m.Sealed, sql.NullString{String: once, Valid: once != ""}, micros(m.Written), micros(m.Expires))
	return n > 0, err
}

// TakeMail gives lease the mail that is due longest, until then; nobody else gets it before. ok is false if none is due.
func (db *DB) TakeMail(ctx context.Context, lease string, now, until time.Time) (m Mail, ok bool, err error) {
	err = db.Apply(ctx, "taking a mail from the outbox", func(t *Tx) error {
		ok = false
		m, err = scanMail(t.Row(ctx, `UPDATE portal_mails SET lease = $1, lease_us = $2, tries = tries + 1
			WHERE state = 'waiting' AND due_us <= $3 AND lease_us <= $3 AND id = (SELECT id FROM portal_mails
				WHERE state = 'waiting' AND due_us <= $3 AND lease_us <= $3 ORDER BY due_us, id LIMIT 1 `+db.skipLocked()+`)
			RETURNING `+mailColumns, lease, micros(until), micros(now)))
		if err == sql.ErrNoRows { //nolint:errorlint // as it comes from Scan
			return nil
		}
		ok = err == nil
		return err
	})
	return m, ok, err
}

// skipLocked lets programs that take rows at the same time each take another one, where the database has several writers.
func (db *DB) skipLocked() string {
	if db.Postgres() {
		return "FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// MailSent notes that a mail was sent. Its text is forgotten. What was taken by another lease since stays as it is, for that
// one to end.
func (db *DB) MailSent(ctx context.Context, id, lease string, now time.Time) error {
	return db.endLease(ctx, id, lease, `state = 'sent', sealed = NULL, failure = '', ended_us = $3`, micros(now))
}

// MailFailed notes that a mail could not be sent, and when it is tried again.
func (db *DB) MailFailed(ctx context.Context, id, lease, failure string, again time.Time) error {
	return db.endLease(ctx, id, lease, `failure = $4, due_us = $3`, micros(again), failure)
}

// MailDied notes that a mail is not tried any more.
func (db *DB) MailDied(ctx context.Context, id, lease, failure string, now time.Time) error {
	return db.endLease(ctx, id, lease, `state = 'dead', failure = $4, ended_us = $3`, micros(now), failure)
}

func (db *DB) endLease(ctx context.Context, id, lease, set string, args ...any) error {
	return db.Apply(ctx, "noting what became of a mail", func(t *Tx) error {
		_, err := t.Exec(ctx, `UPDATE portal_mails SET lease = '', lease_us = 0, `+set+` WHERE id = $1 AND lease = $2 AND state = 'waiting'`,
			append([]any{id, lease}, args...)...)
		return err
	})
}

// ReviveMail makes a dead mail wait again, due at once and with all its tries, as long as it is of use. Another one is
// [pierre.KindConflict].
func (db *DB) ReviveMail(ctx context.Context, id string, now time.Time) error {
	return db.Apply(ctx, "sending a mail again", func(t *Tx) error {
		n, err := t.Change(ctx, `UPDATE portal_mails SET state = 'waiting', due_us = $2, written_us = $2, tries = 0, ended_us = 0
			WHERE id = $1 AND state = 'dead' AND sealed IS NOT NULL AND (expires_us = 0 OR expires_us > $2)`, id, micros(now))
		if err == nil && n == 0 {
			err = &pierre.Error{Kind: pierre.KindConflict, Msg: "This mail cannot be sent again: it is on its way, or its link has ended."}
		}
		return err
	})
}

// A MailFilter says which mails are wanted, the newest first.
type MailFilter struct {
	State     MailState // "": any
	Recipient string    // "": anybody
	Limit     int
}

// Mails returns mails without their texts.
func (db *DB) Mails(ctx context.Context, f MailFilter) ([]Mail, error) {
	rows, err := db.Query(ctx, `SELECT `+mailColumns+` FROM portal_mails WHERE ($1 = '' OR state = $1) AND ($2 = '' OR recipient = $2)
		ORDER BY written_us DESC, id LIMIT $3`, string(f.State), f.Recipient, f.Limit)
	if err != nil {
		return nil, db.Classify(err, "reading the outbox")
	}
	defer rows.Close()
	list := []Mail{}
	for rows.Next() {
		m, err := scanMail(rows)
		if err != nil {
			return nil, db.Classify(err, "reading the outbox")
		}
		m.Sealed = nil
		list = append(list, m)
	}
	return list, db.Classify(rows.Err(), "reading the outbox")
}

// Mail returns a mail without its text.
func (db *DB) Mail(ctx context.Context, id string) (Mail, error) {
	m, err := scanMail(db.Row(ctx, `SELECT `+mailColumns+` FROM portal_mails WHERE id = $1`, id))
	m.Sealed = nil
	return m, db.Classify(err, "This mail")
}

// MailCounts say how many mails are in which state.
type MailCounts struct {
	Waiting int64
	Late    int64 // of those that wait, the ones that were written before a time
	Dead    int64
}

// CountMails counts the mails that are not sent.
func (db *DB) CountMails(ctx context.Context, before time.Time) (n MailCounts, err error) {
	err = db.Row(ctx, `SELECT COUNT(CASE WHEN state = 'waiting' THEN 1 END), COUNT(CASE WHEN state = 'waiting' AND written_us < $1 THEN 1 END),
		COUNT(CASE WHEN state = 'dead' THEN 1 END) FROM portal_mails WHERE state IN ('waiting', 'dead')`, micros(before)).Scan(&n.Waiting, &n.Late, &n.Dead)
	return n, db.Classify(err, "counting mails")
}

// ForgetMails deletes mails that were sent or given up before a time.
func (db *DB) ForgetMails(ctx context.Context, before time.Time) error {
	return db.Apply(ctx, "deleting old mails", func(t *Tx) error {
		_, err := t.Exec(ctx, `DELETE FROM portal_mails WHERE state IN ('sent', 'dead') AND ended_us < $1`, micros(before))
		return err
	})
}

// MailedOnce reports whether there is or was a mail of that name.
func (db *DB) MailedOnce(ctx context.Context, once string) (bool, error) {
	var n int
	err := db.Row(ctx, `SELECT COUNT(*) FROM portal_mails WHERE once = $1`, once).Scan(&n)
	return n > 0, db.Classify(err, "looking for a mail")
}
