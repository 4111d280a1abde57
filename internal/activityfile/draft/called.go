package draft

import (
	"cmp"
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
	a.Indoor = a.Indoor || slices.ContainsFunc(strings.Fields(words), indoors)
}

// indoors reports whether a word says that a sport was in a hall or on a machine. Of a pool or of stairs nobody knows.
func indoors(word string) bool {
	for _, sign := range []string{"indoor", "treadmill", "virtual"} {
		if strings.HasPrefix(word, sign) { // as in indoorcycling
			return true
		}
	}
	return slices.Contains([]string{"spin", "spinning", "elliptical", "stepper"}, word)
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

// ShoeName returns the name of shoes as Strava's list of activities has it: make, model and the athlete's own name for them, none
// twice.
func ShoeName(brand, model, name string) string {
	product := strings.TrimSpace(strings.TrimSpace(brand) + " " + strings.TrimSpace(model))
	name = strings.TrimSpace(name)
	if name == "" || len(name) >= len(product) && strings.EqualFold(name[:len(product)], product) {
		return cmp.Or(name, product)
	}
	return strings.TrimSpace(product + " " + name)
}
