package pierre_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestAthleteNames(t *testing.T) {
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"a number", "4711", true},
		{"a UUID", "5f0c9a52-2f0d-4e3b-9d9d-0d0f6f1c7a11", true},
		{"an address", "ana@example.com", true},
		{"spaces inside", "Ana Maria", true},
		{"other scripts", "アナ", true},
		{"what looks encoded", "=?base64?QQ==?=", true},
		{"a slash", "team/7", true},
		{"three points", "...", true},
		{"the longest", strings.Repeat("é", 128), true},
		{"one longer", strings.Repeat("é", 129), false},
		{"nothing", "", false},
		{"a space before", " ana", false},
		{"a space after", "ana ", false},
		{"only a space", " ", false},
		{"a point", ".", false},
		{"two points", "..", false},
		{"a line break", "ana\nbob", false},
		{"a tab", "ana\tbob", false},
		{"NUL", "ana\x00", false},
		{"DEL", "ana\x7f", false},
		{"a control of Unicode", "ana\u0085", false},
		{"an override of direction", "ana\u202ebob", false},
		{"a space without width", "ana\u200b", false},
		{"no UTF-8", "ana\xff", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := pierre.ParseAthleteName("name", c.text)
			if (err == nil) != c.ok || c.ok && string(n) != c.text {
				t.Fatalf("%q, %v", n, err)
			}
			if !c.ok {
				if e := err.Error(); pierre.KindOf(err) != pierre.KindInvalid || !strings.Contains(e, "128") {
					t.Errorf("the error is %v", err)
				}
				return
			}
			back, err := pierre.AthleteFromHeader([]string{n.HeaderValue()})
			if err != nil || back != n {
				t.Errorf("the header %q is read as %q, %v", n.HeaderValue(), back, err)
			}
		})
	}
}

func TestAthleteHeader(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		want   pierre.AthleteName
		ok     bool
	}{
		{"none", nil, "", true},
		{"one", []string{"ana"}, "ana", true},
		{"as it is in UTF-8", []string{"ána"}, "ána", true},
		{"encoded", []string{"=?base64?w6FuYQ==?="}, "ána", true},
		{"encoded twice is a name", []string{"=?base64?PT9iYXNlNjQ/UVE9PT89?="}, "=?base64?QQ==?=", true},
		{"two", []string{"ana", "bob"}, "", false},
		{"the same twice", []string{"ana", "ana"}, "", false},
		{"empty", []string{""}, "", false},
		{"Latin-1", []string{"\xe1na"}, "", false},
		{"encoded, not closed", []string{"=?base64?w6FuYQ=="}, "", false},
		{"encoded, not padded", []string{"=?base64?w6FuYQ?="}, "", false},
		{"encoded, loose bits", []string{"=?base64?QR==?="}, "", false},
		{"encoded line break", []string{"=?base64?Cg==?="}, "", false},
		{"only the frame", []string{"=?base64??="}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := pierre.AthleteFromHeader(c.values)
			if n != c.want || (err == nil) != c.ok || err != nil && pierre.KindOf(err) != pierre.KindMalformed {
				t.Errorf("%q, %v; want %q", n, err, c.want)
			}
		})
	}
}

func FuzzAthleteHeader(f *testing.F) {
	for _, seed := range []string{"ana", "=?base64?w6FuYQ==?=", "=?base64??=", " a", "a\x00", strings.Repeat("x", 200), "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		n, err := pierre.AthleteFromHeader([]string{value})
		if err != nil {
			if pierre.KindOf(err) != pierre.KindMalformed || n != "" {
				t.Fatalf("%q: %q, %v", value, n, err)
			}
			return
		}
		if n == "" || utf8.RuneCountInString(string(n)) > 128 || strings.ContainsAny(string(n), "\x00\r\n\t\x7f") || !utf8.ValidString(string(n)) {
			t.Fatalf("%q is taken as %q", value, n)
		}
		h := http.Header{}
		h.Set(pierre.HeaderAthlete, n.HeaderValue())
		if back, err := pierre.AthleteFromHeader(h.Values(pierre.HeaderAthlete)); back != n || err != nil {
			t.Fatalf("%q does not come back: %q, %v", n, back, err)
		}
		for _, b := range []byte(n.HeaderValue()) {
			if b < ' ' || b > '~' {
				t.Fatalf("the header's value %q is not plain", n.HeaderValue())
			}
		}
	})
}
