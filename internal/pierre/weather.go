package pierre

import (
	"math"
	"time"
)

// A WeatherCell is a square of a tenth of a degree, by its middle: what is told of a place to ask for its weather.
type WeatherCell struct {
	Latitude  int // tenths of a degree, -900 to 900
	Longitude int // tenths of a degree, -1800 to 1799
}

// WeatherCellAt returns the cell of a place in degrees, and false if that is no place.
func WeatherCellAt(latitude, longitude float64) (WeatherCell, bool) {
	if !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180) {
		return WeatherCell{}, false
	}
	c := WeatherCell{int(math.Round(10 * latitude)), int(math.Round(10 * longitude))}
	if c.Longitude == 1800 { // the date line has two names
		c.Longitude = -1800
	}
	return c, true
}

// Degrees returns the middle of the cell.
func (c WeatherCell) Degrees() (latitude, longitude float64) {
	return float64(c.Latitude) / 10, float64(c.Longitude) / 10
}

// A WeatherDay is the weather of a cell on one day, as a service said.
type WeatherDay struct {
	Cell      WeatherCell
	Day       time.Time // midnight UTC
	Forecast  bool      // by a model that forecasts, not by the archive of the past
	Elevation *float64  // m, that the values are for; nil: unknown
	Hours     []WeatherHour
	Fetched   time.Time
	Expires   time.Time // then it is asked for again
}

// WeatherHour is the weather at a full hour, at that moment unless said otherwise. What the service does not know is nil.
type WeatherHour struct {
	Temperature   *float64 `json:"t,omitempty"`  // °C, 2 m above ground
	Humidity      *float64 `json:"h,omitempty"`  // %
	DewPoint      *float64 `json:"d,omitempty"`  // °C
	Apparent      *float64 `json:"a,omitempty"`  // °C, as it feels
	Precipitation *float64 `json:"p,omitempty"`  // mm, in the hour before
	WindSpeed     *float64 `json:"w,omitempty"`  // m/s, 10 m above ground
	WindGust      *float64 `json:"g,omitempty"`  // m/s, in the hour before
	WindFrom      *float64 `json:"wd,omitempty"` // degrees from north, clockwise
	Code          *float64 `json:"c,omitempty"`  // of the World Meteorological Organization, table 4677
}

// A WeatherWindow is a time in which questions to the weather service are counted: windows follow each other from the
// beginning of the time, so that all servers have the same.
type WeatherWindow struct {
	Length time.Duration
	Most   int // questions in it
}

// Start returns when the window that now is in began.
func (w WeatherWindow) Start(now time.Time) time.Time { return now.UTC().Truncate(w.Length) }

// End returns when the window that now is in ends.
func (w WeatherWindow) End(now time.Time) time.Time { return w.Start(now).Add(w.Length) }
