//go:build !race

package fitness

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A block is a part of a planned session, at one level.
type block struct {
	seconds int
	level   float64
}

// repeat is n times work with a rest after each.
func repeat(n, work int, level float64, rest int, restLevel float64) []block {
	var list []block
	for range n {
		list = append(list, block{work, level}, block{rest, restLevel})
	}
	return list
}

// plan puts blocks together.
func plan(parts ...[]block) (all []block) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func one(seconds int, level float64) []block { return []block{{seconds, level}} }

// played is a session as a device records it every second: with noise of that standard deviation, of which each second keeps a
// part of the one before, as in riding outdoors.
func played(seed uint64, noise float64, blocks []block) (t, x []float64) {
	r := rand.New(rand.NewPCG(seed, 7))
	drift := 0.0
	for _, b := range blocks {
		for range b.seconds {
			drift = 0.7*drift + math.Sqrt(1-0.7*0.7)*r.NormFloat64()*noise
			t, x = append(t, float64(len(t))), append(x, max(0, b.level+drift*min(1, b.level/50)))
		}
	}
	return t, x
}

// shape writes the sets of a session.
func shape(sets []IntervalSet) string {
	var parts []string
	for _, s := range sets {
		parts = append(parts, fmt.Sprintf("%dx%s", len(s.Intervals), Clock(math.Round(s.Seconds()/10)*10)))
	}
	return strings.Join(parts, " ")
}

// holdToPlan compares the intervals with the blocks of a plan that are on one of the levels, by their ends in s and their level.
func holdToPlan(t *testing.T, sets []IntervalSet, blocks []block, ends, level float64, levels ...float64) {
	t.Helper()
	var got []Interval
	for _, s := range sets {
		got = append(got, s.Intervals...)
	}
	at := 0
	for _, b := range blocks {
		if slices.Contains(levels, b.level) && len(got) > 0 {
			near(t, "start", got[0].StartSeconds, float64(at), ends)
			near(t, "length", got[0].Seconds, float64(b.seconds), 2*ends)
			near(t, "level", got[0].Level, b.level, level)
			got = got[1:]
		}
		at += b.seconds
	}
	if len(got) > 0 {
		t.Errorf("%d intervals are not of the plan", len(got))
	}
}

func TestPowerIntervals(t *testing.T) {
	for name, tt := range map[string]struct {
		blocks []block
		want   string
		levels []float64
	}{
		"5 x 4 min":               {plan(one(900, 150), repeat(5, 240, 265, 120, 120), one(600, 140)), "5x4:00", []float64{265}},
		"2 x 20 min":              {plan(one(900, 150), repeat(2, 1200, 250, 300, 120), one(600, 130)), "2x20:00", []float64{250}},
		"4 x 8 min":               {plan(one(1200, 160), repeat(4, 480, 280, 240, 110), one(600, 150)), "4x8:00", []float64{280}},
		"3 sets of 13 x 30/15":    {plan(one(900, 150), repeat(13, 30, 350, 15, 175), one(180, 130), repeat(13, 30, 350, 15, 175), one(180, 130), repeat(13, 30, 350, 15, 175), one(600, 120)), "13x0:30 13x0:30 13x0:30", []float64{350}},
		"tempo, then minutes":     {plan(one(900, 140), repeat(3, 600, 230, 180, 120), repeat(5, 60, 350, 120, 120), one(600, 120)), "3x10:00 5x1:00", []float64{230, 350}},
		"a pyramid":               {plan(one(900, 150), repeat(1, 60, 300, 60, 130), repeat(1, 120, 300, 60, 130), repeat(1, 180, 300, 60, 130), repeat(1, 120, 300, 60, 130), repeat(1, 60, 300, 60, 130), one(600, 140)), "1x1:00 1x2:00 1x3:00 1x2:00 1x1:00", []float64{300}},
		"8 sprints":               {plan(one(1200, 170), repeat(8, 20, 600, 220, 150), one(900, 149)), "8x0:20", []float64{600}},
		"coasting between":        {plan(one(1800, 170), repeat(6, 180, 300, 150, 0), one(1800, 170)), "6x3:00", []float64{300}},
		"with a stop in the ride": {plan(one(1800, 170), one(900, 0), one(600, 180), repeat(5, 300, 290, 180, 150), one(900, 0), one(900, 150)), "5x5:00", []float64{290}},
		"over-unders":             {plan(one(900, 150), repeat(3, 540, 250, 300, 120), one(300, 120)), "3x9:00", []float64{250}},
		"with a hill on the way":  {plan(one(900, 150), one(420, 280), one(300, 120), repeat(5, 180, 300, 180, 130), one(300, 140)), "1x7:00 5x3:00", []float64{280, 300}},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				at, watts := played(seed, 20, tt.blocks) // outdoors
				got, err := PowerIntervals(at, watts)
				if err != nil || shape(got.Sets) != tt.want {
					t.Errorf("seed %d: %s, %v; want %s", seed, shape(got.Sets), err, tt.want)
				}
				at, watts = played(seed, 10, tt.blocks) // on a trainer
				got, err = PowerIntervals(at, watts)
				if err != nil || shape(got.Sets) != tt.want {
					t.Errorf("seed %d: %s, %v; want %s", seed, shape(got.Sets), err, tt.want)
					continue
				}
				holdToPlan(t, got.Sets, tt.blocks, 3, 15, tt.levels...)
			}
		})
	}
}

