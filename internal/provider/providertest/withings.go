package providertest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
)

const withingsZone = "Europe/Vienna"

// withings is Withings' API: forms that name an action, and answers that say inside how the request went.
func withings() Dialect {
	return Dialect{
		Name: pierre.ProviderWithings, Expires: true, Tells: true, Token: withingsToken, Subscribes: []string{"1", "16", "4", "44"},
		Values: func(d Day) map[pierre.WellnessKind]float64 {
			return map[pierre.WellnessKind]float64{
				pierre.WellnessWeight: d.Weight, pierre.WellnessBodyFat: 14.2, pierre.WellnessSystolic: 118, pierre.WellnessDiastolic: 74,
				pierre.WellnessSleep: d.Sleep, pierre.WellnessInBed: d.Sleep + 1800, pierre.WellnessDeepSleep: d.Sleep / 4, pierre.WellnessREMSleep: d.Sleep / 4,
				pierre.WellnessLightSleep: d.Sleep / 2, pierre.WellnessAwake: 1380, pierre.WellnessAwakenings: 1, pierre.WellnessSleepLatency: 540,
				pierre.WellnessSleepEfficiency: 86, pierre.WellnessSleepScore: 79, pierre.WellnessRespiration: 14, pierre.WellnessBedtime: -3600,
				pierre.WellnessWakeTime: 7 * 3600, pierre.WellnessSteps: d.Steps, pierre.WellnessActiveEnergy: 310.5,
			}
		},
		Refuse: func(status int, _ time.Duration, _ time.Time) http.HandlerFunc {
			own, ok := map[int]int{http.StatusUnauthorized: 401, http.StatusForbidden: 277, http.StatusTooManyRequests: 601}[status]
			if !ok {
				return nil
			}
			return func(w http.ResponseWriter, _ *http.Request) {
				write(w, http.StatusOK, map[string]any{"status": own, "body": map[string]any{}, "error": "XRequestID: Not provided invalid_token: The access token provided is invalid"})
			}
		},
		Call: func(_ *Fake, app provider.App) *http.Request {
			r := call("/hooks/withings/"+app.WebhookSecret.Reveal(), "userid="+Account+"&appli=44&startdate=1530576000&enddate=1530698753")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r
		},
		Ping: func() *http.Request {
			r := call("/hooks/withings/"+HookSecret, "")
			r.Method = http.MethodHead
			return r
		},
		Serve: serveWithings,
	}
}

// withingsToken is the endpoint of tokens, and of their end.
func withingsToken(f *Fake, w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, why string) {
		write(w, http.StatusOK, map[string]any{"status": status, "body": map[string]any{}, "error": why})
	}
	switch r.FormValue("action") {
	case "requesttoken":
		status, body := f.grant(r, r.PostForm)
		switch {
		case status == http.StatusOK:
			body["scope"] = "user.metrics,user.activity"
			write(w, http.StatusOK, map[string]any{"status": 0, "body": body})
		case body["error"] == "invalid_grant":
			refuse(503, "Invalid Params: invalid refresh_token")
		default:
			refuse(503, "Invalid Params: invalid client_secret")
		}
	case "revoke":
		nonce := r.FormValue("nonce")
		if r.FormValue("userid") == Account && f.spend(nonce) && r.FormValue("signature") == withingsSignature("revoke", nonce) {
			f.Revoke()
			write(w, http.StatusOK, map[string]any{"status": 0, "body": map[string]any{}})
			return
		}
		refuse(342, "The signature (using Oauth) is invalid")
	default:
		refuse(2554, "Unknown action")
	}
}

// withingsSignature is that of an action by the client, in the order of the parameters' names.
func withingsSignature(action, last string) string {
	mac := hmac.New(sha256.New, []byte(ClientSecret))
	mac.Write([]byte(action + "," + ClientID + "," + last))
	return hex.EncodeToString(mac.Sum(nil))
}

// spend takes a nonce, once.
func (f *Fake) spend(nonce string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.nonces, nonce)
	if at < 0 {
		return false
	}
	f.nonces = slices.Delete(f.nonces, at, at+1)
	return true
}

// act serves one action of a path, and refuses others.
func (f *Fake) act(mux *http.ServeMux, path string, actions map[string]func(r *http.Request) any) {
	f.Handle(mux, "POST "+path, func(r *http.Request) any {
		do, ok := actions[r.FormValue("action")]
		if !ok {
			return map[string]any{"status": 2554, "body": map[string]any{}, "error": "Unknown action"}
		}
		return map[string]any{"status": 0, "body": do(r)}
	})
}

