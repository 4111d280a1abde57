package chart

import (
	"image/color"
	"math"
	"strconv"
	"time"
)

// loadSteps are the loads from which on a day has another colour: an easy hour is about 50, an hour at threshold 100.
func loadSteps() []float64 { return []float64{0, 50, 100, 150} }

// monthColours are which of the steps of the look these have.
func monthColours() []int { return []int{0, 2, 4, 6} }

// largest is the load of the largest circle.
const largest = 250

// month is the strips of a calendar: the days of the week, the weeks, and the key.
func (p *picture) month(m Month) []part {
	first, err := time.Parse(time.DateOnly, m.First)
	if err != nil {
		return nil
	}
	cell := math.Min((p.width-2*margin)/7, 72)
	p.left = (p.width - 7*cell) / 2
	parts := []part{space(6), {22, func(y float64) {
		for i, d := range []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} {
			p.write(styleText, p.muted, p.left+(float64(i)+0.5)*cell, y+14, centre, d)
		}
	}}}
	offset := (int(first.Weekday()) + 6) % 7
	length := first.AddDate(0, 1, -1).Day()
	days := map[int]Day{}
	for _, d := range m.Days {
		days[d.Day] = d
	}
	for row := 0; row*7 < offset+length; row++ {
		parts = append(parts, part{cell, func(y float64) {
			p.rectangle(p.line, p.left, y-0.5, 7*cell, 1)
			for column := range 7 {
				n := row*7 + column - offset + 1
				if n >= 1 && n <= length {
					p.day(n, days[n], p.left+float64(column)*cell, y, cell)
				}
			}
		}})
	}
	return append(parts, space(8), part{44, p.monthKey})
}

// day draws a day of the month: its circle is as large as its load, a ring without one.
func (p *picture) day(n int, d Day, x, y, cell float64) {
	cx, cy := x+cell/2, y+cell/2
	text := p.muted
	switch {
	case d.Activities > 0 && d.Load == nil:
		p.gg.DrawCircle(cx, cy, 13)
		p.stroke(p.strong, 1.5, 3, 2)
		text = p.text
	case d.Activities > 0:
		step := levelOf(*d.Load)
		p.gg.DrawCircle(cx, cy, radius(*d.Load, cell))
		p.fill(p.steps[monthColours()[step]])
		text = p.onSteps[monthColours()[step]]
	}
	p.write(styleText, text, cx, cy+5, centre, strconv.Itoa(n))
}

// radius makes the area of a circle grow with the load; the number of the day always fits in.
func radius(load, cell float64) float64 {
	const least = 11.5
	most := cell/2 - 2
	return least + (most-least)*math.Sqrt(math.Min(1, math.Max(0, load)/largest))
}

func levelOf(load float64) int {
	level := 0
	for i, from := range loadSteps() {
		if load >= from {
			level = i
		}
	}
	return level
}

// monthKey says what the colours and the ring mean.
func (p *picture) monthKey(y float64) {
	x := margin
	entry := func(name string, mark func(x, y float64)) {
		if w := p.faces.width(styleText, name) + 26; x+w > p.width-margin {
			x, y = margin, y+21
		}
		mark(x+7, y+8)
		p.write(styleText, p.muted, x+19, y+13, leftEnd, name)
		x += p.faces.width(styleText, name) + 32
	}
	steps := loadSteps()
	for i, from := range steps {
		name := number(from) + " or more"
		if i+1 < len(steps) {
			name = number(from) + "–" + number(steps[i+1]-1)
		}
		c := p.steps[monthColours()[i]]
		entry(name, func(x, y float64) { p.blob(c, x, y) })
	}
	entry("load unknown", func(x, y float64) {
		p.gg.DrawCircle(x, y, 6)
		p.stroke(p.strong, 1.5, 3, 2)
	})
}

func (p *picture) blob(c color.RGBA, x, y float64) {
	p.gg.DrawCircle(x, y, 7)
	p.fill(c)
}
