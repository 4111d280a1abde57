package weather_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/weather"
)

// asks lets a customer's athletes ask about new places, one every minute, in the hours that it takes, until that is refused for the day.
// It returns how many were answered.
func (b *bench) asks(s *weather.Service, customer pierre.UserID, place *float64) (answered int, err error) {
	b.Helper()
	for n := range 1000 {
		*place += 0.2
		by := weather.Asker{User: pierre.UserID(fmt.Sprint(customer, n)), Customer: customer}
		at := b.clock.now()
		_, err := s.Between(b.Context(), by, *place, lon, at, at)
		switch {
		case err == nil:
			answered++
			b.clock.pass(time.Minute)
		case strings.Contains(pierre.MessageOf(err, ""), "in an hour"):
			b.clock.pass(pierre.RetryAfterOf(err, 0))
		default:
			return answered, err
		}
	}
	return answered, nil
}

// All servers of an installation together ask as often as they may in a day; no customer has more than is left for others; and
// on the next day it goes on.
func TestServersShareABudget(t *testing.T) {
	b, place := newBench(t), -80.0
	b.options.Daily = 60
	servers := []*weather.Service{weather.New(b.store, b.options), weather.New(b.store, b.options)}
	b.clock.pass(13*time.Hour + 40*time.Minute) // the next day has begun
	total := 0
	for n, want := range []int{30, 15, 8, 4, 2, 1, 0} {
		answered, err := b.asks(servers[n%2], pierre.UserID(fmt.Sprint("customer", n)), &place)
		if pierre.KindOf(err) != pierre.KindRateLimited || answered != want || !strings.Contains(pierre.MessageOf(err, ""), "from ") {
			t.Fatalf("customer %d is answered %d times, want %d; %v", n, answered, want, err)
		}
		total += answered
	}
	if _, paths := b.fake.Asked(); len(paths) != total || total != 60 {
		t.Errorf("the service was asked %d times, and %d were answered", len(paths), total)
	}
	b.clock.pass(24 * time.Hour)
	if answered, err := b.asks(servers[0], "customer0", &place); answered != 30 {
		t.Errorf("on the next day %d are answered: %v", answered, err)
	}
}

// What a customer asks in an hour, or in a minute, leaves as much for others.
func TestNobodyUsesUpAnHour(t *testing.T) {
	for daily, window := range map[int]string{40: "in an hour", 170: "in a minute"} {
		b := newBench(t)
		b.options.Daily = daily
		s := weather.New(b.store, b.options)
		ask := func(place float64, customer pierre.UserID) error {
			at := b.clock.now()
			_, err := s.Between(t.Context(), weather.Asker{User: customer, Customer: customer}, place, lon, at, at)
			return err
		}
		answered, err := 0, error(nil)
		for ; err == nil && answered < 20; answered++ {
			if err = ask(float64(answered), "shop"); window == "in an hour" {
				b.clock.pass(time.Minute)
			}
		}
		if pierre.KindOf(err) != pierre.KindRateLimited || !strings.Contains(pierre.MessageOf(err, ""), "your share") || !strings.Contains(pierre.MessageOf(err, ""), window) {
			t.Errorf("of %d a day, after %d answers: %v", daily, answered-1, err)
		}
		if err := ask(50, "eva"); err != nil {
			t.Errorf("of %d a day, another customer: %v", daily, err)
		}
	}
}

// In an hour, and in a minute, there are fewer; the answer says when it goes on, and what is kept costs nothing.
func TestBudgetOfAnHourAndAMinute(t *testing.T) {
	b := newBench(t)
	b.options.Daily = 34
	s := weather.New(b.store, b.options)
	ask := func(place float64, who int) error {
		at := b.clock.now()
		_, err := s.Between(t.Context(), weather.Asker{User: pierre.UserID(fmt.Sprint("user", who))}, place, lon, at, at)
		return err
	}
	for n := range 2 {
		if err := ask(float64(n), n); err != nil {
			t.Fatal(err)
		}
	}
	err := ask(2, 2)
	if pierre.KindOf(err) != pierre.KindRateLimited || !strings.Contains(pierre.MessageOf(err, ""), "in a minute. Ask again from 10:21 UTC") || pierre.RetryAfterOf(err, 0) != time.Minute {
		t.Errorf("the third of a minute: %v", err)
	}
	if err := ask(1, 3); err != nil {
		t.Errorf("what is kept: %v", err)
	}
	for n := 2; n < 17; n++ {
		b.clock.pass(time.Minute)
		if err := ask(float64(n), n); err != nil {
			t.Fatal(n, err)
		}
	}
	b.clock.pass(time.Minute)
	if err := ask(17, 17); pierre.KindOf(err) != pierre.KindRateLimited || !strings.Contains(pierre.MessageOf(err, ""), "in an hour. Ask again from 11:00 UTC") {
		t.Errorf("the 18th of an hour: %v", err)
	}
}
