package providertest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
)

// call makes a call of a service's.
func call(path, body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, path, bytes.NewReader([]byte(body)))
}

// strava is Strava's API v3.
func strava() Dialect {
	return Dialect{
		Name: pierre.ProviderStrava, Expires: true, Tells: true, Refusal: stravaRefusal,
		Call: func(_ *Fake, app provider.App) *http.Request {
			return call("/hooks/strava/"+app.WebhookSecret.Reveal(), `{"object_type":"activity","object_id":900100,"aspect_type":"create","owner_id":`+Account+`,"subscription_id":1,"event_time":1}`)
		},
		Serve: func(f *Fake, mux *http.ServeMux) {
			f.Handle(mux, "GET /api/v3/athlete/activities", f.stravaList)
			f.HandleRaw(mux, "GET /api/v3/gear/{id}", func(w http.ResponseWriter, r *http.Request) {
				id := r.PathValue("id")
				if id != stravaBike {
					write(w, http.StatusNotFound, map[string]any{"message": "Record Not Found"})
					return
				}
				write(w, http.StatusOK, map[string]any{
					"id": id, "primary": true, "name": "Fable", "resource_state": 3, "distance": 388206, "brand_name": "Grimm", "model_name": "R1", "retired": false,
				})
			})
			f.HandleRaw(mux, "GET /api/v3/activities/{id}/streams", func(w http.ResponseWriter, r *http.Request) {
				if r.PathValue("id") == "900001" { // entered by hand
					write(w, http.StatusNotFound, map[string]any{"message": "Record Not Found"})
					return
				}
				var times, hr []int
				for n := range 30 {
					times, hr = append(times, 20*n), append(hr, 120+n)
				}
				write(w, http.StatusOK, map[string]any{"time": map[string]any{"data": times}, "heartrate": map[string]any{"data": hr}, "latlng": map[string]any{"data": []any{}}})
			})
		},
	}
}

// stravaBike is the gear of the fake's activities.
const stravaBike = "b1234567898765509876"

// stravaRefusal names what is not accepted, rather than a code of OAuth.
func stravaRefusal(code string) map[string]any {
	resource, field := "Application", ""
	if code == "invalid_grant" {
		resource, field = "RefreshToken", "refresh_token"
	}
	return map[string]any{"message": "Bad Request", "errors": []any{map[string]any{"resource": resource, "field": field, "code": "invalid"}}}
}

// stravaList has short pages, and ends with an empty one.
func (f *Fake) stravaList(r *http.Request) any {
	after, _ := strconv.ParseInt(r.FormValue("after"), 10, 64)
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64)
	number, _ := strconv.Atoi(r.FormValue("page"))
	list := []any{}
	for _, a := range part(f.between(time.Unix(after, 0), time.Unix(before, 0)), number) {
		id, _ := strconv.Atoi(a.ID)
		list = append(list, map[string]any{
			"id": id, "name": a.Name, "sport_type": "Ride", "start_date": a.Start.Format(time.RFC3339), "start_date_local": a.Start.Add(time.Hour).Format(time.RFC3339),
			"distance": 3000.5, "moving_time": 580, "elapsed_time": 600, "average_watts": 150, "device_watts": false, "total_elevation_gain": 12, "gear_id": stravaBike,
		})
	}
	return list
}

const pageSize = 2

// part returns a page, counted from 1.
func part[T any](list []T, number int) []T { return pageOf(list, number, pageSize) }

func pageOf[T any](list []T, number, size int) []T {
	from := min(max(0, (number-1)*size), len(list))
	return list[from:min(from+size, len(list))]
}

// polar is Polar AccessLink v3.
func polar() Dialect {
	return Dialect{
		Name: pierre.ProviderPolar, Tells: true,
		Values: func(d Day) map[pierre.WellnessKind]float64 {
			return map[pierre.WellnessKind]float64{
				pierre.WellnessHRV: d.HRV, pierre.WellnessSleep: d.Sleep, pierre.WellnessDeepSleep: d.Sleep / 4, pierre.WellnessREMSleep: d.Sleep / 4,
				pierre.WellnessLightSleep: d.Sleep / 2, pierre.WellnessBedtime: -3600, pierre.WellnessWakeTime: 7 * 3600, pierre.WellnessRespiration: 14,
			}
		},
		Call: func(_ *Fake, app provider.App) *http.Request {
			body := `{"event":"EXERCISE","user_id":` + Account + `,"entity_id":"900100","timestamp":"2026-11-26T10:00:00Z"}`
			r := call("/hooks/polar", body)
			mac := hmac.New(sha256.New, []byte(app.WebhookSecret.Reveal()))
			mac.Write([]byte(body))
			r.Header.Set("Polar-Webhook-Signature", hex.EncodeToString(mac.Sum(nil)))
			r.Header.Set("Polar-Webhook-Event", "EXERCISE")
			return r
		},
		Ping: func() *http.Request { // no signature: there is no key yet
			r := call("/hooks/polar", `{"timestamp":"2026-11-26T10:00:00Z","event":"PING"}`)
			r.Header.Set("Polar-Webhook-Event", "PING")
			return r
		},
		Serve: servePolar,
	}
}

