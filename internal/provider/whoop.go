package provider

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

const whoopPage = "25" // the most that it gives

// whoop is WHOOP's API v2: https://developer.whoop.com/api. Lists have the newest in front, and an opaque token of the next
// page. What has not been scored yet says nothing.
func whoop() Provider {
	const nights, window, reach = 180 * day, 365 * day, 10 * 365 * day
	return Provider{
		Name: pierre.ProviderWhoop, Title: "WHOOP", API: "https://api.prod.whoop.com", Shared: true,
		OAuth: OAuth{ //nolint:gosec // addresses, and no credentials
			Authorize: "https://api.prod.whoop.com/oauth/oauth2/auth", Token: "https://api.prod.whoop.com/oauth/oauth2/token",
			Scopes: []string{"offline", "read:profile", "read:body_measurement", "read:cycles", "read:sleep", "read:recovery", "read:workout"},
			Needs:  []string{"read:profile", "read:sleep", "read:recovery"}, Style: oauth2.AuthStyleInParams,
		},
		Every: time.Hour,
		Account: func(ctx context.Context, c *Client, _ *oauth2.Token) (string, error) {
			var who struct {
				ID int64 `json:"user_id"`
			}
			err := c.Get(ctx, "/developer/v2/user/profile/basic", nil, &who)
			return strconv.FormatInt(who.ID, 10), err
		},
		Leave: func(ctx context.Context, c *Client) error {
			return c.Send(ctx, http.MethodDelete, "/developer/v2/user/access", nil, nil)
		},
		Streams: []Stream{
			{Name: "sleep", Span: nights, Reach: reach, Overlap: 7 * day, List: whoopNights},
			{Name: "workout", Span: window, Reach: reach, Overlap: 14 * day, Optional: true, List: whoopWorkouts},
			{Name: "body_measurement", Optional: true, List: whoopWeight},
		},
		Hook: &Hook{Accounts: whoopAccounts},
	}
}

// whoopPages asks for a list of a time.
func whoopPages[T any](ctx context.Context, c *Client, path string, from, to time.Time, token string) (list []T, next string, err error) {
	q := url.Values{"start": {from.UTC().Format(time.RFC3339)}, "end": {to.UTC().Format(time.RFC3339)}, "limit": {whoopPage}}
	if token != "" {
		q.Set("nextToken", token)
	}
	var answer struct {
		Records []T    `json:"records"`
		Next    string `json:"next_token"`
	}
	err = c.Get(ctx, "/developer/v2/"+path, q, &answer)
	return answer.Records, answer.Next, err
}

