package draft

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Called notes what a source's own name of the sport says beyond a.Sport: the name, where the sport is a vague one, and
// that it was indoors.
func Called(a *pierre.Activity, name string) {
	words := sportWords(name)
	switch {
	case a.Sport != pierre.SportOther && a.Sport != pierre.SportWorkout && a.Sport != "":
		a.SportName = ""
	case strings.ContainsFunc(words, unicode.IsLetter) && !slices.Contains([]string{"other", "workout", "generic", "uncategorized", "training"}, words):
		a.SportName = Clip(words, maxSportName)
	}
	for _, sign := range []string{"indoor", "treadmill", "virtual", "spin", "elliptical", "stair", "lap swimming", "pool swim"} {
		a.Indoor = a.Indoor || strings.Contains(words, sign)
	}
}

const maxSportName = 60 // bytes

// sportWords writes names such as table_tennis, TableTennis and HKWorkoutActivityTypeTableTennis as words.
func sportWords(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "HKWorkoutActivityType"), "_v2"), "_ws")
	var b strings.Builder
	lower := false // before
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		if r == '_' || r == '-' || unicode.IsControl(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
