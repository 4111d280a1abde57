package weather

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Whatever an answer holds, what is taken from it can be.
func FuzzParse(f *testing.F) {
	first := time.Date(2026, 6, 14, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 0, 1)
	f.Add([]byte(`{"utc_offset_seconds":0,"elevation":38.0,"hourly_units":{"temperature_2m":"°C"},"hourly":{"time":["2026-06-14T05:00","2026-06-15T23:00"],"temperature_2m":[1.5,null]}}`))
	f.Add([]byte(`{"utc_offset_seconds":0,"hourly":{"time":["2026-06-14T05:00"],"weather_code":[]}}`))
	f.Add([]byte(`{"error":true,"reason":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parse(body, first, last)
		if err != nil {
			return
		}
		days := a.days(pierre.WeatherCell{}, first, last)
		if len(days) != 2 {
			t.Fatalf("%d days", len(days))
		}
		for _, d := range days {
			for _, h := range d.Hours {
				for _, v := range known() {
					if x := *v.field(&h); x != nil && !(*x >= v.least && *x <= v.most) {
						t.Errorf("%s is %v", v.name, *x)
					}
				}
			}
		}
	})
}
