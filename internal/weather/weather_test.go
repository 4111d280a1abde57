package weather_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/publicnet"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/weather"
	"github.com/pierre-mcp/pierre/internal/weather/weathertest"
)

// A clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A bench is a service with the fake that it asks, over HTTP.
type bench struct {
	*testing.T

	clock   *clock
	fake    *weathertest.Fake
	store   *store.Store
	service *weather.Service
	log     *bytes.Buffer
	options weather.Options
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, clock: &clock{at: time.Date(2026, 6, 15, 10, 20, 0, 0, time.UTC)}, store: storetest.New(t), log: &bytes.Buffer{}}
	b.fake = weathertest.New(b.clock.now)
	server := httptest.NewServer(b.fake)
	t.Cleanup(server.Close)
	b.options = weather.Options{
		ForecastURL: server.URL, ArchiveURL: server.URL, Transport: &http.Transport{},
		Log: slog.New(slog.NewTextHandler(b.log, nil)), Now: b.clock.now,
	}
	b.service = weather.New(b.store, b.options)
	return b
}

const lat, lon = 52.5163, 13.3777

func ana() weather.Asker { return weather.Asker{User: "ana", Customer: "shop"} }

func (b *bench) day(n int) time.Time { return time.Date(2026, 6, 15+n, 0, 0, 0, 0, time.UTC) }

// ask asks for a morning, so many days from today.
func (b *bench) ask(n int) (weather.Report, error) {
	return b.service.Between(b.Context(), ana(), lat, lon, b.day(n).Add(6*time.Hour+10*time.Minute), b.day(n).Add(8*time.Hour+5*time.Minute))
}

// asked returns the paths that were asked since the last time.
func (b *bench) asked(before *int) string {
	_, paths := b.fake.Asked()
	fresh := strings.Join(paths[*before:], " ")
	*before = len(paths)
	return fresh
}

func TestPastComesFromTheArchiveAndTheRestFromForecasts(t *testing.T) {
	b, n := newBench(t), 0
	for _, c := range []struct {
		day      int
		path     string
		forecast bool
	}{
		{-400, "/v1/archive", false},
		{-7, "/v1/archive", false},
		{-6, "/v1/archive", false},
		{-5, "/v1/forecast", true},
		{0, "/v1/forecast", true},
		{15, "/v1/forecast", true},
	} {
		r, err := b.ask(c.day)
		if err != nil || len(r.Hours) != 4 || r.Forecast != c.forecast || *r.Elevation != 38 {
			t.Fatalf("day %d: %+v, %v", c.day, r, err)
		}
		if first := r.Hours[0]; !first.Time.Equal(b.day(c.day).Add(6*time.Hour)) || *first.Temperature != weathertest.Value("temperature_2m", 52.5, first.Time) {
			t.Errorf("day %d begins with %v °C at %v", c.day, *first.Temperature, first.Time)
		}
		if got := b.asked(&n); got != c.path {
			t.Errorf("day %d asks %s, want %s", c.day, got, c.path)
		}
	}
}

// What leaves the server is the cell of a tenth of a degree and days: no time of day, no digit more, and no key that is not set.
func TestOnlyTheCellLeaves(t *testing.T) {
	b := newBench(t)
	if _, err := b.ask(-20); err != nil {
		t.Fatal(err)
	}
	all, _ := b.fake.Asked()
	q := all[0]
	if q.Get("latitude") != "52.5" || q.Get("longitude") != "13.4" || q.Get("start_date") != "2026-05-26" || q.Get("end_date") != "2026-05-26" || q.Has("apikey") {
		t.Errorf("it asks %v", q)
	}
	for name, values := range q {
		switch name {
		case "latitude", "longitude", "start_date", "end_date", "hourly", "timezone", "wind_speed_unit":
		default:
			t.Errorf("it sends %s=%v", name, values)
		}
	}
}

func TestCellsMeetAtTheDateLine(t *testing.T) {
	east, _ := pierre.WeatherCellAt(0.04, 179.97)
	west, _ := pierre.WeatherCellAt(-0.04, -179.97)
	if east != west || east.Longitude != -1800 || east.Latitude != 0 {
		t.Errorf("%v and %v", east, west)
	}
	for _, bad := range [][2]float64{{90.1, 0}, {0, -180.1}, {math.NaN(), 0}, {0, math.Inf(1)}} {
		if c, ok := pierre.WeatherCellAt(bad[0], bad[1]); ok {
			t.Errorf("%v is %v", bad, c)
		}
	}
}

