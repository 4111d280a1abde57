package human_test

import (
	"math"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
)

func TestPlural(t *testing.T) {
	for want, got := range map[string]string{
		"1 activity":       human.Plural(1, "activity"),
		"0 activities":     human.Plural(0, "activity"),
		"2 new activities": human.Plural(2, "new activity"),
		"2 days":           human.Plural(2, "day"),
		"2 keys":           human.Plural(int64(2), "key"),
		"3 files":          human.Plural(3, "file"),
		"4 boxes":          human.Plural(4, "box"),
		"5 passes":         human.Plural(5, "pass"),
		"6 matches":        human.Plural(6, "match"),
		"-2 files":         human.Plural(-2, "file"),
		"1,039 files":      human.Plural(1039, "file"),
		"2 ys":             human.Plural(2, "y"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"0":                          human.Count(0),
		"999":                        human.Count(999),
		"1,000":                      human.Count(1000),
		"-1,039":                     human.Count(-1039),
		"-999":                       human.Count(-999),
		"-9,223,372,036,854,775,808": human.Count(int64(math.MinInt64)),
		"12,345,678":                 human.Count(12345678),
		"18,446,744,073,709,551,615": human.Count(uint64(math.MaxUint64)),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 1550: "1.6 kB",
		999_949: "999.9 kB", 999_950: "1.0 MB", 12_345_678: "12.3 MB", 4_700_000_000: "4.7 GB",
		math.MaxInt64: "9.2 EB",
	} {
		if got := human.Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		0: "0 s", 400 * time.Millisecond: "0 s", 38 * time.Second: "38 s",
		59*time.Second + 600*time.Millisecond: "1 min",
		2*time.Minute + 5*time.Second:         "2 min 5 s",
		time.Hour - 400*time.Millisecond:      "1 h",
		80 * time.Minute:                      "1 h 20 min",
		day - time.Second:                     "1 day",
		day + 2*time.Hour:                     "1 day 2 h",
		3*day + 4*time.Hour:                   "3 days 4 h",
		-90 * time.Second:                     "-1 min 30 s",
		math.MinInt64:                         "-106,751 days 23 h",
	} {
		if got := human.Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestForeignText(t *testing.T) {
	const foreign = "a\x1b[2J\r\nb\tc\u202e\u00e9"
	if got, want := human.Line(foreign), "a?[2J??b?c?\u00e9"; got != want {
		t.Errorf("Line: %q, want %q", got, want)
	}
	if got, want := human.Text(foreign), "a?[2J\nb\tc?\u00e9"; got != want {
		t.Errorf("Text: %q, want %q", got, want)
	}
}
