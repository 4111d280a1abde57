package access_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

func TestFromHeader(t *testing.T) {
	const auth, key = "Authorization", "X-API-Key"
	tests := []struct {
		name      string
		header    []string // name, value, …
		want      string
		malformed bool
	}{
		{name: "none"},
		{name: "bearer", header: []string{auth, "Bearer a"}, want: "a"},
		{name: "any letter case", header: []string{"authorization", "bEARER a"}, want: "a"},
		{name: "more spaces", header: []string{auth, "  Bearer \t a  "}, want: "a"},
		{name: "X-API-Key", header: []string{key, " a "}, want: "a"},
		{name: "no scheme", header: []string{auth, "a"}},
		{name: "no scheme beside X-API-Key", header: []string{auth, "a", key, "b"}, want: "b"},
		{name: "another scheme", header: []string{auth, "Basic YTpi"}},
		{name: "another scheme with commas", header: []string{auth, `Digest username="a", realm="b"`, key, "c"}, want: "c"},
		{name: "empty Authorization", header: []string{auth, "", key, "a"}, want: "a"},
		{name: "Bearer and nothing", header: []string{auth, "Bearer ", key, "a"}, want: "a"},
		{name: "empty X-API-Key", header: []string{auth, "Bearer a", key, " "}, want: "a"},
		{name: "empty ones around", header: []string{auth, "", auth, "Bearer", auth, "Bearer a", auth, " "}, want: "a"},
		{name: "the same in both", header: []string{auth, "Bearer a", key, "a"}, want: "a"},
		{name: "the same key twice", header: []string{key, "a", key, "a"}, want: "a"},
		{name: "two in both", header: []string{auth, "Bearer a", key, "b"}, malformed: true},
		{name: "two keys", header: []string{key, "a", key, "b"}, malformed: true},
		{name: "two keys in one header", header: []string{key, "a, b"}, malformed: true},
		{name: "two Authorization headers", header: []string{auth, "Bearer a", auth, "Bearer b"}, malformed: true},
		{name: "the same Authorization twice", header: []string{auth, "Bearer a", auth, "Bearer a"}, malformed: true},
		{name: "two schemes", header: []string{auth, "Basic YTpi", auth, "Bearer a"}, malformed: true},
		{name: "two in one Authorization", header: []string{auth, "Bearer a, Bearer b"}, malformed: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i < len(tt.header); i += 2 {
				h.Add(tt.header[i], tt.header[i+1])
			}
			got, err := access.FromHeader(h)
			if got.Reveal() != tt.want || (pierre.KindOf(err) == pierre.KindMalformed) != tt.malformed || (err != nil) != tt.malformed {
				t.Errorf("FromHeader = %q, %v; want %q, malformed %v", got.Reveal(), err, tt.want, tt.malformed)
			}
		})
	}
}

func TestSame(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{{"", "", ""}, {"a", "", "a"}, {"", "a", "a"}, {"a", "a", "a"}} {
		if got, err := access.Same(secret.New(tt.a), secret.New(tt.b)); err != nil || got.Reveal() != tt.want {
			t.Errorf("Same(%q, %q) = %q, %v", tt.a, tt.b, got.Reveal(), err)
		}
	}
	if _, err := access.Same(secret.New("a"), secret.New("b")); pierre.KindOf(err) != pierre.KindMalformed {
		t.Errorf("Same of two = %v, want malformed", err)
	}
}

func TestCredentialsOfTheOtherAPI(t *testing.T) {
	b := newBench(t)
	token := sign(t, signingKey, keepToken(t, b.Store, time.Time{}))
	_, err := b.v.Verify(t.Context(), token)
	refused(t, err, "admin token, which is for /admin only")
	tokens := access.NewAdminVerifier(only{signingKey}, b, at(start))
	_, err = tokens.Verify(t.Context(), b.text)
	refused(t, err, "This is an API key")
	_, err = b.v.Verify(t.Context(), "")
	refused(t, err, "There is no API key")
	_, err = tokens.Verify(t.Context(), "")
	refused(t, err, "Send an admin token")
}
