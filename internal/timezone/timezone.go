// Package timezone finds the time zone of a place on Earth.
package timezone

import (
	"math"
	"sync"
	"time"
	_ "time/tzdata" // the zones by name, also where the system has no database of them

	"github.com/ringsaturn/tzf"
	rel "github.com/ringsaturn/tzf-rel-lite"
	pb "github.com/ringsaturn/tzf/gen/go/tzf/v1"
	"google.golang.org/protobuf/proto"
)

// tiles knows the zone of most places on land by squares of a map that lie in one zone: 8 MB, read when a place is first
// asked for.
var tiles = sync.OnceValues(func() (tzf.F, error) { //nolint:gochecknoglobals // it never changes
	var data pb.PreindexTimezones
	if err := proto.Unmarshal(rel.PreindexData, &data); err != nil {
		return nil, err
	}
	return tzf.NewFuzzyFinderFromPB(&data)
})

// borders knows them all by the borders of the zones: 20 MB, and seconds to read them, when a place is first asked for that
// tiles does not know.
var borders = sync.OnceValues(func() (tzf.F, error) { //nolint:gochecknoglobals // it never changes
	var data pb.CompressedTimezones
	if err := proto.Unmarshal(rel.LiteCompressData, &data); err != nil {
		return nil, err
	}
	return tzf.NewFinderFromCompressed(&data, tzf.SetDropPBTZ)
})

// At returns the time zone of a place in degrees (WGS 84), at sea the nautical one.
// ok is false for what is no place, and in gaps between the borders. These are those of the project
// timezone-boundary-builder, simplified: within a few hundred metres of a border the zone may be the neighbour's.
func At(latitude, longitude float64) (zone *time.Location, ok bool) {
	if !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180) {
		return nil, false
	}
	for _, finder := range []func() (tzf.F, error){tiles, borders} {
		f, err := finder()
		if err != nil {
			return nil, false
		}
		if name := f.GetTimezoneName(longitude, latitude); name != "" {
			zone, err = time.LoadLocation(name)
			return zone, err == nil
		}
	}
	return nil, false
}
