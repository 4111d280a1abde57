package provider

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// withings is Withings' API: https://developer.withings.com/api-reference. Requests are forms that name an action. Answers say
// inside how the request went; HTTP's status is 200.
func withings() Provider {
	const window, reach = 180 * day, 10 * 365 * day
	return Provider{
		Name: pierre.ProviderWithings, Title: "Withings", API: "https://wbsapi.withings.net", Shared: true, Read: withingsRead,
		OAuth: OAuth{ //nolint:gosec // addresses, and no credentials
			Authorize: "https://account.withings.com/oauth2_user/authorize2", Token: "https://wbsapi.withings.net/v2/oauth2",
			Scopes: []string{"user.metrics,user.activity"}, Needs: []string{"user.metrics", "user.activity"}, Style: oauth2.AuthStyleInParams,
			Adapt: func(base http.RoundTripper) http.RoundTripper { return withingsTokens{base} },
		},
		Every: time.Hour,
		Account: func(_ context.Context, _ *Client, granted *oauth2.Token) (string, error) {
			switch id := granted.Extra("userid").(type) {
			case string:
				return id, nil
			case float64:
				return strconv.FormatFloat(id, 'f', 0, 64), nil
			}
			return "", &malformedError{errors.New("the answer names no user")}
		},
		Joined: withingsSubscribe,
		Leave:  withingsRevoke,
		Streams: []Stream{
			{Name: "measures", Span: window, Reach: reach, Overlap: 14 * day, List: withingsMeasures},
			{Name: "sleep", Span: window, Reach: reach, Overlap: 7 * day, List: withingsNights},
			{Name: "activity", Span: window, Reach: reach, Overlap: 7 * day, List: withingsDays},
			{Name: "workouts", Span: window, Reach: reach, Overlap: 14 * day, List: withingsWorkouts},
		},
		Hook: &Hook{Answer: withingsAnswer, Accounts: withingsAccounts},
	}
}

// action asks for one and reads what the answer holds into v.
func (c *Client) action(ctx context.Context, path, name string, form url.Values, v any) error {
	form.Set("action", name)
	return c.Send(ctx, http.MethodPost, path, form, v)
}

// withingsDates are a window in days, wide enough for every time zone.
func withingsDates(w Window, fields, offset string) url.Values {
	form := w.dates("startdateymd", "enddateymd")
	form.Set("data_fields", fields)
	if offset != "" {
		form.Set("offset", offset)
	}
	return form
}

// withingsMore is the end of a list: whether there is more, as a number or a truth value, and from which place on.
type withingsMore struct {
	More   any   `json:"more"`
	Offset int64 `json:"offset"`
}

func (m withingsMore) next() string {
	if m.More == true || m.More == 1.0 {
		return strconv.FormatInt(m.Offset, 10)
	}
	return ""
}

// withingsKinds are the kinds by Withings' numbers of measures.
func withingsKinds(measure int) pierre.WellnessKind {
	switch measure {
	case 1: //nolint:mnd // Withings' numbers
		return pierre.WellnessWeight
	case 6: //nolint:mnd // Withings' numbers
		return pierre.WellnessBodyFat
	case 9: //nolint:mnd // Withings' numbers
		return pierre.WellnessDiastolic
	case 10: //nolint:mnd // Withings' numbers
		return pierre.WellnessSystolic
	case 123: //nolint:mnd // Withings' numbers
		return pierre.WellnessVO2Max
	}
	return ""
}

type withingsGroup struct {
	Attrib   int    `json:"attrib"`
	Date     int64  `json:"date"`
	Zone     string `json:"timezone"`
	Measures []struct {
		Value float64 `json:"value"`
		Type  int     `json:"type"`
		Unit  int     `json:"unit"` // the power of ten
	} `json:"measures"`
}

// doubtful says that a measure may be another person's, or was entered when the account was made.
func (g withingsGroup) doubtful() bool {
	const perhapsAnothers, entered = 1, 4
	return g.Attrib == perhapsAnothers || g.Attrib == entered
}

// withingsMeasures lists what scales and cuffs measured. The first of each day counts: mornings are comparable.
func withingsMeasures(ctx context.Context, c *Client, w Window) (Page, error) {
	from := w.From.UTC().Truncate(day).Add(-day)
	first := firsts{}
	err := gather(ctx, func(ctx context.Context, offset string) (string, error) {
		form := url.Values{
			"meastypes": {"1,6,9,10,123"}, "category": {"1"}, "startdate": {strconv.FormatInt(from.Unix(), 10)},
			"enddate": {strconv.FormatInt(w.To.Add(day).Unix(), 10)},
		}
		if offset != "" {
			form.Set("offset", offset)
		}
		var list struct {
			withingsMore

			Zone   string          `json:"timezone"`
			Groups []withingsGroup `json:"measuregrps"`
		}
		err := c.action(ctx, "/measure", "getmeas", form, &list)
		for _, g := range list.Groups {
			at, ok := inZone(g.Date, g.Zone, list.Zone)
			if !ok || g.doubtful() || midnight(at).Before(from) { // of that day earlier ones may be out of the window
				continue
			}
			for _, m := range g.Measures {
				if kind := withingsKinds(m.Type); kind != "" {
					first.add(at, kind, m.Value*math.Pow10(m.Unit))
				}
			}
		}
		return list.next(), err
	})
	return Page{Values: first.values()}, err
}

