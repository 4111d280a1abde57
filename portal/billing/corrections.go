package billing

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pierre-mcp/pierre/portal/db"
)

// A share is the calls of a closed month that have their included ones in common: those of a key and of all that rotation
// put in its place, in one tier.
type share struct {
	used int64 // calls that were billed, or are now
	paid int64 // for those above the included ones
}

// corrections returns lines about calls of closed months that came after they were closed.
func (in input) corrections() ([]db.BillingLine, error) {
	var list []db.BillingLine
	for month, m := range in.Late {
		lines, err := in.correct(month, m)
		if err != nil {
			return nil, err
		}
		list = append(list, lines...)
	}
	slices.SortStableFunc(list, func(a, b db.BillingLine) int {
		return cmp.Or(cmp.Compare(a.Email, b.Email), cmp.Compare(a.OfMonth, b.OfMonth))
	})
	return list, nil
}

// correct returns the lines for what came late in a month: what all its calls cost at the prices that it was closed with,
// less what was billed. Calls that are gone, as of a customer who was deleted, are not paid back.
func (in input) correct(month db.Month, m late) (list []db.BillingLine, err error) {
	shareOf := func(u use) use { return use{in.successor(in.keyOf(u.Key), month).ID, u.Tier} }
	billed, shares := map[use]int64{}, map[use]share{}
	for n := range m.Billed {
		l := &m.Billed[n]
		u := use{l.KeyID, l.Tier}
		s := shares[shareOf(u)]
		billed[u] += l.Used
		shares[shareOf(u)] = share{s.used + l.Used, s.paid + l.Amount - l.Base}
	}
	for _, u := range slices.SortedFunc(maps.Keys(m.Use), in.compare) {
		p, s := priceIn(m.Prices, u.Tier), shares[shareOf(u)]
		l := lineOf(in.Month, in.keyOf(u.Key), p)
		l.OfMonth, l.Used, l.Included = month, m.Use[u]-billed[u], max(0, p.Included-s.used)
		if l.Used <= 0 {
			continue
		}
		l.Overage = max(0, l.Used-l.Included)
		s.used += l.Used
		all, err := p.OveragePrice(max(0, s.used-p.Included))
		if err != nil {
			return nil, err
		}
		l.Amount = max(0, all-s.paid)
		s.paid += l.Amount
		shares[shareOf(u)] = s
		list = append(list, l)
	}
	return list, nil
}
