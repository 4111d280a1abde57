package probe

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/secret"
)

func FuzzAsks(f *testing.F) {
	k, now := []byte("key"), time.Unix(1_800_000_000, 0)
	f.Add("1800000000.abc." + sign(k, "ask", "1800000000.abc"))
	f.Add("1800000000.abc.00")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		question, mac, _ := cutLast(text)
		if asks(k, text, now) && mac != sign(k, "ask", question) {
			t.Errorf("%q is believed", text)
		}
	})
}

// Who does not know the secret, or asks with an old question, learns nothing.
func TestOnlyTheOperatorIsAnswered(t *testing.T) {
	now := time.Now()
	mine, other := secret.New(strings.Repeat("mine", 10)), secret.New(strings.Repeat("other", 10))
	s := httptest.NewServer(Handler(func() []secret.String { return []secret.String{mine} }, nil, func() time.Time { return now }))
	defer s.Close()
	for name, tt := range map[string]struct {
		secret secret.String
		at     time.Time
		want   bool
	}{
		"the operator":    {mine, now, true},
		"another secret":  {other, now, false},
		"an old question": {mine, now.Add(-2 * time.Minute), false},
		"from tomorrow":   {mine, now.Add(24 * time.Hour), false},
	} {
		a, err := Ask(t.Context(), &http.Client{Timeout: time.Minute}, s.URL, tt.secret, tt.at)
		if (err == nil) != tt.want || tt.want && (a.Client != "127.0.0.1" || a.Forwarded[0] != Forged) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}
