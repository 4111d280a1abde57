//go:build !race

package fitness

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// sound fails unless a result is what the package promises: finite, with a method
// and a coverage in [0, 1], or else a reason.
func sound(t *testing.T, what string) func(Result, error) {
	return func(r Result, err error) {
		t.Helper()
		if err != nil {
			refused(t, what, err)
			return
		}
		if !finite(r.Value) || r.Method.Source() == "" || !(r.Coverage >= 0 && r.Coverage <= 1) {
			t.Errorf("%s = %+v", what, r)
		}
	}
}

// soundError reports whether there is a result, and fails on an error without a
// reason.
func soundError(t *testing.T, what string, err error) bool {
	t.Helper()
	if err != nil {
		refused(t, what, err)
	}
	return err == nil
}

func allFinite(t *testing.T, what string, x ...float64) {
	t.Helper()
	for _, v := range x {
		if !finite(v) {
			t.Errorf("%s holds %v", what, v)
			return
		}
	}
}

// columns makes hostile columns from bytes: mostly plausible values, with gaps,
// repeats, steps back and the edges of float64.
func columns(data []byte) (r struct{ t, a, b, c []float64 }) {
	nan, inf := math.NaN(), math.Inf(1)
	edges := []float64{nan, inf, -inf, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0, -1, 1e-9, 1e12}
	pick := func(v byte, scale float64) float64 {
		if v >= 246 {
			return edges[v-246]
		}
		return float64(v) * scale
	}
	at := 0.0
	for i := 0; i+4 <= len(data); i += 4 {
		step := data[i]
		switch {
		case step < 180:
			at++
		case step < 200:
			at += float64(step-180) / 10
		case step < 245:
			at += float64(step - 190)
		case step < 252:
			at += pick(step, 1)
		}
		r.t = append(r.t, at)
		r.a = append(r.a, pick(data[i+1], 1))
		r.b = append(r.b, pick(data[i+2], 4))
		r.c = append(r.c, pick(data[i+3], 0.1))
	}
	return r
}

// checkColumns gives hostile columns to everything that takes columns.
func checkColumns(t *testing.T, data []byte) {
	r := columns(data)
	fuzzHeartRate(t, r.t, r.a)
	fuzzPower(t, r.t, r.b)
	fuzzTrack(t, r.t, r.a, r.b, r.c)
	fuzzIntervals(t, r.t, r.a, r.b, r.c)
	sound(t, "decoupling")(Decoupling(r.t, r.b, r.a))
	sound(t, "drift")(CardiacDrift(r.t, r.b, r.a))
	fuzzDays(t, r.a)
}

func FuzzColumns(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 250, 250, 250, 0, 100, 100, 100, 244, 100, 100, 100, 190, 246, 247, 248})
	f.Add([]byte{251, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3})
	f.Add(bytes.Repeat([]byte{0, 140, 50, 30}, 60))
	f.Add([]byte("0\xfa00001000000070"))                    // an altitude beyond all slopes
	f.Add([]byte("\xfa000\xf900000000000"))                 // times beyond all recordings
	f.Add([]byte{251, 1, 2, 3, 251, 1, 2, 3, 251, 1, 2, 3}) // times that differ by next to nothing
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= 1<<14 {
			checkColumns(t, data)
		}
	})
}

// Long columns are too slow to fuzz, and what needs an hour of samples needs them.
func TestHostileColumns(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 4*r.IntN(5000))
		hostile := seed % 3 // from tame to wild
		for i := range data {
			switch {
			case i%4 == 0 && r.IntN(1000) >= int(hostile*hostile*100):
				data[i] = 0
			case r.IntN(100) >= int(hostile*20):
				data[i] = byte(90 + r.IntN(60))
			default:
				data[i] = byte(r.IntN(256))
			}
		}
		checkColumns(t, data)
	}
}