type whoopSleep struct {
	ID     string    `json:"id"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Offset string    `json:"timezone_offset"`
	Nap    bool      `json:"nap"`
	Score  *struct {
		Stages struct {
			InBed *float64 `json:"total_in_bed_time_milli"`
			Awake *float64 `json:"total_awake_time_milli"`
			Light *float64 `json:"total_light_sleep_time_milli"`
			Deep  *float64 `json:"total_slow_wave_sleep_time_milli"`
			REM   *float64 `json:"total_rem_sleep_time_milli"`
			Woken *float64 `json:"disturbance_count"`
		} `json:"stage_summary"`
		Breath      *float64 `json:"respiratory_rate"`
		Performance *float64 `json:"sleep_performance_percentage"`
		Efficiency  *float64 `json:"sleep_efficiency_percentage"`
	} `json:"score"`
}

type whoopRecovery struct {
	Sleep string `json:"sleep_id"`
	Score *struct {
		Calibrating bool     `json:"user_calibrating"`
		Recovery    *float64 `json:"recovery_score"`
		RestingHR   *float64 `json:"resting_heart_rate"`
		HRV         *float64 `json:"hrv_rmssd_milli"`
		Oxygen      *float64 `json:"spo2_percentage"`
		Skin        *float64 `json:"skin_temp_celsius"`
	} `json:"score"`
}

// whoopNights lists sleep. The longest that ends on a day and is no nap is its night. It is asked for more than the window,
// so that no day is seen in part, and days beyond are left out. Recoveries say to which sleep they belong, and not to which day.
func whoopNights(ctx context.Context, c *Client, w Window) (Page, error) {
	const margin = 3 * day // a day more, at any offset from UTC, and the night before it
	first, last := w.From.Add(-day).UTC().Format(time.DateOnly), w.To.Add(day).UTC().Format(time.DateOnly)
	nights := longest[whoopSleep]{}
	err := gather(ctx, func(ctx context.Context, token string) (string, error) {
		list, next, err := whoopPages[whoopSleep](ctx, c, "activity/sleep", w.From.Add(-margin), w.To.Add(margin), token)
		for _, n := range list {
			if _, end, ok := n.times(); ok && !n.Nap && first <= end.Format(time.DateOnly) && end.Format(time.DateOnly) <= last {
				nights.add(end.Format(time.DateOnly), n.asleep(), n)
			}
		}
		return next, err
	})
	if err != nil || len(nights) == 0 {
		return Page{}, err
	}
	recoveries := map[string]whoopRecovery{}
	err = gather(ctx, func(ctx context.Context, token string) (string, error) {
		list, next, err := whoopPages[whoopRecovery](ctx, c, "recovery", w.From.Add(-margin), w.To.Add(margin), token)
		for _, r := range list {
			recoveries[r.Sleep] = r
		}
		return next, err
	})
	var page Page
	for date, n := range nights.byDay() {
		page.Values = append(page.Values, n.values(date, recoveries[n.ID])...)
	}
	return page, err
}

// times returns when a sleep began and ended, on the athlete's clock.
func (n whoopSleep) times() (start, end time.Time, ok bool) {
	zone, err := time.Parse("-07:00", n.Offset)
	return n.Start.In(zone.Location()), n.End.In(zone.Location()), err == nil && !n.End.IsZero()
}

// asleep returns the milliseconds of sleep; nil: it has not been scored yet.
func (n whoopSleep) asleep() *float64 {
	if n.Score == nil {
		return nil
	}
	return sumOf(n.Score.Stages.Light, n.Score.Stages.Deep, n.Score.Stages.REM)
}

func (n whoopSleep) values(date string, r whoopRecovery) []pierre.Wellness {
	start, end, _ := n.times()
	values := map[pierre.WellnessKind]*float64{pierre.WellnessBedtime: sinceMidnight(date, start), pierre.WellnessWakeTime: sinceMidnight(date, end)}
	if s := n.Score; s != nil {
		light, deep, rem := thousandth(s.Stages.Light), thousandth(s.Stages.Deep), thousandth(s.Stages.REM)
		values[pierre.WellnessLightSleep], values[pierre.WellnessDeepSleep], values[pierre.WellnessREMSleep] = light, deep, rem
		values[pierre.WellnessSleep], values[pierre.WellnessInBed] = sumOf(light, deep, rem), thousandth(s.Stages.InBed)
		values[pierre.WellnessAwake], values[pierre.WellnessAwakenings] = thousandth(s.Stages.Awake), s.Stages.Woken
		values[pierre.WellnessRespiration], values[pierre.WellnessSleepScore], values[pierre.WellnessSleepEfficiency] = s.Breath, s.Performance, s.Efficiency
	}
	if s := r.Score; s != nil {
		values[pierre.WellnessRestingHeartRate], values[pierre.WellnessHRV] = s.RestingHR, s.HRV
		values[pierre.WellnessOxygen], values[pierre.WellnessSkinTemperature] = s.Oxygen, s.Skin
		if !s.Calibrating {
			values[pierre.WellnessReadiness] = s.Recovery
		}
	}
	return onDay(date, values)
}

// thousandth returns a thousandth, such as seconds of milliseconds and kilograms of grams.
func thousandth(v *float64) *float64 {
	const thousand = 1000
	if v == nil {
		return nil
	}
	return new(*v / thousand)
}

// kcal returns the kilocalories of kilojoules.
func kcal(kilojoules *float64) *float64 {
	const perCalorie = 4.184
	if kilojoules == nil {
		return nil
	}
	return positive(new(*kilojoules / perCalorie))
}

type whoopWorkout struct {
	ID     string    `json:"id"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Offset string    `json:"timezone_offset"`
	Sport  string    `json:"sport_name"`
	Score  struct {  // what is not scored has none
		HR       *float64 `json:"average_heart_rate"`
		MaxHR    *float64 `json:"max_heart_rate"`
		Energy   *float64 `json:"kilojoule"`
		Distance *float64 `json:"distance_meter"`
		Gain     *float64 `json:"altitude_gain_meter"`
	} `json:"score"`
}

// whoopWorkouts lists workouts, which have no samples.
func whoopWorkouts(ctx context.Context, c *Client, w Window) (Page, error) {
	list, next, err := whoopPages[whoopWorkout](ctx, c, "activity/workout", w.From, w.To, w.Page)
	page := Page{Next: next}
	for _, o := range list {
		a := pierre.Activity{
			Sport: draft.SportOf(o.Sport), Start: o.Start.UTC(),
			Totals: pierre.Totals{
				ElapsedSeconds: between(o.Start, o.End), DistanceMeters: positive(o.Score.Distance), ElevationGainMeters: o.Score.Gain,
				AverageHeartRateBPM: positive(o.Score.HR), MaxHeartRateBPM: positive(o.Score.MaxHR), CaloriesKcal: kcal(o.Score.Energy),
			},
		}
		if zone, err := time.Parse("-07:00", o.Offset); err == nil {
			a.UTCOffset = zoneOf(zone)
		}
		page.Items = append(page.Items, summary(o.ID, a))
	}
	return page, err
}

// whoopWeight is the weight of the profile, which has no date.
func whoopWeight(ctx context.Context, c *Client, _ Window) (Page, error) {
	var body struct {
		Weight *float64 `json:"weight_kilogram"`
	}
	err := c.Get(ctx, "/developer/v2/user/measurement/body", nil, &body)
	return Page{Items: c.profileWeight(positive(body.Weight))}, err
}

// whoopAccounts reads a call, which is signed with the client's secret: in Base64, of the time in milliseconds and the body.
func whoopAccounts(r *http.Request, body []byte, app App) ([]string, error) {
	stamp := r.Header.Get("X-Whoop-Signature-Timestamp")
	signature, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Whoop-Signature"))
	if err != nil || stamp == "" || !signed(signature, app.ClientSecret, []byte(stamp), body) {
		return nil, forged()
	}
	var event struct {
		User int64 `json:"user_id"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, badCall(err)
	}
	return []string{fmt.Sprint(event.User)}, nil
}
