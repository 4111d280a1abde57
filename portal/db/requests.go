package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A RequestState says how far a request for a key has come.
type RequestState string

// The states. Package requests has the moves between them.
const (
	RequestSubmitted   RequestState = "submitted"   // the address is not confirmed
	RequestVerified    RequestState = "verified"    // it waits for a decision
	RequestApproved    RequestState = "approved"    // its key is to be made
	RequestRejected    RequestState = "rejected"    //
	RequestExpired     RequestState = "expired"     // nobody confirmed or decided it in time
	RequestWithdrawn   RequestState = "withdrawn"   // by who made it
	RequestProvisioned RequestState = "provisioned" // its key is made and was shown to nobody
	RequestClaimed     RequestState = "claimed"     // its key was shown
)

// RequestStates returns all states, in the order in which a request passes them.
func RequestStates() []RequestState {
	return []RequestState{RequestSubmitted, RequestVerified, RequestApproved, RequestProvisioned, RequestClaimed, RequestRejected, RequestExpired, RequestWithdrawn}
}

// A Request is somebody's request for a key.
type Request struct {
	ID      string
	Email   string
	Company string // may be empty
	UseCase string
	Tier    pierre.Tier // that was asked for
	State   RequestState
	Version int64 // rises with every change
	Created time.Time
	Changed time.Time

	VerifyHash  string // see [HashToken]
	VerifyUntil time.Time
	Verified    time.Time // zero: it is not

	FirstBy   string // who approved first, where two must; "": nobody
	FirstAt   time.Time
	DecidedBy string // who approved or rejected it
	Decided   time.Time
	Reason    string // of a rejection
	Plan      string // JSON of what is provisioned

	AnswerHash  string // of the link to the page where the open question is answered; "": none is open
	AnswerUntil time.Time

	KeyID       pierre.KeyID // of the key that is in use
	UserID      pierre.UserID
	Provisioned time.Time
	Tries       int64     // to provision
	NextTry     time.Time // not earlier
	Failure     string    // of the last try; "": it did not fail
	Claimed     time.Time // when the key was shown first
}

// HashToken returns what is kept of the token of a link.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// companyKey returns a company's name as it is compared.
func companyKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

const requestColumns = `id, email, company, use_case, tier, state, version, created_us, changed_us, verify_hash, verify_until_us,
	verified_us, first_by, first_us, decided_by, decided_us, reason, plan, answer_hash, answer_until_us, key_id, user_id,
	provisioned_us, tries, next_try_us, failure, claimed_us`

func when(t *time.Time) sqldb.Instant { return sqldb.Instant{Time: t} }

func (r *Request) scan(from scanner) error {
	return from.Scan(&r.ID, &r.Email, &r.Company, &r.UseCase, &r.Tier, &r.State, &r.Version, when(&r.Created), when(&r.Changed),
		&r.VerifyHash, when(&r.VerifyUntil), when(&r.Verified), &r.FirstBy, when(&r.FirstAt), &r.DecidedBy, when(&r.Decided),
		&r.Reason, &r.Plan, &r.AnswerHash, when(&r.AnswerUntil), &r.KeyID, &r.UserID,
		when(&r.Provisioned), &r.Tries, when(&r.NextTry), &r.Failure, when(&r.Claimed))
}

// AddRequest adds a request.
func (*DB) AddRequest(ctx context.Context, t *Tx, r Request) error {
	_, err := t.Exec(ctx, `INSERT INTO portal_requests (id, email, company, company_key, use_case, tier, state, version, created_us, changed_us,
			verify_hash, verify_until_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)`,
		r.ID, r.Email, r.Company, companyKey(r.Company), r.UseCase, r.Tier, r.State, r.Version, r.Created.UnixMicro(),
		r.VerifyHash, r.VerifyUntil.UnixMicro())
	return err
}

// SaveRequest writes what may change in a request, if it still is in state from and of r's version, which rises. Otherwise
// saved is false: somebody was faster.
func (*DB) SaveRequest(ctx context.Context, t *Tx, r Request, from RequestState) (saved bool, err error) {
	n, err := t.Change(ctx, `UPDATE portal_requests SET state = $4, version = version + 1, changed_us = $5, verify_hash = $6, verify_until_us = $7,
			verified_us = $8, first_by = $9, first_us = $10, decided_by = $11, decided_us = $12, reason = $13, plan = $14,
			answer_hash = $15, answer_until_us = $16, key_id = $17, user_id = $18, provisioned_us = $19, tries = $20, next_try_us = $21,
			failure = $22, claimed_us = $23
		WHERE id = $1 AND state = $2 AND version = $3`,
		r.ID, from, r.Version, r.State, when(&r.Changed), r.VerifyHash, when(&r.VerifyUntil),
		when(&r.Verified), r.FirstBy, when(&r.FirstAt), r.DecidedBy, when(&r.Decided), r.Reason, r.Plan,
		r.AnswerHash, when(&r.AnswerUntil), r.KeyID, r.UserID, when(&r.Provisioned), r.Tries, when(&r.NextTry),
		r.Failure, when(&r.Claimed))
	return n == 1, err
}