func fuzzHeartRate(t *testing.T, at, bpm []float64) {
	h, err := NewHeartRate(at, bpm)
	if !soundError(t, "heart rate", err) {
		return
	}
	r := HeartRateRange{RestBPM: 50, MaxBPM: 190}
	trimp, err := h.Banister(r, Female)
	sound(t, "Banister")(trimp, err)
	sound(t, "hrTSS")(HRTSS(trimp, 170, r, Female))
	sound(t, "Edwards")(h.Edwards(190))
	sound(t, "mean")(h.Mean())
	sound(t, "peak")(h.Peak())
	sound(t, "energy")(h.Energy(70, 40, Male))
	if trimp.Value < 0 || trimp.Value > h.Seconds()/60*0.86*math.Exp(1.92)+1e-6 {
		t.Errorf("TRIMP %v of %v s is out of range", trimp.Value, h.Seconds())
	}
	z, err := KarvonenZones(r)
	if err != nil {
		t.Fatal(err)
	}
	zt, err := h.TimeIn(z)
	if soundError(t, "zones", err) {
		near(t, "time in and under zones", total(zt.Seconds)+zt.Below, h.Seconds(), 1e-6*(1+h.Seconds()))
	}
	small, err := h.Histogram().HeartRate()
	if soundError(t, "histogram", err) {
		sound(t, "Banister of the histogram")(small.Banister(r, Male))
	}
}

func fuzzPower(t *testing.T, at, watts []float64) {
	p, err := NewPower(at, watts)
	if !soundError(t, "power", err) {
		return
	}
	np, err := p.Normalized()
	sound(t, "NP")(np, err)
	mean, err := p.Mean()
	sound(t, "mean")(mean, err)
	sound(t, "VI")(p.Variability())
	sound(t, "work")(p.Work())
	sound(t, "TSS")(TSS(p.Seconds(), np, 250))
	efforts := p.MeanMax(usualLengths())
	for i, e := range efforts {
		allFinite(t, "mean-max", e.Watts, e.StartSeconds)
		if e.Watts < -1e-9 || e.Watts > maxWatts+1e-6 || i > 0 && e.Watts > efforts[0].Watts+1e-6 {
			t.Errorf("mean-max = %+v", efforts)
		}
	}
	if cp, err := FitCriticalPower(efforts); soundError(t, "CP", err) {
		allFinite(t, "CP", cp.Watts, cp.WPrimeJ, cp.RSquared)
	}
	c := CriticalPower{Watts: 250, WPrimeJ: 20000}
	lowest, when, err := p.LowestWBalance(c)
	sound(t, "lowest W′")(lowest, err)
	allFinite(t, "time of the lowest W′", when)
	for _, left := range p.wBalance(c) {
		if !(left <= c.WPrimeJ+1e-6 && left >= lowest.Value) {
			t.Fatalf("W′ of %v J is out of range", left)
		}
	}
}

func fuzzTrack(t *testing.T, at, a, b, c []float64) {
	if d, err := TrackDistance(at, a, c, 12); soundError(t, "track", err) {
		last := 0.0
		for _, v := range d {
			if v < last || math.IsInf(v, 0) {
				t.Fatalf("distance %v after %v", v, last)
			}
			if v > 0 {
				last = v
			}
		}
	}
	distance := make([]float64, len(c))
	sum := 0.0
	for i, v := range c {
		if v < 10 {
			sum += v
		}
		distance[i] = sum
	}
	for _, d := range [][]float64{distance, b} {
		if efforts, err := BestEfforts(at, d, []float64{1, 100, 1000, Mile}); soundError(t, "best efforts", err) {
			for _, e := range efforts {
				allFinite(t, "best effort", e.Meters/e.Seconds, e.StartSeconds)
				if !(e.Seconds > 0) {
					t.Errorf("best effort = %+v", e)
				}
			}
		}
		if splits, _, err := Splits(at, d, a, 1000); soundError(t, "splits", err) {
			for _, s := range splits {
				allFinite(t, "split", s.StartSeconds, s.Speed(), s.Cost)
			}
		}
		if efforts, err := Farthest(at, d, []float64{1, 60, 3600}); soundError(t, "farthest", err) {
			for _, e := range efforts {
				allFinite(t, "farthest", e.Meters/e.Seconds, e.StartSeconds)
			}
		}
		if climbs, err := Climbs(at, d, b); soundError(t, "climbs", err) {
			for _, c := range climbs {
				allFinite(t, "climb", c.StartSeconds, c.StartMeters, c.Grade(), c.VAM())
			}
		}
		if r, err := NewGradedRun(at, d, a); soundError(t, "graded run", err) {
			sound(t, "GAP")(r.Speed())
			sound(t, "NGS")(r.Normalized())
		}
	}
	up, down, err := Ascent(at, b)
	sound(t, "ascent")(up, err)
	sound(t, "descent")(down, err)
	if up.Value < 0 || down.Value < 0 {
		t.Errorf("ascent %v, descent %v", up.Value, down.Value)
	}
	sound(t, "moving time")(MovingTime(at, c, WalkMoving))
	for _, n := range []int{0, 2, 3, 20} {
		for i, at := range Downsample(at, b, n) {
			if i >= n || at >= len(b) {
				t.Fatalf("sample %d of %d is %d", i, n, at)
			}
		}
	}
}

