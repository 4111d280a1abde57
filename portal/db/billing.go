package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A BillingLine is what one key cost in one tier. It is never changed once its month is closed.
type BillingLine struct {
	Month      Month // when it is billed
	Number     int64 // 1, 2, 3, … in the month
	OfMonth    Month // when the calls were made: an earlier month in a correction
	UserID     pierre.UserID
	Email      string
	KeyID      pierre.KeyID
	KeyName    string
	Tier       pierre.Tier
	Currency   Currency
	Base       int64 // minor units
	Included   int64 // calls
	Used       int64 // calls; of a correction, those that came after the month was closed
	Overage    int64 // calls above the included ones
	Price      int64 // minor units per PriceCalls of those
	PriceCalls int64
	Amount     int64 // base and overage together
}

// Correction reports whether the line is about calls of a month that was closed before they came.
func (l *BillingLine) Correction() bool { return l.OfMonth != l.Month }

// Money returns an amount of the line's currency, for pages.
func (l *BillingLine) Money(minor int64) Money { return Money{minor, l.Currency} }

const lineColumns = `month, number, of_month, user_id, email, key_id, key_name, tier, currency, base, included, used, overage, price, price_calls, amount`

func (l *BillingLine) values() []any {
	return []any{
		string(l.Month), l.Number, string(l.OfMonth), string(l.UserID), l.Email, string(l.KeyID), l.KeyName, string(l.Tier), string(l.Currency),
		l.Base, l.Included, l.Used, l.Overage, l.Price, l.PriceCalls, l.Amount,
	}
}

func scanLine(rows *sql.Rows) (l BillingLine, err error) {
	err = rows.Scan(&l.Month, &l.Number, &l.OfMonth, &l.UserID, &l.Email, &l.KeyID, &l.KeyName, &l.Tier, &l.Currency,
		&l.Base, &l.Included, &l.Used, &l.Overage, &l.Price, &l.PriceCalls, &l.Amount)
	return l, err
}

// An Invoice is what a customer owes for a month, in one currency, with all that is printed on it. It is never changed.
type Invoice struct {
	Number     int64  // 1, 2, 3, … without a gap
	Printed    string // the number with what stands before it
	Month      Month
	UserID     pierre.UserID
	Email      string
	Company    string
	Address    string // in lines
	TaxID      string
	Currency   Currency
	Net        int64
	TaxName    string
	TaxRate    Rate
	Tax        int64
	TaxNote    string // why there is no tax; "": there is, or nobody asks
	Amount     int64  // Net and Tax
	Operator   string
	Letterhead string // in lines
	Note       string // below the sum, in lines
}

// Total returns the amount, for pages.
func (i *Invoice) Total() Money { return Money{i.Amount, i.Currency} }

// Money returns an amount of the invoice's currency, for pages.
func (i *Invoice) Money(minor int64) Money { return Money{minor, i.Currency} }

const invoiceColumns = `number, printed, month, user_id, email, company, address, tax_id, currency, net, tax_name, tax_rate, tax, tax_note, amount, operator, letterhead, note`

func scanInvoice(from scanner) (i Invoice, err error) {
	err = from.Scan(&i.Number, &i.Printed, &i.Month, &i.UserID, &i.Email, &i.Company, &i.Address, &i.TaxID, &i.Currency,
		&i.Net, &i.TaxName, &i.TaxRate, &i.Tax, &i.TaxNote, &i.Amount,
		&i.Operator, &i.Letterhead, &i.Note)
	return i, err
}

// A BillingMonth is a month that was closed.
type BillingMonth struct {
	Month  Month
	Place  int64 // 1, 2, 3, … in the order in which months were closed
	Closed time.Time
	By     string // who closed it
	Calls  int64  // of the month, as the server counted them and as the lines without corrections add up
	Lines  int64
	Prices []Price
	Hash   string // over the hash of the month that was closed before, and all of this one

	prices string // as they are kept
}

const monthColumns = `month, place, closed_us, closed_by, calls, lines, prices, hash`

func scanMonth(from scanner) (m BillingMonth, err error) {
	err = from.Scan(&m.Month, &m.Place, sqldb.Instant{Time: &m.Closed}, &m.By, &m.Calls, &m.Lines, &m.prices, &m.Hash)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal([]byte(m.prices), &m.Prices); err != nil {
		return m, fmt.Errorf("reading the prices of %s: %w", m.Month, err)
	}
	return m, nil
}

// A Closing is what a month is closed with.
type Closing struct {
	Month    Month
	Calls    int64 // of the month, as the server counted them
	Lines    []BillingLine
	Prices   []Price      // that the lines were made with
	Invoices []Invoice    // without their month and numbers
	Prefix   string       // before the number of an invoice
	Events   []MeterEvent // for Stripe
	// More is done for each invoice in the same transaction, such as a mail; nil: nothing.
	More func(ctx context.Context, t *Tx, i Invoice) error
}

