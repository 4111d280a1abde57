//go:build !race

package tools_test

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/weather/weathertest"
	"github.com/pierre-mcp/pierre/tools"
)

type shownWeather struct {
	Latitude    float64 `json:"latitude_degrees"`
	From        string
	Until       string
	Source      string
	Temperature struct{ Mean, Least, Most float64 } `json:"temperature_celsius"`
	AtAltitude  *float64                            `json:"temperature_at_altitude_celsius"`
	Rain        *float64                            `json:"precipitation_mm"`
	WBGT        computed                            `json:"wet_bulb_globe_celsius"`
	Risk        string                              `json:"heat_risk"`
	Course      *struct {
		Head float64 `json:"headwind_percent"`
		Side float64 `json:"crosswind_percent"`
		Mean float64 `json:"mean_headwind_mps"`
	} `json:"wind_on_course"`
	Meaning     []string
	Attribution string
	Hours       []struct {
		Time        string
		Temperature *float64 `json:"temperature_celsius"`
	}
}

// weatherHost is a host of an athlete with some activities; the fake can be told to behave oddly.
func weatherHost(t *testing.T, sessions map[string]session) (host, map[string]pierre.ActivityID, *weathertest.Fake) {
	t.Helper()
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	ids := map[string]pierre.ActivityID{}
	for name, one := range sessions {
		ids[name] = importSession(t, s, u, one)
	}
	fake := weathertest.New(now)
	h := newHost(t, s, u)
	h.server = serverOf(t, s, tools.Options{Allowances: someUse{}, Accounts: someAccounts{}, Weather: someWeather(s, fake)})
	return h, ids, fake
}

// morningRun runs to the north at the fake's wind from the west, two hours ahead of UTC.
func morningRun() session {
	return session{name: "Run", sport: "run", start: now().AddDate(0, 0, -20), offset: new(7200), seconds: 4000, step: 5, speed: always(3), altitude: always(1840), gps: true}
}

func TestWeatherOfAnActivity(t *testing.T) {
	h, ids, fake := weatherHost(t, map[string]session{"run": morningRun()})
	var got shownWeather
	h.call("get_weather", map[string]any{"activity_id": ids["run"]}).decode(t, &got)
	at := now().AddDate(0, 0, -20)
	first := weathertest.Value("temperature_2m", 45, at)
	if got.From != "2026-05-26T12:00" || got.Until != "2026-05-26T13:06" || got.Source != "archive" || got.Latitude != 45 || !strings.Contains(got.Attribution, "CC BY 4.0") {
		t.Errorf("it is %+v", got)
	}
	if got.Temperature.Least != first || !(got.Temperature.Mean > first && got.Temperature.Mean < got.Temperature.Most) || len(got.Hours) != 3 || got.Hours[0].Time != "2026-05-26T12:00" {
		t.Errorf("it is %+v; at the start it was %v °C", got, first)
	}
	if want := got.Temperature.Mean - 0.0065*(1840-38); got.AtAltitude == nil || math.Abs(*got.AtAltitude-want) > 0.06 {
		t.Errorf("at its altitude it is %v, want %v", got.AtAltitude, want)
	}
	if c := got.Course; c == nil || c.Side != 100 || c.Head != 0 || math.Abs(c.Mean) > 0.05 {
		t.Errorf("the wind from the west on the way north is %+v", c)
	}
	if all, _ := fake.Asked(); len(all) != 1 || all[0].Get("latitude") != "45.0" || all[0].Get("longitude") != "7.5" {
		t.Errorf("it asks %v", all)
	}
}

