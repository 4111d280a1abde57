package jsonrpc

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// IsID reports whether value is a string or a number. MCP forbids null.
func IsID(value []byte) bool {
	return len(value) > 0 && (value[0] == '"' || value[0] == '-' || isDigit(value[0]))
}

// Key returns one text for all spellings of an id or a progress token: strings may be escaped in different ways, and
// 1, 1.0 and 10e-1 are one number. Numbers that differ in any digit have different keys.
func Key(value []byte) string {
	switch {
	case len(value) > 0 && value[0] == '"':
		if bytes.IndexByte(value, '\\') >= 0 || !utf8.Valid(value) {
			text, _ := Text(value)
			return `"` + text + `"`
		}
	case bytes.ContainsAny(value, ".eE") || string(value) == "-0":
		return decimal(string(value))
	}
	return string(value)
}

// decimal returns one text for all spellings of a number: without a fraction if it is an integer of modest size.
func decimal(number string) string {
	sign, digits := "", number
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	exponent := 0
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		n, err := strconv.ParseInt(digits[i+1:], 10, 32)
		if err != nil {
			return number // a number that no id is; it equals itself
		}
		exponent, digits = int(n), digits[:i]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	exponent -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(significant)
	const longest = 40 // zeros that are written out
	switch {
	case significant == "":
		return "0"
	case exponent >= 0 && exponent <= longest:
		return sign + significant + strings.Repeat("0", exponent)
	default:
		return sign + significant + "e" + strconv.Itoa(exponent)
	}
}

// Same reports whether got, which a server sent back, stands for want, which it was given. Many servers keep numbers as
// float64, so two numbers that are one float64 are taken as the same.
func Same(got, want []byte) bool {
	if bytes.Equal(got, want) || Key(got) == Key(want) {
		return true
	}
	if !IsID(got) || !IsID(want) || got[0] == '"' || want[0] == '"' {
		return false
	}
	a, errA := strconv.ParseFloat(string(got), 64)
	b, errB := strconv.ParseFloat(string(want), 64)
	return errA == nil && errB == nil && a == b
}
