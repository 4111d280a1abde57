package store

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func FuzzParsePlace(f *testing.F) {
	f.Add("")
	f.Add(place{At: 42}.cursor())
	f.Add(place{At: 1772366400000000, ID: "key_abc"}.cursor())
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := parsePlace(cursor)
		if err != nil {
			if pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("parsePlace(%q) = %v, want invalid", cursor, err)
			}
			return
		}
		if again, err := parsePlace(p.cursor()); err != nil || again != p {
			t.Errorf("%+v comes back as %+v, %v", p, again, err)
		}
	})
}
