package activityfile

import (
	"fmt"
	"maps"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What an export says of which activities are kept apart is taken as far as this program can have written it.
func TestBelievedSides(t *testing.T) {
	many := func(n int) pierre.Sides {
		sides := pierre.Sides{}
		for i := range n {
			sides[fmt.Sprintf("occasion%c%c", 'a'+i/26, 'a'+i%26)] = i % 2
		}
		return sides
	}
	const name = "k3qm2xab7z"
	for what, tt := range map[string]struct {
		said pierre.Sides
		want int
	}{
		"none":             {nil, 0},
		"one":              {pierre.Sides{name: 0}, 1},
		"the last side":    {pierre.Sides{name: 31}, 1},
		"beyond it":        {pierre.Sides{name: 32}, 0},
		"negative":         {pierre.Sides{name: -1}, 0},
		"a shorter name":   {pierre.Sides{name[1:]: 0}, 0},
		"a longer name":    {pierre.Sides{name + "a": 0}, 0},
		"another alphabet": {pierre.Sides{"k3qm2xab:z": 0, "k3qm2 ab7z": 1, "K3QM2XAB7Z": 1}, 0},
		"as many as can":   {many(pierre.MaxSides), pierre.MaxSides},
		"one more":         {many(pierre.MaxSides + 1), 0},
	} {
		got := believedSides(tt.said)
		if len(got) != tt.want || tt.want > 0 && !maps.Equal(got, tt.said) {
			t.Errorf("%s: %v", what, got)
		}
	}
}
