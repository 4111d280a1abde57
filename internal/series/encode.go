package series

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Encode packs s. A series without samples packs into nil. It is an error if
// the columns differ in length, a sample lacks its time or is out of range.
func Encode(s pierre.Series) ([]byte, error) {
	n := len(s.Time)
	if n > maxSamples {
		return nil, fmt.Errorf("%d samples are more than %d", n, maxSamples)
	}
	body := binary.AppendUvarint(nil, uint64(n))
	for id, c := range columns(&s) {
		if len(*c.values) == 0 {
			continue
		}
		if len(*c.values) != n {
			return nil, fmt.Errorf("column %d has %d samples, not %d", id, len(*c.values), n)
		}
		var err error
		if body, err = appendColumn(body, byte(id), c); err != nil {
			return nil, err
		}
	}
	if n == 0 {
		return nil, nil
	}
	out := bytes.NewBuffer([]byte{version})
	w, err := flate.NewWriter(out, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
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
	var flags byte
	first, second := appendDifferences(nil, ints, false), appendDifferences(nil, ints, true)
	if len(second) < len(first) {
		flags, first = flagSecondOrder, second
	}
	if gaps {
		flags |= flagGaps
	}
	body = append(body, id, index, flags)
	if gaps {
		body = appendRuns(body, *c.values)
	}
	return append(body, first...), nil
}

func appendDifferences(b []byte, ints []int64, second bool) []byte {
	var last, slope int64
	for _, v := range ints {
		d := v - last
		if second {
			d -= slope
			slope = v - last
		}
		b = binary.AppendVarint(b, d)
		last = v
	}
	return b
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
