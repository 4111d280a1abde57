package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	keyColumns = `k.id, k.user_id, u.email, k.name, k.description, k.tier, k.limit_requests, k.limit_period, k.tools, k.hash,
		k.prefix, k.last4, k.created_us, k.expires_us, k.revoked_us, k.last_used_us, k.replaced_by`
	keyTables = ` FROM api_keys k JOIN users u ON u.id = k.user_id`
)

// APIKey returns the key with that id.
func (s *Store) APIKey(ctx context.Context, id pierre.KeyID) (pierre.APIKey, error) {
	k, err := scanKey(s.row(ctx, `SELECT `+keyColumns+keyTables+` WHERE k.id = $1`, id))
	return k, s.classify(err, "API key "+string(id))
}

// APIKeyByHash returns the key with that hash, whatever its status.
func (s *Store) APIKeyByHash(ctx context.Context, hash [32]byte) (pierre.APIKey, error) {
	k, err := scanKey(s.row(ctx, `SELECT `+keyColumns+keyTables+` WHERE k.hash = $1`, hash[:]))
	return k, s.classify(err, "API key")
}

// APIKeys returns a page of keys, newest first.
func (s *Store) APIKeys(ctx context.Context, q pierre.KeyQuery) (pierre.KeyPage, error) {
	f := &filter{}
	f.and("TRUE")
	if q.Email != "" {
		f.and("u.email = " + f.arg(q.Email))
	}
	if !q.ActiveAt.IsZero() {
		at := f.arg(q.ActiveAt.UnixMicro())
		f.and("k.revoked_us IS NULL AND (k.expires_us IS NULL OR k.expires_us > " + at + ")")
	}
	if q.Cursor != "" {
		p, err := parsePlace(q.Cursor)
		if err != nil {
			return pierre.KeyPage{}, err
		}
		f.and("(k.created_us, k.id) < (" + f.arg(p.At) + ", " + f.arg(p.ID) + ")")
	}
	rows, err := s.query(ctx, `SELECT `+keyColumns+keyTables+` WHERE `+f.where()+
		` ORDER BY k.created_us DESC, k.id DESC LIMIT `+f.arg(q.Limit+1), f.args...)
	if err != nil {
		return pierre.KeyPage{}, s.classify(err, "listing API keys")
	}
	defer rows.Close()
	page := pierre.KeyPage{Keys: []pierre.APIKey{}}
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return pierre.KeyPage{}, s.classify(err, "listing API keys")
		}
		page.Keys = append(page.Keys, k)
	}
	if len(page.Keys) > q.Limit { // one more than wanted was read, to know if there are more
		page.Keys = page.Keys[:q.Limit]
		last := page.Keys[q.Limit-1]
		page.NextCursor = place{last.Created.UnixMicro(), string(last.ID)}.cursor()
	}
	return page, s.classify(rows.Err(), "listing API keys")
}

func scanKey(row scanner) (pierre.APIKey, error) {
	var k pierre.APIKey
	var hash []byte
	var tools, replacedBy sql.NullString
	var created int64
	var expires, revoked, lastUsed sql.NullInt64
	err := row.Scan(&k.ID, &k.UserID, &k.Email, &k.Name, &k.Description, &k.Tier, &k.Limit.Requests, &k.Limit.Period, &tools, &hash,
		&k.Prefix, &k.Last4, &created, &expires, &revoked, &lastUsed, &replacedBy)
	if err != nil {
		return pierre.APIKey{}, err
	}
	copy(k.Hash[:], hash)
	k.Created = time.UnixMicro(created).UTC()
	k.Expires, k.Revoked, k.LastUsed = fromMicros(expires), fromMicros(revoked), fromMicros(lastUsed)
	k.ReplacedBy = pierre.KeyID(replacedBy.String)
	if tools.Valid {
		if err := json.Unmarshal([]byte(tools.String), &k.Tools); err != nil {
			return pierre.APIKey{}, fmt.Errorf("decoding the tools of key %s: %w", k.ID, err)
		}
	}
	return k, nil
}

// TouchAPIKeys notes when keys were last used; it never moves a time back.
func (s *Store) TouchAPIKeys(ctx context.Context, used map[pierre.KeyID]time.Time) error {
	return s.update(ctx, "noting the last use of keys", func(t *tx) error {
		for id, at := range used {
			if _, err := t.exec(ctx, `UPDATE api_keys SET last_used_us = $2
				WHERE id = $1 AND (last_used_us IS NULL OR last_used_us < $2)`, id, at.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}
