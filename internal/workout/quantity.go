package workout

import (
	"strconv"
	"strings"
)

// A unit says what a number is of, after conversion.
type unit int

const (
	none unit = iota
	clockOnly
	seconds
	meters
	yards
	plainM // meters or minutes
	watts
	percent
	percentFTP
	percentLTHR
	percentHRMax
	percentPace
	bpm
	secondsPerKm
	rpe
	rpm
	spm
)

// A quantity is a number or a range with its unit.
type quantity struct {
	low, high float64
	unit      unit
	clock     bool   // written as 4:30
	text      string // as written
}

// A unitName is how a unit is written, and how many of ours one of it is.
type unitName struct {
	name   string
	unit   unit
	factor float64
}

// unitNames lists the units by their names; of two that a text begins with the longer one is meant.
func unitNames() []unitName {
	list := []unitName{{"'", seconds, 60}, {`"`, seconds, 1}, {"m", plainM, 1}, {"w", watts, 1}, {"watts", watts, 1}, {"watt", watts, 1}, {"bpm", bpm, 1}, {"rpm", rpm, 1}, {"spm", spm, 1}, {"/10", rpe, 1}}
	add := func(u unit, factor float64, names string) {
		for name := range strings.FieldsSeq(names) {
			list = append(list, unitName{strings.ReplaceAll(name, "_", " "), u, factor})
		}
	}
	add(seconds, 3600, "h hr hrs hour hours")
	add(seconds, 60, "min mins minute minutes")
	add(seconds, 1, "s sec secs second seconds")
	add(meters, 1, "meter meters metre metres mtr")
	add(meters, 1000, "km kilometer kilometers kilometre kilometres k")
	add(meters, metersPerMile, "mi mile miles")
	add(yards, metersPerYard, "yd yds yard yards")
	add(secondsPerKm, 1, "/km /k min/km min_/_km min/k per_km min_per_km /_km")
	add(secondsPerKm, 1000/metersPerMile, "/mi /mile min/mi min/mile per_mile min_per_mile /_mi")
	add(secondsPerKm, 10, "/100m /100_m per_100m min/100m per_100_m")
	add(secondsPerKm, -3600, "km/h kmh kph") // of the inverse
	add(secondsPerKm, -3600/metersPerMile*1000, "mph mi/h")
	return list
}

// percentOf are the names of what a percentage is of.
func percentOf() []unitName {
	var list []unitName
	for u, names := range map[unit]string{
		percentFTP:   "ftp",
		percentLTHR:  "lthr threshold_hr threshold_heart_rate lactate_threshold_hr lactate_threshold_heart_rate thr",
		percentHRMax: "hrmax hr_max max_hr maxhr max_heart_rate maximum_heart_rate mhr",
		percentPace:  "threshold_pace threshold_speed pace css tp",
	} {
		for name := range strings.FieldsSeq(names) {
			list = append(list, unitName{strings.ReplaceAll(name, "_", " "), u, 1})
		}
	}
	return list
}

// longest returns the name of the list that text begins with, the longest of them, and what follows.
func longest(list []unitName, text string) (found unitName, rest string) {
	for _, n := range list {
		if after, ok := strings.CutPrefix(text, n.name); ok && len(n.name) > len(found.name) {
			if after == "" || !isLetter(n.name[len(n.name)-1]) || !isLetter(after[0]) {
				found, rest = n, after
			}
		}
	}
	return found, rest
}

// unitOf reads a unit.
func unitOf(text string) (u unitName, rest string) {
	trimmed := strings.TrimLeft(text, " ")
	if after, ok := strings.CutPrefix(trimmed, "%"); ok {
		of := strings.TrimPrefix(strings.TrimLeft(after, " "), "of ")
		if u, rest = longest(percentOf(), strings.TrimLeft(of, " ")); u.unit != none {
			return u, rest
		}
		return unitName{"%", percent, 1}, after
	}
	if u, rest = longest(unitNames(), trimmed); u.unit != none {
		return u, rest
	}
	return unitName{}, text
}

// A reading is a number as it was written.
type reading struct {
	value float64
	clock bool     // as 4:30, in seconds
	unit  unitName // of the second half of a range
}

