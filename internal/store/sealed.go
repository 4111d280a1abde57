package store

import (
	"context"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const resealBatch = 100 // rows in a transaction

// Resealed says what became of the sealed texts in the database.
type Resealed struct {
	Current    int // were sealed with the key in use
	Renewed    int // are now
	Unreadable int // were sealed with a key that is not there
}

// Reseal seals anew what is kept sealed and is not current: the answers of the admin API that may be asked for again. What
// servers change meanwhile stays as they left it. If it was interrupted, running it again goes on with what is left.
//
// renew returns the text sealed anew and whether it had to be; its error means that the text cannot be read.
func (s *Store) Reseal(ctx context.Context, renew func(sealed, purpose []byte) (text []byte, renewed bool, err error)) (Resealed, error) {
	var sum Resealed
	for after := (sealedAnswer{}); ; {
		var rows []sealedAnswer
		var part Resealed
		err := s.update(ctx, "sealing answers anew", func(t *tx) error {
			var err error
			if rows, err = t.sealedAnswers(ctx, after); err != nil {
				return err
			}
			part = Resealed{}
			for _, r := range rows {
				if err := t.reseal(ctx, r, renew, &part); err != nil {
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

type sealedAnswer struct {
	token      pierre.AdminTokenID
	route, key string
	answer     []byte
}

func (t *tx) sealedAnswers(ctx context.Context, after sealedAnswer) ([]sealedAnswer, error) {
	rows, err := t.query(ctx, `SELECT token_id, route, idempotency_key, answer FROM idempotency
		WHERE (token_id, route, idempotency_key) > ($1, $2, $3) ORDER BY token_id, route, idempotency_key LIMIT $4`,
		after.token, after.route, after.key, resealBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []sealedAnswer
	for rows.Next() {
		var r sealedAnswer
		if err := rows.Scan(&r.token, &r.route, &r.key, &r.answer); err != nil {
			return nil, fmt.Errorf("reading an answer: %w", err)
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func (t *tx) reseal(
	ctx context.Context, r sealedAnswer, renew func(sealed, purpose []byte) ([]byte, bool, error), sum *Resealed,
) error {
	text, renewed, err := renew(r.answer, pierre.AnswerPurpose(r.token, r.route, r.key))
	switch {
	case err != nil:
		sum.Unreadable++
		return nil //nolint:nilerr // it is counted, and the others go on
	case !renewed:
		sum.Current++
		return nil
	}
	sum.Renewed++
	_, err = t.exec(ctx, `UPDATE idempotency SET answer = $4 WHERE token_id = $1 AND route = $2 AND idempotency_key = $3`,
		r.token, r.route, r.key, text)
	return err
}
