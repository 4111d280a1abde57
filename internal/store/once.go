package store

import (
	"bytes"
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// repeatsFor is how long a repeated request gets its first answer again.
const repeatsFor = 24 * time.Hour

// once makes the change that do makes, in this transaction, unless the act's request made it
// before; either way it returns the answer that do made. The row is claimed before the
// change: a database that runs writers side by side makes the second one wait here.
func (t *tx) once(ctx context.Context, act pierre.Act, do func() ([]byte, error)) (answer []byte, repeated bool, err error) {
	o := act.Once
	if o == nil {
		answer, err = do()
		return answer, false, err
	}
	if _, err := t.exec(ctx, `DELETE FROM idempotency WHERE token_id = $1 AND route = $2 AND idempotency_key = $3 AND created_us <= $4`,
		act.Token, o.Route, o.Key, act.At.Add(-repeatsFor).UnixMicro()); err != nil {
		return nil, false, err
	}
	claimed, err := t.exec(ctx, `INSERT INTO idempotency (token_id, route, idempotency_key, request_hash, answer, created_us)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (token_id, route, idempotency_key) DO NOTHING`,
		act.Token, o.Route, o.Key, o.Request[:], []byte{}, act.At.UnixMicro())
	if err != nil {
		return nil, false, err
	}
	if n, err := claimed.RowsAffected(); err != nil || n == 0 {
		answer, err = t.firstAnswer(ctx, act, err)
		return answer, true, err
	}
	if answer, err = do(); err != nil {
		return nil, false, err
	}
	_, err = t.exec(ctx, `UPDATE idempotency SET answer = $4 WHERE token_id = $1 AND route = $2 AND idempotency_key = $3`,
		act.Token, o.Route, o.Key, answer)
	return answer, false, err
}

// ForgetAnswers deletes the answers whose requests can no longer be repeated. They are sealed, but may hold keys.
func (s *Store) ForgetAnswers(ctx context.Context, now time.Time) error {
	return s.update(ctx, "deleting old answers", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM idempotency WHERE created_us <= $1`, now.Add(-repeatsFor).UnixMicro())
		return err
	})
}

func (t *tx) firstAnswer(ctx context.Context, act pierre.Act, err error) ([]byte, error) {
	o := act.Once
	if err != nil {
		return nil, err
	}
	var request, answer []byte
	err = t.row(ctx, `SELECT request_hash, answer FROM idempotency WHERE token_id = $1 AND route = $2 AND idempotency_key = $3`,
		act.Token, o.Route, o.Key).Scan(&request, &answer)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(request, o.Request[:]) {
		return nil, pierre.Invalid("Idempotency-Key",
			"This Idempotency-Key was used within the last day with another request body; use a new key for a new request.")
	}
	return answer, nil
}
