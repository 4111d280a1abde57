package providertest

import (
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// intervals is intervals.icu, with its OAuth or with a personal key.
func intervals(variant, key string) Dialect {
	return Dialect{
		Name: pierre.ProviderIntervals, Variant: variant, Key: key, Tells: key == "",
		Values: func(d Day) map[pierre.WellnessKind]float64 {
			return map[pierre.WellnessKind]float64{
				pierre.WellnessRestingHeartRate: d.RestingHR, pierre.WellnessHRV: d.HRV, pierre.WellnessSleep: d.Sleep, pierre.WellnessWeight: d.Weight, pierre.WellnessSteps: d.Steps,
			}
		},
		Serve: func(f *Fake, mux *http.ServeMux) {
			f.Handle(mux, "GET /api/v1/athlete/0", func(*http.Request) any { return map[string]any{"id": Account, "name": "Ana"} })
			f.Handle(mux, "GET /api/v1/athlete/0/activities", f.intervalsList)
			f.HandleRaw(mux, "GET /api/v1/activity/{id}/file", func(w http.ResponseWriter, r *http.Request) {
				all, _ := f.Activities()
				for _, a := range all {
					if a.ID == r.PathValue("id") && !a.Stub {
						send(w, a.GPX())
						return
					}
				}
				write(w, http.StatusNotFound, map[string]any{"status": 404, "error": "Not found"})
			})
			f.Handle(mux, "GET /api/v1/athlete/0/wellness", func(r *http.Request) any {
				list := []any{}
				for _, d := range f.daysBetween(r.FormValue("oldest"), r.FormValue("newest")) {
					list = append(list, map[string]any{
						"id": d.Date, "restingHR": d.RestingHR, "hrv": d.HRV, "sleepSecs": d.Sleep, "weight": d.Weight, "steps": d.Steps, "hrvSDNN": nil, "spO2": 0,
					})
				}
				return list
			})
			f.HandleRaw(mux, "DELETE /api/v1/disconnect-app", func(w http.ResponseWriter, _ *http.Request) {
				f.Revoke()
				w.WriteHeader(http.StatusOK)
			})
		},
	}
}

func send(w http.ResponseWriter, content []byte) {
	if _, err := w.Write(content); err != nil {
		panic(http.ErrAbortHandler) //nolint:forbidigo // this is how net/http breaks a connection
	}
}

func (f *Fake) intervalsList(r *http.Request) any {
	from, _ := time.Parse(time.DateOnly, r.FormValue("oldest"))
	to, _ := time.Parse(time.DateOnly, r.FormValue("newest"))
	list := []any{}
	for _, a := range f.between(from, to.AddDate(0, 0, 1)) {
		if a.Stub {
			list = append(list, map[string]any{"id": a.ID, "start_date_local": a.Start.Format("2006-01-02T15:04:05"), "source": "STRAVA", "_note": "STRAVA activities are not available via the API"})
			continue
		}
		list = append(list, map[string]any{
			"id": a.ID, "name": a.Name, "type": "Ride", "start_date": a.Start.Format(time.RFC3339), "start_date_local": a.Start.Add(time.Hour).Format("2006-01-02T15:04:05"),
			"source": "GARMIN_CONNECT", "file_type": "gpx", "moving_time": 600, "distance": 3000.5,
		})
	}
	return list
}
