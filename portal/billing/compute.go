package billing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

// A key is what billing has to know of an API key.
type key struct {
	ID         pierre.KeyID
	UserID     pierre.UserID
	Email      string
	Name       string
	Tier       pierre.Tier
	Created    time.Time
	Ended      time.Time    // revoked or expired; zero: it has not
	ReplacedBy pierre.KeyID // the key that rotation put in its place; "": none
}

// A use is a key and the tier that it had when it was used.
type use struct {
	Key  pierre.KeyID
	Tier pierre.Tier
}

// A monthUse has the calls that ran in a month. Those that a limit refused cost nothing.
type monthUse map[use]int64

// total adds up.
func (m monthUse) total() (sum int64) {
	for _, n := range m {
		sum += n
	}
	return sum
}

// An input is what the lines of a month are made of.
type input struct {
	Month  db.Month
	Keys   map[pierre.KeyID]key
	Use    monthUse
	Prices map[pierre.Tier]db.Price
	Late   map[db.Month]late // by closed months
}

// A late is what has been counted of a closed month by now, and what was billed of it.
type late struct {
	Use    monthUse
	Billed []db.BillingLine
	Prices map[pierre.Tier]db.Price // that it was closed with
}

// lines returns the lines of a month: one for each key and tier with calls, or with a price for having the key; then the
// corrections of months before.
func (in input) lines() ([]db.BillingLine, error) {
	var list []db.BillingLine
	left := map[use]int64{} // included calls that are left, by the last key of a rotation
	for _, u := range in.uses() {
		k, p := in.keyOf(u.Key), priceIn(in.Prices, u.Tier)
		share := use{in.successor(k, in.Month).ID, u.Tier}
		if _, begun := left[share]; !begun {
			left[share] = p.Included
		}
		l := lineOf(in.Month, k, p)
		l.Used, l.Included = in.Use[u], left[share]
		l.Overage = max(0, l.Used-l.Included)
		left[share] -= min(l.Used, l.Included)
		if in.paysBase(k, u.Tier) {
			l.Base = p.Base
		}
		over, err := p.OveragePrice(l.Overage)
		if err != nil {
			return nil, err
		}
		l.Amount = l.Base + over
		if l.Used > 0 || l.Base > 0 {
			list = append(list, l)
		}
	}
	corrections, err := in.corrections()
	return append(list, corrections...), err
}

func lineOf(month db.Month, k key, p db.Price) db.BillingLine {
	return db.BillingLine{
		Month: month, OfMonth: month, UserID: k.UserID, Email: k.Email, KeyID: k.ID, KeyName: k.Name, Tier: p.Tier, Currency: p.Currency,
		Price: p.Overage, PriceCalls: p.OverageCalls,
	}
}

// uses returns the keys and tiers that may get a line: those with calls, and each key's own tier. Keys of one customer
// follow each other, from the oldest.
func (in input) uses() []use {
	all := map[use]bool{}
	for u := range in.Use {
		all[u] = true
	}
	for id, k := range in.Keys {
		if in.existed(k) {
			all[use{id, k.Tier}] = true
		}
	}
	list := make([]use, 0, len(all))
	for u := range all {
		list = append(list, u)
	}
	slices.SortFunc(list, in.compare)
	return list
}

// compare puts the uses of one customer after each other, from the oldest key.
func (in input) compare(a, b use) int {
	x, y := in.keyOf(a.Key), in.keyOf(b.Key)
	return cmp.Or(cmp.Compare(x.Email, y.Email), cmp.Compare(x.UserID, y.UserID), x.Created.Compare(y.Created), cmp.Compare(x.ID, y.ID), cmp.Compare(a.Tier, b.Tier))
}

// keyOf returns a key. The calls of one that is not there any more are nobody's.
func (in input) keyOf(id pierre.KeyID) key {
	if k, ok := in.Keys[id]; ok {
		return k
	}
	return key{ID: id, Name: "deleted"}
}

// priceIn returns what keys of a tier cost. One without a price costs nothing, however many calls there are.
func priceIn(prices map[pierre.Tier]db.Price, tier pierre.Tier) db.Price {
	if p, ok := prices[tier]; ok {
		return p
	}
	return db.Price{Tier: tier, Included: db.MaxCalls, OverageCalls: 1}
}

// existed reports whether a key was there in the month.
func (in input) existed(k key) bool {
	return k.Created.Before(in.Month.End()) && (k.Ended.IsZero() || k.Ended.After(in.Month.Start()))
}

// successor returns the key that rotation put in a key's place by the end of a month, or the key itself.
func (in input) successor(k key, month db.Month) key {
	for range len(in.Keys) { // rotation makes no circles
		next, ok := in.Keys[k.ReplacedBy]
		if !ok || !next.Created.Before(month.End()) {
			return k
		}
		k = next
	}
	return k
}

// paysBase reports whether the price of having a key is due for it in a tier: once for all keys that rotation put in each
// other's place, in the tier that the last one has.
func (in input) paysBase(k key, tier pierre.Tier) bool {
	return k.UserID != "" && k.Tier == tier && in.existed(k) && in.successor(k, in.Month).ID == k.ID
}

// invoices returns what each customer owes, with all but the number: one for each currency with an amount.
func invoices(lines []db.BillingLine, customers map[pierre.UserID]db.BillingCustomer, s *db.Settings) []db.Invoice {
	place := map[string]int{} // by user and currency
	var list []db.Invoice
	for n := range lines {
		l := &lines[n]
		if l.Amount == 0 || l.UserID == "" {
			continue
		}
		payer := string(l.UserID) + " " + string(l.Currency)
		at, known := place[payer]
		if !known {
			at = len(list)
			place[payer] = at
			c := customers[l.UserID]
			list = append(list, db.Invoice{
				UserID: l.UserID, Email: l.Email, Company: c.Company, Address: c.Address, TaxID: c.TaxID, Currency: l.Currency,
				Operator: s.Operator, Letterhead: s.Letterhead, Note: s.InvoiceNote,
			})
		}
		list[at].Net += l.Amount
	}
	for n := range list {
		taxed(&list[n], s, customers[list[n].UserID])
	}
	return list
}

// meter is the name of what Stripe is told: calls that ran.
const meter = "tool_calls"

// events returns what Stripe is told of a month: the calls of each customer that it knows, those of corrections included.
func events(month db.Month, lines []db.BillingLine, customers map[pierre.UserID]db.BillingCustomer, due time.Time) []db.MeterEvent {
	sums := map[pierre.UserID]int64{}
	for n := range lines {
		if l := &lines[n]; customers[l.UserID].Stripe != "" && l.Used > 0 {
			sums[l.UserID] += l.Used
		}
	}
	list := make([]db.MeterEvent, 0, len(sums))
	for user, calls := range sums {
		stripe := customers[user].Stripe
		list = append(list, db.MeterEvent{
			Identifier: db.MeterIdentifier(stripe, meter, month), UserID: user, Customer: stripe, Meter: meter, Value: calls, Next: due,
		})
	}
	slices.SortFunc(list, func(a, b db.MeterEvent) int { return strings.Compare(a.Identifier, b.Identifier) })
	return list
}