type withingsSleep struct {
	Zone  string `json:"timezone"`
	Start int64  `json:"startdate"`
	End   int64  `json:"enddate"`
	Data  struct {
		Asleep *float64 `json:"total_sleep_time"`
		InBed  *float64 `json:"total_timeinbed"`
		Light  *float64 `json:"lightsleepduration"`
		Deep   *float64 `json:"deepsleepduration"`
		REM    *float64 `json:"remsleepduration"`
		Awake  *float64 `json:"waso"`
		Woken  *float64 `json:"wakeupcount"`
		Delay  *float64 `json:"sleep_latency"`
		Rate   *float64 `json:"sleep_efficiency"` // 0 to 1
		Score  *float64 `json:"sleep_score"`
		Breath *float64 `json:"rr_average"`
	} `json:"data"`
}

const withingsSleepFields = "total_sleep_time,total_timeinbed,lightsleepduration,deepsleepduration,remsleepduration,waso,wakeupcount," +
	"sleep_latency,sleep_efficiency,sleep_score,rr_average"

// withingsNights lists sleep. The longest that ends on a day is its night.
func withingsNights(ctx context.Context, c *Client, w Window) (Page, error) {
	nights := longest[withingsSleep]{}
	err := gather(ctx, func(ctx context.Context, offset string) (string, error) {
		var list struct {
			withingsMore

			Series []withingsSleep `json:"series"`
		}
		err := c.action(ctx, "/v2/sleep", "getsummary", withingsDates(w, withingsSleepFields, offset), &list)
		for _, n := range list.Series {
			if end, ok := inZone(n.End, n.Zone); ok {
				nights.add(end.Format(time.DateOnly), n.Data.Asleep, n)
			}
		}
		return list.next(), err
	})
	var page Page
	for date, n := range nights.byDay() {
		start, _ := inZone(n.Start, n.Zone)
		end, _ := inZone(n.End, n.Zone)
		page.Values = append(page.Values, onDay(date, map[pierre.WellnessKind]*float64{
			pierre.WellnessSleep: positive(n.Data.Asleep), pierre.WellnessInBed: positive(n.Data.InBed), pierre.WellnessLightSleep: n.Data.Light,
			pierre.WellnessDeepSleep: n.Data.Deep, pierre.WellnessREMSleep: n.Data.REM, pierre.WellnessAwake: n.Data.Awake, pierre.WellnessAwakenings: n.Data.Woken,
			pierre.WellnessSleepLatency: n.Data.Delay, pierre.WellnessSleepEfficiency: percent(n.Data.Rate), pierre.WellnessSleepScore: n.Data.Score,
			pierre.WellnessRespiration: n.Data.Breath, pierre.WellnessBedtime: sinceMidnight(date, start), pierre.WellnessWakeTime: sinceMidnight(date, end),
		})...)
	}
	return page, err
}

// withingsDays lists the sums of days.
func withingsDays(ctx context.Context, c *Client, w Window) (Page, error) {
	var list struct {
		withingsMore

		Days []struct {
			Date   string   `json:"date"`
			Steps  *float64 `json:"steps"`
			Energy *float64 `json:"calories"` // beyond rest
		} `json:"activities"`
	}
	err := c.action(ctx, "/v2/measure", "getactivity", withingsDates(w, "steps,calories", w.Page), &list)
	page := Page{Next: list.next()}
	for _, d := range list.Days {
		page.Values = append(page.Values, onDay(d.Date, map[pierre.WellnessKind]*float64{
			pierre.WellnessSteps: positive(d.Steps), pierre.WellnessActiveEnergy: positive(d.Energy),
		})...)
	}
	return page, err
}

type withingsWorkout struct {
	ID       int64  `json:"id"`
	Category int    `json:"category"`
	Zone     string `json:"timezone"`
	Start    int64  `json:"startdate"`
	End      int64  `json:"enddate"`
	Data     struct {
		Calories *float64 `json:"calories"`
		Distance *float64 `json:"distance"`
		HR       *float64 `json:"hr_average"`
		MaxHR    *float64 `json:"hr_max"`
		Pause    *float64 `json:"pause_duration"`
	} `json:"data"`
}

// withingsWorkouts lists workouts, which have no samples.
func withingsWorkouts(ctx context.Context, c *Client, w Window) (Page, error) {
	var list struct {
		withingsMore

		Series []withingsWorkout `json:"series"`
	}
	err := c.action(ctx, "/v2/measure", "getworkouts", withingsDates(w, "calories,distance,hr_average,hr_max,pause_duration", w.Page), &list)
	page := Page{Next: list.next()}
	for _, o := range list.Series {
		start, ok := inZone(o.Start, o.Zone)
		if !ok {
			continue
		}
		elapsed := between(start, time.Unix(o.End, 0))
		a := pierre.Activity{
			Sport: draft.SportOf(withingsSport(o.Category)), Start: start.UTC(), UTCOffset: zoneOf(start),
			Totals: pierre.Totals{
				ElapsedSeconds: elapsed, DistanceMeters: positive(o.Data.Distance), CaloriesKcal: positive(o.Data.Calories),
				AverageHeartRateBPM: positive(o.Data.HR), MaxHeartRateBPM: positive(o.Data.MaxHR),
			},
		}
		if o.Data.Pause != nil && elapsed != nil {
			a.DurationSeconds = positive(new(*elapsed - *o.Data.Pause))
		}
		page.Items = append(page.Items, summary(strconv.FormatInt(o.ID, 10), a))
	}
	return page, err
}
