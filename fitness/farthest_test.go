//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestFarthest(t *testing.T) {
	// 5 min at 3 m/s, 10 at 4, a rest of 2, 5 at 5.
	var at, d []float64
	now, sum := 0.0, 0.0
	for _, leg := range [][2]float64{{300, 3}, {600, 4}, {120, 0}, {300, 5}} {
		for range int(leg[0]) {
			at, d = append(at, now), append(d, sum)
			now, sum = now+1, sum+leg[1]
		}
	}
	at, d = append(at, now), append(d, sum)
	got, err := Farthest(at, d, []float64{0, 60, 300, 600, 720, 5000})
	if err != nil || len(got) != 4 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []BestEffort{{300, 60, 1020}, {1500, 300, 1020}, {2400, 600, 300}, {2760, 720, 180}} {
		if math.Abs(got[i].Meters-want.Meters) > 1e-6 || got[i].Seconds != want.Seconds || math.Abs(got[i].StartSeconds-want.StartSeconds) > 1 {
			t.Errorf("effort %d is %+v, want %+v", i, got[i], want)
		}
	}
	if _, err := Farthest(at, nil, []float64{60}); err == nil {
		t.Error("without a distance there are efforts")
	}
}

// The farthest in a time and the fastest over its distance are the same stretch.
func TestFarthestIsTheFastest(t *testing.T) {
	var at, d []float64
	sum := 0.0
	for i := range 4000 {
		x := float64(i)
		at, d = append(at, 2*x), append(d, sum)
		sum += 7 + 3*math.Sin(x/311) + 2*math.Sin(x/37)
	}
	far, err := Farthest(at, d, []float64{60, 305, 1201})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range far {
		fast, err := BestEfforts(at, d, []float64{f.Meters})
		if err != nil || len(fast) != 1 || math.Abs(fast[0].Seconds-f.Seconds) > 1e-6 {
			t.Errorf("%+v is over its distance %+v, %v", f, fast, err)
		}
	}
}

func TestMeanMaxOfHeartRate(t *testing.T) {
	var at, bpm []float64
	for i := range 1200 {
		v := 120.0
		if i >= 300 && i < 420 {
			v = 160
		}
		at, bpm = append(at, float64(i)), append(bpm, v)
	}
	h, err := NewHeartRate(at, bpm)
	if err != nil {
		t.Fatal(err)
	}
	got := h.MeanMax([]int{0, 60, 240, 1200, 1201})
	if len(got) != 3 || got[0] != (HeartEffort{60, 160}) || got[1].BPM != 140 || math.Abs(got[2].BPM-124) > 1e-9 {
		t.Errorf("the curve is %+v", got)
	}
}

// The time in zones follows from a distribution as from the samples, where the limits are whole steps.
func TestDistributions(t *testing.T) {
	var at, watts, speed, distance []float64
	sum := 0.0
	for i := range 3600 {
		at, watts = append(at, float64(i)), append(watts, math.Round(200+80*math.Sin(float64(i)/50)))
		speed = append(speed, 3+math.Sin(float64(i)/400))
		distance = append(distance, sum)
		sum += speed[i]
	}
	p, err := NewPower(at, watts)
	if err != nil {
		t.Fatal(err)
	}
	zones, err := CogganPowerZones(200)
	if err != nil {
		t.Fatal(err)
	}
	direct, err1 := p.TimeIn(zones)
	kept, err2 := p.Distribution().TimeIn(zones)
	for i := range direct.Seconds {
		if err1 != nil || err2 != nil || direct.Seconds[i] != kept.Seconds[i] || direct.Coverage != kept.Coverage {
			t.Errorf("zone %d has %v s, and by the distribution %v", i, direct.Seconds[i], kept.Seconds[i])
		}
	}
	run, err := NewGradedRun(at, distance, nil)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := run.Distribution().TimeIn(Zones{Zones: []Zone{{Low: 0, High: 3}, {Low: 3}}})
	want := 0.0
	for _, v := range speed {
		if v < 3 {
			want++
		}
	}
	if err != nil || math.Abs(slow.Seconds[0]-want) > 30 || math.Abs(slow.Seconds[0]+slow.Seconds[1]-3600) > 2 {
		t.Errorf("%v s are slower than 3 m/s, want %v: %v", slow.Seconds, want, err)
	}
	if _, err := (Distribution{}).TimeIn(zones); err == nil {
		t.Error("nothing has time in zones")
	}
}
