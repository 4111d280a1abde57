package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Rule says when staff are told.
type Rule struct {
	ID        string
	Name      string
	Scope     string // all, tier, customer or key
	Target    string // of the scope
	Condition string // see package alerts
	Threshold int64  // in the condition's unit
	Window    time.Duration
	Channel   string    // "": it is only shown
	Snoozed   time.Time // until then it tells nobody; zero: it does
	Made      time.Time
}

const ruleColumns = `id, name, scope, target, condition, threshold, window_min, COALESCE(channel, ''), snoozed_us, made_us`

func scanRule(row interface{ Scan(dest ...any) error }) (r Rule, err error) {
	var minutes, snoozed, made int64
	err = row.Scan(&r.ID, &r.Name, &r.Scope, &r.Target, &r.Condition, &r.Threshold, &minutes, &r.Channel, &snoozed, &made)
	r.Window, r.Snoozed, r.Made = time.Duration(minutes)*time.Minute, instant(snoozed), instant(made)
	return r, err
}

// readAll reads the rows of a query.
func readAll[T any](ctx context.Context, db *DB, what string, scan func(interface{ Scan(dest ...any) error }) (T, error), q string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, q, args...)
	if err != nil {
		return nil, db.Classify(err, what)
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, db.Classify(err, what)
		}
		list = append(list, v)
	}
	return list, db.Classify(rows.Err(), what)
}

// Rules returns all rules, by their names.
func (db *DB) Rules(ctx context.Context) ([]Rule, error) {
	return readAll(ctx, db, "reading alert rules", scanRule, `SELECT `+ruleColumns+` FROM portal_alert_rules ORDER BY name, id`)
}

// Rule returns a rule.
func (db *DB) Rule(ctx context.Context, id string) (Rule, error) {
	r, err := scanRule(db.Row(ctx, `SELECT `+ruleColumns+` FROM portal_alert_rules WHERE id = $1`, id))
	return r, db.Classify(err, "This rule")
}

// PutRule makes a rule, or changes the one with its id.
func (db *DB) PutRule(ctx context.Context, r Rule) error {
	return db.execute(ctx, "keeping an alert rule", `INSERT INTO portal_alert_rules (id, name, scope, target, condition, threshold, window_min, channel, made_us)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET name = excluded.name, scope = excluded.scope, target = excluded.target,
		condition = excluded.condition, threshold = excluded.threshold, window_min = excluded.window_min, channel = excluded.channel`,
		r.ID, r.Name, r.Scope, r.Target, r.Condition, r.Threshold, int64(r.Window/time.Minute), sql.NullString{String: r.Channel, Valid: r.Channel != ""}, micros(r.Made))
}

// DeleteRule deletes a rule with what it found. To delete one that is not there is no error.
func (db *DB) DeleteRule(ctx context.Context, id string) error {
	return db.Update(ctx, "deleting an alert rule", func(t *Tx) error {
		if _, err := t.Exec(ctx, `DELETE FROM portal_alerts WHERE rule = $1`, id); err != nil {
			return err
		}
		_, err := t.Exec(ctx, `DELETE FROM portal_alert_rules WHERE id = $1`, id)
		return err
	})
}

// SnoozeRules makes a rule, or all if id is "", tell nobody until then.
func (db *DB) SnoozeRules(ctx context.Context, id string, until time.Time) error {
	return db.execute(ctx, "snoozing alert rules", `UPDATE portal_alert_rules SET snoozed_us = $1 WHERE $2 = '' OR id = $2`, micros(until), id)
}

// An Alert is what a rule found.
type Alert struct {
	ID      string
	Rule    string // its id
	Name    string // the rule's
	Subject string // what it is about, such as key:key_abc
	Period  string // in which it is found at most once
	Title   string // for people
	Found   time.Time
	Seen    time.Time // when it was still so
	Over    time.Time // zero: it is open
	Taken   time.Time // when somebody acknowledged it; zero: nobody did
	TakenBy string
}

const alertColumns = `a.id, a.rule, r.name, a.subject, a.period, a.title, a.found_us, a.seen_us, a.over_us, a.taken_us, a.taken_by
	FROM portal_alerts a JOIN portal_alert_rules r ON r.id = a.rule`

func scanAlert(row interface{ Scan(dest ...any) error }) (a Alert, err error) {
	var found, seen, over, taken int64
	err = row.Scan(&a.ID, &a.Rule, &a.Name, &a.Subject, &a.Period, &a.Title, &found, &seen, &over, &taken, &a.TakenBy)
	a.Found, a.Seen, a.Over, a.Taken = instant(found), instant(seen), instant(over), instant(taken)
	return a, err
}