func TestNoIntervals(t *testing.T) {
	for name, one := range map[string]func(r *rand.Rand) []block{
		"steady": func(r *rand.Rand) []block { return one(3600+r.IntN(3600), 200) },
		"with lights": func(r *rand.Rand) (b []block) {
			for range 10 + r.IntN(20) {
				b = append(b, block{20 + r.IntN(600), 190 + 20*r.Float64()}, block{10 + r.IntN(80), 0})
			}
			return b
		},
		"hills": func(r *rand.Rand) (b []block) {
			for range 3 + r.IntN(25) {
				b = append(b, block{30 + r.IntN(900), 200 + 100*r.Float64()}, block{30 + r.IntN(600), 60 + 90*r.Float64()})
			}
			return b
		},
		"a progression": func(*rand.Rand) (b []block) {
			for i := range 60 {
				b = append(b, block{60, 120 + 3*float64(i)})
			}
			return b
		},
		"waves": func(r *rand.Rand) (b []block) {
			every := 60 + 600*r.Float64()
			for i := range 5400 {
				b = append(b, block{1, 200 + 60*math.Sin(2*math.Pi*float64(i)/every)})
			}
			return b
		},
		"one climb": func(*rand.Rand) []block { return plan(one(1800, 150), one(1500, 260), one(1800, 140)) },
	} {
		t.Run(name, func(t *testing.T) {
			found := 0 // one in 200 repeats itself by chance
			for seed := range uint64(200) {
				at, watts := played(seed, 25, one(rand.New(rand.NewPCG(seed, 3))))
				if got, err := PowerIntervals(at, watts); err == nil {
					found++
					t.Logf("seed %d: %s", seed, shape(got.Sets))
				} else {
					refused(t, name, err)
				}
			}
			if found > 1 {
				t.Errorf("%d of 200 have intervals", found)
			}
		})
	}
}

// alongWay makes the cumulative distance of speeds in m/s, second by second.
func alongWay(speed []float64) []float64 {
	d := make([]float64, len(speed))
	for i := 1; i < len(d); i++ {
		d[i] = d[i-1] + speed[i-1]
	}
	return d
}

// withoutStops takes out the samples of a device that stops by itself where nobody moves.
func withoutStops(t, speed, distance []float64) (at, d []float64) {
	for i := range t {
		if speed[i] > 0 || i == len(t)-1 {
			at, d = append(at, t[i]), append(d, distance[i])
		}
	}
	return at, d
}

