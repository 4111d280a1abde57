package staff

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestCheckPassword(t *testing.T) {
	const email = "ana@example.com"
	for name, password := range map[string]string{
		"14 characters":            "abcxkeitlwmqzp",
		"a breached one":           "Correct Horse Battery Staple",
		"one letter":               strings.Repeat("x", 20),
		"a pair again and again":   strings.Repeat("ab", 10),
		"five again and again":     "hello" + "hello" + "hello" + "hello",
		"the alphabet":             "abcdefghijklmnopqrs",
		"digits":                   "12345678901234567",
		"the address":              "ana@example.com1",
		"the name in the address":  "AnaAnaAnaAnaAna",
		"a line end":               "three words\nand more",
		"not UTF-8":                "three words and \xff",
		"257 bytes":                strings.Repeat("ü", 128) + "x",
		"many bytes of few runes ": "üüüüüüüüüüüüüü",
	} {
		if err := checkPassword(password, email); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("%s: %q was taken: %v", name, password, err)
		}
	}
	for _, password := range []string{"abcxkeitlwmqzpr", "three quiet words", "mostly harmless cats", "пятнадцатьбуквы!", "anabaptists of the north", "three quiet words " + strings.Repeat("of no number", 19)} {
		if err := checkPassword(password, email); err != nil {
			t.Errorf("%q was refused: %v", password, err)
		}
	}
}

// TestHasherWorksForUnknownAccounts: an account that does not exist costs as much as a wrong password.
func TestHasherWorksForUnknownAccounts(t *testing.T) {
	h, err := newHasher(1, params())
	if err != nil {
		t.Fatal(err)
	}
	hash, err := h.hash(t.Context(), "three quiet words")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("hash: %s", hash)
	}
	for _, c := range []struct {
		name, password, hash string
		want                 bool
	}{
		{"the right one", "three quiet words", hash, true},
		{"a wrong one", "three quiet wordS", hash, false},
		{"of nobody", "a password that no account has", "", false},
		{"too long", strings.Repeat("x", maxPassword+1), hash, false},
		{"none", "", hash, false},
	} {
		before := h.work.Load()
		got, err := h.matches(t.Context(), c.password, c.hash)
		if err != nil || got != c.want {
			t.Errorf("%s: %t, %v", c.name, got, err)
		}
		if n := h.work.Load() - before; n != 1 {
			t.Errorf("%s: compared %d times", c.name, n)
		}
	}
}
