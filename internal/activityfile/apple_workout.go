package activityfile

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"math"
	"path"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxRoutes bounds the route files of one workout. There is one per pause at most.
const maxRoutes = 100

// An appleWorkout is a Workout element.
type appleWorkout struct {
	kind       string
	source     string
	device     string
	start, end float64
	offset     int // seconds east of UTC
	duration   *float64
	paused     float64
	totals     pierre.Totals
	routes     []string
	sum        [32]byte // identifies it: the document around it changes with every export
}

func (a *appleReader) workout(e xml.StartElement) (appleWorkout, error) {
	w := appleWorkout{
		kind: clip(attr(e, "workoutActivityType"), maxName), source: clip(attr(e, "sourceName"), maxName), device: clip(appleDevice(e), maxName),
	}
	w.start, w.offset = appleTime(attr(e, "startDate"))
	w.end, _ = appleTime(attr(e, "endDate"))
	w.duration = appleQuantity(attr(e, "duration"), attr(e, "durationUnit"))
	// Before iOS 16, totals are attributes.
	w.totals.DistanceMeters = appleQuantity(attr(e, "totalDistance"), attr(e, "totalDistanceUnit"))
	w.totals.CaloriesKcal = appleQuantity(attr(e, "totalEnergyBurned"), attr(e, "totalEnergyBurnedUnit"))
	var row []string
	for _, at := range e.Attr {
		row = append(row, at.Name.Local, at.Value)
	}
	w.sum = sha256.Sum256(fmt.Appendf(nil, "%q", row))
	pausedAt := math.NaN()
	err := a.children(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "WorkoutStatistics":
			w.statistic(e)
		case "MetadataEntry":
			w.metadata(attr(e, "key"), attr(e, "value"))
		case "WorkoutEvent":
			at, _ := appleTime(attr(e, "date"))
			switch strings.TrimPrefix(attr(e, "type"), "HKWorkoutEventType") {
			case "Pause", "MotionPaused":
				pausedAt = at
			case "Resume", "MotionResumed":
				if at > pausedAt {
					w.paused += at - pausedAt
				}
				pausedAt = math.NaN()
			}
		case "WorkoutRoute":
			return a.children(func(e xml.StartElement) error {
				if e.Name.Local == "FileReference" && len(w.routes) < maxRoutes {
					w.routes = append(w.routes, strings.TrimPrefix(path.Clean("/"+clip(attr(e, "path"), maxName)), "/"))
				}
				return nil
			})
		}
		return nil
	})
	return w, err
}

// statistic reads a WorkoutStatistics element (iOS 16 and later).
func (w *appleWorkout) statistic(e xml.StartElement) {
	kind := strings.TrimPrefix(attr(e, "type"), "HKQuantityTypeIdentifier")
	value := func(name string) *float64 { return appleQuantity(attr(e, name), attr(e, "unit")) }
	t := &w.totals
	switch {
	case kind == "ActiveEnergyBurned":
		t.CaloriesKcal = first(value("sum"), t.CaloriesKcal)
	case strings.HasPrefix(kind, "Distance"):
		t.DistanceMeters = first(value("sum"), t.DistanceMeters)
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

func (w *appleWorkout) metadata(key, value string) {
	switch key {
	case "HKElevationAscended":
		number, unit, _ := strings.Cut(value, " ")
		w.totals.ElevationGainMeters = appleQuantity(number, unit)
	case "HKElevationDescended":
		number, unit, _ := strings.Cut(value, " ")
		w.totals.ElevationLossMeters = appleQuantity(number, unit)
	case "HKTimeZone":
		// The dates of an export have the zone where it was made, not that of the workout.
		if zone, err := time.LoadLocation(value); err == nil && !math.IsNaN(w.start) {
			_, w.offset = fromUnix(w.start).In(zone).Zone()
		}
	}
}

// draft makes an activity of the workout, without the samples.
func (w *appleWorkout) draft() draft {
	d := newDraft(w.start)
	d.rec.Sport, d.rec.Device, d.rec.UTCOffset, d.rec.Totals = sportOf(w.kind), w.device, &w.offset, w.totals
	if elapsed := positive(w.end - w.start); elapsed != nil {
		d.rec.Totals.ElapsedSeconds = elapsed
		d.rec.Totals.DurationSeconds = positive(*elapsed - w.paused)
	}
	d.rec.Totals.DurationSeconds = first(w.duration, d.rec.Totals.DurationSeconds)
	return d
}

// appleDevice names what recorded the element, such as "Apple Watch".
func appleDevice(e xml.StartElement) string {
	if _, after, ok := strings.Cut(attr(e, "device"), "name:"); ok {
		name, _, _ := strings.Cut(after, ",")
		return strings.TrimSpace(strings.TrimSuffix(name, ">"))
	}
	return attr(e, "sourceName")
}