func TestRunIntervals(t *testing.T) {
	for name, tt := range map[string]struct {
		blocks []block
		want   string
		levels []float64
	}{
		"5 x 1000 m":       {plan(one(900, 2.8), repeat(5, 240, 4.2, 90, 2.2), one(600, 2.7)), "5x4:00", []float64{4.2}},
		"10 x 400 m":       {plan(one(900, 2.8), repeat(10, 90, 4.5, 60, 0), one(600, 2.8)), "10x1:30", []float64{4.5}},
		"3 miles":          {plan(one(1200, 2.9), repeat(3, 420, 3.8, 120, 2.5), one(600, 2.9)), "3x7:00", []float64{3.8}},
		"8 strides":        {plan(one(1800, 2.9), repeat(8, 30, 5.5, 60, 2.0), one(300, 2.8)), "8x0:30", []float64{5.5}},
		"running, walking": {repeat(8, 240, 2.7, 60, 1.5), "8x4:00", []float64{2.7}},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				at, speed := played(seed, 0, tt.blocks)
				_, noise := played(seed, 0.2, one(len(at), 100))
				for i := range speed {
					if speed[i] > 0 {
						speed[i] += noise[i] - 100
					}
				}
				d := alongWay(speed)
				for what, found := range map[string]func() (Intervals, error){
					"as it was":       func() (Intervals, error) { return RunIntervals(at, d, nil) },
					"without stops":   func() (Intervals, error) { at, d := withoutStops(at, speed, d); return RunIntervals(at, d, nil) },
					"on level ground": func() (Intervals, error) { return RunIntervals(at, d, make([]float64, len(at))) },
				} {
					got, err := found()
					if err != nil || shape(got.Sets) != tt.want {
						t.Errorf("seed %d %s: %s, %v; want %s", seed, what, shape(got.Sets), err, tt.want)
						continue
					}
					holdToPlan(t, got.Sets, tt.blocks, 5, 0.3, tt.levels...)
				}
			}
		})
	}
	at, speed := played(1, 0.2, one(3600, 60))
	for i := range speed {
		speed[i] -= 57
	}
	_, err := RunIntervals(at, alongWay(speed), nil)
	refused(t, "a steady run", err)
}

// Efforts up a hill are equal to those on the level at the same cost.
func TestHillIntervals(t *testing.T) {
	blocks := plan(one(900, 2.8), repeat(6, 120, 2.8, 150, 2.0), one(600, 2.8))
	at, speed := played(1, 0, blocks)
	d := alongWay(speed)
	high := make([]float64, len(at))
	for i, begin := 1, 900; i < len(at); i++ {
		slope := 0.0
		if n := i - begin; n >= 0 && n < 6*270 {
			slope = map[bool]float64{true: 0.1, false: -0.112}[n%270 < 120]
		}
		high[i] = high[i-1] + slope*speed[i-1]
	}
	got, err := RunIntervals(at, d, high)
	if err != nil || shape(got.Sets) != "6x2:00" {
		t.Errorf("%s, %v", shape(got.Sets), err)
	}
}

// followed is what the heart does at a demand: it comes nearer to it by a thirtieth in each second.
func followed(demand []float64) []float64 {
	bpm := make([]float64, len(demand))
	at := demand[0]
	for i, d := range demand {
		at += (d - at) / 30
		bpm[i] = math.Round(at)
	}
	return bpm
}

func TestHeartIntervals(t *testing.T) {
	for name, tt := range map[string]struct {
		blocks []block
		want   string
		levels []float64
	}{
		"5 x 4 min":  {plan(one(900, 125), repeat(5, 240, 172, 120, 115), one(600, 120)), "5x4:00", []float64{172}},
		"3 x 10 min": {plan(one(900, 125), repeat(3, 600, 165, 180, 120), one(600, 120)), "3x10:00", []float64{165}},
	} {
		for seed := range uint64(20) {
			at, demand := played(seed, 4, tt.blocks)
			got, err := HeartIntervals(at, followed(demand))
			if err != nil || shape(got.Sets) != tt.want || got.Note == "" {
				t.Errorf("%s, seed %d: %s, %v", name, seed, shape(got.Sets), err)
				continue
			}
			holdToPlan(t, got.Sets, tt.blocks, 15, 12, tt.levels...)
		}
	}
	at, demand := played(1, 6, one(5400, 140))
	_, err := HeartIntervals(at, followed(demand))
	refused(t, "a steady ride", err)
}

// A length of a pool takes 25 s, and the distance is known at its end and at that of a rest.
func TestSwimIntervals(t *testing.T) {
	at, d := []float64{0}, []float64{math.NaN()}
	now, swum := 0.0, 0.0
	swim := func(lengths int, each, rest float64) {
		for range lengths {
			for range int(each) - 1 {
				now++
				at, d = append(at, now), append(d, math.NaN())
			}
			now++
			swum += 25
			at, d = append(at, now), append(d, swum)
		}
		now += rest
		at, d = append(at, now), append(d, swum)
	}
	swim(16, 30, 60)
	for range 8 {
		swim(4, 24, 20)
	}
	swim(8, 32, 0)
	got, err := SwimIntervals(at, d)
	if err != nil || len(got.Sets) == 0 {
		t.Fatal(err)
	}
	for _, set := range got.Sets {
		if len(set.Intervals) == 8 {
			near(t, "length", set.Seconds(), 96, 2)
			near(t, "rest", set.RestSeconds, 20, 2)
			near(t, "start", set.Intervals[0].StartSeconds, 540, 2)
			return
		}
	}
	t.Errorf("the sets are %s", shape(got.Sets))
}