// numberOf reads a number, or a clock time as seconds.
func numberOf(text string) (r reading, rest string, ok bool) {
	end := 0
	for end < len(text) && (isDigit(text[end]) || end > 0 && (text[end] == '.' || text[end] == ':') && end+1 < len(text) && isDigit(text[end+1])) {
		end++
	}
	if end == 0 || end > 12 {
		return r, text, false
	}
	for i, part := range strings.Split(text[:end], ":") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || i > 0 && n >= 60 {
			return r, text, false
		}
		r.value, r.clock = r.value*60+n, i > 0
	}
	return r, text[end:], true
}

// quantityOf reads what text begins with.
func quantityOf(text string) (q quantity, rest string, ok bool) {
	if after, found := cutWord(text, "rpe"); found || strings.HasPrefix(text, "rpe") {
		return exertionOf(text, strings.TrimLeft(strings.TrimPrefix(after, "rpe"), " :"))
	}
	n, rest, ok := numberOf(text)
	if !ok {
		return q, text, false
	}
	u, rest := unitOf(rest)
	q.low, q.high, q.unit, q.clock = n.value, n.value, u.unit, n.clock
	if to, after, found := upTo(rest); found && (u.unit == none || u.unit == to.unit.unit || u.unit == percent && isPercent(to.unit.unit)) {
		q.high, q.unit, u, rest = to.value, to.unit.unit, to.unit, after
	}
	if u.unit == seconds && q.low == q.high {
		more, after := smaller(u, rest)
		q.low, q.high, rest = q.low*u.factor+more, q.low*u.factor+more, after
		u.factor = 1
	}
	q.convert(u)
	q.text = text[:len(text)-len(rest)]
	return q, rest, true
}

// convert brings the numbers into our units.
func (q *quantity) convert(u unitName) {
	switch {
	case u.unit == none && q.clock:
		q.unit = clockOnly
	case u.unit == none:
	case u.unit == seconds && q.clock:
		q.unit = clockOnly
	case u.unit == secondsPerKm && u.factor < 0: // a speed
		q.low, q.high = -u.factor/max(q.low, 1e-6), -u.factor/max(q.high, 1e-6)
	case u.unit == secondsPerKm && !q.clock: // minutes with decimals
		q.low, q.high = 60*u.factor*q.low, 60*u.factor*q.high
	case u.unit == yards:
		q.low, q.high, q.unit = q.low*u.factor, q.high*u.factor, meters
	default:
		q.low, q.high = q.low*u.factor, q.high*u.factor
	}
}

func isPercent(u unit) bool {
	return u == percent || u == percentFTP || u == percentLTHR || u == percentHRMax || u == percentPace
}

// upTo reads the second half of a range.
func upTo(text string) (r reading, rest string, ok bool) {
	after := strings.TrimLeft(text, " ")
	switch {
	case strings.HasPrefix(after, "-"):
		after = after[1:]
	case strings.HasPrefix(after, "to "):
		after = after[3:]
	default:
		return r, text, false
	}
	if r, after, ok = numberOf(strings.TrimLeft(after, " ")); !ok {
		return r, text, false
	}
	r.unit, after = unitOf(after)
	return r, after, r.unit.unit != none
}

// smaller reads the minutes after hours and the seconds after minutes, as in 1h30min or 4min30.
func smaller(u unitName, text string) (more float64, rest string) {
	n, after, ok := numberOf(strings.TrimLeft(text, " "))
	if !ok || n.clock || u.factor == 1 {
		return 0, text
	}
	v := n.value
	next, last := unitOf(after)
	switch {
	case next.unit == seconds && next.factor < u.factor:
		deeper, last := smaller(next, last)
		return v*next.factor + deeper, last
	case next.unit == none && !strings.HasPrefix(text, " ") && v < 60:
		return v * u.factor / 60, after
	}
	return 0, text
}

// exertionOf reads the number after rpe.
func exertionOf(whole, text string) (q quantity, rest string, ok bool) {
	n, rest, ok := numberOf(text)
	if !ok || n.clock {
		return q, whole, false
	}
	q = quantity{low: n.value, high: n.value, unit: rpe}
	after := strings.TrimLeft(rest, " ")
	if strings.HasPrefix(after, "-") {
		if to, last, ok := numberOf(strings.TrimLeft(after[1:], " ")); ok && !to.clock {
			if u, _ := unitOf(last); u.unit == none || u.unit == rpe {
				q.high, rest = to.value, last
			}
		}
	}
	rest = strings.TrimPrefix(rest, "/10")
	q.text = whole[:len(whole)-len(rest)]
	return q, rest, true
}