func serveWithings(f *Fake, mux *http.ServeMux) {
	f.act(mux, "/v2/signature", map[string]func(r *http.Request) any{"getnonce": func(r *http.Request) any {
		if r.FormValue("signature") != withingsSignature("getnonce", r.FormValue("timestamp")) {
			return map[string]any{}
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.serial++
		f.nonces = append(f.nonces, fmt.Sprintf("nonce-%d", f.serial))
		return map[string]any{"nonce": f.nonces[len(f.nonces)-1]}
	}})
	f.act(mux, "/notify", map[string]func(r *http.Request) any{"subscribe": func(r *http.Request) any {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.subscribed = append(f.subscribed, r.FormValue("appli")+" "+r.FormValue("callbackurl"))
		return map[string]any{}
	}})
	f.act(mux, "/measure", map[string]func(r *http.Request) any{"getmeas": f.withingsMeasures})
	f.act(mux, "/v2/sleep", map[string]func(r *http.Request) any{"getsummary": f.withingsSleep})
	f.act(mux, "/v2/measure", map[string]func(r *http.Request) any{"getactivity": f.withingsDays, "getworkouts": f.withingsWorkouts})
}

// at returns a moment of a day in the athlete's zone.
func (d Day) at(clock time.Duration) time.Time {
	zone, _ := time.LoadLocation(withingsZone)
	date, _ := time.ParseInLocation(time.DateOnly, d.Date, zone)
	return date.Add(clock)
}

// withingsMeasures has the newest in front; of each day two weights, and one that is perhaps another person's.
func (f *Fake) withingsMeasures(r *http.Request) any {
	from, _ := strconv.ParseInt(r.FormValue("startdate"), 10, 64)
	to, _ := strconv.ParseInt(r.FormValue("enddate"), 10, 64)
	_, days := f.Activities()
	list := []any{}
	for _, d := range days {
		for _, m := range []struct {
			clock  time.Duration
			attrib int
			values map[int]float64
		}{{20 * time.Hour, 0, map[int]float64{1: d.Weight + 1.2}}, {7 * time.Hour, 0, map[int]float64{1: d.Weight, 6: 14.2, 9: 74, 10: 118, 4: 1.72}}, {6 * time.Hour, 1, map[int]float64{1: 55}}} {
			at := d.at(m.clock).Unix()
			if at < from || at > to {
				continue
			}
			measures := []any{}
			for kind, v := range m.values {
				measures = append(measures, map[string]any{"value": int(v*1000 + 0.5), "type": kind, "unit": -3, "algo": 0, "fm": 3})
			}
			list = append(list, map[string]any{"grpid": at, "attrib": m.attrib, "date": at, "category": 1, "measures": measures})
		}
	}
	body := f.withingsPage(r, "measuregrps", list, 6)
	body["timezone"], body["updatetime"] = withingsZone, f.Now().Unix()
	if body["more"] == true {
		body["more"] = 1
	}
	return body
}

func (f *Fake) withingsSleep(r *http.Request) any {
	list := []any{}
	for _, d := range f.daysBetween(r.FormValue("startdateymd"), r.FormValue("enddateymd")) {
		nap := map[string]any{"timezone": withingsZone, "date": d.Date, "startdate": d.at(14 * time.Hour).Unix(), "enddate": d.at(15 * time.Hour).Unix(), "data": map[string]any{"total_sleep_time": 1800}}
		list = append(list, nap, map[string]any{
			"timezone": withingsZone, "date": d.Date, "startdate": d.at(-time.Hour).Unix(), "enddate": d.at(7 * time.Hour).Unix(), "model": 32,
			"data": map[string]any{
				"total_sleep_time": d.Sleep, "total_timeinbed": d.Sleep + 1800, "lightsleepduration": d.Sleep / 2, "deepsleepduration": d.Sleep / 4,
				"remsleepduration": d.Sleep / 4, "waso": 1380, "wakeupcount": 1, "sleep_latency": 540, "sleep_efficiency": 0.86, "sleep_score": 79, "rr_average": 14,
			},
		})
	}
	return f.withingsPage(r, "series", list, 4)
}

func (f *Fake) withingsDays(r *http.Request) any {
	list := []any{}
	for _, d := range f.daysBetween(r.FormValue("startdateymd"), r.FormValue("enddateymd")) {
		list = append(list, map[string]any{"date": d.Date, "timezone": withingsZone, "steps": d.Steps, "calories": 310.5, "totalcalories": 2300.8, "is_tracker": true})
	}
	return f.withingsPage(r, "activities", list, pageSize)
}

func (f *Fake) withingsWorkouts(r *http.Request) any {
	from, _ := time.Parse(time.DateOnly, r.FormValue("startdateymd"))
	to, _ := time.Parse(time.DateOnly, r.FormValue("enddateymd"))
	list := []any{}
	for _, a := range f.between(from, to.AddDate(0, 0, 1)) {
		id, _ := strconv.Atoi(a.ID)
		list = append(list, map[string]any{
			"id": id, "category": 6, "timezone": withingsZone, "startdate": a.Start.Unix(), "enddate": a.Start.Add(30 * time.Minute).Unix(),
			"data": map[string]any{"calories": 212, "distance": 9000, "hr_average": 142, "hr_max": 171, "pause_duration": 60, "algo_pause_duration": nil},
		})
	}
	return f.withingsPage(r, "series", list, pageSize)
}

// withingsPage returns what follows the place that the request names. With Odd the first page is empty, and has one after it.
func (f *Fake) withingsPage(r *http.Request, name string, list []any, size int) map[string]any {
	offset, _ := strconv.Atoi(r.FormValue("offset"))
	if f.isOdd() && offset == 0 && len(list) > 0 {
		return map[string]any{name: []any{}, "more": true, "offset": 1000}
	}
	from := min(offset%1000, len(list))
	to := min(from+size, len(list))
	return map[string]any{name: list[from:to], "more": to < len(list), "offset": offset - offset%1000 + to}
}
