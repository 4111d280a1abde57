package tools

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/internal/weather"
)

// A weatherView is the weather over a time, and what it means.
type weatherView struct {
	Latitude      *float64         `json:"latitude_degrees,omitempty" jsonschema:"middle of the square that was asked for"`
	Longitude     *float64         `json:"longitude_degrees,omitempty"`
	From          string           `json:"from" jsonschema:"on the clock of the place"`
	Until         string           `json:"until"`
	Source        weatherSource    `json:"source" jsonschema:"archive: of past weather; forecast: by weather models, also of the last days"`
	Temperature   *spreadView      `json:"temperature_celsius,omitempty"`
	AtAltitude    *float64         `json:"temperature_at_altitude_celsius,omitempty" jsonschema:"mean, at the mean altitude of the activity, where that is far from the model's"`
	Apparent      *float64         `json:"apparent_temperature_celsius,omitempty" jsonschema:"mean, as it feels"`
	Humidity      *float64         `json:"relative_humidity_percent,omitempty" jsonschema:"mean"`
	DewPoint      *float64         `json:"dew_point_celsius,omitempty" jsonschema:"mean"`
	Precipitation *float64         `json:"precipitation_mm,omitempty" jsonschema:"in all"`
	WindSpeed     *float64         `json:"wind_speed_mps,omitempty" jsonschema:"mean, 10 m above ground"`
	WindGust      *float64         `json:"wind_gust_mps,omitempty" jsonschema:"strongest"`
	WindFrom      *float64         `json:"wind_from_degrees,omitempty" jsonschema:"absent: from all directions in turn"`
	Conditions    string           `json:"conditions,omitempty" jsonschema:"the most notable"`
	WBGT          value            `json:"wet_bulb_globe_celsius" jsonschema:"estimated heat, by temperature and humidity"`
	HeatRisk      fitness.HeatRisk `json:"heat_risk,omitempty" jsonschema:"of heat illness in races"`
	Course        *courseView      `json:"wind_on_course,omitempty"`
	Meaning       []string         `json:"meaning"`
	Note          string           `json:"note"`
	Attribution   string           `json:"attribution" jsonschema:"to be named with the data"`
}

// A weatherSource says what the weather is from.
type weatherSource string

const (
	fromArchive  weatherSource = "archive"
	fromForecast weatherSource = "forecast"
)

type spreadView struct {
	Mean  *float64 `json:"mean"`
	Least *float64 `json:"least"`
	Most  *float64 `json:"most"`
}

// A courseView is how the wind stood to the course.
type courseView struct {
	Head     *float64 `json:"headwind_percent" jsonschema:"of the distance, within 45 degrees of ahead"`
	Tail     *float64 `json:"tailwind_percent"`
	Side     *float64 `json:"crosswind_percent"`
	Calm     *float64 `json:"calm_percent" jsonschema:"with less than 1.5 m/s of wind"`
	MeanHead *float64 `json:"mean_headwind_mps" jsonschema:"below 0: from behind"`
	Method   string   `json:"method"`
}

const (
	weatherNote = "From a weather model for a square of 0.1 degrees (about 11 km), not measured at the athlete"
	farAltitude = 150 // m from the model's altitude, from which on the temperature differs by a degree
)

