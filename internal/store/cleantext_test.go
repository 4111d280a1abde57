package store_test

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// Names come from files: whatever is in them, the recording is kept, and found again as known.
func TestTextsThatAreNoTexts(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		user, err := s.EnsureUser(t.Context(), "ana@example.com", parallelDay)
		if err != nil {
			t.Fatal(err)
		}
		const odd = "Lauf\x00 \xff\xfe am See"
		for _, want := range []pierre.ImportOutcome{pierre.OutcomeAdded, pierre.OutcomeUnchanged} {
			added, err := s.ImportRecording(t.Context(), user.ID,
				pierre.Source{Provider: "file", ExternalID: odd, File: odd, Format: "fit", SHA256: [32]byte{1}, Imported: parallelDay},
				pierre.Recording{Activity: pierre.Activity{Sport: "run", Name: odd, Description: odd, Device: odd, Start: parallelDay}})
			if err != nil || added.Outcome != want {
				t.Errorf("ImportRecording = %v, %v; want %v", added.Outcome, err, want)
			}
		}
		page, err := s.Activities(t.Context(), user.ID, pierre.ActivityQuery{})
		if err != nil || len(page.Activities) != 1 || !strings.HasPrefix(page.Activities[0].Name, "Lauf") {
			t.Errorf("Activities = %+v, %v", page.Activities, err)
		}
	})
}
