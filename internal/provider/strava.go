package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// stravaRisk is Strava's API Policy, as who connects has to know it.
const stravaRisk = "Strava's API Policy (1 June 2026, §5.3) forbids giving API data to AI assistants. Connecting may get your Strava app or account blocked. Use Strava's own MCP or import your Strava export archive instead."

const (
	stravaPage = 100
	stravaKeep = 7 * day // API Policy, §5.5: what was fetched is kept for no longer
)

// strava is Strava's API v3: https://developers.strava.com/docs/reference/. Its policy allows a cache of seven days, so that
// no more is fetched; the history comes with the account's export archive.
func strava() Provider {
	return Provider{
		Name: pierre.ProviderStrava, Title: "Strava", API: "https://www.strava.com", Risk: stravaRisk, KeepFor: stravaKeep, Shared: true,
		OAuth: OAuth{ //nolint:gosec // addresses, and no credentials
			Authorize: "https://www.strava.com/oauth/authorize", Token: "https://www.strava.com/oauth/token", Revoke: "https://www.strava.com/oauth/revoke",
			Scopes: []string{"read,activity:read_all"}, Needs: []string{"activity:read_all"}, Style: oauth2.AuthStyleInParams,
			Extra: url.Values{"approval_prompt": {"auto"}},
		},
		Every: time.Hour,
		Account: func(_ context.Context, _ *Client, granted *oauth2.Token) (string, error) {
			who, _ := granted.Extra("athlete").(map[string]any)
			id, ok := who["id"].(float64)
			if !ok {
				return "", &malformedError{fmt.Errorf("the answer names no athlete")}
			}
			return strconv.FormatFloat(id, 'f', 0, 64), nil
		},
		Streams: []Stream{{Name: "activities", Span: stravaKeep, Reach: stravaKeep, Overlap: 2 * day, List: stravaActivities}},
		Hook:    &Hook{Answer: stravaAnswer, Accounts: stravaAccounts},
	}
}

type stravaActivity struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Sport    string   `json:"sport_type"`
	Start    string   `json:"start_date"`
	Local    string   `json:"start_date_local"` // the local clock with a false Z
	Distance *float64 `json:"distance"`
	Moving   *float64 `json:"moving_time"`
	Elapsed  *float64 `json:"elapsed_time"`
	Gain     *float64 `json:"total_elevation_gain"`
	HR       *float64 `json:"average_heartrate"`
	MaxHR    *float64 `json:"max_heartrate"`
	Watts    *float64 `json:"average_watts"`
	MaxWatts *float64 `json:"max_watts"`
	Measured bool     `json:"device_watts"` // else they are estimates
	Speed    *float64 `json:"average_speed"`
	MaxSpeed *float64 `json:"max_speed"`
	Cadence  *float64 `json:"average_cadence"`
	Trainer  bool     `json:"trainer"`
	Device   string   `json:"device_name"`
	Gear     string   `json:"gear_id"` // "b…" for bicycles, "g…" for shoes
}

// stravaActivities lists until a page is empty: shorter pages are not the last.
func stravaActivities(ctx context.Context, c *Client, w Window) (Page, error) {
	number, err := strconv.Atoi(w.Page)
	if err != nil {
		number = 1
	}
	var list []stravaActivity
	err = c.Get(ctx, "/api/v3/athlete/activities", url.Values{
		"after": {strconv.FormatInt(w.From.Unix(), 10)}, "before": {strconv.FormatInt(w.To.Unix(), 10)},
		"page": {strconv.Itoa(number)}, "per_page": {strconv.Itoa(stravaPage)},
	}, &list)
	if err != nil || len(list) == 0 {
		return Page{}, err
	}
	page := Page{Next: strconv.Itoa(number + 1)}
	gear := stravaGear{}
	for _, a := range list {
		version := []string{a.Name, a.Sport, a.Start}
		if a.Gear != "" {
			version = append(version, a.Gear)
		}
		page.Items = append(page.Items, Item{
			ID: strconv.FormatInt(a.ID, 10), Version: versionOf(version...),
			Load: func(ctx context.Context) (pierre.Fetched, error) { return a.load(ctx, c, gear) },
		})
	}
	return page, nil
}

// stravaGear holds the names of what the activities of a page used, by its id: each is asked for once.
type stravaGear map[string]string

// name returns what the export's list of activities calls the gear; "" if it is not given out.
func (g stravaGear) name(ctx context.Context, c *Client, id string) (string, error) {
	name, known := g[id]
	if known || id == "" {
		return name, nil
	}
	var of struct {
		Name  string `json:"name"`
		Brand string `json:"brand_name"`
		Model string `json:"model_name"`
	}
	if err := c.Get(ctx, "/api/v3/gear/"+url.PathEscape(id), nil, &of); err != nil && !gone(err) {
		return "", err
	}
	name = of.Name
	if !strings.HasPrefix(id, "b") || name == "" {
		name = draft.ShoeName(of.Brand, of.Model, of.Name)
	}
	g[id] = draft.Clip(name, draft.MaxTitle)
	return g[id], nil
}

