package chart

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"git.sr.ht/~sbinet/gg"
)

// Options are how a picture looks. The zero value is a light one for a phone.
type Options struct {
	Dark bool
	Wide bool // for a screen: twice as wide
}

const (
	phoneWidth  = 390 // CSS pixels
	wideWidth   = 780
	density     = 2    // pixels of the picture for one of CSS, on a phone
	mostHeight  = 1400 // CSS pixels
	margin      = 16.0
	panelHeight = 150.0
)

// A picture is one in the making. Its lengths are CSS pixels.
type picture struct {
	look
	*faces

	image *image.RGBA
	gg    *gg.Context
	width float64
	inks  map[color.RGBA]image.Image
	// The area of panels, from left to right.
	left, right float64
}

// Draw returns the chart as a PNG.
func Draw(c Chart, o Options) ([]byte, error) {
	p := &picture{look: lookOf(o.Dark), width: phoneWidth, inks: map[color.RGBA]image.Image{}}
	scale := float64(density)
	if o.Wide {
		p.width, scale = wideWidth, 1.5
	}
	c = c.drawable()
	var err error
	if p.faces, err = newFaces(scale); err != nil {
		return nil, err
	}
	parts := p.layout(c)
	height := 2 * margin
	for _, part := range parts {
		height += part.height
	}
	height = math.Min(height, mostHeight)
	p.image = image.NewRGBA(image.Rect(0, 0, int(p.width*scale), int(height*scale)))
	draw.Draw(p.image, p.image.Rect, p.ink(p.paper), image.Point{}, draw.Src)
	p.gg = gg.NewContextForRGBA(p.image)
	p.gg.Scale(scale, scale)
	y := margin
	for _, part := range parts {
		part.draw(y)
		y += part.height
	}
	return encode(p.image, p.look)
}

func (p *picture) ink(c color.RGBA) image.Image {
	if p.inks[c] == nil {
		p.inks[c] = image.NewUniform(c)
	}
	return p.inks[c]
}

// A part is a horizontal strip of a picture.
type part struct {
	height float64
	draw   func(y float64)
}

func (p *picture) layout(c Chart) []part {
	parts := p.lines(styleTitle, p.text, c.Title, 2)
	parts = append(parts, p.lines(styleText, p.muted, c.About, 3)...)
	switch {
	case c.Empty != "" || !c.HasData():
		parts = append(parts, space(12))
		parts = append(parts, p.lines(styleText, p.text, c.Empty, 8)...)
	case c.Month != nil:
		parts = append(parts, p.month(*c.Month)...)
	default:
		parts = append(parts, p.panels(c)...)
	}
	if len(c.Notes) > 0 {
		parts = append(parts, space(8))
	}
	for _, n := range c.Notes {
		parts = append(parts, p.lines(styleText, p.muted, n, 4)...)
	}
	return parts
}

func space(height float64) part { return part{height, func(float64) {}} }

// lines are a text over the whole width.
func (p *picture) lines(s style, c color.RGBA, text string, most int) []part {
	var parts []part
	for _, line := range p.wrap(s, text, p.width-2*margin, most) {
		parts = append(parts, part{s.size * 1.38, func(y float64) { p.write(s, c, margin, y+s.size, leftEnd, line) }})
	}
	return parts
}

// fill fills what was drawn.
func (p *picture) fill(c color.RGBA) {
	p.gg.SetColor(c)
	p.gg.Fill()
}

// stroke draws the lines that were laid.
func (p *picture) stroke(c color.RGBA, width float64, dashes ...float64) {
	p.gg.SetColor(c)
	p.gg.SetLineWidth(width * p.density)
	for i := range dashes {
		dashes[i] *= p.density
	}
	p.gg.SetDash(dashes...)
	p.gg.Stroke()
}

func (p *picture) rectangle(c color.RGBA, x, y, w, h float64) {
	p.gg.DrawRectangle(x, y, w, h)
	p.fill(c)
}
