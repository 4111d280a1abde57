package weather

import (
	"encoding/json"
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A malformedError says what is wrong with an answer.
type malformedError struct{ what string }

func (e *malformedError) Error() string { return "the answer is not as documented: " + e.what }

// A variable is one that is asked for.
type variable struct {
	name        string
	unit        string
	least, most float64 // outside of which a value is none
	field       func(h *pierre.WeatherHour) **float64
}

// known lists the variables.
func known() []variable {
	return []variable{
		{"temperature_2m", "°C", -100, 65, func(h *pierre.WeatherHour) **float64 { return &h.Temperature }},
		{"relative_humidity_2m", "%", 0, 100, func(h *pierre.WeatherHour) **float64 { return &h.Humidity }},
		{"dew_point_2m", "°C", -110, 50, func(h *pierre.WeatherHour) **float64 { return &h.DewPoint }},
		{"apparent_temperature", "°C", -130, 90, func(h *pierre.WeatherHour) **float64 { return &h.Apparent }},
		{"precipitation", "mm", 0, 500, func(h *pierre.WeatherHour) **float64 { return &h.Precipitation }},
		{"wind_speed_10m", "m/s", 0, 120, func(h *pierre.WeatherHour) **float64 { return &h.WindSpeed }},
		{"wind_gusts_10m", "m/s", 0, 150, func(h *pierre.WeatherHour) **float64 { return &h.WindGust }},
		{"wind_direction_10m", "°", 0, 360, func(h *pierre.WeatherHour) **float64 { return &h.WindFrom }},
		{"weather_code", "wmo code", 0, 99, func(h *pierre.WeatherHour) **float64 { return &h.Code }},
	}
}

func variables() []string {
	var names []string
	for _, v := range known() {
		names = append(names, v.name)
	}
	return names
}

// An answer is a checked one of the service.
type answer struct {
	elevation *float64
	hours     map[time.Time]pierre.WeatherHour
}

// parse reads an answer about the days from first to last. Values that cannot be are left out; what is missing is nil.
func parse(body []byte, first, last time.Time) (answer, error) {
	var raw struct {
		Offset    *float64                   `json:"utc_offset_seconds"`
		Elevation *float64                   `json:"elevation"`
		Units     map[string]string          `json:"hourly_units"`
		Hourly    map[string]json.RawMessage `json:"hourly"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return answer{}, &malformedError{err.Error()}
	}
	if raw.Offset == nil || *raw.Offset != 0 {
		return answer{}, &malformedError{"its times are not UTC"}
	}
	times, err := parseTimes(raw.Hourly["time"], first, last)
	if err != nil {
		return answer{}, err
	}
	a := answer{hours: map[time.Time]pierre.WeatherHour{}}
	if e := raw.Elevation; e != nil && math.Abs(*e) < 9000 { // NaN is no JSON
		a.elevation = e
	}
	for _, v := range known() {
		column := raw.Hourly[v.name]
		if column == nil {
			continue
		}
		if err := a.add(v, raw.Units[v.name], column, times); err != nil {
			return answer{}, err
		}
	}
	return a, nil
}

func (a answer) add(v variable, unit string, column json.RawMessage, times []time.Time) error {
	var values []*float64
	if err := json.Unmarshal(column, &values); err != nil {
		return &malformedError{v.name + ": " + err.Error()}
	}
	if len(values) != len(times) {
		return &malformedError{v.name + " has another length than the times"}
	}
	if unit != v.unit {
		return &malformedError{v.name + " is in another unit than was asked for"}
	}
	for n, value := range values {
		if value == nil || !(*value >= v.least && *value <= v.most) {
			continue
		}
		h := a.hours[times[n]]
		*v.field(&h) = value
		a.hours[times[n]] = h
	}
	return nil
}

// parseTimes reads the hours, which must be full ones that rise, of the days that were asked for.
func parseTimes(column json.RawMessage, first, last time.Time) ([]time.Time, error) {
	var texts []string
	if err := json.Unmarshal(column, &texts); err != nil || len(texts) == 0 {
		return nil, &malformedError{"it has no times"}
	}
	times := make([]time.Time, len(texts))
	for n, text := range texts {
		at, err := time.Parse("2006-01-02T15:04", text)
		switch {
		case err != nil || !at.Equal(at.Truncate(time.Hour)):
			return nil, &malformedError{"one of its times is no full hour"}
		case n > 0 && !at.After(times[n-1]):
			return nil, &malformedError{"its times do not rise"}
		case at.Before(first) || !at.Before(last.AddDate(0, 0, 1)):
			return nil, &malformedError{"one of its times was not asked for"}
		}
		times[n] = at
	}
	return times, nil
}

const hoursOfDay = 24

// days returns the answer day by day, from first to last.
func (a answer) days(cell pierre.WeatherCell, first, last time.Time) []pierre.WeatherDay {
	var days []pierre.WeatherDay
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		d := pierre.WeatherDay{Cell: cell, Day: day, Elevation: a.elevation, Hours: make([]pierre.WeatherHour, hoursOfDay)}
		for n := range d.Hours {
			d.Hours[n] = a.hours[day.Add(time.Duration(n)*time.Hour)]
		}
		days = append(days, d)
	}
	return days
}
