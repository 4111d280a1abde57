// Package human writes numbers, sizes and times the way people read them, and
// makes foreign text safe to print on a terminal. It knows no domain: what is
// counted or measured is the caller's business.
package human

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Integer is any integer type that can be counted with.
type Integer interface {
	~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64
}

// Plural returns "1 file", "2 files", "3 activities", "4 days", "5 passes".
func Plural[N Integer](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + plural(noun)
}

// plural is the regular English plural of the last word of noun.
func plural(noun string) string {
	stem, isY := strings.CutSuffix(noun, "y")
	switch {
	case isY && stem != "" && !strings.ContainsRune("aeiou", rune(stem[len(stem)-1])):
		return stem + "ies"
	case hasAnySuffix(noun, "s", "x", "z", "ch", "sh"):
		return noun + "es"
	default:
		return noun + "s"
	}
}

func hasAnySuffix(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

// Count returns n with a comma between each group of three digits: "412", "1,039".
func Count[N Integer](n N) string {
	digits, sign := fmt.Sprintf("%d", n), ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		digits, sign = rest, "-"
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Bytes returns a size in decimal units: "1 byte", "512 bytes", "1.5 kB", "12.3 MB", "4.7 GB".
func Bytes(n int64) string {
	const step = 1000
	if n < step {
		return Plural(n, "byte")
	}
	size := float64(n) / step
	unit, larger := "kB", []string{"MB", "GB", "TB", "PB", "EB"}
	// What would be printed as 1000.0 belongs to the next unit.
	for len(larger) > 0 && size >= step-0.05 {
		size, unit, larger = size/step, larger[0], larger[1:]
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + " " + unit
}

// Duration returns a time in its two largest units, rounded: "0 s", "38 s",
// "2 min 5 s", "1 h 20 min", "3 days 4 h". A negative time is the same with a minus.
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 0 {
		return "-" + Duration(-max(d, -math.MaxInt64))
	}
	switch {
	case d.Round(time.Second) < time.Minute:
		return fmt.Sprintf("%d s", d.Round(time.Second)/time.Second)
	case d.Round(time.Second) < time.Hour:
		d = d.Round(time.Second)
		return pair(int64(d/time.Minute), "min", int64(d%time.Minute/time.Second), "s")
	case d.Round(time.Minute) < day:
		d = d.Round(time.Minute)
		return pair(int64(d/time.Hour), "h", int64(d%time.Hour/time.Minute), "min")
	default:
		d = d.Round(time.Hour)
		text := Plural(int64(d/day), "day")
		if hours := d % day / time.Hour; hours > 0 {
			text += fmt.Sprintf(" %d h", hours)
		}
		return text
	}
}

func pair(n int64, unit string, rest int64, restUnit string) string {
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return fmt.Sprintf("%d %s %d %s", n, unit, rest, restUnit)
}

// Line makes foreign text, such as a file's name, one line that cannot steer a
// terminal: what is not printable, line breaks included, becomes "?".
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// Text is [Line] for text of several lines: line feeds and tabs stay, carriage returns go.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			return r
		case r == '\r':
			return -1
		default:
			return '?'
		}
	}, s)
}
