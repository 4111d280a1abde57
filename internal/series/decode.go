package series

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxBody bounds what a packed series may unpack to: every column's samples in their longest form, and runs.
const maxBody = maxSamples * 64

// Decode undoes [Encode].
func Decode(packed []byte) (pierre.Series, error) {
	var s pierre.Series
	if len(packed) == 0 {
		return s, nil
	}
	if packed[0] != version {
		return s, fmt.Errorf("packed samples have version %d, not %d", packed[0], version)
	}
	body, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed[1:])), maxBody))
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

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *reader) column(n int, isTime bool) []float64 {
	index, flags := r.byte(), r.byte()
	known := scales()
	if int(index) >= len(known) || flags > flagSecondOrder|flagGaps || isTime && flags&flagGaps != 0 {
		r.fail()
		return nil
	}
	values := make([]float64, n)
	if flags&flagGaps != 0 {
		r.gaps(values)
	}
	sc := known[index]
	var last, slope int64
	for i := range values {
		if math.IsNaN(values[i]) {
			continue
		}
		d := r.varint()
		if flags&flagSecondOrder != 0 {
			slope += d
			d = slope
		}
		last += d
		values[i] = float64(last) * sc.num / sc.den
	}
	return values
}

// gaps reads runs and puts NaN where a sample is absent.
func (r *reader) gaps(values []float64) {
	for present := true; len(values) > 0; present = !present {
		run := r.uvarint()
		if r.bad || run > uint64(len(values)) {
			r.fail()
			return
		}
		if !present {
			for i := range run {
				values[i] = math.NaN()
			}
		}
		values = values[run:]
	}
}
