package draft_test

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestCalled(t *testing.T) {
	for _, c := range []struct {
		source, name string
		indoor       bool
	}{
		{"padel", "padel", false},
		{"table_tennis", "table tennis", false},
		{"HKWorkoutActivityTypeTableTennis", "table tennis", false},
		{"StandUpPaddleball", "stand up paddleball", false},
		{"treadmill_running", "", true}, // it has a sport of its own
		{"Indoor Cycling", "", true},
		{"indoorcycling", "", true},
		{"stair_stepper", "stair stepper", true},
		{"spin", "", true},
		{"lap_swimming", "", false}, // pools may be in the open
		{"upstairs", "upstairs", false},
		{"spinnaker sailing", "spinnaker sailing", false},
		{"running", "", false},
		{"other", "", false},
		{"", "", false},
		{strings.Repeat("x", 1000), strings.Repeat("x", 60), false},
	} {
		a := pierre.Activity{Sport: draft.SportOf(c.source)}
		draft.Called(&a, c.source)
		if a.SportName != c.name || a.Indoor != c.indoor {
			t.Errorf("%.40q is %q (%s), indoors %t; want %q, %t", c.source, a.SportName, a.Sport, a.Indoor, c.name, c.indoor)
		}
	}
}

func TestShoeName(t *testing.T) {
	for _, tt := range []struct{ brand, model, name, want string }{
		{"HOKA", "Arahi 7", "", "HOKA Arahi 7"},
		{"HOKA", "Arahi 7", "green", "HOKA Arahi 7 green"},
		{"HOKA", "Arahi 7", "Hoka arahi 7 green", "Hoka arahi 7 green"},
		{"HOKA", "Arahi 7", "HOKA Arahi 7", "HOKA Arahi 7"},
		{"HOKA", "", " old ", "HOKA old"},
		{"", "", "old", "old"},
		{" ", "", "", ""},
	} {
		if got := draft.ShoeName(tt.brand, tt.model, tt.name); got != tt.want {
			t.Errorf("%q, %q, %q are %q, want %q", tt.brand, tt.model, tt.name, got, tt.want)
		}
	}
}
