// Package weather asks Open-Meteo (open-meteo.com) what the weather was or will be at a place, hour by hour.
//
// A place leaves the server rounded to a tenth of a degree, with days and nothing else. Answers are kept in the store, for all
// servers. Nothing is asked while the service wants to be left alone, or is out of order. What the weather means for an
// activity is said by package fitness and the tools.
package weather

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/publicnet"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// Attribution is what the licence of the data asks for.
const Attribution = "Weather data by Open-Meteo.com, CC BY 4.0"

// Addresses of the service: without a key for non-commercial use, with one for everything.
const (
	forecastURL         = "https://api.open-meteo.com"
	archiveURL          = "https://archive-api.open-meteo.com"
	customerForecastURL = "https://customer-api.open-meteo.com"
	customerArchiveURL  = "https://customer-archive-api.open-meteo.com"
)

const (
	// AheadDays is how many days after today have a forecast.
	AheadDays = 15
	// FirstYear is the one in which the archive begins.
	FirstYear = 1940
	// MostDays is how many days one question may span.
	MostDays = 10

	archiveAfter  = 6  // days, after which the archive has a day
	forecastReach = 90 // days back, of which the host of forecasts still knows

	keepArchive  = 90 * 24 * time.Hour
	keepRecent   = 6 * time.Hour // a day that is over, and not in the archive yet
	keepForecast = time.Hour

	// MostKept is how many days of cells a store should keep: about 1.5 kB each.
	MostKept = 50_000
)

// A Store keeps answers. What its methods promise is said at those of package store.
type Store interface {
	WeatherDays(ctx context.Context, cell pierre.WeatherCell, first, last, now time.Time) ([]pierre.WeatherDay, error)
	KeepWeather(ctx context.Context, days []pierre.WeatherDay) error
	CountWeather(ctx context.Context, windows []pierre.WeatherWindow, who string, now time.Time, may func(asked, own []int) error) error
}

// Options are what a [Service] may have in addition; the zero value works.
type Options struct {
	Key         secret.String     // of a customer of Open-Meteo; "": non-commercial use
	ForecastURL string            // without a path; "": Open-Meteo's own, by whether there is a key
	ArchiveURL  string            // the same for the past
	Daily       int               // questions to the service in a day, of all servers on the same store; 0: UsualDaily
	Transport   http.RoundTripper // nil: one that reaches public addresses only
	Log         *slog.Logger      // nil: nothing is logged
	Now         func() time.Time  // nil: time.Now
}

// A Service answers what the weather is. It is safe for concurrent use.
type Service struct {
	store    Store
	forecast *host
	archive  *host
	shares   *shares
	daily    int
	log      *slog.Logger
	now      func() time.Time
}

// New returns a service that keeps its answers in store.
func New(store Store, o Options) *Service {
	forecast, archive := forecastURL, archiveURL
	if o.Key.Reveal() != "" {
		forecast, archive = customerForecastURL, customerArchiveURL
	}
	s := &Service{store: store, shares: newShares(), daily: cmp.Or(o.Daily, UsualDaily), log: o.Log, now: o.Now}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	transport := o.Transport
	if transport == nil {
		transport = publicnet.Patient(answerWait)
	}
	c := newClient(transport)
	s.forecast = newHost(c, cmp.Or(o.ForecastURL, forecast)+"/v1/forecast", o.Key)
	s.archive = newHost(c, cmp.Or(o.ArchiveURL, archive)+"/v1/archive", o.Key)
	return s
}

// A Report is the weather of a place from one time to another.
type Report struct {
	Cell      pierre.WeatherCell
	Elevation *float64 // m, that the temperatures are for; nil: unknown
	Forecast  bool     // some of it is by a model that forecasts, rather than by the archive
	Hours     []Hour   // full hours, from the last one at or before the beginning to the first one at or after the end
}

// An Hour is the weather at a full hour.
type Hour struct {
	Time time.Time // UTC
	pierre.WeatherHour
}

// Between returns the weather of the place in degrees from one time to another. It is [pierre.KindRateLimited] when the share
// of whoever asks is used up; what the store has is answered nonetheless.
func (s *Service) Between(ctx context.Context, by Asker, latitude, longitude float64, from, to time.Time) (Report, error) {
	cell, ok := pierre.WeatherCellAt(latitude, longitude)
	if !ok {
		return Report{}, pierre.Invalid("latitude", "%v, %v is no place: a latitude is from -90 to 90, a longitude from -180 to 180.", latitude, longitude)
	}
	from = from.UTC().Truncate(time.Hour)
	if end := to.UTC().Truncate(time.Hour); end.Before(to) {
		to = end.Add(time.Hour)
	}
	first, last := midnight(from), midnight(to)
	if err := s.known(first, last); err != nil {
		return Report{}, err
	}
	days, err := s.days(ctx, by, cell, first, earlier(last, midnight(s.now()).AddDate(0, 0, AheadDays)))
	if err != nil {
		return Report{}, err
	}
	r := Report{Cell: cell}
	for _, d := range days {
		if !hasTemperature(d) {
			continue
		}
		r.Elevation, r.Forecast = d.Elevation, r.Forecast || d.Forecast
		for n, h := range d.Hours {
			if at := d.Day.Add(time.Duration(n) * time.Hour); !at.Before(from) && !at.After(to) {
				r.Hours = append(r.Hours, Hour{at, h})
			}
		}
	}
	if len(r.Hours) == 0 {
		return Report{}, &pierre.Error{Kind: pierre.KindNotFound, Msg: "The weather service knows nothing of these days at this place."}
	}
	return r, nil
}

// known refuses days of which nobody knows the weather.
func (s *Service) known(first, last time.Time) error {
	today := midnight(s.now())
	switch {
	case first.Year() < FirstYear:
		return pierre.Invalid("date", "The archive of the weather begins in %d.", FirstYear)
	case last.After(today.AddDate(0, 0, AheadDays+1)): // a day in the west ends on the next one in UTC
		return pierre.Invalid("date", "There is a forecast for %d days ahead, until %s.", AheadDays, today.AddDate(0, 0, AheadDays).Format(time.DateOnly))
	case last.Sub(first) > MostDays*24*time.Hour:
		return pierre.Invalid("date", "The weather of at most %d days can be asked for at once.", MostDays)
	}
	return nil
}

// hasTemperature reports whether the service knew the day.
func hasTemperature(d pierre.WeatherDay) bool {
	for _, h := range d.Hours {
		if h.Temperature != nil {
			return true
		}
	}
	return false
}

// midnight returns the beginning of a time's day in UTC.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
