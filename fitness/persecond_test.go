//go:build !race

package fitness

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

// sparse is a recording of some seconds with a sample every 30 s, the longest distance that is no pause.
func sparse(seconds float64) (t, x []float64) {
	for at := 0.0; at < seconds; at += 30 {
		t, x = append(t, at), append(x, 100)
	}
	return append(t, seconds-lastSeconds), append(x, 100)
}

// What is brought to one value per second is bounded, whatever the distance of the samples.
func TestTwoWeeksAreTheLongestRecording(t *testing.T) {
	p, err := NewPower(sparse(maxSeconds))
	if err != nil || p.Seconds() != maxSeconds {
		t.Fatalf("two weeks of power: %v s, %v", p.Seconds(), err)
	}
	at, watts := sparse(maxSeconds + 1)
	_, err = NewPower(at, watts)
	refused(t, "power of two weeks and a second", err)
	_, err = NewGradedRun(at, at, watts)
	refused(t, "a run of two weeks and a second", err)
	_, err = Decoupling(at, watts, watts)
	if err != nil {
		t.Errorf("decoupling, of which ten minutes are left out: %v", err)
	}
	at, watts = sparse(maxSeconds + warmUpSeconds + 40)
	_, err = Decoupling(at, watts, watts)
	refused(t, "decoupling of two weeks after the warm-up", err)
	if _, err := NewHeartRate(at, watts); err != nil {
		t.Errorf("a heart rate is not expanded, so its length does not matter: %v", err)
	}
}

// allocated returns how many bytes a call takes from the heap.
func allocated(t *testing.T, call func() error) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := call(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Samples far apart cost no more than a sample at every second: 8 bytes for each second.
func TestExpandingIsBounded(t *testing.T) {
	at, watts := sparse(maxSeconds)
	n := allocated(t, func() error { _, err := NewPower(at, watts); return err })
	if most := uint64(9 * maxSeconds); n > most {
		t.Errorf("expanding two weeks takes %d bytes, more than %d", n, most)
	}
}

// A column in which nothing has to be changed is not copied.
func TestCleanColumnsAreNotCopied(t *testing.T) {
	at, bpm := steps(stretch{100_000, 140})
	prepare := func() error { _, err := NewHeartRate(at, bpm); return err }
	if n := allocated(t, prepare); n > 10_000 {
		t.Errorf("a clean column takes %d bytes", n)
	}
	bpm[5], bpm[70_000] = math.NaN(), 300
	if n := allocated(t, prepare); n > 8*100_000+20_000 {
		t.Errorf("a column with a gap takes %d bytes", n)
	}
	if !math.IsNaN(bpm[5]) || bpm[70_000] != 300 {
		t.Error("the caller's column has changed")
	}
}

func TestSecondsKnowTheirTime(t *testing.T) {
	at := []float64{0, 1, 2, 2.5, 100, 101, 102, 103, 500, 501, 502}
	c, err := hold("power", at, make([]float64, len(at)), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := perSecond(c)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{0, 1, 2, 100, 100.5, 101.5, 102.5, 500, 500.5, 501.5}
	if len(p.x) < len(want) {
		t.Fatalf("there are %d seconds, want %d", len(p.x), len(want))
	}
	for i, w := range want {
		near(t, "time of a second", p.at(i), w, 1e-9)
	}
}

// A recording may be paused for months. Times beyond any recording are refused, wherever there are some, before anything is computed with them.
func TestTimesBeyondAnyRecording(t *testing.T) {
	const longest = maxSpanYears * 365.25 * 24 * 3600
	x := []float64{100, 100, 100, 100}
	for _, tt := range []struct {
		name string
		at   []float64
		want string
	}{
		{"a pause of years", []float64{0, 1, longest - 1, longest}, ""},
		{"in Unix seconds", []float64{1.7e9, 1.7e9 + 1, 1.7e9 + 2, 1.7e9 + 3}, ""},
		{"beyond", []float64{0, 1, 2, longest + 1}, "10 years"},
		{"before", []float64{-longest - 1, 0, 1, 2}, "10 years"},
		{"no number", []float64{0, 1, 2, math.NaN()}, "not in order"},
		{"infinite", []float64{0, 1, 2, math.Inf(1)}, "not in order"},
		{"falling", []float64{0, 2, 1, 3}, "not in order"},
	} {
		for what, of := range map[string]func(at []float64) error{
			"power":      func(at []float64) error { _, err := NewPower(at, x); return err },
			"heart rate": func(at []float64) error { _, err := NewHeartRate(at, x); return err },
			"splits":     func(at []float64) error { _, _, err := Splits(at, []float64{0, 100, 200, 300}, nil, 100); return err },
		} {
			err := of(tt.at)
			if got := fmt.Sprint(err); (tt.want == "") != (err == nil) || !strings.Contains(got, tt.want) {
				t.Errorf("%s, %s: %s", tt.name, what, got)
			}
		}
		if _, err := SwimIntervals(tt.at, []float64{0, 25, 50, 75}); tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s, swim: %v", tt.name, err)
		}
		// What leaves single samples out leaves those out.
		if far, err := Farthest(tt.at, []float64{0, 1, 2, 3}, []float64{longest}); len(far) > 0 && far[0].StartSeconds+far[0].Seconds > tt.at[0]+longest {
			t.Errorf("%s, farthest: %v, %v", tt.name, far, err)
		}
	}
	p, err := NewPower([]float64{0, 1, longest - 1, longest}, x)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.MeanMax([]int{2, 4}); len(got) != 2 || got[0].Watts != 100 || got[1].Watts != 50 {
		t.Errorf("around a pause of years the efforts are %v", got)
	}
}
