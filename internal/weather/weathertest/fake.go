// Package weathertest is for tests: it speaks as Open-Meteo's two hosts do, with weather that follows from place and time.
package weathertest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Fake answers as Open-Meteo does. The zero value of its options behaves well.
type Fake struct {
	now func() time.Time

	mu    sync.Mutex
	asked []url.Values
	paths []string
	odd   func(w http.ResponseWriter, r *http.Request) bool
	lag   int // days that the archive is behind
	key   string
}

// New returns a fake whose present is now.
func New(now func() time.Time) *Fake { return &Fake{now: now, lag: 5} }

// Behave has odd answer instead, where it returns true; nil: nothing is odd.
func (f *Fake) Behave(odd func(w http.ResponseWriter, r *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.odd = odd
}

// Lag sets how many days the archive is behind.
func (f *Fake) Lag(days int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lag = days
}

// WantKey has the fake demand a customer's key.
func (f *Fake) WantKey(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.key = key
}

// Asked returns the queries so far, and their paths.
func (f *Fake) Asked() ([]url.Values, []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]url.Values(nil), f.asked...), append([]string(nil), f.paths...)
}

// RoundTrip implements [http.RoundTripper] without a network, for tests that have no server.
func (f *Fake) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

// Refuse answers as the service does when it refuses.
func Refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"error": true, "reason": reason}) //nolint:errchkjson // the client may be gone
}

// ServeHTTP implements [http.Handler].
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f.mu.Lock()
	f.asked, f.paths = append(f.asked, q), append(f.paths, r.URL.Path)
	odd, lag, key := f.odd, f.lag, f.key
	f.mu.Unlock()
	if odd != nil && odd(w, r) {
		return
	}
	if key != "" && q.Get("apikey") != key {
		Refuse(w, http.StatusUnauthorized, "The supplied API key is invalid.")
		return
	}
	archive := r.URL.Path == "/v1/archive"
	if !archive && r.URL.Path != "/v1/forecast" {
		http.NotFound(w, r)
		return
	}
	doc, problem := f.document(q, archive, lag)
	if problem != "" {
		Refuse(w, http.StatusBadRequest, problem)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(doc) //nolint:errchkjson // the client may be gone
}

// units are those of the variables, with wind_speed_unit=ms.
func units() map[string]string {
	return map[string]string{
		"time": "iso8601", "temperature_2m": "°C", "relative_humidity_2m": "%", "dew_point_2m": "°C", "apparent_temperature": "°C",
		"precipitation": "mm", "wind_speed_10m": "m/s", "wind_gusts_10m": "m/s", "wind_direction_10m": "°", "weather_code": "wmo code",
	}
}

// document makes an answer, or says why there is none.
func (f *Fake) document(q url.Values, archive bool, lag int) (map[string]any, string) {
	latitude, err1 := strconv.ParseFloat(q.Get("latitude"), 64)
	longitude, err2 := strconv.ParseFloat(q.Get("longitude"), 64)
	first, err3 := time.Parse(time.DateOnly, q.Get("start_date"))
	last, err4 := time.Parse(time.DateOnly, q.Get("end_date"))
	today := f.now().UTC().Truncate(24 * time.Hour)
	least, most := time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC), today
	if !archive {
		least, most = today.AddDate(0, 0, -92), today.AddDate(0, 0, 15)
	}
	switch {
	case err1 != nil || err2 != nil || math.Abs(latitude) > 90:
		return nil, "Latitude must be in range of -90 to 90°. Given: " + q.Get("latitude") + "."
	case err3 != nil || err4 != nil:
		return nil, "Invalid date format. Make sure to use 'YYYY-MM-DD'"
	case last.Before(first):
		return nil, "End-date must be larger or equals than start-date."
	case first.Before(least) || last.After(most):
		return nil, fmt.Sprintf("Parameter 'end_date' is out of allowed range from %s to %s", least.Format(time.DateOnly), most.Format(time.DateOnly))
	}
	known, unit := units(), map[string]string{"time": "iso8601"}
	hourly := map[string]any{}
	var times []string
	for at := first; at.Before(last.AddDate(0, 0, 1)); at = at.Add(time.Hour) {
		times = append(times, at.Format("2006-01-02T15:04"))
	}
	hourly["time"] = times
	for name := range strings.SplitSeq(q.Get("hourly"), ",") {
		if known[name] == "" {
			return nil, "Data corrupted at path ''. Cannot initialize SurfacePressureAndHeightVariable from invalid String value " + name + "."
		}
		unit[name] = known[name]
		values := make([]*float64, len(times))
		for n := range values {
			at := first.Add(time.Duration(n) * time.Hour)
			if archive && !at.Before(today.AddDate(0, 0, -lag)) {
				continue // ERA5 is behind
			}
			values[n] = new(Value(name, latitude, at))
		}
		hourly[name] = values
	}
	return map[string]any{
		"latitude": math.Round(latitude/0.25) * 0.25, "longitude": math.Round(longitude/0.25) * 0.25, "generationtime_ms": 0.05,
		"utc_offset_seconds": 0, "timezone": "GMT", "timezone_abbreviation": "GMT", "elevation": 38.0, "hourly_units": unit, "hourly": hourly,
	}, ""
}

// Value is what the fake says of a variable at a time: warmer in the afternoon, with the wind from the west.
func Value(name string, latitude float64, at time.Time) float64 {
	warmth := math.Round(10*(28-math.Abs(latitude)/4-6*math.Cos(float64(at.UTC().Hour()-3)*math.Pi/12))) / 10
	switch name {
	case "temperature_2m":
		return warmth
	case "relative_humidity_2m":
		return 55
	case "dew_point_2m":
		return warmth - 9
	case "apparent_temperature":
		return warmth - 1
	case "precipitation":
		if at.UTC().Hour() == 17 {
			return 1.2
		}
		return 0
	case "wind_speed_10m":
		return 4.5
	case "wind_gusts_10m":
		return 8.5
	case "wind_direction_10m":
		return 270
	}
	if at.UTC().Hour() == 17 {
		return 61
	}
	return 2
}

// Constant answers with the same values for every hour of the days that are asked for, and without the other variables.
func Constant(w http.ResponseWriter, r *http.Request, values map[string]float64) {
	first, _ := time.Parse(time.DateOnly, r.URL.Query().Get("start_date"))
	last, _ := time.Parse(time.DateOnly, r.URL.Query().Get("end_date"))
	hourly, unit := map[string]any{}, map[string]string{}
	var times []string
	for at := first; at.Before(last.AddDate(0, 0, 1)); at = at.Add(time.Hour) {
		times = append(times, at.Format("2006-01-02T15:04"))
	}
	hourly["time"] = times
	for name, value := range values {
		column := make([]float64, len(times))
		for n := range column {
			column[n] = value
		}
		hourly[name], unit[name] = column, units()[name]
	}
	json.NewEncoder(w).Encode(map[string]any{"utc_offset_seconds": 0, "elevation": 38.0, "hourly_units": unit, "hourly": hourly}) //nolint:errchkjson // the client may be gone
}
