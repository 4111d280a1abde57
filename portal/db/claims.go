package db

import (
	"context"
	"time"
)

// A Claim is a link under which a key is shown once.
type Claim struct {
	RequestID string
	Number    int64 // of the request's links; the last one counts
	Hash      string
	Until     time.Time
	Shown     time.Time // zero: the key was not shown under it
	Last      bool      // it is the request's last one
}

// AddClaim adds a link to a request and returns its number.
func (*DB) AddClaim(ctx context.Context, t *Tx, request, token string, until time.Time) (number int64, err error) {
	if err := t.Row(ctx, `SELECT COALESCE(MAX(number), 0) + 1 FROM portal_claims WHERE request_id = $1`, request).Scan(&number); err != nil {
		return 0, err
	}
	_, err = t.Exec(ctx, `INSERT INTO portal_claims (request_id, number, hash, until_us) VALUES ($1, $2, $3, $4)`,
		request, number, HashToken(token), until.UnixMicro())
	return number, err
}

// ClaimByToken returns the link with that token.
func (db *DB) ClaimByToken(ctx context.Context, token string) (Claim, error) {
	var c Claim
	err := db.Row(ctx, `SELECT request_id, number, hash, until_us, shown_us,
			number = (SELECT MAX(number) FROM portal_claims l WHERE l.request_id = c.request_id)
		FROM portal_claims c WHERE hash = $1`, HashToken(token)).
		Scan(&c.RequestID, &c.Number, &c.Hash, when(&c.Until), when(&c.Shown), &c.Last)
	return c, db.Classify(err, "link")
}

// LastClaim returns the last link of a request.
func (db *DB) LastClaim(ctx context.Context, request string) (Claim, error) {
	c := Claim{Last: true}
	err := db.Row(ctx, `SELECT request_id, number, hash, until_us, shown_us FROM portal_claims WHERE request_id = $1 ORDER BY number DESC LIMIT 1`, request).
		Scan(&c.RequestID, &c.Number, &c.Hash, when(&c.Until), when(&c.Shown))
	return c, db.Classify(err, "link")
}

// ShowClaim notes that the key is shown under a link. first is false if it was shown before.
func (*DB) ShowClaim(ctx context.Context, t *Tx, c Claim, now time.Time) (first bool, err error) {
	n, err := t.Change(ctx, `UPDATE portal_claims SET shown_us = $3 WHERE request_id = $1 AND number = $2 AND shown_us IS NULL`,
		c.RequestID, c.Number, now.UnixMicro())
	return n == 1, err
}

// Count adds one to what was done in a bucket in the hour of now, and returns how often it was done since a time; see
// [DB.CountSince]. The bucket's name is hashed.
func (db *DB) Count(ctx context.Context, t *Tx, bucket string, now, since time.Time) (n int64, err error) {
	if _, err := t.Exec(ctx, `INSERT INTO portal_counts (bucket, hour_us, n) VALUES ($1, $2, 1)
		ON CONFLICT (bucket, hour_us) DO UPDATE SET n = portal_counts.n + 1`, HashToken(bucket), now.Truncate(time.Hour).UnixMicro()); err != nil {
		return 0, err
	}
	return db.CountSince(ctx, t, bucket, since)
}

// CountSince returns how often it was done in a bucket since a time. Counts are kept by the hour: of the hour that the time
// lies in, the share counts that is left of it, rounded up, so that no limit starts anew when the clock strikes.
func (*DB) CountSince(ctx context.Context, t *Tx, bucket string, since time.Time) (n int64, err error) {
	const hour = int64(time.Hour / time.Microsecond)
	err = t.Row(ctx, `SELECT CAST(COALESCE(SUM(CASE WHEN hour_us >= $2 THEN n ELSE (n * (hour_us + $3 - $2) + $3 - 1) / $3 END), 0) AS BIGINT)
		FROM portal_counts WHERE bucket = $1 AND hour_us > $2 - $3`, HashToken(bucket), since.UnixMicro(), hour).Scan(&n)
	return n, err
}

// ForgetCounts deletes the counts of hours before a time.
func (db *DB) ForgetCounts(ctx context.Context, before time.Time) error {
	return db.Apply(ctx, "deleting old counts", func(t *Tx) error {
		_, err := t.Exec(ctx, `DELETE FROM portal_counts WHERE hour_us < $1`, before.UnixMicro())
		return err
	})
}