// view sums up the weather.
func (p placeAndTime) view() weatherView {
	s := p.report.Over(p.from, p.to)
	v := weatherView{
		From: p.from.Format("2006-01-02T15:04"), Until: p.to.Format("2006-01-02T15:04"), Source: fromArchive,
		Humidity: ones(s.Humidity), DewPoint: tenths(s.DewPoint), Precipitation: tenths(s.Precipitation),
		WindSpeed: tenths(s.WindSpeed), WindGust: tenths(s.WindGust), WindFrom: ones(s.WindFrom), Meaning: []string{}, Note: weatherNote, Attribution: weather.Attribution,
	}
	latitude, longitude := p.report.Cell.Degrees()
	v.Latitude, v.Longitude = &latitude, &longitude
	if p.report.Forecast {
		v.Source = fromForecast
		v.Note += "; a forecast is at most 1 hour old, that of days that are over at most 6" // not when: others may have asked
	}
	if t := s.Temperature; t != nil {
		v.Temperature = &spreadView{rounded(t.Mean, 1), rounded(t.Least, 1), rounded(t.Most, 1)}
	}
	if s.Apparent != nil {
		v.Apparent = rounded(s.Apparent.Mean, 1)
	}
	if s.Code != nil {
		v.Conditions = weather.Describe(*s.Code)
	}
	if p.during != nil {
		p.altitude(&v, s)
	}
	p.heat(&v, s)
	if p.during != nil {
		p.course(&v)
	}
	return v
}

// heat estimates how hot it was. Of a day it is that of its warmest hour.
func (p placeAndTime) heat(v *weatherView, s weather.Summary) {
	if s.Temperature == nil || s.Humidity == nil {
		v.WBGT = value{evidence: evidence{NotAvailable: notAvailable(&fitness.UnavailableError{Reason: "temperature or humidity is not known"})}}
		return
	}
	temperature, humidity := s.Temperature.Mean, *s.Humidity
	switch {
	case v.AtAltitude != nil: // with the humidity of the model's square, as nothing better is known
		temperature = *v.AtAltitude
	case p.during == nil:
		for _, h := range p.report.Hours {
			if h.Temperature != nil && h.Humidity != nil && *h.Temperature >= s.Temperature.Most-0.05 {
				temperature, humidity = *h.Temperature, *h.Humidity
			}
		}
	}
	r, err := fitness.WBGT(temperature, humidity)
	if err != nil {
		v.WBGT = value{evidence: evidence{NotAvailable: notAvailable(err)}}
		return
	}
	v.WBGT = value{Value: rounded(r.Value, 1), evidence: evidence{
		Method: string(r.Method), Note: r.Note,
		Inputs: []input{
			{Name: "temperature_celsius", Value: rounded(temperature, 1), Source: training.Estimated},
			{Name: "relative_humidity_percent", Value: rounded(humidity, 0), Source: training.Estimated},
		},
	}}
	v.HeatRisk = fitness.HeatRiskOf(r.Value)
	v.Meaning = append(v.Meaning, p.heatMeaning(r.Value, v.HeatRisk)...)
}

// longEffort is from when on what is known of marathons may be of use for a run.
const longEffort = 45 * 60 // s

// heatMeaning says what is published about such heat, and of whom.
func (p placeAndTime) heatMeaning(wbgt float64, risk fitness.HeatRisk) []string {
	var said []string
	if risk != fitness.HeatLow {
		said = append(said, fmt.Sprintf("With about %s °C WBGT the risk of heat illness in races is %s (%s).",
			fixed(wbgt, 0), strings.ReplaceAll(string(risk), "_", " "), fitness.MethodHeatRisk.Source()))
	}
	if p.during == nil || !p.during.Sport.OnFoot() || p.to.Sub(p.from).Seconds() < longEffort {
		return said
	}
	const cool = 15
	row, ok := fitness.MarathonLossAt(wbgt)
	switch {
	case wbgt <= cool:
		said = append(said, fmt.Sprintf("It was cool (about %s °C WBGT): heat explains little of the pace.", fixed(wbgt, 0)))
	case ok:
		least, _ := fitness.MarathonLossAt(cool / 2)
		said = append(said, fmt.Sprintf("Heat may explain some of the pace: the first men of marathons were on average %s %% slower than the course record at %s to %s °C WBGT, "+
			"against %s %% at 5 to 10 °C, and slower runners lost more (%s). Of shorter runs this says nothing.",
			plain(row.Percent), plain(row.From), plain(row.To), plain(least.Percent), fitness.MethodMarathonHeat.Source()))
	default:
		said = append(said, "So much heat slows every long run; by how much is not published for it.")
	}
	return said
}

