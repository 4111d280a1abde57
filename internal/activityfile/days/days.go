// Package days sums up what devices measure in the course of days: many readings, of devices that measure the same, become
// one value of a day. docs/IMPORTS.md explains each rule.
package days

import (
	"math"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// How much a book keeps, whatever is read into it: together some 60 MB at most. Twenty years of a watch, a phone and a scale
// take less than half of each.
const (
	maxCells    = 250_000   // days of a kind, of a device where its readings are averaged
	maxHourly   = 100_000   // days of a kind of one device whose readings are added up
	maxSegments = 1_000_000 // stretches of sleep
	maxDevices  = 1000      // the rest count as one
	maxGiven    = 250_000   // values that the source gives for whole days
)

const daySeconds = 24 * 3600

// A Reading is what a device measured at a time, or in a stretch of time.
type Reading struct {
	Kind       pierre.WellnessKind
	Value      float64 // in the unit of the kind, see [Book.Convert]
	Start, End float64 // Unix seconds; End may be Start
	Offset     int     // seconds of the athlete's clock east of UTC
	Device     string
}

// A Book sums readings up by days. What it cannot use it counts.
type Book struct {
	source   pierre.Provider
	ranges   []pierre.WellnessRange
	kinds    map[pierre.WellnessKind]uint8 // places in ranges
	devices  map[string]uint16
	cells    map[key]cell
	hours    map[key]*[24]float32
	segments []segment
	given    map[key]float64

	refused         []int // readings and values outside of the ranges, by kind
	undated, beyond int
	units           map[string]int
}

type key struct {
	day    int32
	kind   uint8
	device uint16
}

// A cell is what is kept of the readings of a day that are not added up.
type cell struct {
	n    int
	sum  float64
	last float64
	at   float64 // of last
}

// NewBook returns an empty book of what comes from source.
func NewBook(source pierre.Provider) *Book {
	b := &Book{
		source: source, ranges: pierre.WellnessKinds(), kinds: map[pierre.WellnessKind]uint8{}, devices: map[string]uint16{},
		cells: map[key]cell{}, hours: map[key]*[24]float32{}, given: map[key]float64{}, units: map[string]int{},
	}
	for i, r := range b.ranges {
		b.kinds[r.Kind] = uint8(i)
	}
	b.refused = make([]int, len(b.ranges))
	return b
}

// A rule says how the readings of a day become one value.
type rule int

const (
	last rule = iota
	mean      // of the device with the most readings
	sum       // hour by hour, of the device that counted most
)

func ruleOf(kind pierre.WellnessKind) rule {
	switch kind {
	case pierre.WellnessSteps, pierre.WellnessActiveEnergy, pierre.WellnessHydration, pierre.WellnessEaten:
		return sum
	case pierre.WellnessHRV, pierre.WellnessHRVSDNN, pierre.WellnessRespiration, pierre.WellnessOxygen, pierre.WellnessSkinTemperature:
		return mean
	default:
		return last
	}
}

// Adds reports whether readings of the kind are added up, so that those of a part of a day give less than the day's value.
func Adds(kind pierre.WellnessKind) bool { return ruleOf(kind) == sum }

// dayOf returns the number of the day, on the athlete's clock, and the seconds since it began.
func dayOf(t float64, offset int) (day int32, second float64) {
	local := t + float64(offset)
	d := math.Floor(local / daySeconds)
	return int32(d), local - d*daySeconds
}

// dated reports whether a time is one at which a device may have measured something.
func dated(t float64) bool {
	const first, after = 315532800, 7258118400 // 1980, 2200
	return t >= first && t < after
}

// device returns the number of a device.
func (b *Book) device(name string) uint16 {
	n, ok := b.devices[name]
	if !ok && len(b.devices) < maxDevices {
		n = uint16(len(b.devices) + 1)
		b.devices[strings.Clone(name)] = n
	}
	return n
}

// Read takes a reading.
func (b *Book) Read(r Reading) {
	kind, ok := b.kinds[r.Kind]
	switch {
	case !ok:
		return
	case !dated(r.Start) || math.IsNaN(r.End) || math.Abs(float64(r.Offset)) > daySeconds:
		b.undated++
		return
	}
	rule := ruleOf(r.Kind)
	if rule == sum {
		b.add(kind, r)
		return
	}
	if !b.ranges[kind].Holds(r.Value) {
		b.refused[kind]++
		return
	}
	day, _ := dayOf(r.Start, r.Offset)
	k := key{day: day, kind: kind}
	if rule == mean {
		k.device = b.device(r.Device)
	}
	c, known := b.cells[k]
	if !known && len(b.cells) >= maxCells {
		b.beyond++
		return
	}
	c.n++
	c.sum += r.Value
	if c.n == 1 || r.Start >= c.at {
		c.last, c.at = r.Value, r.Start
	}
	b.cells[k] = c
}

// add spreads a reading that is added up over the hours in which it was counted.
func (b *Book) add(kind uint8, r Reading) {
	length := max(0, r.End-r.Start)
	if !(r.Value >= 0 && r.Value <= b.ranges[kind].Max) || length > daySeconds {
		b.refused[kind]++
		return
	}
	device := b.device(r.Device)
	if length == 0 {
		day, second := dayOf(r.Start, r.Offset)
		b.count(key{day, kind, device}, second, r.Value)
		return
	}
	for t := r.Start; t < r.End; {
		day, second := dayOf(t, r.Offset)
		until := min(r.End, t+3600-math.Mod(second, 3600))
		if until <= t {
			return // too small a step to be told apart
		}
		b.count(key{day, kind, device}, second, r.Value*(until-t)/length)
		t = until
	}
}

func (b *Book) count(k key, second, value float64) {
	hours := b.hours[k]
	if hours == nil {
		if len(b.hours) >= maxHourly {
			b.beyond++
			return
		}
		hours = new([24]float32)
		b.hours[k] = hours
	}
	hours[min(23, int(second/3600))] += float32(value)
}

// Give takes a value that the source gives for the whole of a day, nil if it gives none. It counts for more than readings of
// the day, and a later one takes its place.
func (b *Book) Give(day time.Time, kind pierre.WellnessKind, value *float64) {
	place, ok := b.kinds[kind]
	if !ok || value == nil {
		return
	}
	at := float64(day.Unix())
	k := key{kind: place}
	k.day, _ = dayOf(at, 0)
	_, known := b.given[k]
	switch {
	case !dated(at):
		b.undated++
	case !b.ranges[place].Holds(*value):
		b.refused[place]++
	case !known && len(b.given) >= maxGiven:
		b.beyond++
	default:
		b.given[k] = *value
	}
}

// Undated counts a reading without a readable date.
func (b *Book) Undated() { b.undated++ }
