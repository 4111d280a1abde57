package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/timezone"
	"github.com/pierre-mcp/pierre/internal/weather"
)

// Weather knows the weather of places.
type Weather interface {
	// Between returns the weather of a place in degrees from one time to another.
	Between(ctx context.Context, by weather.Asker, latitude, longitude float64, from, to time.Time) (weather.Report, error)
}

func (c *Catalog) getWeather() tool {
	return declare(c, spec{
		name:  "get_weather",
		title: "Get the weather",
		doc: "Weather of an activity, or of a day at a place, past or forecast. " +
			"The forecast goes 15 days ahead. It is of a weather model for a square of 0.1 degrees, and only the middle of that square and days are sent to Open-Meteo.",
		openWorld: true,
	}, c.tellWeather)
}

type weatherArgs struct {
	ID        pierre.ActivityID `json:"activity_id,omitempty" jsonschema:"An activity with a position, from get_activities: the weather while it lasted, where it began. Not together with date and place." brief:"" limits:"1,100"`
	Date      date              `json:"date,omitempty" jsonschema:"A day such as 2026-06-21, on the clock of the place. Default: today." brief:"" limits:"10,10"`
	Latitude  *float64          `json:"latitude,omitempty" jsonschema:"Degrees north. Default: where the athlete last trained outdoors." brief:"" limits:"-90,90"`
	Longitude *float64          `json:"longitude,omitempty" jsonschema:"Degrees east, with latitude." brief:"" limits:"-180,180"`
}

func (a weatherArgs) problems() []string {
	var wrong []string
	if (a.Latitude == nil) != (a.Longitude == nil) {
		wrong = append(wrong, "latitude and longitude go together; one of them is missing.")
	}
	if a.ID != "" && (a.Date != "" || a.Latitude != nil) {
		wrong = append(wrong, "activity_id says when and where; leave date, latitude and longitude out.")
	}
	return wrong
}

type weatherAnswer struct {
	ID pierre.ActivityID `json:"activity_id,omitempty"`
	weatherView
	Hours []weatherHourView `json:"hours" jsonschema:"at most 25, evenly"`
}

type weatherHourView struct {
	Time          string   `json:"time" jsonschema:"on the clock of the place"`
	Temperature   *float64 `json:"temperature_celsius,omitempty"`
	Humidity      *float64 `json:"relative_humidity_percent,omitempty"`
	Precipitation *float64 `json:"precipitation_mm,omitempty" jsonschema:"in the hour before"`
	WindSpeed     *float64 `json:"wind_speed_mps,omitempty"`
	WindGust      *float64 `json:"wind_gust_mps,omitempty"`
	WindFrom      *float64 `json:"wind_from_degrees,omitempty"`
	Conditions    string   `json:"conditions,omitempty"`
}

const (
	mostHours = 25 // that an answer lists: a day when clocks are set back has so many
	mostLines = 13 // of them in its text form
)

func (c *Catalog) tellWeather(ctx context.Context, user pierre.UserID, args weatherArgs) (weatherAnswer, error) {
	if args.ID != "" {
		s, err := c.subject(ctx, user, args.ID, "")
		if err != nil {
			return weatherAnswer{}, err
		}
		during, err := c.weatherDuring(ctx, user, s)
		if err != nil {
			return weatherAnswer{}, err
		}
		return weatherAnswer{args.ID, during.view(), during.hours()}, nil
	}
	p, err := c.placeOf(ctx, user, args)
	if err != nil {
		return weatherAnswer{}, err
	}
	day := c.now().In(p.zone)
	if at, ok := args.Date.day(); ok {
		day = at
	}
	p.from = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, p.zone)
	p.to = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, p.zone)
	if p.report, err = c.options.Weather.Between(ctx, asker(ctx, user), p.latitude, p.longitude, p.from, p.to); err != nil {
		return weatherAnswer{}, err
	}
	return weatherAnswer{"", p.view(), p.hours()}, nil
}

// asker is for whom the weather is asked: the athlete, with the customer whose key it is.
func asker(ctx context.Context, user pierre.UserID) weather.Asker {
	p, _ := access.PrincipalFrom(ctx)
	return weather.Asker{User: user, Customer: p.Customer}
}

// A placeAndTime is where and when, and the weather there.
type placeAndTime struct {
	latitude, longitude float64
	zone                *time.Location
	from, to            time.Time
	report              weather.Report
	during              *subject // the activity that it is of; nil: none
}

// lastOutdoors is among how many of the newest activities one with a position is looked for.
const lastOutdoors = 50

// placeOf returns the place that is asked for, or that of the newest activity that has one.
func (c *Catalog) placeOf(ctx context.Context, user pierre.UserID, args weatherArgs) (placeAndTime, error) {
	if args.Latitude != nil {
		return at(*args.Latitude, *args.Longitude), nil
	}
	page, err := c.data.Activities(ctx, user, pierre.ActivityQuery{Limit: lastOutdoors})
	if err != nil {
		return placeAndTime{}, err
	}
	for _, a := range page.Activities {
		if !a.HasGPS || underRoof(a) {
			continue
		}
		rec, err := c.data.Recording(ctx, user, a.ID)
		if err != nil {
			return placeAndTime{}, err
		}
		if latitude, longitude, ok := begins(rec.Series); ok {
			return at(latitude, longitude), nil
		}
	}
	return placeAndTime{}, pierre.Invalid("latitude", "None of the newest activities has a position; ask the athlete for the place and give latitude and longitude.")
}

