package weather_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/weather"
	"github.com/pierre-mcp/pierre/internal/weather/weathertest"
)

// until asks about one day after another, from so many days back on, until that is refused. It returns how many were answered.
func (b *bench) until(by weather.Asker, back int) (int, error) {
	b.Helper()
	for n := range 1000 {
		at := b.day(-back - n).Add(12 * time.Hour)
		if _, err := b.service.Between(b.Context(), by, lat, lon, at, at); err != nil {
			return n, err
		}
	}
	return 1000, nil
}

// Whoever asks for more than a share is told when it goes on, and takes nothing from others; what is kept costs nothing.
func TestNobodyUsesUpWhatAllMayAsk(t *testing.T) {
	b, n := newBench(t), 0
	answered, err := b.until(ana(), 10)
	if pierre.KindOf(err) != pierre.KindRateLimited || answered != 30 || !strings.Contains(err.Error(), "from 10:22 UTC on") || pierre.RetryAfterOf(err, 0) != 2*time.Minute {
		t.Fatalf("after %d answers: %v", answered, err)
	}
	if got := len(strings.Fields(b.asked(&n))); got != 30 {
		t.Errorf("the service was asked %d times", got)
	}
	if answered, _ := b.until(ana(), 15); answered != 25 || b.asked(&n) != "" {
		t.Errorf("%d of 25 kept days are answered", answered)
	}
	if answered, _ := b.until(weather.Asker{User: "ben", Customer: "shop"}, 10); answered != 60 {
		t.Errorf("another user is answered %d times", answered)
	}
	b.clock.pass(2 * time.Minute)
	if answered, _ := b.until(ana(), 200); answered != 1 {
		t.Errorf("after 2 minutes %d more are answered", answered)
	}
	asked := 31
	for range 24 {
		b.clock.pass(time.Hour)
		answered, err = b.until(ana(), 300+asked)
		asked += answered
	}
	if pierre.KindOf(err) != pierre.KindRateLimited || asked < 380 || asked > 400 {
		t.Errorf("in the first day %d are answered: %v", asked, err)
	}
}

// A customer cannot ask more by having more athletes.
func TestCustomersHaveAShare(t *testing.T) {
	b := newBench(t)
	b.options.Daily = 100_000 // more than a customer's share in a minute
	b.service = weather.New(b.store, b.options)
	asked := 0
	for n := range 12 {
		answered, _ := b.until(weather.Asker{User: pierre.UserID(fmt.Sprint("athlete ", n)), Customer: "shop"}, 10+asked)
		asked += answered
	}
	if asked != 300 {
		t.Errorf("a customer's athletes are answered %d times", asked)
	}
	if answered, _ := b.until(weather.Asker{User: "eva", Customer: "eva"}, 1000); answered != 30 {
		t.Errorf("another customer is answered %d times", answered)
	}
}

// A host that is left alone costs no share.
func TestRestTakesNoShare(t *testing.T) {
	b := newBench(t)
	b.fake.Behave(refusing(http.StatusTooManyRequests, "Minutely API request limit exceeded. Please try again in one minute."))
	for range 40 {
		if _, err := b.ask(-20); pierre.KindOf(err) != pierre.KindUnavailable {
			t.Fatal(err)
		}
	}
	b.fake.Behave(nil)
	b.clock.pass(time.Minute)
	if answered, err := b.until(ana(), 10); answered != 29 {
		t.Errorf("%d are answered, %v", answered, err)
	}
}

// nothing keeps nothing.
type nothing struct{}

func (nothing) WeatherDays(context.Context, pierre.WeatherCell, time.Time, time.Time, time.Time) ([]pierre.WeatherDay, error) {
	return nil, nil
}

func (nothing) CountWeather(context.Context, []pierre.WeatherWindow, string, time.Time, func(asked, own []int) error) error {
	return nil
}
func (nothing) KeepWeather(context.Context, []pierre.WeatherDay) error { return nil }

// Those who wait in vain for a turn are no failures of the host, which works.
func TestWaitingIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := weathertest.New(time.Now)
		log := &strings.Builder{}
		s := weather.New(nothing{}, weather.Options{Transport: fake, Log: slog.New(slog.NewTextHandler(io.Writer(log), nil))})
		release := make(chan struct{})
		fake.Behave(func(http.ResponseWriter, *http.Request) bool { <-release; return false })
		ask := func() error {
			_, err := s.Between(t.Context(), ana(), lat, lon, time.Now(), time.Now())
			return err
		}
		var slow, waiting sync.WaitGroup
		for range 4 {
			slow.Go(func() {
				if err := ask(); err != nil {
					t.Errorf("a slow one: %v", err)
				}
			})
		}
		synctest.Wait()
		for range 5 {
			waiting.Go(func() {
				if err := ask(); pierre.KindOf(err) != pierre.KindUnavailable || !strings.Contains(pierre.MessageOf(err, ""), "wait for an answer") {
					t.Errorf("one that waits: %v", err)
				}
			})
		}
		waiting.Wait()
		close(release)
		slow.Wait()
		if err := ask(); err != nil || log.Len() > 0 {
			t.Errorf("afterwards: %v, log %s", err, log)
		}
	})
}
