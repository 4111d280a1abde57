package fit

import (
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// fitSport returns FIT's sport and sub-sport of an activity. For some sports FIT has only a more general one.
func fitSport(a *pierre.Activity) (typedef.Sport, typedef.SubSport) {
	generic := typedef.SubSportGeneric
	switch {
	case a.Indoor && a.Sport == pierre.SportRun:
		return typedef.SportRunning, typedef.SubSportTreadmill
	case a.Indoor && a.Sport == pierre.SportRide:
		return typedef.SportCycling, typedef.SubSportIndoorCycling
	case a.Sport == pierre.SportSwim && !a.HasGPS:
		return typedef.SportSwimming, typedef.SubSportLapSwimming
	}
	if w, ok := writtenSports()[a.Sport]; ok {
		return w.sport, w.sub
	}
	if sport := typedef.SportFromString(string(a.Sport)); sport != typedef.SportInvalid {
		return sport, generic
	}
	return typedef.SportGeneric, generic
}

type writtenSport struct {
	sport typedef.Sport
	sub   typedef.SubSport
}

// writtenSports are the sports that FIT calls by another name, or tells apart by the sub-sport.
func writtenSports() map[pierre.Sport]writtenSport {
	generic := typedef.SubSportGeneric
	return map[pierre.Sport]writtenSport{
		pierre.SportRun:              {typedef.SportRunning, generic},
		pierre.SportTrailRunning:     {typedef.SportRunning, typedef.SubSportTrail},
		pierre.SportVirtualRun:       {typedef.SportRunning, typedef.SubSportVirtualActivity},
		pierre.SportRide:             {typedef.SportCycling, generic},
		pierre.SportVirtualRide:      {typedef.SportCycling, typedef.SubSportVirtualActivity},
		pierre.SportMountainBike:     {typedef.SportCycling, typedef.SubSportMountain},
		pierre.SportGravelRide:       {typedef.SportCycling, typedef.SubSportGravelCycling},
		pierre.SportEBikeRide:        {typedef.SportEBiking, generic},
		pierre.SportSwim:             {typedef.SportSwimming, typedef.SubSportOpenWater},
		pierre.SportWalk:             {typedef.SportWalking, generic},
		pierre.SportHike:             {typedef.SportHiking, generic},
		pierre.SportStrengthTraining: {typedef.SportTraining, typedef.SubSportStrengthTraining},
		pierre.SportWorkout:          {typedef.SportTraining, generic},
		"yoga":                       {typedef.SportTraining, typedef.SubSportYoga},
		"pilates":                    {typedef.SportTraining, typedef.SubSportPilates},
		"canoeing":                   {typedef.SportPaddling, generic},
		"paddleboarding":             {typedef.SportStandUpPaddleboarding, generic},
		"snowshoe":                   {typedef.SportSnowshoeing, generic},
		"backcountry_skiing":         {typedef.SportAlpineSkiing, typedef.SubSportBackcountry},
		pierre.SportOther:            {typedef.SportGeneric, generic},
	}
}
