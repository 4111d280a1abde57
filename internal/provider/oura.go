package provider

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// oura is Oura's API v2: https://cloud.ouraring.com/v2/docs. Lists have an opaque token of the next page. Athletes choose
// scope by scope what they give.
func oura() Provider {
	const window, reach = 180 * day, 10 * 365 * day
	daily := func(name string, optional bool, values func(d ouraDay) map[pierre.WellnessKind]*float64) Stream {
		return Stream{Name: name, Span: window, Reach: reach, Overlap: 7 * day, Optional: optional, List: ouraDaily(name, values)}
	}
	return Provider{
		Name: pierre.ProviderOura, Title: "Oura", API: "https://api.ouraring.com", Shared: true,
		OAuth: OAuth{ //nolint:gosec // addresses, and no credentials
			Authorize: "https://cloud.ouraring.com/oauth/authorize", Token: "https://api.ouraring.com/oauth/token",
			Scopes: []string{"personal", "daily", "workout", "spo2Daily"}, Needs: []string{"personal", "daily"}, Style: oauth2.AuthStyleInParams,
		},
		Every:   time.Hour,
		Account: ouraAccount,
		Leave: func(ctx context.Context, c *Client) error {
			return c.Send(ctx, http.MethodPost, "/oauth/revoke?"+url.Values{"access_token": {c.creds.Access}}.Encode(), nil, nil)
		},
		Streams: []Stream{
			{Name: "sleep", Span: window, Reach: reach, Overlap: 7 * day, List: ouraNights},
			daily("daily_sleep", false, func(d ouraDay) map[pierre.WellnessKind]*float64 {
				return map[pierre.WellnessKind]*float64{pierre.WellnessSleepScore: d.Score}
			}),
			daily("daily_readiness", false, func(d ouraDay) map[pierre.WellnessKind]*float64 {
				return map[pierre.WellnessKind]*float64{pierre.WellnessReadiness: d.Score, pierre.WellnessTemperatureShift: d.Shift}
			}),
			daily("daily_activity", false, func(d ouraDay) map[pierre.WellnessKind]*float64 {
				return map[pierre.WellnessKind]*float64{pierre.WellnessSteps: positive(d.Steps), pierre.WellnessActiveEnergy: positive(d.Energy)}
			}),
			daily("daily_spo2", true, func(d ouraDay) map[pierre.WellnessKind]*float64 {
				return map[pierre.WellnessKind]*float64{pierre.WellnessOxygen: d.Oxygen.Average}
			}),
			daily("vO2_max", true, func(d ouraDay) map[pierre.WellnessKind]*float64 {
				return map[pierre.WellnessKind]*float64{pierre.WellnessVO2Max: d.VO2Max}
			}),
			{Name: "workout", Span: window, Reach: reach, Overlap: 14 * day, Optional: true, List: ouraWorkouts},
			{Name: "personal_info", List: ouraWeight},
		},
		Hook: &Hook{Answer: ouraAnswer, Accounts: ouraAccounts},
	}
}

type ouraPerson struct {
	ID     string   `json:"id"`
	Weight *float64 `json:"weight"` // kg, as the athlete entered it
}

func ouraAccount(ctx context.Context, c *Client, _ *oauth2.Token) (string, error) {
	var who ouraPerson
	err := c.Get(ctx, "/v2/usercollection/personal_info", nil, &who)
	return who.ID, err
}

// ouraWeight is the weight of the profile. It has no date: its day is that on which it was first seen.
func ouraWeight(ctx context.Context, c *Client, _ Window) (Page, error) {
	var who ouraPerson
	if err := c.Get(ctx, "/v2/usercollection/personal_info", nil, &who); err != nil {
		return Page{}, err
	}
	return Page{Items: c.profileWeight(who.Weight)}, nil
}

// ouraPages asks for a list of a window. Days are the athlete's own: the window is widened by all that they can differ.
func ouraPages[T any](ctx context.Context, c *Client, name string, w Window, token string) (list []T, next string, err error) {
	q := url.Values{"start_date": {w.From.Add(-day).Format(time.DateOnly)}, "end_date": {w.To.Add(2 * day).Format(time.DateOnly)}}
	if token != "" {
		q.Set("next_token", token)
	}
	var answer struct {
		Data []T    `json:"data"`
		Next string `json:"next_token"`
	}
	err = c.Get(ctx, "/v2/usercollection/"+name, q, &answer)
	return answer.Data, answer.Next, err
}

type ouraDay struct {
	Day    string   `json:"day"`
	Score  *float64 `json:"score"`
	Shift  *float64 `json:"temperature_deviation"`
	Steps  *float64 `json:"steps"`
	Energy *float64 `json:"active_calories"`
	VO2Max *float64 `json:"vo2_max"`
	Oxygen struct {
		Average *float64 `json:"average"`
	} `json:"spo2_percentage"`
}