func (a stravaActivity) load(ctx context.Context, c *Client, gear stravaGear) (pierre.Fetched, error) {
	start, err := time.Parse(time.RFC3339, a.Start)
	if err != nil {
		return pierre.Fetched{}, &malformedError{fmt.Errorf("the start of activity %d: %w", a.ID, err)}
	}
	rec := &pierre.Recording{Activity: pierre.Activity{
		Name: a.Name, Sport: draft.SportOf(a.Sport), Start: start.UTC(), UTCOffset: offset(start, a.Local), Indoor: a.Trainer, Device: a.Device,
		Totals: pierre.Totals{
			DistanceMeters: positive(a.Distance), DurationSeconds: positive(a.Moving), ElapsedSeconds: positive(a.Elapsed), ElevationGainMeters: a.Gain,
			AverageHeartRateBPM: positive(a.HR), MaxHeartRateBPM: positive(a.MaxHR), AverageSpeedMPS: positive(a.Speed), MaxSpeedMPS: positive(a.MaxSpeed),
			AverageCadenceRPM: positive(a.Cadence),
		},
	}}
	if a.Measured {
		rec.AveragePowerWatts, rec.MaxPowerWatts = positive(a.Watts), positive(a.MaxWatts)
	}
	id := strconv.FormatInt(a.ID, 10)
	var streams map[string]stravaStream
	err = c.Get(ctx, "/api/v3/activities/"+id+"/streams", url.Values{
		"keys": {"time,distance,latlng,altitude,velocity_smooth,heartrate,cadence,watts,temp"}, "key_by_type": {"true"},
	}, &streams)
	if err != nil && !gone(err) { // what was entered by hand has none
		return pierre.Fetched{}, err
	}
	rec.Series = stravaSeries(streams, a.Measured)
	rec.HasGPS = rec.Series.Latitude != nil
	words := pierre.Impression{}
	words.Gear, err = gear.name(ctx, c, a.Gear)
	if _, limited := errors.AsType[*LimitedError](err); limited { // the activity itself is there, and the next request waits
		err = nil
	}
	return pierre.Fetched{Title: a.Name, Words: words, File: "strava " + id, Recording: rec}, err
}

type stravaStream struct {
	Data json.RawMessage `json:"data"`
}

// stravaSeries makes columns of streams. One that is not as long as the times, or no list of numbers, is left out.
func stravaSeries(streams map[string]stravaStream, measured bool) pierre.Series {
	var times []float64
	if json.Unmarshal(streams["time"].Data, &times) != nil || len(times) == 0 || len(times) > maxSamples {
		return pierre.Series{}
	}
	for n := 1; n < len(times); n++ {
		if times[n] < times[n-1] {
			return pierre.Series{}
		}
	}
	s := pierre.Series{Time: times}
	columns := map[string]*[]float64{
		"distance": &s.Distance, "altitude": &s.Altitude, "velocity_smooth": &s.Speed, "heartrate": &s.HeartRate, "cadence": &s.Cadence, "temp": &s.Temperature,
	}
	if measured {
		columns["watts"] = &s.Power
	}
	for name, column := range columns {
		var values []float64
		if json.Unmarshal(streams[name].Data, &values) == nil && len(values) == len(times) {
			*column = values
		}
	}
	var places [][2]float64
	if json.Unmarshal(streams["latlng"].Data, &places) == nil && len(places) == len(times) {
		for _, p := range places {
			s.Latitude, s.Longitude = append(s.Latitude, p[0]), append(s.Longitude, p[1])
		}
	}
	return s
}

const maxSamples = 1_000_000

// stravaAnswer proves that the address is ours, when a subscription is made.
func stravaAnswer(r *http.Request, app App) ([]byte, bool) {
	q := r.URL.Query()
	challenge := q.Get("hub.challenge")
	if r.Method != http.MethodGet || q.Get("hub.mode") != "subscribe" || !equal(q.Get("hub.verify_token"), app.WebhookSecret) || len(challenge) > maxID {
		return nil, false
	}
	body, err := json.Marshal(map[string]string{"hub.challenge": challenge})
	return body, err == nil
}

// stravaAccounts reads an event. Strava signs none, so that the address has a secret.
func stravaAccounts(r *http.Request, body []byte, app App) ([]string, error) {
	if r.Method != http.MethodPost || !equal(r.PathValue("secret"), app.WebhookSecret) {
		return nil, pierre.NotFound("webhook")
	}
	var event struct {
		Owner int64 `json:"owner_id"`
	}
	if err := json.Unmarshal(body, &event); err != nil || event.Owner == 0 {
		return nil, badCall(err)
	}
	return []string{strconv.FormatInt(event.Owner, 10)}, nil
}
