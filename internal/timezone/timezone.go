// Package timezone finds the time zone of a place on Earth.
package timezone

import (
	"math"
	"sync"
	"time"
	_ "time/tzdata" // the zones by name, also where the system has no database of them

	"github.com/ringsaturn/tzf"
)

// finder reads the borders of the time zones, 5 MB of the program that become 30 MB of memory, when a place is first asked for.
var finder = sync.OnceValues(func() (tzf.F, error) { return tzf.NewDefaultFinder() }) //nolint:gochecknoglobals // it never changes

// At returns the time zone of a place in degrees (WGS 84), at sea the nautical one.
// ok is false for what is no place. The borders are those of the project
// timezone-boundary-builder, simplified: within a few hundred metres of a border the zone may be the neighbour's.
func At(latitude, longitude float64) (zone *time.Location, ok bool) {
	if !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180) {
		return nil, false
	}
	f, err := finder()
	if err != nil {
		return nil, false
	}
	name := f.GetTimezoneName(longitude, latitude)
	if name == "" {
		return nil, false
	}
	zone, err = time.LoadLocation(name)
	return zone, err == nil
}
