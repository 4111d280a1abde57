package providertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
)

// googleHealth is Google's Health API v4.
func googleHealth() Dialect {
	return Dialect{
		Name: pierre.ProviderGoogleHealth, Expires: true, Tells: true, Optional: "/v4/users/me/dataTypes/weight/",
		Values: func(d Day) map[pierre.WellnessKind]float64 {
			return map[pierre.WellnessKind]float64{
				pierre.WellnessWeight: d.Weight, pierre.WellnessBodyFat: 14.2, pierre.WellnessSleep: d.Sleep, pierre.WellnessInBed: d.Sleep + 1800,
				pierre.WellnessDeepSleep: 5400, pierre.WellnessREMSleep: 6000, pierre.WellnessAwake: 1800, pierre.WellnessSleepLatency: 300,
				pierre.WellnessBedtime: -3600, pierre.WellnessWakeTime: 7 * 3600, pierre.WellnessRestingHeartRate: d.RestingHR, pierre.WellnessHRV: d.HRV,
				pierre.WellnessRespiration: 14.5, pierre.WellnessOxygen: 96.5, pierre.WellnessSkinTemperature: 33.4, pierre.WellnessVO2Max: 48.5,
				pierre.WellnessSteps: d.Steps, pierre.WellnessActiveEnergy: 410.5,
			}
		},
		Refuse: func(status int, wait time.Duration, _ time.Time) http.HandlerFunc {
			if wait > 0 {
				return nil
			}
			return func(w http.ResponseWriter, _ *http.Request) {
				name := map[int]string{http.StatusUnauthorized: "UNAUTHENTICATED", http.StatusForbidden: "PERMISSION_DENIED"}[status]
				write(w, status, map[string]any{"error": map[string]any{"code": status, "message": "Request had insufficient authentication scopes.", "status": name}})
			}
		},
		Call: func(_ *Fake, app provider.App) *http.Request {
			r := call("/hooks/google_health", `[{"data":{"version":"1","clientProvidedSubscriptionName":"s","healthUserId":"`+Account+
				`","operation":"UPSERT","dataType":"steps","intervals":[{"physicalTimeInterval":{"startTime":"2026-11-26T08:00:00Z","endTime":"2026-11-26T09:00:00Z"}}]}}]`)
			r.Header.Set("Authorization", "Bearer "+app.WebhookSecret.Reveal())
			return r
		},
		Proof: func(word string) (*http.Request, string) {
			r := call("/hooks/google_health", `{"type":"verification"}`)
			if word != "" {
				r.Header.Set("Authorization", "Bearer "+word)
			}
			return r, ""
		},
		Serve: serveGoogle,
	}
}

func serveGoogle(f *Fake, mux *http.ServeMux) {
	f.Handle(mux, "GET /v4/users/me/identity", func(*http.Request) any {
		return map[string]any{"name": "users/me/identity", "healthUserId": Account, "legacyUserId": "A1B2C3"}
	})
	f.Handle(mux, "GET /v4/users/me/dataTypes/{kind}/dataPoints:reconcile", f.googleReconcile)
	f.Handle(mux, "POST /v4/users/me/dataTypes/{kind}/dataPoints:dailyRollUp", f.googleSums)
	f.HandleRaw(mux, "GET /v4/users/me/dataTypes/exercise/dataPoints/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, ok := strings.CutSuffix(r.PathValue("id"), ":exportExerciseTcx")
		all, _ := f.Activities()
		for _, a := range all {
			if ok && a.ID == id && r.FormValue("alt") == "media" {
				send(w, a.TCX())
				return
			}
		}
		write(w, http.StatusNotFound, map[string]any{"error": map[string]any{"code": 404, "status": "NOT_FOUND"}})
	})
}

// TCX returns a file of a recording.
func (a Activity) TCX() []byte {
	var b strings.Builder
	stamp := func(n int) string { return a.Start.Add(time.Duration(n) * 20 * time.Second).UTC().Format(time.RFC3339) }
	fmt.Fprintf(&b, `<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities><Activity Sport="Biking"><Id>%s</Id>
		<Lap StartTime="%s"><TotalTimeSeconds>580</TotalTimeSeconds><DistanceMeters>3000</DistanceMeters><Track>`, stamp(0), stamp(0))
	for n := range 30 {
		fmt.Fprintf(&b, `<Trackpoint><Time>%s</Time><Position><LatitudeDegrees>%.6f</LatitudeDegrees><LongitudeDegrees>16.37</LongitudeDegrees></Position>
			<HeartRateBpm><Value>%d</Value></HeartRateBpm></Trackpoint>`, stamp(n), 48.2+float64(n)*0.0009, 120+n)
	}
	b.WriteString(`</Track></Lap></Activity></Activities></TrainingCenterDatabase>`)
	return []byte(b.String())
}

