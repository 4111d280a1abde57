package demoathlete

import (
	"math"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The plain formulas. They see what the devices recorded, at 1 Hz, and share
// nothing with the product's own.

// totals sums up the seconds after point from, up to point to; the whole track
// includes its first point.
func (t *track) totals(from, to int) pierre.Totals {
	a, b := t.points[from], t.points[to]
	var sum pierre.Totals
	sum.ElapsedSeconds = new(float64(b.second - a.second))
	sum.DurationSeconds = new(float64(b.second-a.second) - t.paused(a.second, b.second))
	part := t.points[from+1 : to+1]
	if from == 0 {
		part = t.points[:to+1]
	}
	if t.moves {
		sum.DistanceMeters = new(b.distance - a.distance)
		sum.AverageSpeedMPS = new((b.distance - a.distance) / max(1, *sum.DurationSeconds))
		_, sum.MaxSpeedMPS = over(part, func(p point) (float64, bool) { return p.speed, true })
	}
	if t.gps && t.name != openWater.traits().name {
		gain, loss := climb(t.points[from : to+1])
		sum.ElevationGainMeters, sum.ElevationLossMeters = new(gain), new(loss)
	}
	sum.AverageHeartRateBPM, sum.MaxHeartRateBPM = over(part, func(p point) (float64, bool) { return float64(p.hr), p.hr > 0 })
	sum.AverageCadenceRPM, _ = over(part, func(p point) (float64, bool) { return float64(p.cadence), p.cadence > 0 })
	if t.power {
		sum.AveragePowerWatts, sum.MaxPowerWatts = over(part, func(p point) (float64, bool) { return float64(p.power), true })
		sum.NormalizedPowerWatts = normalizedPower(part)
	}
	sum.CaloriesKcal = new(t.energy(part, sum))
	return sum
}

// lapPoints returns the first and the last point of a lap; the last is the next one's first.
func (t *track) lapPoints(lap int) (from, to int) {
	if lap+1 < len(t.laps) {
		return t.laps[lap], t.laps[lap+1]
	}
	return t.laps[lap], len(t.points) - 1
}

// paused returns how much of the time between two seconds the timer stood still.
func (t *track) paused(from, to int) float64 {
	if t.pause.seconds > 0 && from <= t.pause.after && t.pause.after < to {
		return float64(t.pause.seconds)
	}
	return 0
}

// over returns the mean and the maximum of the points that have the value.
func over(points []point, value func(point) (float64, bool)) (mean, highest *float64) {
	sum, n, most := 0.0, 0, 0.0
	for _, p := range points {
		if v, ok := value(p); ok {
			sum += v
			n++
			most = max(most, v)
		}
	}
	if n == 0 {
		return nil, nil
	}
	return new(sum / float64(n)), new(most)
}

func climb(points []point) (gain, loss float64) {
	for i := 1; i < len(points); i++ {
		d := points[i].altitude - points[i-1].altitude
		gain += max(0, d)
		loss += max(0, -d)
	}
	return gain, loss
}

// normalizedPower is nil for less than 30 s.
func normalizedPower(points []point) *float64 {
	const window = 30
	if len(points) < window {
		return nil
	}
	fourth := 0.0
	for end := window; end <= len(points); end++ {
		mean := 0.0
		for _, p := range points[end-window : end] {
			mean += float64(p.power) / window
		}
		fourth += math.Pow(mean, 4)
	}
	return new(math.Pow(fourth/float64(len(points)-window+1), 0.25))
}

// energy is what a watch would guess, in kcal: from the work on a bicycle, from
// weight and distance on foot, from time otherwise.
func (t *track) energy(points []point, sum pierre.Totals) float64 {
	const kcalPerJoule = 1 / 4184.0 / 0.23 // a rider turns 23 % of the energy into work
	switch {
	case t.power:
		joules := 0.0
		for _, p := range points {
			joules += float64(p.power)
		}
		return math.Round(joules * kcalPerJoule)
	case t.sport == pierre.SportRun, t.sport == pierre.SportHike, t.sport == pierre.SportTransition:
		return math.Round(1.0 * weightKg * *sum.DistanceMeters / 1000)
	default:
		return math.Round(*sum.DurationSeconds / 60 * 8)
	}
}

// wayAlong is the length of the way along points, in m, by haversine on the mean sphere.
func wayAlong(points []point) float64 {
	const radius, rad = 6_371_008.8, math.Pi / 180
	way := 0.0
	for i := 1; i < len(points); i++ {
		lat1, lat2 := degrees(points[i-1].lat)*rad, degrees(points[i].lat)*rad
		dLat, dLon := lat2-lat1, (degrees(points[i].lon)-degrees(points[i-1].lon))*rad
		h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(lat1)*math.Cos(lat2)*math.Pow(math.Sin(dLon/2), 2)
		way += 2 * radius * math.Asin(math.Sqrt(h))
	}
	return way
}

// whole returns the totals of the track.
func (t *track) whole() pierre.Totals { return t.totals(0, len(t.points)-1) }

// truth describes the track as a file that holds so many of its points.
func (t *track) truth(format string, samples int) Recording {
	return Recording{
		Format: format, Sport: t.sport, Start: t.start, HasGPS: t.gps,
		Samples: samples, Laps: len(t.laps), Totals: t.whole(),
	}
}
