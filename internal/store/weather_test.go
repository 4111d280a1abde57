package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
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

// Questions are counted by everybody, those of a day also by who asked, and what may refuse is not counted; days that are over are
// forgotten. What several servers count at once is all counted.
func TestWeatherQuestions(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		now := time.Date(2031, 6, 15, 10, 20, 30, 0, time.UTC)
		windows := []pierre.WeatherWindow{{Length: 24 * time.Hour}, {Length: time.Minute}}
		count := func(s *store.Store, who string, at time.Time, refusal error) (asked, own []int) {
			t.Helper()
			err := s.CountWeather(t.Context(), windows, who, at, func(a, o []int) error {
				asked, own = slices.Clone(a), slices.Clone(o)
				return refusal
			})
			if !errors.Is(err, refusal) {
				t.Error(err)
			}
			return asked, own
		}
		var both sync.WaitGroup
		for n, s := range replicas {
			both.Go(func() {
				for range 10 {
					count(s, fmt.Sprint("who", n%2), now, nil)
				}
			})
		}
		both.Wait()
		all := 10 * len(replicas)
		refused := errors.New("refused")
		for range 2 {
			if asked, own := count(replicas[0], "who1", now, refused); asked[0] != all || asked[1] != all || own[0] != all/2 || own[1] != all/2 {
				t.Errorf("%v, %v of one; want %d", asked, own, all)
			}
		}
		if asked, own := count(replicas[0], "who2", now.Add(time.Minute), refused); asked[0] != all || asked[1] != 0 || own[0] != 0 {
			t.Errorf("a minute later: %v, %v", asked, own)
		}
		if err := replicas[0].ForgetWeather(t.Context(), now.Add(time.Hour), 10); err != nil {
			t.Fatal(err)
		}
		if asked, own := count(replicas[1], "who1", now, refused); asked[0] != all || own[0] != all/2 {
			t.Errorf("what counts is forgotten: %v, %v", asked, own)
		}
		if err := replicas[0].ForgetWeather(t.Context(), now.Add(14*time.Hour), 10); err != nil {
			t.Fatal(err)
		}
		if asked, own := count(replicas[1], "who1", now, refused); asked[0] != 0 || own[0] != 0 {
			t.Errorf("the day that is over: %v, %v", asked, own)
		}
	})
}
