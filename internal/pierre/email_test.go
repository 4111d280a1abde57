package pierre_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestNormalizeEmail(t *testing.T) {
	local64 := strings.Repeat("a", 64)
	domain := func(n int) string { return strings.Repeat("b.", (n-1)/2) + strings.Repeat("c", n-(n-1)/2*2) }
	for address, want := range map[string]string{
		"ana@example.com":                "ana@example.com",
		" Ana.Runs+2026@EXAMPLE.com  ":   "ana.runs+2026@example.com",
		"kai@example.com":                "kai@example.com",
		"KAI@example.com":                "kai@example.com",
		"i@example.com":                  "i@example.com",
		"o'neil_x-1{}@a-b.example":       "o'neil_x-1{}@a-b.example",
		"me@pierre.localhost":            "me@pierre.localhost",
		"root@mail":                      "root@mail",
		"ana@xn--exmple-cua.com":         "ana@xn--exmple-cua.com",
		local64 + "@" + domain(254-65):   local64 + "@" + domain(254-65),
		"a@" + strings.Repeat("b", 63):   "a@" + strings.Repeat("b", 63),
		local64 + "@" + domain(255-65):   "",
		local64 + "a@example.com":        "",
		"a@" + strings.Repeat("b", 64):   "",
		"":                               "",
		"ana":                            "",
		"@example.com":                   "",
		"ana@":                           "",
		"ana@@example.com":               "",
		"ana@bob@example.com":            "",
		"ana@example.com, b@example.com": "",
		"ana@.example.com":               "",
		"ana@example.com.":               "",
		"ana@-example.com":               "",
		"ana@example-.com":               "",
		".ana@example.com":               "",
		"ana.@example.com":               "",
		"a..b@example.com":               "",
		"ana@[192.0.2.1]":                "",
		"ana@exa_mple.com":               "",
		"an a@example.com":               "",
		"Ana <ana@example.com>":          "",
		"<ana@example.com>":              "",
		"ana@example.com (Ana)":          "",
		`"ana"@example.com`:              "",
		`a\na@example.com`:               "",
		"ana@example.com\n":              "",
		"\tana@example.com":              "",
		"ana@example.com\x00":            "",
		"ana\u00a0@example.com":          "",
		"\u00a0ana@example.com":          "", // a no-break space
		"\u212aai@example.com":           "", // the Kelvin sign, whose lower case is k
		"\u0130@example.com":             "", // I with a dot, whose lower case begins with i
		"\u0131@example.com":             "", // i without a dot, whose upper case is I
		"a\u017f@example.com":            "", // the long s, whose upper case is S
		"\u0430na@example.com":           "", // a Cyrillic a
		"ana@ex\u00e4mple.com":           "",
		"\uff41na@example.com":           "", // a full-width a
		"ana@example\u3002com":           "", // an ideographic full stop
		"ana\u200b@example.com":          "", // a zero-width space
		"ana\xff@example.com":            "", // no UTF-8
	} {
		got, err := pierre.NormalizeEmail(address)
		if e, ok := errors.AsType[*pierre.Error](err); got != want || (err != nil) != (want == "") || err != nil && (!ok || e.Field != "user_email") {
			t.Errorf("NormalizeEmail(%q) = %q, %v; want %q", address, got, err, want)
		}
	}
}

// What is kept differs from what was given in the case of ASCII letters and the spaces around it, and in nothing else.
func FuzzNormalizeEmail(f *testing.F) {
	for _, seed := range []string{"ana@example.com", " A.B+c@EXAMPLE.com ", "\u212a@example.com", `"a b"@c`, "a@[::1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got, err := pierre.NormalizeEmail(address)
		if err != nil {
			return
		}
		trimmed := strings.Trim(address, " ")
		if len(got) != len(trimmed) || !strings.EqualFold(got, trimmed) {
			t.Fatalf("%q became %q", address, got)
		}
		for i := range len(got) {
			if c, was := got[i], trimmed[i]; c != was && (was < 'A' || was > 'Z' || c != was+32) || c <= ' ' || c > '~' {
				t.Fatalf("%q became %q at byte %d", address, got, i)
			}
		}
		if again, err := pierre.NormalizeEmail(got); again != got || err != nil {
			t.Fatalf("%q is normalized to %q, %v", got, again, err)
		}
	})
}
