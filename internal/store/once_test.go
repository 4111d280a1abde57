package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An answer may hold a key: it goes when it can no longer be asked for, whether somebody posts or not.
func TestOldAnswersAreForgotten(t *testing.T) {
	s, now := openTest(t, filepath.Join(t.TempDir(), "pierre.db")), time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	token := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "test", Created: now}
	if err := s.CreateAdminToken(t.Context(), pierre.Act{At: now}, token); err != nil {
		t.Fatal(err)
	}
	for n, at := range []time.Time{now, now.Add(time.Hour)} {
		act := pierre.Act{Token: token.ID, At: at, Once: &pierre.Once{Route: "POST /", Key: string(rune('a' + n))}}
		k := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Tier: pierre.TierStarter, Hash: [32]byte{byte(n)}}
		if _, _, err := s.ProvisionAPIKey(t.Context(), act, k, func(pierre.APIKey) ([]byte, error) { return []byte("sealed"), nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		after time.Duration
		left  int
	}{{24*time.Hour - time.Microsecond, 2}, {24 * time.Hour, 1}, {25 * time.Hour, 0}} {
		if err := s.ForgetAnswers(t.Context(), now.Add(step.after)); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := s.row(t.Context(), `SELECT count(*) FROM idempotency`).Scan(&left); err != nil || left != step.left {
			t.Errorf("after %v: %d answers are kept, %v; want %d", step.after, left, err, step.left)
		}
	}
}
