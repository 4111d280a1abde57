package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/weather/weathertest"
)

// weatherServer starts a personal server with settings, that asks the fake; stop ends it.
func weatherServer(t *testing.T, fake *weathertest.Fake, env map[string]string, dir string, args ...string) (address string, stop func()) {
	t.Helper()
	stdin, host := io.Pipe()
	var stdout, stderr log
	w := cli.World{Getenv: func(name string) string { return env[name] }, Stdin: stdin, Stdout: &stdout, Stderr: &stderr}
	c := &config{weather: weatherConfig{transport: fake}}
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(t.Context(), newRootOf(c, w), append([]string{"--single-tenant", "--port", "0", "--data-dir", dir}, args...), w)
	}()
	return stderr.find(t, `msg=listening url=(\S+)`), func() {
		host.Close()
		if code := <-ended; code != 0 {
			t.Errorf("it ended with %d:\n%s", code, &stderr.text)
		}
	}
}

const inBerlin = `{"latitude":52.5163,"longitude":13.3777}`

// Weather is off unless the operator allows it; its settings reach the service, and a restart asks nothing again.
func TestWeatherIsAllowedByTheOperator(t *testing.T) {
	fake, dir := weathertest.New(time.Now), t.TempDir()
	address, stop := weatherServer(t, fake, nil, dir)
	if text := tool(t, address, "get_weather", inBerlin); !strings.Contains(text, "There is no tool of this name") {
		t.Errorf("without --weather it answers %s", text)
	}
	stop()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte("k-3e1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fake.WantKey("k-3e1")
	var hosts []string
	fake.Behave(func(_ http.ResponseWriter, r *http.Request) bool { hosts = append(hosts, r.Host); return false })
	address, stop = weatherServer(t, fake, map[string]string{"WEATHER": "true", "WEATHER_API_KEY_FILE": key}, dir)
	if text := tool(t, address, "get_weather", inBerlin); !strings.Contains(text, `"latitude_degrees":52.5`) || !strings.Contains(text, "CC BY 4.0") {
		t.Errorf("it answers %s", text)
	}
	if text := tool(t, address, "get_weather", strings.Replace(inBerlin, "}", `,"date":"2020-02-29"}`, 1)); !strings.Contains(text, `"source":"archive"`) {
		t.Errorf("it answers %s", text)
	}
	stop()
	address, stop = weatherServer(t, fake, map[string]string{"WEATHER_API_KEY": "k-3e1"}, dir, "--weather",
		"--weather-forecast-url", "https://forecast.example.com", "--weather-archive-url", "https://archive.example.com")
	defer stop()
	for _, day := range []string{"2020-02-29", "2020-03-01"} { // the first is kept
		tool(t, address, "get_weather", strings.Replace(inBerlin, "}", `,"date":"`+day+`"}`, 1))
	}
	tool(t, address, "get_weather", `{"latitude":1,"longitude":1}`)
	if got := strings.Join(hosts, " "); got != "customer-api.open-meteo.com customer-archive-api.open-meteo.com archive.example.com forecast.example.com" {
		t.Errorf("it asks %s", got)
	}
}

// What is wrong with the settings is said before anything is made.
func TestWeatherSettings(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		want string
	}{
		"maybe":             {map[string]string{"WEATHER": "maybe"}, "WEATHER: "},
		"a number for none": {map[string]string{"WEATHER_DAILY": "100"}, "WEATHER_DAILY: needs --weather"},
		"no number":         {map[string]string{"WEATHER": "true", "WEATHER_DAILY": "0"}, "WEATHER_DAILY: must be a number from 1"},
		"a key for none":    {map[string]string{"WEATHER_API_KEY": "k"}, "WEATHER_API_KEY: needs --weather"},
		"a host for none": {
			map[string]string{"WEATHER_ARCHIVE_URL": "https://a.example.com"}, "WEATHER_ARCHIVE_URL: needs --weather",
		},
		"a key in clear": {
			map[string]string{"WEATHER": "true", "WEATHER_API_KEY": "k", "WEATHER_FORECAST_URL": "http://a.example.com"}, "WEATHER_FORECAST_URL: must begin with https://",
		},
		"a path":  {map[string]string{"WEATHER": "true", "WEATHER_FORECAST_URL": "https://a.example.com/v1"}, "more than a web origin"},
		"no file": {map[string]string{"WEATHER": "true", "WEATHER_API_KEY_FILE": "/nowhere/key"}, "WEATHER_API_KEY_FILE"},
	} {
		var out log
		dir := filepath.Join(t.TempDir(), "data")
		w := cli.World{Getenv: func(variable string) string { return tt.env[variable] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
		code := cli.Run(t.Context(), newRoot(w), []string{"--single-tenant", "--port", "0", "--data-dir", dir}, w)
		if text := out.text.String(); code != 2 || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %d, %s", name, code, text)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: something was made", name)
		}
	}
}
