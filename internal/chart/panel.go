package chart

import (
	"image/color"
	"math"
)

// A frame is a panel as it lies in the picture.
type frame struct {
	*picture

	axis        Axis
	panel       Panel
	top, bottom float64
	low, high   float64 // values at the edges
	ticks       []tick
}

// panels are the strips of a chart's panels, with the axis below the last one.
func (p *picture) panels(c Chart) []part {
	var parts []part
	var frames []*frame
	widest := 0.0
	for _, panel := range c.Panels {
		f := &frame{picture: p, axis: c.Axis, panel: panel}
		if !f.span() {
			continue
		}
		for _, t := range f.ticks {
			widest = math.Max(widest, p.faces.width(styleText, t.label))
		}
		frames = append(frames, f)
	}
	p.left, p.right = margin+widest+8, p.width-margin-2
	height := panelHeight
	if len(frames) == 1 {
		height = 220
	}
	for _, f := range frames {
		parts = append(parts, space(10))
		parts = append(parts, f.heading()...)
		parts = append(parts, part{height + 12, func(y float64) {
			f.top, f.bottom = y+8, y+height
			f.paint()
		}})
	}
	return append(parts, part{24, func(y float64) { p.foot(c.Axis, y) }})
}

// span finds the values of the panel, and reports whether it has any.
func (f *frame) span() bool {
	low, high := math.Inf(1), math.Inf(-1)
	totals := map[float64]float64{}
	for _, s := range f.panel.Series {
		for i, v := range s.Y {
			if f.panel.Stack {
				totals[s.X[i]] += v
				v = totals[s.X[i]]
			}
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if low > high {
		return false
	}
	if f.panel.Low != nil {
		low = *f.panel.Low
	}
	if f.panel.High != nil {
		high = *f.panel.High
	}
	if f.panel.Zero {
		low, high = math.Min(low, 0), math.Max(high, 0)
	}
	if least := 1e-6 * math.Max(1, math.Abs(high)); high-low < least { // a level line, or edges that cross
		low, high = math.Min(low, high)-least-1, math.Max(low, high)+least+1
	}
	const steps = 5
	pad := (high - low) * 0.06
	if !f.panel.Zero || low < 0 {
		low -= pad
	}
	if !f.panel.Zero || high > 0 {
		high += pad
	}
	f.low, f.high = low, high
	f.ticks = valueTicks(f.panel.Scale, low, high, steps)
	return true
}

func (f *frame) x(v float64) float64 {
	share := (v - f.axis.From) / (f.axis.To - f.axis.From)
	if f.axis.Scale == Length {
		share = math.Log(math.Max(v, 1e-3)/f.axis.From) / math.Log(f.axis.To/f.axis.From)
	}
	return f.left + (f.right-f.left)*math.Max(-0.1, math.Min(1.1, share)) // far outside is as good as just outside
}

// y is downwards for a pace: what is fast is above.
func (f *frame) y(v float64) float64 {
	share := (v - f.low) / (f.high - f.low)
	if f.panel.Scale == Pace {
		share = 1 - share
	}
	return f.bottom - (f.bottom-f.top)*math.Max(0, math.Min(1, share))
}

// heading is the title of a panel, and the key to its series if there are several.
func (f *frame) heading() []part {
	p := f.panel
	title := p.Title
	if p.Unit != "" {
		title += " (" + p.Unit + ")"
	}
	parts := f.lines(styleHead, f.text, title, 2)
	if len(p.Series) > 1 {
		parts = append(parts, f.key()...)
	}
	return parts
}

// key names the series, line by line.
func (f *frame) key() []part {
	type entry struct {
		Series

		at int
		x  float64
	}
	var rows [][]entry
	x := math.Inf(1)
	for i, s := range f.panel.Series {
		name := f.fit(styleText, s.Name, f.picture.width-2*margin-20)
		w := f.faces.width(styleText, name) + 20
		if x+w > f.picture.width-margin {
			rows, x = append(rows, nil), margin
		}
		s.Name = name
		rows[len(rows)-1] = append(rows[len(rows)-1], entry{s, i, x})
		x += w + 14
	}
	var parts []part
	for _, row := range rows {
		parts = append(parts, part{19, func(y float64) {
			for _, e := range row {
				f.sample(e.Series, e.at, e.x, y+9)
				f.write(styleText, f.muted, e.x+20, y+14, leftEnd, e.Name)
			}
		}})
	}
	return parts
}

// sample shows what a series looks like.
func (f *frame) sample(s Series, at int, x, y float64) {
	if s.Mark == Bar {
		f.rectangle(f.colour(s, at), x+1, y-6, 12, 12)
		f.outline(s, x+1, y-6, x+13, y+6)
		return
	}
	f.gg.DrawLine(x, y, x+14, y)
	f.pen(s, at)
}

// colour is that of a series: stacked ones go from little to much.
func (f *frame) colour(s Series, at int) color.RGBA {
	switch {
	case f.panel.Ranked:
		return f.steps[stepAt(at, len(f.panel.Series), len(f.steps))]
	case s.Mark == Bar && s.Estimated:
		return f.at(f.soft, s.Tone)
	}
	return f.at(f.tones, s.Tone)
}

func (f *frame) at(list []color.RGBA, i int) color.RGBA {
	return list[((i%len(list))+len(list))%len(list)]
}

// stepAt spreads n series over the steps.
func stepAt(i, n, steps int) int {
	if n >= steps || n < 2 {
		return min(i, steps-1)
	}
	return int(math.Round(float64(i) * float64(steps-1) / float64(n-1)))
}

// pen strokes as the series is drawn.
func (f *frame) pen(s Series, at int) {
	var dashes []float64
	if s.Estimated {
		dashes = []float64{6, 4}
	}
	f.stroke(f.colour(s, at), 2, dashes...)
}

func (f *frame) paint() {
	for _, t := range f.ticks {
		y := f.y(t.at)
		c := f.line
		if t.at == 0 && f.panel.Zero {
			c = f.strong
		}
		f.rectangle(c, f.left, y-0.5, f.right-f.left, 1)
		f.write(styleText, f.muted, f.left-6, y+4.5, rightEnd, t.label)
	}
	base := map[float64]float64{}
	for i, s := range f.panel.Series {
		switch s.Mark {
		case Bar:
			f.bars(s, i, base)
		case Area, Signed:
			f.area(s, i)
		default:
			f.curve(s, i)
		}
	}
}

// foot is the axis below the panels.
func (p *picture) foot(a Axis, y float64) {
	f := &frame{picture: p, axis: a}
	unit := ""
	if a.Scale == Metres {
		unit = " km"
	}
	end := math.Inf(-1)
	for _, t := range a.ticks(int((p.right - p.left) / 62)) {
		text := t.label + unit
		w := p.faces.width(styleText, text)
		x := math.Min(math.Max(f.x(t.at), p.left+w/2-4), p.right-w/2)
		if x-w/2 < end {
			continue
		}
		end = x + w/2 + 8
		p.rectangle(p.strong, f.x(t.at)-0.5, y-8, 1, 5)
		p.write(styleText, p.muted, x, y+11, centre, text)
	}
}
