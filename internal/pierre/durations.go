package pierre

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"slices"
	"sort"
	"time"
)

// Durations are a histogram of durations in microseconds that has at most 256 buckets. While so few tell the durations
// apart, to a thousandth, a percentile is exact to a thousandth; then neighbouring buckets become one, for all alike, until
// they fit: a percentile is mostly exact to two hundredths then, and to a sixteenth if the longest duration is a thousand
// times the shortest.
//
// Histograms can be merged, and their state depends on nothing but the durations in them: in whatever order and parts
// they were added, histograms of the same durations are equal, and so are their encodings. The zero value is empty.
type Durations struct {
	coarse  uint8 // a bucket takes in 1<<coarse of the finest buckets; the smallest that leaves at most maxBuckets
	buckets []bucket
	spare   []bucket // memory for the next merge
}

// A bucket holds n durations, of which max is the longest.
type bucket struct {
	at  uint32 // number of the finest bucket >> coarse; they rise with the durations
	n   int64
	max uint64
}

const (
	bucketBits = 11 // how many leading bits durations of one of the finest buckets have in common
	maxCoarse  = bucketBits - 1
	maxBuckets = 256
)

// Add adds a duration.
func (d *Durations) Add(v time.Duration) {
	us := uint64(max(0, v.Microseconds()))
	at := bucketOf(us) >> d.coarse
	i := sort.Search(len(d.buckets), func(i int) bool { return d.buckets[i].at >= at })
	if i < len(d.buckets) && d.buckets[i].at == at {
		b := &d.buckets[i]
		b.n++
		b.max = max(b.max, us)
		return
	}
	d.buckets = slices.Insert(d.buckets, i, bucket{at, 1, us})
	d.fit()
}

// Merge adds all durations of other, which stays as it is.
func (d *Durations) Merge(other *Durations) {
	if len(other.buckets) == 0 {
		return
	}
	for d.coarse < other.coarse {
		d.coarsen()
	}
	if len(d.buckets) == 0 && d.coarse == other.coarse {
		d.buckets = slices.Clone(other.buckets)
		return
	}
	by := d.coarse - other.coarse
	merged, mine := d.spare[:0], d.buckets
	for _, b := range other.buckets {
		b.at >>= by
		for len(mine) > 0 && mine[0].at <= b.at {
			merged = appendBucket(merged, mine[0])
			mine = mine[1:]
		}
		merged = appendBucket(merged, b)
	}
	for _, b := range mine {
		merged = appendBucket(merged, b)
	}
	d.buckets, d.spare = merged, d.buckets
	d.fit()
}

// appendBucket appends b, or adds it to the last bucket if that is the same.
func appendBucket(list []bucket, b bucket) []bucket {
	if n := len(list); n > 0 && list[n-1].at == b.at {
		list[n-1].n += b.n
		list[n-1].max = max(list[n-1].max, b.max)
		return list
	}
	return append(list, b)
}

func (d *Durations) fit() {
	for len(d.buckets) > maxBuckets && d.coarse < maxCoarse {
		d.coarsen()
	}
}

func (d *Durations) coarsen() {
	d.coarse++
	kept := d.buckets[:0]
	for _, b := range d.buckets {
		b.at >>= 1
		kept = appendBucket(kept, b)
	}
	d.buckets = kept
}

// Count returns how many durations there are.
func (d *Durations) Count() (n int64) {
	for _, b := range d.buckets {
		n += b.n
	}
	return n
}

// Checksum returns a number that differs between histograms that differ, as nearly as one number can.
func (d *Durations) Checksum() (sum int64) {
	for _, b := range d.buckets {
		sum = sum*31 + int64(b.at)<<d.coarse*7 + b.n*3 + int64(b.max&math.MaxInt64)
	}
	return sum
}

// Percentile returns the percentile by the nearest rank: a duration that was added, which at least so many percent did
// not exceed, and which is the smallest such one or another of its bucket. It is 0 if there are none.
func (d *Durations) Percentile(percent int64) time.Duration {
	n := d.Count()
	rank := n/100*percent + (n%100*percent+99)/100
	for _, b := range d.buckets {
		if rank -= b.n; rank <= 0 {
			return time.Duration(b.max) * time.Microsecond
		}
	}
	return 0
}

// bucketOf returns the number of the finest bucket.
func bucketOf(us uint64) uint32 {
	shift := max(0, bits.Len64(us)-bucketBits)
	return uint32(shift)<<bucketBits | uint32(us>>shift)
}

// lowest returns the shortest duration of the bucket, in microseconds.
func (d *Durations) lowest(at uint32) uint64 {
	at <<= d.coarse
	return uint64(at&(1<<bucketBits-1)) << (at >> bucketBits)
}

// AppendBinary implements [encoding.BinaryAppender]. The encoding is the coarseness and the buckets in rising order, each as
// three varints: how much its number is above the one before, how many durations it has, and how much the longest is
// above the shortest that it can hold. That of no durations is empty.
func (d *Durations) AppendBinary(b []byte) ([]byte, error) {
	if len(d.buckets) == 0 {
		return b, nil
	}
	b = append(b, d.coarse)
	var before uint32
	for _, k := range d.buckets {
		b = binary.AppendUvarint(b, uint64(k.at-before))
		b = binary.AppendUvarint(b, uint64(k.n))
		b = binary.AppendUvarint(b, k.max-d.lowest(k.at))
		before = k.at
	}
	return b, nil
}

var errDurations = errors.New("not the encoding of durations")

// SizeHint returns about how many bytes the encoding has.
func (d *Durations) SizeHint() int { return 1 + 4*len(d.buckets) }

// MergeBinary adds all durations of an encoding.
func (d *Durations) MergeBinary(b []byte) error {
	var other Durations
	if err := other.UnmarshalBinary(b); err != nil {
		return err
	}
	d.Merge(&other)
	return nil
}

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. It takes what AppendBinary makes and nothing else.
func (d *Durations) UnmarshalBinary(b []byte) error {
	read := Durations{buckets: d.buckets[:0]}
	*d = Durations{}
	if len(b) == 0 {
		return nil
	}
	read.coarse = b[0]
	read.buckets = slices.Grow(read.buckets, min(maxBuckets, len(b)/3))
	if read.coarse > maxCoarse {
		return errDurations
	}
	r := varints{b: b[1:]}
	var before, total uint64
	for len(r.b) > 0 {
		delta, n, above := r.next(), r.next(), r.next()
		at := before + delta
		if r.bad || delta > math.MaxUint32 || at > math.MaxUint32>>read.coarse || len(read.buckets) > 0 && delta == 0 || n == 0 || n > math.MaxInt64-total {
			return errDurations
		}
		k := bucket{uint32(at), int64(n), read.lowest(uint32(at)) + above}
		if k.max > math.MaxInt64/1000 || bucketOf(k.max)>>read.coarse != k.at || len(read.buckets) == maxBuckets {
			return errDurations
		}
		read.buckets = append(read.buckets, k)
		before, total = at, total+n
	}
	if len(read.buckets) == 0 {
		return errDurations
	}
	*d = read
	return nil
}

type varints struct {
	b   []byte
	bad bool
}

func (r *varints) next() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 { // nearly all
		v := r.b[0]
		r.b = r.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}
