package days

import (
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Convert returns a value in the unit that the kind is kept in. It counts those in a unit that is not known, and reports false.
func (b *Book) Convert(kind pierre.WellnessKind, value float64, unit string) (float64, bool) {
	place, ok := b.kinds[kind]
	if !ok {
		return 0, false
	}
	to := b.ranges[place].Unit
	switch {
	case to == "%" && (unit == "%" || unit == ""):
		if value <= 1 { // a fraction, which some write under the same name
			value *= 100
		}
		return value, true
	case to == "°C" && (unit == "degF" || unit == "°F"):
		return (value - 32) / 1.8, true
	case to == "ml/kg/min" && strings.Contains(unit, "kg") && strings.Contains(unit, "min"): // written in many ways
		return value, true
	case to == unit:
		return value, true
	}
	if f := factor(to, unit); f != 0 {
		return value * f, true
	}
	b.unit(unit)
	return 0, false
}

// factor returns what a value in the second unit is multiplied with to be in the first; 0 if that is not known.
func factor(to, unit string) float64 {
	switch to {
	case "bpm", "/min":
		return one(unit, "count/min", "bpm", "breaths/min", "/min")
	case "°C":
		return one(unit, "degC")
	case "":
		return one(unit, "count", "steps")
	case "s":
		return map[string]float64{"sec": 1, "min": 60, "hr": 3600, "h": 3600}[unit]
	case "ms":
		return map[string]float64{"s": 1000}[unit]
	case "kg":
		return map[string]float64{"g": 0.001, "lb": 0.45359237, "lbs": 0.45359237, "st": 6.35029318}[unit]
	case "kcal":
		return map[string]float64{"Cal": 1, "kJ": 1 / 4.184, "J": 1 / 4184.}[unit]
	case "mmHg":
		return map[string]float64{"kPa": 7.500616827}[unit]
	case "l":
		return map[string]float64{"L": 1, "mL": 0.001, "ml": 0.001, "cL": 0.01, "fl_oz_us": 0.0295735296, "fl_oz_imp": 0.0284130625}[unit]
	}
	return 0
}

func one(unit string, same ...string) float64 {
	if slices.Contains(same, unit) {
		return 1
	}
	return 0
}

// unit counts a reading in a unit that is not known.
func (b *Book) unit(unit string) {
	const most = 5
	if _, ok := b.units[unit]; ok || len(b.units) < most {
		b.units[strings.Clone(unit[:min(len(unit), 20)])]++
	}
}
