package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pierre-mcp/pierre/internal/pierre"
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

// DeletePrice takes a tier's price away: from the next closing on its keys cost nothing.
func (db *DB) DeletePrice(ctx context.Context, act Act, tier pierre.Tier) error {
	return db.Update(ctx, "taking a price away", func(t *Tx) error {
		n, err := t.Change(ctx, `DELETE FROM portal_prices WHERE tier = $1`, string(tier))
		if err != nil || n == 0 {
			return err
		}
		return Audit(ctx, t, act, "price.delete", string(tier), nil)
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

// Offer reports whether strangers may ask for a tier, and returns its price, nil if none is public. Until one tier is made
// public, all are offered.
func Offer(prices []Price, tier pierre.Tier) (p *Price, ok bool) {
	ok = true
	for i := range prices {
		if !prices[i].Public {
			continue
		}
		if ok = false; prices[i].Tier == tier {
			p = &prices[i]
		}
	}
	return p, ok || p != nil
}

// A BillingCustomer is what stands on the invoices of a customer. The zero BillingCustomer has nothing to add.
type BillingCustomer struct {
	UserID  pierre.UserID
	Company string
	Address string // in lines
	TaxID   string
	Stripe  string // the customer's id at Stripe; "": none
	Tax     string // how the invoices are taxed, such as TaxUsual
	TaxRate Rate   // of TaxOwn
}

// How a customer's invoices are taxed.
const (
	TaxUsual   = ""        // at the rate of the settings
	TaxOwn     = "own"     // at a rate of the customer's own
	TaxExempt  = "exempt"  // not at all
	TaxReverse = "reverse" // by the customer: reverse charge
)

// SetBillingCustomer keeps what stands on a customer's next invoices. An id at Stripe is one customer's: that of another is
// [pierre.KindInvalid].
func (db *DB) SetBillingCustomer(ctx context.Context, act Act, c BillingCustomer) error {
	return db.Update(ctx, "changing a customer's address", func(t *Tx) error {
		var others int64
		err := t.Row(ctx, `SELECT COUNT(*) FROM portal_billing_customers WHERE stripe = $1 AND stripe <> '' AND user_id <> $2`, c.Stripe, string(c.UserID)).Scan(&others)
		if err != nil {
			return err
		}
		if others > 0 {
			return pierre.Invalid("stripe", "Another customer has this id at Stripe.")
		}
		_, err = t.Exec(ctx, `INSERT INTO portal_billing_customers (user_id, company, address, tax_id, stripe, tax, tax_rate) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (user_id) DO UPDATE SET company = excluded.company, address = excluded.address, tax_id = excluded.tax_id, stripe = excluded.stripe,
				tax = excluded.tax, tax_rate = excluded.tax_rate`,
			string(c.UserID), c.Company, c.Address, c.TaxID, c.Stripe, c.Tax, int64(c.TaxRate))
		if err != nil {
			return err
		}
		return Audit(ctx, t, act, "billing.customer", string(c.UserID), map[string]string{"stripe": c.Stripe, "tax": c.Tax})
	})
}

const billedColumns = `user_id, company, address, tax_id, stripe, tax, tax_rate`

func scanBilled(from scanner) (c BillingCustomer, err error) {
	err = from.Scan(&c.UserID, &c.Company, &c.Address, &c.TaxID, &c.Stripe, &c.Tax, &c.TaxRate)
	return c, err
}

// BillingCustomer returns what stands on a customer's next invoices. If that is nothing, it is the zero BillingCustomer of
// that user.
func (db *DB) BillingCustomer(ctx context.Context, user pierre.UserID) (BillingCustomer, error) {
	c, err := scanBilled(db.Row(ctx, `SELECT `+billedColumns+` FROM portal_billing_customers WHERE user_id = $1`, string(user)))
	if errors.Is(err, sql.ErrNoRows) {
		return BillingCustomer{UserID: user}, nil
	}
	return c, db.Classify(err, "reading a customer's address")
}

// BillingCustomers returns what stands on the invoices of all customers that have something to add, by their ids.
func (db *DB) BillingCustomers(ctx context.Context) (map[pierre.UserID]BillingCustomer, error) {
	rows, err := db.Query(ctx, `SELECT `+billedColumns+` FROM portal_billing_customers`)
	list, err := collect(rows, err, func(rows *sql.Rows) (BillingCustomer, error) { return scanBilled(rows) })
	all := make(map[pierre.UserID]BillingCustomer, len(list))
	for _, c := range list {
		all[c.UserID] = c
	}
	return all, db.Classify(err, "reading customers' addresses")
}
