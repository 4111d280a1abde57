package draft

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestSportNames(t *testing.T) {
	known := pierre.Sports()
	for _, g := range sportNames() {
		if !slices.Contains(known, g.sport) {
			t.Errorf("%s is no sport of the domain", g.sport)
		}
	}
}

func TestWarningsAreBounded(t *testing.T) {
	var w []string
	for i := range 3 * MaxWarnings {
		w = append(w, fmt.Sprint(i))
	}
	got := Listed(w)
	if len(got) != MaxWarnings || got[0] != "0" || got[MaxWarnings-1] != "and 41 more warnings" {
		t.Errorf("got %q", got)
	}
}
