package xmldoc

import (
	"math"
	"strconv"
)

// Decimal returns the number in text, or NaN.
func Decimal(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}