// OpenAlerts returns the open alerts of a rule, or of all if it is "", the oldest first.
func (db *DB) OpenAlerts(ctx context.Context, rule string) ([]Alert, error) {
	return readAll(ctx, db, "reading alerts", scanAlert, `SELECT `+alertColumns+` WHERE a.over_us = 0 AND ($1 = '' OR a.rule = $1) ORDER BY a.found_us, a.id LIMIT 1000`, rule)
}

// PastAlerts returns alerts that are over, the newest first.
func (db *DB) PastAlerts(ctx context.Context, limit int) ([]Alert, error) {
	return readAll(ctx, db, "reading alerts", scanAlert, `SELECT `+alertColumns+` WHERE a.over_us > 0 ORDER BY a.found_us DESC, a.id LIMIT $1`, limit)
}

// CountOpenAlerts returns how many alerts are open.
func (db *DB) CountOpenAlerts(ctx context.Context) (n int64, err error) {
	err = db.Row(ctx, `SELECT COUNT(*) FROM portal_alerts WHERE over_us = 0`).Scan(&n)
	return n, db.Classify(err, "counting alerts")
}

// AddAlert keeps what a rule found. added is false if it is known: one is open, or was found in the same period; then it is
// noted that it is still so.
func (*DB) AddAlert(ctx context.Context, t *Tx, a Alert) (added bool, err error) {
	n, err := t.Change(ctx, `INSERT INTO portal_alerts (id, rule, subject, period, title, found_us, seen_us) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING`,
		a.ID, a.Rule, a.Subject, a.Period, a.Title, micros(a.Found))
	if err != nil || n > 0 {
		return n > 0, err
	}
	_, err = t.Exec(ctx, `UPDATE portal_alerts SET seen_us = $1, title = $2 WHERE rule = $3 AND subject = $4 AND over_us = 0`, micros(a.Found), a.Title, a.Rule, a.Subject)
	return false, err
}

// EndAlert notes that an alert is over. ended is false if it was before.
func (*DB) EndAlert(ctx context.Context, t *Tx, id string, now time.Time) (ended bool, err error) {
	n, err := t.Change(ctx, `UPDATE portal_alerts SET over_us = $1 WHERE id = $2 AND over_us = 0`, micros(now), id)
	return n > 0, err
}

// TakeAlert notes who looks after an open alert. Of two who do so at once the first one counts: the other one gets
// [pierre.KindConflict], which says who was first. So does who comes when it is over.
func (db *DB) TakeAlert(ctx context.Context, id, person string, now time.Time) error {
	return db.Update(ctx, "acknowledging an alert", func(t *Tx) error {
		var over int64
		var by string
		if err := t.Row(ctx, `SELECT over_us, taken_by FROM portal_alerts WHERE id = $1`, id).Scan(&over, &by); err != nil {
			return db.Classify(err, "This alert")
		}
		switch {
		case by == person:
			return nil
		case by != "":
			return &pierre.Error{Kind: pierre.KindConflict, Msg: by + " looks after this alert already."}
		case over > 0:
			return &pierre.Error{Kind: pierre.KindConflict, Msg: "This alert is over."}
		}
		_, err := t.Exec(ctx, `UPDATE portal_alerts SET taken_us = $1, taken_by = $2 WHERE id = $3`, micros(now), person, id)
		return err
	})
}

// ForgetAlerts deletes alerts and deliveries that ended before a time.
func (db *DB) ForgetAlerts(ctx context.Context, before time.Time) error {
	return db.Apply(ctx, "deleting old alerts", func(t *Tx) error {
		for _, q := range []string{
			`DELETE FROM portal_alerts WHERE over_us > 0 AND over_us < $1`, `DELETE FROM portal_deliveries WHERE state <> 'waiting' AND ended_us < $1`,
		} {
			if _, err := t.Exec(ctx, q, micros(before)); err != nil {
				return err
			}
		}
		return nil
	})
}

// NewCountry notes that a key was used from a country. first is false if it is known.
func (*DB) NewCountry(ctx context.Context, t *Tx, key pierre.KeyID, country string, now time.Time) (first bool, err error) {
	n, err := t.Change(ctx, `INSERT INTO portal_key_countries (key_id, country, first_us) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, string(key), country, micros(now))
	return n > 0, err
}

// KeyCountries returns the countries that a key was used from, as far as they were noted.
func (db *DB) KeyCountries(ctx context.Context, key pierre.KeyID) ([]string, error) {
	return readAll(ctx, db, "reading the countries of a key", func(row interface{ Scan(dest ...any) error }) (c string, err error) { return c, row.Scan(&c) },
		`SELECT country FROM portal_key_countries WHERE key_id = $1 ORDER BY country`, string(key))
}