// googleFilter reads the filter of a request, as AIP-160 has it: the member of the kind and the dates between which it is.
func googleFilter(r *http.Request) (member, from, to string) {
	name := strings.ReplaceAll(r.PathValue("kind"), "-", "_") + "."
	low, high, ok := strings.Cut(r.FormValue("filter"), " AND ")
	member, from, _ = strings.Cut(low, " >= ")
	again, to, _ := strings.Cut(high, " < ")
	if !ok || member != again || !strings.HasPrefix(member, name) {
		return "", "", ""
	}
	return strings.TrimPrefix(member, name), strings.Trim(from, `"`), strings.Trim(to, `"`)
}

func googleDate(date string) map[string]any {
	day, _ := time.Parse(time.DateOnly, date)
	return map[string]any{"year": day.Year(), "month": int(day.Month()), "day": day.Day()}
}

// googleReconcile has the newest in front. A wrong filter gives nothing.
func (f *Fake) googleReconcile(r *http.Request) any {
	member, from, to := googleFilter(r)
	kind := r.PathValue("kind")
	list := []any{}
	if kind == "exercise" && member == "interval.civil_start_time" {
		list = f.googleExercises(from, to)
	}
	for _, d := range f.daysBetween(from, to) {
		if d.Date < to {
			list = append(list, googleOfDay(kind, member, d)...)
		}
	}
	size := 1000
	if kind == "sleep" || kind == "exercise" {
		size = 4
	}
	return f.googlePage(r.FormValue("pageToken"), "dataPoints", list, size)
}

// googleOfDay returns the points of a day.
func googleOfDay(kind, member string, d Day) []any {
	date, _ := time.Parse(time.DateOnly, d.Date)
	daily := func(name, field string, value any) []any {
		if member != "date" {
			return nil
		}
		return []any{map[string]any{name: map[string]any{"date": googleDate(d.Date), field: value}}}
	}
	sample := func(name, field string, values ...float64) (all []any) {
		if member != "sample_time.civil_time" {
			return nil
		}
		for n, v := range values { // the latest in front
			at := date.Add(time.Duration(18-12*n) * time.Hour).Format(time.RFC3339)
			all = append(all, map[string]any{name: map[string]any{"sampleTime": map[string]any{"physicalTime": at, "utcOffset": "7200s"}, field: v}})
		}
		return all
	}
	switch kind {
	case "daily-resting-heart-rate":
		return daily("dailyRestingHeartRate", "beatsPerMinute", strconv.Itoa(int(d.RestingHR)))
	case "daily-heart-rate-variability":
		return daily("dailyHeartRateVariability", "averageHeartRateVariabilityMilliseconds", d.HRV)
	case "daily-respiratory-rate":
		return daily("dailyRespiratoryRate", "breathsPerMinute", 14.5)
	case "daily-oxygen-saturation":
		return daily("dailyOxygenSaturation", "averagePercentage", 96.5)
	case "daily-sleep-temperature-derivations":
		return daily("dailySleepTemperatureDerivations", "nightlyTemperatureCelsius", 33.4)
	case "daily-vo2-max":
		return daily("dailyVo2Max", "vo2Max", 48.5)
	case "weight":
		return sample("weight", "weightGrams", 1000*(d.Weight+1.2), 1000*d.Weight)
	case "body-fat":
		return sample("bodyFat", "percentage", 15.1, 14.2)
	case "sleep":
		if member == "interval.civil_end_time" {
			return []any{googleSleep(date.Add(12*time.Hour), 25, true), googleSleep(date.Add(-3*time.Hour), d.Sleep/60, false)}
		}
	}
	return nil
}

