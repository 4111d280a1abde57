package draft

import (
	"math"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// measureTrack gives samples without any recorded distance the length of their
// track. The way between two segments does not lengthen it.
func measureTrack(samples []Sample, sport pierre.Sport) {
	var track []*Sample // those with a position
	for i := range samples {
		s := &samples[i]
		if !math.IsNaN(s.Dist) {
			return
		}
		if s.placed() {
			track = append(track, s)
		}
	}
	length := 0.0
	for from := 0; from < len(track); {
		to := from + 1
		for to < len(track) && !track[to].Apart {
			to++
		}
		length += measureSegment(track[from:to], length, topSpeed(sport))
		from = to
	}
}

// measureSegment sets the distances of a segment that begins after base metres, and returns its length.
func measureSegment(segment []*Sample, base, topSpeed float64) float64 {
	t, lat, lon := make([]float64, len(segment)), make([]float64, len(segment)), make([]float64, len(segment))
	for i, s := range segment {
		t[i], lat[i], lon[i] = s.T, s.lat, s.lon
	}
	distances, err := fitness.TrackDistance(t, lat, lon, topSpeed)
	if err != nil {
		return 0 // only if there are no positions
	}
	for i, d := range distances {
		segment[i].Dist = base + d
	}
	return distances[len(distances)-1]
}

// movingSeconds sums up the time between samples whose distance grew at least as
// fast as an athlete moves. Unlike [fitness.MovingTime] it needs no speeds, and it
// counts the gaps of devices that record only what changes. Without distances,
// every gap counts that is too short to be a pause.
func movingSeconds(samples []Sample, sport pierre.Sport) float64 {
	const pause = 30 // s, as in package fitness
	least := slowest(sport)
	moving := 0.0
	lastT, lastDist, measured := samples[0].T, samples[0].Dist, !math.IsNaN(samples[0].Dist)
	for i := range samples[1:] {
		s := &samples[i+1]
		switch {
		case math.IsNaN(s.Dist):
			continue // its time counts with the next distance
		case !measured:
			measured = true
		case s.Dist-lastDist >= least*(s.T-lastT):
			moving += s.T - lastT
		}
		lastT, lastDist = s.T, s.Dist
	}
	if measured {
		return moving
	}
	for i := range samples[1:] {
		if gap := samples[i+1].T - samples[i].T; gap <= pause {
			moving += gap
		}
	}
	return moving
}

// slowest is the speed below which an athlete stands, in m/s.
func slowest(sport pierre.Sport) float64 {
	switch {
	case sport.IsRun():
		return fitness.RunMoving
	case sport.IsRide():
		return fitness.RideMoving
	case sport == pierre.SportSwim:
		return 0.2
	}
	return fitness.WalkMoving
}

// climb returns the metres up and down, if the altitudes cover most of the seconds that the activity lasted.
func climb(samples []Sample, seconds float64) (up, down *float64) {
	const leastShare = 0.8
	t, altitude := make([]float64, len(samples)), make([]float64, len(samples))
	for i := range samples {
		t[i], altitude[i] = samples[i].T, samples[i].Alt
	}
	rises, falls, err := fitness.Ascent(t, altitude)
	if err != nil || rises.Coverage*(samples[len(samples)-1].T-samples[0].T) < leastShare*seconds-1 {
		return nil, nil
	}
	return &rises.Value, &falls.Value
}
