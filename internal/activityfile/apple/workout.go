package apple

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"math"
	"path"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxRoutes bounds the route files of one workout. There is one per pause at most.
const maxRoutes = 100

// maxName bounds the names of devices and files, in bytes.
const maxName = 1024

// A workout is a Workout element.
type workout struct {
	kind       string
	source     string
	device     string
	Start, end float64
	offset     int // seconds east of UTC
	zone       string
	indoor     *bool // nil: it does not say
	duration   *float64
	pausedAt   float64 // NaN unless it is paused
	paused     float64
	totals     pierre.Totals
	distance   string // the kind of distance that the totals have
	legs       []workout
	Routes     []string
	Sum        [32]byte // identifies it: the document around it changes with every export
}

func (a *Reader) workout(e xml.StartElement) (workout, error) {
	w := workout{
		kind: draft.Clip(xmldoc.Attr(e, "workoutActivityType"), maxName), source: draft.Clip(xmldoc.Attr(e, "sourceName"), maxName), device: draft.Clip(deviceOf(e), maxName),
	}
	w.Start, w.offset = timeOf(xmldoc.Attr(e, "startDate"))
	w.end, _ = timeOf(xmldoc.Attr(e, "endDate"))
	w.duration = quantityOf(xmldoc.Attr(e, "duration"), xmldoc.Attr(e, "durationUnit"))
	// Before iOS 16, totals are attributes.
	w.totals.DistanceMeters = quantityOf(xmldoc.Attr(e, "totalDistance"), xmldoc.Attr(e, "totalDistanceUnit"))
	w.totals.CaloriesKcal = quantityOf(xmldoc.Attr(e, "totalEnergyBurned"), xmldoc.Attr(e, "totalEnergyBurnedUnit"))
	var row []string
	for _, at := range e.Attr {
		row = append(row, at.Name.Local, at.Value)
	}
	w.Sum = sha256.Sum256(fmt.Appendf(nil, "%q", row))
	w.pausedAt = math.NaN()
	err := a.Children(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "WorkoutStatistics":
			w.statistic(e)
		case "WorkoutActivity":
			return a.leg(e, &w)
		case "MetadataEntry":
			w.metadata(xmldoc.Attr(e, "key"), xmldoc.Attr(e, "value"))
		case "WorkoutEvent":
			w.event(e)
		case "WorkoutRoute":
			return a.Children(func(e xml.StartElement) error {
				if e.Name.Local == "FileReference" && len(w.Routes) < maxRoutes {
					w.Routes = append(w.Routes, strings.TrimPrefix(path.Clean("/"+draft.Clip(xmldoc.Attr(e, "path"), maxName)), "/"))
				}
				return nil
			})
		}
		return nil
	})
	// The dates of an export have the zone where it was made, not that of the workout.
	if zone := a.location(w.zone); zone != nil && !math.IsNaN(w.Start) {
		_, w.offset = draft.FromUnix(w.Start).In(zone).Zone()
	}
	return w, err
}

// event notes when the workout was paused, and for how long.
func (w *workout) event(e xml.StartElement) {
	at, _ := timeOf(xmldoc.Attr(e, "date"))
	switch strings.TrimPrefix(xmldoc.Attr(e, "type"), "HKWorkoutEventType") {
	case "Pause", "MotionPaused":
		w.pausedAt = at
	case "Resume", "MotionResumed":
		if at > w.pausedAt {
			w.paused += at - w.pausedAt
		}
		w.pausedAt = math.NaN()
	}
}

// maxLegs bounds the sports of one workout.
const maxLegs = 100

// leg reads a WorkoutActivity element: one sport of a workout of several, such as a triathlon.
func (a *Reader) leg(e xml.StartElement, of *workout) error {
	l := workout{kind: draft.Clip(xmldoc.Attr(e, "workoutActivityType"), maxName), source: of.source, device: of.device, offset: of.offset}
	l.Start, _ = timeOf(xmldoc.Attr(e, "startDate"))
	l.end, _ = timeOf(xmldoc.Attr(e, "endDate"))
	l.duration = quantityOf(xmldoc.Attr(e, "duration"), xmldoc.Attr(e, "durationUnit"))
	err := a.Children(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "WorkoutStatistics":
			l.statistic(e)
		case "MetadataEntry":
			l.metadata(xmldoc.Attr(e, "key"), xmldoc.Attr(e, "value"))
		}
		return nil
	})
	n := len(of.legs)
	follows := n == 0 || l.Start >= of.legs[n-1].end // else a hostile export's could all have all the samples
	if !math.IsNaN(l.Start) && follows && n < maxLegs {
		of.legs = append(of.legs, l)
	}
	return err
}

