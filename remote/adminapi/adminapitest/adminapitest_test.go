package adminapitest_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// What a test records is what reports say.
func TestRecordedCallsAreReported(t *testing.T) {
	now := time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
	s := adminapitest.Start(t, now)
	k := s.Provision(t, "ana@example.com", "trial")
	s.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: now, N: 7, Status: pierre.CallSucceeded})
	s.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: now, N: 2, Status: pierre.CallRateLimited})
	s.Pass(time.Hour)
	r, err := s.Client.Usage(t.Context(), k.APIKeyID, "", "")
	if err != nil || r.Totals.Succeeded != 7 || r.Totals.RateLimited != 2 || r.Limit == nil || r.Limit.Used != 7 {
		t.Errorf("%+v, %v", r, err)
	}
}
