package activityfile

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A tcxReader reads a Training Center document (TrainingCenterDatabase v2 with
// the ActivityExtension v2). Its laps are authoritative for time, distance and
// energy.
type tcxReader struct {
	*xmlReader
	maxSamples int
	zone       zone
	multi      int // multisport sessions so far
	drafts     []draft
	next       draft // that is being read
	laps       int   // of all drafts
	samples    int
	plans      string // what the document holds instead of activities
	empty      bool   // an activity says nothing
	buf        []byte
}

// readTCX reads the rest of a document whose root has begun.
func readTCX(x *xmlReader, maxSamples int) (drafts []draft, warnings []string, err error) {
	t := &tcxReader{xmlReader: x, maxSamples: maxSamples}
	if err := x.children(t.child); err != nil {
		text, err := x.damage(err)
		if err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, text)
	}
	for i := range t.drafts {
		if d := &t.drafts[i]; t.total(d) {
			drafts = append(drafts, *d)
		}
	}
	switch {
	case len(drafts) > 0:
		return drafts, warnings, nil
	case len(warnings) > 0:
		return nil, nil, lost(warnings[0])
	case t.plans != "":
		return nil, nil, notActivity("it holds %s, not a recording", t.plans)
	case len(t.drafts) > 0, t.empty:
		return nil, nil, notActivity("no usable times: this is a route, not a recording")
	}
	return nil, nil, notActivity("it holds no activity")
}

func (t *tcxReader) child(e xml.StartElement) error {
	switch e.Name.Local {
	case "Activities":
		return t.children(t.activities)
	case "Courses":
		t.plans = "a course"
	case "Workouts":
		t.plans = "a workout plan"
	}
	return nil
}

func (t *tcxReader) activities(e xml.StartElement) error {
	switch e.Name.Local {
	case "Activity":
		return t.activity(e, "")
	case "MultiSportSession":
		t.multi++
		id := fmt.Sprint(t.multi)
		return t.children(func(e xml.StartElement) error { return t.leg(e, id) })
	}
	return nil
}

// leg reads FirstSport or NextSport.
func (t *tcxReader) leg(_ xml.StartElement, id string) error {
	return t.children(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "Activity":
			return t.activity(e, id)
		case "Transition":
			t.next = newDraft(math.NaN())
			t.next.rec.MultisportID = id
			return t.keep(string(pierre.SportTransition), t.lap(e, &t.next))
		}
		return nil
	})
}

func (t *tcxReader) activity(e xml.StartElement, multisport string) error {
	t.next = newDraft(math.NaN())
	d := &t.next
	d.rec.MultisportID = multisport
	sport := attr(e, "Sport")
	return t.keep(sport, t.children(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "Id":
			var id string
			id, err = t.text()
			d.start = t.zone.parse(id)
		case "Notes":
			d.rec.Description, err = t.text()
		case "Lap":
			err = t.lap(e, d)
		case "Creator":
			err = t.leaves(&t.buf, func(name, text string) {
				if name == "Name" && d.rec.Device == "" {
					d.rec.Device = text
				}
			})
		}
		return err
	}))
}

// keep adds the next draft, of which reading ended with err, to what the document holds, unless it says nothing.
func (t *tcxReader) keep(sport string, err error) error {
	d := &t.next
	switch {
	case len(d.laps) == 0 && len(d.samples) == 0:
		t.empty = true
	case len(t.drafts) >= maxActivities:
		return full("it has more than %d activities", maxActivities)
	default:
		d.rec.Sport = sportOf(sport)
		t.drafts = append(t.drafts, *d)
	}
	return err
}

func (t *tcxReader) lap(e xml.StartElement, d *draft) error {
	if t.laps++; t.laps > maxLaps {
		return full("it has more than %d laps", maxLaps)
	}
	l := lap{start: t.zone.parse(attr(e, "StartTime")), end: math.NaN()}
	err := t.children(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "Track":
			return t.track(d)
		case "AverageHeartRateBpm", "MaximumHeartRateBpm", "Extensions":
			outer := e.Name.Local
			return t.leaves(&t.buf, func(name, text string) { l.stored(outer, name, text) })
		case "TotalTimeSeconds", "DistanceMeters", "MaximumSpeed", "Calories", "Cadence":
			var text string
			text, err = t.text()
			l.stored("", e.Name.Local, text)
		}
		return err
	})
	d.laps = append(d.laps, l)
	return err
}