func servePolar(f *Fake, mux *http.ServeMux) {
	f.HandleRaw(mux, "POST /v3/users", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusConflict, map[string]any{"error": "user is registered"})
	})
	f.HandleRaw(mux, "DELETE /v3/users/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == Account {
			f.Revoke()
		}
		w.WriteHeader(http.StatusNoContent)
	})
	f.Handle(mux, "GET /v3/exercises", func(*http.Request) any {
		list := []any{}
		for _, a := range f.between(time.Time{}, f.Now()) {
			list = append(list, map[string]any{"id": a.ID, "upload_time": a.Start.Add(time.Hour).Format(time.RFC3339), "start_time": a.Start.Format("2006-01-02T15:04:05")})
		}
		return list
	})
	f.HandleRaw(mux, "GET /v3/exercises/{id}/fit", f.file)
	f.Handle(mux, "GET /v3/users/sleep", func(*http.Request) any {
		nights := []any{}
		_, days := f.Activities()
		for _, d := range days {
			date, _ := time.Parse(time.DateOnly, d.Date)
			nights = append(nights, map[string]any{
				"date": d.Date, "sleep_start_time": date.Add(-time.Hour).Format("2006-01-02T15:04:05") + "+02:00", "sleep_end_time": d.Date + "T07:00:00+02:00",
				"light_sleep": d.Sleep / 2, "deep_sleep": d.Sleep / 4, "rem_sleep": d.Sleep / 4,
			})
		}
		return map[string]any{"nights": nights}
	})
	f.Handle(mux, "GET /v3/users/nightly-recharge", func(*http.Request) any {
		nights := []any{}
		_, days := f.Activities()
		for _, d := range days {
			nights = append(nights, map[string]any{"date": d.Date, "heart_rate_variability_avg": d.HRV, "breathing_rate_avg": 14, "heart_rate_avg": d.RestingHR})
		}
		return map[string]any{"recharges": nights}
	})
}

// file sends the recording of an activity.
func (f *Fake) file(w http.ResponseWriter, r *http.Request) {
	all, _ := f.Activities()
	for _, a := range all {
		if a.ID == r.PathValue("id") {
			send(w, a.GPX())
			return
		}
	}
	write(w, http.StatusNotFound, map[string]any{})
}

// wahoo is Wahoo's Cloud API.
func wahoo() Dialect {
	return Dialect{
		Name: pierre.ProviderWahoo, Expires: true, Tells: true,
		Call: func(_ *Fake, app provider.App) *http.Request {
			return call("/hooks/wahoo", fmt.Sprintf(`{"event_type":"workout_summary","webhook_token":%q,"user":{"id":%s},"workout_summary":{"id":1}}`, app.WebhookSecret.Reveal(), Account))
		},
		Serve: func(f *Fake, mux *http.ServeMux) {
			f.Handle(mux, "GET /v1/user", func(*http.Request) any { return map[string]any{"id": 4711} })
			f.HandleRaw(mux, "DELETE /v1/permissions", func(w http.ResponseWriter, _ *http.Request) {
				f.Revoke()
				write(w, http.StatusOK, map[string]any{"success": "Application has been revoked"})
			})
			f.Handle(mux, "GET /v1/workouts", f.wahooList)
			f.HandleRaw(mux, "GET /files/{id}", f.file)
		},
	}
}

// wahooList says how many there are in all, and has workouts that are planned.
func (f *Fake) wahooList(r *http.Request) any {
	number, _ := strconv.Atoi(r.FormValue("page"))
	all := f.between(time.Time{}, f.Now())
	list := []any{map[string]any{"id": 1, "name": "Planned", "starts": f.Now().AddDate(0, 0, 2).Format(time.RFC3339), "workout_summary": nil}}
	for _, a := range all {
		id, _ := strconv.Atoi(a.ID)
		list = append(list, map[string]any{
			"id": id, "name": a.Name, "starts": a.Start.Format(time.RFC3339), "updated_at": a.Start.Add(time.Hour).Format(time.RFC3339),
			"workout_summary": map[string]any{"id": id, "file": map[string]any{"url": f.URL + "/files/" + a.ID}},
		})
	}
	const perPage = 30
	from := min(max(0, (number-1)*perPage), len(list))
	page := list[from:min(from+perPage, len(list))]
	if f.isOdd() && number == 1 { // an empty page, although there are more
		return map[string]any{"workouts": []any{}, "total": perPage + len(list), "page": 1, "per_page": perPage}
	}
	if f.isOdd() {
		page = list
	}
	return map[string]any{"workouts": page, "total": len(list), "page": number, "per_page": perPage}
}
