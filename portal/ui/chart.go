package ui

import (
	"slices"
	"time"
)

// A Chart is values over time, drawn by scripts; without them its figures are a table.
type Chart struct {
	ID    string // unique on the page
	Title string
	Kind  string      // "bars" for counts, "parts" for counts that add up to a whole, "lines" for the rest
	Unit  string      // calls, ms, …
	At    []time.Time // of the values, in order
	Lines []Line
}

// A Line is the values of one thing, one for each time; nil where there is none.
type Line struct {
	Name   string
	Tone   string // accent, muted, good, warn or bad; part1 to part5 of a whole
	Values []*float64
}

// Days reports whether the values are of whole days or months, which are counted in UTC.
func (c Chart) Days() bool { return len(c.At) < 2 || c.At[1].Sub(c.At[0]) >= 24*time.Hour }

// chartData is what scripts read.
type chartData struct {
	Kind  string     `json:"kind"`
	Unit  string     `json:"unit"`
	At    []int64    `json:"at"` // seconds since 1970
	Lines []lineData `json:"lines"`
}

type lineData struct {
	Name   string     `json:"name"`
	Tone   string     `json:"tone"`
	Values []*float64 `json:"values"`
}

// Script returns what the chart's script reads; the template writes it as JSON.
func (c Chart) Script() any {
	d := chartData{Kind: c.Kind, Unit: c.Unit, At: make([]int64, len(c.At)), Lines: make([]lineData, len(c.Lines))}
	for i, t := range c.At {
		d.At[i] = t.Unix()
	}
	for i, l := range c.Lines {
		d.Lines[i] = lineData(l)
	}
	return d
}

// A ChartRow is a row of the chart's table.
type ChartRow struct {
	At     time.Time
	Values []*float64
}

// Rows returns the figures, the latest first; those of times without any are left out.
func (c Chart) Rows() []ChartRow {
	var rows []ChartRow
	for i, at := range slices.Backward(c.At) {
		row, some := ChartRow{At: at}, false
		for _, l := range c.Lines {
			row.Values = append(row.Values, l.Values[i])
			some = some || l.Values[i] != nil && *l.Values[i] != 0
		}
		if some {
			rows = append(rows, row)
		}
	}
	return rows
}