// What the heat means is said with its source, of those whom it is published of.
func TestWhatTheHeatMeans(t *testing.T) {
	long, ride, short, cool, high := morningRun(), morningRun(), morningRun(), morningRun(), morningRun()
	for _, s := range []*session{&long, &ride, &short, &cool} {
		s.altitude = always(40)
	}
	high.start = high.start.AddDate(0, 0, 4)
	ride.sport, ride.start = "ride", ride.start.AddDate(0, 0, 1)
	short.seconds, short.start = 1200, short.start.AddDate(0, 0, 2)
	cool.start = time.Date(2026, 5, 23, 2, 0, 0, 0, time.UTC)
	h, ids, fake := weatherHost(t, map[string]session{"long run": long, "ride": ride, "short run": short, "cool run": cool, "up high": high})
	for name, c := range map[string]struct {
		risk        string
		has, hasNot string
	}{
		"long run":  {"high", "4.5 % slower than the course record at 20 to 25 °C WBGT, against 1.7 % at 5 to 10 °C", "explains little"},
		"ride":      {"high", "the risk of heat illness in races is high (Armstrong et al. 2007)", "marathons"},
		"short run": {"high", "the risk of heat illness in races is high", "marathons"},
		"cool run":  {"low", "heat explains little of the pace", "risk"},
		"up high":   {"low", "heat explains little of the pace", "risk"}, // 1800 m above the model's square
	} {
		fake.Behave(constant(23))
		if name == "cool run" {
			fake.Behave(constant(8))
		}
		var got shownWeather
		h.call("get_weather", map[string]any{"activity_id": ids[name]}).decode(t, &got)
		said := strings.Join(got.Meaning, "\n")
		if got.Risk != c.risk || !strings.Contains(said, c.has) || strings.Contains(said, c.hasNot) {
			t.Errorf("%s: risk %s at %v °C WBGT: %s", name, got.Risk, *got.WBGT.Value, said)
		}
	}
}

// constant has the fake say that it is so warm all the time.
func constant(celsius float64) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		weathertest.Constant(w, r, map[string]float64{"temperature_2m": celsius, "relative_humidity_2m": 60})
		return true
	}
}

// Activities under a roof, of a game, and without a position have no weather; others are not held up by that.
func TestNoWeather(t *testing.T) {
	inside, game, bare, old := morningRun(), morningRun(), morningRun(), morningRun()
	inside.indoor, inside.start = true, inside.start.AddDate(0, 0, 1)
	game.sport, game.start = "virtual_ride", game.start.AddDate(0, 0, 2)
	bare.gps, bare.start = false, bare.start.AddDate(0, 0, 3)
	old.start = time.Date(1935, 1, 1, 8, 0, 0, 0, time.UTC)
	h, ids, fake := weatherHost(t, map[string]session{"inside": inside, "game": game, "bare": bare, "old": old})
	for name, why := range map[string]string{"inside": "indoors", "game": "indoors", "bare": "no position", "old": "1940"} {
		if r := h.call("get_weather", map[string]any{"activity_id": ids[name]}); !r.IsError || !strings.Contains(r.Text, why) {
			t.Errorf("%s: %s", name, r.Text)
		}
		r := h.call("get_activity_intelligence", map[string]any{"activity_id": ids[name]})
		if r.IsError || !strings.Contains(r.Text, "weather: not available because") || !strings.Contains(r.Text, why) {
			t.Errorf("%s: %s", name, r.Text)
		}
	}
	if all, _ := fake.Asked(); len(all) != 0 {
		t.Errorf("it asks %v", all)
	}
}

