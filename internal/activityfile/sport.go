package activityfile

import (
	"strings"
	"sync"
	"unicode"

	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// fitSport maps FIT's sport and sub-sport.
func fitSport(sport typedef.Sport, sub typedef.SubSport) pierre.Sport {
	switch sport {
	case typedef.SportRunning:
		switch sub {
		case typedef.SubSportTrail:
			return pierre.SportTrailRunning
		case typedef.SubSportVirtualActivity:
			return pierre.SportVirtualRun
		default:
			return pierre.SportRun
		}
	case typedef.SportCycling:
		return fitRide(sub)
	case typedef.SportAlpineSkiing, typedef.SportSnowboarding:
		if sub == typedef.SubSportBackcountry {
			return "backcountry_skiing"
		}
	case typedef.SportGeneric, typedef.SportTraining, typedef.SportFitnessEquipment:
		return fitTraining(sport, sub)
	default:
	}
	return sportOf(sport.String())
}

func fitRide(sub typedef.SubSport) pierre.Sport {
	switch sub {
	case typedef.SubSportVirtualActivity:
		return pierre.SportVirtualRide
	case typedef.SubSportMountain, typedef.SubSportDownhill, typedef.SubSportBmx:
		return pierre.SportMountainBike
	case typedef.SubSportGravelCycling, typedef.SubSportMixedSurface:
		return pierre.SportGravelRide
	case typedef.SubSportEBikeFitness, typedef.SubSportEBikeMountain:
		return pierre.SportEBikeRide
	default:
		return pierre.SportRide
	}
}

// fitTraining maps what is done in a hall, where the sub-sport says more than the sport.
func fitTraining(sport typedef.Sport, sub typedef.SubSport) pierre.Sport {
	switch sub {
	case typedef.SubSportTreadmill, typedef.SubSportIndoorRunning:
		return pierre.SportRun
	case typedef.SubSportIndoorCycling, typedef.SubSportSpin:
		return pierre.SportRide
	case typedef.SubSportIndoorWalking:
		return pierre.SportWalk
	case typedef.SubSportIndoorRowing:
		return "rowing"
	case typedef.SubSportStrengthTraining:
		return pierre.SportStrengthTraining
	case typedef.SubSportYoga:
		return "yoga"
	case typedef.SubSportPilates:
		return "pilates"
	case typedef.SubSportIndoorClimbing, typedef.SubSportBouldering:
		return "rock_climbing"
	default:
	}
	if sport == typedef.SportGeneric {
		return pierre.SportOther
	}
	return pierre.SportWorkout
}

// sportOf maps what GPX, TCX and the exports call a sport: Strava's types and
// labels, Garmin's type keys, Apple's activity types and plain words. It
// returns other for what it does not know.
func sportOf(name string) pierre.Sport {
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
