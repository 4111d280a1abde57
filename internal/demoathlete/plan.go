package demoathlete

import (
	"math/rand/v2"
	"time"
)

// The year, in days from its start. What happens on a weekday in a given week is
// fixed, so the calendar keeps its shape whatever day the year ends on.
const (
	daysInYear   = 365
	illnessStart = 58
	illnessEnd   = 67
	holidayStart = 205
	holidayEnd   = 219
	raceDay      = 37*7 + 6 // about: the Sunday of week 37

	exportedUntil = 17 * 7 // the account export was asked for on this day
	looseFrom     = 15 * 7 // files were kept since this day, so two weeks are in both
)

// Weeks with something special, each on a weekday that the code gives.
const (
	week10k       = 13
	weekHalf      = 22 // also recorded with a phone
	weekCutOff    = 27 // the bicycle computer's battery dies
	weekTriathlon = 37
	weekTwoClocks = 40 // bicycle computer and watch record the same ride
	weekCopied    = 45 // the same file is downloaded twice
	weekDropout   = 47 // the strap loses contact
)

// The invented devices.
const (
	oldWatch = "Fable Watch"
	newWatch = "Fable Watch 2"
	computer = "Fable Ride"
	phone    = "Fable Phone"
)

// An outing is one activity as planned, and how its files come about.
type outing struct {
	firstID int // of the year
	day     int
	week    int
	start   time.Time // UTC
	name    string
	note    string // the description that the athlete typed in
	legs    []leg
	form    form
	device  string
	format  string
	smart   bool // the device records when something changes, not each second
	twin    twin
	cut     float64 // share of the file that was written; 0: all
	seed    uint64
}

// A twin is a second recording of the same activity.
type twin int

const (
	noTwin twin = iota
	byPhone
	byWatch
	copied
)

func (o *outing) exported() bool { return o.day < exportedUntil }

func (o *outing) loose() bool { return o.day >= looseFrom }

// plan returns the year's outings in order.
func plan(opts Options) []outing {
	first := opts.Until.AddDate(0, 0, -daysInYear)
	var outings []outing
	for day := range daysInYear {
		rng := rand.New(rand.NewPCG(opts.Seed, uint64(day))) //nolint:gosec // a reproducible year, not a secret
		date := first.AddDate(0, 0, day)
		o := outing{firstID: firstID(opts), day: day, week: day / 7, form: formOn(day), format: "fit", device: newWatch, seed: opts.Seed<<16 | uint64(day)}
		if !o.train(date.Weekday(), rng) {
			continue
		}
		hour, minute := o.timeOfDay(date.Weekday(), rng)
		o.start = date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(rng.IntN(60))*time.Second - utcOffset)
		o.equip(rng)
		outings = append(outings, o)
	}
	return outings
}

// train decides what is done, and reports whether anything is.
func (o *outing) train(weekday time.Weekday, rng *rand.Rand) bool {
	switch {
	case o.day >= illnessStart && o.day < illnessEnd:
		return false
	case o.day >= holidayStart && o.day < holidayEnd:
		if (o.day-holidayStart)%3 != 1 {
			return false
		}
		o.one("Ridge hike", leg{discipline: hiking, route: route{40 + uint64(o.day), 9000, 320}, steps: []step{{seconds: minutes(100 + rng.IntN(70)), intensity: 1}}})
		return true
	case weekday == time.Sunday && o.week == weekTriathlon:
		o.triathlon()
		return true
	case rng.IntN(100) < 16 && !o.special(): // life
		return false
	}
	recovery := o.block() == 3
	switch weekday {
	case time.Tuesday:
		o.tuesday(recovery, rng)
	case time.Wednesday:
		o.wednesday(rng)
	case time.Thursday:
		return o.thursday(recovery, rng)
	case time.Friday:
		return o.friday(recovery, rng)
	case time.Saturday:
		o.saturday(recovery, rng)
	case time.Sunday:
		o.sunday(recovery, rng)
	default:
		return false
	}
	return true
}

// block counts the weeks of a training block: three that rise, one to recover.
func (o *outing) block() int { return (o.week + 3) % 4 }

// special reports whether the week must not lose a session to chance. The last
// one must not, because people ask what they did this week.
func (o *outing) special() bool {
	switch o.week {
	case week10k, weekHalf, weekCutOff, weekTriathlon, weekTwoClocks, weekCopied, weekDropout, daysInYear/7 - 1:
		return true
	}
	return false
}

func (o *outing) one(name string, l leg) { o.name, o.legs = name, []leg{l} }

func (o *outing) tuesday(recovery bool, rng *rand.Rand) {
	l := leg{discipline: running, route: route{1, 4200, 14}}
	if recovery || o.week < 6 || o.day < illnessEnd+10 && o.day >= illnessEnd {
		l.steps = easyRun(38 + rng.IntN(14))
		o.one("Easy run", l)
		return
	}
	name, steps := runIntervals(rng)
	l.steps = steps
	o.one(name, l)
}

