package fit

import (
	"strings"

	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// sportOf maps FIT's sport and sub-sport.
func sportOf(sport typedef.Sport, sub typedef.SubSport) pierre.Sport {
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
		return rideOf(sub)
	case typedef.SportAlpineSkiing, typedef.SportSnowboarding:
		if sub == typedef.SubSportBackcountry {
			return "backcountry_skiing"
		}
	case typedef.SportGeneric, typedef.SportTraining, typedef.SportFitnessEquipment:
		return trainingOf(sport, sub)
	default:
	}
	return draft.SportOf(sport.String())
}

func rideOf(sub typedef.SubSport) pierre.Sport {
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

// trainingOf maps what is done in a hall, where the sub-sport says more than the sport.
func trainingOf(sport typedef.Sport, sub typedef.SubSport) pierre.Sport {
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

// nameOf is how FIT calls a sport: by its sub-sport where there is one, such as lap_swimming; "" for numbers that the profile
// does not know.
func nameOf(sport typedef.Sport, sub typedef.SubSport) string {
	name := sub.String()
	if sub == typedef.SubSportGeneric || sub == typedef.SubSportInvalid || strings.Contains(name, "(") {
		name = sport.String()
	}
	if strings.Contains(name, "(") {
		return ""
	}
	return name
}
