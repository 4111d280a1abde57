//go:build !race

package fitness

import (
	"math"
	"testing"
)

// fourHours is a long ride or run at 1 Hz.
func fourHours() (r struct{ t, watts, bpm, distance, altitude []float64 }) {
	const n = 4 * 3600
	for i := range n {
		s := float64(i)
		r.t = append(r.t, s)
		r.watts = append(r.watts, 200+100*math.Sin(s/30)+50*math.Sin(s/700))
		r.bpm = append(r.bpm, math.Round(145+15*math.Sin(s/60)))
		r.distance = append(r.distance, 3*s+20*math.Sin(s/50))
		r.altitude = append(r.altitude, 300+80*math.Sin(s/600))
	}
	return r
}

func BenchmarkFourHours(b *testing.B) {
	r := fourHours()
	p, err := NewPower(r.t, r.watts)
	if err != nil {
		b.Fatal(err)
	}
	h, err := NewHeartRate(r.t, r.bpm)
	if err != nil {
		b.Fatal(err)
	}
	c := CriticalPower{Watts: 230, WPrimeJ: 20000}
	for _, bench := range []struct {
		name string
		run  func() error
	}{
		{"Resample", func() error { _, err := NewPower(r.t, r.watts); return err }},
		{"Normalized", func() error { _, err := p.Normalized(); return err }},
		{"MeanMax", func() error { p.MeanMax(usualLengths()); return nil }},
		{"WBalance", func() error { _, _, err := p.LowestWBalance(c); return err }},
		{"BestEfforts", func() error {
			_, err := BestEfforts(r.t, r.distance, []float64{400, 1000, Mile, 5000, 10000, HalfMarathon, 30000, Marathon})
			return err
		}},
		{"GradedRun", func() error { _, err := NewGradedRun(r.t, r.distance, r.altitude); return err }},
		{"HeartRate", func() error { _, err := NewHeartRate(r.t, r.bpm); return err }},
		{"Banister", func() error { _, err := h.Banister(HeartRateRange{50, 190}, Male); return err }},
		{"Downsample", func() error { Downsample(r.t, r.watts, 200); return nil }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
