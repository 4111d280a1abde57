package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
)

// SetLogo keeps the operator's logo, a PNG; nil takes it away. Settings.Logo becomes its hash.
func (db *DB) SetLogo(ctx context.Context, act Act, png []byte) error {
	logo := ""
	if png != nil {
		sum := sha256.Sum256(png)
		logo = hex.EncodeToString(sum[:])
	}
	return db.Update(ctx, "keeping the logo", func(t *Tx) error {
		_, _, err := changeSettings(ctx, t, func(s *Settings) error { s.Logo = logo; return nil })
		if err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `DELETE FROM portal_logo`); err != nil {
			return err
		}
		if png != nil {
			if _, err := t.Exec(ctx, `INSERT INTO portal_logo (id, png) VALUES (1, $1)`, png); err != nil {
				return err
			}
		}
		return Audit(ctx, t, act, "settings.logo", logo, map[string]int{"bytes": len(png)})
	})
}

// Logo returns the operator's logo, a PNG.
func (db *DB) Logo(ctx context.Context) (png []byte, err error) {
	err = db.Row(ctx, `SELECT png FROM portal_logo WHERE id = 1`).Scan(&png)
	return png, db.Classify(err, "The logo")
}
