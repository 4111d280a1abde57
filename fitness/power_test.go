//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestNormalizedPower(t *testing.T) {
	// 10 min at 200 W, then 10 min at 300 W: the 30 s mean ramps over the step.
	p := power(t, stretch{600, 200}, stretch{600, 300})
	near(t, "NP", value(t)(p.Normalized()), 263.68, 0.01)
	near(t, "mean", value(t)(p.Mean()), 250, 1e-9)
	near(t, "work", value(t)(p.Work()), 300, 1e-9)
	near(t, "VI", value(t)(p.Variability()), 263.68/250, 1e-4)
}

func TestNormalizedPowerAveragesBeforeTheFourthPower(t *testing.T) {
	var intervals []stretch
	for range 60 {
		intervals = append(intervals, stretch{15, 400}, stretch{15, 100})
	}
	near(t, "15 s at 400 W, 15 s at 100 W", value(t)(power(t, intervals...).Normalized()), 250, 1e-9)
}

func TestTSS(t *testing.T) {
	np, err := power(t, stretch{5400, 200}).Normalized()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "90 min at 200 W, FTP 250 W", value(t)(TSS(5400, np, 250)), 96, 1e-9)
	near(t, "IF", value(t)(Intensity(np, 250)), 0.8, 1e-9)
	near(t, "an hour at FTP", value(t)(TSS(3600, np, 200)), 100, 1e-9)
	_, err = TSS(3600, np, 0)
	refused(t, "FTP 0", err)
}

func TestShortPowerIsNoted(t *testing.T) {
	np, err := power(t, stretch{300, 200}).Normalized()
	if err != nil || np.Note == "" {
		t.Errorf("normalized power of 5 minutes = %+v, %v; want a note", np, err)
	}
	_, err = power(t, stretch{20, 200}).Normalized()
	refused(t, "20 s", err)
}

func TestPowerResampling(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name     string
		t, watts []float64
		want     []float64
		coverage float64
	}{
		{"1 Hz is kept", []float64{0, 1, 2}, []float64{100, 200, 300}, []float64{100, 200, 300}, 1},
		{"4 Hz is averaged", []float64{0, .25, .5, .75, 1, 1.25}, []float64{100, 200, 300, 400, 100, 100}, []float64{250, 100}, 1},
		{"two samples at one time", []float64{0, 0, 1}, []float64{900, 100, 200}, []float64{100, 200}, 1},
		{"3 s apart is held", []float64{0, 3, 4}, []float64{100, 400, 0}, []float64{100, 100, 100, 400, 0}, 1},
		{"a pause is cut out", []float64{0, 1, 100, 101}, []float64{100, 200, 300, 400}, []float64{100, 200, 300, 400}, 1},
		{"missing is 0 after 10 s", []float64{0, 10, 11, 12}, []float64{100, nan, nan, 200}, []float64{100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0, 200}, 12.0 / 13},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := NewPower(c.t, c.watts)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.watts.x) != len(c.want) {
				t.Fatalf("watts = %v, want %v", p.watts.x, c.want)
			}
			for i, w := range c.want {
				near(t, "watts", p.watts.x[i], w, 1e-9)
			}
			near(t, "coverage", p.Coverage(), c.coverage, 1e-9)
		})
	}
	_, err := NewPower([]float64{0, 20, 40, 60}, []float64{100, nan, nan, nan})
	refused(t, "a quarter covered", err)
}

func TestMeanMax(t *testing.T) {
	p := power(t, stretch{600, 100}, stretch{60, 300}, stretch{5, 900}, stretch{600, 100})
	want := map[float64]float64{1: 900, 5: 900, 60: (5*900 + 55*300) / 60.0, 600: (5*900 + 60*300 + 535*100) / 600.0}
	efforts := p.MeanMax([]int{0, 1, 5, 60, 600, 5000})
	if len(efforts) != len(want) {
		t.Fatalf("efforts = %+v, want 4", efforts)
	}
	for _, e := range efforts {
		near(t, "mean-max", e.Watts, want[e.Seconds], 1e-9)
	}
	near(t, "start of the best 5 s", efforts[1].StartSeconds, 660, 0)
}

// A window is elapsed time, in which a stop counts 0.
func TestMeanMaxCountsPauses(t *testing.T) {
	riding := func(seconds int, cycles int, rest float64) (at, watts []float64) {
		now := 0.0
		for range cycles {
			for range seconds {
				at, watts = append(at, now), append(watts, 200)
				now++
			}
			now += rest
		}
		return at, watts
	}
	for _, c := range []struct {
		name       string
		on, cycles int
		rest       float64
		seconds    int
		want       float64
	}{
		{"40 s each 15 min, over an hour", 900 - 40, 6, 40, 3600, 200 * (3600 - 4*40) / 3600.0},
		{"25 s after 100 s, over 20 min", 100, 20, 25, 1200, 162.5},
		{"a rest of an hour", 100, 2, 3600, 101, 200 * 100 / 101.0},
		{"no rest", 3600, 1, 0, 3600, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := NewPower(riding(c.on, c.cycles, c.rest))
			if err != nil {
				t.Fatal(err)
			}
			got := p.MeanMax([]int{c.seconds})
			if len(got) != 1 {
				t.Fatal("no effort")
			}
			near(t, "watts", got[0].Watts, c.want, 1e-6)
		})
	}
}
