package fitness

import "math"

// EarthRadius is the mean radius of WGS 84 in metres (IUGG).
const EarthRadius = 6371008.8

// Haversine returns the distance in metres between two points in degrees, on the
// sphere; off by up to 0.5 % from the ellipsoid.
func Haversine(lat1, lon1, lat2, lon2 float64) float64 {
	const degree = math.Pi / 180
	dLat, dLon := (lat2-lat1)*degree, (lon2-lon1)*degree
	s, l := math.Sin(dLat/2), math.Sin(dLon/2)
	h := s*s + math.Cos(lat1*degree)*math.Cos(lat2*degree)*l*l
	return 2 * EarthRadius * math.Asin(math.Sqrt(min(max(h, 0), 1)))
}

// TrackDistance returns the cumulative distance in metres along the points in
// degrees, one value per time in s, NaN before the first point. Points that could
// only be reached faster than maxSpeed in m/s are left out as GPS errors, however many
// they are; where the track goes on elsewhere, the way there is not counted. See [MethodHaversine].
func TrackDistance(t, lat, lon []float64, maxSpeed float64) ([]float64, error) {
	if len(lat) != len(t) || len(lon) != len(t) {
		return nil, unavailable("no positions were recorded")
	}
	if !(maxSpeed > 0) {
		return nil, unavailable("no highest speed was given")
	}
	k := track{t, lat, lon, maxSpeed}
	parts := k.credible()
	if len(parts) == 0 {
		return nil, unavailable("no positions were recorded")
	}
	d := make([]float64, len(t))
	sum, next := math.NaN(), 0
	for n, p := range parts {
		for ; next < p.points[0]; next++ {
			d[next] = sum
		}
		for j, i := range p.points {
			switch {
			case n == 0 && j == 0:
				sum = 0
			case j > 0:
				sum += k.step(p.points[j-1], i)
			case !p.jumped:
				sum += k.step(parts[n-1].last(), i)
			}
			for ; next < i; next++ {
				d[next] = d[max(next-1, 0)]
			}
			d[i], next = sum, i+1
		}
	}
	for ; next < len(d); next++ {
		d[next] = sum
	}
	return d, nil
}

func onEarth(lat, lon float64) bool {
	return math.Abs(lat) <= 90 && math.Abs(lon) <= 180
}

// The speeds in m/s above which an athlete counts as moving: the product's own
// rule, as no two devices agree on one.
const (
	WalkMoving = 0.5
	RunMoving  = 0.8
	RideMoving = 1.4
)

// MovingTime returns the time in seconds with a speed in m/s above the threshold,
// without pauses. See [WalkMoving], [RunMoving], [RideMoving]; a device's own timer
// time, where there is one, is the better value.
func MovingTime(t, speed []float64, threshold float64) (Result, error) {
	if !(threshold >= 0) {
		return Result{}, unavailable("no speed threshold was given")
	}
	c, err := hold("speed", t, speed, 0, math.MaxFloat64)
	if err != nil {
		return Result{}, err
	}
	moving := 0.0
	for i, v := range c.x {
		if v > threshold {
			moving += c.seconds(i)
		}
	}
	return result(moving, MethodMovingTime, c.coverage())
}
