package fitness

import "math"

// Farthest returns for each length in seconds the stretch of the recording that went farthest in so much elapsed time, if the
// recording is that long: between two points of the distance curve, interpolated, over all stretches that start or end on a
// sample. distance is cumulative, in metres; samples where it falls back are left out. See [MethodFarthest].
func Farthest(t, distance, seconds []float64) ([]BestEffort, error) {
	at, d, err := nonFalling(t, distance)
	if err != nil {
		return nil, err
	}
	efforts := make([]BestEffort, 0, len(seconds))
	for _, s := range seconds {
		if !(s >= 1) || at[len(at)-1]-at[0] < s {
			continue
		}
		if e := farthest(at, d, s); e.Meters > 0 {
			efforts = append(efforts, e)
		}
	}
	return efforts, nil
}

// nonFalling returns the samples of a distance that never falls, and their times.
func nonFalling(t, distance []float64) (at, d []float64, err error) {
	if len(t) != len(distance) {
		return nil, nil, unavailable("the recording has %d distances at %d times", len(distance), len(t))
	}
	at, d = make([]float64, 0, len(t)), make([]float64, 0, len(t))
	for i := range t {
		if !finite(t[i]) || !(distance[i] >= 0 && distance[i] <= maxDistance) {
			continue
		}
		if n := len(d); n > 0 && (distance[i] < d[n-1] || t[i] < at[n-1] || !spans(at[0], t[i])) {
			continue
		}
		at, d = append(at, t[i]), append(d, distance[i])
	}
	if len(d) < 2 {
		return nil, nil, unavailable("no distance was recorded")
	}
	return at, d, nil
}

// farthest slides a window of so many seconds over the columns, once with its start and once with its end on a sample.
func farthest(t, d []float64, seconds float64) BestEffort {
	best := BestEffort{Meters: math.Inf(-1), Seconds: seconds}
	consider := func(meters, from float64) {
		if meters > best.Meters {
			best.Meters, best.StartSeconds = meters, from
		}
	}
	last := t[len(t)-1]
	end, start := 0, 0
	for i := range t {
		if to := t[i] + seconds; to <= last {
			for t[end] < to {
				end++
			}
			consider(distanceAt(t, d, end, to)-d[i], t[i])
		}
		if from := t[i] - seconds; from >= t[0] {
			for t[start] < from {
				start++
			}
			consider(d[i]-distanceAt(t, d, start, from), from)
		}
	}
	return best
}

// distanceAt interpolates the distance at a time between the samples i−1 and i.
func distanceAt(t, d []float64, i int, at float64) float64 {
	if i == 0 || t[i] <= t[i-1] {
		return d[i]
	}
	return d[i-1] + (d[i]-d[i-1])*min(max((at-t[i-1])/(t[i]-t[i-1]), 0), 1)
}
