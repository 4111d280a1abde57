package series

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Decode undoes [Codec.Encode].
func (c *Codec) Decode(packed []byte) (pierre.Series, error) {
	var s pierre.Series
	if len(packed) == 0 {
		return s, nil
	}
	if packed[0] != version {
		return s, fmt.Errorf("packed samples have version %d, not %d", packed[0], version)
	}
	body, err := c.dec.DecodeAll(packed[1:], nil)
	if err != nil {
		return s, fmt.Errorf("unpacking samples: %w", err)
	}
	r := reader{body: body}
	n := r.uvarint()
	// Every sample has a time of at least one byte, so n is bounded by what is there.
	if n == 0 || n > maxSamples || n > uint64(len(r.body)) {
		return s, errCorrupt
	}
	cols := columns(&s)
	for next := 0; len(r.body) > 0; next++ {
		id := int(r.byte())
		if id < next || id >= len(cols) || next == 0 && id != 0 {
			return pierre.Series{}, errCorrupt
		}
		next = id
		*cols[id].values = r.column(int(n), id == 0)
	}
	if r.bad {
		return pierre.Series{}, errCorrupt
	}
	return s, nil
}

// A reader takes values off the front of body, and remembers if they were bad.
type reader struct {
	body []byte
	bad  bool
}

func (r *reader) fail() { r.bad, r.body = true, nil }

func (r *reader) byte() byte {
	if len(r.body) == 0 {
		r.fail()
		return 0
	}
	b := r.body[0]
	r.body = r.body[1:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.body)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.body = r.body[n:]
	return v
}

func (r *reader) column(n int, isTime bool) []float64 {
	index, flags := r.byte(), r.byte()
	known := scales()
	if int(index) >= len(known) || flags > flagSecondOrder|flagGaps || isTime && flags&flagGaps != 0 {
		r.fail()
		return nil
	}
	values := make([]float64, n)
	p := present{scale: known[index], second: flags&flagSecondOrder != 0}
	if flags&flagGaps == 0 {
		r.values(values, &p)
		return values
	}
	left := values
	runs, err := r.runs(n)
	if err != nil {
		r.fail()
		return nil
	}
	for i, run := range runs {
		if i%2 == 0 {
			r.values(left[:run], &p)
		} else {
			absent(left[:run])
		}
		left = left[run:]
	}
	return values
}

// A present is where the reading of a column's present samples stands.
type present struct {
	scale       scale
	second      bool
	last, slope int64
}

// values reads one sample into each of values.
func (r *reader) values(values []float64, p *present) {
	body, last, slope := r.body, p.last, p.slope
	for i := range values {
		var u uint64
		if len(body) > 0 && body[0] < 0x80 { // most are short
			u, body = uint64(body[0]), body[1:]
		} else {
			var n int
			if u, n = binary.Uvarint(body); n <= 0 {
				r.fail()
				return
			}
			body = body[n:]
		}
		d := int64(u>>1) ^ -int64(u&1)
		if p.second {
			slope += d
			d = slope
		}
		last += d
		values[i] = float64(last) * p.scale.num / p.scale.den
	}
	r.body, p.last, p.slope = body, last, slope
}

// runs reads the lengths of alternating runs that add up to n.
func (r *reader) runs(n int) ([]int, error) {
	var runs []int
	for n > 0 {
		run := r.uvarint()
		if r.bad || run > uint64(n) {
			return nil, errCorrupt
		}
		runs = append(runs, int(run))
		n -= int(run)
	}
	return runs, nil
}

func absent(values []float64) {
	for i := range values {
		values[i] = math.NaN()
	}
}
