package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

const selectConnection = `SELECT user_id, provider, account, sealed, generation, status, state, connected_us, due_us FROM connections`

func scanConnection(from scanner) (pierre.Connection, error) {
	var c pierre.Connection
	var state string
	err := from.Scan(&c.UserID, &c.Provider, &c.Account, &c.Sealed, &c.Generation, &c.Status, &state, instant{&c.Connected}, instant{&c.Due})
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(state), &c.Sync)
}

// Connections returns the user's connections, by provider.
func (s *Store) Connections(ctx context.Context, user pierre.UserID) ([]pierre.Connection, error) {
	rows, err := s.query(ctx, selectConnection+` WHERE user_id = $1 ORDER BY provider`, user)
	list, err := collect(rows, err, scanConnection)
	return list, s.classify(err, "listing connections")
}

// Connection returns one of the user's connections.
func (s *Store) Connection(ctx context.Context, user pierre.UserID, provider pierre.Provider) (pierre.Connection, error) {
	c, err := scanConnection(s.row(ctx, selectConnection+` WHERE user_id = $1 AND provider = $2`, user, provider))
	return c, s.classify(err, "connection to "+string(provider))
}

// KeepConnection keeps a new connection, or gives the one that there is new credentials. Then it goes on where it was if it is
// to the same account; else what is remembered of the other account is forgotten.
func (s *Store) KeepConnection(ctx context.Context, c pierre.Connection) error {
	state, err := json.Marshal(pierre.SyncState{})
	if err != nil {
		return fmt.Errorf("encoding the state of a connection: %w", err)
	}
	return s.update(ctx, "keeping a connection", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM connections WHERE user_id = $1 AND provider = $2 AND account <> $3`, c.UserID, c.Provider, c.Account)
		if err != nil {
			return err
		}
		// Two links may be gone through at once: a row that another server has just inserted is none that is "already there".
		_, err = t.exec(ctx, `INSERT INTO connections (user_id, provider, account, sealed, generation, status, state, connected_us, due_us,
			sync_owner, sync_until_us, refresh_owner, refresh_until_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0, '', 0)
			ON CONFLICT (user_id, provider) DO UPDATE SET sealed = excluded.sealed, generation = connections.generation + 1,
			status = excluded.status, due_us = excluded.due_us, refresh_owner = '', refresh_until_us = 0`,
			c.UserID, c.Provider, c.Account, c.Sealed, c.Connected.UnixMicro(), pierre.ConnectionActive, string(state),
			c.Connected.UnixMicro(), c.Due.UnixMicro())
		return err
	})
}

// DeleteConnection deletes one of the user's connections, and what is remembered of its account. What was fetched stays.
func (s *Store) DeleteConnection(ctx context.Context, user pierre.UserID, provider pierre.Provider) error {
	return s.update(ctx, "deleting a connection", func(t *tx) error {
		n, err := t.change(ctx, `DELETE FROM connections WHERE user_id = $1 AND provider = $2`, user, provider)
		if err == nil && n == 0 {
			err = pierre.NotFound("connection to " + string(provider))
		}
		return err
	})
}

// BeginRefresh reports whether owner is to get new credentials for a connection: those of c are the ones in use, and nobody
// else is doing so. The right lasts so long.
func (s *Store) BeginRefresh(ctx context.Context, c pierre.Connection, owner string, lasts time.Duration) (bool, error) {
	return s.leaseConnection(ctx, `UPDATE connections SET refresh_owner = $4, refresh_until_us = $5
		WHERE user_id = $1 AND provider = $2 AND generation = $3 AND refresh_until_us <= $6`, func(now time.Time) []any {
		return []any{c.UserID, c.Provider, c.Generation, owner, now.Add(lasts).UnixMicro(), now.UnixMicro()}
	})
}

// EndRefresh keeps the new credentials in c, whose generation is that of the ones before, and reports whether owner was still
// to get them. Without credentials the ones before stay; with [pierre.ConnectionBroken] they are of no use any more.
func (s *Store) EndRefresh(ctx context.Context, c pierre.Connection, owner string) (bool, error) {
	return s.changeConnection(ctx, `UPDATE connections SET sealed = $5, status = $6, generation = generation + 1,
		refresh_owner = '', refresh_until_us = 0 WHERE user_id = $1 AND provider = $2 AND generation = $3 AND refresh_owner = $4`,
		c.UserID, c.Provider, c.Generation, owner, c.Sealed, c.Status)
}

// DropRefresh ends what BeginRefresh began, without new credentials.
func (s *Store) DropRefresh(ctx context.Context, c pierre.Connection, owner string) error {
	_, err := s.changeConnection(ctx, `UPDATE connections SET refresh_owner = '', refresh_until_us = 0
		WHERE user_id = $1 AND provider = $2 AND generation = $3 AND refresh_owner = $4`, c.UserID, c.Provider, c.Generation, owner)
	return err
}

// changeConnection runs a statement and reports whether it changed a row.
func (s *Store) changeConnection(ctx context.Context, q string, args ...any) (bool, error) {
	var changed bool
	err := s.update(ctx, "changing a connection", func(t *tx) error {
		n, err := t.change(ctx, q, args...)
		changed = n > 0
		return err
	})
	return changed, err
}

// leaseConnection does so with the arguments that it has at that time of the database's clock, which leases go by.
func (s *Store) leaseConnection(ctx context.Context, q string, args func(now time.Time) []any) (bool, error) {
	var changed bool
	err := s.update(ctx, "changing a connection", func(t *tx) error {
		now, err := t.Clock(ctx)
		if err != nil {
			return err
		}
		n, err := t.change(ctx, q, args(now)...)
		changed = n > 0
		return err
	})
	return changed, err
}

// DueConnections returns connections to these providers that are due at now and that nobody fetches from, those that wait longest
// in front.
func (s *Store) DueConnections(ctx context.Context, now time.Time, providers []pierre.Provider, most int) ([]pierre.Connection, error) {
	if len(providers) == 0 {
		return nil, nil
	}
	var list []pierre.Connection
	err := s.view(ctx, "looking for connections that are due", func(t *tx) error {
		leased, err := t.Clock(ctx)
		if err != nil {
			return err
		}
		args := []any{now.UnixMicro(), pierre.ConnectionActive, most, leased.UnixMicro()}
		for _, p := range providers {
			args = append(args, p)
		}
		rows, err := t.query(ctx, selectConnection+` WHERE due_us <= $1 AND sync_until_us <= $4 AND status = $2
			AND provider IN (`+sqldb.Marks(len(args)-len(providers)+1, len(providers))+`)
			AND NOT EXISTS (SELECT 1 FROM provider_pauses p WHERE p.provider = connections.provider AND p.until_us > $1)
			ORDER BY due_us, user_id, provider LIMIT $3`, args...)
		list, err = collect(rows, err, scanConnection)
		return err
	})
	return list, err
}

// BeginSync gives owner the right to fetch over a connection for so long, and reports whether it has it. It is taken again
// with each recording. A connection that took the place of c is another one.
func (s *Store) BeginSync(ctx context.Context, c pierre.Connection, owner string, lasts time.Duration) (bool, error) {
	return s.leaseConnection(ctx, `UPDATE connections SET sync_owner = $3, sync_until_us = $4
		WHERE user_id = $1 AND provider = $2 AND (sync_until_us <= $5 OR sync_owner = $3) AND connected_us = $6`, func(now time.Time) []any {
		return []any{c.UserID, c.Provider, owner, now.Add(lasts).UnixMicro(), now.UnixMicro(), c.Connected.UnixMicro()}
	})
}

// SaveSync keeps the state of c, and reports whether owner still has the right to fetch, which lasts so long from now on; with 0
// it gives the right back. When c is due is kept once it is after began, which is when the turn began; a call for data that came since,
// which made it due earlier, stays in force.
func (s *Store) SaveSync(ctx context.Context, c pierre.Connection, owner string, began time.Time, lasts time.Duration) (bool, error) {
	state, err := json.Marshal(c.Sync)
	if err != nil {
		return false, fmt.Errorf("encoding the state of a connection: %w", err)
	}
	return s.leaseConnection(ctx, `UPDATE connections SET state = $4, sync_until_us = $5,
		due_us = CASE WHEN due_us > $7 AND due_us < $6 OR $6 <= $7 THEN due_us ELSE $6 END
		WHERE user_id = $1 AND provider = $2 AND sync_owner = $3 AND connected_us = $8`, func(now time.Time) []any {
		return []any{c.UserID, c.Provider, owner, string(state), now.Add(lasts).UnixMicro(), c.Due.UnixMicro(), began.UnixMicro(), c.Connected.UnixMicro()}
	})
}

// CallForSync makes the connections to a provider's account due at now, and returns how many there are.
func (s *Store) CallForSync(ctx context.Context, provider pierre.Provider, account string, now time.Time) (int, error) {
	var n int64
	err := s.update(ctx, "calling for data", func(t *tx) error {
		var err error
		n, err = t.change(ctx, `UPDATE connections SET due_us = $3 WHERE provider = $1 AND account = $2 AND account <> ''`,
			provider, account, now.UnixMicro())
		return err
	})
	return int(n), err
}

// PauseProvider keeps all connections to a provider from being due until then.
func (s *Store) PauseProvider(ctx context.Context, provider pierre.Provider, until time.Time) error {
	return s.apply(ctx, "pausing a provider", func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO provider_pauses (provider, until_us) VALUES ($1, $2)
			ON CONFLICT (provider) DO UPDATE SET until_us = excluded.until_us WHERE provider_pauses.until_us < excluded.until_us`,
			provider, until.UnixMicro())
		return err
	})
}
