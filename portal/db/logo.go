package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// SetLogo keeps the operator's logo, a PNG; nil takes it away. Settings.Logo becomes its hash.
func (db *DB) SetLogo(ctx context.Context, act Act, png []byte) error {
	return db.Update(ctx, "keeping the logo", func(t *Tx) error {
		s, err := readSettings(t.Row(ctx, `SELECT content FROM portal_settings WHERE id = 1`))
		if err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `DELETE FROM portal_logo`); err != nil {
			return err
		}
		s.Logo = ""
		if png != nil {
			sum := sha256.Sum256(png)
			s.Logo = hex.EncodeToString(sum[:])
			if _, err := t.Exec(ctx, `INSERT INTO portal_logo (id, png) VALUES (1, $1)`, png); err != nil {
				return err
			}
		}
		text, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("keeping the settings: %w", err)
		}
		if _, err := t.Exec(ctx, `UPDATE portal_settings SET content = $1 WHERE id = 1`, string(text)); err != nil {
			return err
		}
		return Audit(ctx, t, act, "settings.logo", s.Logo, map[string]int{"bytes": len(png)})
	})
}

// Logo returns the operator's logo, a PNG.
func (db *DB) Logo(ctx context.Context) (png []byte, err error) {
	err = db.Row(ctx, `SELECT png FROM portal_logo WHERE id = 1`).Scan(&png)
	return png, db.Classify(err, "The logo")
}
