package pierre

import (
	"maps"
	"math/bits"
	"slices"
	"time"
)

// Durations are a histogram of durations in microseconds. It takes the more memory the more they differ, but never more
// than a bounded number of buckets, and histograms can be merged. The zero value is empty.
type Durations struct {
	n       int64
	buckets map[uint32]bucket
}

// A bucket holds durations that differ by less than a thousandth.
type bucket struct {
	n   int64
	max uint64
}

// bucketBits is how many leading bits durations of one bucket have in common.
const bucketBits = 11

// Add adds a duration.
func (d *Durations) Add(v time.Duration) {
	us := uint64(max(0, v.Microseconds()))
	d.add(bucketOf(us), bucket{1, us})
}

// Merge adds all durations of other.
func (d *Durations) Merge(other *Durations) {
	for at, b := range other.buckets {
		d.add(at, b)
	}
}

func (d *Durations) add(at uint32, b bucket) {
	if d.buckets == nil {
		d.buckets = map[uint32]bucket{}
	}
	has := d.buckets[at]
	d.buckets[at] = bucket{has.n + b.n, max(has.max, b.max)}
	d.n += b.n
}

// Count returns how many durations there are.
func (d *Durations) Count() int64 { return d.n }

// Percentile returns the percentile by the nearest rank: a duration that was added, which at least so many percent did
// not exceed, and which is the smallest such one or less than a thousandth larger. It is 0 if there are none.
func (d *Durations) Percentile(percent int64) time.Duration {
	rank := (d.n*percent + 99) / 100
	for _, at := range slices.Sorted(maps.Keys(d.buckets)) {
		b := d.buckets[at]
		if rank -= b.n; rank <= 0 {
			return time.Duration(b.max) * time.Microsecond
		}
	}
	return 0
}

// bucketOf returns the number of the bucket; they rise with the durations.
func bucketOf(us uint64) uint32 {
	shift := max(0, bits.Len64(us)-bucketBits)
	return uint32(shift)<<bucketBits | uint32(us>>shift)
}
