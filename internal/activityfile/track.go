package activityfile

import (
	"math"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const earthRadius = 6371008.8 // m, mean radius R1 of IUGG

// haversine returns the metres between two positions.
func haversine(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((lat2 - lat1) * rad / 2)
	sinLon := math.Sin((lon2 - lon1) * rad / 2)
	h := sinLat*sinLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// measureTrack gives samples without any recorded distance the length of their
// track. Neither the way between two segments nor a fix that nobody could have
// reached in time lengthens it.
func measureTrack(samples []sample, sport pierre.Sport) {
	for i := range samples {
		if !math.IsNaN(samples[i].dist) {
			return
		}
	}
	limit := topSpeed(sport)
	var last *sample
	length, apart := 0.0, false
	for i := range samples {
		s := &samples[i]
		apart = apart || s.apart
		if !s.placed() {
			continue
		}
		if last != nil {
			step := haversine(last.lat, last.lon, s.lat, s.lon)
			// Times are whole seconds in many files: two fixes of one second may be almost two apart.
			if step > limit*(s.t-last.t+1) && !apart {
				continue
			}
			if !apart {
				length += step
			}
		}
		s.dist = length
		last, apart = s, false
	}
}

// topSpeed is what no athlete exceeds, in m/s.
func topSpeed(sport pierre.Sport) float64 {
	switch {
	case sport.IsRun(), sport == pierre.SportWalk, sport == pierre.SportHike:
		return 15
	case sport == pierre.SportSwim:
		return 5
	case sport.IsRide():
		return 40
	}
	return 70 // alpine skiing, sailing, and what else there is
}

// movingSeconds sums up the time between samples that were at least as far
// apart as somebody on the way gets. Without distances, every gap counts that
// is too short to be a pause.
func movingSeconds(samples []sample, sport pierre.Sport) float64 {
	const pause = 30 // s, as in package fitness
	least := slowest(sport)
	moving := 0.0
	lastT, lastDist, measured := samples[0].t, samples[0].dist, !math.IsNaN(samples[0].dist)
	for i := range samples[1:] {
		s := &samples[i+1]
		switch {
		case math.IsNaN(s.dist):
			continue // its time is judged together with the next distance
		case !measured:
			measured = true
		case s.dist-lastDist >= least*(s.t-lastT):
			moving += s.t - lastT
		}
		lastT, lastDist = s.t, s.dist
	}
	if measured {
		return moving
	}
	for i := range samples[1:] {
		if gap := samples[i+1].t - samples[i].t; gap <= pause {
			moving += gap
		}
	}
	return moving
}

// slowest is the speed below which an athlete stands, in m/s.
func slowest(sport pierre.Sport) float64 {
	switch {
	case sport.IsRun():
		return 0.8
	case sport.IsRide():
		return 1.4
	case sport == pierre.SportSwim:
		return 0.2
	}
	return 0.5
}

// climb returns the metres up and down. Altitudes wobble, so a change counts
// only once it exceeds a threshold (hysteresis): raw sums overstate by half and more.
func climb(samples []sample) (up, down float64) {
	const threshold = 3 // m
	low, high := math.Inf(1), math.Inf(-1)
	direction := 0
	for i := range samples {
		a := samples[i].alt
		if math.IsNaN(a) {
			continue
		}
		switch {
		case direction > 0 && high-a >= threshold:
			up += high - low
			direction, low = -1, a
		case direction < 0 && a-low >= threshold:
			down += high - low
			direction, high = 1, a
		case direction > 0:
			high = math.Max(high, a)
		case direction < 0:
			low = math.Min(low, a)
		default:
			low, high = math.Min(low, a), math.Max(high, a)
			if a-low >= threshold {
				direction, high = 1, a
			} else if high-a >= threshold {
				direction, low = -1, a
			}
		}
	}
	switch direction {
	case 1:
		up += high - low
	case -1:
		down += high - low
	}
	return up, down
}