// at is a place with the clock that holds there.
func at(latitude, longitude float64) placeAndTime {
	zone, ok := timezone.At(latitude, longitude)
	if !ok {
		zone = time.UTC
	}
	return placeAndTime{latitude: latitude, longitude: longitude, zone: zone}
}

// underRoof reports whether an activity has no weather. The positions of virtual ones are those of a game.
func underRoof(a pierre.Activity) bool {
	return a.Indoor || a.Sport == pierre.SportVirtualRide || a.Sport == pierre.SportVirtualRun
}

// begins returns where a recording begins, in degrees.
func begins(s pierre.Series) (latitude, longitude float64, ok bool) {
	for i := range min(len(s.Latitude), len(s.Longitude)) {
		if finite(s.Latitude[i]) && finite(s.Longitude[i]) {
			return s.Latitude[i], s.Longitude[i], true
		}
	}
	return 0, 0, false
}

// longestWeather is for how much of an activity the weather is asked.
const longestWeather = (weather.MostDays - 1) * 24 * time.Hour

// weatherDuring returns the weather of an activity, or an error that says why there is none.
func (c *Catalog) weatherDuring(ctx context.Context, user pierre.UserID, s subject) (placeAndTime, error) {
	latitude, longitude, ok := begins(s.Series)
	switch {
	case underRoof(s.Activity):
		return placeAndTime{}, pierre.Invalid("activity_id", "The activity was indoors, so it has no weather.")
	case !ok:
		return placeAndTime{}, pierre.Invalid("activity_id", "The activity has no position, so its weather is not known; give date, latitude and longitude.")
	}
	seconds := 0.0
	if n := len(s.Series.Time); n > 0 {
		seconds = s.Series.Time[n-1]
	}
	if e := s.ElapsedSeconds; e != nil && *e > seconds && *e < longestWeather.Seconds() {
		seconds = *e
	}
	local := s.Athlete.Clock.Local(s.Activity)
	p := placeAndTime{latitude: latitude, longitude: longitude, zone: local.Location(), from: local, during: &s}
	p.to = local.Add(min(longestWeather, time.Duration(min(seconds, longestWeather.Seconds()))*time.Second))
	var err error
	p.report, err = c.options.Weather.Between(ctx, asker(ctx, user), latitude, longitude, p.from, p.to)
	return p, err
}

// hours lists the full hours, evenly, and at most so many.
func (p placeAndTime) hours() []weatherHourView {
	list := []weatherHourView{}
	hours := p.report.Hours
	if n := len(hours); p.during == nil && hours[n-1].Time.Equal(p.to) {
		hours = hours[:n-1] // the midnight after the day, for the rain before it
	}
	step := (len(hours) + mostHours - 1) / mostHours
	for n := 0; n < len(hours); n += step {
		h := hours[n]
		v := weatherHourView{
			Time: h.Time.In(p.zone).Format("2006-01-02T15:04"), Temperature: tenths(h.Temperature), Humidity: ones(h.Humidity),
			Precipitation: tenths(h.Precipitation), WindSpeed: tenths(h.WindSpeed), WindGust: tenths(h.WindGust), WindFrom: ones(h.WindFrom),
		}
		if h.Code != nil {
			v.Conditions = weather.Describe(int(*h.Code))
		}
		list = append(list, v)
	}
	return list
}

func tenths(f *float64) *float64 { return roundedTo(f, 1) }
func ones(f *float64) *float64   { return roundedTo(f, 0) }

func roundedTo(f *float64, decimals int) *float64 {
	if f == nil {
		return nil
	}
	return rounded(*f, decimals)
}

func (a weatherAnswer) text() string {
	lines := append([]string{a.line()}, a.Meaning...)
	for n := 0; n < len(a.Hours); n += 1 + len(a.Hours)/mostLines {
		lines = append(lines, a.Hours[n].line())
	}
	return strings.Join(append(lines, a.Note+". "+a.Attribution+"."), "\n")
}

func (h weatherHourView) line() string {
	parts := []string{strings.Replace(h.Time, "T", " ", 1)[len("2006-"):]}
	add := func(f *float64, format string) {
		if f != nil {
			parts = append(parts, fmt.Sprintf(format, plain(*f)))
		}
	}
	add(h.Temperature, "%s °C")
	add(h.Humidity, "%s %%")
	add(h.Precipitation, "%s mm")
	add(h.WindSpeed, "%s m/s")
	if h.WindFrom != nil {
		parts = append(parts, weather.Compass(*h.WindFrom))
	}
	if h.Conditions != "" {
		parts = append(parts, h.Conditions)
	}
	return strings.Join(parts, " ")
}

// noWeather is why there is no weather, for answers that have other things to say.
func noWeather(err error) string {
	return "not available because " + strings.TrimSuffix(pierre.MessageOf(err, "the server could not find it out"), ".")
}