// The cache is in the database, so that a second server and a restart ask nothing again; forecasts grow old.
func TestAnswersAreShared(t *testing.T) {
	b, n := newBench(t), 0
	for _, day := range []int{-20, -3, 2} {
		if _, err := b.ask(day); err != nil {
			t.Fatal(err)
		}
	}
	b.asked(&n)
	b.service = weather.New(b.store, b.options)
	for _, c := range []struct {
		pass   time.Duration
		day    int
		asked  string
		reason string
	}{
		{0, -20, "", "it is kept"},
		{0, -3, "", "it is kept"},
		{59 * time.Minute, 2, "", "it is kept for an hour"},
		{2 * time.Minute, 2, "/v1/forecast", "forecasts grow old"},
		{0, -3, "", "days that are over do not change as fast"},
		{6 * time.Hour, -3, "/v1/forecast", "but they do"},
		{89 * 24 * time.Hour, -20, "", "the archive stays"},
	} {
		b.clock.pass(c.pass)
		r, err := b.ask(c.day)
		if err != nil || len(r.Hours) != 4 {
			t.Fatalf("day %d: %+v, %v", c.day, r, err)
		}
		if got := b.asked(&n); got != c.asked {
			t.Errorf("day %d asks %q: %s", c.day, got, c.reason)
		}
	}
	b.clock.pass(48 * time.Hour)
	if err := b.store.ForgetWeather(t.Context(), b.clock.now(), weather.MostKept); err != nil {
		t.Fatal(err)
	}
	cell, _ := pierre.WeatherCellAt(lat, lon)
	if left, err := b.store.WeatherDays(t.Context(), cell, b.day(-100), b.day(100), time.Time{}); err != nil || len(left) != 0 {
		t.Errorf("%d days are left, %v", len(left), err)
	}
}

// Where the archive is later than usual, the host of forecasts still knows.
func TestLateArchive(t *testing.T) {
	b, n := newBench(t), 0
	b.fake.Lag(9)
	r, err := b.ask(-8)
	if got := b.asked(&n); err != nil || !r.Forecast || got != "/v1/archive /v1/forecast" {
		t.Fatalf("%+v, %v, asked %s", r, err, got)
	}
	r, err = b.service.Between(t.Context(), ana(), lat, lon, b.day(-11).Add(20*time.Hour), b.day(-7).Add(4*time.Hour))
	if err != nil || len(r.Hours) != 3*24+9 {
		t.Errorf("%d hours over the border, %v", len(r.Hours), err)
	}
	for i := 1; i < len(r.Hours); i++ {
		if r.Hours[i].Time.Sub(r.Hours[i-1].Time) != time.Hour {
			t.Errorf("after %v comes %v", r.Hours[i-1].Time, r.Hours[i].Time)
		}
	}
	b.fake.Lag(200)
	if _, err := b.ask(-150); pierre.KindOf(err) != pierre.KindNotFound {
		t.Errorf("what nobody knows is %v", err)
	}
	b.asked(&n)
	if _, err := b.ask(-150); pierre.KindOf(err) != pierre.KindNotFound || b.asked(&n) != "" {
		t.Errorf("what nobody knows is asked again: %v", err)
	}
}

func TestDaysThatNobodyKnows(t *testing.T) {
	b, n := newBench(t), 0
	for name, span := range map[string][2]time.Time{
		"before the archive": {time.Date(1939, 12, 31, 5, 0, 0, 0, time.UTC), time.Date(1940, 1, 1, 5, 0, 0, 0, time.UTC)},
		"too far ahead":      {b.day(17), b.day(17)},
		"too long":           {b.day(-30), b.day(-10)},
	} {
		if r, err := b.service.Between(t.Context(), ana(), lat, lon, span[0], span[1]); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if _, err := b.service.Between(t.Context(), ana(), 91, 0, b.day(0), b.day(0)); pierre.KindOf(err) != pierre.KindInvalid {
		t.Errorf("no place: %v", err)
	}
	if got := b.asked(&n); got != "" {
		t.Errorf("it asks %s", got)
	}
	if r, err := b.service.Between(t.Context(), ana(), lat, lon, b.day(15).Add(8*time.Hour), b.day(16).Add(7*time.Hour)); err != nil || len(r.Hours) != 16 {
		t.Errorf("the last day of a place in the west: %d hours, %v", len(r.Hours), err)
	}
}

// refusing has the fake answer with a status and a reason.
func refusing(status int, reason string, header ...string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		weathertest.Refuse(w, status, reason)
		return true
	}
}

