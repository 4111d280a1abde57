package store_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What was deleted elsewhere is left out here, for this user alone, unless it is here; taking it over again changes nothing.
func TestRestoreDeleted(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
		ana, bob := users[0], users[1]
		bring := func(user pierre.UserID, sum byte, external string) pierre.ImportOutcome {
			t.Helper()
			rec := pierre.Recording{Activity: pierre.Activity{Sport: pierre.SportRun, Start: now.AddDate(0, 0, -int(sum)), Provider: pierre.ProviderGarmin}}
			got, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: pierre.ProviderGarmin, ExternalID: external, SHA256: [32]byte{sum}, File: "a.fit", Imported: now}, rec)
			if err != nil {
				t.Fatal(err)
			}
			return got.Outcome
		}
		bring(ana, 1, "")
		bring(ana, 6, "66")
		list := []pierre.DeletedRecording{
			{Provider: pierre.ProviderGarmin, SHA256: [32]byte{1}, Activity: "act_1", Deleted: now},
			{Provider: pierre.ProviderGarmin, SHA256: [32]byte{2}, Activity: "act_2", Deleted: now},
			{Provider: pierre.ProviderGarmin, ExternalID: "33", SHA256: [32]byte{3}, Activity: "act_3", Deleted: now},
			{Provider: pierre.ProviderGarmin, ExternalID: "66", SHA256: [32]byte{7}, Activity: "act_4", Deleted: now}, // is here as another version
		}
		for _, want := range []int{2, 0} {
			if n, err := s.RestoreDeleted(t.Context(), ana, list); err != nil || n != want {
				t.Errorf("%d noted, %v; want %d", n, err, want)
			}
		}
		for what, tt := range map[string]struct {
			got, want pierre.ImportOutcome
		}{
			"is here":            {bring(ana, 1, ""), pierre.OutcomeUnchanged},
			"the entry is here":  {bring(ana, 6, "66"), pierre.OutcomeUnchanged},
			"the file":           {bring(ana, 2, ""), pierre.OutcomeDeleted},
			"the account's":      {bring(ana, 4, "33"), pierre.OutcomeDeleted},
			"another":            {bring(ana, 5, "34"), pierre.OutcomeAdded},
			"another's the file": {bring(bob, 2, ""), pierre.OutcomeAdded},
		} {
			if tt.got != tt.want {
				t.Errorf("%s: %v, want %v", what, tt.got, tt.want)
			}
		}
		if n, err := s.AllowDeleted(t.Context(), ana, "act_2"); err != nil || n != 1 {
			t.Errorf("allowed %d, %v", n, err)
		}
	})
}