func (o *outing) wednesday(rng *rand.Rand) {
	if o.week > weekTriathlon-6 && o.week <= weekTriathlon {
		o.one("Swim in the bay", leg{discipline: openWater, route: route{2, 1200, 0}, steps: []step{{meters: 1200 + 200*float64(rng.IntN(5)), intensity: 0.93}}})
		return
	}
	o.one("Swim", leg{discipline: poolSwimming, steps: poolSets(rng)})
}

func (o *outing) thursday(recovery bool, rng *rand.Rand) bool {
	if recovery && !o.special() {
		return false
	}
	name, steps := rideIntervals(rng)
	if o.week != weekCutOff && rng.IntN(100) < 45 {
		o.one(name+" indoors", leg{discipline: indoorRiding, steps: steps})
		return true
	}
	o.one(name, leg{discipline: riding, route: route{3, 14_000, 40}, steps: steps})
	if o.week == weekCutOff {
		o.cut = 0.62
	}
	return true
}

func (o *outing) friday(recovery bool, rng *rand.Rand) bool {
	switch {
	case recovery:
		return false
	case o.week < 12 || o.week%2 == 0:
		o.one("Strength", leg{discipline: strength, steps: strengthSets(rng)})
	default:
		o.one("Easy run", leg{discipline: running, route: route{1, 4200, 14}, steps: easyRun(32 + rng.IntN(14))})
	}
	return true
}

func (o *outing) saturday(recovery bool, rng *rand.Rand) {
	mins := 85 + 12*o.block() + rng.IntN(20)
	if recovery || o.week == weekTriathlon || o.week == weekHalf {
		mins = 65
	}
	loops := []route{{4, 31_000, 120}, {5, 38_000, 180}, {6, 24_000, 60}}
	l := leg{discipline: riding, route: loops[rng.IntN(len(loops))], steps: longRide(rng, mins), dropout: o.week == weekDropout}
	if o.week%3 == 2 {
		l.pause = pause{after: minutes(mins/2) + rng.IntN(300), seconds: 420 + rng.IntN(900)}
	}
	if o.week == weekTwoClocks {
		o.twin = byWatch
	}
	o.one("Long ride", l)
}

func (o *outing) sunday(recovery bool, rng *rand.Rand) {
	flat, hilly := route{7, 5000, 6}, route{8, 12_500, 70}
	switch o.week {
	case week10k:
		o.one("10 km race", leg{discipline: running, route: flat, steps: []step{{meters: 10_000, intensity: 1.02}}})
	case weekHalf:
		o.one("Half marathon", leg{discipline: running, route: flat, steps: []step{{meters: 21_110, intensity: 0.945}}})
		o.twin = byPhone
	default:
		mins := 68 + 9*o.block() + rng.IntN(12)
		if recovery {
			mins = 60
		}
		o.one("Long run", leg{discipline: running, route: hilly, steps: longRun(mins)})
		if o.week == 2 {
			o.note = "Legs \"heavy\",\nthen better, at last easy"
		}
		if o.week == weekCopied {
			o.twin = copied
		}
	}
}

// triathlon is the olympic distance, in one recording.
func (o *outing) triathlon() {
	flat := route{7, 5000, 6}
	o.name = "Island triathlon"
	o.legs = []leg{
		{discipline: openWater, route: route{2, 1500, 0}, steps: []step{{meters: 1500, intensity: 0.97}}},
		{discipline: transition, route: flat, steps: []step{{seconds: 148, intensity: 0.5}}},
		{discipline: riding, route: route{9, 20_000, 30}, steps: []step{{meters: 40_000, intensity: 0.88}}},
		{discipline: transition, route: flat, steps: []step{{seconds: 76, intensity: 0.5}}},
		{discipline: running, route: flat, steps: []step{{meters: 10_000, intensity: 0.94}}},
	}
}

func (o *outing) timeOfDay(weekday time.Weekday, rng *rand.Rand) (hour, minute int) {
	switch {
	case weekday == time.Saturday || o.legs[0].discipline == hiking:
		return 9, rng.IntN(50)
	case weekday == time.Sunday:
		return 7, 10 + rng.IntN(45)
	case o.legs[0].discipline == poolSwimming:
		return 6, 30 + rng.IntN(20)
	default:
		return 17, rng.IntN(55)
	}
}

// equip chooses the device and the format that it leaves behind.
func (o *outing) equip(rng *rand.Rand) {
	switch o.legs[0].discipline {
	case hiking:
		o.device, o.format = phone, "gpx"
		return
	case riding, indoorRiding:
		o.device = computer
	case running:
		o.smart = o.day < looseFrom
	default:
	}
	if o.device == newWatch && o.day < looseFrom {
		o.device = oldWatch
	}
	plain := len(o.legs) == 1 && o.twin == noTwin && o.cut == 0
	both := o.exported() && o.loose()
	if d := o.legs[0].discipline; plain && !both && (d == running || d == riding) {
		switch rng.IntN(12) {
		case 0:
			o.format, o.smart = "tcx", false
		case 1:
			o.format, o.smart = "gpx", false
		}
	}
}
