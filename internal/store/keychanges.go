package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// ProvisionAPIKey keeps a new key of the user with k's e-mail address, creating the user if there is none, and
// returns what answer makes of the kept key. A repetition of the act's request changes nothing
// and gets the first answer again: seal what is secret in it.
func (s *Store) ProvisionAPIKey(
	ctx context.Context, act pierre.Act, k pierre.APIKey, answer func(pierre.APIKey) ([]byte, error),
) (first []byte, repeated bool, err error) {
	return s.changeOnce(ctx, act, "provisioning an API key", func(t *tx) ([]byte, error) {
		u, made, err := t.ensureUser(ctx, k.Email, act.At)
		if err != nil {
			return nil, err
		}
		if made {
			if err := t.audit(ctx, act, "user.create", string(u.ID), struct{}{}); err != nil {
				return nil, err
			}
		}
		k.UserID, k.Customer, k.Created, k.Family = u.ID, u.Limit, act.At, k.ID
		if err := t.insertKey(ctx, &k); err != nil {
			return nil, err
		}
		if err := t.audit(ctx, act, "key.provision", string(k.ID), detailsOf(k)); err != nil {
			return nil, err
		}
		return answer(k)
	})
}

// RotateAPIKey lets replace end the key with that id and make its successor, and keeps both. Answers and repetitions
// are as for [Store.ProvisionAPIKey].
func (s *Store) RotateAPIKey(
	ctx context.Context, act pierre.Act, id pierre.KeyID,
	replace func(old *pierre.APIKey) (pierre.APIKey, error), answer func(pierre.APIKey) ([]byte, error),
) (first []byte, repeated bool, err error) {
	return s.changeOnce(ctx, act, "rotating API key "+string(id), func(t *tx) ([]byte, error) {
		old, err := t.key(ctx, id)
		if err != nil {
			return nil, err
		}
		next, err := replace(&old)
		if err != nil {
			return nil, err
		}
		next.UserID, next.Email, next.Created, next.Family = old.UserID, old.Email, act.At, old.Family
		if err := t.insertKey(ctx, &next); err != nil {
			return nil, err
		}
		if err := t.updateKey(ctx, &old); err != nil {
			return nil, err
		}
		details := struct {
			Successor pierre.KeyID `json:"successor"`
			Old       keyDetails   `json:"old"`
		}{next.ID, detailsOf(old)}
		if err := t.audit(ctx, act, "key.rotate", string(id), details); err != nil {
			return nil, err
		}
		kind := pierre.ChangeKey
		if !old.Revoked.IsZero() { // there is no grace
			kind = pierre.ChangeKeyRevoked
		}
		if err := t.keyChanged(ctx, act.At, kind, id); err != nil {
			return nil, err
		}
		return answer(next)
	})
}

// UpdateAPIKey keeps what change makes of the key with that id.
func (s *Store) UpdateAPIKey(ctx context.Context, act pierre.Act, id pierre.KeyID, change func(*pierre.APIKey) error) (pierre.APIKey, error) {
	var k pierre.APIKey
	err := s.update(ctx, "updating API key "+string(id), func(t *tx) error {
		var err error
		if k, err = t.key(ctx, id); err != nil {
			return err
		}
		before, tools := detailsOf(k), k.InForce().Tools
		if err := change(&k); err != nil {
			return err
		}
		if err := t.updateKey(ctx, &k); err != nil {
			return err
		}
		details := struct {
			Before keyDetails `json:"before"`
			After  keyDetails `json:"after"`
		}{before, detailsOf(k)}
		if err := t.audit(ctx, act, "key.update", string(id), details); err != nil {
			return err
		}
		kind := pierre.ChangeKey
		if pierre.Narrowed(tools, k.InForce().Tools) {
			kind = pierre.ChangeKeyRevoked
		}
		return t.keyChanged(ctx, act.At, kind, id)
	})
	return k, err
}

// RevokeAPIKey revokes the key with that id, and returns it. Of a key that is revoked already nothing changes.
func (s *Store) RevokeAPIKey(ctx context.Context, act pierre.Act, id pierre.KeyID) (pierre.APIKey, error) {
	var k pierre.APIKey
	err := s.update(ctx, "revoking API key "+string(id), func(t *tx) error {
		var err error
		if k, err = t.key(ctx, id); err != nil || !k.Revoked.IsZero() {
			return err
		}
		k.Revoked = act.At
		if err := t.updateKey(ctx, &k); err != nil {
			return err
		}
		if err := t.audit(ctx, act, "key.revoke", string(id), struct{}{}); err != nil {
			return err
		}
		return t.keyChanged(ctx, act.At, pierre.ChangeKeyRevoked, id)
	})
	return k, err
}

// changeOnce makes a change once for its request, in one transaction.
func (s *Store) changeOnce(ctx context.Context, act pierre.Act, what string, do func(*tx) ([]byte, error)) (answer []byte, repeated bool, err error) {
	err = s.update(ctx, what, func(t *tx) error {
		var err error
		answer, repeated, err = t.once(ctx, act, func() ([]byte, error) { return do(t) })
		return err
	})
	return answer, repeated, err
}

func (t *tx) key(ctx context.Context, id pierre.KeyID) (pierre.APIKey, error) {
	k, err := scanKey(t.row(ctx, selectKey()+` WHERE k.id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return k, pierre.NotFound("API key " + string(id))
	}
	return k, err
}

// insertKey also fills in the key's plan.
func (t *tx) insertKey(ctx context.Context, k *pierre.APIKey) error {
	if k.Type == "" {
		k.Type = pierre.KeyPersonal
	}
	var err error
	if k.Plan, err = t.planOf(ctx, k.Tier); err != nil {
		return err
	}
	r := keyRow(k)
	_, err = t.exec(ctx, r.insert("api_keys"), r.values()...)
	return err
}

// updateKey writes what can change in a key, and fills in its plan.
func (t *tx) updateKey(ctx context.Context, k *pierre.APIKey) error {
	var err error
	if k.Plan, err = t.planOf(ctx, k.Tier); err != nil {
		return err
	}
	q, args := keyRow(k).update("api_keys")
	_, err = t.exec(ctx, q, args...)
	return err
}
