package fitness

import "math"

const (
	knotMeters  = 5    // of distance that share one altitude
	slopeMeters = 25.0 // of distance to either side that share one slope

	gpsSlopeMeters = 150.0 // the same, by the altitude of satellites
)

// A knot is the mean distance and altitude of the samples within a few metres.
type knot struct{ meters, altitude, samples float64 }

// gradeAdjusted returns for each sample the speed in m/s to the next one, times
// the cost of running on the slope there over that on the level; NaN where the
// distance or the altitude is missing. span is how many metres to either side share one slope.
func gradeAdjusted(t, distance, altitude []float64, span float64) ([]float64, error) {
	if len(distance) != len(t) || len(altitude) != len(t) {
		return nil, unavailable("distance and altitude were not both recorded")
	}
	adjusted := make([]float64, len(t))
	knots, at := makeKnots(distance, altitude)
	if len(knots) < 2 {
		return nil, unavailable("distance and altitude were not both recorded")
	}
	slopes := make([]float64, len(knots))
	for i := range knots {
		slopes[i] = slopeAt(knots, i, span)
	}
	last, speed := -1, math.NaN() // the last sample that has both, and the speed there
	for i := range t {
		adjusted[i] = math.NaN()
		if at[i] < 0 {
			continue
		}
		if last >= 0 {
			if d := t[i] - t[last]; d > 0 && d <= pauseSeconds {
				speed = (distance[i] - distance[last]) / d
			}
			adjusted[last] = speed * minettiRun(slopes[at[last]]) / flatCost
		}
		last = i
	}
	adjusted[last] = speed * minettiRun(slopes[at[last]]) / flatCost
	return adjusted, nil
}

// makeKnots thins the altitude out to one value per few metres, so that neither
// the recording interval nor standing still weighs in. at is the knot of each
// sample, -1 if it has none.
func makeKnots(distance, altitude []float64) (knots []knot, at []int) {
	const lowest, highest = -500, 9000 // m, beyond which a device failed
	at = make([]int, len(distance))
	bin, reached := math.Inf(-1), math.Inf(-1)
	for i := range distance {
		d, a := distance[i], altitude[i]
		if !finite(d) || !(a >= lowest && a <= highest) || d < reached {
			at[i] = -1
			continue
		}
		reached = d
		if b := math.Floor(d / knotMeters); b != bin {
			bin = b
			knots = append(knots, knot{})
		}
		k := &knots[len(knots)-1]
		k.samples++
		k.meters += (d - k.meters) / k.samples
		k.altitude += (a - k.altitude) / k.samples
		at[i] = len(knots) - 1
	}
	return knots, at
}

// slopeAt fits a line to the altitude around knot i: over so many metres to either side, and
// at least over its neighbours.
func slopeAt(knots []knot, i int, span float64) float64 {
	from, to := max(i-1, 0), min(i+1, len(knots)-1)
	for from > 0 && knots[i].meters-knots[from-1].meters <= span {
		from--
	}
	for to < len(knots)-1 && knots[to+1].meters-knots[i].meters <= span {
		to++
	}
	var d, a, n float64
	for _, k := range knots[from : to+1] {
		d, a, n = d+k.meters, a+k.altitude, n+1
	}
	var dd, da float64
	for _, k := range knots[from : to+1] {
		dd += (k.meters - d/n) * (k.meters - d/n)
		da += (k.meters - d/n) * (k.altitude - a/n)
	}
	if dd < 1 {
		return 0
	}
	return da / dd
}
