package fit

import (
	"reflect"
	"slices"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// dropCopies leaves out what a program chained to itself: sessions that an earlier part of the file has as well, and then
// whatever is there twice at one moment. It reports whether there was any. Sessions, laps, lengths and records are in order.
func (f *file) dropCopies() bool {
	n := len(f.sessions)
	f.sessions = slices.CompactFunc(f.sessions, func(a, b session) bool {
		return a.part != b.part && a.start == b.start && a.end == b.end && a.sport == b.sport && reflect.DeepEqual(a.totals, b.totals)
	})
	if len(f.sessions) == n {
		return false
	}
	f.records = slices.CompactFunc(f.records, func(a, b draft.Sample) bool { return a.T == b.T })
	f.laps = slices.CompactFunc(f.laps, func(a, b draft.Lap) bool { return a.Start == b.Start && a.End == b.End })
	f.lengths = slices.CompactFunc(f.lengths, func(a, b poolLength) bool { return a.end == b.end })
	return true
}
