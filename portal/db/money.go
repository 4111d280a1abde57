package db

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Month is a month that is billed, in UTC, such as "2026-10".
type Month string

// MonthOf returns the month of a time.
func MonthOf(t time.Time) Month { return Month(t.UTC().Format(monthLayout)) }

const monthLayout = "2006-01"

// ParseMonth reads a month such as 2026-10, from the year 2000 to 2999.
func ParseMonth(text string) (Month, error) {
	t, err := time.Parse(monthLayout, text)
	if err != nil || t.Format(monthLayout) != text || t.Year() < 2000 || t.Year() > 2999 {
		return "", pierre.Invalid("month", "The month must be such as 2026-10.")
	}
	return Month(text), nil
}

// Start returns the month's first moment.
func (m Month) Start() time.Time {
	t, _ := time.Parse(monthLayout, string(m)) // a Month was made by MonthOf or ParseMonth
	return t
}

// End returns the first moment of the next month.
func (m Month) End() time.Time { return m.Start().AddDate(0, 1, 0) }

// Next returns the month after m.
func (m Month) Next() Month { return MonthOf(m.End()) }

// Before returns the month before m.
func (m Month) Before() Month { return MonthOf(m.Start().AddDate(0, -1, 0)) }

// Text returns the month as paths and forms have it, such as "2026-10".
func (m Month) Text() string { return string(m) }

// String returns the month for people, such as "October 2026".
func (m Month) String() string { return m.Start().Format("January 2006") }

// A Currency is a code of ISO 4217, such as "EUR".
type Currency string

// Digits returns how many digits of an amount are behind the point: an amount is an integer of the currency's smallest unit.
func (c Currency) Digits() int {
	switch c {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// Validate reports whether c may be a currency.
func (c Currency) Validate() error {
	if len(c) != 3 || strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return pierre.Invalid("currency", "The currency must be a code of three letters, such as EUR.")
	}
	return nil
}

// Money is an amount of a currency.
type Money struct {
	Minor    int64 // of the currency's smallest unit, such as cents
	Currency Currency
}

// String returns the amount for people, such as "1,250.00 EUR".
func (m Money) String() string { return m.decimal(",") + " " + string(m.Currency) }

// Decimal returns the amount for programs and forms, such as "1250.00".
func (m Money) Decimal() string { return m.decimal("") }

func (m Money) decimal(thousands string) string {
	sign, n := "", uint64(m.Minor)
	if m.Minor < 0 {
		sign, n = "-", -n
	}
	digits, text := m.Currency.Digits(), strconv.FormatUint(n, 10)
	if len(text) <= digits {
		text = strings.Repeat("0", digits+1-len(text)) + text
	}
	whole, part := text[:len(text)-digits], text[len(text)-digits:]
	for at := len(whole) - 3; at > 0 && thousands != ""; at -= 3 {
		whole = whole[:at] + thousands + whole[at:]
	}
	if digits == 0 {
		return sign + whole
	}
	return sign + whole + "." + part
}

// ParseMoney reads an amount such as 12, 12.5 or 12.50, with no more digits behind the point than the currency has.
func ParseMoney(field, text string, c Currency) (Money, error) {
	whole, part, _ := strings.Cut(strings.TrimSpace(text), ".")
	digits := c.Digits()
	all := whole + part + strings.Repeat("0", max(0, digits-len(part)))
	n, err := strconv.ParseInt(all, 10, 64)
	if err != nil || whole == "" || len(part) > digits || strings.Trim(all, "0123456789") != "" || n > MaxPrice {
		example := Money{1250, c}
		return Money{}, pierre.Invalid(field, "Write an amount such as %s, up to %s.", example.Decimal(), Money{MaxPrice, c})
	}
	return Money{n, c}, nil
}

const (
	// MaxPrice is the highest price, in the smallest unit of its currency.
	MaxPrice = 1_000_000_000
	// MaxCalls is the highest number of included calls, and of those that a price of overage is for.
	MaxCalls = 1_000_000_000_000
)

// A Price is what keys of a tier cost in a month.
type Price struct {
	Tier         pierre.Tier `json:"tier"`
	Currency     Currency    `json:"currency"`
	Base         int64       `json:"base"`          // of a key, minor units
	Included     int64       `json:"included"`      // calls in the base
	Overage      int64       `json:"overage"`       // minor units per OverageCalls above those
	OverageCalls int64       `json:"overage_calls"` // 1 or more
	Public       bool        `json:"public"`        // shown to everybody
}

// Validate reports what is wrong with the price.
func (p Price) Validate() error {
	if err := p.Currency.Validate(); err != nil {
		return err
	}
	for _, n := range []struct {
		field    string
		is       int64
		from, to int64
	}{{"base", p.Base, 0, MaxPrice}, {"included", p.Included, 0, MaxCalls}, {"overage", p.Overage, 0, MaxPrice}, {"overage_calls", p.OverageCalls, 1, MaxCalls}} {
		if n.is < n.from || n.is > n.to {
			return pierre.Invalid(n.field, "%s must be between %d and %d.", n.field, n.from, n.to)
		}
	}
	return p.Tier.Validate()
}

// OveragePrice returns what calls above the included ones cost, rounded down to a whole minor unit. An amount that no integer
// holds is an error.
func (p Price) OveragePrice(calls int64) (int64, error) {
	if calls <= 0 || p.Overage <= 0 {
		return 0, nil
	}
	high, low := bits.Mul64(uint64(calls), uint64(p.Overage))
	if high >= uint64(p.OverageCalls) {
		return 0, fmt.Errorf("%d calls of tier %s cost more than an invoice can say", calls, p.Tier)
	}
	amount, _ := bits.Div64(high, low, uint64(p.OverageCalls))
	if amount > math.MaxInt64/1000 {
		return 0, fmt.Errorf("%d calls of tier %s cost more than an invoice can say", calls, p.Tier)
	}
	return int64(amount), nil
}
