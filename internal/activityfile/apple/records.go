// Package apple reads the document of an Apple Health export: workouts, heart rates, and what
// it says about its owner and about days.
package apple

import (
	"cmp"
	"encoding/xml"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Reader collects what a health export says about workouts. Of its
// millions of records it keeps the heart rates, in 16 bytes each, up to a limit,
// and of others what they make of a day.
type Reader struct {
	*xmldoc.Reader
	maxRows    int
	Workouts   []workout
	Records    int
	HeartRates heartRates
	Profile    profile
	Days       *days.Book // what the records make of days
	Undated    int
	Warnings   []string
	zones      map[string]*time.Location
}

// NewReader returns a reader of the rest of a document whose root has begun.
func NewReader(x *xmldoc.Reader, maxSamples, maxRows int) *Reader {
	return &Reader{
		Reader: x, maxRows: maxRows,
		HeartRates: heartRates{longest: maxSamples, most: 5 * maxSamples, sources: map[string]uint16{}},
		Profile:    profile{times: map[string]float64{}},
		Days:       days.NewBook(pierre.ProviderAppleHealth),
		zones:      map[string]*time.Location{},
	}
}

// Child reads a child of the root.
func (a *Reader) Child(e xml.StartElement) error {
	switch e.Name.Local {
	case "Record":
		a.Records++
		name := xmldoc.Attr(e, "type")
		if name == "HKCategoryTypeIdentifierSleepAnalysis" {
			return a.sleep(e)
		}
		kind := strings.TrimPrefix(name, "HKQuantityTypeIdentifier")
		if day := kindOf(kind); day != "" {
			a.read(day, e)
		}
		switch kind {
		case "HeartRate":
			a.HeartRates.add(e)
		case "BodyMass", "Height", "RestingHeartRate":
			a.Profile.measured(kind, e)
		}
	case "Workout":
		if len(a.Workouts) >= a.maxRows {
			return draft.Full("it has more than %d workouts", a.maxRows)
		}
		workout, err := a.workout(e)
		if math.IsNaN(workout.Start) {
			a.Undated++
			return err
		}
		a.Workouts = append(a.Workouts, workout)
		return err
	case "ActivitySummary":
		a.summary(e)
	case "Me":
		a.Profile.me(e)
	case "ExportDate":
		if t, _ := timeOf(xmldoc.Attr(e, "value")); !math.IsNaN(t) {
			a.Profile.Updated = draft.FromUnix(t)
		}
	}
	return nil
}

// timeOf reads a date such as "2019-12-15 15:19:55 -0500": NaN if it is none.
func timeOf(text string) (t float64, offset int) {
	when, err := time.Parse("2006-01-02 15:04:05 -0700", text)
	if err != nil || when.Year() < 1980 || when.Year() > 2200 {
		return math.NaN(), 0
	}
	_, offset = when.Zone()
	return draft.Unix(when), offset
}

// A beat is a heart rate record.
type beat struct {
	t      float64
	bpm    float32
	source uint16
}

// heartRates are the heart rates of an export, by any of its devices.
type heartRates struct {
	most    int
	longest int // that one workout may have
	beats   []beat
	sources map[string]uint16 // at most 65 535: the rest share a number
	given   int
}

func (h *heartRates) source(name string) uint16 {
	name = draft.Clip(name, maxName)
	n, ok := h.sources[name]
	if !ok && len(h.sources) < math.MaxUint16 {
		n = uint16(len(h.sources) + 1)
		h.sources[strings.Clone(name)] = n
	}
	return n
}

func (h *heartRates) add(e xml.StartElement) {
	t, _ := timeOf(xmldoc.Attr(e, "startDate"))
	bpm := xmldoc.Decimal(xmldoc.Attr(e, "value"))
	if len(h.beats) < h.most && !math.IsNaN(t) && bpm > 0 && bpm < 255 {
		h.beats = append(h.beats, beat{t, float32(bpm), h.source(xmldoc.Attr(e, "sourceName"))})
	}
}

func (h *heartRates) Sort() {
	slices.SortStableFunc(h.beats, func(a, b beat) int { return cmp.Compare(a.t, b.t) })
}

// During returns the heart rates during w: those of the device that recorded
// it, or if it measured none, of all.
func (h *heartRates) During(w *workout) []draft.Sample {
	lo := sort.Search(len(h.beats), func(i int) bool { return h.beats[i].t >= w.Start })
	hi := sort.Search(len(h.beats), func(i int) bool { return h.beats[i].t > w.end })
	if hi <= lo {
		return nil
	}
	beats := h.beats[lo:hi]
	// Workouts hardly overlap. A hostile export's may all last forever.
	if h.given += len(beats); h.given > 4*len(h.beats) || len(beats) > h.longest {
		return nil
	}
	own, ok := h.sources[draft.Clip(w.source, maxName)]
	ok = ok && slices.ContainsFunc(beats, func(b beat) bool { return b.source == own })
	var samples []draft.Sample
	for _, b := range beats {
		if ok && b.source != own {
			continue
		}
		s := draft.NewSample(b.t)
		s.HR = float64(b.bpm)
		samples = append(samples, s)
	}
	return samples
}

// A profile is what the export says about its owner, as of the last measurement.
type profile struct {
	pierre.Profile
	times map[string]float64
}

func (p *profile) me(e xml.StartElement) {
	birth, _, _ := strings.Cut(xmldoc.Attr(e, "HKCharacteristicTypeIdentifierDateOfBirth"), "-")
	if year, err := strconv.Atoi(birth); err == nil && year > 1900 {
		p.BirthYear = &year
	}
	switch xmldoc.Attr(e, "HKCharacteristicTypeIdentifierBiologicalSex") {
	case "HKBiologicalSexFemale":
		p.Sex = pierre.SexFemale
	case "HKBiologicalSexMale":
		p.Sex = pierre.SexMale
	}
}

func (p *profile) measured(kind string, e xml.StartElement) {
	t, _ := timeOf(xmldoc.Attr(e, "startDate"))
	if last, ok := p.times[kind]; math.IsNaN(t) || ok && last > t {
		return
	}
	value := quantityOf(xmldoc.Attr(e, "value"), xmldoc.Attr(e, "unit"))
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
	if at := draft.FromUnix(t); at.After(p.Updated) {
		p.Updated = at
	}
}

// quantityOf returns the quantity in m, s, m/s, kg, kcal, W or per minute;
// nil if it is no positive number or in a unit that is not known.
func quantityOf(value, unit string) *float64 {
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
	return draft.Positive(xmldoc.Decimal(value) * factor)
}
