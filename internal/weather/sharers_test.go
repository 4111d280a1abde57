package weather

import (
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// However many ask, what is remembered of them is bounded, and each of them is answered.
func TestSharersAreBounded(t *testing.T) {
	s := newShares()
	now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
	for n := range mostSharers + 100 {
		if wait := s.take(Asker{User: pierre.UserID(fmt.Sprint(n))}, now); wait > 0 {
			t.Fatalf("user %d waits %v", n, wait)
		}
	}
	if len(s.users) != mostSharers {
		t.Errorf("%d are remembered", len(s.users))
	}
}
