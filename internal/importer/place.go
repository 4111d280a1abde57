package importer

import (
	"math"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/timezone"
)

// offsetAt returns the offset in seconds east of UTC that held where rec begins, for files that say when in UTC
// and where, but not which clock the athlete lived by; nil if rec has no position, or one in a virtual world.
func offsetAt(rec pierre.Recording) *int {
	if rec.Sport == pierre.SportVirtualRide || rec.Sport == pierre.SportVirtualRun {
		return nil
	}
	for n, latitude := range rec.Series.Latitude {
		if math.IsNaN(latitude) {
			continue
		}
		zone, ok := timezone.At(latitude, rec.Series.Longitude[n])
		if !ok {
			return nil
		}
		_, offset := rec.Start.In(zone).Zone()
		return &offset
	}
	return nil
}