// The forecast of a day is on the clock of the place, which is where the athlete last trained outdoors if nothing else is said.
func TestForecast(t *testing.T) {
	inside := morningRun()
	inside.indoor, inside.start = true, now().AddDate(0, 0, -1)
	h, _, fake := weatherHost(t, map[string]session{"run": morningRun(), "inside": inside})
	var got shownWeather
	r := h.call("get_weather", map[string]any{"date": "2026-06-21"})
	r.decode(t, &got)
	if got.Source != "forecast" || got.From != "2026-06-21T00:00" || got.Until != "2026-06-22T00:00" || got.Latitude != 45 || len(got.Hours) != 24 || got.Hours[23].Time != "2026-06-21T23:00" {
		t.Errorf("it is %+v", got)
	}
	if *got.Rain != 1.2 || got.Course != nil || r.Bytes > answerBytes {
		t.Errorf("it is %+v, %d bytes", got, r.Bytes)
	}
	if strings.Contains(r.Text, "UTC") || !strings.Contains(r.Text, "at most 1 hour old") { // when it was fetched is when others asked
		t.Errorf("it says %s", r.Text)
	}
	got = shownWeather{}
	h.call("get_weather", map[string]any{"latitude": 35.68, "longitude": 139.77}).decode(t, &got)
	if got.From != "2026-06-15T00:00" || len(got.Hours) != 24 || got.Latitude != 35.7 { // 19:00 in Tokyo
		t.Errorf("in Tokyo it is %+v", got)
	}
	if *got.Hours[0].Temperature != weathertest.Value("temperature_2m", 35.7, time.Date(2026, 6, 14, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("midnight in Tokyo has %v °C", *got.Hours[0].Temperature)
	}
	before, _ := fake.Asked()
	for _, c := range []struct{ date, latitude, want any }{
		{"2026-07-02", nil, "15 days ahead"},
		{"1939-01-01", nil, "begins in 1940"},
		{"2026-06-31", nil, "a date such as"},
		{nil, 91, "from -90 to 90"},
		{nil, 47.0, "go together"},
	} {
		args := map[string]any{"date": c.date, "latitude": c.latitude}
		if r := h.call("get_weather", args); !r.IsError || !strings.Contains(r.Text, c.want.(string)) {
			t.Errorf("%v: %s", args, r.Text)
		}
	}
	if after, _ := fake.Asked(); len(after) != len(before) {
		t.Errorf("it asks %v", after[len(before):])
	}
}

// A day when clocks change has 23 or 25 hours.
func TestDaysOfOtherLengths(t *testing.T) {
	h, _, _ := weatherHost(t, nil)
	for day, last := range map[string]string{"2026-03-29": "2026-03-29T23:00", "2025-10-26": "2025-10-26T23:00"} {
		var got shownWeather
		h.call("get_weather", map[string]any{"date": day, "latitude": 52.5, "longitude": 13.4}).decode(t, &got)
		if n := len(got.Hours); got.From != day+"T00:00" || got.Hours[0].Time != day+"T00:00" || got.Hours[n-1].Time != last {
			t.Errorf("%s: %d hours from %s to %s", day, n, got.Hours[0].Time, got.Hours[n-1].Time)
		}
	}
}

func TestWeatherNeedsAPlace(t *testing.T) {
	h, _, _ := weatherHost(t, nil)
	if r := h.call("get_weather", nil); !r.IsError || !strings.Contains(r.Text, "ask the athlete for the place") {
		t.Errorf("it answers %s", r.Text)
	}
}

// A server that may not reach out has no tool for the weather, and says why it has none.
func TestWeatherIsOff(t *testing.T) {
	h, ids, _ := weatherHost(t, map[string]session{"run": morningRun()})
	h.server = serverOf(t, storetest.New(t), tools.Options{})
	if slices.ContainsFunc(h.list(), func(l listedTool) bool { return l.Name == "get_weather" }) {
		t.Error("there is a tool")
	}
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	ids["run"] = importSession(t, s, u, morningRun())
	h = newHost(t, s, u)
	h.server = serverOf(t, s, tools.Options{})
	if r := h.call("get_activity_intelligence", map[string]any{"activity_id": ids["run"]}); strings.Contains(r.Text, "weather") {
		t.Errorf("nobody asked: %s", r.Text)
	}
	if r := h.call("get_activity_intelligence", map[string]any{"activity_id": ids["run"], "include_weather": true}); r.IsError || !strings.Contains(r.Text, "its operator allows it with --weather") {
		t.Errorf("it says %s", r.Text)
	}
}

// A service that is out of order costs an answer its weather, and nothing else.
func TestWeatherServiceFails(t *testing.T) {
	h, ids, fake := weatherHost(t, map[string]session{"run": morningRun()})
	fake.Behave(func(w http.ResponseWriter, _ *http.Request) bool {
		weathertest.Refuse(w, http.StatusTooManyRequests, "Daily API request limit exceeded. Please try again tomorrow.")
		return true
	})
	if r := h.call("get_weather", map[string]any{"activity_id": ids["run"]}); !r.IsError || !strings.Contains(r.Text, "no more questions until 00:00 UTC") {
		t.Errorf("it answers %s", r.Text)
	}
	r := h.call("get_activity_intelligence", map[string]any{"activity_id": ids["run"]})
	if r.IsError || !strings.Contains(r.Text, "not available because The weather service") {
		t.Errorf("it answers %s", r.Text)
	}
}

// One athlete who asks for much is told when it goes on, and others are answered.
func TestWeatherHasAShareForEach(t *testing.T) {
	h, _, _ := weatherHost(t, nil)
	var r result
	for n := range 31 {
		r = h.call("get_weather", map[string]any{"date": "2020-05-10", "latitude": 10 + n, "longitude": 10})
	}
	if !r.IsError || !strings.Contains(r.Text, "Ask for others from 10:02 UTC on") {
		t.Errorf("it answers %s", r.Text)
	}
	h.ctx = access.WithPrincipal(t.Context(), access.Principal{UserID: newUser(t, storetest.New(t), "ben@example.com")})
	if r := h.call("get_weather", map[string]any{"date": "2020-05-10", "latitude": 60, "longitude": 10}); r.IsError {
		t.Errorf("another athlete is told %s", r.Text)
	}
}
