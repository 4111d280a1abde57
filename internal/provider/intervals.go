package provider

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

const day = 24 * time.Hour

// intervals is intervals.icu, which gathers what watches of most makers send: https://intervals.icu/api-docs.html. The
// personal key needs no registration. Activities that it has from Strava come as stubs, because Strava allows no more.
func intervals() Provider {
	return Provider{
		Name: pierre.ProviderIntervals, Title: "intervals.icu", API: "https://intervals.icu",
		Key: &Key{Where: "on intervals.icu under Settings, Developer Settings, API Key", User: "API_KEY"},
		OAuth: OAuth{ //nolint:gosec // addresses, and no credentials
			Authorize: "https://intervals.icu/oauth/authorize", Token: "https://intervals.icu/api/oauth/token",
			Scopes: []string{"ACTIVITY:READ,WELLNESS:READ"}, Needs: []string{"ACTIVITY:READ"}, Style: oauth2.AuthStyleInParams,
		},
		Every:   30 * time.Minute,
		LeftWhy: "intervals.icu got them from Strava, which does not let it pass them on; import your Strava archive instead",
		Account: func(ctx context.Context, c *Client, _ *oauth2.Token) (string, error) {
			var who struct {
				ID string `json:"id"`
			}
			err := c.Get(ctx, "/api/v1/athlete/0", nil, &who)
			return who.ID, err
		},
		Leave: func(ctx context.Context, c *Client) error {
			return c.Send(ctx, http.MethodDelete, "/api/v1/disconnect-app", nil, nil)
		},
		Streams: []Stream{
			{Name: "activities", Span: 365 * day, Reach: 20 * 365 * day, Overlap: 14 * day, List: intervalsActivities},
			{Name: "wellness", Span: 365 * day, Reach: 20 * 365 * day, Overlap: 7 * day, List: intervalsWellness},
		},
	}
}

// dates are a window in days, wide enough for every time zone.
func (w Window) dates(oldest, newest string) url.Values {
	return url.Values{
		oldest: {w.From.UTC().Add(-14 * time.Hour).Format(time.DateOnly)}, newest: {w.To.UTC().Add(14 * time.Hour).Format(time.DateOnly)},
	}
}

type intervalsActivity struct {
	ID        string   `json:"id"`
	Source    string   `json:"source"`
	Note      string   `json:"_note"`
	Name      string   `json:"name"`
	Type      string   `json:"type"`
	Start     string   `json:"start_date"`
	Local     string   `json:"start_date_local"`
	FileType  string   `json:"file_type"`
	Moving    *float64 `json:"moving_time"`
	Elapsed   *float64 `json:"elapsed_time"`
	Distance  *float64 `json:"distance"`
	Gain      *float64 `json:"total_elevation_gain"`
	HR        *float64 `json:"average_heartrate"`
	MaxHR     *float64 `json:"max_heartrate"`
	Watts     *float64 `json:"icu_average_watts"`
	Cadence   *float64 `json:"average_cadence"`
	Calories  *float64 `json:"calories"`
	Speed     *float64 `json:"average_speed"`
	MaxSpeed  *float64 `json:"max_speed"`
	Trainer   bool     `json:"trainer"`
	Race      bool     `json:"race"`
	Described string   `json:"description"`
	RPE       *float64 `json:"icu_rpe"`
	Perceived *float64 `json:"perceived_exertion"` // where another service was told it; session_rpe is a load
	Feel      *float64 `json:"feel"`               // 1 (strong) to 5 (weak)
	Gear      *struct {
		Name string `json:"name"`
	} `json:"gear"`
}

