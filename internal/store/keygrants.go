package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// liveGrant is the condition that an app can act by the grant g at the time $2.
const liveGrant = `g.redeemed_us IS NOT NULL AND g.ended_us IS NULL
	AND EXISTS (SELECT 1 FROM oauth_tokens t WHERE t.grant_id = g.id AND t.expires_us > $2)`

// LiveGrants returns how many apps can act with the key at now.
func (s *Store) LiveGrants(ctx context.Context, key pierre.KeyID, now time.Time) (int, error) {
	var n int
	err := s.row(ctx, `SELECT COUNT(*) FROM oauth_grants g WHERE g.key_id = $1 AND `+liveGrant, key, now.UnixMicro()).Scan(&n)
	return n, s.classify(err, "counting the apps of a key")
}

// ConnectedApps returns the grants by which apps can act with the key at now, the newest first, at most limit.
func (s *Store) ConnectedApps(ctx context.Context, key pierre.KeyID, now time.Time, limit int) ([]pierre.ConnectedApp, error) {
	const what = "reading the apps of a key"
	var g pierre.Grant
	rows, err := s.query(ctx, `SELECT `+grantRow(&g).names("g.")+`, `+grantTimes+`
		FROM oauth_grants g WHERE g.key_id = $1 AND `+liveGrant+` ORDER BY g.created_us DESC, g.id LIMIT $3`, key, now.UnixMicro(), limit)
	if err != nil {
		return nil, s.classify(err, what)
	}
	defer rows.Close()
	var list []pierre.ConnectedApp
	for rows.Next() {
		var a pierre.ConnectedApp
		if err := rows.Scan(appValues(&a)...); err != nil {
			return nil, s.classify(err, what)
		}
		list = append(list, a)
	}
	return list, s.classify(rows.Err(), what)
}

// grantTimes are a grant's end and the times of its tokens; appValues is where they go, after the grant's own columns.
const grantTimes = `g.ended_us, (SELECT MAX(t.created_us) FROM oauth_tokens t WHERE t.grant_id = g.id),
	(SELECT MAX(t.expires_us) FROM oauth_tokens t WHERE t.grant_id = g.id)`

func appValues(a *pierre.ConnectedApp) []any {
	return append(grantRow(&a.Grant).values(), instant{&a.Ended}, instant{&a.Used}, instant{&a.Expires})
}

// RevokeGrant ends a grant of the key, and with it all its tokens; what is open for the key ends, too. Of a grant that has
// ended nothing changes. Another key's is [pierre.KindNotFound].
func (s *Store) RevokeGrant(ctx context.Context, act pierre.Act, key pierre.KeyID, id pierre.GrantID) (pierre.ConnectedApp, error) {
	var a pierre.ConnectedApp
	err := s.update(ctx, "ending the access of an app", func(t *tx) error {
		a = pierre.ConnectedApp{}
		err := t.row(ctx, `SELECT `+grantRow(&a.Grant).names("g.")+`, `+grantTimes+` FROM oauth_grants g WHERE g.key_id = $1 AND g.id = $2`, key, id).
			Scan(appValues(&a)...)
		if errors.Is(err, sql.ErrNoRows) {
			return pierre.NotFound("grant " + string(id) + " of this key")
		}
		if err != nil || !a.Ended.IsZero() {
			return err
		}
		a.Ended = act.At
		if err := t.endGrant(ctx, &grantState{Grant: a.Grant}, act.At, pierre.ChangeKeyRevoked); err != nil {
			return err
		}
		return t.audit(ctx, act, "key.revoke_app", string(key), struct {
			Grant  pierre.GrantID `json:"grant_id"`
			Client string         `json:"client_id"`
			Name   string         `json:"client_name"`
		}{a.ID, a.ClientID, a.ClientName})
	})
	return a, err
}
