package store

import (
	"reflect"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func FuzzParsePosition(f *testing.F) {
	f.Add("")
	f.Add(position{At: 42}.cursor())
	f.Add(position{At: 42, ID: "act_abc", Total: new(1.5), Order: "distance_meters+"}.cursor())
	f.Add(position{At: 1772366400000000, ID: "key_abc"}.cursor())
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := parsePosition(cursor)
		if err != nil {
			if pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("parsePosition(%q) = %v, want invalid", cursor, err)
			}
			return
		}
		if again, err := parsePosition(p.cursor()); err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%+v comes back as %+v, %v", p, again, err)
		}
	})
}
