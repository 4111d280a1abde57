package db

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (l *BillingLine) text() []string {
	texts := []string{string(l.Month), string(l.OfMonth), string(l.UserID), l.Email, string(l.KeyID), l.KeyName, string(l.Tier), string(l.Currency)}
	for _, n := range []int64{l.Number, l.Base, l.Included, l.Used, l.Overage, l.Price, l.PriceCalls, l.Amount} {
		texts = append(texts, strconv.FormatInt(n, 10))
	}
	return texts
}

func (i *Invoice) text() []string {
	return []string{
		strconv.FormatInt(i.Number, 10), i.Printed, string(i.Month), string(i.UserID), i.Email, i.Company, i.Address, i.TaxID,
		string(i.Currency), strconv.FormatInt(i.Net, 10), i.TaxName, strconv.FormatInt(int64(i.TaxRate), 10), strconv.FormatInt(i.Tax, 10), i.TaxNote,
		strconv.FormatInt(i.Amount, 10), i.Operator, i.Letterhead, i.Note,
	}
}

// hashAfter returns SHA-256 over the hash before, and all that the month has.
func (m *BillingMonth) hashAfter(before string, lines []BillingLine, invoices []Invoice) string {
	return m.hash(before, []string{m.prices}, lines, invoices, (*Invoice).text)
}

func (m *BillingMonth) hash(before string, prices []string, lines []BillingLine, invoices []Invoice, text func(*Invoice) []string) string {
	texts := append([]string{
		"pierre billing 1", before, string(m.Month), strconv.FormatInt(m.Place, 10), strconv.FormatInt(m.Closed.UnixMicro(), 10), m.By,
		strconv.FormatInt(m.Calls, 10), strconv.FormatInt(m.Lines, 10),
	}, prices...)
	for n := range lines {
		texts = append(texts, lines[n].text()...)
	}
	for n := range invoices {
		texts = append(texts, text(&invoices[n])...)
	}
	return chained(texts...)
}

// firstText is what the first invoices had.
func (i *Invoice) firstText() []string {
	return []string{
		strconv.FormatInt(i.Number, 10), string(i.Month), string(i.UserID), i.Email, i.Company, i.Address, i.TaxID, string(i.Currency), strconv.FormatInt(i.Amount, 10),
	}
}

// untaxedText is what invoices had from when all that is printed on them was kept, until they were taxed.
func (i *Invoice) untaxedText() []string {
	return []string{
		strconv.FormatInt(i.Number, 10), i.Printed, string(i.Month), string(i.UserID), i.Email, i.Company, i.Address, i.TaxID,
		string(i.Currency), strconv.FormatInt(i.Amount, 10), i.Operator, i.Letterhead, i.Note,
	}
}

// asClosed reports whether the month is as it was closed after the one that has the hash before. The first months were
// closed without prices and tax, and at the very first without what else is printed on invoices.
func (m *BillingMonth) asClosed(before string, lines []BillingLine, invoices []Invoice) bool {
	if m.Hash == m.hashAfter(before, lines, invoices) {
		return true
	}
	taxed := func(i Invoice) bool {
		return i.Net != i.Amount || i.Tax != 0 || i.TaxRate != 0 || i.TaxName+i.TaxNote != ""
	}
	return len(m.Prices) == 0 && !slices.ContainsFunc(invoices, taxed) &&
		(m.Hash == m.hash(before, nil, lines, invoices, (*Invoice).firstText) || m.Hash == m.hash(before, nil, lines, invoices, (*Invoice).untaxedText))
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
		if months++; m.Place != int64(months) || !m.asClosed(before, lines, invoices) {
			return months, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("The lines of %v are not those that it was closed with.", m.Month)}
		}
		before = m.Hash
	}
	return months, nil
}
