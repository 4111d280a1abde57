package providertest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
)

// whoop is WHOOP's API v2.
func whoop() Dialect {
	return Dialect{
		Name: pierre.ProviderWhoop, Expires: true, Tells: true, Profile: true,
		Values: func(d Day) map[pierre.WellnessKind]float64 {
			return map[pierre.WellnessKind]float64{
				pierre.WellnessSleep: d.Sleep, pierre.WellnessInBed: d.Sleep + 1800, pierre.WellnessDeepSleep: d.Sleep / 4, pierre.WellnessREMSleep: d.Sleep / 4,
				pierre.WellnessLightSleep: d.Sleep / 2, pierre.WellnessAwake: 1200, pierre.WellnessAwakenings: 6, pierre.WellnessSleepEfficiency: 94.9,
				pierre.WellnessHRV: d.HRV, pierre.WellnessRestingHeartRate: d.RestingHR, pierre.WellnessRespiration: 15.8, pierre.WellnessBedtime: -3600,
				pierre.WellnessWakeTime: 7 * 3600, pierre.WellnessSleepScore: 88, pierre.WellnessReadiness: 72, pierre.WellnessOxygen: 96.5, pierre.WellnessSkinTemperature: 33.4,
			}
		},
		Refuse: func(status int, wait time.Duration, _ time.Time) http.HandlerFunc {
			if status != http.StatusTooManyRequests {
				return nil
			}
			return answer(status, map[string]string{
				"X-RateLimit-Limit": "100, 100;window=60, 10000;window=86400", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": strconv.Itoa(int(wait.Seconds())),
			})
		},
		Call: func(f *Fake, app provider.App) *http.Request {
			body := `{"user_id":` + Account + `,"id":"ecfc6a15-4661-442f-a9a4-f160dd7afae8","type":"sleep.updated","trace_id":"e369c784"}`
			stamp := strconv.FormatInt(f.Now().UnixMilli(), 10)
			r := call("/hooks/whoop", body)
			mac := hmac.New(sha256.New, []byte(app.ClientSecret.Reveal()))
			mac.Write([]byte(stamp + body))
			r.Header.Set("X-WHOOP-Signature-Timestamp", stamp)
			r.Header.Set("X-WHOOP-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
			return r
		},
		Serve: serveWhoop,
	}
}

func serveWhoop(f *Fake, mux *http.ServeMux) {
	f.Handle(mux, "GET /developer/v2/user/profile/basic", func(*http.Request) any {
		return map[string]any{"user_id": 4711, "email": "ana@example.com", "first_name": "Ana", "last_name": "Example"}
	})
	f.Handle(mux, "GET /developer/v2/user/measurement/body", func(*http.Request) any {
		return map[string]any{"height_meter": 1.72, "weight_kilogram": f.ProfileWeight(), "max_heart_rate": 190}
	})
	f.HandleRaw(mux, "DELETE /developer/v2/user/access", func(w http.ResponseWriter, _ *http.Request) {
		f.Revoke()
		w.WriteHeader(http.StatusNoContent)
	})
	f.Handle(mux, "GET /developer/v2/activity/sleep", func(r *http.Request) any {
		list := []any{}
		for _, d := range f.whoopDays(r) {
			short := d
			short.Sleep /= 3
			list = append(list, whoopSleep(d, d.Date, false), whoopSleep(d, "nap-"+d.Date, true), whoopSleep(short, "short-"+d.Date, false))
		}
		if f.isOdd() {
			return f.whoopPage(r, list, pageSize) // the sleeps of a day are on several pages
		}
		return f.whoopPage(r, list, 25)
	})
	f.Handle(mux, "GET /developer/v2/recovery", func(r *http.Request) any {
		list := []any{map[string]any{"cycle_id": 1, "sleep_id": "another", "score_state": "PENDING_SCORE"}}
		for _, d := range f.whoopDays(r) {
			list = append(list, map[string]any{
				"cycle_id": 93845, "sleep_id": d.Date, "user_id": 4711, "created_at": d.Date + "T07:14:02.000Z", "score_state": "SCORED",
				"score": map[string]any{
					"user_calibrating": false, "recovery_score": 72, "resting_heart_rate": d.RestingHR, "hrv_rmssd_milli": d.HRV, "spo2_percentage": 96.5, "skin_temp_celsius": 33.4,
				},
			})
		}
		return f.whoopPage(r, list, 25)
	})
	f.Handle(mux, "GET /developer/v2/activity/workout", func(r *http.Request) any {
		from, _ := time.Parse(time.RFC3339, r.FormValue("start"))
		to, _ := time.Parse(time.RFC3339, r.FormValue("end"))
		list := []any{}
		for _, a := range f.between(from, to) {
			o := map[string]any{
				"id": a.ID, "user_id": 4711, "start": a.Start.Format(whoopTime), "end": a.Start.Add(30 * time.Minute).Format(whoopTime), "timezone_offset": "+02:00",
				"sport_name": "cycling", "score_state": "PENDING_SCORE",
			}
			if a.ID != "900001" {
				o["score_state"], o["score"] = "SCORED", map[string]any{"average_heart_rate": 142, "max_heart_rate": 171, "kilojoule": 900.5, "distance_meter": nil, "strain": 11.2}
			}
			list = append(list, o)
		}
		return f.whoopPage(r, list, pageSize)
	})
}

const whoopTime = "2006-01-02T15:04:05.000Z"

// whoopDays returns the days whose nights end in the time that is asked for.
func (f *Fake) whoopDays(r *http.Request) []Day {
	from, _ := time.Parse(time.RFC3339, r.FormValue("start"))
	to, _ := time.Parse(time.RFC3339, r.FormValue("end"))
	_, all := f.Activities()
	var list []Day
	for _, d := range all {
		woke, _ := time.Parse(time.DateOnly, d.Date)
		if woke = woke.Add(5 * time.Hour); !woke.Before(from) && woke.Before(to) {
			list = append(list, d)
		}
	}
	return list
}

// whoopSleep is a night from 23:00 to 7:00 in a zone two hours east, or a nap.
func whoopSleep(d Day, id string, nap bool) map[string]any {
	date, _ := time.Parse(time.DateOnly, d.Date)
	sleep := d.Sleep * 1000
	return map[string]any{
		"id": id, "cycle_id": 93845, "user_id": 4711, "start": date.Add(-3 * time.Hour).Format(whoopTime), "end": date.Add(5 * time.Hour).Format(whoopTime),
		"timezone_offset": "+02:00", "nap": nap, "score_state": "SCORED",
		"score": map[string]any{
			"stage_summary": map[string]any{
				"total_in_bed_time_milli": sleep + 1800_000, "total_awake_time_milli": 1200_000, "total_no_data_time_milli": 0, "total_light_sleep_time_milli": sleep / 2,
				"total_slow_wave_sleep_time_milli": sleep / 4, "total_rem_sleep_time_milli": sleep / 4, "sleep_cycle_count": 4, "disturbance_count": 6,
			},
			"respiratory_rate": 15.8, "sleep_performance_percentage": 88, "sleep_efficiency_percentage": 94.9,
		},
	}
}

// whoopPage returns the page whose token the request shows. With Odd the first is empty, and has one after it.
func (f *Fake) whoopPage(r *http.Request, list []any, size int) any {
	number := 1
	if token := r.FormValue("nextToken"); token != "" {
		number, _ = strconv.Atoi(strings.TrimPrefix(token, "MTIz"))
	}
	place := number
	if f.isOdd() {
		place--
	}
	page := []any{}
	if place > 0 {
		page = pageOf(list, place, size)
	}
	answer := map[string]any{"records": page, "next_token": nil}
	if place*size < len(list) {
		answer["next_token"] = "MTIz" + strconv.Itoa(number+1)
	}
	return answer
}
