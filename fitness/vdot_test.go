//go:build !race

package fitness

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// clock reads h:mm:ss or m:ss.
func clock(t *testing.T, s string) float64 {
	t.Helper()
	seconds := 0.0
	for part := range strings.SplitSeq(s, ":") {
		var n float64
		if _, err := fmt.Sscan(part, &n); err != nil {
			t.Fatal(err)
		}
		seconds = 60*seconds + n
	}
	return seconds
}

// raceTable is the race table of Daniels' Running Formula.
const raceTable = `
30 8:30 9:11 17:56 30:40 63:46 98:14 2:21:04 4:49:17
35 7:25 8:01 15:45 27:00 56:03 86:22 2:04:13 4:16:03
40 6:35 7:07 14:03 24:08 50:03 77:06 1:50:59 3:49:45
45 5:56 6:25 12:40 21:50 45:16 69:40 1:40:20 3:28:26
50 5:24 5:50 11:33 19:57 41:21 63:36 1:31:35 3:10:49
55 4:57 5:21 10:37 18:22 38:06 58:33 1:24:18 2:56:01
60 4:35 4:57 9:50 17:03 35:22 54:18 1:18:09 2:43:25
65 4:16 4:37 9:09 15:54 33:01 50:40 1:12:53 2:32:35
70 4:00 4:19 8:34 14:55 31:00 47:32 1:08:21 2:23:10
75 3:46 4:04 8:04 14:03 29:14 44:48 1:04:23 2:14:55
80 3:34 3:51 7:37 13:18 27:41 42:25 1:00:54 2:07:38
85 3:23 3:39 7:14 12:37 26:19 40:17 57:50 2:01:10`

func TestRaceTimesMatchThePublishedTable(t *testing.T) {
	distances := []float64{1500, Mile, 3000, 5000, 10000, 15000, HalfMarathon, Marathon}
	for line := range strings.SplitSeq(strings.TrimSpace(raceTable), "\n") {
		cells := strings.Fields(line)
		vdot := clock(t, cells[0])
		for i, meters := range distances {
			want := clock(t, cells[i+1])
			near(t, fmt.Sprintf("%v m at VDOT %v", meters, vdot), value(t)(RaceTime(vdot, meters)), want, 0.003*want)
			near(t, fmt.Sprintf("VDOT of %s over %v m", cells[i+1], meters), value(t)(VDOT(meters, want)), vdot, 0.3)
		}
	}
}

func TestVDOT(t *testing.T) {
	for _, c := range []struct {
		meters float64
		time   string
		want   float64
	}{
		{5000, "20:00", 49.81},
		{10000, "40:00", 51.94},
		{HalfMarathon, "1:30:00", 50.98},
		{Marathon, "3:00:00", 53.53},
		{1500, "5:00", 54.46},
		{10000, "39:32", 52.66},
		{15000, "1:07:48", 46.40},
	} {
		near(t, fmt.Sprintf("VDOT of %s over %v m", c.time, c.meters), value(t)(VDOT(c.meters, clock(t, c.time))), c.want, 0.01)
	}
}

func TestRaceTimesOfVDOT464(t *testing.T) {
	for meters, want := range map[float64]string{
		1500: "5:46.1", Mile: "6:14.0", 3000: "12:19.9", 5000: "21:15.1", 10000: "44:03.9",
		HalfMarathon: "1:37:36.7", Marathon: "3:22:58.7",
	} {
		near(t, fmt.Sprintf("%v m", meters), value(t)(RaceTime(46.4, meters)), clock(t, want), 2)
	}
}

func TestTrainingPaces(t *testing.T) {
	const e, m, th, in, km = PaceEasy, PaceMarathon, PaceThreshold, PaceInterval, 1000.0
	for _, c := range []struct {
		vdot   float64
		pace   TrainingPace
		meters float64
		want   string
	}{
		{38, e, Mile, "10:35"},
		{38, m, Mile, "9:08"},
		{38, th, Mile, "8:33"},
		{52.66, e, Mile, "8:11"},
		{52.66, e, km, "5:05"},
		{52.66, m, Mile, "6:58"},
		{52.66, m, km, "4:20"},
		{52.66, th, Mile, "6:34"},
		{52.66, th, km, "4:05"},
		{52.66, in, Mile, "6:02"},
		{52.66, in, km, "3:45"},
		{59, e, Mile, "7:28"},
		{59, m, Mile, "6:19"},
		{59, th, Mile, "5:59"},
		{59, in, 400, "1:22"},
		{59, in, km, "3:25"},
		{30, e, Mile, "12:44"},
		{40, e, Mile, "10:11"},
		{50, e, Mile, "8:32"},
		{60, e, Mile, "7:22"},
		{70, e, Mile, "6:30"},
		{30, th, km, "6:24"},
		{40, th, km, "5:06"},
		{50, th, km, "4:15"},
		{60, th, km, "3:40"},
		{70, th, km, "3:14"},
		{30, in, 400, "2:22"},
		{40, in, 400, "1:53"},
		{50, in, 400, "1:34"},
		{60, in, 400, "1:21"},
		{70, in, 400, "1:12"},
	} {
		near(t, fmt.Sprintf("VDOT %v, %s per %v m", c.vdot, c.pace, c.meters), c.meters/value(t)(c.pace.Speed(c.vdot)), clock(t, c.want), 1.5)
	}
}

func TestTrainingPacesRise(t *testing.T) {
	for vdot := 30.0; vdot <= 85; vdot += 5 {
		last := 0.0
		for _, p := range TrainingPaces() {
			speed := value(t)(p.Speed(vdot))
			if speed <= last {
				t.Errorf("VDOT %v: %s at %v m/s is not faster than the one before", vdot, p, speed)
			}
			last = speed
		}
		near(t, "repetition", 400/last, 400/value(t)(PaceInterval.Speed(vdot))-6, 1e-9)
	}
	_, err := TrainingPace("sprint").Speed(50)
	refused(t, "a pace that is none", err)
}

func TestVDOTRefusesAndNotes(t *testing.T) {
	for name, race := range map[string]Race{
		"a sprint":     {100, 10},
		"a day":        {100000, 86400},
		"a walk":       {5000, 9000},
		"a bicycle":    {5000, 400},
		"no time":      {5000, math.NaN()},
		"not possible": {5000, -1},
	} {
		_, err := VDOT(race.Meters, race.Seconds)
		refused(t, name, err)
	}
	if slow, err := VDOT(Marathon, 5*3600); err != nil || slow.Note == "" {
		t.Errorf("VDOT of a 5 h marathon = %+v, %v; want a note", slow, err)
	}
	_, err := RaceTime(300, 5000)
	refused(t, "VDOT 300", err)
	_, err = PaceEasy.Speed(math.Inf(1))
	refused(t, "VDOT infinite", err)
}
