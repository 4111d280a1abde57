package doctor

import (
	"net/http"
	"testing"
	"time"
)

func TestRateLimit(t *testing.T) {
	for _, tc := range []struct {
		value  string
		left   int64
		resets time.Duration
		known  bool
	}{
		{`"month";r=99995;t=720`, 99995, 12 * time.Minute, true},
		{`"minute";r=0;t=5, "month";r=7;t=720`, 0, 5 * time.Second, true},
		{`"default"; r=50`, 50, 0, true},
		{``, 0, 0, false},
		{`nonsense;r=many`, 0, 0, false},
	} {
		left, resets, known := rateLimit(http.Header{"Ratelimit": {tc.value}})
		if left != tc.left || resets != tc.resets || known != tc.known {
			t.Errorf("%s: %d, %v, %v", tc.value, left, resets, known)
		}
	}
}
