package tools

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// notANumber stands in a text for a number that is NaN or infinite. No answer leaves with one: see [encode].
const notANumber = "\ufffe"

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// plain writes a number with the decimals that it has.
func plain(f float64) string {
	if !finite(f) {
		return notANumber
	}
	return fmt.Sprintf("%.10g", f)
}

// fixed writes a number with so many decimals.
func fixed(f float64, decimals int) string {
	if !finite(f) {
		return notANumber
	}
	return strconv.FormatFloat(f, 'f', decimals, 64)
}

// signed is fixed with a sign also before what is positive.
func signed(f float64, decimals int) string {
	if f < 0 {
		return fixed(f, decimals)
	}
	return "+" + fixed(f, decimals)
}

func kilometres(m float64) string { return fixed(m/1000, 2) + " km" }

// clockTime shows seconds as h:mm:ss.
func clockTime(s float64) string {
	const longest = 1e12 // s, beyond which nobody counts in hours
	switch {
	case !finite(s):
		return notANumber
	case math.Abs(s) > longest:
		return plain(s) + " s"
	}
	sign, n := "", int64(math.Round(s))
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d:%02d:%02d", sign, n/3600, n/60%60, n%60)
}

// round drops digits that no sensor has.
func round(f *float64) *float64 {
	if f == nil {
		return nil
	}
	return rounded(*f, 3)
}

// rounded returns f with so many decimals, or nil if it is not a number.
func rounded(f float64, decimals int) *float64 {
	p := math.Pow10(decimals)
	r := math.Round(f*p)/p + 0 // + 0 makes 0 of -0
	switch {
	case finite(r):
		return &r
	case finite(f):
		return &f // too large to have decimals
	}
	return nil
}

// shorten cuts text that a file brought along, which may be of any length.
func shorten(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), notANumber, "")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
