package training

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// A coder writes values into bytes, or reads them back: what is coded is described once for both. Numbers of up to two
// decimals, which most are, take one to three bytes, and all others come back bit by bit, too.
type coder struct {
	reads bool
	b     []byte // written, or left to read
	bad   bool   // what is read was not written by a coder
}

var errBadDigest = errors.New("the digest is damaged")

// err reports whether all was read, and nothing else.
func (c *coder) err() error {
	if c.bad || c.reads && len(c.b) > 0 {
		return errBadDigest
	}
	return nil
}

func (c *coder) fail() { c.bad, c.b = true, nil }

func (c *coder) uint(v *uint64) {
	if !c.reads {
		c.b = binary.AppendUvarint(c.b, *v)
		return
	}
	u, n := binary.Uvarint(c.b)
	if n <= 0 {
		*v = 0
		c.fail()
		return
	}
	*v, c.b = u, c.b[n:]
}

func (c *coder) int(v *int64) {
	u := uint64(*v)<<1 ^ uint64(*v>>63) // zigzag
	c.uint(&u)
	*v = int64(u>>1) ^ -int64(u&1)
}

func (c *coder) flag(v *bool) {
	u := uint64(0)
	if *v {
		u = 1
	}
	c.uint(&u)
	if *v = u == 1; u > 1 {
		c.fail()
	}
}

const (
	hundredths = 100
	mostWhole  = 1 << 50
)

// float writes hundredths as whole numbers, and what is no whole number of them as it is.
func (c *coder) float(v *float64) {
	whole := math.Round(*v * hundredths)
	exact := !c.reads && math.Abs(whole) < mostWhole && math.Float64bits(whole/hundredths) == math.Float64bits(*v) && (whole != 0 || !math.Signbit(*v))
	c.whole(&exact, &whole)
	if exact {
		*v = whole / hundredths
		return
	}
	if !c.reads {
		c.b = binary.LittleEndian.AppendUint64(c.b, math.Float64bits(*v))
		return
	}
	if len(c.b) < 8 {
		*v = 0
		c.fail()
		return
	}
	*v, c.b = math.Float64frombits(binary.LittleEndian.Uint64(c.b)), c.b[8:]
}

// whole codes whether a number is whole, and the number if it is, in one.
func (c *coder) whole(exact *bool, number *float64) {
	u := uint64(0)
	if *exact {
		n := int64(*number)
		u = (uint64(n)<<1 ^ uint64(n>>63)) + 1
	}
	c.uint(&u)
	if c.reads {
		if *exact = u > 0; *exact {
			u--
			*number = float64(int64(u>>1) ^ -int64(u&1))
		}
	}
}

// words codes a text of any kind.
func words[S ~string](c *coder, v *S) {
	n := uint64(len(*v))
	c.uint(&n)
	if !c.reads {
		c.b = append(c.b, *v...)
		return
	}
	if n > uint64(len(c.b)) {
		*v = ""
		c.fail()
		return
	}
	*v, c.b = S(c.b[:n]), c.b[n:]
}

func (c *coder) instant(v *time.Time) {
	us := v.UnixMicro()
	c.int(&us)
	*v = time.UnixMicro(us).UTC()
}

// optional codes what may be nil.
func optional[T any](c *coder, v **T, each func(*T)) {
	has := *v != nil
	if c.flag(&has); !has {
		*v = nil
		return
	}
	if c.reads {
		*v = new(T)
	}
	each(*v)
}

// list codes a list, of which nil comes back as nil and an empty one, too.
func list[T any](c *coder, v *[]T, each func(*T)) {
	n := uint64(len(*v))
	c.uint(&n)
	if c.reads {
		if *v = nil; n > uint64(len(c.b)) { // each entry takes at least a byte
			c.fail()
			return
		}
		if n > 0 {
			*v = make([]T, n)
		}
	}
	for i := range *v {
		each(&(*v)[i])
	}
}
