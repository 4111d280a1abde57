package fit

import (
	"reflect"
	"slices"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// dropCopies leaves out what a program chained to itself: sessions that an earlier part of the file has as well, and then
// the records that are there twice at one moment. Sessions and records are in order.
func (f *file) dropCopies() {
	n := len(f.sessions)
	f.sessions = slices.CompactFunc(f.sessions, func(a, b session) bool {
		return a.part != b.part && a.start == b.start && a.end == b.end && a.sport == b.sport && reflect.DeepEqual(a.totals, b.totals)
	})
	if f.copied = len(f.sessions) < n; f.copied {
		f.records = slices.CompactFunc(f.records, func(a, b draft.Sample) bool { return a.T == b.T })
	}
}

// dropCopiedParts leaves out the copies of laps and lengths, which are in order.
func (f *file) dropCopiedParts() {
	f.laps = slices.CompactFunc(f.laps, func(a, b draft.Lap) bool { return a.Start == b.Start && a.End == b.End })
	f.lengths = slices.CompactFunc(f.lengths, func(a, b poolLength) bool { return a.end == b.end })
}
