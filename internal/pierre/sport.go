package pierre

import "strings"

// A Sport is a kind of activity, by the names that the tools use.
type Sport string

// The sports that some computation depends on; any other name in Sports is as good.
const (
	SportRun              Sport = "run"
	SportTrailRunning     Sport = "trail_running"
	SportVirtualRun       Sport = "virtual_run"
	SportRide             Sport = "ride"
	SportVirtualRide      Sport = "virtual_ride"
	SportMountainBike     Sport = "mountain_bike"
	SportGravelRide       Sport = "gravel_ride"
	SportEBikeRide        Sport = "ebike_ride"
	SportSwim             Sport = "swim"
	SportWalk             Sport = "walk"
	SportHike             Sport = "hike"
	SportStrengthTraining Sport = "strength_training"
	SportTransition       Sport = "transition"
	SportWorkout          Sport = "workout"
	SportOther            Sport = "other"
)

// Sports lists every sport that an activity can have.
func Sports() []Sport {
	names := strings.Fields(`run trail_running virtual_run ride virtual_ride mountain_bike gravel_ride ebike_ride
		swim walk hike strength_training workout yoga pilates crossfit rowing kayaking canoeing paddleboarding
		surfing kitesurfing sailing cross_country_skiing alpine_skiing backcountry_skiing snowboarding snowshoe
		ice_skating inline_skating rock_climbing soccer basketball tennis golf skateboarding transition other`)
	sports := make([]Sport, len(names))
	for i, n := range names {
		sports[i] = Sport(n)
	}
	return sports
}

// IsRun reports whether s is a form of running.
func (s Sport) IsRun() bool {
	return s == SportRun || s == SportTrailRunning || s == SportVirtualRun
}

// OnFoot reports whether s is running or walking.
func (s Sport) OnFoot() bool { return s.IsRun() || s == SportWalk || s == SportHike }

// IsRide reports whether s is a form of cycling.
func (s Sport) IsRide() bool {
	switch s {
	case SportRide, SportVirtualRide, SportMountainBike, SportGravelRide, SportEBikeRide:
		return true
	default:
		return false
	}
}
