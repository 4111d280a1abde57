package demoathlete

import (
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A discipline is a kind of activity: how it is simulated, and what the formats call it.
type discipline int

const (
	running discipline = iota
	riding
	indoorRiding
	poolSwimming
	openWater
	strength
	hiking
	transition
)

type traits struct {
	sport  pierre.Sport
	fit    typedef.Sport
	sub    typedef.SubSport
	name   string  // what devices call it
	gpx    string  // trk/type
	tcx    string  // Activity/@Sport
	strava string  // activities.csv
	gps    bool    // also altitude
	moves  bool    // distance, speed
	power  bool    // also temperature, which the bicycle computer measures
	effort float64 // heart rate reserve in use at threshold, relative to running
	lap    float64 // metres; 0: none
}

func (d discipline) traits() traits {
	switch d {
	case running:
		return traits{
			sport: pierre.SportRun, fit: typedef.SportRunning, sub: typedef.SubSportGeneric,
			name: "Run", gpx: "running", tcx: "Running", strava: "Run", gps: true, moves: true, effort: 1, lap: 1000,
		}
	case riding:
		return traits{
			sport: pierre.SportRide, fit: typedef.SportCycling, sub: typedef.SubSportRoad,
			name: "Ride", gpx: "cycling", tcx: "Biking", strava: "Ride", gps: true, moves: true, power: true, effort: 0.97, lap: 10_000,
		}
	case indoorRiding:
		return traits{
			sport: pierre.SportRide, fit: typedef.SportCycling, sub: typedef.SubSportIndoorCycling,
			name: "Indoor Ride", gpx: "cycling", tcx: "Biking", strava: "Ride", moves: true, power: true, effort: 0.98,
		}
	case poolSwimming:
		return traits{
			sport: "swim", fit: typedef.SportSwimming, sub: typedef.SubSportLapSwimming,
			name: "Pool Swim", tcx: "Other", strava: "Swim", moves: true, effort: 0.9,
		}
	case openWater:
		return traits{
			sport: "swim", fit: typedef.SportSwimming, sub: typedef.SubSportOpenWater,
			name: "Open Water Swim", gpx: "swimming", tcx: "Other", strava: "Swim", gps: true, moves: true, effort: 0.92,
		}
	case strength:
		return traits{
			sport: pierre.SportStrengthTraining, fit: typedef.SportTraining, sub: typedef.SubSportStrengthTraining,
			name: "Strength", tcx: "Other", strava: "Weight Training", effort: 0.85,
		}
	case hiking:
		return traits{
			sport: pierre.SportHike, fit: typedef.SportHiking, sub: typedef.SubSportGeneric,
			name: "Hike", gpx: "hiking", tcx: "Other", strava: "Hike", gps: true, moves: true, effort: 1,
		}
	default:
		return traits{
			sport: pierre.SportTransition, fit: typedef.SportTransition, sub: typedef.SubSportGeneric,
			name: "Transition", gps: true, moves: true, effort: 1,
		}
	}
}
