package adminapi

import (
	"net/url"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Whatever is given as start and end, the span is one that can be written down, or the mistake is named.
func FuzzSpan(f *testing.F) {
	for _, pair := range [][2]string{{"2024-01-01", "2024-01-31"}, {"", ""}, {"2024-01-01T00:00:00Z", "2024-01-01T00:00:00+14:00"}, {"9998-12-31", "9999-12-31"}, {"0000-01-01", "x"}} {
		f.Add(pair[0], pair[1])
	}
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, start, end string) {
		from, to, err := spanOf(url.Values{"a": {start}, "b": {end}}, "a", "b", now)
		if err != nil {
			if pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("span(%q, %q) = %v, want invalid", start, end, err)
			}
			return
		}
		if !from.Before(to) || from.Location() != time.UTC {
			t.Errorf("span(%q, %q) = %v, %v", start, end, from, to)
		}
		if _, err := to.MarshalJSON(); err != nil {
			t.Errorf("span(%q, %q) ends at %v: %v", start, end, to, err)
		}
	})
}
