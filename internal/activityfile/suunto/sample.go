package suunto

import (
	"math"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
)

const (
	kcal     = 1. / 4184 // of a J
	freezing = 273.15    // K
	minute   = 60        // s
	turn     = 180 / math.Pi
)

// any reports whether something was measured.
func (s *sample) any() bool {
	for _, v := range []*jsondoc.Number{s.HR, s.Latitude, s.Altitude, s.GPSAltitude, s.Speed, s.Cadence, s.Power, s.Temperature, s.Distance} {
		if v.Known() != nil {
			return true
		}
	}
	return false
}

// note puts what was measured into the sample of a draft, in its units.
func (s *sample) note(to *draft.Sample) {
	to.Place(s.Latitude.Value()*turn, s.Longitude.Value()*turn)
	for _, v := range []struct {
		from   *jsondoc.Number
		to     *float64
		factor float64
	}{
		{s.Altitude, &to.Alt, 1},
		{s.Speed, &to.Speed, 1},
		{s.HR, &to.HR, minute},
		{s.Cadence, &to.Cad, minute},
		{s.Power, &to.Power, 1},
		{s.Distance, &to.Dist, 1},
	} {
		if v.from != nil {
			*v.to = v.from.Value() * v.factor
		}
	}
	if s.Temperature != nil {
		to.Temp = s.Temperature.Value() - freezing
	}
}
