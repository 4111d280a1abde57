package store

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const resealBatch = 100 // rows in a transaction

// Resealed says what became of the sealed texts in the database.
type Resealed struct {
	Current    int // were sealed with the key in use
	Renewed    int // are now
	Unreadable int // were sealed with a key that is not there
}

// A renewal returns a text sealed anew and whether it had to be; its error means that the text cannot be read.
type renewal = func(sealed, purpose []byte) (text []byte, renewed bool, err error)

// Reseal seals anew what is kept sealed and is not current: the answers of the admin API that may be asked for again, and the
// credentials of connections. What servers change meanwhile stays as they left it. If it was interrupted, running it again
// goes on with what is left.
func (s *Store) Reseal(ctx context.Context, renew renewal) (Resealed, error) {
	sum, err := resealTable(ctx, s, "sealing answers anew", sealedAnswers, renew)
	if err != nil {
		return sum, err
	}
	more, err := resealTable(ctx, s, "sealing credentials anew", sealedCredentials, renew)
	return Resealed{sum.Current + more.Current, sum.Renewed + more.Renewed, sum.Unreadable + more.Unreadable}, err
}

// A sealedRow is a row with a sealed text.
type sealedRow interface {
	sealed() (text, purpose []byte)
	keep(ctx context.Context, t *tx, text []byte) error
}

// resealTable seals the texts of one table anew, of which next reads rows in the order of their keys.
func resealTable[R sealedRow](
	ctx context.Context, s *Store, what string, next func(context.Context, *tx, R) ([]R, error), renew renewal,
) (Resealed, error) {
	var sum Resealed
	var after R
	for {
		var rows []R
		var part Resealed
		err := s.update(ctx, what, func(t *tx) error {
			var err error
			if rows, err = next(ctx, t, after); err != nil {
				return err
			}
			part = Resealed{}
			for _, r := range rows {
				if err := reseal(ctx, t, r, renew, &part); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return sum, err
		}
		sum = Resealed{sum.Current + part.Current, sum.Renewed + part.Renewed, sum.Unreadable + part.Unreadable}
		if len(rows) < resealBatch {
			return sum, nil
		}
		after = rows[len(rows)-1]
	}
}

func reseal(ctx context.Context, t *tx, r sealedRow, renew renewal, sum *Resealed) error {
	text, renewed, err := renew(r.sealed())
	switch {
	case err != nil:
		sum.Unreadable++
		return nil //nolint:nilerr // it is counted, and the others go on
	case !renewed:
		sum.Current++
		return nil
	}
	sum.Renewed++
	return r.keep(ctx, t, text)
}

type sealedAnswer struct {
	token      pierre.AdminTokenID
	route, key string
	answer     []byte
}

func (r sealedAnswer) sealed() (text, purpose []byte) {
	return r.answer, pierre.AnswerPurpose(r.token, r.route, r.key)
}

func (r sealedAnswer) keep(ctx context.Context, t *tx, text []byte) error {
	_, err := t.exec(ctx, `UPDATE idempotency SET answer = $4 WHERE token_id = $1 AND route = $2 AND idempotency_key = $3`,
		r.token, r.route, r.key, text)
	return err
}

func sealedAnswers(ctx context.Context, t *tx, after sealedAnswer) ([]sealedAnswer, error) {
	rows, err := t.query(ctx, `SELECT token_id, route, idempotency_key, answer FROM idempotency
		WHERE (token_id, route, idempotency_key) > ($1, $2, $3) ORDER BY token_id, route, idempotency_key LIMIT $4`,
		after.token, after.route, after.key, resealBatch)
	return collect(rows, err, func(from scanner) (sealedAnswer, error) {
		var r sealedAnswer
		err := from.Scan(&r.token, &r.route, &r.key, &r.answer)
		return r, err
	})
}

type sealedCredential struct {
	user       pierre.UserID
	provider   pierre.Provider
	credential []byte
}

func (r sealedCredential) sealed() (text, purpose []byte) {
	return r.credential, pierre.ConnectionPurpose(r.user, r.provider)
}

func (r sealedCredential) keep(ctx context.Context, t *tx, text []byte) error {
	_, err := t.exec(ctx, `UPDATE connections SET sealed = $3 WHERE user_id = $1 AND provider = $2`, r.user, r.provider, text)
	return err
}

func sealedCredentials(ctx context.Context, t *tx, after sealedCredential) ([]sealedCredential, error) {
	rows, err := t.query(ctx, `SELECT user_id, provider, sealed FROM connections
		WHERE (user_id, provider) > ($1, $2) ORDER BY user_id, provider LIMIT $3`, after.user, after.provider, resealBatch)
	return collect(rows, err, func(from scanner) (sealedCredential, error) {
		var r sealedCredential
		err := from.Scan(&r.user, &r.provider, &r.credential)
		return r, err
	})
}
