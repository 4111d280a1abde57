package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// The states of a meter event.
const (
	EventWaiting   = "waiting"
	EventDelivered = "delivered"
	EventRefused   = "refused" // for good: somebody has to act
)

// A MeterEvent is what Stripe is told of a customer's closed month.
type MeterEvent struct {
	Identifier string // see MeterIdentifier: within a day, Stripe takes each once
	Month      Month
	UserID     pierre.UserID
	Customer   string // at Stripe
	Meter      string
	Value      int64
	State      string
	Tries      int64
	Next       time.Time // when it is tried next
	Delivered  time.Time // zero: it was not
	Problem    string    // what Stripe said last; "": nothing is wrong
}

const eventColumns = `identifier, month, user_id, customer, meter, value, state, tries, next_us, delivered_us, problem`

func scanEvent(rows *sql.Rows) (e MeterEvent, err error) {
	err = rows.Scan(&e.Identifier, &e.Month, &e.UserID, &e.Customer, &e.Meter, &e.Value, &e.State, &e.Tries,
		sqldb.Instant{Time: &e.Next}, sqldb.Instant{Time: &e.Delivered}, &e.Problem)
	return e, err
}

func insertEvent(ctx context.Context, t *Tx, e MeterEvent) error {
	_, err := t.Exec(ctx, `INSERT INTO portal_meter_events (identifier, month, user_id, customer, meter, value, state, tries, next_us, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, '')`,
		e.Identifier, string(e.Month), string(e.UserID), e.Customer, e.Meter, e.Value, EventWaiting, e.Next.UnixMicro())
	return err
}

// MeterEvents returns the events of a month, by their identifiers.
func (db *DB) MeterEvents(ctx context.Context, month Month) ([]MeterEvent, error) {
	rows, err := db.Query(ctx, `SELECT `+eventColumns+` FROM portal_meter_events WHERE month = $1 ORDER BY identifier`, string(month))
	list, err := collect(rows, err, scanEvent)
	return list, db.Classify(err, "reading meter events")
}

// ClaimEvents returns up to limit events that are due at now, which nobody else gets until the given time.
func (db *DB) ClaimEvents(ctx context.Context, now, until time.Time, limit int) ([]MeterEvent, error) {
	var list []MeterEvent
	err := db.Update(ctx, "taking meter events", func(t *Tx) error {
		rows, err := t.Query(ctx, `SELECT `+eventColumns+` FROM portal_meter_events WHERE state = $1 AND next_us <= $2 ORDER BY next_us, identifier LIMIT $3`,
			EventWaiting, now.UnixMicro(), limit)
		if list, err = collect(rows, err, scanEvent); err != nil {
			return err
		}
		for n := range list {
			list[n].Tries++
			if _, err := t.Exec(ctx, `UPDATE portal_meter_events SET next_us = $1, tries = tries + 1 WHERE identifier = $2`, until.UnixMicro(), list[n].Identifier); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// SetEvent keeps what became of an event: its state, when it is tried next, when it was delivered, and what is wrong.
func (db *DB) SetEvent(ctx context.Context, e MeterEvent) error {
	return db.Apply(ctx, "noting a meter event", func(t *Tx) error {
		_, err := t.Exec(ctx, `UPDATE portal_meter_events SET state = $1, next_us = $2, delivered_us = $3, problem = $4 WHERE identifier = $5 AND state = $6`,
			e.State, e.Next.UnixMicro(), sqldb.Instant{Time: &e.Delivered}, e.Problem, e.Identifier, EventWaiting)
		return err
	})
}

// RetryEvents lets the refused events of a month wait again, to be tried at once, for the ids that their customers have at
// Stripe now. It returns how many there were.
func (db *DB) RetryEvents(ctx context.Context, act Act, month Month) (n int64, err error) {
	err = db.Update(ctx, "trying meter events again", func(t *Tx) error {
		rows, err := t.Query(ctx, `SELECT `+eventColumns+` FROM portal_meter_events WHERE month = $1 AND state = $2 ORDER BY identifier`, string(month), EventRefused)
		list, err := collect(rows, err, scanEvent)
		if err != nil {
			return err
		}
		n = int64(len(list))
		for i := range list {
			if err := retryEvent(ctx, t, act, &list[i]); err != nil {
				return err
			}
		}
		return Audit(ctx, t, act, "billing.retry_events", string(month), map[string]int64{"events": n})
	})
	return n, err
}

func retryEvent(ctx context.Context, t *Tx, act Act, e *MeterEvent) error {
	rows, err := t.Query(ctx, `SELECT stripe FROM portal_billing_customers WHERE user_id = $1 AND stripe <> '' AND stripe <> $2`, string(e.UserID), e.Customer)
	list, err := collect(rows, err, func(rows *sql.Rows) (stripe string, err error) { return stripe, rows.Scan(&stripe) })
	if err != nil {
		return err
	}
	before := e.Identifier
	if len(list) > 0 {
		e.Customer = list[0]
		e.Identifier = MeterIdentifier(e.Customer, e.Meter, e.Month)
		var there int64
		if err := t.Row(ctx, `SELECT COUNT(*) FROM portal_meter_events WHERE identifier = $1`, e.Identifier).Scan(&there); err != nil {
			return err
		}
		if there > 0 {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: "Stripe is told of " + e.Customer + " in this month already, as of another customer."}
		}
	}
	_, err = t.Exec(ctx, `UPDATE portal_meter_events SET identifier = $1, customer = $2, state = $3, next_us = $4 WHERE identifier = $5`,
		e.Identifier, e.Customer, EventWaiting, act.At.UnixMicro(), before)
	return err
}

// MeterIdentifier names the event of a customer at Stripe about a month: <customer>:<meter>:<month>.
func MeterIdentifier(customer, meter string, month Month) string {
	return customer + ":" + meter + ":" + string(month)
}
