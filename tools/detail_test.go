//go:build !race

package tools_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type activityDetail struct {
	ID       pierre.ActivityID `json:"id"`
	Provider string            `json:"provider"`
	Sport    string            `json:"sport_type"`
	Start    string            `json:"start_time"`
	Distance *float64          `json:"distance_meters"`
	Duration *float64          `json:"duration_seconds"`
	Elapsed  *float64          `json:"elapsed_seconds"`
	Gain     *float64          `json:"elevation_gain_meters"`
	HR       *float64          `json:"average_heart_rate_bpm"`
	MaxHR    *float64          `json:"max_heart_rate_bpm"`
	Power    *float64          `json:"average_power_watts"`
	NP       *float64          `json:"normalized_power_watts"`
	Calories *float64          `json:"calories_kcal"`
	Sources  []struct {
		Provider string `json:"provider"`
		File     string `json:"file"`
		Primary  bool   `json:"primary"`
	} `json:"sources"`
	Warnings []string `json:"warnings"`
	LapCount int      `json:"lap_count"`
	Laps     []struct {
		Number int     `json:"number"`
		Start  float64 `json:"start_seconds"`
	} `json:"laps"`
	NextLap int `json:"next_lap_offset"`
	Summary *struct {
		Samples      int      `json:"samples"`
		First        string   `json:"first_timestamp"`
		Last         string   `json:"last_timestamp"`
		MaxGap       float64  `json:"max_gap_seconds"`
		Track        *float64 `json:"track_distance_meters"`
		LastDistance *float64 `json:"last_distance_meters"`
		Channels     []channelSummary
	} `json:"series_summary"`
	Series []sampledSeries `json:"series"`
}

type channelSummary struct {
	Channel        string
	Samples        int
	Mean, Min, Max *float64
}

func (d activityDetail) channel(name string) channelSummary {
	if d.Summary != nil {
		for _, c := range d.Summary.Channels {
			if c.Channel == name {
				return c
			}
		}
	}
	return channelSummary{Channel: name}
}

type sampledSeries struct {
	Channel   string    `json:"channel"`
	Recorded  int       `json:"recorded_samples"`
	Method    string    `json:"method"`
	Seconds   []float64 `json:"seconds"`
	Values    []float64 `json:"values"`
	Latitude  []float64 `json:"latitude_degrees"`
	Longitude []float64 `json:"longitude_degrees"`
}

// The summary counts samples, not seconds, and power with its zeros.
func TestSeriesSummary(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	nan := math.NaN()
	rec := pierre.Recording{
		Activity: pierre.Activity{Sport: "ride", Start: now().AddDate(0, 0, -1)},
		Series: pierre.Series{
			Time:      []float64{2, 3, 4, 100.5},
			Power:     []float64{0, 300, nan, 0},
			HeartRate: []float64{120, nan, nan, 130},
			Distance:  []float64{0, 10, 20, nan},
			Latitude:  []float64{0, nan, 0, 0},
			Longitude: []float64{10, nan, 10.001, 10.002},
		},
	}
	added, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: "file", Format: "fit", Imported: now()}, rec)
	if err != nil {
		t.Fatal(err)
	}
	var d activityDetail
	newHost(t, s, user).call("get_activity", map[string]any{"activity_id": added.Activity}).decode(t, &d)
	sum := d.Summary
	if sum == nil {
		t.Fatal("there is no summary")
	}
	if sum.Samples != 4 || sum.First != "2026-06-14T10:00:02Z" || sum.Last != "2026-06-14T10:01:40Z" || sum.MaxGap != 96.5 {
		t.Errorf("the summary is %+v", sum)
	}
	if sum.Track == nil || math.Abs(*sum.Track-222.4) > 0.05 || sum.LastDistance == nil || *sum.LastDistance != 20 {
		t.Errorf("distances are %v along the track, %v at the end", sum.Track, sum.LastDistance)
	}
	for _, want := range []struct {
		channel        string
		samples        int
		mean, min, max float64
	}{{"power_watts", 3, 100, 0, 300}, {"heart_rate_bpm", 2, 125, 120, 130}, {"distance_meters", 3, 10, 0, 20}} {
		c := d.channel(want.channel)
		if c.Samples != want.samples || *c.Mean != want.mean || *c.Min != want.min || *c.Max != want.max {
			t.Errorf("%s is %d samples, mean %v, %v to %v; want %+v", want.channel, c.Samples, *c.Mean, *c.Min, *c.Max, want)
		}
	}
	if c := d.channel("position"); c.Samples != 3 {
		t.Errorf("there are %d positions, want 3", c.Samples)
	}
	if c := d.channel("cadence_rpm"); c.Samples != 0 {
		t.Errorf("there is cadence: %+v", c)
	}
}

// Hundreds of laps come in pages, and the answer stays small.
func TestLapsByPages(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, session{name: "Lengths", sport: "swim", start: now().AddDate(0, 0, -1), seconds: 3000, step: 10, speed: always(0.8), heart: always(130), laps: 120})
	h := newHost(t, s, user)
	next, seen := 0, 0
	for {
		r := h.call("get_activity", map[string]any{"activity_id": id, "lap_offset": next})
		var d activityDetail
		r.decode(t, &d)
		if r.Bytes > answerBytes || d.LapCount != 120 {
			t.Fatalf("an answer with laps from %d has %d bytes and counts %d laps", next, r.Bytes, d.LapCount)
		}
		for _, lap := range d.Laps {
			if seen++; lap.Number != seen || lap.Start != float64(seen-1)*25 {
				t.Fatalf("lap %d is number %d from second %v", seen, lap.Number, lap.Start)
			}
		}
		if next = d.NextLap; next == 0 {
			break
		}
	}
	if seen != 120 {
		t.Errorf("%d of 120 laps were shown", seen)
	}
	var past activityDetail
	h.call("get_activity", map[string]any{"activity_id": id, "lap_offset": 500}).decode(t, &past)
	if past.Laps != nil || past.NextLap != 0 {
		t.Errorf("after the last lap there are %v", past.Laps)
	}
}

