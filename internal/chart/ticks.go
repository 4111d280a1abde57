package chart

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// A tick is a labelled value of an axis.
type tick struct {
	at    float64
	label string
}

// multiples returns multiples of a step from one value to another, at most a few dozen.
func multiples(from, to, step float64) []float64 {
	var list []float64
	for n := math.Ceil(from/step - 1e-9); n*step <= to+1e-9*step && len(list) < 50; n++ {
		list = append(list, n*step)
	}
	return list
}

// stepOf returns the least of the steps that divides the span into at most so many parts, or a power of ten times 1, 2, 2.5 or 5.
func stepOf(span float64, most int, steps ...float64) float64 {
	for _, s := range steps {
		if span/s <= float64(most) {
			return s
		}
	}
	raw := span / float64(most)
	size := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 2.5, 5} {
		if f*size >= raw*(1-1e-9) {
			return f * size
		}
	}
	return 10 * size
}

// valueTicks returns the ticks of a panel's values.
func valueTicks(s Scale, from, to float64, most int) []tick {
	var step float64
	write := number
	switch s {
	case Pace:
		step, write = stepOf(to-from, most, 5, 10, 15, 30, 60, 120, 300, 600), minutes
	case Clock:
		step, write = stepOf(to-from, most, 60, 300, 600, 900, 1800, 3600, 2*3600, 5*3600, 10*3600), spell
	default:
		step = stepOf(to-from, most)
	}
	var ticks []tick
	for _, v := range multiples(from, to, step) {
		ticks = append(ticks, tick{v, write(v)})
	}
	return ticks
}

// number writes a number in plain words: 1500 as 1 500, -0 as 0, and what is beyond thousands with a power.
func number(v float64) string {
	if math.Abs(v) >= 1e7 {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	text := strconv.FormatFloat(v+0, 'f', -1, 64)
	if len(text) > 8 {
		text = strconv.FormatFloat(v, 'g', 3, 64)
	}
	if math.Abs(v) >= 10_000 && v == math.Trunc(v) {
		text = text[:len(text)-3] + "\u00a0" + text[len(text)-3:]
	}
	if v < 0 {
		return "\u2212" + text[1:]
	}
	return text
}

// minutes writes seconds as 5:30.
func minutes(s float64) string {
	n := int64(math.Round(s))
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// spell writes seconds as 30 s, 5 min, 1 h or 1 h 30.
func spell(s float64) string {
	n := int64(math.Round(s))
	switch {
	case n == 0:
		return "0"
	case n < 60:
		return fmt.Sprintf("%d s", n)
	case n < 3600 && n%60 == 0:
		return fmt.Sprintf("%d min", n/60)
	case n < 3600:
		return fmt.Sprintf("%d:%02d min", n/60, n%60)
	case n%3600/60 == 0:
		return fmt.Sprintf("%d h", n/3600)
	}
	return fmt.Sprintf("%d h %02d", n/3600, n%3600/60)
}

// ticks returns those of the axis for so many labels.
func (a Axis) ticks(most int) []tick {
	switch a.Scale {
	case Days:
		return a.dayTicks(most)
	case Length:
		return lengthTicks(a.From, a.To)
	case Metres:
		var ticks []tick
		for _, v := range multiples(a.From, a.To, stepOf(a.To-a.From, most)) {
			ticks = append(ticks, tick{v, number(math.Round(v) / 1000)})
		}
		return ticks
	case Clock:
		return valueTicks(Clock, a.From, a.To, most)
	case Zone:
		var ticks []tick
		for _, v := range multiples(a.From, a.To, 1) {
			ticks = append(ticks, tick{v, "zone " + number(v)})
		}
		return ticks
	default:
		return valueTicks(Number, a.From, a.To, most)
	}
}

func lengthTicks(from, to float64) []tick {
	var ticks []tick
	for _, s := range []float64{1, 5, 15, 60, 300, 1200, 3600, 5 * 3600} {
		if s >= from && s <= to {
			ticks = append(ticks, tick{s, spell(s)})
		}
	}
	return ticks
}

// dayTicks labels days, weeks, months or years, by how many there are.
func (a Axis) dayTicks(most int) []tick {
	first, err := time.Parse(time.DateOnly, a.First)
	if err != nil {
		return nil
	}
	span := int(a.To - a.From)
	day := func(n float64) time.Time { return first.AddDate(0, 0, int(n)) }
	if span <= 70 {
		step := max(1, (span+most-1)/most)
		if step > 2 {
			step = (step + 6) / 7 * 7
		}
		var ticks []tick
		for n := int(math.Ceil(a.From)); n <= int(a.To); n += step {
			ticks = append(ticks, tick{float64(n), day(float64(n)).Format("2\u00a0Jan")})
		}
		return ticks
	}
	months := 1
	for _, months = range []int{1, 2, 3, 6, 12, 24, 60, 120, 240} {
		if float64(span)/30.4/float64(months) <= float64(most) {
			break
		}
	}
	return monthTicks(first, day(a.From), day(a.To), months)
}

// monthTicks labels the first of every so many months.
func monthTicks(first, from, to time.Time, months int) []tick {
	var ticks []tick
	year := 0
	at := time.Date(from.Year()-from.Year()%max(1, months/12), 1, 1, 0, 0, 0, 0, time.UTC)
	for ; !at.After(to); at = at.AddDate(0, months, 0) {
		if at.Before(from) {
			continue
		}
		label := at.Format("Jan")
		switch {
		case months >= 12:
			label = at.Format("2006")
		case at.Year() != year:
			label = at.Format("Jan\u00a02006")
		}
		year = at.Year()
		ticks = append(ticks, tick{at.Sub(first).Hours() / 24, label})
	}
	return ticks
}
