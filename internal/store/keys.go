package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// keyRow is the row of a key in api_keys: every column is named here and nowhere else. One that can change is in keyDetails, too.
func keyRow(k *pierre.APIKey) row {
	return row{
		{"id", &k.ID, false},
		{"user_id", &k.UserID, false},
		{"name", &k.Name, true},
		{"description", &k.Description, true},
		{"tier", &k.Tier, true},
		{"key_type", &k.Type, false},
		{"limit_requests", limitRequests{k}, true},
		{"limit_period", limitPeriod{k}, true},
		{"limit_follows", limitFollows{&k.Limit}, true},
		{"tools", jsonText{&k.Tools, true}, true},
		{"settings", keyRules{&k.Rules}, true},
		{"hash", hash{&k.Hash}, false},
		{"prefix", &k.Prefix, false},
		{"last4", &k.Last4, false},
		{"created_us", instant{&k.Created}, false},
		{"expires_us", instant{&k.Expires}, true},
		{"revoked_us", instant{&k.Revoked}, true},
		{"last_used_us", instant{&k.LastUsed}, false},
		{"replaced_by", id[pierre.KeyID]{&k.ReplacedBy}, true},
		{"family_id", &k.Family, false},
		{"generation", &k.Generation, false},
	}
}

// keyDetails are what the audit log tells about a key: whose it is and everything that can change. None of it is secret.
type keyDetails struct {
	UserID      pierre.UserID  `json:"user_id"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Type        pierre.KeyType `json:"key_type,omitempty"`
	Tier        pierre.Tier    `json:"tier"`
	pierre.Rules
	Expires    time.Time    `json:"expires_at,omitzero"`
	Revoked    time.Time    `json:"revoked_at,omitzero"`
	ReplacedBy pierre.KeyID `json:"replaced_by,omitempty"`
}

func detailsOf(k pierre.APIKey) keyDetails {
	return keyDetails{
		UserID: k.UserID, Name: k.Name, Description: k.Description, Type: k.Type, Tier: k.Tier, Rules: k.Rules,
		Expires: k.Expires, Revoked: k.Revoked, ReplacedBy: k.ReplacedBy,
	}
}

// selectKey is a SELECT of keys with what is asked of their users and tiers at each use; scanKey reads its rows.
func selectKey() string {
	return `SELECT u.email, u.limit_requests, u.limit_period, ` + keyRow(&pierre.APIKey{}).names("k.") + `, ` + tierRow(&pierre.Plan{}).names("t.") +
		` FROM api_keys k JOIN users u ON u.id = k.user_id JOIN tiers t ON t.name = k.tier`
}

func scanKey(from scanner) (pierre.APIKey, error) {
	var k pierre.APIKey
	into := append([]any{&k.Email, &k.Customer.Requests, &k.Customer.Period}, keyRow(&k).values()...)
	if err := from.Scan(append(into, tierRow(&k.Plan).values()...)...); err != nil {
		return pierre.APIKey{}, fmt.Errorf("reading a key: %w", err)
	}
	return k, nil
}

// APIKey returns the key with that id.
func (s *Store) APIKey(ctx context.Context, id pierre.KeyID) (pierre.APIKey, error) {
	k, err := scanKey(s.row(ctx, selectKey()+` WHERE k.id = $1`, id))
	return k, s.classify(err, "API key "+string(id))
}

// APIKeyByHash returns the key with that hash, whatever its status.
func (s *Store) APIKeyByHash(ctx context.Context, hash [32]byte) (pierre.APIKey, error) {
	k, err := scanKey(s.row(ctx, selectKey()+` WHERE k.hash = $1`, hash[:]))
	return k, s.classify(err, "API key")
}

// TouchAPIKeys notes when keys were last used; it never moves a time back.
func (s *Store) TouchAPIKeys(ctx context.Context, used map[pierre.KeyID]time.Time) error {
	ids := slices.Sorted(maps.Keys(used)) // all servers write in one order
	return s.apply(ctx, "noting the last use of keys", func(t *tx) error {
		for _, id := range ids {
			if _, err := t.exec(ctx, `UPDATE api_keys SET last_used_us = $2
				WHERE id = $1 AND (last_used_us IS NULL OR last_used_us < $2)`, id, used[id].UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}
