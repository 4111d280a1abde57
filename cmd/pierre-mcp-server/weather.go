package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/weather"
)

const weatherHelp = `

Weather (--weather) is asked for at Open-Meteo. WEATHER_API_KEY, or the path of a file in WEATHER_API_KEY_FILE, is the key of a
customer, which commercial use needs. See docs/OPERATIONS.md.`

// A weatherConfig is what an operator chose for the weather.
type weatherConfig struct {
	on          bool
	forecastURL string
	archiveURL  string
	daily       int // questions of all servers; 0: as many as are free
	key         secret.String
	keyErr      error
	transport   http.RoundTripper // nil: to public addresses only; tests have one to a fake
}

// checkWeather refuses settings that do nothing, and a key that others could read.
func (c *config) checkWeather() error {
	w := &c.weather
	errs := []error{w.keyErr}
	for _, address := range []struct{ flag, url string }{{"weather-forecast-url", w.forecastURL}, {"weather-archive-url", w.archiveURL}} {
		switch {
		case address.url != "" && !w.on:
			errs = append(errs, fmt.Errorf("%s: needs --weather, too", c.settings.Source(address.flag)))
		case w.key.Reveal() != "" && strings.HasPrefix(address.url, "http://"):
			errs = append(errs, fmt.Errorf("%s: must begin with https://, as WEATHER_API_KEY is sent there", c.settings.Source(address.flag)))
		}
	}
	if w.daily != 0 && !w.on {
		errs = append(errs, fmt.Errorf("%s: needs --weather, too", c.settings.Source("weather-daily")))
	}
	if w.key.Reveal() != "" && !w.on {
		errs = append(errs, errors.New("WEATHER_API_KEY: needs --weather, too"))
	}
	return errors.Join(errs...)
}

// parseDaily reads how many questions may be asked in a day; "": as usual, 0.
func parseDaily(text string) (int, error) {
	const most = 100_000_000
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("must be a number from 1 to %d", most)
	}
	return n, nil
}

// openWeather builds what asks for the weather, if that is allowed.
func (a *app) openWeather(c *config) {
	if !c.weather.on {
		return
	}
	a.weather = weather.New(a.store, weather.Options{
		Key: c.weather.key, ForecastURL: c.weather.forecastURL, ArchiveURL: c.weather.archiveURL, Daily: c.weather.daily, Transport: c.weather.transport, Log: a.log,
	})
}

// forgetting is the job that keeps the answers about the weather few, also those from before --weather was taken away.
func (a *app) forgetting() jobs.Job {
	return jobs.Job{Name: "delete old weather", Every: time.Hour, Fleet: true, Do: func(ctx context.Context) error {
		return a.store.ForgetWeather(ctx, time.Now(), weather.MostKept)
	}}
}