// stored takes a total of the lap, found inside the element outer.
func (l *lap) stored(outer, name, text string) {
	v := positive(decimal(text))
	switch strings.TrimPrefix(outer+"/"+name, "/") {
	case "TotalTimeSeconds":
		l.totals.DurationSeconds = v
	case "DistanceMeters":
		l.totals.DistanceMeters = v
	case "MaximumSpeed":
		l.totals.MaxSpeedMPS = v
	case "Calories":
		l.totals.CaloriesKcal = v
	case "Cadence", "Extensions/AvgRunCadence":
		l.totals.AverageCadenceRPM = v
	case "AverageHeartRateBpm/Value":
		l.totals.AverageHeartRateBPM = v
	case "MaximumHeartRateBpm/Value":
		l.totals.MaxHeartRateBPM = v
	case "Extensions/AvgSpeed":
		l.totals.AverageSpeedMPS = v
	case "Extensions/AvgWatts":
		l.totals.AveragePowerWatts = v
	case "Extensions/MaxWatts":
		l.totals.MaxPowerWatts = v
	}
}

func (t *tcxReader) track(d *draft) error {
	return t.children(func(e xml.StartElement) error {
		if e.Name.Local != "Trackpoint" {
			return nil
		}
		if t.samples++; t.samples > t.maxSamples {
			return full("it has more than %d points", t.maxSamples)
		}
		s, err := t.trackpoint()
		if !math.IsNaN(s.t) {
			d.samples = append(d.samples, s)
		}
		return err
	})
}

func (t *tcxReader) trackpoint() (sample, error) {
	s := newSample(math.NaN())
	lat, lon := math.NaN(), math.NaN()
	err := t.leaves(&t.buf, func(name, text string) {
		switch name {
		case "Time":
			s.t = t.zone.parse(text)
		case "LatitudeDegrees":
			lat = decimal(text)
		case "LongitudeDegrees":
			lon = decimal(text)
		case "AltitudeMeters":
			s.alt = decimal(text)
		case "DistanceMeters":
			s.dist = decimal(text)
		case "Value": // of HeartRateBpm, the only one in a trackpoint
			s.hr = decimal(text)
		case "Cadence", "RunCadence":
			s.cad = decimal(text)
		case "Speed":
			s.speed = decimal(text)
		case "Watts":
			s.power = decimal(text)
		}
	})
	s.place(lat, lon)
	return s, err
}

// total sums up the laps of d. It reports whether d has a time and a length.
func (t *tcxReader) total(d *draft) bool {
	d.rec.UTCOffset, d.local = t.zone.offset, t.zone.absent
	sortSamples(d.samples)
	if len(d.laps) > 0 && !math.IsNaN(d.laps[0].start) {
		d.start = d.laps[0].start
	}
	var sum pierre.Totals
	for i := range d.laps {
		l := &d.laps[i].totals
		add(&sum.DurationSeconds, l.DurationSeconds)
		add(&sum.DistanceMeters, l.DistanceMeters)
		add(&sum.CaloriesKcal, l.CaloriesKcal)
		raise(&sum.MaxHeartRateBPM, l.MaxHeartRateBPM)
		raise(&sum.MaxSpeedMPS, l.MaxSpeedMPS)
		raise(&sum.MaxPowerWatts, l.MaxPowerWatts)
	}
	d.rec.Totals = sum
	if len(d.samples) == 0 {
		d.averageLaps()
		return !math.IsNaN(d.start) && sum.DurationSeconds != nil
	}
	if math.IsNaN(d.start) {
		d.start = d.samples[0].t
	}
	last := d.samples[len(d.samples)-1].t
	return last > d.samples[0].t || sum.DurationSeconds != nil
}

// averageLaps averages over time what laps without samples say.
func (d *draft) averageLaps() {
	mean := func(of func(*pierre.Totals) *float64) *float64 {
		var sum, seconds float64
		for i := range d.laps {
			if v, s := of(&d.laps[i].totals), d.laps[i].totals.DurationSeconds; v != nil && s != nil {
				sum += *v * *s
				seconds += *s
			}
		}
		return positive(sum / seconds)
	}
	d.rec.Totals.AverageHeartRateBPM = mean(func(t *pierre.Totals) *float64 { return t.AverageHeartRateBPM })
	d.rec.Totals.AveragePowerWatts = mean(func(t *pierre.Totals) *float64 { return t.AveragePowerWatts })
	d.rec.Totals.AverageCadenceRPM = mean(func(t *pierre.Totals) *float64 { return t.AverageCadenceRPM })
}

// add adds x to the sum, if both or one is known.
func add(sum **float64, x *float64) {
	switch {
	case x == nil:
	case *sum == nil:
		*sum = new(*x)
	default:
		**sum += *x
	}
}

// raise makes most at least x.
func raise(most **float64, x *float64) {
	if x != nil && (*most == nil || **most < *x) {
		*most = new(*x)
	}
}
