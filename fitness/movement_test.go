//go:build !race

package fitness

import (
	"math"
	"testing"
)

// counted returns the distance that speeds in m/s add up to, one value per second.
func counted(stretches ...stretch) (t, distance []float64) {
	t, speed := steps(stretches...)
	distance = make([]float64, len(speed))
	for i := 1; i < len(speed); i++ {
		distance[i] = distance[i-1] + speed[i]
	}
	return t, distance
}

func runLimits() []SpeedLimit { return []SpeedLimit{{300, 7.3}, {60, 8.8}, {10, 12.5}} }

func TestCutImpossible(t *testing.T) {
	for _, c := range []struct {
		name       string
		stretches  []stretch
		want       float64 // m that stay
		cutSeconds float64
	}{
		{"a run", []stretch{{600, 3}}, 599 * 3, 0},
		{"a sprint", []stretch{{100, 3}, {10, 10}, {100, 3}}, 99*3 + 100 + 300, 0},
		{"the drive home", []stretch{{3600, 2.8}, {360, 13.9}}, 3599 * 2.8, 360},
		{"a drive with stops", []stretch{{600, 3}, {60, 14}, {20, 0}, {120, 14}, {600, 3}}, 599*3 + 600*3, 200},
		{"a jump", []stretch{{600, 3}, {1, 5000}, {600, 3}}, 599*3 + 600*3, 1},
		{"a receiver that catches up", []stretch{{600, 3}, {60, 0}, {1, 180}, {600, 3}}, 599*3 + 180 + 600*3, 0},
		{"slower than a sprint, longer than a record", []stretch{{600, 3}, {400, 8}, {600, 3}}, 599*3 + 600*3, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, d := counted(c.stretches...)
			got, cut := CutImpossible(at, d, runLimits())
			near(t, "distance", got[len(got)-1], c.want, 1e-6)
			seconds := 0.0
			for _, s := range cut {
				seconds += s.To - s.From
			}
			near(t, "time cut", seconds, c.cutSeconds, 1e-6)
		})
	}
}

func TestCutImpossibleKeepsGaps(t *testing.T) {
	nan := math.NaN()
	got, cut := CutImpossible([]float64{0, 1, 2, 3}, []float64{nan, 0, nan, 5000}, runLimits())
	if len(cut) != 1 || cut[0].Meters != 5000 || got[3] != 0 || !math.IsNaN(got[0]) || !math.IsNaN(got[2]) {
		t.Errorf("got %v, %v", got, cut)
	}
	if got, cut := CutImpossible(nil, nil, runLimits()); got != nil || cut != nil {
		t.Errorf("of nothing: %v, %v", got, cut)
	}
}

// A file that was made to have as many stretches as samples costs no more than another of its length.
func TestCutImpossibleIsLinear(t *testing.T) {
	for name, step := range map[string]func(i int) (seconds, meters float64){
		"falling scores":   func(i int) (float64, float64) { return 1 + 9*float64(i%2), 20 },
		"rising scores":    func(i int) (float64, float64) { return 1 + float64(i%2), 20 },
		"all at one time":  func(i int) (float64, float64) { return 0, float64(i%2) * 200 },
		"jumps after rest": func(i int) (float64, float64) { return 1e-4, float64(i%2) * 200 },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 1_000_000 // the limit of a recording
			at, d := make([]float64, n), make([]float64, n)
			for i := 1; i < n; i++ {
				seconds, meters := step(i)
				at[i], d[i] = at[i-1]+seconds, d[i-1]+meters
			}
			CutImpossible(at, RepairDistance(at, d, 15), runLimits())
		})
	}
}

func TestRepairDistance(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name     string
		distance []float64
		want     []float64
	}{
		{"a good one", []float64{0, 3, 6, 9}, []float64{0, 3, 6, 9}},
		{"one garbage value", []float64{0, 3, 2e7, 9}, []float64{0, 3, nan, 9}},
		{"a small one", []float64{0, 3, 106, 9}, []float64{0, 3, nan, 9}},
		{"one that falls", []float64{100, 103, 5, 109}, []float64{100, 103, nan, 109}},
		{"garbage at the beginning", []float64{2e7, 3, 6, 9}, []float64{nan, 3, 6, 9}},
		{"a restart", append(rising(1000, 12), rising(0, 12)...), append(rising(1000, 12), rising(1011, 12)...)},
		{"a restart elsewhere", append(rising(1000, 12), rising(500, 12)...), append(rising(1000, 12), rising(1011, 12)...)},
		{"garbage at the end", []float64{0, 3, 6, 2e7}, []float64{0, 3, 6, 2e7}}, // left for CutImpossible
		{"nothing", []float64{nan, nan}, []float64{nan, nan}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := RepairDistance(rising(0, len(c.distance)), c.distance, 15)
			for i := range c.want {
				if got[i] != c.want[i] && !(math.IsNaN(got[i]) && math.IsNaN(c.want[i])) {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
		})
	}
}

// Whatever it is given, no stretch that is left exceeds a limit, and the distance never falls.
func FuzzCutImpossible(f *testing.F) {
	f.Add([]byte{3, 3, 3, 200, 200, 3, 3})
	f.Fuzz(func(t *testing.T, speeds []byte) {
		if len(speeds) > 300 {
			return
		}
		at, d := make([]float64, len(speeds)), make([]float64, len(speeds))
		for i := 1; i < len(speeds); i++ {
			at[i], d[i] = float64(i), d[i-1]+float64(speeds[i])/10
		}
		limits := runLimits()
		got, _ := CutImpossible(at, d, limits)
		for i := 1; i < len(got); i++ {
			if got[i] < got[i-1] {
				t.Fatalf("falls at %d: %v", i, got)
			}
		}
		for _, l := range limits {
			if long := int(l.Seconds); len(got) > long {
				again, cut := CutImpossible(at, got, []SpeedLimit{l})
				if len(cut) > 0 && again[len(again)-1] < got[len(got)-1]-l.MPS {
					t.Fatalf("a second cut at %v finds %v", l, cut)
				}
			}
		}
	})
}
