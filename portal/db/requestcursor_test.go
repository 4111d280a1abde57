package db

import (
	"fmt"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A cursor is read as it was given, and anything else is refused as wrong input.
func FuzzParseRequestCursor(f *testing.F) {
	for _, cursor := range []string{"", ".", "1", "1.req_A", "-1.", "+1.a", "01.a", "9223372036854775808.a", "1.a.b", "0x1.a", "1_0.a", " 1.a", "1.\x00\xff"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		at, id, err := parseRequestCursor(cursor)
		if err != nil {
			if pierre.KindOf(err) != pierre.KindInvalid || at != 0 || id != "" {
				t.Errorf("%q is %d, %q, %v", cursor, at, id, err)
			}
			return
		}
		if again, of, err := parseRequestCursor(fmt.Sprintf("%d.%s", at, id)); err != nil || again != at || of != id {
			t.Errorf("%q is %d and %q, then %d and %q, %v", cursor, at, id, again, of, err)
		}
	})
}
