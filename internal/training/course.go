package training

import (
	"math"

	"github.com/pierre-mcp/pierre/fitness"
)

// A Course is how the quantities of an activity went over its distance or its time, in equal parts. What was not measured in a
// part is NaN, and a quantity that was not measured at all is nil.
type Course struct {
	ByDistance bool      // else by time
	To         float64   // metres, or seconds after the start
	Speed      []float64 // m/s, the mean in motion; NaN while standing
	Power      []float64 // W, with zeros
	HeartRate  []float64 // bpm
	Altitude   []float64 // m
}

// standing is the speed in m/s below which nobody moves: GPS positions wander as fast.
const standing = 0.3

// count is how many values there are.
func count(values []float64) int {
	n := 0
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// Course returns the course of the activity in at most n parts, fewer where there are few samples, by distance if that was recorded and is wished.
func (a *Analysis) Course(byDistance bool, n int) (Course, error) {
	x := a.Series.Time
	if byDistance = byDistance && a.meters != nil; byDistance {
		x = a.meters
	}
	to := 0.0
	for _, v := range x {
		if v > to && !math.IsInf(v, 0) {
			to = v
		}
	}
	if to == 0 {
		return Course{}, because("no samples were recorded")
	}
	speeds, _ := a.speeds()
	moving := make([]float64, len(speeds))
	for i, v := range speeds {
		if moving[i] = v; v < standing {
			moving[i] = math.NaN()
		}
	}
	c := Course{ByDistance: byDistance, To: to}
	for _, of := range []struct {
		into *[]float64
		y    []float64
	}{{&c.Speed, moving}, {&c.Power, a.Series.Power}, {&c.HeartRate, a.Series.HeartRate}, {&c.Altitude, a.Series.Altitude}} {
		const samples = 4 // in a part, so that the time between two is no gap
		if counted := count(of.y); counted > 0 {
			*of.into = fitness.Means(x, of.y, 0, to, max(1, min(n, counted/samples)))
		}
	}
	return c, nil
}
