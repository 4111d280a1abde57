package training

import (
	"encoding/json"
	"hash/crc32"
	"math"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// digestVersion names how digests come out. It is a checksum over the digests of some made-up recordings, so
// that whoever changes a formula cannot forget to change it: digests that were kept under another version are
// computed again.
func digestVersion(compute func(pierre.Recording) digest) int {
	sum := crc32.NewIEEE()
	for _, rec := range specimens() {
		b, err := json.Marshal(compute(rec))
		if err != nil {
			b = []byte(err.Error())
		}
		sum.Write(b)
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
	}
	recs[3].Series.Distance = nil // only a track
	return recs
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
		s.Latitude, s.Longitude = append(s.Latitude, 45+meters/111_195), append(s.Longitude, 7.5)
	}
	return rec
}
