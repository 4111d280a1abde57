package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Channel is where alerts go.
type Channel struct {
	ID      string
	Kind    string // mail, webhook or slack
	Name    string
	Target  string // the address of mails, else what may be shown of the URL
	Sealed  []byte // the URL and the secret of the others
	Stopped string // why nothing is sent any more; "": it is
	Made    time.Time
}

const channelColumns = `id, kind, name, target, sealed, stopped, made_us FROM portal_channels`

func scanChannel(row interface{ Scan(dest ...any) error }) (c Channel, err error) {
	var made int64
	err = row.Scan(&c.ID, &c.Kind, &c.Name, &c.Target, &c.Sealed, &c.Stopped, &made)
	c.Made = instant(made)
	return c, err
}

// Channels returns all channels, by their names.
func (db *DB) Channels(ctx context.Context) ([]Channel, error) {
	return readAll(ctx, db, "reading channels", scanChannel, `SELECT `+channelColumns+` ORDER BY name, id`)
}

// Channel returns a channel.
func (db *DB) Channel(ctx context.Context, id string) (Channel, error) {
	c, err := scanChannel(db.Row(ctx, `SELECT `+channelColumns+` WHERE id = $1`, id))
	return c, db.Classify(err, "This channel")
}

// AddChannel keeps a channel.
func (db *DB) AddChannel(ctx context.Context, c Channel) error {
	return db.execute(ctx, "keeping a channel", `INSERT INTO portal_channels (id, kind, name, target, sealed, made_us) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.ID, c.Kind, c.Name, c.Target, c.Sealed, micros(c.Made))
}

// StopChannel notes why nothing is sent to a channel any more; with "" it is again.
func (db *DB) StopChannel(ctx context.Context, id, why string) error {
	return db.execute(ctx, "stopping a channel", `UPDATE portal_channels SET stopped = $1 WHERE id = $2`, why, id)
}

// DeleteChannel deletes a channel with its deliveries. Its rules go on without one.
func (db *DB) DeleteChannel(ctx context.Context, id string) error {
	return db.Update(ctx, "deleting a channel", func(t *Tx) error {
		for _, q := range []string{
			`UPDATE portal_alert_rules SET channel = NULL WHERE channel = $1`, `DELETE FROM portal_deliveries WHERE channel = $1`, `DELETE FROM portal_channels WHERE id = $1`,
		} {
			if _, err := t.Exec(ctx, q, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// A Delivery is one thing that a channel is told.
type Delivery struct {
	ID      string // the same at each try
	Channel string
	Event   string
	Body    string // JSON
	State   string // waiting, done or dead
	Made    time.Time
	Due     time.Time
	Tries   int64
	Ended   time.Time // zero: it waits
	Outcome string    // of the last try
}

const deliveryColumns = `id, channel, event, body, state, made_us, due_us, tries, ended_us, outcome`

func scanDelivery(row interface{ Scan(dest ...any) error }) (d Delivery, err error) {
	var made, due, ended int64
	err = row.Scan(&d.ID, &d.Channel, &d.Event, &d.Body, &d.State, &made, &due, &d.Tries, &ended, &d.Outcome)
	d.Made, d.Due, d.Ended = instant(made), instant(due), instant(ended)
	return d, err
}

// AddDelivery keeps what a channel is to be told.
func (*DB) AddDelivery(ctx context.Context, t *Tx, d Delivery) error {
	_, err := t.Exec(ctx, `INSERT INTO portal_deliveries (id, channel, event, body, state, made_us, due_us) VALUES ($1, $2, $3, $4, 'waiting', $5, $5)`,
		d.ID, d.Channel, d.Event, d.Body, micros(d.Made))
	return err
}

// Deliveries returns what a channel was told, the newest first.
func (db *DB) Deliveries(ctx context.Context, channel string, limit int) ([]Delivery, error) {
	return readAll(ctx, db, "reading deliveries", scanDelivery, `SELECT `+deliveryColumns+` FROM portal_deliveries WHERE channel = $1 ORDER BY made_us DESC, id LIMIT $2`, channel, limit)
}

// TakeDelivery gives lease the delivery to a webhook that is due longest, until then; nobody else gets it before. ok is false
// if none is due.
func (db *DB) TakeDelivery(ctx context.Context, lease string, now, until time.Time) (d Delivery, ok bool, err error) {
	err = db.Apply(ctx, "taking a delivery", func(t *Tx) error {
		ok = false
		d, err = scanDelivery(t.Row(ctx, `UPDATE portal_deliveries SET lease = $1, lease_us = $2, tries = tries + 1
			WHERE state = 'waiting' AND due_us <= $3 AND lease_us <= $3 AND id = (SELECT id FROM portal_deliveries
				WHERE state = 'waiting' AND due_us <= $3 AND lease_us <= $3 AND channel IN (SELECT id FROM portal_channels WHERE kind <> 'mail')
				ORDER BY due_us, id LIMIT 1 `+db.skipLocked()+`)
			RETURNING `+deliveryColumns, lease, micros(until), micros(now)))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return d, ok, err
}

// EndDelivery notes what became of a delivery: done or dead, or waiting, to be tried again at due.
func (db *DB) EndDelivery(ctx context.Context, d Delivery, lease string) error {
	return db.execute(ctx, "noting what became of a delivery", `UPDATE portal_deliveries SET lease = '', lease_us = 0, state = $1, due_us = $2, ended_us = $3, outcome = $4
		WHERE id = $5 AND lease = $6 AND state = 'waiting'`, d.State, micros(d.Due), micros(d.Ended), d.Outcome, d.ID, lease)
}

// ReplayDelivery makes a delivery that ended wait again. Another one is [pierre.KindConflict].
func (db *DB) ReplayDelivery(ctx context.Context, channel, id string, now time.Time) error {
	return db.Apply(ctx, "delivering again", func(t *Tx) error {
		n, err := t.Change(ctx, `UPDATE portal_deliveries SET state = 'waiting', made_us = $1, due_us = $1, tries = 0, ended_us = 0 WHERE id = $2 AND channel = $3 AND state <> 'waiting'`,
			micros(now), id, channel)
		if err == nil && n == 0 {
			err = &pierre.Error{Kind: pierre.KindConflict, Msg: "This delivery is on its way, or is not there any more."}
		}
		return err
	})
}

// TakeMails takes all that a channel of mails is to be told, as part of the transaction that puts the mail into the outbox.
func (*DB) TakeMails(ctx context.Context, t *Tx, channel string, now time.Time) ([]Delivery, error) {
	rows, err := t.Query(ctx, `UPDATE portal_deliveries SET state = 'done', tries = 1, ended_us = $1, outcome = 'in the outbox' WHERE channel = $2 AND state = 'waiting'
		RETURNING `+deliveryColumns, micros(now), channel)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Delivery
	for rows.Next() {
		d, err := scanDelivery(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}
