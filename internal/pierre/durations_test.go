package pierre_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// nearestRank returns the percentile of sorted by the nearest rank.
func nearestRank(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}

func encoded(t testing.TB, d *pierre.Durations) []byte {
	t.Helper()
	b, err := d.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDurationsArePrecise(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		n     int
		wide  float64 // the longest is e^wide of the shortest
		error float64 // at most, of a percentile
	}{{1, 14, .001}, {2, 14, .001}, {10, 14, .001}, {200, 14, .001}, {20_000, 1, .01}, {20_000, 2.7, .02}, {20_000, 7, 1. / 16}} {
		var all []time.Duration
		for range c.n {
			all = append(all, time.Duration(2000*math.Exp(rnd.Float64()*c.wide))*time.Microsecond)
		}
		var whole, inParts pierre.Durations
		var parts [3]pierre.Durations
		for i, d := range all {
			whole.Add(d)
			parts[i%3].Add(d)
		}
		for _, p := range parts {
			inParts.Merge(&p)
		}
		if !bytes.Equal(encoded(t, &whole), encoded(t, &inParts)) {
			t.Errorf("%d durations in three parts are another histogram than in one", c.n)
		}
		if size := len(encoded(t, &whole)); size > 2048 || whole.Count() != int64(c.n) {
			t.Errorf("%d durations are %d, in %d bytes", c.n, whole.Count(), size)
		}
		slices.Sort(all)
		for _, percent := range []int{1, 50, 95, 99, 100} {
			got, want := whole.Percentile(int64(percent)), nearestRank(all, percent)
			if _, measured := slices.BinarySearch(all, got); got < want || float64(got) > float64(want)*(1+c.error) || !measured {
				t.Errorf("%d %% of %d durations: %v, want %v, or a little more, that was added", percent, c.n, got, want)
			}
		}
	}
}

func TestDurationsAtTheEdges(t *testing.T) {
	var h pierre.Durations
	if got := h.Percentile(50); got != 0 || h.Count() != 0 {
		t.Errorf("of none: %v", got)
	}
	h.Add(-time.Second) // the clock was set back
	h.Add(0)
	h.Add(math.MaxInt64)
	if got := h.Percentile(50); got != 0 {
		t.Errorf("the median is %v, want 0", got)
	}
	if got := h.Percentile(100); got != math.MaxInt64/1000*1000 {
		t.Errorf("the longest is %v, want %v", got, time.Duration(math.MaxInt64))
	}
	for shift := range 63 { // every octave
		h.Add(time.Duration(1) << shift)
		h.Add(time.Duration(3) << shift / 2)
	}
	var back pierre.Durations
	if err := back.UnmarshalBinary(encoded(t, &h)); err != nil || back.Count() != h.Count() {
		t.Errorf("read back: %v, %v", back.Count(), err)
	}
}

func FuzzDurations(f *testing.F) {
	var h pierre.Durations
	for n := range 600 {
		h.Add(time.Duration(n*n) * time.Millisecond)
	}
	f.Add(encoded(f, &h))
	f.Add([]byte{0, 5, 1, 0})
	f.Add([]byte{10, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0})
	f.Add([]byte("\n\x0100\xff\xff\xff\xff\xff\xff\xff\xff\xff\x0100")) // a bucket before the one before
	f.Fuzz(func(t *testing.T, b []byte) {
		var d pierre.Durations
		if d.UnmarshalBinary(b) != nil {
			return
		}
		var again pierre.Durations
		if err := again.UnmarshalBinary(encoded(t, &d)); err != nil || again.Count() != d.Count() || again.Percentile(100) != d.Percentile(100) {
			t.Errorf("%x became %x: %v", b, encoded(t, &d), err)
		}
	})
}

func BenchmarkDurations(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var parts [64][]byte
	for i := range parts {
		var d pierre.Durations
		for range 3000 {
			d.Add(time.Duration(2000*math.Exp(rnd.NormFloat64())) * time.Microsecond)
		}
		parts[i] = encoded(b, &d)
	}
	b.ReportMetric(float64(len(parts[0])), "bytes")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var sum, d pierre.Durations
		for k := range 2 {
			if err := d.UnmarshalBinary(parts[(i+k)%len(parts)]); err != nil {
				b.Fatal(err)
			}
			sum.Merge(&d)
		}
		if _, err := sum.AppendBinary(make([]byte, 0, 1024)); err != nil {
			b.Fatal(err)
		}
	}
}
