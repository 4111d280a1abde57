package series

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/bits"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Encode packs s. A series without samples packs into nil. It is an error if
// the columns differ in length, a sample lacks its time or is out of range.
func (c *Codec) Encode(s pierre.Series) ([]byte, error) {
	n := len(s.Time)
	if n > maxSamples {
		return nil, fmt.Errorf("%d samples are more than %d", n, maxSamples)
	}
	body := binary.AppendUvarint(nil, uint64(n))
	for id, col := range columns(&s) {
		if len(*col.values) == 0 {
			continue
		}
		if len(*col.values) != n {
			return nil, fmt.Errorf("column %d has %d samples, not %d", id, len(*col.values), n)
		}
		var err error
		if body, err = appendColumn(body, byte(id), col); err != nil {
			return nil, err
		}
	}
	if n == 0 {
		return nil, nil
	}
	return c.enc.EncodeAll(body, []byte{version}), nil
}

func appendColumn(body []byte, id byte, c column) ([]byte, error) {
	ints, index, err := c.integers()
	if err != nil {
		return nil, err
	}
	if len(ints) == 0 {
		return body, nil
	}
	gaps := len(ints) < len(*c.values)
	if gaps && id == 0 {
		return nil, fmt.Errorf("a sample has no time")
	}
	second := bytesOf(ints, true) < bytesOf(ints, false)
	var flags byte
	if second {
		flags |= flagSecondOrder
	}
	if gaps {
		flags |= flagGaps
	}
	body = append(body, id, index, flags)
	if gaps {
		body = appendRuns(body, *c.values)
	}
	for d := range differences(ints, second) {
		body = binary.AppendVarint(body, d)
	}
	return body, nil
}

// differences yields what a column keeps of its integers.
func differences(ints []int64, second bool) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		var last, slope int64
		for _, v := range ints {
			d := v - last
			last = v
			if second {
				d, slope = d-slope, d
			}
			if !yield(d) {
				return
			}
		}
	}
}

// bytesOf returns how long the differences are as varints.
func bytesOf(ints []int64, second bool) int {
	n := 0
	for d := range differences(ints, second) {
		zigzag := uint64(d<<1) ^ uint64(d>>63)
		n += (bits.Len64(zigzag|1) + 6) / 7
	}
	return n
}

func appendRuns(b []byte, values []float64) []byte {
	present, run := true, uint64(0)
	for _, v := range values {
		if math.IsNaN(v) == present {
			b = binary.AppendUvarint(b, run)
			present, run = !present, 0
		}
		run++
	}
	return binary.AppendUvarint(b, run)
}
