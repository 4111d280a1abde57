package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// SetPrice sets what keys of a tier cost from the next closing on.
func (db *DB) SetPrice(ctx context.Context, act Act, p Price) error {
	if err := p.Validate(); err != nil {
		return err
	}
	return db.Update(ctx, "setting a price", func(t *Tx) error {
		_, err := t.Exec(ctx, `INSERT INTO portal_prices (tier, currency, base, included, overage, overage_calls, public) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (tier) DO UPDATE SET currency = excluded.currency, base = excluded.base, included = excluded.included,
				overage = excluded.overage, overage_calls = excluded.overage_calls, public = excluded.public`,
			string(p.Tier), string(p.Currency), p.Base, p.Included, p.Overage, p.OverageCalls, number(p.Public))
		if err != nil {
			return err
		}
		return Audit(ctx, t, act, "price.set", string(p.Tier), map[string]any{
			"currency": p.Currency, "base": p.Base, "included": p.Included, "overage": p.Overage, "overage_calls": p.OverageCalls, "public": p.Public,
		})
	})
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Prices returns the prices of all tiers that have one, by the tiers' names.
func (db *DB) Prices(ctx context.Context) ([]Price, error) {
	rows, err := db.Query(ctx, `SELECT tier, currency, base, included, overage, overage_calls, public FROM portal_prices ORDER BY tier`)
	list, err := collect(rows, err, func(rows *sql.Rows) (p Price, err error) {
		var public int64
		err = rows.Scan(&p.Tier, &p.Currency, &p.Base, &p.Included, &p.Overage, &p.OverageCalls, &public)
		p.Public = public == 1
		return p, err
	})
	return list, db.Classify(err, "reading prices")
}

// A BillingCustomer is what stands on the invoices of a customer. The zero BillingCustomer has nothing to add.
type BillingCustomer struct {
	UserID  pierre.UserID
	Company string
	Address string // in lines
	TaxID   string
	Stripe  string // the customer's id at Stripe; "": none
}

// SetBillingCustomer keeps what stands on a customer's next invoices.
func (db *DB) SetBillingCustomer(ctx context.Context, act Act, c BillingCustomer) error {
	return db.Update(ctx, "changing a customer's address", func(t *Tx) error {
		_, err := t.Exec(ctx, `INSERT INTO portal_billing_customers (user_id, company, address, tax_id, stripe) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (user_id) DO UPDATE SET company = excluded.company, address = excluded.address, tax_id = excluded.tax_id, stripe = excluded.stripe`,
			string(c.UserID), c.Company, c.Address, c.TaxID, c.Stripe)
		if err != nil {
			return err
		}
		return Audit(ctx, t, act, "billing.customer", string(c.UserID), map[string]string{"stripe": c.Stripe})
	})
}

// BillingCustomers returns what stands on the invoices of all customers that have something to add, by their ids.
func (db *DB) BillingCustomers(ctx context.Context) (map[pierre.UserID]BillingCustomer, error) {
	rows, err := db.Query(ctx, `SELECT user_id, company, address, tax_id, stripe FROM portal_billing_customers`)
	list, err := collect(rows, err, func(rows *sql.Rows) (c BillingCustomer, err error) {
		err = rows.Scan(&c.UserID, &c.Company, &c.Address, &c.TaxID, &c.Stripe)
		return c, err
	})
	all := make(map[pierre.UserID]BillingCustomer, len(list))
	for _, c := range list {
		all[c.UserID] = c
	}
	return all, db.Classify(err, "reading customers' addresses")
}

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

func (l *BillingLine) text() []string {
	texts := []string{string(l.Month), string(l.OfMonth), string(l.UserID), l.Email, string(l.KeyID), l.KeyName, string(l.Tier), string(l.Currency)}
	for _, n := range []int64{l.Number, l.Base, l.Included, l.Used, l.Overage, l.Price, l.PriceCalls, l.Amount} {
		texts = append(texts, strconv.FormatInt(n, 10))
	}
	return texts
}

// An Invoice is what a customer owes for a month, in one currency. It is never changed.
type Invoice struct {
	Number   int64 // 1, 2, 3, … without a gap
	Month    Month
	UserID   pierre.UserID
	Email    string
	Company  string
	Address  string
	TaxID    string
	Currency Currency
	Amount   int64
}

// Total returns the amount, for pages.
func (i *Invoice) Total() Money { return Money{i.Amount, i.Currency} }

const invoiceColumns = `number, month, user_id, email, company, address, tax_id, currency, amount`

func scanInvoice(from scanner) (i Invoice, err error) {
	err = from.Scan(&i.Number, &i.Month, &i.UserID, &i.Email, &i.Company, &i.Address, &i.TaxID, &i.Currency, &i.Amount)
	return i, err
}

func (i *Invoice) text() []string {
	return []string{
		strconv.FormatInt(i.Number, 10), string(i.Month), string(i.UserID), i.Email, i.Company, i.Address, i.TaxID, string(i.Currency), strconv.FormatInt(i.Amount, 10),
	}
}

// A BillingMonth is a month that was closed.
type BillingMonth struct {
	Month  Month
	Place  int64 // 1, 2, 3, … in the order in which months were closed
	Closed time.Time
	By     string // who closed it
	Calls  int64  // of the month, as the server counted them and as the lines without corrections add up
	Lines  int64
	Hash   string // over the hash of the month that was closed before, and all of this one
}

const monthColumns = `month, place, closed_us, closed_by, calls, lines, hash`

func scanMonth(from scanner) (m BillingMonth, err error) {
	err = from.Scan(&m.Month, &m.Place, sqldb.Instant{Time: &m.Closed}, &m.By, &m.Calls, &m.Lines, &m.Hash)
	return m, err
}

// hashAfter returns SHA-256 over the hash before, and all that the month has.
func (m *BillingMonth) hashAfter(before string, lines []BillingLine, invoices []Invoice) string {
	texts := []string{
		"pierre billing 1", before, string(m.Month), strconv.FormatInt(m.Place, 10), strconv.FormatInt(m.Closed.UnixMicro(), 10), m.By,
		strconv.FormatInt(m.Calls, 10), strconv.FormatInt(m.Lines, 10),
	}
	for n := range lines {
		texts = append(texts, lines[n].text()...)
	}
	for n := range invoices {
		texts = append(texts, invoices[n].text()...)
	}
	return chained(texts...)
}

// A Closing is what a month is closed with.
type Closing struct {
	Month    Month
	Calls    int64 // of the month, as the server counted them
	Lines    []BillingLine
	Invoices []Invoice    // without numbers
	Events   []MeterEvent // for Stripe
	// More is done for each invoice in the same transaction, such as a mail; nil: nothing.
	More func(ctx context.Context, t *Tx, i Invoice) error
}

// CloseMonth closes a month, once: whoever comes second gets [pierre.KindConflict], which says who was first. Months are
// closed in their order.
func (db *DB) CloseMonth(ctx context.Context, act Act, c Closing) (BillingMonth, error) {
	var m BillingMonth
	err := db.Update(ctx, "closing a month", func(t *Tx) error {
		m = BillingMonth{Month: c.Month, Closed: act.At, By: act.Person, Calls: c.Calls, Lines: int64(len(c.Lines))}
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
		lines, invoices := make([]BillingLine, len(c.Lines)), make([]Invoice, len(c.Invoices))
		for n, l := range c.Lines {
			l.Month, l.Number = c.Month, int64(n+1)
			lines[n] = l
		}
		for n, i := range c.Invoices {
			i.Month, i.Number = c.Month, last+int64(n+1)
			invoices[n] = i
		}
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
	_, err := t.Exec(ctx, `INSERT INTO portal_billing_months (`+monthColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(m.Month), m.Place, m.Closed.UnixMicro(), m.By, m.Calls, m.Lines, m.Hash)
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
		if _, err := t.Exec(ctx, `INSERT INTO portal_invoices (`+invoiceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			i.Number, string(i.Month), string(i.UserID), i.Email, i.Company, i.Address, i.TaxID, string(i.Currency), i.Amount); err != nil {
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

// BillingMonths returns the closed months, the last one first.
func (db *DB) BillingMonths(ctx context.Context) ([]BillingMonth, error) {
	rows, err := db.Query(ctx, `SELECT `+monthColumns+` FROM portal_billing_months ORDER BY place DESC`)
	list, err := collect(rows, err, func(rows *sql.Rows) (BillingMonth, error) { return scanMonth(rows) })
	return list, db.Classify(err, "reading closed months")
}

// BillingLines returns the lines of a closed month, in their order.
func (db *DB) BillingLines(ctx context.Context, month Month) ([]BillingLine, error) {
	rows, err := db.Query(ctx, `SELECT `+lineColumns+` FROM portal_billing_lines WHERE month = $1 ORDER BY number`, string(month))
	list, err := collect(rows, err, scanLine)
	return list, db.Classify(err, "reading lines")
}

// BilledFor returns all lines about calls of a month: its own, and corrections in later ones.
func (db *DB) BilledFor(ctx context.Context, month Month) ([]BillingLine, error) {
	rows, err := db.Query(ctx, `SELECT `+lineColumns+` FROM portal_billing_lines WHERE of_month = $1 ORDER BY month, number`, string(month))
	list, err := collect(rows, err, scanLine)
	return list, db.Classify(err, "reading lines")
}

// Invoices returns the invoices of a month, by their numbers.
func (db *DB) Invoices(ctx context.Context, month Month) ([]Invoice, error) {
	rows, err := db.Query(ctx, `SELECT `+invoiceColumns+` FROM portal_invoices WHERE month = $1 ORDER BY number`, string(month))
	list, err := collect(rows, err, func(rows *sql.Rows) (Invoice, error) { return scanInvoice(rows) })
	return list, db.Classify(err, "reading invoices")
}

// InvoicesOf returns the invoices of a customer, the newest first.
func (db *DB) InvoicesOf(ctx context.Context, user pierre.UserID) ([]Invoice, error) {
	rows, err := db.Query(ctx, `SELECT `+invoiceColumns+` FROM portal_invoices WHERE user_id = $1 ORDER BY number DESC`, string(user))
	list, err := collect(rows, err, func(rows *sql.Rows) (Invoice, error) { return scanInvoice(rows) })
	return list, db.Classify(err, "reading invoices")
}

// InvoicesTo returns the invoices that went to an e-mail address, the newest first.
func (db *DB) InvoicesTo(ctx context.Context, email string) ([]Invoice, error) {
	rows, err := db.Query(ctx, `SELECT `+invoiceColumns+` FROM portal_invoices WHERE email = $1 ORDER BY number DESC`, email)
	list, err := collect(rows, err, func(rows *sql.Rows) (Invoice, error) { return scanInvoice(rows) })
	return list, db.Classify(err, "reading invoices")
}

// InvoiceByNumber returns an invoice and its lines.
func (db *DB) InvoiceByNumber(ctx context.Context, number int64) (Invoice, []BillingLine, error) {
	i, err := scanInvoice(db.Row(ctx, `SELECT `+invoiceColumns+` FROM portal_invoices WHERE number = $1`, number))
	if err != nil {
		return i, nil, db.Classify(err, "This invoice")
	}
	rows, err := db.Query(ctx, `SELECT `+lineColumns+` FROM portal_billing_lines WHERE month = $1 AND user_id = $2 AND currency = $3 ORDER BY number`,
		string(i.Month), string(i.UserID), string(i.Currency))
	lines, err := collect(rows, err, scanLine)
	return i, lines, db.Classify(err, "reading lines")
}

// VerifyBilling follows the chain of hashes through all closed months. It returns how many there are, and, as a
// [pierre.KindConflict] error, the first one that is not as it was closed.
func (db *DB) VerifyBilling(ctx context.Context) (months int, err error) {
	list, err := db.BillingMonths(ctx)
	if err != nil {
		return 0, err
	}
	var before string
	for _, m := range slices.Backward(list) {
		lines, err := db.BillingLines(ctx, m.Month)
		if err != nil {
			return months, err
		}
		invoices, err := db.Invoices(ctx, m.Month)
		if err != nil {
			return months, err
		}
		if months++; m.Place != int64(months) || m.Hash != m.hashAfter(before, lines, invoices) {
			return months, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("The lines of %v are not those that it was closed with.", m.Month)}
		}
		before = m.Hash
	}
	return months, nil
}
