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

// MeterEvents returns up to limit events of a month: those that Stripe does not take first, then those that it still gets.
func (db *DB) MeterEvents(ctx context.Context, month Month, limit int) ([]MeterEvent, error) {
	rows, err := db.Query(ctx, `SELECT `+eventColumns+` FROM portal_meter_events WHERE month = $1
		ORDER BY CASE state WHEN $2 THEN 0 WHEN $3 THEN 1 ELSE 2 END, identifier LIMIT $4`, string(month), EventRefused, EventWaiting, limit)
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
// Stripe now. Where Stripe is told of such an id already, as of another customer, the event stays refused and says so. It
// returns how many there are of each.
func (db *DB) RetryEvents(ctx context.Context, act Act, month Month) (sent, left int64, err error) {
	err = db.Update(ctx, "trying meter events again", func(t *Tx) error {
		rows, err := t.Query(ctx, `SELECT `+eventColumns+` FROM portal_meter_events WHERE month = $1 ORDER BY identifier`, string(month))
		events, err := collect(rows, err, scanEvent)
		if err != nil {
			return err
		}
		ids, err := stripeIDs(ctx, t)
		if err != nil {
			return err
		}
		// Customers may have swapped their ids: no event has its old identifier while others get theirs.
		if _, err := t.Exec(ctx, `UPDATE portal_meter_events SET identifier = 'again ' || identifier WHERE month = $1 AND state = $2`, string(month), EventRefused); err != nil {
			return err
		}
		sent, left = 0, 0
		for _, r := range retries(events, ids) {
			state, next := EventWaiting, act.At
			if sent++; r.stays {
				state, next = EventRefused, r.event.Next
				sent, left = sent-1, left+1
			}
			_, err := t.Exec(ctx, `UPDATE portal_meter_events SET identifier = $1, customer = $2, state = $3, next_us = $4, problem = $5 WHERE identifier = 'again ' || $6`,
				r.identifier, r.customer, state, next.UnixMicro(), r.event.Problem, r.event.Identifier)
			if err != nil {
				return err
			}
		}
		return Audit(ctx, t, act, "billing.retry_events", string(month), map[string]int64{"events": sent, "left": left})
	})
	return sent, left, err
}

// stripeIDs returns the ids at Stripe of all customers that have one.
func stripeIDs(ctx context.Context, t *Tx) (map[pierre.UserID]string, error) {
	rows, err := t.Query(ctx, `SELECT user_id, stripe FROM portal_billing_customers WHERE stripe <> ''`)
	list, err := collect(rows, err, func(rows *sql.Rows) (c BillingCustomer, err error) { return c, rows.Scan(&c.UserID, &c.Stripe) })
	ids := make(map[pierre.UserID]string, len(list))
	for _, c := range list {
		ids[c.UserID] = c.Stripe
	}
	return ids, err
}

// A retry is a refused event, with what it becomes.
type retry struct {
	event                MeterEvent
	identifier, customer string
	stays                bool // as it is: another event has that identifier
}

// retries returns the refused ones of a month's events. An event that stays as it is may keep another from its id in turn.
func retries(events []MeterEvent, ids map[pierre.UserID]string) (list []*retry) {
	taken := map[string]bool{} // by events that keep what they have
	for _, e := range events {
		r := &retry{event: e, identifier: e.Identifier, customer: e.Customer}
		if e.State == EventRefused {
			list = append(list, r)
			if id, ok := ids[e.UserID]; ok && id != e.Customer {
				r.identifier, r.customer = MeterIdentifier(id, e.Meter, e.Month), id
				continue
			}
		}
		taken[e.Identifier] = true
	}
	for again := true; again; {
		again = false
		for _, r := range list {
			if r.identifier == r.event.Identifier || !taken[r.identifier] {
				continue
			}
			r.event.Problem = "Stripe is told of " + r.customer + " in this month already, as of another customer."
			r.identifier, r.customer, r.stays, again = r.event.Identifier, r.event.Customer, true, true
			taken[r.event.Identifier] = true
		}
	}
	return list
}

// MeterIdentifier names the event of a customer at Stripe about a month: <customer>:<meter>:<month>.
func MeterIdentifier(customer, meter string, month Month) string {
	return customer + ":" + meter + ":" + string(month)
}
