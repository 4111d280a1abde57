//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSecretsAreRotatedUnderLoad rotates the secrets of a running server three times while a service works with its
// admin token and repeats its requests, and then takes the old ones away.
func TestSecretsAreRotatedUnderLoad(t *testing.T) {
	s := startServer(t)
	old := s.adminToken()
	repeat := func(token, key string) (int, []byte) {
		return s.do("POST", "/admin/provision-api-key", `{"user_email":"`+key+`@example.com","tier":"starter"}`,
			"Authorization", "Bearer "+token, "Idempotency-Key", key)
	}
	_, first := repeat(old, "first")
	var stop atomic.Bool
	var calls atomic.Int64
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				key := fmt.Sprintf("w%dn%d", worker, n)
				status, raw := repeat(old, key)
				again, same := repeat(old, key)
				calls.Add(2)
				if status != http.StatusCreated || again != http.StatusCreated || string(raw) != string(same) {
					t.Errorf("%s: %d %s, then %d %s", key, status, raw, again, same)
					return
				}
			}
		})
	}
	for range 3 {
		before := calls.Load()
		s.setup("rotate-secrets")
		fresh := strings.TrimSpace(s.setup("generate-token", "--service", "fresh"))
		eventually(t, 10*time.Second, func() error {
			if status, raw := s.do("GET", "/admin/token-info", "", "Authorization", "Bearer "+fresh); status != http.StatusOK {
				return fmt.Errorf("a token of the new secret: %d %s", status, raw)
			}
			if calls.Load() == before {
				return fmt.Errorf("nobody calls")
			}
			return nil
		})
	}
	stop.Store(true)
	wg.Wait()
	t.Logf("%d requests during three rotations", calls.Load())
	if status, raw := repeat(old, "first"); status != http.StatusCreated || string(raw) != string(first) {
		t.Errorf("what was sealed before three rotations: %d %s, want %s", status, raw, first)
	}
	fresh := strings.TrimSpace(s.setup("generate-token", "--service", "fresh"))
	s.setup("rotate-secrets", "--reencrypt")
	s.setup("rotate-secrets", "--forget-previous")
	eventually(t, 20*time.Second, func() error {
		if status, _ := s.do("GET", "/admin/token-info", "", "Authorization", "Bearer "+old); status != http.StatusUnauthorized {
			return fmt.Errorf("a token of a forgotten secret: %d", status)
		}
		return nil
	})
	if status, raw := s.do("GET", "/admin/token-info", "", "Authorization", "Bearer "+fresh); status != http.StatusOK {
		t.Errorf("a token of the secret in use: %d %s", status, raw)
	}
	if strings.Contains(s.stderr.String(), "level=ERROR") {
		t.Errorf("the log has errors:\n%s", s.stderr)
	}
}