// An activity with long texts, many sources, warnings and laps of everything still has a short answer.
func TestDetailOfARichActivity(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	rec := session{
		name: strings.Repeat("名前", 100), sport: "ride", start: now().AddDate(0, 0, -1), offset: new(7200), seconds: 3600, step: 1,
		speed: always(8.123), heart: always(140), power: always(200), altitude: always(300), gps: true, laps: 60,
	}.recording()
	rec.Description, rec.MultisportID = strings.Repeat("説明\n", 1000), "multisport_1"
	for range 9 {
		rec.Warnings = append(rec.Warnings, strings.Repeat("odd ", 100))
	}
	everything := rec.Totals
	everything.ElevationGainMeters, everything.AverageCadenceRPM, everything.NormalizedPowerWatts = new(123.4), new(88.5), new(210.)
	rec.Totals = everything
	for i := range rec.Laps {
		rec.Laps[i].Totals = everything
	}
	var id pierre.ActivityID
	for i := range 6 {
		src := pierre.Source{Provider: "file", File: strings.Repeat("folder/", 30) + "x.fit", Format: "fit", SHA256: [32]byte{byte(i)}, Imported: now()}
		added, err := s.ImportRecording(t.Context(), user, src, rec)
		if err != nil {
			t.Fatal(err)
		}
		id = added.Activity
	}
	r := newHost(t, s, user).call("get_activity", map[string]any{"activity_id": id})
	var d activityDetail
	r.decode(t, &d)
	if r.Bytes > answerBytes || d.LapCount != 60 || len(d.Laps) == 0 || d.NextLap == 0 {
		t.Errorf("the answer has %d bytes, %d of %d laps, the next from %d", r.Bytes, len(d.Laps), d.LapCount, d.NextLap)
	}
}

func TestSeriesOnlyWhenAskedFor(t *testing.T) {
	h, ids := sampleHost(t)
	get := func(series any) activityDetail {
		var d activityDetail
		h.call("get_activity", map[string]any{"activity_id": ids["ride"], "series": series}).decode(t, &d)
		return d
	}
	if d := get(nil); d.Series != nil {
		t.Errorf("series come unasked: %v", d.Series)
	}
	d := get(map[string]any{"channels": []string{"power_watts", "position", "temperature_celsius"}, "max_points": 50})
	if len(d.Series) != 3 {
		t.Fatalf("there are %d series", len(d.Series))
	}
	power, temperature, position := d.Series[0], d.Series[1], d.Series[2]
	if power.Channel != "power_watts" || power.Recorded != 5401 || len(power.Seconds) != 50 || len(power.Values) != 50 || !strings.Contains(power.Method, "Steinarsson") {
		t.Errorf("power is %+v", power)
	}
	if power.Seconds[0] != 0 || power.Seconds[49] != 5400 || maximum(power.Values) < 238 || minimum(power.Values) > 122 {
		t.Errorf("the thinned power loses its ends or its peaks: %v", power.Values)
	}
	if temperature.Recorded != 0 || len(temperature.Seconds) != 0 {
		t.Errorf("temperature, not recorded, is %+v", temperature)
	}
	if len(position.Latitude) != 50 || len(position.Longitude) != 50 || position.Values != nil || position.Longitude[0] != 7.5 {
		t.Errorf("position is %+v", position)
	}
	for i := range position.Seconds[1:] {
		if position.Seconds[i+1] <= position.Seconds[i] {
			t.Error("the positions' times do not rise")
		}
	}

	d = get(map[string]any{"channels": []string{"heart_rate_bpm", "position"}, "from_seconds": 100, "to_seconds": 140})
	for _, s := range d.Series {
		if s.Recorded != 41 || len(s.Seconds) != 41 || s.Seconds[0] != 100 || s.Seconds[40] != 140 || s.Method != "all samples" {
			t.Errorf("the span of %s is %+v", s.Channel, s)
		}
	}
}

func maximum(values []float64) float64 {
	most := math.Inf(-1)
	for _, v := range values {
		most = max(most, v)
	}
	return most
}

func minimum(values []float64) float64 {
	least := math.Inf(1)
	for _, v := range values {
		least = min(least, v)
	}
	return least
}

// The same activity from two sources is one, and says where it was read.
func TestSourcesOfAMergedActivity(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	run := session{name: "Run", sport: "run", start: now().AddDate(0, 0, -1), seconds: 1800, step: 1, speed: always(3), heart: always(140), gps: true}
	id := importSession(t, s, user, run)
	run.heart = nil
	src := pierre.Source{Provider: "strava", ExternalID: "77", File: "activities/77.gpx.gz", Format: "gpx", SHA256: [32]byte{1}, Imported: now()}
	if added, err := s.ImportRecording(t.Context(), user, src, run.recording()); err != nil || added.Activity != id {
		t.Fatalf("the second source made %v, %v", added, err)
	}
	h := newHost(t, s, user)
	for _, provider := range []any{nil, "file", "strava"} {
		var d activityDetail
		h.call("get_activity", map[string]any{"activity_id": id, "provider": provider}).decode(t, &d)
		if len(d.Sources) != 2 || !d.Sources[0].Primary || d.Sources[0].Provider != "file" || d.Sources[1].File != "activities/77.gpx.gz" || d.Provider != "file" {
			t.Errorf("from %v the sources are %+v", provider, d.Sources)
		}
	}
}
