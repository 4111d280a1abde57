package access_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

var (
	signingKey = secret.New("qL0zvWmT9hXe4KcJ2rUyB7nGd5sPaF1i")
	start      = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func keepToken(t *testing.T, s *store.Store, expires time.Time) pierre.AdminToken {
	t.Helper()
	row := pierre.AdminToken{
		ID: pierre.NewAdminTokenID(), Service: "console", Permissions: []pierre.Permission{pierre.PermListKeys, pierre.PermRevokeKeys},
		Created: start, Expires: expires,
	}
	if err := s.CreateAdminToken(t.Context(), pierre.Act{Person: "admin-setup", At: start}, row); err != nil {
		t.Fatal(err)
	}
	return row
}

func sign(t *testing.T, key secret.String, row pierre.AdminToken) string {
	t.Helper()
	token, err := access.SignAdminToken(key, row)
	if err != nil {
		t.Fatal(err)
	}
	return token.Reveal()
}

func at(now time.Time) func() time.Time { return func() time.Time { return now } }

func TestAdminTokenVerifies(t *testing.T) {
	s := storetest.New(t)
	for name, expires := range map[string]time.Time{"for a year": start.AddDate(1, 0, 0), "for ever": {}} {
		t.Run(name, func(t *testing.T) {
			row := keepToken(t, s, expires)
			got, err := access.NewAdminVerifier(only{signingKey}, s, at(start.Add(time.Hour))).Verify(t.Context(), sign(t, signingKey, row))
			if err != nil || !reflect.DeepEqual(got, row) {
				t.Errorf("Verify = %+v, %v; want %+v", got, err, row)
			}
		})
	}
}

// The claims are an interface: other programs read them.
func TestAdminTokenClaims(t *testing.T) {
	s := storetest.New(t)
	row := keepToken(t, s, start.AddDate(0, 0, 365))
	parts := strings.Split(sign(t, signingKey, row), ".")
	var header, claims map[string]any
	for i, into := range []*map[string]any{&header, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err := errors.Join(err, json.Unmarshal(b, into)); err != nil {
			t.Fatal(err)
		}
	}
	if want := map[string]any{"alg": "HS256", "typ": "admin+jwt", "kid": signingKey.ID()}; !reflect.DeepEqual(header, want) {
		t.Errorf("header = %v, want %v", header, want)
	}
	want := map[string]any{
		"iss": "pierre-mcp-server", "aud": []any{"admin-api"}, "sub": string(row.ID), "jti": string(row.ID),
		"service": "console", "permissions": []any{"list_keys", "revoke_keys"}, "typ": "admin+jwt",
		"iat": float64(start.Unix()), "nbf": float64(start.Unix()), "exp": float64(start.AddDate(0, 0, 365).Unix()),
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("claims = %v\nwant %v", claims, want)
	}
}

// Each case changes one thing of a token that would be accepted.
func TestAdminTokenRefusals(t *testing.T) {
	s := storetest.New(t)
	row := keepToken(t, s, start.AddDate(1, 0, 0))
	other := keepToken(t, s, start.AddDate(1, 0, 0))
	good := jwt.MapClaims{
		"iss": "pierre-mcp-server", "aud": "admin-api", "sub": string(row.ID), "jti": string(row.ID), "typ": "admin+jwt",
		"service": "console", "permissions": []string{"list_keys"},
		"iat": start.Unix(), "nbf": start.Unix(), "exp": row.Expires.Unix(),
	}
	with := func(name string, value any) jwt.MapClaims {
		c := maps.Clone(good)
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	type header map[string]any
	typ := header{"typ": "admin+jwt"}
	tests := []struct {
		name   string
		method jwt.SigningMethod
		header header
		claims jwt.MapClaims
		key    any
		want   string // "": accepted
	}{
		{"nothing changed", jwt.SigningMethodHS256, typ, good, nil, ""},
		{"alg none", jwt.SigningMethodNone, typ, good, jwt.UnsafeAllowNoneSignatureType, "not signed by this server"},
		{"alg HS384", jwt.SigningMethodHS384, typ, good, nil, "not signed by this server"},
		{"alg HS512", jwt.SigningMethodHS512, typ, good, nil, "not signed by this server"},
		{"another secret", jwt.SigningMethodHS256, typ, good, []byte("another secret of 32 bytes or more"), "not signed by this server"},
		{"empty secret", jwt.SigningMethodHS256, typ, good, []byte{}, "not signed by this server"},
		{"another header type", jwt.SigningMethodHS256, header{"typ": "JWT"}, good, nil, "not a valid admin token"},
		{"crit", jwt.SigningMethodHS256, header{"typ": "admin+jwt", "crit": []string{"exp"}}, good, nil, "not a valid admin token"},
		{"crit of nothing", jwt.SigningMethodHS256, header{"typ": "admin+jwt", "crit": nil}, good, nil, "not a valid admin token"},
		{"another claimed type", jwt.SigningMethodHS256, typ, with("typ", "session"), nil, "not a valid admin token"},
		{"no claimed type", jwt.SigningMethodHS256, typ, with("typ", nil), nil, "not a valid admin token"},
		{"another issuer", jwt.SigningMethodHS256, typ, with("iss", "evil"), nil, "not a valid admin token"},
		{"no issuer", jwt.SigningMethodHS256, typ, with("iss", nil), nil, "not a valid admin token"},
		{"another audience", jwt.SigningMethodHS256, typ, with("aud", "mcp"), nil, "not a valid admin token"},
		{"no audience", jwt.SigningMethodHS256, typ, with("aud", nil), nil, "not a valid admin token"},
		{"expired", jwt.SigningMethodHS256, typ, with("exp", start.Add(-time.Hour).Unix()), nil, "expired"},
		{"no expiry", jwt.SigningMethodHS256, typ, with("exp", nil), nil, "not a valid admin token"},
		{"longer than its row", jwt.SigningMethodHS256, typ, with("exp", row.Expires.AddDate(9, 0, 0).Unix()), nil, "not a valid admin token"},
		{"not valid yet", jwt.SigningMethodHS256, typ, with("nbf", start.AddDate(0, 1, 0).Unix()), nil, "not a valid admin token"},
		{"no nbf", jwt.SigningMethodHS256, typ, with("nbf", nil), nil, "not a valid admin token"},
		{"from the future", jwt.SigningMethodHS256, typ, with("iat", start.AddDate(0, 1, 0).Unix()), nil, "not a valid admin token"},
		{"no iat", jwt.SigningMethodHS256, typ, with("iat", nil), nil, "not a valid admin token"},
		{"sub is not jti", jwt.SigningMethodHS256, typ, with("sub", string(other.ID)), nil, "not a valid admin token"},
		{"no jti", jwt.SigningMethodHS256, typ, with("jti", nil), nil, "not a valid admin token"},
	}
	v := access.NewAdminVerifier(only{signingKey}, s, at(start.Add(time.Hour)))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token := jwt.NewWithClaims(tt.method, tt.claims)
			maps.Copy(token.Header, tt.header)
			key := tt.key
			if key == nil {
				key = []byte(signingKey.Reveal())
			}
			text, err := token.SignedString(key)
			if err != nil {
				t.Fatal(err)
			}
			_, err = v.Verify(t.Context(), text)
			if tt.want == "" {
				if err != nil {
					t.Errorf("Verify = %v", err)
				}
				return
			}
			refused(t, err, tt.want)
		})
	}
}

