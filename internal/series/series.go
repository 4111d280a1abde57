// Package series packs an activity's sample columns into a few bytes per
// sample for the database, and unpacks them. It owns the format; it knows
// nothing of the database or of files.
//
// # Format, version 1
//
// The first byte is the version, the rest a Zstandard frame (RFC 8878) of:
//
//	uvarint  number of samples n
//	columns  until the end, in the order of the table below, time first:
//	  byte     column
//	  byte     scale: a sample is integer × numerator ÷ denominator
//	  byte     flags: 1 second-order differences, 2 gaps
//	  uvarint… with gaps: lengths of alternating runs of present and absent
//	           samples, present first, that add up to n
//	  varint…  per present sample: the difference to the one before (or the
//	           difference of that difference), zigzag, base 128 as in
//	           encoding/binary
//
// # Resolution
//
// For each column the encoder takes the first scale of its list in which every
// sample is a whole number, to a millionth of a step. So what FIT records comes
// back as it was: positions in semicircles of 180/2³¹°, altitude in 1/5 m,
// distance in 1/100 m, speed and time in 1/1000, heart rate, power, cadence
// and temperature in whole units, or cadence with its fraction of 1/128. What
// fits no scale, as GPX decimals may, is rounded to the last of the list:
// time 0.001 s, position 10⁻⁸° (1 mm), altitude and distance 0.01 m, speed
// 0.001 m/s, heart rate, power, cadence and temperature 0.01.
package series

import (
	"errors"
	"fmt"
	"math"

	"github.com/klauspost/compress/zstd"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	version    = 1
	maxSamples = 1 << 22 // 48 days at 1 Hz
	maxInteger = 1 << 53 // beyond it float64 has gaps
	maxBody    = maxSamples * 64
)

// A Codec packs and unpacks series. It holds the buffers of the compression and
// is safe for concurrent use.
type Codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// NewCodec returns a codec.
func NewCodec() (*Codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBody))
	return &Codec{enc, dec}, err
}

// The flags of a column.
const (
	flagSecondOrder = 1 << iota
	flagGaps
)

var errCorrupt = errors.New("packed samples are corrupt")

// A scale turns integers into samples.
type scale struct{ num, den float64 }

// scales are all that the format knows; a column stores an index into them.
func scales() [9]scale {
	return [...]scale{
		unit:       {1, 1},
		half:       {1, 2},
		fifth:      {1, 5},
		tenth:      {1, 10},
		hundredth:  {1, 100},
		thousandth: {1, 1000},
		per128:     {1, 128},
		micro10:    {1, 1e8},
		semicircle: {180, 1 << 31},
	}
}

const (
	unit = iota
	half
	fifth
	tenth
	hundredth
	thousandth
	per128
	micro10
	semicircle
)

// columns are the columns of s in the format's order, each with its scales, the preferred first.
func columns(s *pierre.Series) []column {
	return []column{
		{&s.Time, []byte{unit, thousandth}},
		{&s.Latitude, []byte{semicircle, micro10}},
		{&s.Longitude, []byte{semicircle, micro10}},
		{&s.Altitude, []byte{unit, fifth, tenth, hundredth}},
		{&s.Distance, []byte{unit, hundredth}},
		{&s.Speed, []byte{thousandth}},
		{&s.HeartRate, []byte{unit, hundredth}},
		{&s.Power, []byte{unit, hundredth}},
		{&s.Cadence, []byte{unit, half, per128, hundredth}},
		{&s.Temperature, []byte{unit, tenth, hundredth}},
	}
}

type column struct {
	values *[]float64
	scales []byte
}

// integers returns the present samples of values as multiples of the first scale that fits, and that scale.
func (c column) integers() (ints []int64, index byte, err error) {
	ints = make([]int64, 0, len(*c.values))
	for _, index = range c.scales {
		sc, fits := scales()[index], true
		ints = ints[:0]
		for _, v := range *c.values {
			if math.IsNaN(v) {
				continue
			}
			x := v / sc.num * sc.den
			if !(math.Abs(x) <= maxInteger) {
				return nil, 0, fmt.Errorf("sample %g is out of range", v)
			}
			r := math.RoundToEven(x)
			if fits = fits && math.Abs(x-r) <= 1e-6; !fits && index != c.scales[len(c.scales)-1] {
				break
			}
			ints = append(ints, int64(r))
		}
		if fits {
			break
		}
	}
	return ints, index, nil
}