// A host that asks to wait is left alone for as long as it says, and the other one is not.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		reason string
		header []string
		wait   time.Duration
	}{
		{"Minutely API request limit exceeded. Please try again in one minute.", nil, time.Minute},
		{"Hourly API request limit exceeded. Please try again in the next hour.", nil, 40 * time.Minute},
		{"Daily API request limit exceeded. Please try again tomorrow.", nil, 13*time.Hour + 40*time.Minute},
		{"", []string{"Retry-After", "30"}, 30 * time.Second},
		{"", []string{"Retry-After", "999999999999"}, 24 * time.Hour},
		{"", []string{"Retry-After", "-5"}, time.Minute},
	} {
		b, n := newBench(t), 0
		b.fake.Behave(refusing(http.StatusTooManyRequests, c.reason, c.header...))
		for range 2 {
			_, err := b.ask(0)
			if e, ok := errors.AsType[*pierre.Error](err); !ok || e.Kind != pierre.KindUnavailable || e.RetryAfter != c.wait || !strings.Contains(e.Msg, "allows no more questions") {
				t.Errorf("%q: %v", c.reason, err)
			}
		}
		b.fake.Behave(nil)
		b.clock.pass(c.wait - time.Second)
		if _, err := b.ask(0); err == nil {
			t.Errorf("%q: it is asked early", c.reason)
		}
		if _, err := b.ask(-30); err != nil {
			t.Errorf("%q: the archive: %v", c.reason, err)
		}
		b.clock.pass(time.Second)
		if _, err := b.ask(0); err != nil || b.asked(&n) != "/v1/forecast /v1/archive /v1/forecast" {
			t.Errorf("%q: it is not asked again: %v", c.reason, err)
		}
	}
}

// A host that fails three times rests, longer each time; one success ends that.
func TestCircuit(t *testing.T) {
	b, n := newBench(t), 0
	b.fake.Behave(refusing(http.StatusBadGateway, ""))
	for range 5 {
		if _, err := b.ask(0); pierre.KindOf(err) != pierre.KindUnavailable {
			t.Fatal(err)
		}
	}
	if got := b.asked(&n); got != "/v1/forecast /v1/forecast /v1/forecast" {
		t.Errorf("it was asked %s", got)
	}
	for _, rest := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 16 * time.Minute} {
		b.clock.pass(rest - time.Second)
		if _, err := b.ask(0); err == nil || b.asked(&n) != "" {
			t.Errorf("it is asked within %v", rest)
		}
		b.clock.pass(time.Second)
		if _, err := b.ask(0); err == nil || b.asked(&n) != "/v1/forecast" {
			t.Errorf("it is not asked after %v", rest)
		}
	}
	b.fake.Behave(nil)
	b.clock.pass(16 * time.Minute)
	if _, err := b.ask(0); err != nil {
		t.Fatal(err)
	}
	b.fake.Behave(refusing(http.StatusInternalServerError, "x"))
	for range 2 {
		b.ask(1)
	}
	b.fake.Behave(nil)
	if _, err := b.ask(1); err != nil {
		t.Errorf("two failures after a success: %v", err)
	}
}

// What the service does not like is no failure of the service.
func TestRefusedQuestion(t *testing.T) {
	b := newBench(t)
	b.fake.Behave(refusing(http.StatusBadRequest, "Parameter 'start_date' is out of allowed range \x1b[31m"+strings.Repeat("x", 5000)))
	for range 4 {
		_, err := b.ask(0)
		if pierre.KindOf(err) != pierre.KindNotFound || strings.Contains(pierre.MessageOf(err, ""), "Parameter") {
			t.Fatalf("it says %v", err)
		}
	}
	if log := b.log.String(); len(log) > 4*700 || strings.Contains(log, "\x1b") {
		t.Errorf("the log has %d bytes: %.300q", len(log), log)
	}
	b.fake.Behave(nil)
	if _, err := b.ask(0); err != nil {
		t.Errorf("it rests: %v", err)
	}
}

// A customer's key goes to the service, and nowhere else.
func TestKey(t *testing.T) {
	b := newBench(t)
	b.fake.WantKey("k-3e1")
	if _, err := b.ask(0); pierre.KindOf(err) != pierre.KindUnavailable {
		t.Errorf("without a key: %v", err)
	}
	b.options.Key = secret.New("k-3e1")
	b.service = weather.New(b.store, b.options)
	if _, err := b.ask(0); err != nil {
		t.Errorf("with a key: %v", err)
	}
	b.options.ForecastURL = "http://127.0.0.1:1" // nobody listens
	b.service = weather.New(b.store, b.options)
	_, err := b.ask(1)
	if err == nil || strings.Contains(fmt.Sprintf("%v %#v", err, err)+b.log.String(), "k-3e1") {
		t.Errorf("the key is told: %v\n%s", err, b.log)
	}
}

