package series_test

import (
	"math"
	"slices"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/series"
)

// What FIT records as whole numbers comes back as the very same float.
func TestDeviceResolutionIsLossless(t *testing.T) {
	const n = 2000
	var s pierre.Series
	for i := range n {
		k := float64(i)
		s.Time = append(s.Time, k*0.999)
		s.Latitude = append(s.Latitude, float64(703400000+int64(i)*327%5000)*180/(1<<31))
		s.Longitude = append(s.Longitude, float64(-68350000-i*411%7777)*180/(1<<31))
		s.Altitude = append(s.Altitude, float64(180+i%40)/5)
		s.Distance = append(s.Distance, float64(i*317)/100)
		s.Speed = append(s.Speed, float64(3170+i%13)/1000)
		s.HeartRate = append(s.HeartRate, float64(120+i%60))
		s.Power = append(s.Power, float64(i*7919%900))
		s.Cadence = append(s.Cadence, float64(80*128+i%128)/128)
		s.Temperature = append(s.Temperature, float64(i%9)-4)
	}
	for i := range s.Time {
		s.Time[i] = math.Round(s.Time[i]*1000) / 1000
	}
	s.HeartRate[0], s.HeartRate[1], s.HeartRate[999], s.Power[n-1] = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	equal(t, roundTrip(t, s), s, 0)
}

// What is finer than the resolution is rounded to the nearest step, and no column drags another down.
func TestRounding(t *testing.T) {
	s := pierre.Series{
		Time:        []float64{0, 1.00049, 2},
		Latitude:    []float64{46.123456789012, -46.1, 0},
		Longitude:   []float64{-179.999999994, 180, 1e-9},
		Altitude:    []float64{1626.79998779, -3.14159, 8848.86},
		Distance:    []float64{0, 2.71828, 5.4},
		Speed:       []float64{2.71828, 0, 1},
		HeartRate:   []float64{61.7, 62, 63},
		Power:       []float64{201.255, 0, 2000},
		Cadence:     []float64{82.333, 0, 90},
		Temperature: []float64{-12.345, 21.5, 0},
	}
	got := roundTrip(t, s)
	for _, c := range []struct {
		name      string
		got, want []float64
		step      float64
	}{
		{"time", got.Time, s.Time, 0.001},
		{"latitude", got.Latitude, s.Latitude, 1e-8},
		{"longitude", got.Longitude, s.Longitude, 1e-8},
		{"altitude", got.Altitude, s.Altitude, 0.01},
		{"distance", got.Distance, s.Distance, 0.01},
		{"speed", got.Speed, s.Speed, 0.001},
		{"heart rate", got.HeartRate, s.HeartRate, 0.01},
		{"power", got.Power, s.Power, 0.01},
		{"cadence", got.Cadence, s.Cadence, 0.01},
		{"temperature", got.Temperature, s.Temperature, 0.01},
	} {
		for i := range c.want {
			if d := math.Abs(c.got[i] - c.want[i]); d > c.step/2*1.0001 {
				t.Errorf("%s[%d] = %v, want %v within half of %v", c.name, i, c.got[i], c.want[i], c.step)
			}
		}
	}
}

func TestGaps(t *testing.T) {
	nan := math.NaN()
	for name, hr := range map[string][]float64{
		"none":      {60, 61, 62, 63},
		"first":     {nan, nan, 62, 63},
		"last":      {60, 61, nan, nan},
		"alternate": {60, nan, 62, nan},
		"middle":    {60, nan, nan, 63},
		"one":       {nan, nan, nan, 63},
	} {
		t.Run(name, func(t *testing.T) {
			s := pierre.Series{Time: []float64{0, 1, 2, 3}, HeartRate: hr}
			equal(t, roundTrip(t, s), s, 0)
		})
	}
	t.Run("all", func(t *testing.T) {
		s := pierre.Series{Time: []float64{0, 1}, HeartRate: []float64{nan, nan}}
		if got := roundTrip(t, s); got.HeartRate != nil {
			t.Errorf("a column without a value came back as %v, want nil", got.HeartRate)
		}
	})
}

func newCodec(t testing.TB) *series.Codec {
	t.Helper()
	codec, err := series.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func TestEmpty(t *testing.T) {
	codec := newCodec(t)
	packed, err := codec.Encode(pierre.Series{})
	if err != nil || packed != nil {
		t.Errorf("Encode(nothing) = %v, %v", packed, err)
	}
	got, err := codec.Decode(nil)
	if err != nil || got.Time != nil {
		t.Errorf("Decode(nil) = %v, %v", got, err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	codec := newCodec(t)
	for name, s := range map[string]pierre.Series{
		"columns of different length": {Time: []float64{0, 1}, Power: []float64{1}},
		"a column without times":      {Power: []float64{1}},
		"a sample without a time":     {Time: []float64{0, math.NaN()}},
		"infinity":                    {Time: []float64{0}, Speed: []float64{math.Inf(1)}},
		"a value beyond whole floats": {Time: []float64{0}, Power: []float64{1e300}},
	} {
		if packed, err := codec.Encode(s); err == nil {
			t.Errorf("%s: Encode = %x, want an error", name, packed)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	codec := newCodec(t)
	good, err := codec.Encode(pierre.Series{Time: []float64{0, 1, 2}, Power: []float64{1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	for name, packed := range map[string][]byte{
		"a later version": append([]byte{99}, good[1:]...),
		"cut off":         good[:len(good)-4],
		"not compressed":  {1, 0xff, 0xff, 0xff},
	} {
		if s, err := codec.Decode(packed); err == nil {
			t.Errorf("%s: Decode = %v, want an error", name, s)
		}
	}
}

func FuzzDecode(f *testing.F) {
	codec := newCodec(f)
	for _, s := range []pierre.Series{
		{Time: []float64{0}},
		{Time: []float64{0, 1, 2.5}, HeartRate: []float64{math.NaN(), 100, 101}, Latitude: []float64{1, 2, 3}},
	} {
		packed, err := codec.Encode(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, packed []byte) {
		s, err := codec.Decode(packed)
		if err != nil {
			return
		}
		again, err := codec.Encode(s)
		if err != nil {
			return // a hostile blob may hold numbers that no recording does
		}
		got, err := codec.Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, s, 0.01)
	})
}

func roundTrip(t *testing.T, s pierre.Series) pierre.Series {
	t.Helper()
	codec := newCodec(t)
	packed, err := codec.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.Decode(packed)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func equal(t *testing.T, got, want pierre.Series, tolerance float64) {
	t.Helper()
	a, b := columns(got), columns(want)
	for i := range b {
		same := slices.EqualFunc(a[i], b[i], func(x, y float64) bool {
			return math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= tolerance
		})
		if !same && !(a[i] == nil && allNaN(b[i])) {
			t.Errorf("column %d = %v, want %v", i, a[i], b[i])
		}
	}
}

func allNaN(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return !math.IsNaN(v) })
}

func columns(s pierre.Series) [][]float64 {
	return [][]float64{
		s.Time, s.Latitude, s.Longitude, s.Altitude, s.Distance, s.Speed, s.HeartRate, s.Power, s.Cadence, s.Temperature,
	}
}
