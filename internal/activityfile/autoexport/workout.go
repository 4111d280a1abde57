package autoexport

import (
	"crypto/sha256"
	"encoding/json"
	"math"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Workout is an activity of a document.
type Workout struct {
	ID    string   // Apple Health's, "" if it has none
	Sum   [32]byte // identifies it: the documents around it differ
	Draft draft.Draft
}

// A quantity is a number with its unit.
type quantity struct {
	Quantity *jsondoc.Number `json:"qty"`
	Units    string          `json:"units"`
}

type workout struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Start    string          `json:"start"`
	End      string          `json:"end"`
	Duration *jsondoc.Number `json:"duration"` // s
	Indoor   *bool           `json:"isIndoor"`

	Energy      quantity `json:"activeEnergyBurned"`
	OldEnergy   quantity `json:"activeEnergy"`
	Distance    quantity `json:"distance"`
	AverageRate quantity `json:"avgHeartRate"`
	MaxRate     quantity `json:"maxHeartRate"`
	AvgSpeed    quantity `json:"avgSpeed"`
	MaxSpeed    quantity `json:"maxSpeed"`
	Up          quantity `json:"elevationUp"`
	Down        quantity `json:"elevationDown"`
	HeartRate   struct {
		Average quantity `json:"avg"`
		Max     quantity `json:"max"`
	} `json:"heartRate"`

	Route      json.RawMessage `json:"route"`
	HeartRates json.RawMessage `json:"heartRateData"`
	Power      json.RawMessage `json:"cyclingPower"`
	RunPower   json.RawMessage `json:"runningPower"`
	Cadence    json.RawMessage `json:"cyclingCadence"`
}

// A fix is a point of a route.
type fix struct {
	Time      string          `json:"timestamp"`
	Latitude  *jsondoc.Number `json:"latitude"`
	Longitude *jsondoc.Number `json:"longitude"`
	Lat       *jsondoc.Number `json:"lat"`
	Lon       *jsondoc.Number `json:"lon"`
	Altitude  *jsondoc.Number `json:"altitude"` // m
	Speed     *jsondoc.Number `json:"speed"`    // m/s
}

// A beat is a heart rate of a workout, or another quantity.
type beat struct {
	Date     string          `json:"date"`
	Average  *jsondoc.Number `json:"Avg"`
	Quantity *jsondoc.Number `json:"qty"`
}

// make makes an activity of the workout, unless it does not say when it began.
func (w *workout) make(maxSamples int) (Workout, bool) {
	start, offset := timeOf(w.Start)
	end, _ := timeOf(w.End)
	if !(start >= 315532800 && start < 7258118400) { // 1980 to 2200
		return Workout{}, false
	}
	made := Workout{ID: draft.Clip(w.ID, draft.MaxTitle)}
	identity := made.ID
	if identity == "" {
		identity = w.Name + "\x00" + w.Start
	}
	made.Sum = sha256.Sum256([]byte("health-auto-export\x00" + identity))
	d := draft.New(start)
	d.Rec.Sport, d.Rec.UTCOffset = sportOf(w.Name), &offset
	if draft.Called(&d.Rec.Activity, w.Name); w.Indoor != nil {
		d.Rec.Indoor = *w.Indoor
	}
	w.totals(&d.Rec.Totals)
	if elapsed := draft.Positive(end - start); elapsed != nil {
		d.Rec.Totals.ElapsedSeconds = elapsed
	}
	d.Samples = w.samples(maxSamples)
	made.Draft = d
	return made, true
}

// sportOf knows the names of Apple's activity types, and those that the phone shows: "Outdoor Run", "Indoor Cycle".
func sportOf(name string) pierre.Sport {
	if sport := draft.SportOf(name); sport != pierre.SportOther {
		return sport
	}
	for _, place := range []string{"Outdoor ", "Indoor ", "Pool ", "Open Water "} {
		if kind, ok := strings.CutPrefix(name, place); ok {
			return draft.SportOf(strings.Replace(kind, "Cycle", "Cycling", 1))
		}
	}
	return pierre.SportOther
}

func (w *workout) totals(t *pierre.Totals) {
	t.DurationSeconds = w.Duration.Positive(1)
	t.CaloriesKcal = draft.First(w.Energy.in(energy), w.OldEnergy.in(energy))
	t.DistanceMeters = w.Distance.in(length)
	t.AverageHeartRateBPM = draft.First(w.HeartRate.Average.in(rate), w.AverageRate.in(rate))
	t.MaxHeartRateBPM = draft.First(w.HeartRate.Max.in(rate), w.MaxRate.in(rate))
	t.AverageSpeedMPS, t.MaxSpeedMPS = w.AvgSpeed.in(speed), w.MaxSpeed.in(speed)
	t.ElevationGainMeters, t.ElevationLossMeters = w.Up.in(length), w.Down.in(length)
}

// in returns the quantity in the unit that factor converts to; nil if it is 0, or in a unit that is not known.
func (q quantity) in(factor func(unit string) float64) *float64 {
	return q.Quantity.Positive(factor(q.Units))
}

func length(unit string) float64 {
	return map[string]float64{"m": 1, "km": 1000, "mi": 1609.344, "ft": 0.3048, "yd": 0.9144}[unit]
}

func speed(unit string) float64 {
	return map[string]float64{"m/s": 1, "km/h": 1 / 3.6, "km/hr": 1 / 3.6, "kmph": 1 / 3.6, "mph": 0.44704, "mi/hr": 0.44704}[unit]
}

func energy(unit string) float64 {
	return map[string]float64{"kcal": 1, "Cal": 1, "kJ": 1 / 4.184}[unit]
}

func rate(unit string) float64 {
	return map[string]float64{"bpm": 1, "count/min": 1}[unit]
}

// samples returns the route, and what was measured on it, each at its own times. A list that is damaged ends early.
func (w *workout) samples(most int) []draft.Sample {
	var samples []draft.Sample
	add := func(date string, set func(*draft.Sample)) bool {
		if len(samples) >= most {
			return false
		}
		if t, _ := timeOf(date); !math.IsNaN(t) {
			s := draft.NewSample(t)
			set(&s)
			samples = append(samples, s)
		}
		return true
	}
	_ = jsondoc.Each(w.Route, func(f fix) bool {
		return add(f.Time, func(s *draft.Sample) {
			lat, lon := f.Latitude, f.Longitude
			if lat == nil || lon == nil {
				lat, lon = f.Lat, f.Lon
			}
			s.Place(lat.Value(), lon.Value())
			s.Alt, s.Speed = f.Altitude.Value(), f.Speed.Value()
		})
	})
	_ = jsondoc.Each(w.HeartRates, func(b beat) bool {
		return add(b.Date, func(s *draft.Sample) {
			s.HR = b.Average.Value()
			if b.Average == nil {
				s.HR = b.Quantity.Value()
			}
		})
	})
	for _, list := range []json.RawMessage{w.Power, w.RunPower} {
		_ = jsondoc.Each(list, func(b beat) bool { return add(b.Date, func(s *draft.Sample) { s.Power = b.Quantity.Value() }) })
	}
	_ = jsondoc.Each(w.Cadence, func(b beat) bool { return add(b.Date, func(s *draft.Sample) { s.Cad = b.Quantity.Value() }) })
	return samples
}
