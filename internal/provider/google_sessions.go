package provider

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// googleInterval is the time of a session.
type googleInterval struct {
	Start       time.Time `json:"startTime"`
	StartOffset string    `json:"startUtcOffset"`
	End         time.Time `json:"endTime"`
	EndOffset   string    `json:"endUtcOffset"`
}

func (i googleInterval) start() time.Time { return i.Start.In(googleZone(i.StartOffset)) }

func (i googleInterval) end() time.Time { return i.End.In(googleZone(i.EndOffset)) }

type googleSleep struct {
	Interval googleInterval `json:"interval"`
	Metadata struct {
		Nap bool `json:"nap"`
	} `json:"metadata"`
	Summary googlePoint `json:"summary"`
}

// minutes returns a time of the summary in seconds.
func (s googleSleep) minutes(field string) *float64 {
	const minute = 60
	v := s.Summary.number(field)
	if v == nil {
		return nil
	}
	return new(*v * minute)
}

// stage returns the time of a stage in seconds.
func (s googleSleep) stage(name string) *float64 {
	var stages []googlePoint
	if json.Unmarshal(s.Summary["stagesSummary"], &stages) != nil {
		return nil
	}
	for _, p := range stages {
		if string(p["type"]) == `"`+name+`"` {
			return googleSleep{Summary: p}.minutes("minutes")
		}
	}
	return nil
}

// googleNights lists sleep. The longest that ends on a day and is no nap is its night.
func googleNights(ctx context.Context, c *Client, w Window) (Page, error) {
	nights := longest[googleSleep]{}
	err := gather(ctx, func(ctx context.Context, token string) (string, error) {
		points, next, err := googlePoints(ctx, c, "sleep", "interval.civil_end_time", Window{w.From, w.To, token})
		for _, p := range points {
			var s googleSleep
			if p.read("sleep", &s) && !s.Metadata.Nap && !s.Interval.End.IsZero() {
				nights.add(s.Interval.end().Format(time.DateOnly), s.minutes("minutesAsleep"), s)
			}
		}
		return next, err
	})
	var page Page
	for date, s := range nights.byDay() {
		page.Values = append(page.Values, onDay(date, map[pierre.WellnessKind]*float64{
			pierre.WellnessSleep: positive(s.minutes("minutesAsleep")), pierre.WellnessInBed: positive(s.minutes("minutesInSleepPeriod")),
			pierre.WellnessAwake: s.minutes("minutesAwake"), pierre.WellnessSleepLatency: s.minutes("minutesToFallAsleep"),
			pierre.WellnessDeepSleep: s.stage("DEEP"), pierre.WellnessREMSleep: s.stage("REM"), pierre.WellnessLightSleep: s.stage("LIGHT"),
			pierre.WellnessBedtime: sinceMidnight(date, s.Interval.start()), pierre.WellnessWakeTime: sinceMidnight(date, s.Interval.end()),
		})...)
	}
	return page, err
}

type googleExercise struct {
	Interval googleInterval `json:"interval"`
	Type     string         `json:"exerciseType"`
	Name     string         `json:"displayName"`
	Active   string         `json:"activeDuration"`
	Notes    string         `json:"notes"`
	Updated  string         `json:"updateTime"`
	Metadata struct {
		GPS bool `json:"hasGps"`
	} `json:"exerciseMetadata"`
	Metrics googlePoint `json:"metricsSummary"`
}

// googleExercises lists exercises. Those that were recorded with positions are given out as files, the others as totals.
func googleExercises(ctx context.Context, c *Client, w Window) (Page, error) {
	points, next, err := googlePoints(ctx, c, "exercise", "interval.civil_start_time", w)
	page := Page{Next: next}
	for _, p := range points {
		var e googleExercise
		var name string
		if !p.read("exercise", &e) || json.Unmarshal(p["dataPointName"], &name) != nil {
			continue
		}
		item := summary(name[strings.LastIndexByte(name, '/')+1:], e.activity())
		item.Version = versionOf(item.Version, e.Updated)
		if load := item.Load; e.Metadata.GPS {
			item.Load = func(ctx context.Context) (pierre.Fetched, error) {
				content, err := c.File(ctx, "/v4/users/me/dataTypes/exercise/dataPoints/"+url.PathEscape(item.ID)+":exportExerciseTcx?alt=media")
				if gone(err) { // the athlete gave no access to places
					return load(ctx)
				}
				return pierre.Fetched{Title: e.Name, File: "google_health " + item.ID + ".tcx", Content: content}, err
			}
		}
		page.Items = append(page.Items, item)
	}
	return page, err
}

func (e googleExercise) activity() pierre.Activity {
	start := e.Interval.start()
	a := pierre.Activity{
		Name: e.Name, Description: e.Notes, Sport: draft.SportOf(googleSport(e.Type)), Start: start.UTC(), UTCOffset: zoneOf(start),
		Totals: pierre.Totals{
			ElapsedSeconds: between(e.Interval.Start, e.Interval.End), CaloriesKcal: positive(e.Metrics.number("caloriesKcal")),
			DistanceMeters: positive(thousandth(e.Metrics.number("distanceMillimeters"))), ElevationGainMeters: thousandth(e.Metrics.number("elevationGainMillimeters")),
			AverageHeartRateBPM: positive(e.Metrics.number("averageHeartRateBeatsPerMinute")),
			AverageSpeedMPS:     positive(thousandth(e.Metrics.number("averageSpeedMillimetersPerSecond"))),
		},
	}
	if d, err := time.ParseDuration(e.Active); err == nil {
		a.DurationSeconds = positive(new(d.Seconds()))
	}
	return a
}

// googleSport returns the plain name of a type of exercise that has another one here.
func googleSport(kind string) string {
	if name, ok := map[string]string{
		"BIKING": "cycling", "OUTDOOR_BIKE": "cycling", "STATIONARY_BIKE": "indoor_cycling", "ELECTRIC_BIKE": "ebike", "INCLINE_RUN": "treadmill",
		"INCLINE_WALK": "walk", "NORDIC_WALKING": "walk", "POWER_WALKING": "walk", "STROLLER_WALK": "walk", "TREADMILL_WALK": "walk", "WALK_WITH_WEIGHTS": "walk",
		"RUCKING": "hike", "BACKPACKING": "hike", "SWIMMING_POOL": "swim", "SWIMMING_OPEN_WATER": "swim", "ROWING_MACHINE": "rowing", "WEIGHTS": "strength",
		"FREE_WEIGHTS": "strength", "WEIGHT_MACHINES": "strength", "RESISTANCE_BANDS": "strength", "BODY_WEIGHT": "strength", "POWERLIFTING": "strength",
		"STAIRCLIMBER": "stairs", "CARDIO_WORKOUT": "cardio", "AEROBIC_WORKOUT": "cardio", "CIRCUIT_TRAINING": "training", "YOGA_BIKRAM": "yoga",
		"YOGA_HATHA": "yoga", "YOGA_POWER": "yoga", "YOGA_VINYASA": "yoga", "SPEED_SKATING": "ice_skating", "ROLLERBLADING": "inline_skating", "DANCING": "dance",
	}[kind]; ok {
		return name
	}
	return kind
}
