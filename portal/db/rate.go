package db

import (
	"math/bits"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Rate of tax, in hundredths of a percent: 1900 is 19 %.
type Rate int64

const (
	wholeRate  = 10_000 // 100 %
	rateDigits = 2      // behind the point of a percentage
)

// ParseRate reads a percentage such as 19 or 8.1, from 0 to 100, with up to two digits behind the point; "" is 0.
func ParseRate(field, text string) (Rate, error) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if text == "" {
		return 0, nil
	}
	whole, part, _ := strings.Cut(text, ".")
	all := whole + part + strings.Repeat("0", max(0, rateDigits-len(part)))
	n, err := strconv.ParseInt(all, 10, 64)
	if err != nil || whole == "" || len(part) > rateDigits || strings.Trim(all, "0123456789") != "" || n > wholeRate {
		return 0, pierre.Invalid(field, "Write a percentage such as 19 or 8.1, up to 100.")
	}
	return Rate(n), nil
}

// Decimal returns the percentage for forms, such as "8.1".
func (r Rate) Decimal() string {
	text := strconv.FormatInt(int64(r)/100, 10)
	if part := int64(r) % 100; part != 0 {
		text += strings.TrimRight("."+strconv.FormatInt(100+part, 10)[1:], "0")
	}
	return text
}

// String returns the percentage for people, such as "8.1 %".
func (r Rate) String() string { return r.Decimal() + " %" }

// Of returns the tax on an amount that is not negative, in the smallest unit, rounded to the nearest; a half goes up.
func (r Rate) Of(net int64) int64 {
	high, low := bits.Mul64(uint64(net), uint64(r))
	low, carry := bits.Add64(low, wholeRate/2, 0)
	tax, _ := bits.Div64(high+carry, low, wholeRate) // a rate is at most 100 %, so the quotient is one of 64 bits
	return int64(tax)
}
