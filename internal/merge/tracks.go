package merge

import (
	"math"
	"sort"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	probes          = 64
	minProbes       = 3
	maxApart        = 50.0 // m, between two devices' positions at the same time
	minAgreeing     = 0.8  // of the probes
	maxClockError   = 60   // s, between two devices
	clockErrorStep  = 5    // s; at 10 m/s two tracks are then at most 25 m apart
	maxInterpolated = 60.0 // s between two samples
	coinciding      = 10.0 // m, between the positions of copies, however programs round them
	minCoinciding   = 0.95 // of the probes
	earthRadius     = 6371008.8
)

// TracksAgree reports whether two recordings were at the same places at the
// same times. b's clock is shift seconds ahead of a's, give or take a minute.
// Recordings without a track, or whose tracks have no time in common, do not agree.
// The shorter one is compared along its whole length: it may be a part of the other.
func TracksAgree(a, b pierre.Series, shift float64) bool {
	if lastTime(b) < lastTime(a) {
		a, b, shift = b, a, -shift
	}
	for err := 0; err <= maxClockError; err += clockErrorStep {
		if agree(a, b, shift+float64(err), maxApart, minAgreeing) || agree(a, b, shift-float64(err), maxApart, minAgreeing) {
			return true
		}
	}
	return false
}

// TracksCoincide reports whether two recordings have the same track, as copies do: who runs the same way again, even to the
// second, is some metres beside it. b's clock is shift seconds ahead of a's.
func TracksCoincide(a, b pierre.Series, shift float64) bool {
	if lastTime(b) < lastTime(a) {
		a, b, shift = b, a, -shift
	}
	return agree(a, b, shift, coinciding, minCoinciding)
}

func lastTime(s pierre.Series) float64 {
	if len(s.Time) == 0 {
		return 0
	}
	return s.Time[len(s.Time)-1]
}

// agree reports whether b is at most apart metres away at a share of at least enough of the probes, which are spread evenly over
// a. It ends at the first probe after which that cannot be any more: most pairs of tracks are of different places.
func agree(a, b pierre.Series, shift, apart, enough float64) bool {
	if len(a.Latitude) == 0 || len(b.Latitude) == 0 {
		return false
	}
	own, common, away := 0, 0, 0
	mostAway := int(math.Ceil((1 - enough) * probes))
	last := lastTime(a)
	for i := range probes {
		t := last * float64(i) / (probes - 1)
		latA, lonA, okA := positionAt(a, t)
		if !okA {
			continue
		}
		own++
		latB, lonB, okB := positionAt(b, t+shift)
		if !okB {
			continue
		}
		common++
		if distance(latA, lonA, latB, lonB) > apart {
			if away++; away > mostAway {
				return false
			}
		}
	}
	return common >= minProbes && common >= own/2 && float64(common-away)/float64(common) >= enough
}

// positionAt interpolates the position at t seconds, unless the samples around it are too far apart.
func positionAt(s pierre.Series, t float64) (lat, lon float64, ok bool) {
	i := sort.SearchFloat64s(s.Time, t)
	after, before := i, i-1
	for after < len(s.Time) && s.Time[after]-t <= maxInterpolated && math.IsNaN(s.Latitude[after]) {
		after++
	}
	if after == len(s.Time) || s.Time[after]-t > maxInterpolated {
		return 0, 0, false
	}
	if s.Time[after] == t {
		return s.Latitude[after], s.Longitude[after], true
	}
	for before >= 0 && s.Time[after]-s.Time[before] <= maxInterpolated && math.IsNaN(s.Latitude[before]) {
		before--
	}
	if before < 0 || s.Time[after]-s.Time[before] > maxInterpolated {
		return 0, 0, false
	}
	part := (t - s.Time[before]) / (s.Time[after] - s.Time[before])
	lat = s.Latitude[before] + part*(s.Latitude[after]-s.Latitude[before])
	lon = s.Longitude[before] + part*(s.Longitude[after]-s.Longitude[before])
	return lat, lon, true
}

// distance is the haversine distance in metres.
func distance(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	sinLat, sinLon := math.Sin((lat2-lat1)*rad/2), math.Sin((lon2-lon1)*rad/2)
	h := sinLat*sinLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// extent returns the diagonal of the rectangle around a track in whole metres, 0 without one.
func extent(s pierre.Series) float64 {
	south, north, west, east := 90.0, -90.0, 180.0, -180.0
	for i, latitude := range s.Latitude {
		if !math.IsNaN(latitude) {
			south, north = min(south, latitude), max(north, latitude)
			west, east = min(west, s.Longitude[i]), max(east, s.Longitude[i])
		}
	}
	if south > north {
		return 0
	}
	return math.Round(distance(south, west, north, east))
}
