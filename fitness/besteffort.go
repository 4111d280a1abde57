package fitness

import "math"

// A BestEffort is the fastest stretch of a recording over a distance.
type BestEffort struct {
	Meters       float64
	Seconds      float64 // elapsed, pauses included
	StartSeconds float64 // after the start of the recording
}

// maxDistance in metres is beyond every recording, and below where float64 loses
// the metre.
const maxDistance = 1e8

// BestEfforts returns the fastest stretch over each of the distances, if the
// recording is that long (and at least 1 m): the elapsed time between two points of the distance
// curve, interpolated, over all stretches that start or end on a sample. distance
// is cumulative, in metres; samples where it falls back are left out. See
// [MethodBestEffort].
func BestEfforts(t, distance, meters []float64) ([]BestEffort, error) {
	at, d, err := nonFalling(t, distance)
	if err != nil {
		return nil, err
	}
	efforts := make([]BestEffort, 0, len(meters))
	for _, m := range meters {
		if !(m >= 1) || d[len(d)-1]-d[0] < m {
			continue
		}
		e := fastest(at, d, m)
		if e.Seconds > sliver {
			efforts = append(efforts, e)
		}
	}
	return efforts, nil
}

// fastest slides a window of the distance m over the rising columns, once with
// its start and once with its end on a sample.
func fastest(t, d []float64, m float64) BestEffort {
	best := BestEffort{Meters: m, Seconds: math.Inf(1)}
	consider := func(from, to float64) {
		if to-from < best.Seconds {
			best.Seconds, best.StartSeconds = to-from, from
		}
	}
	end, start := 0, 0
	for i := range d {
		for end < len(d) && d[end] < d[i]+m {
			end++
		}
		if end > 0 && end < len(d) {
			consider(t[i], timeAt(t, d, end, d[i]+m))
		}
		// The last point not beyond, so that a rest before the stretch stays out.
		for start+1 < len(d) && d[start+1] <= d[i]-m {
			start++
		}
		if d[start] <= d[i]-m {
			consider(timeAt(t, d, start+1, d[i]-m), t[i])
		}
	}
	return best
}

// timeAt interpolates the time at which the distance was reached, between the
// samples i−1 and i.
func timeAt(t, d []float64, i int, meters float64) float64 {
	step := d[i] - d[i-1]
	if step <= 0 {
		return t[i]
	}
	return t[i-1] + (t[i]-t[i-1])*min(max((meters-d[i-1])/step, 0), 1)
}