func intervalsActivities(ctx context.Context, c *Client, w Window) (Page, error) {
	var list []intervalsActivity
	if err := c.Get(ctx, "/api/v1/athlete/0/activities", w.dates("oldest", "newest"), &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, a := range list {
		page.Items = append(page.Items, Item{
			ID: a.ID, Version: a.version(), Left: a.Source == "STRAVA",
			Load: func(ctx context.Context) (pierre.Fetched, error) { return a.load(ctx, c) },
		})
	}
	return page, nil
}

// version names what the athlete can change.
func (a intervalsActivity) version() string {
	parts := []string{a.Name, a.Type, a.Start}
	if w := a.words(); w.RPE != nil || w.Feel != "" || w.Gear != "" {
		parts = append(parts, fmt.Sprint(a.number(w.RPE), w.Feel), w.Gear)
	}
	return versionOf(parts...)
}

func (intervalsActivity) number(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// words returns what the athlete says there of the activity.
func (a intervalsActivity) words() pierre.Impression {
	w := pierre.Impression{RPE: cmp.Or(pierre.RPEOf(a.number(a.RPE)), pierre.RPEOf(a.number(a.Perceived)))}
	if a.Feel != nil {
		w.Feel = pierre.FeelOf((5 - *a.Feel) * 25)
	}
	if a.Gear != nil {
		w.Gear = draft.Clip(a.Gear.Name, draft.MaxTitle)
	}
	return w
}

// load fetches the file that the device made. What was entered by hand has none.
func (a intervalsActivity) load(ctx context.Context, c *Client) (pierre.Fetched, error) {
	content, err := c.File(ctx, "/api/v1/activity/"+url.PathEscape(a.ID)+"/file")
	if err == nil {
		return pierre.Fetched{Title: a.Name, Words: a.words(), File: "intervals.icu " + a.ID + "." + a.FileType, Content: content}, nil
	}
	if !gone(err) || a.FileType != "" {
		return pierre.Fetched{}, err
	}
	rec, err := a.recording()
	return pierre.Fetched{Title: a.Name, Words: a.words(), File: "intervals.icu " + a.ID, Recording: rec}, err
}

func (a intervalsActivity) recording() (*pierre.Recording, error) {
	start, err := time.Parse(time.RFC3339, a.Start)
	if err != nil {
		return nil, &malformedError{fmt.Errorf("the start of activity %.40q: %w", a.ID, err)}
	}
	return &pierre.Recording{Activity: pierre.Activity{
		Name: a.Name, Description: a.Described, Sport: draft.SportOf(a.Type), Start: start.UTC(), UTCOffset: offset(start, a.Local),
		Indoor: a.Trainer, Race: a.Race,
		Totals: pierre.Totals{
			DistanceMeters: positive(a.Distance), DurationSeconds: positive(a.Moving), ElapsedSeconds: positive(a.Elapsed), ElevationGainMeters: a.Gain,
			AverageHeartRateBPM: positive(a.HR), MaxHeartRateBPM: positive(a.MaxHR), AveragePowerWatts: positive(a.Watts), AverageCadenceRPM: positive(a.Cadence),
			CaloriesKcal: positive(a.Calories), AverageSpeedMPS: positive(a.Speed), MaxSpeedMPS: positive(a.MaxSpeed),
		},
	}}, nil
}

type intervalsDay struct {
	Day        string   `json:"id"`
	Weight     *float64 `json:"weight"`
	RestingHR  *float64 `json:"restingHR"`
	HRV        *float64 `json:"hrv"` // rMSSD
	SDNN       *float64 `json:"hrvSDNN"`
	Eaten      *float64 `json:"kcalConsumed"`
	Sleep      *float64 `json:"sleepSecs"`
	SleepScore *float64 `json:"sleepScore"`
	Soreness   *float64 `json:"soreness"`
	Fatigue    *float64 `json:"fatigue"`
	Stress     *float64 `json:"stress"`
	Mood       *float64 `json:"mood"`
	Oxygen     *float64 `json:"spO2"`
	Systolic   *float64 `json:"systolic"`
	Diastolic  *float64 `json:"diastolic"`
	Drunk      *float64 `json:"hydrationVolume"`
	Readiness  *float64 `json:"readiness"`
	VO2Max     *float64 `json:"vo2max"`
	Steps      *float64 `json:"steps"`
	Breaths    *float64 `json:"respiration"`
	BodyFat    *float64 `json:"bodyFat"`
}

func intervalsWellness(ctx context.Context, c *Client, w Window) (Page, error) {
	var list []intervalsDay
	if err := c.Get(ctx, "/api/v1/athlete/0/wellness", w.dates("oldest", "newest"), &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, d := range list {
		page.Values = append(page.Values, onDay(d.Day, map[pierre.WellnessKind]*float64{
			pierre.WellnessWeight: d.Weight, pierre.WellnessRestingHeartRate: d.RestingHR, pierre.WellnessHRV: d.HRV, pierre.WellnessHRVSDNN: d.SDNN,
			pierre.WellnessEaten: d.Eaten, pierre.WellnessSleep: d.Sleep, pierre.WellnessSleepScore: d.SleepScore, pierre.WellnessSoreness: d.Soreness,
			pierre.WellnessFatigue: d.Fatigue, pierre.WellnessStress: d.Stress, pierre.WellnessMood: d.Mood, pierre.WellnessOxygen: d.Oxygen,
			pierre.WellnessSystolic: d.Systolic, pierre.WellnessDiastolic: d.Diastolic, pierre.WellnessHydration: d.Drunk, pierre.WellnessReadiness: d.Readiness,
			pierre.WellnessVO2Max: d.VO2Max, pierre.WellnessSteps: d.Steps, pierre.WellnessRespiration: d.Breaths, pierre.WellnessBodyFat: d.BodyFat,
		})...)
	}
	return page, nil
}
