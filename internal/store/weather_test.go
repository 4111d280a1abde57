package store_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestWeatherIsKeptAndForgotten(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		cell := pierre.WeatherCell{Latitude: -339, Longitude: 1512}
		day := func(n int) time.Time { return time.Date(2026, 6, n, 0, 0, 0, 0, time.UTC) }
		put := func(d pierre.WeatherDay) {
			t.Helper()
			if err := s.KeepWeather(t.Context(), []pierre.WeatherDay{d}); err != nil {
				t.Fatal(err)
			}
		}
		get := func() []pierre.WeatherDay {
			t.Helper()
			list, err := s.WeatherDays(t.Context(), cell, day(1), day(9), now)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		first := pierre.WeatherDay{
			Cell: cell, Day: day(1), Forecast: true, Elevation: new(12.5), Hours: []pierre.WeatherHour{{Temperature: new(11.5)}, {}},
			Fetched: now.Add(-time.Hour), Expires: now.Add(time.Hour),
		}
		put(first)
		elsewhere := first
		elsewhere.Cell.Longitude++
		put(elsewhere)
		if got := get(); len(got) != 1 || *got[0].Hours[0].Temperature != 11.5 || got[0].Hours[1].Temperature != nil ||
			!got[0].Forecast || *got[0].Elevation != 12.5 || !got[0].Expires.Equal(first.Expires) || !got[0].Day.Equal(day(1)) {
			t.Errorf("it reads %+v", got)
		}
		newer := first
		newer.Forecast, newer.Elevation, newer.Fetched = false, nil, now
		put(newer)
		if got := get(); len(got) != 1 || got[0].Forecast || got[0].Elevation != nil {
			t.Errorf("it reads %+v after a change", got)
		}
		expired := first
		expired.Day, expired.Expires = day(2), now
		put(expired)
		if got := get(); len(got) != 1 {
			t.Errorf("what has expired is read: %+v", got)
		}
		if err := s.ForgetWeather(t.Context(), now, 1); err != nil {
			t.Fatal(err)
		}
		all, err := s.WeatherDays(t.Context(), elsewhere.Cell, day(1), day(9), time.Time{})
		if got := get(); len(got) != 1 || len(all) != 0 || err != nil {
			t.Errorf("%d and %d days stay, %v; only the newest is wanted", len(got), len(all), err)
		}
	})
}
