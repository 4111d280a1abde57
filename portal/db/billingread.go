package db

import (
	"context"
	"database/sql"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

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

// BillingLinesFrom returns up to limit lines of a closed month from the one with that number on, in their order.
func (db *DB) BillingLinesFrom(ctx context.Context, month Month, number int64, limit int) ([]BillingLine, error) {
	rows, err := db.Query(ctx, `SELECT `+lineColumns+` FROM portal_billing_lines WHERE month = $1 AND number >= $2 ORDER BY number LIMIT $3`, string(month), number, limit)
	list, err := collect(rows, err, scanLine)
	return list, db.Classify(err, "reading lines")
}

// BillingSums adds up the amounts of the lines of a closed month, by currencies.
func (db *DB) BillingSums(ctx context.Context, month Month) ([]Money, error) {
	rows, err := db.Query(ctx, `SELECT CAST(SUM(amount) AS BIGINT), currency FROM portal_billing_lines WHERE month = $1 AND currency <> '' GROUP BY currency ORDER BY currency`, string(month))
	list, err := collect(rows, err, func(rows *sql.Rows) (m Money, err error) { return m, rows.Scan(&m.Minor, &m.Currency) })
	return list, db.Classify(err, "adding up lines")
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

// InvoicesFrom returns up to limit invoices of a month from the one with that number on.
func (db *DB) InvoicesFrom(ctx context.Context, month Month, number int64, limit int) ([]Invoice, error) {
	rows, err := db.Query(ctx, `SELECT `+invoiceColumns+` FROM portal_invoices WHERE month = $1 AND number >= $2 ORDER BY number LIMIT $3`, string(month), number, limit)
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

// An EventCount is how many of a month's events Stripe has, still gets, and does not take.
type EventCount struct {
	Month                       Month
	Delivered, Waiting, Refused int64
}

// CountEvents counts the events of Stripe of the months that have some.
func (db *DB) CountEvents(ctx context.Context) ([]EventCount, error) {
	rows, err := db.Query(ctx, `SELECT month, COUNT(CASE WHEN state = $1 THEN 1 END), COUNT(CASE WHEN state = $2 THEN 1 END), COUNT(CASE WHEN state = $3 THEN 1 END)
		FROM portal_meter_events GROUP BY month`, EventDelivered, EventWaiting, EventRefused)
	list, err := collect(rows, err, func(rows *sql.Rows) (n EventCount, err error) {
		err = rows.Scan(&n.Month, &n.Delivered, &n.Waiting, &n.Refused)
		return n, err
	})
	return list, db.Classify(err, "counting meter events")
}
