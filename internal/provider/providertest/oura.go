package providertest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
)

// oura is Oura's API v2.
func oura() Dialect {
	return Dialect{
		Name: pierre.ProviderOura, Expires: true, Tells: true, Optional: "/v2/usercollection/daily_spo2", Profile: true,
		Values: func(d Day) map[pierre.WellnessKind]float64 {
			return map[pierre.WellnessKind]float64{
				pierre.WellnessSleep: d.Sleep, pierre.WellnessInBed: d.Sleep + 1800, pierre.WellnessDeepSleep: d.Sleep / 4, pierre.WellnessREMSleep: d.Sleep / 4,
				pierre.WellnessLightSleep: d.Sleep / 2, pierre.WellnessAwake: 1200, pierre.WellnessSleepEfficiency: 93, pierre.WellnessSleepLatency: 600,
				pierre.WellnessHRV: d.HRV, pierre.WellnessRestingHeartRate: d.RestingHR, pierre.WellnessRespiration: 14.5,
				pierre.WellnessBedtime: -3600, pierre.WellnessWakeTime: 7 * 3600, pierre.WellnessSleepScore: 81, pierre.WellnessReadiness: 77,
				pierre.WellnessTemperatureShift: -0.2, pierre.WellnessSteps: d.Steps, pierre.WellnessActiveEnergy: 450, pierre.WellnessOxygen: 97.1, pierre.WellnessVO2Max: 48,
			}
		},
		Refuse: func(status int, wait time.Duration, now time.Time) http.HandlerFunc {
			if status != http.StatusTooManyRequests {
				return nil
			}
			return answer(status, map[string]string{
				"Retry-After": strconv.Itoa(int(wait.Seconds())), "X-RateLimit-Limit": "5000", "X-RateLimit-Window": "300",
				"X-RateLimit-Reset": strconv.FormatInt(now.Add(wait).Unix(), 10), "X-RateLimit-Tier": "token", // the reset is a moment, and no time from now
			})
		},
		Call: func(f *Fake, app provider.App) *http.Request {
			body := `{"event_type":"update","data_type":"sleep","object_id":"12345abc","event_time":"2026-11-26T08:00:00+00:00","user_id":"` + Account + `"}`
			stamp := strconv.FormatInt(f.Now().Unix(), 10)
			r := call("/hooks/oura", body)
			mac := hmac.New(sha256.New, []byte(app.ClientSecret.Reveal()))
			mac.Write([]byte(stamp + body))
			r.Header.Set("X-Oura-Timestamp", stamp)
			r.Header.Set("X-Oura-Signature", strings.ToUpper(hex.EncodeToString(mac.Sum(nil))))
			return r
		},
		Proof: func(word string) (*http.Request, string) {
			r := call("/hooks/oura?verification_token="+word+"&challenge=a-random-word", "")
			r.Method = http.MethodGet
			return r, `{"challenge":"a-random-word"}`
		},
		Serve: serveOura,
	}
}