func fuzzDays(t *testing.T, a []float64) {
	sound(t, "observed maximum")(ObservedHRMax(a))
	if days, err := FormByDay(a, Form{}); soundError(t, "form", err) {
		for _, d := range days {
			allFinite(t, "form", d.Fitness, d.Fatigue, d.Balance)
		}
		_, _ = Ramp(days)
	}
	if w, err := Foster(a[:min(7, len(a))]); soundError(t, "Foster", err) {
		allFinite(t, "week", w.Monotony, w.Strain)
	}
	if w, err := AcuteChronicUncoupled(a); soundError(t, "ACWR", err) {
		allFinite(t, "ACWR", w.Acute, w.Chronic, w.Ratio)
	}
}

func FuzzNumbers(f *testing.F) {
	f.Add(5000.0, 1200.0, 50.0, 190.0)
	f.Add(250.0, 75.0, 30.0, 0.1)
	f.Add(math.NaN(), math.Inf(1), -1.0, 0.0)
	f.Add(math.MaxFloat64, math.SmallestNonzeroFloat64, -math.MaxFloat64, math.Inf(-1))
	f.Fuzz(func(t *testing.T, a, b, c, d float64) {
		s := func(r Result, err error) { t.Helper(); sound(t, "number")(r, err) }
		race, limits := Race{a, b}, HeartRateRange{c, d}
		given := Result{Value: a, Method: MethodBanisterTRIMP}
		s(VDOT(a, b))
		s(RaceTime(c, a))
		s(Riegel(race, c, RiegelExponent))
		s(Riegel(race, c, d))
		s(Cameron(race, c))
		s(BanisterOf(b, a, limits, Male))
		s(HRTSS(given, b, limits, Female))
		s(HRMaxTanaka(a))
		s(Intensity(given, b))
		s(TSS(b, given, c))
		s(RTSS(b, given, c))
		s(SwimTSS(b, given, c))
		s(TaperLoad(Form{Fitness: a, Fatigue: b}, int(c), b))
		s(EfficiencyOfPower(given, Result{Value: b}))
		s(EfficiencyOfSpeed(given, Result{Value: b}))
		for _, p := range TrainingPaces() {
			s(p.Speed(a))
		}
		for _, z := range []func() (Zones, error){
			func() (Zones, error) { return KarvonenZones(limits) },
			func() (Zones, error) { return PercentMaxZones(a) },
			func() (Zones, error) { return CogganPowerZones(a) },
		} {
			if z, err := z(); soundError(t, "zones", err) {
				for _, zone := range z.Zones {
					allFinite(t, "zone", zone.Low, zone.High)
				}
			}
		}
		if h := Haversine(a, b, c, d); finite(a+b+c+d) && !(h >= 0 && h <= math.Pi*EarthRadius+1) {
			t.Errorf("distance of %v m", h)
		}
	})
}

func FuzzDailyLoads(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0}, int64(1e9), int64(2e9))
	f.Fuzz(func(t *testing.T, data []byte, from, to int64) {
		var loads []DayLoad
		for ; len(data) >= 8; data = data[8:] {
			bits := binary.LittleEndian.Uint64(data)
			loads = append(loads, DayLoad{time.Unix(from+int64(bits%1e7), 0), math.Float64frombits(bits)})
		}
		daily, err := DailyLoads(loads, time.Unix(from, 0), time.Unix(to, 0))
		if !soundError(t, "daily loads", err) {
			return
		}
		if _, err := FormByDay(daily, Form{}); err != nil {
			if _, ok := errors.AsType[*UnavailableError](err); !ok {
				t.Error(err)
			}
		}
	})
}
