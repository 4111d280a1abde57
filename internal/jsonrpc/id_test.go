package jsonrpc

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
	"testing"
)

func TestKey(t *testing.T) {
	for _, tt := range []struct {
		a, b      string
		key, same bool // what is expected
	}{
		{`1`, `1`, true, true},
		{`1`, `1.0`, true, true},
		{`100`, `1E+2`, true, true},
		{`-0`, `0`, true, true},
		{`0.5`, `5e-1`, true, true},
		{`1e400`, `10e399`, true, true},
		{`1`, `2`, false, false},
		{`1`, `"1"`, false, false},
		{`"a"`, `"\u0061"`, true, true},
		{`"a"`, `"A"`, false, false},
		{`9007199254740993`, `9007199254740992`, false, true},
		{`9007199254740993`, `9.007199254740992e+15`, false, true},
		{`1e99999999999999999`, `1e99999999999999998`, false, false},
		{`null`, `null`, true, true},
		{`null`, `0`, false, false},
	} {
		if got := Key([]byte(tt.a)) == Key([]byte(tt.b)); got != tt.key {
			t.Errorf("keys of %s and %s are %q and %q", tt.a, tt.b, Key([]byte(tt.a)), Key([]byte(tt.b)))
		}
		if got := Same([]byte(tt.a), []byte(tt.b)); got != tt.same {
			t.Errorf("Same(%s, %s) = %v", tt.a, tt.b, got)
		}
	}
}

var exponent = regexp.MustCompile(`[eE][+-]?[0-9]{4}`)

// Ids have one key exactly if they are one string or one number.
func FuzzKey(f *testing.F) {
	f.Add(`"é"`, `"\u00e9"`)
	f.Add(`-12.50e1`, `-125`)
	f.Add(`9007199254740993`, `9007199254740993.0`)
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.TrimSpace(a), strings.TrimSpace(b) // a decoder gives values without the space around them
		if len(a) > 100 || len(b) > 100 || !json.Valid([]byte(a)) || !json.Valid([]byte(b)) || !IsID([]byte(a)) || !IsID([]byte(b)) {
			return
		}
		same := false
		if a[0] == '"' && b[0] == '"' {
			var x, y string
			if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
				return
			}
			same = x == y
		} else if a[0] != '"' && b[0] != '"' {
			if len(exponent.FindString(a+" "+b)) > 0 {
				return // too large for big.Rat to compare soon
			}
			x, okX := new(big.Rat).SetString(a)
			y, okY := new(big.Rat).SetString(b)
			if !okX || !okY {
				return // an exponent beyond what big.Rat takes
			}
			same = x.Cmp(y) == 0
		}
		if got := Key([]byte(a)) == Key([]byte(b)); got != same {
			t.Errorf("keys of %s and %s: %q and %q", a, b, Key([]byte(a)), Key([]byte(b)))
		}
	})
}
