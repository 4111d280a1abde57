package draft

import (
	"strings"
	"sync"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// SportOf maps what GPX, TCX and the exports call a sport: Strava's types and
// labels, Garmin's type keys, Apple's activity types and plain words. It
// returns other for what it does not know.
func SportOf(name string) pierre.Sport {
	name = strings.TrimSuffix(strings.TrimSuffix(name, "_v2"), "_ws") // Garmin's later editions of a type
	key := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimPrefix(name, "HKWorkoutActivityType"))
	if sport, ok := sportsByName()[key]; ok {
		return sport
	}
	return pierre.SportOther
}

// sportsByName is made once: lists of thousands of activities name a sport each.
var sportsByName = sync.OnceValue(func() map[string]pierre.Sport { //nolint:gochecknoglobals // it never changes
	sports := map[string]pierre.Sport{}
	for _, g := range sportNames() {
		for name := range strings.FieldsSeq(g.names) {
			if _, ok := sports[name]; !ok { // the first one counts
				sports[name] = g.sport
			}
		}
	}
	return sports
})

// Refine returns the sport by its owner's word, unless the file is more precise.
func Refine(file, owner pierre.Sport) pierre.Sport {
	switch {
	case file == "" || file == pierre.SportOther:
		return owner
	case owner == pierre.SportOther, owner == pierre.SportWorkout,
		owner == pierre.SportRun && file.IsRun(), owner == pierre.SportRide && file.IsRide():
		return file
	}
	return owner
}
