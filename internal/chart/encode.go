package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
)

// encode writes an opaque picture as a PNG with a palette, which takes a quarter of the bytes and of the time of one without: a
// chart has few colours, which it keeps as they are, and the shades at their edges, of which it keeps some.
func encode(rgba *image.RGBA, of look) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, index(rgba, of))
	return b.Bytes(), err
}

func index(rgba *image.RGBA, of look) *image.Paletted {
	indexed := image.NewPaletted(rgba.Rect, make(color.Palette, 0, 256))
	known := make(map[uint32]uint8, 1024)
	for _, c := range of.all() {
		known[keyOf(c.R, c.G, c.B)] = adopt(indexed, c)
	}
	last, at := uint32(0), uint8(0)
	for i := range indexed.Pix {
		px := rgba.Pix[4*i : 4*i+3 : 4*i+3]
		key := keyOf(px[0], px[1], px[2])
		if key != last {
			last, at = key, shade(indexed, known, key, px)
		}
		indexed.Pix[i] = at
	}
	return indexed
}

// keyOf is never 0.
func keyOf(r, g, b uint8) uint32 { return 1<<24 | uint32(r)<<16 | uint32(g)<<8 | uint32(b) }

// shade returns the index of a colour: its own, or that of all shades that are like it.
func shade(m *image.Paletted, known map[uint32]uint8, key uint32, px []uint8) uint8 {
	if at, ok := known[key]; ok {
		return at
	}
	const step = 17 // of 255
	like := func(v uint8) uint8 { return uint8((int(v) + step/2) / step * step) }
	c := color.RGBA{like(px[0]), like(px[1]), like(px[2]), 255}
	at, ok := known[keyOf(c.R, c.G, c.B)]
	if !ok {
		at = adopt(m, c)
		known[keyOf(c.R, c.G, c.B)] = at
	}
	known[key] = at
	return at
}

// adopt returns the index of a colour, or of the nearest one if the palette is full.
func adopt(m *image.Paletted, c color.RGBA) uint8 {
	if len(m.Palette) < cap(m.Palette) {
		m.Palette = append(m.Palette, c)
		return uint8(len(m.Palette) - 1)
	}
	return uint8(m.Palette.Index(c))
}
