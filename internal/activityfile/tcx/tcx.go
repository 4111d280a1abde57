// Package tcx reads Training Center documents.
package tcx

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A reader reads a Training Center document (TrainingCenterDatabase v2 with
// the ActivityExtension v2). Its laps are authoritative for time, distance and
// energy.
type reader struct {
	*xmldoc.Reader
	maxSamples int
	zone       xmldoc.Zone
	multi      int // multisport sessions so far
	drafts     []draft.Draft
	next       draft.Draft // that is being read
	laps       int         // of all drafts
	samples    int
	plans      string // what the document holds instead of activities
	empty      bool   // an activity says nothing
	buf        []byte
}

// Read reads the rest of a document whose root has begun.
func Read(x *xmldoc.Reader, maxSamples int) (drafts []draft.Draft, warnings []string, err error) {
	t := &reader{Reader: x, maxSamples: maxSamples}
	if err := x.Children(t.child); err != nil {
		text, err := x.Damage(err)
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
		return nil, nil, draft.Lost(warnings[0])
	case t.plans != "":
		return nil, nil, draft.NotActivity("it holds %s, not a recording", t.plans)
	case len(t.drafts) > 0, t.empty:
		return nil, nil, draft.NotActivity("no usable times: this is a route, not a recording")
	}
	return nil, nil, draft.NotActivity("it holds no activity")
}

func (t *reader) child(e xml.StartElement) error {
	switch e.Name.Local {
	case "Activities":
		return t.Children(t.activities)
	case "Courses":
		t.plans = "a course"
	case "Workouts":
		t.plans = "a workout plan"
	}
	return nil
}

func (t *reader) activities(e xml.StartElement) error {
	switch e.Name.Local {
	case "Activity":
		return t.activity(e, "")
	case "MultiSportSession":
		t.multi++
		id := fmt.Sprint(t.multi)
		return t.Children(func(e xml.StartElement) error { return t.leg(e, id) })
	}
	return nil
}

// leg reads FirstSport or NextSport.
func (t *reader) leg(_ xml.StartElement, id string) error {
	return t.Children(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "Activity":
			return t.activity(e, id)
		case "Transition":
			t.next = draft.New(math.NaN())
			t.next.Rec.MultisportID = id
			return t.keep(string(pierre.SportTransition), t.lap(e, &t.next))
		}
		return nil
	})
}

func (t *reader) activity(e xml.StartElement, multisport string) error {
	t.next = draft.New(math.NaN())
	d := &t.next
	d.Rec.MultisportID = multisport
	sport := xmldoc.Attr(e, "Sport")
	return t.keep(sport, t.Children(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "Id":
			var id string
			id, err = t.Text()
			d.Start = t.zone.Parse(id)
		case "Notes":
			d.Rec.Description, err = t.Text()
		case "Lap":
			err = t.lap(e, d)
		case "Creator":
			err = t.Leaves(&t.buf, func(name, text string) {
				if name == "Name" && d.Rec.Device == "" {
					d.Rec.Device = text
				}
			})
		}
		return err
	}))
}

// keep adds the next draft, of which reading ended with err, to what the document holds, unless it says nothing.
func (t *reader) keep(sport string, err error) error {
	d := &t.next
	switch {
	case len(d.Laps) == 0 && len(d.Samples) == 0:
		t.empty = true
	case len(t.drafts) >= draft.MaxActivities:
		return draft.Full("it has more than %d activities", draft.MaxActivities)
	default:
		d.Rec.Sport = draft.SportOf(sport)
		draft.Called(&d.Rec.Activity, sport)
		t.drafts = append(t.drafts, *d)
	}
	return err
}

func (t *reader) lap(e xml.StartElement, d *draft.Draft) error {
	if t.laps++; t.laps > draft.MaxLaps {
		return draft.Full("it has more than %d laps", draft.MaxLaps)
	}
	l := draft.Lap{Start: t.zone.Parse(xmldoc.Attr(e, "StartTime")), End: math.NaN()}
	err := t.Children(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "Track":
			return t.track(d)
		case "AverageHeartRateBpm", "MaximumHeartRateBpm", "Extensions":
			outer := e.Name.Local
			return t.Leaves(&t.buf, func(name, text string) { store(&l, outer, name, text) })
		case "TotalTimeSeconds", "DistanceMeters", "MaximumSpeed", "Calories", "Cadence":
			var text string
			text, err = t.Text()
			store(&l, "", e.Name.Local, text)
		}
		return err
	})
	d.Laps = append(d.Laps, l)
	return err
}