func ouraDaily(name string, values func(d ouraDay) map[pierre.WellnessKind]*float64) func(context.Context, *Client, Window) (Page, error) {
	return func(ctx context.Context, c *Client, w Window) (Page, error) {
		list, next, err := ouraPages[ouraDay](ctx, c, name, w, w.Page)
		page := Page{Next: next}
		for _, d := range list {
			page.Values = append(page.Values, onDay(d.Day, values(d))...)
		}
		return page, err
	}
}

type ouraNight struct {
	Day    string    `json:"day"`
	Type   string    `json:"type"`
	Start  time.Time `json:"bedtime_start"`
	End    time.Time `json:"bedtime_end"`
	Total  *float64  `json:"total_sleep_duration"`
	InBed  *float64  `json:"time_in_bed"`
	Deep   *float64  `json:"deep_sleep_duration"`
	REM    *float64  `json:"rem_sleep_duration"`
	Light  *float64  `json:"light_sleep_duration"`
	Awake  *float64  `json:"awake_time"`
	Rate   *float64  `json:"efficiency"`
	Delay  *float64  `json:"latency"`
	HRV    *float64  `json:"average_hrv"` // rMSSD
	Lowest *float64  `json:"lowest_heart_rate"`
	Breath *float64  `json:"average_breath"`
}

// ouraNights lists sleep. Of each day's the longest period that Oura calls long sleep is the night; naps are left out.
func ouraNights(ctx context.Context, c *Client, w Window) (Page, error) {
	nights := longest[ouraNight]{}
	err := gather(ctx, func(ctx context.Context, token string) (string, error) {
		list, next, err := ouraPages[ouraNight](ctx, c, "sleep", w, token)
		for _, n := range list {
			if n.Type == "long_sleep" {
				nights.add(n.Day, n.Total, n)
			}
		}
		return next, err
	})
	var page Page
	for date, n := range nights.byDay() {
		page.Values = append(page.Values, onDay(date, map[pierre.WellnessKind]*float64{
			pierre.WellnessSleep: positive(n.Total), pierre.WellnessInBed: positive(n.InBed), pierre.WellnessDeepSleep: n.Deep, pierre.WellnessREMSleep: n.REM,
			pierre.WellnessLightSleep: n.Light, pierre.WellnessAwake: n.Awake, pierre.WellnessSleepEfficiency: n.Rate, pierre.WellnessSleepLatency: n.Delay,
			pierre.WellnessHRV: n.HRV, pierre.WellnessRestingHeartRate: n.Lowest, pierre.WellnessRespiration: n.Breath,
			pierre.WellnessBedtime: sinceMidnight(date, n.Start), pierre.WellnessWakeTime: sinceMidnight(date, n.End),
		})...)
	}
	return page, err
}

type ouraWorkout struct {
	ID        string    `json:"id"`
	Activity  string    `json:"activity"`
	Label     string    `json:"label"`
	Start     time.Time `json:"start_datetime"`
	End       time.Time `json:"end_datetime"`
	Distance  *float64  `json:"distance"`
	Calories  *float64  `json:"calories"`
	Intensity string    `json:"intensity"`
}

// ouraWorkouts lists workouts, which have no samples.
func ouraWorkouts(ctx context.Context, c *Client, w Window) (Page, error) {
	list, next, err := ouraPages[ouraWorkout](ctx, c, "workout", w, w.Page)
	page := Page{Next: next}
	for _, o := range list {
		page.Items = append(page.Items, summary(o.ID, pierre.Activity{
			Name: o.Label, Sport: draft.SportOf(o.Activity), Start: o.Start.UTC(), UTCOffset: zoneOf(o.Start),
			Totals: pierre.Totals{DistanceMeters: positive(o.Distance), ElapsedSeconds: between(o.Start, o.End), CaloriesKcal: positive(o.Calories)},
		}))
	}
	return page, err
}

// ouraAnswer proves that the address is ours, when a subscription is made.
func ouraAnswer(r *http.Request, app App) ([]byte, bool) {
	q := r.URL.Query()
	challenge := q.Get("challenge")
	if r.Method != http.MethodGet || !equal(q.Get("verification_token"), app.WebhookSecret) || len(challenge) > maxID {
		return nil, false
	}
	body, err := json.Marshal(map[string]string{"challenge": challenge})
	return body, err == nil
}

// ouraAccounts reads a call, which is signed with the client's secret: in hexadecimal digits, of the time and the body.
func ouraAccounts(r *http.Request, body []byte, app App) ([]string, error) {
	stamp := r.Header.Get("X-Oura-Timestamp")
	signature, err := hex.DecodeString(r.Header.Get("X-Oura-Signature"))
	if _, isTime := strconv.ParseInt(stamp, 10, 64); err != nil || isTime != nil || !signed(signature, app.ClientSecret, []byte(stamp), body) {
		return nil, forged()
	}
	var event struct {
		User string `json:"user_id"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, badCall(err)
	}
	return []string{event.User}, nil
}