func serveOura(f *Fake, mux *http.ServeMux) {
	f.Handle(mux, "GET /v2/usercollection/personal_info", func(*http.Request) any {
		who := map[string]any{"id": Account, "age": 34, "biological_sex": "female", "email": "ana@example.com"}
		if kg := f.ProfileWeight(); kg > 0 {
			who["weight"] = kg
		}
		return who
	})
	f.HandleRaw(mux, "POST /oauth/revoke", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		_, ok := f.access[r.URL.Query().Get("access_token")]
		f.mu.Unlock()
		if ok {
			f.Revoke()
		}
		write(w, http.StatusOK, map[string]any{})
	})
	f.Handle(mux, "GET /v2/usercollection/sleep", func(r *http.Request) any {
		list := []any{}
		for _, d := range f.daysBetween(r.FormValue("start_date"), r.FormValue("end_date")) {
			list = append(list, ouraSleep(d, "late_nap", 1200), ouraSleep(d, "long_sleep", d.Sleep), ouraSleep(d, "long_sleep", d.Sleep/3))
		}
		return f.ouraPage(r, list, 3*pageSize)
	})
	for name, values := range map[string]func(d Day) map[string]any{
		"daily_sleep": func(Day) map[string]any { return map[string]any{"score": 81} },
		"daily_readiness": func(Day) map[string]any {
			return map[string]any{"score": 77, "temperature_deviation": -0.2, "contributors": map[string]any{"hrv_balance": 70}}
		},
		"daily_activity": func(d Day) map[string]any {
			return map[string]any{"steps": d.Steps, "active_calories": 450, "score": 90}
		},
		"daily_spo2": func(Day) map[string]any { return map[string]any{"spo2_percentage": map[string]any{"average": 97.1}} },
		"vO2_max":    func(Day) map[string]any { return map[string]any{"vo2_max": 48} },
	} {
		f.Handle(mux, "GET /v2/usercollection/"+name, func(r *http.Request) any {
			list := []any{}
			for _, d := range f.daysBetween(r.FormValue("start_date"), r.FormValue("end_date")) {
				doc := values(d)
				doc["id"], doc["day"] = name+d.Date, d.Date
				list = append(list, doc)
			}
			return f.ouraPage(r, append(list, map[string]any{"id": "?", "day": "no day", "score": nil}), pageSize)
		})
	}
	f.Handle(mux, "GET /v2/usercollection/workout", func(r *http.Request) any {
		from, _ := time.Parse(time.DateOnly, r.FormValue("start_date"))
		to, _ := time.Parse(time.DateOnly, r.FormValue("end_date"))
		list := []any{}
		for _, a := range f.between(from, to.AddDate(0, 0, 1)) {
			start := a.Start.In(time.FixedZone("", 2*3600))
			list = append(list, map[string]any{
				"id": a.ID, "activity": "cycling", "calories": 212.5, "day": start.Format(time.DateOnly), "distance": 9000, "intensity": "moderate", "label": nil,
				"source": "confirmed", "start_datetime": start.Format(time.RFC3339), "end_datetime": start.Add(30 * time.Minute).Format(time.RFC3339),
			})
		}
		return f.ouraPage(r, list, pageSize)
	})
}

func ouraSleep(d Day, kind string, asleep float64) map[string]any {
	date, _ := time.Parse(time.DateOnly, d.Date)
	return map[string]any{
		"id": kind + d.Date, "day": d.Date, "type": kind, "bedtime_start": date.Add(-time.Hour).Format("2006-01-02T15:04:05.000") + "+02:00",
		"bedtime_end": d.Date + "T07:00:00.000+02:00", "total_sleep_duration": asleep, "time_in_bed": asleep + 1800, "deep_sleep_duration": asleep / 4,
		"rem_sleep_duration": asleep / 4, "light_sleep_duration": asleep / 2, "awake_time": 1200, "efficiency": 93, "latency": 600, "average_hrv": d.HRV,
		"lowest_heart_rate": d.RestingHR, "average_heart_rate": d.RestingHR + 6, "average_breath": 14.5, "sleep_phase_5_min": "4443322211",
		"hrv": map[string]any{"interval": 300, "items": []any{nil, 60}, "timestamp": d.Date + "T00:00:00.000+02:00"},
	}
}

// ouraPage returns the page whose token the request shows. With Odd the first is empty, and has one after it.
func (f *Fake) ouraPage(r *http.Request, list []any, size int) any {
	number := 1
	if token := r.FormValue("next_token"); token != "" {
		number, _ = strconv.Atoi(strings.TrimPrefix(token, "page"))
	}
	place := number
	if f.isOdd() {
		place--
	}
	page := []any{}
	if place > 0 {
		page = pageOf(list, place, size)
	}
	answer := map[string]any{"data": page, "next_token": nil}
	if place*size < len(list) {
		answer["next_token"] = "page" + strconv.Itoa(number+1)
	}
	return answer
}
