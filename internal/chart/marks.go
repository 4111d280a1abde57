package chart

import (
	"image/color"
	"math"
)

// bars draws bars from 0, or from the bars that stand there already.
func (f *frame) bars(s Series, at int, base map[float64]float64) {
	c := f.colour(s, at)
	for i, x := range s.X {
		from := 0.0
		if f.panel.Stack {
			from = base[x]
			base[x] += s.Y[i]
		}
		left, right := f.x(x-s.Width/2), f.x(x+s.Width/2)
		if gap := math.Min(2, (right-left)*0.2); right-left > 1.5 {
			left, right = left+gap/2, right-gap/2
		} else {
			right = left + 1.5
		}
		top, bottom := f.y(from+s.Y[i]), f.y(from)
		left, right = math.Max(left, f.left), math.Min(right, f.right)
		if right > left && bottom > top {
			f.rectangle(c, left, top, right-left, bottom-top)
			f.outline(s, left, top, right, bottom)
		}
	}
}

// outline draws the edge of an estimated bar, whose colour alone is too pale.
func (f *frame) outline(s Series, left, top, right, bottom float64) {
	if s.Estimated && right-left > 3 {
		f.gg.DrawRectangle(left+0.5, top+0.5, right-left-1, math.Max(0, bottom-top-1))
		f.stroke(f.at(f.tones, s.Tone), 1)
	}
}

// area fills between the line and 0, or the lower edge if 0 is not in the panel.
func (f *frame) area(s Series, at int) {
	floor := f.bottom
	if f.panel.Zero {
		floor = f.y(0)
	}
	c := f.at(f.soft, s.Tone)
	s.Runs(func(from, to int) {
		part := Series{X: s.X[from:to], Y: s.Y[from:to]}
		if s.Mark == Signed {
			f.clipped(part, f.top, floor, floor, c)
			f.clipped(part, floor, f.bottom, floor, f.at(f.soft, s.Tone+1))
			return
		}
		f.clipped(part, f.top, f.bottom, floor, c)
	})
	f.curve(s, at)
}

// clipped fills the part of an area that lies between two heights.
func (f *frame) clipped(s Series, top, bottom, floor float64, c color.RGBA) {
	f.gg.MoveTo(f.x(s.X[0]), floor)
	for i, x := range s.X {
		f.gg.LineTo(f.x(x), math.Max(top, math.Min(bottom, f.y(s.Y[i]))))
	}
	f.gg.LineTo(f.x(s.X[len(s.X)-1]), floor)
	f.gg.ClosePath()
	f.fill(c)
}

// curve draws a line; a point that stands alone is a dot.
func (f *frame) curve(s Series, at int) {
	s.Runs(func(from, to int) {
		if to-from == 1 {
			f.dot(s, at, from)
			return
		}
		f.gg.MoveTo(f.x(s.X[from]), f.y(s.Y[from]))
		for i := from + 1; i < to; i++ {
			f.gg.LineTo(f.x(s.X[i]), f.y(s.Y[i]))
		}
		f.pen(s, at)
		if s.Mark == Points {
			for i := from; i < to; i++ {
				f.dot(s, at, i)
			}
		}
	})
}

func (f *frame) dot(s Series, at, i int) {
	f.gg.DrawCircle(f.x(s.X[i]), f.y(s.Y[i]), 3)
	f.fill(f.colour(s, at))
}
