package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
)

// lateMonths is how many closed months are looked at again for calls that came late.
const lateMonths = 3

// closeAfter is how long after its end a month can be closed: servers write what they have counted in the meantime.
const closeAfter = 10 * time.Minute

// Mail puts mails into the outbox, in the transaction that is the reason for them.
type Mail interface {
	// Invoice tells a customer of an invoice.
	Invoice(ctx context.Context, t *db.Tx, i db.Invoice) error
}

// A draft is a month as it would be closed now.
type draft struct {
	Lines  []db.BillingLine
	Calls  int64 // of the month, as the server adds them up and as the lines do
	prices []db.Price
}

// draft reads what keys did and makes lines of it.
func (s *Service) draft(ctx context.Context, month db.Month) (draft, error) {
	in, err := s.read(ctx, month)
	if err != nil {
		return draft{}, err
	}
	prices, err := s.db.Prices(ctx)
	if err != nil {
		return draft{}, err
	}
	return in.draft(prices)
}

// read reads what keys did.
func (s *Service) read(ctx context.Context, month db.Month) (in input, err error) {
	in = input{Month: month, Late: map[db.Month]late{}}
	if in.Keys, err = keysOf(ctx, s.server); err != nil {
		return in, err
	}
	tierOf := func(id pierre.KeyID) pierre.Tier { return in.Keys[id].Tier }
	if in.Use, err = useOf(ctx, s.server, month, tierOf); err != nil {
		return in, err
	}
	return in, s.readLate(ctx, &in, tierOf)
}

// draft makes lines at these prices.
func (in input) draft(prices []db.Price) (draft, error) {
	in.Prices = byTier(prices)
	lines, err := in.lines()
	return draft{Lines: lines, Calls: in.Use.total(), prices: prices}, err
}

// checkSum reports an error unless the lines of a month have exactly the calls that the server counts in it. Those of
// corrections are of months before.
func checkSum(month db.Month, lines []db.BillingLine, calls int64) error {
	var sum int64
	for n := range lines {
		if !lines[n].Correction() {
			sum += lines[n].Used
		}
	}
	if sum == calls {
		return nil
	}
	return fmt.Errorf("making the lines of %v: they have %d calls, and the server counts %d", month, sum, calls)
}

func byTier(prices []db.Price) map[pierre.Tier]db.Price {
	by := make(map[pierre.Tier]db.Price, len(prices))
	for _, p := range prices {
		by[p.Tier] = p
	}
	return by
}

// readLate reads again what keys did in the months that were closed last.
func (s *Service) readLate(ctx context.Context, in *input, tierOf func(pierre.KeyID) pierre.Tier) error {
	months, err := s.db.BillingMonths(ctx)
	if err != nil {
		return err
	}
	for _, m := range months[:min(len(months), lateMonths)] {
		if m.Month >= in.Month {
			continue
		}
		use, err := useOf(ctx, s.server, m.Month, tierOf)
		if err != nil {
			return err
		}
		billed, err := s.db.BilledFor(ctx, m.Month)
		if err != nil {
			return err
		}
		in.Late[m.Month] = late{use, billed, byTier(m.Prices)}
	}
	return nil
}

// openMonth returns the month that is closed next: the one after the last that was, or the one before this if none was.
func (s *Service) openMonth(ctx context.Context) (db.Month, error) {
	months, err := s.db.BillingMonths(ctx)
	if err != nil {
		return "", err
	}
	if len(months) > 0 {
		return months[0].Month.Next(), nil
	}
	return db.MonthOf(s.now()).Before(), nil
}

// ended reports whether a month can be closed.
func (s *Service) ended(month db.Month) bool { return !s.now().Before(month.End().Add(closeAfter)) }

// Close closes a month as a person. The months before it are closed, or there are none; the sums of its lines are those of
// the server. Who comes second gets [pierre.KindConflict].
func (s *Service) Close(ctx context.Context, p route.Person, month db.Month) (db.BillingMonth, error) {
	next, err := s.openMonth(ctx)
	switch {
	case err != nil:
		return db.BillingMonth{}, err
	case !s.ended(month):
		return db.BillingMonth{}, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("%v can be closed ten minutes after its end.", month)}
	case month > next:
		return db.BillingMonth{}, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("Close %v first.", next)}
	}
	d, err := s.draft(ctx, month)
	if err == nil {
		err = checkSum(month, d.Lines, d.Calls)
	}
	if err != nil {
		return db.BillingMonth{}, err
	}
	settings, err := s.db.Settings(ctx)
	if err != nil {
		return db.BillingMonth{}, err
	}
	customers, err := s.db.BillingCustomers(ctx)
	if err != nil {
		return db.BillingMonth{}, err
	}
	c := db.Closing{
		Month: month, Calls: d.Calls, Lines: d.Lines, Prices: d.prices, Invoices: invoices(d.Lines, customers, &settings),
		Prefix: settings.InvoicePrefix, More: s.mail.Invoice,
	}
	if s.opts.Stripe != nil {
		c.Events = events(month, d.Lines, customers, s.now())
	}
	return s.db.CloseMonth(ctx, db.Act{Person: p.Email, At: s.now()}, c)
}