// Request returns a request.
func (db *DB) Request(ctx context.Context, id string) (Request, error) {
	var r Request
	err := r.scan(db.Row(ctx, `SELECT `+requestColumns+` FROM portal_requests WHERE id = $1`, id))
	return r, db.Classify(err, "request")
}

// RequestIn is Request in a transaction.
func (db *DB) RequestIn(ctx context.Context, t *Tx, id string) (Request, error) {
	var r Request
	err := r.scan(t.Row(ctx, `SELECT `+requestColumns+` FROM portal_requests WHERE id = $1`, id))
	return r, db.Classify(err, "request")
}

// RequestByVerifyToken returns the request that the token of a link to confirm an address is of.
func (db *DB) RequestByVerifyToken(ctx context.Context, token string) (Request, error) {
	var r Request
	err := r.scan(db.Row(ctx, `SELECT `+requestColumns+` FROM portal_requests WHERE verify_hash = $1`, HashToken(token)))
	return r, db.Classify(err, "link")
}

// RequestByAnswerToken returns the request that the token of a link to a question is of.
func (db *DB) RequestByAnswerToken(ctx context.Context, token string) (Request, error) {
	var r Request
	err := r.scan(db.Row(ctx, `SELECT `+requestColumns+` FROM portal_requests WHERE answer_hash = $1`, HashToken(token)))
	return r, db.Classify(err, "link")
}

// DueRequests returns the approved requests whose keys may be made now, the oldest first.
func (db *DB) DueRequests(ctx context.Context, now time.Time, limit int) ([]Request, error) {
	return db.requests(ctx, `state = $1 AND (next_try_us IS NULL OR next_try_us <= $2) ORDER BY created_us, id LIMIT $3`, RequestApproved, now.UnixMicro(), limit)
}

// StaleRequests returns requests in a state that were made before a time, the oldest first.
func (db *DB) StaleRequests(ctx context.Context, state RequestState, before time.Time, limit int) ([]Request, error) {
	return db.requests(ctx, `state = $1 AND created_us < $2 ORDER BY created_us, id LIMIT $3`, state, before.UnixMicro(), limit)
}

// SimilarRequests returns other requests of the same address or the same company, the newest first.
func (db *DB) SimilarRequests(ctx context.Context, r Request, limit int) ([]Request, error) {
	return db.requests(ctx, `id <> $1 AND state <> $2 AND (email = $3 OR company_key = $4 AND company_key <> '') ORDER BY created_us DESC, id DESC LIMIT $5`,
		r.ID, RequestSubmitted, r.Email, companyKey(r.Company), limit)
}

func (db *DB) requests(ctx context.Context, where string, args ...any) ([]Request, error) {
	rows, err := db.Query(ctx, `SELECT `+requestColumns+` FROM portal_requests WHERE `+where, args...)
	if err != nil {
		return nil, db.Classify(err, "reading requests")
	}
	defer rows.Close()
	var list []Request
	for rows.Next() {
		var r Request
		if err := r.scan(rows); err != nil {
			return nil, db.Classify(err, "reading requests")
		}
		list = append(list, r)
	}
	return list, db.Classify(rows.Err(), "reading requests")
}

// DeleteUnconfirmed deletes the requests made before a time whose addresses nobody confirmed, with all that is known of them.
func (db *DB) DeleteUnconfirmed(ctx context.Context, before time.Time) error {
	return db.Apply(ctx, "deleting old requests", func(t *Tx) error {
		_, err := t.Exec(ctx, `DELETE FROM portal_requests WHERE state IN ($1, $2) AND verified_us IS NULL AND created_us < $3`,
			RequestExpired, RequestWithdrawn, before.UnixMicro())
		return err
	})
}

// RequestsOf returns the requests of an address, the newest first.
func (db *DB) RequestsOf(ctx context.Context, email string) ([]Request, error) {
	return db.requests(ctx, `email = $1 ORDER BY created_us DESC, id DESC`, email)
}

// DeleteRequestsOf deletes the requests of an address, with all that is known of them.
func (db *DB) DeleteRequestsOf(ctx context.Context, email string) error {
	return db.Apply(ctx, "deleting an address's requests", func(t *Tx) error {
		_, err := t.Exec(ctx, `DELETE FROM portal_requests WHERE email = $1`, email)
		return err
	})
}