// numbered are the lines and the invoices with their month and their numbers; last is the highest number of an invoice so far.
func (c Closing) numbered(last int64) ([]BillingLine, []Invoice) {
	lines, invoices := slices.Clone(c.Lines), slices.Clone(c.Invoices)
	for n := range lines {
		lines[n].Month, lines[n].Number = c.Month, int64(n+1)
	}
	for n := range invoices {
		i := &invoices[n]
		i.Month, i.Number = c.Month, last+int64(n+1)
		i.Printed = fmt.Sprintf("%s%05d", c.Prefix, i.Number)
	}
	return lines, invoices
}

// CloseMonth closes a month, once: whoever comes second gets [pierre.KindConflict], which says who was first. Months are
// closed in their order.
func (db *DB) CloseMonth(ctx context.Context, act Act, c Closing) (BillingMonth, error) {
	var m BillingMonth
	err := db.Update(ctx, "closing a month", func(t *Tx) error {
		m = BillingMonth{Month: c.Month, Closed: act.At, By: act.Person, Calls: c.Calls, Lines: int64(len(c.Lines))}
		prices, err := json.Marshal(append([]Price{}, c.Prices...))
		if err != nil {
			return fmt.Errorf("keeping prices: %w", err)
		}
		m.Prices, m.prices = c.Prices, string(prices)
		before, err := lastMonth(ctx, t)
		switch {
		case err != nil:
			return err
		case before.Place > 0 && before.Month >= c.Month:
			return db.closedAlready(ctx, t, c.Month)
		}
		m.Place = before.Place + 1
		var last int64
		if err := t.Row(ctx, `SELECT COALESCE(MAX(number), 0) FROM portal_invoices`).Scan(&last); err != nil {
			return err
		}
		lines, invoices := c.numbered(last)
		m.Hash = m.hashAfter(before.Hash, lines, invoices)
		if err := db.insertMonth(ctx, t, m, lines, invoices); err != nil {
			return err
		}
		for _, e := range c.Events {
			e.Month = c.Month
			if err := insertEvent(ctx, t, e); err != nil {
				return err
			}
		}
		for _, i := range invoices {
			if c.More == nil {
				break
			}
			if err := c.More(ctx, t, i); err != nil {
				return err
			}
		}
		return Audit(ctx, t, act, "billing.close", string(c.Month), map[string]any{"lines": m.Lines, "invoices": len(invoices), "calls": m.Calls, "hash": m.Hash})
	})
	return m, err
}

func (db *DB) insertMonth(ctx context.Context, t *Tx, m BillingMonth, lines []BillingLine, invoices []Invoice) error {
	_, err := t.Exec(ctx, `INSERT INTO portal_billing_months (`+monthColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(m.Month), m.Place, m.Closed.UnixMicro(), m.By, m.Calls, m.Lines, m.prices, m.Hash)
	if err != nil {
		return err
	}
	for n := range lines {
		if _, err := t.Exec(ctx, `INSERT INTO portal_billing_lines (`+lineColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			lines[n].values()...); err != nil {
			return err
		}
	}
	for n := range invoices {
		i := &invoices[n]
		if _, err := t.Exec(ctx, `INSERT INTO portal_invoices (`+invoiceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
			i.Number, i.Printed, string(i.Month), string(i.UserID), i.Email, i.Company, i.Address, i.TaxID, string(i.Currency),
			i.Net, i.TaxName, int64(i.TaxRate), i.Tax, i.TaxNote, i.Amount, i.Operator, i.Letterhead, i.Note); err != nil {
			return err
		}
	}
	return nil
}

// lastMonth returns the month that was closed last; Place is 0 if none was.
func lastMonth(ctx context.Context, t *Tx) (BillingMonth, error) {
	rows, err := t.Query(ctx, `SELECT `+monthColumns+` FROM portal_billing_months ORDER BY place DESC LIMIT 1`)
	list, err := collect(rows, err, func(rows *sql.Rows) (BillingMonth, error) { return scanMonth(rows) })
	if err != nil || len(list) == 0 {
		return BillingMonth{}, err
	}
	return list[0], nil
}

func (db *DB) closedAlready(ctx context.Context, t *Tx, month Month) error {
	m, err := scanMonth(t.Row(ctx, `SELECT `+monthColumns+` FROM portal_billing_months WHERE month = $1`, string(month)))
	if err != nil {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("A month after %v is closed already, so it cannot be closed any more.", month), Err: err}
	}
	return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("%s closed %v already, on %s.", m.By, month, m.Closed.Format("2 January 2006, 15:04 UTC"))}
}