// googleSleep is one of eight hours in a zone two hours east, or a nap of half an hour.
func googleSleep(start time.Time, minutes float64, nap bool) map[string]any {
	length := map[bool]time.Duration{true: 30 * time.Minute, false: 8 * time.Hour}[nap]
	text := func(m float64) string { return strconv.Itoa(int(m)) } // 64 bits
	return map[string]any{
		"dataPointName": "users/me/dataTypes/sleep/dataPoints/" + strconv.FormatInt(start.Unix(), 10),
		"sleep": map[string]any{
			"interval": map[string]any{
				"startTime": start.Format(time.RFC3339), "startUtcOffset": "7200s", "endTime": start.Add(length).Format(time.RFC3339), "endUtcOffset": "7200s",
			},
			"type": "STAGES", "metadata": map[string]any{"nap": nap, "mainSleep": !nap, "processed": true},
			"summary": map[string]any{
				"minutesInSleepPeriod": text(minutes + 30), "minutesAsleep": text(minutes), "minutesAwake": "30", "minutesToFallAsleep": "5",
				"stagesSummary": []any{map[string]any{"type": "DEEP", "minutes": "90", "count": "4"}, map[string]any{"type": "REM", "minutes": "100", "count": "5"}},
			},
		},
	}
}

func (f *Fake) googleExercises(from, to string) []any {
	first, _ := time.Parse(time.DateOnly, from)
	end, _ := time.Parse(time.DateOnly, to)
	list := []any{}
	for n, a := range f.between(first, end) {
		list = append(list, map[string]any{
			"dataPointName": "users/me/dataTypes/exercise/dataPoints/" + a.ID,
			"exercise": map[string]any{
				"interval": map[string]any{
					"startTime": a.Start.Format(time.RFC3339), "startUtcOffset": "7200s", "endTime": a.Start.Add(10 * time.Minute).Format(time.RFC3339), "endUtcOffset": "7200s",
				},
				"exerciseType": "BIKING", "displayName": "Bike", "activeDuration": "580s", "exerciseMetadata": map[string]any{"hasGps": n%2 == 0}, "updateTime": "2026-11-26T08:00:00Z",
				"metricsSummary": map[string]any{"caloriesKcal": 212.5, "distanceMillimeters": 3000000.0, "averageHeartRateBeatsPerMinute": "142", "steps": "0"},
			},
		})
	}
	return list
}

// googleSums sums days up, of 90 at most.
func (f *Fake) googleSums(r *http.Request) any {
	type civil struct {
		Date struct {
			Year  int `json:"year"`
			Month int `json:"month"`
			Day   int `json:"day"`
		} `json:"date"`
	}
	var ask struct {
		Range struct {
			Start civil `json:"start"`
			End   civil `json:"end"`
		} `json:"range"`
		WindowSizeDays int    `json:"windowSizeDays"`
		PageToken      string `json:"pageToken"`
	}
	err := json.NewDecoder(r.Body).Decode(&ask)
	text := func(c civil) time.Time {
		return time.Date(c.Date.Year, time.Month(c.Date.Month), c.Date.Day, 0, 0, 0, 0, time.UTC)
	}
	from, to := text(ask.Range.Start), text(ask.Range.End)
	list := []any{}
	if err != nil || ask.WindowSizeDays != 1 || to.Sub(from) > 90*24*time.Hour {
		return map[string]any{"rollupDataPoints": list}
	}
	for _, d := range f.daysBetween(from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly)) {
		p := map[string]any{"civilStartTime": map[string]any{"date": googleDate(d.Date)}}
		switch r.PathValue("kind") {
		case "steps":
			p["steps"] = map[string]any{"countSum": strconv.Itoa(int(d.Steps))}
		case "active-energy-burned":
			p["activeEnergyBurned"] = map[string]any{"kcalSum": 410.5}
		}
		list = append(list, p)
	}
	return f.googlePage(ask.PageToken, "rollupDataPoints", list, pageSize)
}

// googlePage returns the page of a token. With Odd the first is empty, and has one after it.
func (f *Fake) googlePage(token, name string, list []any, size int) any {
	number := 1
	if token != "" {
		number, _ = strconv.Atoi(strings.TrimPrefix(token, "p"))
	}
	place := number
	if f.isOdd() {
		place--
	}
	answer := map[string]any{}
	if place > 0 {
		answer[name] = pageOf(list, place, size)
	}
	if place*size < len(list) {
		answer["nextPageToken"] = "p" + strconv.Itoa(number+1)
	}
	return answer
}
