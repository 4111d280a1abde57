package chart

import (
	"math"
	"slices"
)

// most is beyond what anybody measures, and far from where numbers lose their digits.
const most = 1e12

const (
	mostPanels = 6
	mostPoints = 5000 // of a series
)

// drawable returns the chart without what cannot be drawn: numbers that are none or beyond all bounds, and more of everything
// than there is room for.
func (c Chart) drawable() Chart {
	if !(c.Axis.To > c.Axis.From) || !drawable(c.Axis.From) || !drawable(c.Axis.To) || c.Axis.Scale == Length && c.Axis.From <= 0 {
		c.Panels = nil
	}
	panels := make([]Panel, 0, len(c.Panels))
	for _, p := range c.Panels[:min(len(c.Panels), mostPanels)] {
		series := p.Series
		p.Series = nil
		for _, s := range series[:min(len(series), 2*mostPanels)] {
			p.Series = append(p.Series, s.drawable())
		}
		p.Low, p.High = edge(p.Low), edge(p.High)
		panels = append(panels, p)
	}
	c.Panels = panels
	if c.Month != nil {
		m := *c.Month
		m.Days = slices.Clone(m.Days)
		for i := range m.Days {
			m.Days[i].Load = edge(m.Days[i].Load)
		}
		c.Month = &m
	}
	return c
}

func drawable(v float64) bool { return math.Abs(v) <= most } // which is false of what is no number

func edge(v *float64) *float64 {
	if v == nil || !drawable(*v) {
		return nil
	}
	return v
}

// drawable leaves out the points that cannot be drawn; the line breaks there.
func (s Series) drawable() Series {
	n := min(len(s.X), len(s.Y), mostPoints)
	breaks := map[int]bool{}
	for _, b := range s.Breaks {
		breaks[b] = true
	}
	kept := s
	if !drawable(s.Width) || s.Width <= 0 {
		kept.Width = 1
	}
	kept.X, kept.Y, kept.Breaks = make([]float64, 0, n), make([]float64, 0, n), nil
	gap := false
	for i := range n {
		gap = gap || breaks[i]
		if !drawable(s.X[i]) || !drawable(s.Y[i]) {
			gap = true
			continue
		}
		if gap && len(kept.X) > 0 {
			kept.Breaks = append(kept.Breaks, len(kept.X))
		}
		gap = false
		kept.X, kept.Y = append(kept.X, s.X[i]), append(kept.Y, s.Y[i])
	}
	return kept
}