func TestAdminTokenText(t *testing.T) {
	s := storetest.New(t)
	row := keepToken(t, s, time.Time{})
	good := sign(t, signingKey, row)
	unknown := row
	unknown.ID = pierre.NewAdminTokenID()
	v := access.NewAdminVerifier(only{signingKey}, s, at(start))
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":       {"", "Send an admin token"},
		"an API key":    {access.GenerateKey(pierre.ModeLive).Reveal(), "not a valid admin token"},
		"cut off":       {good[:len(good)-3], "not signed by this server"},
		"two parts":     {good[:strings.LastIndexByte(good, '.')], "not a valid admin token"},
		"huge":          {good + strings.Repeat("A", 1<<20), "not a valid admin token"},
		"an unknown id": {sign(t, signingKey, unknown), "does not know this admin token"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), tt.text)
			refused(t, err, tt.want)
		})
	}
}

// Revoking and rotating are done by another process; the next call already sees it.
func TestRevokedAdminTokenIsRefusedAtOnce(t *testing.T) {
	s := storetest.New(t)
	now := start
	v := access.NewAdminVerifier(only{signingKey}, s, func() time.Time { return now })
	act := pierre.Act{Person: "admin-setup", At: start.Add(time.Minute)}
	revoked, rotated := keepToken(t, s, time.Time{}), keepToken(t, s, start.Add(time.Hour))
	next := rotated
	next.ID = pierre.NewAdminTokenID()
	for _, row := range []pierre.AdminToken{revoked, rotated} {
		if _, err := v.Verify(t.Context(), sign(t, signingKey, row)); err != nil {
			t.Fatal(err)
		}
	}
	_, err1 := s.RevokeAdminToken(t.Context(), act, revoked.ID)
	_, err2 := s.RotateAdminToken(t.Context(), act, rotated.ID, func(pierre.AdminToken) (pierre.AdminToken, error) { return next, nil })
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	// Not even a clock that is behind the one that revoked them brings them back.
	for _, now = range []time.Time{start.Add(time.Minute), start.Add(30 * time.Second), start.AddDate(0, 0, -1).Add(24 * time.Hour)} {
		for _, row := range []pierre.AdminToken{revoked, rotated} {
			_, err := v.Verify(t.Context(), sign(t, signingKey, row))
			refused(t, err, "revoked or rotated")
		}
	}
	if _, err := v.Verify(t.Context(), sign(t, signingKey, next)); err != nil {
		t.Errorf("the new token: %v", err)
	}
	now = start.Add(time.Hour)
	_, err := v.Verify(t.Context(), sign(t, signingKey, next))
	refused(t, err, "expired") // without the leeway that the claims get
}

// A database that does not answer is no reason to call a token bad, or good.
func TestAdminVerifierPassesStoreErrors(t *testing.T) {
	s := storetest.New(t)
	row := keepToken(t, s, time.Time{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := access.NewAdminVerifier(only{signingKey}, s, at(start)).Verify(ctx, sign(t, signingKey, row))
	if err == nil || pierre.KindOf(err) != pierre.KindInternal {
		t.Errorf("Verify = %v, want an internal error", err)
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if pierre.KindOf(err) != pierre.KindUnauthenticated || err == nil || !strings.Contains(pierre.MessageOf(err, ""), want) {
		t.Errorf("err = %v, want unauthenticated with %q", err, want)
	}
}

func FuzzVerifyAdminToken(f *testing.F) {
	s := storetest.New(f)
	v := access.NewAdminVerifier(only{signingKey}, s, at(start))
	token, err := access.SignAdminToken(signingKey, pierre.AdminToken{ID: "admin_token_x", Created: start})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token.Reveal())
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := v.Verify(t.Context(), text); pierre.KindOf(err) != pierre.KindUnauthenticated {
			t.Errorf("Verify(%q) = %v, want unauthenticated: no row exists", text, err)
		}
	})
}