// altitude adds the temperature at the activity's altitude, where the model's is another one.
func (p placeAndTime) altitude(v *weatherView, s weather.Summary) {
	mean, n := 0.0, 0
	for _, a := range p.during.Series.Altitude {
		if finite(a) {
			mean, n = mean+a, n+1
		}
	}
	if n == 0 || p.report.Elevation == nil || s.Temperature == nil {
		return
	}
	mean /= float64(n)
	if math.Abs(mean-*p.report.Elevation) < farAltitude {
		return
	}
	v.AtAltitude = rounded(fitness.AtAltitude(s.Temperature.Mean, *p.report.Elevation, mean), 1)
	v.Meaning = append(v.Meaning, fmt.Sprintf("The activity was at %s m in the mean, the model's square at %s m: there it was about %s °C (%s).",
		fixed(mean, 0), fixed(*p.report.Elevation, 0), plain(*v.AtAltitude), fitness.MethodLapseRate))
}

// course compares the wind with the course.
func (p placeAndTime) course(v *weatherView) {
	series := p.during.Series
	w, err := fitness.WindOnCourse(series.Latitude, series.Longitude, func(i int) (speed, from float64) {
		h, _ := p.report.At(p.from.Add(time.Duration(series.Time[i] * float64(time.Second))))
		if h.WindSpeed == nil || h.WindFrom == nil {
			return math.NaN(), math.NaN()
		}
		return *h.WindSpeed, *h.WindFrom
	})
	if err != nil {
		return
	}
	v.Course = &courseView{
		Head: rounded(100*w.Head, 0), Tail: rounded(100*w.Tail, 0), Side: rounded(100*w.Side, 0), Calm: rounded(100*w.Calm, 0),
		MeanHead: rounded(w.MeanHead, 1), Method: string(w.Method),
	}
	v.Meaning = append(v.Meaning, fmt.Sprintf("By the model the wind came from ahead on %s %% of the distance, from behind on %s %% and from the side on %s %%; in the mean %s m/s %s. Near the ground and between houses it is less.",
		plain(*v.Course.Head), plain(*v.Course.Tail), plain(*v.Course.Side), plain(math.Abs(*v.Course.MeanHead)), against(*v.Course.MeanHead)))
}

func against(headwind float64) string {
	switch {
	case headwind > 0:
		return "against the athlete"
	case headwind < 0:
		return "with the athlete"
	}
	return "either way"
}

// line shows the weather in one line.
func (v weatherView) line() string {
	parts := []string{}
	add := func(f *float64, format string) {
		if f != nil {
			parts = append(parts, fmt.Sprintf(format, plain(*f)))
		}
	}
	if t := v.Temperature; t != nil {
		parts = append(parts, fmt.Sprintf("%s °C (%s to %s)", plain(*t.Mean), plain(*t.Least), plain(*t.Most)))
	}
	add(v.Apparent, "feels like %s °C")
	add(v.Humidity, "humidity %s %%")
	add(v.Precipitation, "precipitation %s mm")
	add(v.WindSpeed, "wind %s m/s")
	if v.WindFrom != nil {
		parts[len(parts)-1] += " from " + weather.Compass(*v.WindFrom)
	}
	add(v.WindGust, "gusts %s m/s")
	if v.Conditions != "" {
		parts = append(parts, v.Conditions)
	}
	place := ""
	if v.Latitude != nil && v.Longitude != nil {
		place = " at " + plain(*v.Latitude) + ", " + plain(*v.Longitude)
	}
	return fmt.Sprintf("weather (%s)%s from %s to %s: %s", v.Source, place,
		strings.Replace(v.From, "T", " ", 1), strings.Replace(v.Until, "T", " ", 1), strings.Join(parts, ", "))
}
