package activityfile

import (
	"cmp"
	"encoding/xml"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An appleReader collects what a health export says about workouts. Of its
// millions of records it keeps the heart rates, in 16 bytes each, up to a limit.
type appleReader struct {
	*xmlReader
	limits     Limits
	workouts   []appleWorkout
	records    int
	heartRates appleHeartRates
	profile    appleProfile
	undated    int
	warnings   []string
}

func newAppleReader(x *xmlReader, limits Limits) *appleReader {
	return &appleReader{
		xmlReader: x, limits: limits,
		heartRates: appleHeartRates{longest: limits.Samples, most: 5 * limits.Samples, sources: map[string]uint16{}},
		profile:    appleProfile{times: map[string]float64{}},
	}
}

func (a *appleReader) child(e xml.StartElement) error {
	switch e.Name.Local {
	case "Record":
		a.records++
		kind := strings.TrimPrefix(attr(e, "type"), "HKQuantityTypeIdentifier")
		switch kind {
		case "HeartRate":
			a.heartRates.add(e)
		case "BodyMass", "Height", "RestingHeartRate":
			a.profile.measured(kind, e)
		}
	case "Workout":
		if len(a.workouts) >= a.limits.Rows {
			return full("it has more than %d workouts", a.limits.Rows)
		}
		workout, err := a.workout(e)
		if math.IsNaN(workout.start) {
			a.undated++
			return err
		}
		a.workouts = append(a.workouts, workout)
		return err
	case "Me":
		a.profile.me(e)
	case "ExportDate":
		if t, _ := appleTime(attr(e, "value")); !math.IsNaN(t) {
			a.profile.Updated = fromUnix(t)
		}
	}
	return nil
}

// appleTime reads a date such as "2019-12-15 15:19:55 -0500": NaN if it is none.
func appleTime(text string) (t float64, offset int) {
	when, err := time.Parse("2006-01-02 15:04:05 -0700", text)
	if err != nil || when.Year() < 1980 || when.Year() > 2200 {
		return math.NaN(), 0
	}
	_, offset = when.Zone()
	return unix(when), offset
}

// An appleBeat is a heart rate record.
type appleBeat struct {
	t      float64
	bpm    float32
	source uint16
}

// appleHeartRates are the heart rates of an export, by any of its devices.
type appleHeartRates struct {
	most    int
	longest int // that one workout may have
	beats   []appleBeat
	sources map[string]uint16 // at most 65 535: the rest share a number
	given   int
}

func (h *appleHeartRates) source(name string) uint16 {
	name = clip(name, maxName)
	n, ok := h.sources[name]
	if !ok && len(h.sources) < math.MaxUint16 {
		n = uint16(len(h.sources) + 1)
		h.sources[strings.Clone(name)] = n
	}
	return n
}

func (h *appleHeartRates) add(e xml.StartElement) {
	t, _ := appleTime(attr(e, "startDate"))
	bpm := decimal(attr(e, "value"))
	if len(h.beats) < h.most && !math.IsNaN(t) && bpm > 0 && bpm < 255 {
		h.beats = append(h.beats, appleBeat{t, float32(bpm), h.source(attr(e, "sourceName"))})
	}
}

func (h *appleHeartRates) sort() {
	slices.SortStableFunc(h.beats, func(a, b appleBeat) int { return cmp.Compare(a.t, b.t) })
}

// during returns the heart rates during w: those of the device that recorded
// it, or if it measured none, of all.
func (h *appleHeartRates) during(w *appleWorkout) []sample {
	lo := sort.Search(len(h.beats), func(i int) bool { return h.beats[i].t >= w.start })
	hi := sort.Search(len(h.beats), func(i int) bool { return h.beats[i].t > w.end })
	if hi <= lo {
		return nil
	}
	beats := h.beats[lo:hi]
	// Workouts hardly overlap. A hostile export's may all last forever.
	if h.given += len(beats); h.given > 4*len(h.beats) || len(beats) > h.longest {
		return nil
	}
	own, ok := h.sources[clip(w.source, maxName)]
	ok = ok && slices.ContainsFunc(beats, func(b appleBeat) bool { return b.source == own })
	var samples []sample
	for _, b := range beats {
		if ok && b.source != own {
			continue
		}
		s := newSample(b.t)
		s.hr = float64(b.bpm)
		samples = append(samples, s)
	}
	return samples
}

// An appleProfile is what the export says about its owner, as of the last measurement.
type appleProfile struct {
	pierre.Profile
	times map[string]float64
}

func (p *appleProfile) me(e xml.StartElement) {
	birth, _, _ := strings.Cut(attr(e, "HKCharacteristicTypeIdentifierDateOfBirth"), "-")
	if year, err := strconv.Atoi(birth); err == nil && year > 1900 {
		p.BirthYear = &year
	}
	switch attr(e, "HKCharacteristicTypeIdentifierBiologicalSex") {
	case "HKBiologicalSexFemale":
		p.Sex = pierre.SexFemale
	case "HKBiologicalSexMale":
		p.Sex = pierre.SexMale
	}
}

func (p *appleProfile) measured(kind string, e xml.StartElement) {
	t, _ := appleTime(attr(e, "startDate"))
	if last, ok := p.times[kind]; math.IsNaN(t) || ok && last > t {
		return
	}
	value := appleQuantity(attr(e, "value"), attr(e, "unit"))
	if value == nil {
		return
	}
	p.times[kind] = t
	switch kind {
	case "BodyMass":
		p.WeightKg = value
	case "Height":
		p.HeightCm = new(*value * 100)
	case "RestingHeartRate":
		p.RestingHeartRateBPM = value
	}
	if at := fromUnix(t); at.After(p.Updated) {
		p.Updated = at
	}
}

// appleQuantity returns the quantity in m, s, m/s, kg, kcal, W or per minute;
// nil if it is no positive number or in a unit that is not known.
func appleQuantity(value, unit string) *float64 {
	factor := 0.0
	switch unit {
	case "m", "s", "m/s", "kg", "kcal", "Cal", "W", "count/min", "count":
		factor = 1
	case "km":
		factor = 1000
	case "cm":
		factor = 0.01
	case "mi":
		factor = 1609.344
	case "yd":
		factor = 0.9144
	case "ft":
		factor = 0.3048
	case "in":
		factor = 0.0254
	case "min":
		factor = 60
	case "hr", "h":
		factor = 3600
	case "km/hr", "km/h":
		factor = 1 / 3.6
	case "mi/hr", "mph":
		factor = 0.44704
	case "g":
		factor = 0.001
	case "lb":
		factor = 0.45359237
	case "st":
		factor = 6.35029318
	case "kJ":
		factor = 1 / 4.184
	}
	return positive(decimal(value) * factor)
}
