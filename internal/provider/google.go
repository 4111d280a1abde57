package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// googleHealth is Google's Health API v4: https://developers.google.com/health/reference/rest. It has what Fitbit and Google's
// watches measured. Data of several devices comes as one: reconciled lists, and sums of days. Athletes choose what they give.
func googleHealth() Provider {
	const scope = "https://www.googleapis.com/auth/googlehealth."
	return Provider{
		Name: pierre.ProviderGoogleHealth, Title: "Google Health", API: "https://health.googleapis.com", Shared: true,
		OAuth: OAuth{ //nolint:gosec // addresses, and no credentials
			Authorize: "https://accounts.google.com/o/oauth2/v2/auth", Token: "https://oauth2.googleapis.com/token", Revoke: "https://oauth2.googleapis.com/revoke", Bare: true,
			Scopes: []string{
				scope + "activity_and_fitness.readonly", scope + "health_metrics_and_measurements.readonly", scope + "sleep.readonly", scope + "location.readonly",
			},
			Style: oauth2.AuthStyleInParams,
			Extra: url.Values{"access_type": {"offline"}, "prompt": {"consent"}, "include_granted_scopes": {"true"}},
		},
		Every: time.Hour,
		Note:  "As long as Google has not verified this server's application, it ends the access after seven days: connect again then.",
		Account: func(ctx context.Context, c *Client, _ *oauth2.Token) (string, error) {
			var who struct {
				ID string `json:"healthUserId"`
			}
			err := c.Get(ctx, "/v4/users/me/identity", nil, &who)
			return who.ID, err
		},
		Streams: googleStreams(),
		Hook:    &Hook{Accounts: googleAccounts},
	}
}

func googleStreams() []Stream {
	const window, reach = 85 * day, 10 * 365 * day // sums of days are given for 90 days at a time
	stream := func(name string, list func(context.Context, *Client, Window) (Page, error)) Stream {
		return Stream{Name: name, Span: window, Reach: reach, Overlap: 7 * day, Optional: true, List: list}
	}
	all := []Stream{stream("sleep", googleNights), stream("exercise", googleExercises)}
	for _, d := range []struct {
		name, field string
		kind        pierre.WellnessKind
	}{
		{"daily-resting-heart-rate", "beatsPerMinute", pierre.WellnessRestingHeartRate},
		{"daily-heart-rate-variability", "averageHeartRateVariabilityMilliseconds", pierre.WellnessHRV},
		{"daily-respiratory-rate", "breathsPerMinute", pierre.WellnessRespiration},
		{"daily-oxygen-saturation", "averagePercentage", pierre.WellnessOxygen},
		{"daily-sleep-temperature-derivations", "nightlyTemperatureCelsius", pierre.WellnessSkinTemperature},
		{"daily-vo2-max", "vo2Max", pierre.WellnessVO2Max},
	} {
		all = append(all, stream(d.name, googleDaily(d.name, d.field, d.kind)))
	}
	return append(all,
		stream("weight", googleSamples("weight", "weightGrams", pierre.WellnessWeight)),
		stream("body-fat", googleSamples("body-fat", "percentage", pierre.WellnessBodyFat)),
		stream("steps", googleSums("steps", "countSum", pierre.WellnessSteps)),
		stream("active-energy-burned", googleSums("active-energy-burned", "kcalSum", pierre.WellnessActiveEnergy)),
	)
}

// googleField returns the name of a kind of data as a member of an object: dailyVo2Max of daily-vo2-max.
func googleField(kind string) string {
	words := strings.Split(kind, "-")
	for n := 1; n < len(words); n++ {
		words[n] = strings.ToUpper(words[n][:1]) + words[n][1:]
	}
	return strings.Join(words, "")
}

// googlePoints asks for the reconciled points whose member of a time, such as date, is in the window.
func googlePoints(ctx context.Context, c *Client, kind, member string, w Window) (points []googlePoint, next string, err error) {
	name := strings.ReplaceAll(kind, "-", "_") + "." + member
	from, to := w.From.Add(-day).Format(time.DateOnly), w.To.Add(2*day).Format(time.DateOnly) // days are the athlete's own
	q := url.Values{"filter": {name + ` >= "` + from + `" AND ` + name + ` < "` + to + `"`}, "pageSize": {googlePage}}
	if kind == "sleep" || kind == "exercise" {
		q.Set("pageSize", googleSession)
	}
	if w.Page != "" {
		q.Set("pageToken", w.Page)
	}
	var answer struct {
		Points []googlePoint `json:"dataPoints"`
		Next   string        `json:"nextPageToken"`
	}
	err = c.Get(ctx, "/v4/users/me/dataTypes/"+kind+"/dataPoints:reconcile", q, &answer)
	return answer.Points, answer.Next, err
}

// A googlePoint is an object with one member by the kind of its data.
type googlePoint map[string]json.RawMessage

// read reads the member of a kind. What cannot be read is absent.
func (p googlePoint) read(kind string, v any) bool {
	text, ok := p[googleField(kind)]
	return ok && json.Unmarshal(text, v) == nil
}

