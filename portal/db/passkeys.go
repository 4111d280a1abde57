package db

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A Passkey is a credential of WebAuthn.
type Passkey struct {
	ID         string // of the credential, in base64url
	Name       string
	Credential string // JSON: public key, counter, flags
	Created    time.Time
	Used       time.Time // zero: never
}

// AddPasskey gives an account a passkey.
func (db *DB) AddPasskey(ctx context.Context, act Act, s Staff, p Passkey) error {
	return db.Update(ctx, "This passkey", func(t *Tx) error {
		if _, err := t.Exec(ctx, `INSERT INTO portal_staff_passkeys (id, staff_id, name, credential, created_us) VALUES ($1, $2, $3, $4, $5)`,
			p.ID, s.ID, p.Name, p.Credential, p.Created.UnixMicro()); err != nil {
			return err
		}
		return Audit(ctx, t, act, "staff.add_passkey", s.Email, map[string]string{"name": p.Name})
	})
}

// Passkeys returns the passkeys of an account, oldest first.
func (db *DB) Passkeys(ctx context.Context, staff string) ([]Passkey, error) {
	rows, err := db.Query(ctx, `SELECT id, name, credential, created_us, used_us FROM portal_staff_passkeys WHERE staff_id = $1 ORDER BY created_us, id`, staff)
	list, err := collect(rows, err, func(rows *sql.Rows) (p Passkey, err error) {
		err = rows.Scan(&p.ID, &p.Name, &p.Credential, sqldb.Instant{Time: &p.Created}, sqldb.Instant{Time: &p.Used})
		return p, err
	})
	return list, db.Classify(err, "reading passkeys")
}

// UsePasskey keeps the new state of a passkey of an account.
func (db *DB) UsePasskey(ctx context.Context, staff string, p Passkey) error {
	return db.Apply(ctx, "noting a passkey", func(t *Tx) error {
		_, err := t.Exec(ctx, `UPDATE portal_staff_passkeys SET credential = $1, used_us = $2 WHERE id = $3 AND staff_id = $4`,
			p.Credential, p.Used.UnixMicro(), p.ID, staff)
		return err
	})
}

// RemovePasskey takes a passkey from an account. With needed, an account keeps a second factor: taking its last one is
// [pierre.KindConflict].
func (db *DB) RemovePasskey(ctx context.Context, act Act, s Staff, id string, needed bool) error {
	return db.Update(ctx, "removing a passkey", func(t *Tx) error {
		// Written first, so that two who take one each of the last two wait for each other.
		if _, err := t.Exec(ctx, `UPDATE portal_staff SET name = name WHERE id = $1`, s.ID); err != nil {
			return err
		}
		n, err := t.Change(ctx, `DELETE FROM portal_staff_passkeys WHERE id = $1 AND staff_id = $2`, id, s.ID)
		switch {
		case err != nil:
			return err
		case n == 0:
			return pierre.NotFound("This passkey")
		}
		var left int64
		if err := t.Row(ctx, `SELECT (SELECT COUNT(*) FROM portal_staff_passkeys WHERE staff_id = $1)
			+ (SELECT COUNT(*) FROM portal_staff WHERE id = $1 AND totp_sealed IS NOT NULL)`, s.ID).Scan(&left); err != nil {
			return err
		}
		if needed && left == 0 {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: "This is your only second factor; set up an app or another passkey first."}
		}
		return Audit(ctx, t, act, "staff.remove_passkey", s.Email, struct{}{})
	})
}

// sortedKeys returns the keys of m in order: transactions that write the same rows in one order wait for each other
// instead of ending each other.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
