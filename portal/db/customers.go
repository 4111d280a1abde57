package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Customer is what staff wrote down about a customer of the server.
type Customer struct {
	User     pierre.UserID
	Company  string // one line; "": not known
	Contacts string // persons and addresses, in lines
}

const maxContacts = 4000 // characters

// Validate reports what is wrong with c.
func (c Customer) Validate() error {
	for _, f := range []struct {
		field, text string
		longest     int
		lines       bool
	}{{"company", c.Company, maxLine, false}, {"contacts", c.Contacts, maxContacts, true}} {
		control := func(r rune) bool { return unicode.IsControl(r) && (!f.lines || r != '\n') }
		switch {
		case utf8.RuneCountInString(f.text) > f.longest:
			return pierre.Invalid(f.field, "At most %d characters.", f.longest)
		case strings.ContainsFunc(f.text, control) || !utf8.ValidString(f.text):
			return pierre.Invalid(f.field, "There are characters in it that cannot be shown.")
		}
	}
	return nil
}

// SetCustomer keeps what staff wrote down, in place of what was there.
func (db *DB) SetCustomer(ctx context.Context, act Act, c Customer) error {
	if err := c.Validate(); err != nil {
		return err
	}
	return db.Update(ctx, "keeping what is known of a customer", func(t *Tx) error {
		if _, err := t.Exec(ctx, `INSERT INTO portal_customers (user_id, company, contacts) VALUES ($1, $2, $3)
			ON CONFLICT (user_id) DO UPDATE SET company = excluded.company, contacts = excluded.contacts`, string(c.User), c.Company, c.Contacts); err != nil {
			return err
		}
		return Audit(ctx, t, act, "customer.change", string(c.User), struct{}{})
	})
}

// Customer returns what staff wrote down about a customer. If that is nothing, it is the zero Customer of that user.
func (db *DB) Customer(ctx context.Context, user pierre.UserID) (Customer, error) {
	c := Customer{User: user}
	err := db.Row(ctx, `SELECT company, contacts FROM portal_customers WHERE user_id = $1`, string(user)).Scan(&c.Company, &c.Contacts)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	return c, db.Classify(err, "reading what is known of a customer")
}

// ForgetUser deletes what the site keeps of a customer under the ids of the server: what staff wrote down, what is written on
// invoices to come, where the keys were used from, and alerts about them. Invoices stay.
func (db *DB) ForgetUser(ctx context.Context, user pierre.UserID, keys []pierre.KeyID) error {
	return db.Update(ctx, "deleting what is known of a customer", func(t *Tx) error {
		for _, q := range []string{`DELETE FROM portal_customers WHERE user_id = $1`, `DELETE FROM portal_billing_customers WHERE user_id = $1`} {
			if _, err := t.Exec(ctx, q, string(user)); err != nil {
				return err
			}
		}
		subjects := []string{"customer:" + string(user)}
		for _, k := range keys {
			if _, err := t.Exec(ctx, `DELETE FROM portal_key_countries WHERE key_id = $1`, string(k)); err != nil {
				return err
			}
			subjects = append(subjects, "key:"+string(k))
		}
		for _, subject := range subjects {
			if _, err := t.Exec(ctx, `DELETE FROM portal_alerts WHERE subject = $1 OR subject LIKE $1 || ' from %'`, subject); err != nil {
				return err
			}
			if _, err := t.Exec(ctx, `DELETE FROM portal_deliveries WHERE body LIKE '%"' || $1 || '%'`, subject); err != nil {
				return err
			}
		}
		return nil
	})
}

// Companies returns the companies of those customers of whom one is known.
func (db *DB) Companies(ctx context.Context, users []pierre.UserID) (map[pierre.UserID]string, error) {
	found := map[pierre.UserID]string{}
	if len(users) == 0 {
		return found, nil
	}
	marks, args := make([]string, len(users)), make([]any, len(users))
	for i, u := range users {
		marks[i], args[i] = fmt.Sprintf("$%d", i+1), string(u)
	}
	rows, err := db.Query(ctx, `SELECT user_id, company FROM portal_customers WHERE company <> '' AND user_id IN (`+strings.Join(marks, ", ")+`)`, args...)
	if err != nil {
		return nil, db.Classify(err, "reading companies")
	}
	defer rows.Close()
	for rows.Next() {
		var user pierre.UserID
		var company string
		if err := rows.Scan(&user, &company); err != nil {
			return nil, db.Classify(err, "reading companies")
		}
		found[user] = company
	}
	return found, db.Classify(rows.Err(), "reading companies")
}