// number returns a member that is a number, or a text of one, as large integers are.
func (p googlePoint) number(field string) *float64 {
	var n json.Number
	if json.Unmarshal(p[field], &n) != nil {
		return nil
	}
	v, err := n.Float64()
	if err != nil {
		return nil
	}
	return &v
}

type googleDate struct {
	Year  int `json:"year"`
	Month int `json:"month"`
	Day   int `json:"day"`
}

func (d googleDate) text() string {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// date returns the day of a member.
func (p googlePoint) date(field string) (string, bool) {
	var d googleDate
	if json.Unmarshal(p[field], &d) != nil || d.Year == 0 || d.Month == 0 || d.Day == 0 {
		return "", false
	}
	return d.text(), true
}

const (
	googlePage    = "1000"
	googleSession = "25" // of sleep and exercises, the most that it gives
)

// googleDaily lists what there is once a day.
func googleDaily(name, field string, kind pierre.WellnessKind) func(context.Context, *Client, Window) (Page, error) {
	return func(ctx context.Context, c *Client, w Window) (Page, error) {
		points, next, err := googlePoints(ctx, c, name, "date", w)
		page := Page{Next: next}
		for _, p := range points {
			var value googlePoint
			if !p.read(name, &value) {
				continue
			}
			if date, ok := value.date("date"); ok {
				page.Values = append(page.Values, onDay(date, map[pierre.WellnessKind]*float64{kind: value.number(field)})...)
			}
		}
		return page, err
	}
}

// googleSamples lists measurements. The first of each day counts: mornings are comparable.
func googleSamples(name, field string, kind pierre.WellnessKind) func(context.Context, *Client, Window) (Page, error) {
	return func(ctx context.Context, c *Client, w Window) (Page, error) {
		first := firsts{}
		err := gather(ctx, func(ctx context.Context, token string) (string, error) {
			points, next, err := googlePoints(ctx, c, name, "sample_time.civil_time", Window{w.From, w.To, token})
			for _, p := range points {
				var value googlePoint
				var at struct {
					Time   time.Time `json:"physicalTime"`
					Offset string    `json:"utcOffset"`
				}
				if !p.read(name, &value) || json.Unmarshal(value["sampleTime"], &at) != nil {
					continue
				}
				v := value.number(field)
				if strings.HasSuffix(field, "Grams") {
					v = thousandth(v)
				}
				if v != nil {
					first.add(at.Time.In(googleZone(at.Offset)), kind, *v)
				}
			}
			return next, err
		})
		return Page{Values: first.values()}, err
	}
}

// googleZone returns the zone of an offset such as 7200s.
func googleZone(offset string) *time.Location {
	d, err := time.ParseDuration(offset)
	if err != nil {
		return time.UTC
	}
	return time.FixedZone("", int(d.Seconds()))
}

// googleSums asks for the sums of days.
func googleSums(name, field string, kind pierre.WellnessKind) func(context.Context, *Client, Window) (Page, error) {
	return func(ctx context.Context, c *Client, w Window) (Page, error) {
		from, to := w.From.Add(-day), w.To.Add(2*day)
		civil := func(t time.Time) map[string]any {
			return map[string]any{"date": googleDate{t.Year(), int(t.Month()), t.Day()}}
		}
		ask := map[string]any{"range": map[string]any{"start": civil(from), "end": civil(to)}, "windowSizeDays": 1}
		if w.Page != "" {
			ask["pageToken"] = w.Page
		}
		var answer struct {
			Points []googlePoint `json:"rollupDataPoints"`
			Next   string        `json:"nextPageToken"`
		}
		err := c.SendJSON(ctx, http.MethodPost, "/v4/users/me/dataTypes/"+name+"/dataPoints:dailyRollUp", ask, &answer)
		page := Page{Next: answer.Next}
		for _, p := range answer.Points {
			var start, value googlePoint
			if json.Unmarshal(p["civilStartTime"], &start) != nil || !p.read(name, &value) {
				continue
			}
			if date, ok := start.date("date"); ok {
				page.Values = append(page.Values, onDay(date, map[pierre.WellnessKind]*float64{kind: positive(value.number(field))})...)
			}
		}
		return page, err
	}
}

// googleAccounts reads a call, which shows the word that was agreed when the subscriber was made. Before it is made Google asks,
// with the word and without it, whether it is looked at.
func googleAccounts(r *http.Request, body []byte, app App) ([]string, error) {
	word, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || r.Method != http.MethodPost || !equal(word, app.WebhookSecret) {
		return nil, forged()
	}
	type event struct {
		Data struct {
			User string `json:"healthUserId"`
		} `json:"data"`
	}
	var events []event
	err := json.Unmarshal(body, &events)
	if err != nil {
		events = make([]event, 1)
		err = json.Unmarshal(body, &events[0])
	}
	if err != nil {
		return nil, badCall(err)
	}
	var users []string
	for _, e := range events {
		if e.Data.User != "" {
			users = append(users, e.Data.User)
		}
	}
	return users, nil
}
