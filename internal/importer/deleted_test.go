package importer

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A file of an activity that the athlete deleted is skipped, and the report says why.
func TestDeletedIsSkipped(t *testing.T) {
	var all, some tally
	all.count(pierre.Addition{Activity: "act_1", Outcome: pierre.OutcomeDeleted})
	if status, reason := all.verdict(); status != pierre.ImportSkipped || !strings.Contains(reason, "you deleted this activity, act_1") || !strings.Contains(reason, "allow_import") {
		t.Errorf("the only part: %s, %s", status, reason)
	}
	some.count(pierre.Addition{Activity: "act_1", Outcome: pierre.OutcomeDeleted})
	some.count(pierre.Addition{Activity: "act_2", Outcome: pierre.OutcomeAdded})
	if status, reason := some.verdict(); status != pierre.ImportImported || !strings.Contains(reason, "1 of 2") || !strings.Contains(reason, "you deleted") {
		t.Errorf("one of two parts: %s, %s", status, reason)
	}
}
