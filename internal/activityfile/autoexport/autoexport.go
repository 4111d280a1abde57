// Package autoexport reads what the iOS app Health Auto Export sends and writes: metrics of Apple Health and workouts, as JSON
// (help.healthyapps.dev, "Export Format", version 2; what version 1 calls otherwise is read as well).
package autoexport

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// MaxBytes bounds a document, which is read whole, and takes up to eight times its size.
const MaxBytes = 8 << 20

// maxNamed is how many metrics that are not kept are named.
const maxNamed = 20

// Limits bound what is read of a document.
type Limits struct {
	Workouts int
	Samples  int // of one workout
}

// A Document is what was read of one, besides its workouts.
type Document struct {
	Days     *days.Book
	Metrics  int      // that it has
	Warnings []string // what was left out, and why
}

type document struct {
	Data struct {
		Metrics  json.RawMessage `json:"metrics"`
		Workouts json.RawMessage `json:"workouts"`
	} `json:"data"`
}

type metric struct {
	Name   string          `json:"name"`
	Units  string          `json:"units"`
	Points json.RawMessage `json:"data"`
}

// Read reads a document, and hands its workouts to take one by one until that returns an error. It ends with ctx.
func Read(ctx context.Context, content []byte, limits Limits, take func(Workout) error) (*Document, error) {
	var doc document
	if err := jsondoc.Decode(jsondoc.Clean(content), &doc); err != nil {
		return nil, draft.Unreadable("its JSON is cut off or damaged")
	}
	d := &Document{Days: days.NewBook(pierre.ProviderAppleHealth)}
	var ignored []string
	_ = jsondoc.Each(doc.Data.Metrics, func(m metric) bool { // here and below: JSON that was decoded once is not damaged
		d.Metrics++
		if !d.metric(m) && len(ignored) <= maxNamed {
			ignored = append(ignored, draft.Clip(m.Name, draft.MaxTitle))
		}
		return ctx.Err() == nil
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(ignored) > maxNamed {
		ignored[maxNamed] = "and others"
	}
	if len(ignored) > 0 {
		d.Warnings = append(d.Warnings, "metrics that are not kept: "+strings.Join(ignored, ", "))
	}
	return d, d.workouts(doc.Data.Workouts, limits, take)
}

func (d *Document) workouts(list []byte, limits Limits, take func(Workout) error) error {
	n, undated := 0, 0
	var failed error
	_ = jsondoc.Each(list, func(w workout) bool {
		if n++; n > limits.Workouts {
			d.Warnings = append(d.Warnings, fmt.Sprintf("it has more than %d workouts: the rest was not read", limits.Workouts))
			return false
		}
		made, ok := w.make(limits.Samples)
		if !ok {
			undated++
			return true
		}
		failed = take(made)
		return failed == nil
	})
	if undated > 0 {
		d.Warnings = append(d.Warnings, human.Plural(undated, "workout")+" without a readable start left out")
	}
	return failed
}

// kindOf returns what values of days a metric makes, "" if none.
func kindOf(metric string) pierre.WellnessKind {
	switch metric {
	case "step_count":
		return pierre.WellnessSteps
	case "active_energy":
		return pierre.WellnessActiveEnergy
	case "resting_heart_rate":
		return pierre.WellnessRestingHeartRate
	case "heart_rate_variability":
		return pierre.WellnessHRVSDNN
	case "respiratory_rate":
		return pierre.WellnessRespiration
	case "blood_oxygen_saturation":
		return pierre.WellnessOxygen
	case "apple_sleeping_wrist_temperature":
		return pierre.WellnessSkinTemperature
	case "weight_body_mass":
		return pierre.WellnessWeight
	case "body_fat_percentage":
		return pierre.WellnessBodyFat
	case "vo2_max":
		return pierre.WellnessVO2Max
	case "dietary_water":
		return pierre.WellnessHydration
	case "dietary_energy":
		return pierre.WellnessEaten
	default:
		return ""
	}
}

// metric reads the values of a metric, and reports whether it is one that is kept.
func (d *Document) metric(m metric) bool {
	kind := kindOf(m.Name)
	switch {
	case m.Name == "sleep_analysis":
		_ = jsondoc.Each(m.Points, func(s sleep) bool { d.sleep(s, m.Units); return true })
	case m.Name == "blood_pressure":
		_ = jsondoc.Each(m.Points, func(p pressure) bool {
			d.read(pierre.WellnessSystolic, p.Systolic, m.Units, p.point)
			d.read(pierre.WellnessDiastolic, p.Diastolic, m.Units, p.point)
			return true
		})
	case kind == "":
		return false
	case days.Adds(kind):
		d.added(kind, m)
	default:
		_ = jsondoc.Each(m.Points, func(p point) bool { d.read(kind, p.Quantity, m.Units, p); return true })
	}
	return true
}

// A point is a value of a metric: one reading, or what the app made of those of a minute, an hour or a day.
type point struct {
	Date     string          `json:"date"`
	Quantity *jsondoc.Number `json:"qty"`
	Source   string          `json:"source"`
}

type pressure struct {
	point

	Systolic  *jsondoc.Number `json:"systolic"`
	Diastolic *jsondoc.Number `json:"diastolic"`
}

func (d *Document) read(kind pierre.WellnessKind, quantity *jsondoc.Number, units string, p point) {
	value := quantity.Known()
	if value == nil {
		return
	}
	v, ok := d.Days.Convert(kind, *value, units)
	if !ok {
		return
	}
	at, offset := timeOf(p.Date)
	d.Days.Read(days.Reading{Kind: kind, Value: v, Start: at, End: at, Offset: offset, Device: draft.Clip(p.Source, draft.MaxTitle)})
}

// added reads a metric that is added up. What the app has summed up comes once for each minute, hour or day, and holds each step
// once, whatever devices it names; single readings of several devices do not.
func (d *Document) added(kind pierre.WellnessKind, m metric) {
	var minutes []int64
	summed := true
	_ = jsondoc.Each(m.Points, func(p point) bool {
		at, _ := timeOf(p.Date)
		minute := int64(at / 60)
		summed = at == float64(minute*60)
		minutes = append(minutes, minute)
		return summed
	})
	slices.Sort(minutes)
	summed = summed && len(slices.Compact(minutes)) == len(minutes)
	_ = jsondoc.Each(m.Points, func(p point) bool {
		if summed {
			p.Source = ""
		}
		d.read(kind, p.Quantity, m.Units, p)
		return true
	})
}

// timeOf reads a date such as "2026-03-01 07:30:00 +0100". The app writes "7:30:00 AM" where the phone does.
func timeOf(text string) (t float64, offset int) {
	text = strings.ReplaceAll(text, "\u202f", " ")
	layouts := []string{"2006-01-02 15:04:05 -0700", "2006-01-02 3:04:05 PM -0700", time.RFC3339}
	for _, layout := range layouts {
		if when, err := time.Parse(layout, text); err == nil {
			_, offset = when.Zone()
			return draft.Unix(when), offset
		}
	}
	return nan(), 0
}

// stageOf returns what a value of sleep that the app did not sum up says.
func stageOf(value string) (days.Stage, bool) {
	i := slices.Index([]string{"In Bed", "Asleep", "Core", "Deep", "REM", "Awake", "InBed", "Unspecified"}, value)
	if i < 0 {
		return 0, false
	}
	return []days.Stage{days.InBed, days.Asleep, days.Light, days.Deep, days.REM, days.Awake, days.InBed, days.Asleep}[i], true
}