// store takes a total of the lap, found inside the element outer.
func store(l *draft.Lap, outer, name, text string) {
	v := draft.Positive(xmldoc.Decimal(text))
	switch strings.TrimPrefix(outer+"/"+name, "/") {
	case "TotalTimeSeconds":
		l.Totals.DurationSeconds = v
	case "DistanceMeters":
		l.Totals.DistanceMeters = v
	case "MaximumSpeed":
		l.Totals.MaxSpeedMPS = v
	case "Calories":
		l.Totals.CaloriesKcal = v
	case "Cadence", "Extensions/AvgRunCadence":
		l.Totals.AverageCadenceRPM = v
	case "AverageHeartRateBpm/Value":
		l.Totals.AverageHeartRateBPM = v
	case "MaximumHeartRateBpm/Value":
		l.Totals.MaxHeartRateBPM = v
	case "Extensions/AvgSpeed":
		l.Totals.AverageSpeedMPS = v
	case "Extensions/AvgWatts":
		l.Totals.AveragePowerWatts = v
	case "Extensions/MaxWatts":
		l.Totals.MaxPowerWatts = v
	}
}

func (t *reader) track(d *draft.Draft) error {
	return t.Children(func(e xml.StartElement) error {
		if e.Name.Local != "Trackpoint" {
			return nil
		}
		if t.samples++; t.samples > t.maxSamples {
			return draft.Full("it has more than %d points", t.maxSamples)
		}
		s, err := t.trackpoint()
		if !math.IsNaN(s.T) {
			d.Samples = append(d.Samples, s)
		}
		return err
	})
}

func (t *reader) trackpoint() (draft.Sample, error) {
	s := draft.NewSample(math.NaN())
	lat, lon := math.NaN(), math.NaN()
	err := t.Leaves(&t.buf, func(name, text string) {
		switch name {
		case "Time":
			s.T = t.zone.Parse(text)
		case "LatitudeDegrees":
			lat = xmldoc.Decimal(text)
		case "LongitudeDegrees":
			lon = xmldoc.Decimal(text)
		case "AltitudeMeters":
			s.Alt = xmldoc.Decimal(text)
		case "DistanceMeters":
			s.Dist = xmldoc.Decimal(text)
		case "Value": // of HeartRateBpm, the only one in a trackpoint
			s.HR = xmldoc.Decimal(text)
		case "Cadence", "RunCadence":
			s.Cad = xmldoc.Decimal(text)
		case "Speed":
			s.Speed = xmldoc.Decimal(text)
		case "Watts":
			s.Power = xmldoc.Decimal(text)
		}
	})
	s.Place(lat, lon)
	return s, err
}

// total sums up the laps of d. It reports whether d has a time and a length.
func (t *reader) total(d *draft.Draft) bool {
	d.Rec.UTCOffset, d.Local = t.zone.Offset, t.zone.Absent
	draft.SortSamples(d.Samples)
	if len(d.Laps) > 0 && !math.IsNaN(d.Laps[0].Start) {
		d.Start = d.Laps[0].Start
	}
	var sum pierre.Totals
	for i := range d.Laps {
		l := &d.Laps[i].Totals
		add(&sum.DurationSeconds, l.DurationSeconds)
		add(&sum.DistanceMeters, l.DistanceMeters)
		add(&sum.CaloriesKcal, l.CaloriesKcal)
		raise(&sum.MaxHeartRateBPM, l.MaxHeartRateBPM)
		raise(&sum.MaxSpeedMPS, l.MaxSpeedMPS)
		raise(&sum.MaxPowerWatts, l.MaxPowerWatts)
	}
	d.Rec.Totals = sum
	if len(d.Samples) == 0 {
		averageLaps(d)
		return !math.IsNaN(d.Start) && sum.DurationSeconds != nil
	}
	if math.IsNaN(d.Start) {
		d.Start = d.Samples[0].T
	}
	last := d.Samples[len(d.Samples)-1].T
	return last > d.Samples[0].T || sum.DurationSeconds != nil
}

// averageLaps averages over time what laps without samples say.
func averageLaps(d *draft.Draft) {
	mean := func(of func(*pierre.Totals) *float64) *float64 {
		var sum, seconds float64
		for i := range d.Laps {
			if v, s := of(&d.Laps[i].Totals), d.Laps[i].Totals.DurationSeconds; v != nil && s != nil {
				sum += *v * *s
				seconds += *s
			}
		}
		return draft.Positive(sum / seconds)
	}
	d.Rec.Totals.AverageHeartRateBPM = mean(func(t *pierre.Totals) *float64 { return t.AverageHeartRateBPM })
	d.Rec.Totals.AveragePowerWatts = mean(func(t *pierre.Totals) *float64 { return t.AveragePowerWatts })
	d.Rec.Totals.AverageCadenceRPM = mean(func(t *pierre.Totals) *float64 { return t.AverageCadenceRPM })
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