// Without a transport of tests, no address of this machine or its network is reached, whatever a name leads to.
func TestOnlyPublicAddresses(t *testing.T) {
	b, n := newBench(t), 0
	b.options.Transport = nil
	b.service = weather.New(b.store, b.options)
	_, err := b.ask(0)
	if !errors.Is(err, publicnet.ErrNotPublic) || b.asked(&n) != "" {
		t.Errorf("%v", err)
	}
}

// The service does not lead to other hosts.
func TestRedirectsAreNotFollowed(t *testing.T) {
	b := newBench(t)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other host is asked") }))
	defer other.Close()
	b.fake.Behave(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, other.URL, http.StatusFound)
		return true
	})
	if _, err := b.ask(0); pierre.KindOf(err) != pierre.KindUnavailable {
		t.Error(err)
	}
}

// Whoever asked and went away is no failure of the service.
func TestCanceled(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.fake.Behave(func(_ http.ResponseWriter, r *http.Request) bool {
		cancel()
		<-r.Context().Done()
		return true
	})
	for range 4 {
		if _, err := b.service.Between(ctx, ana(), lat, lon, b.day(0), b.day(0)); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	b.fake.Behave(nil)
	if _, err := b.ask(0); err != nil {
		t.Errorf("it rests: %v", err)
	}
}

// Between full hours values are interpolated, and rain counts by the share of its hour.
func TestSummary(t *testing.T) {
	b := newBench(t)
	at := func(h, m int) time.Time {
		return b.day(-10).Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
	}
	r, err := b.service.Between(t.Context(), ana(), lat, lon, at(15, 30), at(16, 45))
	if err != nil {
		t.Fatal(err)
	}
	s := r.Over(at(15, 30), at(16, 45))
	if math.Abs(*s.Precipitation-0.9) > 1e-9 || *s.WindSpeed != 4.5 || *s.WindGust != 8.5 || math.Abs(*s.WindFrom-270) > 1e-6 || *s.Code != 61 || math.Abs(*s.Humidity-55) > 1e-9 {
		t.Errorf("it sums up to %+v", s)
	}
	first, second, third := weathertest.Value("temperature_2m", lat, at(15, 0)), weathertest.Value("temperature_2m", lat, at(16, 0)), weathertest.Value("temperature_2m", lat, at(17, 0))
	half, ok := r.At(at(15, 30))
	if want := (weathertest.Value("temperature_2m", 52.5, at(15, 0)) + weathertest.Value("temperature_2m", 52.5, at(16, 0))) / 2; !ok || math.Abs(*half.Temperature-want) > 1e-9 {
		t.Errorf("at half past it is %v, want %v (%v %v)", *half.Temperature, want, first, second)
	}
	if s.Temperature.Most > max(first, second, third)+.1 || s.Temperature.Least > s.Temperature.Mean || s.Temperature.Mean > s.Temperature.Most {
		t.Errorf("the temperature is %+v", s.Temperature)
	}
	if _, ok := r.At(at(18, 0)); ok {
		t.Error("it knows what was not asked for")
	}
	if s := (weather.Report{}).Over(at(1, 0), at(2, 0)); s.Temperature != nil || s.Precipitation != nil || s.WindFrom != nil || s.Code != nil {
		t.Errorf("of nothing it knows %+v", s)
	}
}

// A wind that turns has no direction in the mean, or one through north and not through south.
func TestWindTurns(t *testing.T) {
	from := time.Date(2026, 6, 1, 6, 0, 0, 0, time.UTC)
	report := func(directions ...float64) weather.Report {
		var r weather.Report
		for n, d := range directions {
			r.Hours = append(r.Hours, weather.Hour{Time: from.Add(time.Duration(n) * time.Hour), WeatherHour: pierre.WeatherHour{WindSpeed: new(5.0), WindFrom: new(d)}})
		}
		return r
	}
	r := report(350, 10)
	h, _ := r.At(from.Add(30 * time.Minute))
	if s := r.Over(from, from.Add(time.Hour)); math.Abs(math.Remainder(*s.WindFrom, 360)) > .5 || math.Abs(math.Remainder(*h.WindFrom, 360)) > 1e-6 {
		t.Errorf("it blows from %v, at half past from %v", *s.WindFrom, *h.WindFrom)
	}
	if s := report(0, 180).Over(from, from.Add(time.Hour)); s.WindFrom != nil {
		t.Errorf("it blows from %v", *s.WindFrom)
	}
}
