package access_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// only is one secret.
type only struct{ secret.String }

func (o only) JWTSecret() secret.String { return o.String }

func (o only) JWTSecrets(string) []secret.String { return []secret.String{o.String} }

// secrets are several, found by their ids.
type secrets []secret.String

func (all secrets) JWTSecret() secret.String { return all[0] }

func (all secrets) JWTSecrets(kid string) []secret.String {
	if kid == "" {
		return all
	}
	for _, s := range all {
		if s.ID() == kid {
			return secrets{s}
		}
	}
	return nil
}

// Tokens are valid as long as the secret that signed them is accepted, in use or not.
func TestAdminTokensOutliveTheRotationOfTheirSecret(t *testing.T) {
	s := storetest.New(t)
	old, next := secret.New("an-old-one-of-32-bytes-and-a-bit"), secret.New("a-newer-one-of-32-bytes-and-more")
	row := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "console", Created: start, Expires: start.Add(time.Hour)}
	if err := s.CreateAdminToken(t.Context(), pierre.Act{Person: "test", At: start}, row); err != nil {
		t.Fatal(err)
	}
	byOld, byNext := sign(t, old, row), sign(t, next, row)
	verify := func(keys secrets, token string) error {
		_, err := access.NewAdminVerifier(keys, s, at(start)).Verify(t.Context(), token)
		return err
	}
	for _, keys := range []secrets{{old}, {next, old}} {
		if err := verify(keys, byOld); err != nil {
			t.Errorf("the old token with %d secrets: %v", len(keys), err)
		}
	}
	if err := verify(secrets{next, old}, byNext); err != nil {
		t.Errorf("the new token: %v", err)
	}
	refused(t, verify(secrets{next}, byOld), "was not signed by this server")
	refused(t, verify(secrets{old}, byNext), "was not signed by this server")
}
