package fitness

import "math"

const (
	windStep  = 50   // m of the track that have one course: GPS errors turn shorter ones
	windGap   = 1000 // m, beyond which nobody knows the course
	windCone  = 45   // degrees to each side of ahead, and of behind
	lightWind = 1.5  // m/s, Beaufort 1: nothing that is felt as a head wind
)

// A CourseWind is how the wind stood to a course. The shares are of the distance whose course and wind are known.
type CourseWind struct {
	Head, Tail, Side, Calm float64 // shares (0…1): within 45° of ahead, of behind, the rest; and wind below 1.5 m/s
	MeanHead               float64 // m/s, mean over the distance of the part of the wind from ahead; below 0: from behind
	Meters                 float64 // of the known distance
	Method                 Method
}

// WindOnCourse compares the course of a track, its points in degrees, with the wind at each point: its speed in m/s and
// where it comes from in degrees, NaN if unknown. See [MethodCourseWind].
func WindOnCourse(lat, lon []float64, wind func(i int) (speed, from float64)) (CourseWind, error) {
	w := CourseWind{Method: MethodCourseWind}
	last := -1
	for i := range min(len(lat), len(lon)) {
		if !finite(lat[i]) || !finite(lon[i]) {
			continue
		}
		if last < 0 {
			last = i
			continue
		}
		d := Haversine(lat[last], lon[last], lat[i], lon[i])
		if d < windStep {
			continue
		}
		if speed, from := wind(i); d <= windGap && finite(speed) && finite(from) {
			w.add(d, speed, angle(from-bearing(lat[last], lon[last], lat[i], lon[i])))
		}
		last = i
	}
	if w.Meters < 10*windStep {
		return CourseWind{}, unavailable("too little of the course or of the wind is known")
	}
	for _, share := range []*float64{&w.Head, &w.Tail, &w.Side, &w.Calm, &w.MeanHead} {
		*share /= w.Meters
	}
	return w, nil
}

// add counts a piece of the course with the wind at an angle to it: 0 is from ahead.
func (w *CourseWind) add(meters, speed, angle float64) {
	w.Meters += meters
	w.MeanHead += meters * speed * math.Cos(angle*math.Pi/180)
	switch a := math.Abs(angle); {
	case speed < lightWind:
		w.Calm += meters
	case a <= windCone:
		w.Head += meters
	case a >= 180-windCone:
		w.Tail += meters
	default:
		w.Side += meters
	}
}

// angle brings degrees to -180…180.
func angle(degrees float64) float64 { return math.Remainder(degrees, 360) }

// bearing returns the course in degrees from north, clockwise, on which a great circle leaves the first point for the second.
func bearing(lat1, lon1, lat2, lon2 float64) float64 {
	const degree = math.Pi / 180
	sin1, cos1 := math.Sincos(lat1 * degree)
	sin2, cos2 := math.Sincos(lat2 * degree)
	sin, cos := math.Sincos((lon2 - lon1) * degree)
	return math.Atan2(sin*cos2, cos1*sin2-sin1*cos2*cos) / degree
}