// A sensor that fails for some seconds does not divide an effort, and one that fails for minutes invents none.
func TestIntervalsWithDropouts(t *testing.T) {
	blocks := plan(one(900, 150), repeat(5, 240, 265, 120, 120), one(600, 140))
	at, watts := played(1, 10, blocks)
	for _, from := range []int{1000, 1400, 1750} {
		for i := from; i < from+25; i++ {
			watts[i] = math.NaN()
		}
	}
	got, err := PowerIntervals(at, watts)
	if err != nil || shape(got.Sets) != "5x4:00" {
		t.Fatalf("%s, %v", shape(got.Sets), err)
	}
	holdToPlan(t, got.Sets, blocks, 3, 15, 265)
	if got.Coverage > 0.99 || got.Coverage < 0.9 {
		t.Errorf("the coverage is %v", got.Coverage)
	}
	at, watts = played(1, 10, one(3600, 200))
	for i := range watts {
		if i/300%2 == 1 {
			watts[i] = math.NaN()
		}
	}
	_, err = PowerIntervals(at, watts)
	refused(t, "a sensor that is away for minutes", err)
}

// At a light the rider stands, whether the device goes on or not.
func TestIntervalsWithPauses(t *testing.T) {
	blocks := plan(one(900, 150), one(90, 0), one(600, 160), repeat(4, 300, 280, 60, 0), one(600, 140), one(200, 0), one(300, 150))
	at, watts := played(1, 10, blocks)
	var dense, of []float64
	for i := range at {
		if watts[i] > 0 {
			dense, of = append(dense, at[i]), append(of, watts[i])
		}
	}
	for what, c := range map[string][2][]float64{"standing": {at, watts}, "stopped": {dense, of}} {
		got, err := PowerIntervals(c[0], c[1])
		if err != nil || shape(got.Sets) != "4x5:00" {
			t.Errorf("%s: %s, %v", what, shape(got.Sets), err)
			continue
		}
		holdToPlan(t, got.Sets, blocks, 3, 15, 280)
	}
}

// fuzzIntervals holds whatever is found to what intervals are.
func fuzzIntervals(t *testing.T, at, a, b, c []float64) {
	for what, found := range map[string]func() (Intervals, error){
		"power": func() (Intervals, error) { return PowerIntervals(at, b) },
		"heart": func() (Intervals, error) { return HeartIntervals(at, a) },
		"run":   func() (Intervals, error) { return RunIntervals(at, c, b) },
		"swim":  func() (Intervals, error) { return SwimIntervals(at, c) },
	} {
		got, err := found()
		if !soundError(t, what, err) {
			continue
		}
		end := at[0]
		for _, set := range got.Sets {
			allFinite(t, what, set.Seconds(), set.Level(), set.RestSeconds, set.RestLevel)
			for _, i := range set.Intervals {
				if i.StartSeconds < end || !(i.Seconds > 0) {
					t.Errorf("%s: an interval from %v on lasts %v s, and the one before ends at %v", what, i.StartSeconds, i.Seconds, end)
				}
				end = i.StartSeconds + i.Seconds
			}
		}
		if last := at[len(at)-1] + lastSeconds; len(got.Sets) == 0 || end > last || !(got.Coverage > 0 && got.Coverage <= 1) {
			t.Errorf("%s: %d sets end at %v of %v, coverage %v", what, len(got.Sets), end, last, got.Coverage)
		}
	}
}

// FuzzIntervals makes sessions of blocks, whose intervals do not overlap, lie in the session and are in order.
func FuzzIntervals(f *testing.F) {
	f.Add([]byte{90, 75, 24, 130, 12, 60, 24, 130, 12, 60, 24, 130, 12, 60}, uint8(10))
	f.Add([]byte{30, 0, 60, 125, 30, 0, 60, 125, 255, 255, 60, 125}, uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, noise uint8) {
		var blocks []block
		for ; len(data) >= 2 && len(blocks) < 60; data = data[2:] {
			blocks = append(blocks, block{10 * int(data[0]), 2 * float64(data[1])})
		}
		at, x := played(uint64(noise), float64(noise)/4, blocks)
		way := alongWay(x)
		for i := range way {
			way[i] /= 50
		}
		fuzzIntervals(t, at, x, x, way)
	})
}