// location returns the time zone of that name, nil if there is none. Loading one
// reads a file, so each is loaded once.
func (a *Reader) location(name string) *time.Location {
	const most = 1000 // there are some 600
	zone, known := a.zones[name]
	if known || name == "" || len(a.zones) >= most {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = nil
	}
	a.zones[name] = zone
	return zone
}

// statistic reads a WorkoutStatistics element (iOS 16 and later).
func (w *workout) statistic(e xml.StartElement) {
	kind := strings.TrimPrefix(xmldoc.Attr(e, "type"), "HKQuantityTypeIdentifier")
	value := func(name string) *float64 { return quantityOf(xmldoc.Attr(e, name), xmldoc.Attr(e, "unit")) }
	t := &w.totals
	switch {
	case kind == "ActiveEnergyBurned":
		t.CaloriesKcal = draft.First(value("sum"), t.CaloriesKcal)
	case strings.HasPrefix(kind, "Distance"):
		if sum := value("sum"); sum != nil && w.distance != "" && w.distance != kind {
			t.DistanceMeters = new(*t.DistanceMeters + *sum) // of another sport
		} else if sum != nil {
			t.DistanceMeters, w.distance = sum, kind
		}
	case kind == "HeartRate":
		t.AverageHeartRateBPM, t.MaxHeartRateBPM = value("average"), value("maximum")
	case strings.HasSuffix(kind, "Power"):
		t.AveragePowerWatts, t.MaxPowerWatts = value("average"), value("maximum")
	case strings.HasSuffix(kind, "Speed"):
		t.AverageSpeedMPS, t.MaxSpeedMPS = value("average"), value("maximum")
	case kind == "CyclingCadence":
		t.AverageCadenceRPM = value("average")
	}
}

func (w *workout) metadata(key, value string) {
	switch key {
	case "HKElevationAscended":
		number, unit, _ := strings.Cut(value, " ")
		w.totals.ElevationGainMeters = quantityOf(number, unit)
	case "HKElevationDescended":
		number, unit, _ := strings.Cut(value, " ")
		w.totals.ElevationLossMeters = quantityOf(number, unit)
	case "HKIndoorWorkout":
		w.indoor = new(value == "1")
	case "HKTimeZone":
		w.zone = draft.Clip(value, maxName)
	}
}

// Drafts makes an activity of the workout, or one of each of its sports, and gives them their samples.
func (w *workout) Drafts(samples []draft.Sample) []draft.Draft {
	sports := map[string]bool{}
	for i := range w.legs {
		sports[w.legs[i].kind] = true
	}
	if len(sports) < 2 {
		d := w.draft()
		d.Samples = samples
		return []draft.Draft{d}
	}
	draft.SortSamples(samples)
	drafts := make([]draft.Draft, len(w.legs))
	for i := range w.legs {
		l := &w.legs[i]
		l.offset = w.offset
		drafts[i] = l.draft()
		drafts[i].Rec.MultisportID = fmt.Sprintf("%x", w.Sum[:8])
		drafts[i].Samples = draft.During(samples, l.Start, l.end)
	}
	return drafts
}

// draft makes an activity of the workout, without the samples.
func (w *workout) draft() draft.Draft {
	d := draft.New(w.Start)
	d.Rec.Sport, d.Rec.Device, d.Rec.UTCOffset, d.Rec.Totals = draft.SportOf(w.kind), w.device, &w.offset, w.totals
	if draft.Called(&d.Rec.Activity, w.kind); w.indoor != nil {
		d.Rec.Indoor = *w.indoor
	}
	if elapsed := draft.Positive(w.end - w.Start); elapsed != nil {
		d.Rec.Totals.ElapsedSeconds = elapsed
		d.Rec.Totals.DurationSeconds = draft.Positive(*elapsed - w.paused)
	}
	d.Rec.Totals.DurationSeconds = draft.First(w.duration, d.Rec.Totals.DurationSeconds)
	return d
}

// deviceOf names what recorded the element, such as "Apple Watch".
func deviceOf(e xml.StartElement) string {
	if _, after, ok := strings.Cut(xmldoc.Attr(e, "device"), "name:"); ok {
		name, _, _ := strings.Cut(after, ",")
		return strings.TrimSpace(strings.TrimSuffix(name, ">"))
	}
	return xmldoc.Attr(e, "sourceName")
}
