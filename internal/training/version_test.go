//go:build !race

package training

import (
	"hash/crc32"
	"math"
	"runtime"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The version is a checksum over the specimens' digests, so these must have all that a digest can hold.
func TestSpecimensExerciseEveryPart(t *testing.T) {
	climbs, beyond, steady, graded := 0, 0, false, false
	lengths, distances, notes := map[float64]bool{}, map[float64]bool{}, map[bool]bool{}
	for i, rec := range specimens() {
		d := newDigest(rec)
		if d.HeartRate == nil || d.PeakHR == 0 || d.Power == nil || d.HeartRate.Recorded == 0 || d.Power.Coverage >= 1 ||
			len(d.HeartBest) == 0 || len(d.Fast) == 0 || len(d.Far) == 0 || d.Moving == 0 || len(d.detail) == 0 {
			t.Fatalf("the digest of specimen %d lacks something: %+v", i, d)
		}
		notes[d.Power.Note != ""] = true
		climbs, beyond = max(climbs, len(d.Climbs)), beyond+ClimbsOf(rec).Impossible
		steady, graded = steady || d.Steady != nil, graded || d.Graded != nil
		for _, e := range d.Power.Best {
			lengths[e.Seconds] = true
		}
		for _, e := range d.Efforts {
			distances[e.Meters] = true
		}
	}
	if len(lengths) < len(bestSeconds()) || len(distances) != len(raceDistances()) || len(notes) != 2 || climbs < 6 || beyond == 0 || !steady || !graded {
		t.Errorf("the specimens have %d lengths, %d distances, %d kinds of note, %d climbs, %d beyond belief, steady: %v, graded: %v",
			len(lengths), len(distances), len(notes), climbs, beyond, steady, graded)
	}
}

// Whoever changes how digests come out must change their version.
func TestDigestVersion(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors may multiply and add in one step, which rounds otherwise")
	}
	if now := checksum(specimens(), newDigest); now != digestVersion {
		t.Errorf("digests come out otherwise: set digestVersion to %d", now)
	}
}

// Every number of a digest counts in the version. One specimen shows it as well as all of them.
func TestDigestVersionFollowsTheFormulas(t *testing.T) {
	one := specimens()[4:5]
	version := checksum(one, newDigest)
	const slightly = 1 + 1e-9
	for name, change := range map[string]func(*digest){
		"peak":        func(d *digest) { d.PeakHR *= slightly },
		"histogram":   func(d *digest) { d.HeartRate.Seconds[3] += 0.1 },
		"recorded":    func(d *digest) { d.HeartRate.Recorded *= slightly },
		"normalized":  func(d *digest) { d.Power.Normalized *= slightly },
		"seconds":     func(d *digest) { d.Power.Seconds++ },
		"coverage":    func(d *digest) { d.Power.Coverage *= slightly },
		"note":        func(d *digest) { d.Power.Note += "." },
		"best":        func(d *digest) { d.Power.Best[0].Watts *= slightly },
		"no efforts":  func(d *digest) { d.Efforts = nil },
		"heart":       func(d *digest) { d.HeartBest[0].BPM *= slightly },
		"fast":        func(d *digest) { d.Fast[0].Seconds *= slightly },
		"far":         func(d *digest) { d.Far[0].Meters *= slightly },
		"moving":      func(d *digest) { d.Moving *= slightly },
		"detail":      func(d *digest) { d.detail[detailPower].Seconds[3]++ },
		"another one": func(d *digest) { d.Efforts = append(d.Efforts, Stretch{Meters: 800, Seconds: 150}) },
	} {
		changed := checksum(one, func(rec pierre.Recording) digest {
			d := newDigest(rec)
			change(&d)
			return d
		})
		if changed == version {
			t.Errorf("another %s does not change the version", name)
		}
	}
}

// checksum is what digestVersion must be for digests that compute makes of recs.
func checksum(recs []pierre.Recording, compute func(pierre.Recording) digest) int {
	sum := crc32.NewIEEE()
	for _, rec := range recs {
		data, detail := digestedActivity{rec.Activity, compute(rec)}.encode()
		sum.Write(data)
		sum.Write(detail)
	}
	return int(sum.Sum32() >> 1) // 31 bits, which every database's integer holds
}

// specimens are recordings in which everything happens that a formula behind a digest treats by a rule of its own.
func specimens() []pierre.Recording {
	recs := []pierre.Recording{
		specimen(pierre.SportRide, 5400, 1, 0), // dense, with spikes, dropouts and pauses
		specimen(pierre.SportRide, 150, 7, 2),  // sparse, shorter than 20 minutes
		specimen(pierre.SportRun, 14_000, 1, 4),
		specimen(pierre.SportRun, 4000, 3, 5),
		specimen(pierre.SportRun, 600, 29, 6),
		specimen(pierre.SportRide, 8000, 1, 7),
	}
	recs[3].Series.Distance = nil // only a track
	for i, meters := range recs[5].Series.Distance {
		recs[5].Series.Altitude[i] = hills(meters)
	}
	return recs
}

// hills are a lift, more climbs than are kept, and one among them that is lower and steeper.
func hills(meters float64) float64 {
	ups := [...]struct{ meters, gain float64 }{{500, 400}, {1200, 120}, {1200, 125}, {1200, 130}, {600, 105}, {1200, 135}, {1200, 140}, {1200, 145}}
	const apart = 2500
	up, at := ups[int(meters/apart)%len(ups)], math.Mod(meters, apart)
	return 500 + up.gain*min(at/up.meters, (apart-at)/(apart-up.meters))
}

// specimen makes a recording of some samples, seconds apart. Its values depend on nothing but the arguments.
func specimen(sport pierre.Sport, samples, apart int, phase float64) pierre.Recording {
	rec := pierre.Recording{Activity: pierre.Activity{Sport: sport}}
	s, at, meters := &rec.Series, 0.0, 0.0
	for i := range samples {
		x := float64(i) + phase
		swing := math.Sin(x/97) + math.Sin(x/13)/3
		heart, power, speed := 142+25*swing, 190+90*swing, 3.3+0.9*swing
		switch {
		case i%701 == 0: // a spike
			heart, power = 239, 2400
		case i%103 < 12: // a dropout
			heart, power = math.NaN(), math.NaN()
		case i%311 == 5: // values beyond belief
			heart, power = 3, 9000
		}
		if i > 0 {
			at += float64(apart)
			if i%997 == 0 {
				at += 240 // a pause
			}
			meters += speed * float64(apart)
		}
		s.Time, s.HeartRate, s.Power = append(s.Time, at), append(s.HeartRate, heart), append(s.Power, power)
		s.Distance = append(s.Distance, meters)
		s.Altitude = append(s.Altitude, 400+150*math.Sin(meters/4000)+5*math.Sin(meters/90))
		s.Latitude, s.Longitude = append(s.Latitude, 45+meters/111_195), append(s.Longitude, 7.5)
	}
	return rec
}
