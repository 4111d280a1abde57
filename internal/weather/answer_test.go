package weather_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// changed has the fake answer with its document changed.
func (b *bench) changed(change func(doc map[string]any)) {
	b.fake.Behave(func(w http.ResponseWriter, r *http.Request) bool {
		b.fake.Behave(nil)
		rec := httptest.NewRecorder()
		b.fake.ServeHTTP(rec, r)
		var doc map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
			b.Error(err)
		}
		change(doc)
		json.NewEncoder(w).Encode(doc)
		return true
	})
}

func hourly(doc map[string]any) map[string]any { return doc["hourly"].(map[string]any) }

// Answers that are not as documented are refused, not half understood.
func TestOddAnswers(t *testing.T) {
	for name, change := range map[string]func(doc map[string]any){
		"no times":        func(d map[string]any) { delete(hourly(d), "time") },
		"empty times":     func(d map[string]any) { hourly(d)["time"] = []any{} },
		"no hourly":       func(d map[string]any) { delete(d, "hourly") },
		"short column":    func(d map[string]any) { hourly(d)["temperature_2m"] = []any{1.5} },
		"texts":           func(d map[string]any) { hourly(d)["wind_speed_10m"] = []any{"1"} },
		"other unit":      func(d map[string]any) { d["hourly_units"].(map[string]any)["wind_speed_10m"] = "km/h" },
		"no units":        func(d map[string]any) { delete(d, "hourly_units") },
		"other zone":      func(d map[string]any) { d["utc_offset_seconds"] = 3600 },
		"no zone":         func(d map[string]any) { delete(d, "utc_offset_seconds") },
		"times fall":      func(d map[string]any) { hourly(d)["time"].([]any)[3] = "2026-06-15T01:00" },
		"half hours":      func(d map[string]any) { hourly(d)["time"].([]any)[3] = "2026-06-15T03:30" },
		"unix times":      func(d map[string]any) { hourly(d)["time"].([]any)[3] = 1781000000 },
		"another day":     func(d map[string]any) { hourly(d)["time"].([]any)[23] = "2026-06-16T00:00" },
		"numbers as text": func(d map[string]any) { d["elevation"] = "38" },
	} {
		b := newBench(t)
		b.changed(change)
		if r, err := b.ask(0); pierre.KindOf(err) != pierre.KindUnavailable {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if _, err := b.ask(0); err != nil {
			t.Errorf("%s is kept: %v", name, err)
		}
	}
}

// What the service does not know, or cannot be, is absent; the rest stays.
func TestHolesInAnswers(t *testing.T) {
	for name, change := range map[string]func(doc map[string]any){
		"null":       func(d map[string]any) { hourly(d)["wind_speed_10m"].([]any)[6] = nil },
		"impossible": func(d map[string]any) { hourly(d)["wind_speed_10m"].([]any)[6] = 99999 },
		"negative":   func(d map[string]any) { hourly(d)["wind_speed_10m"].([]any)[6] = -1 },
		"no column":  func(d map[string]any) { delete(hourly(d), "wind_speed_10m") },
	} {
		b := newBench(t)
		b.changed(change)
		r, err := b.ask(0)
		if err != nil || r.Hours[0].WindSpeed != nil || r.Hours[0].Temperature == nil {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	b := newBench(t)
	b.changed(func(d map[string]any) {
		hourly(d)["time"] = hourly(d)["time"].([]any)[:24]
		d["elevation"] = nil
		d["more"] = 1
	})
	if r, err := b.ask(0); err != nil || r.Elevation != nil {
		t.Errorf("without an elevation: %+v, %v", r, err)
	}
}

func TestBrokenAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			fmt.Fprint(w, `{"latitude":52.5,"hourly":{"time":["2026-06-15T00:00",`)
		},
		"a page":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Sign in to the Wi-Fi</html>") },
		"nothing":  func(http.ResponseWriter, *http.Request) {},
		"endless":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"x":"`+strings.Repeat("a", 2<<20)+`"}`) },
		"no JSON":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"hourly":NaN}`) },
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, //nolint:forbidigo // net/http asks for that
	} {
		b := newBench(t)
		b.fake.Behave(func(w http.ResponseWriter, r *http.Request) bool { answer(w, r); return true })
		if r, err := b.ask(0); pierre.KindOf(err) != pierre.KindUnavailable {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}
