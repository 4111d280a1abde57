package timezone_test

import (
	"math"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/timezone"
)

func TestAt(t *testing.T) {
	summer := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		what      string
		lat, lon  float64
		name      string
		offsetMin int
	}{
		{"Berlin in summer", 52.52, 13.40, "Europe/Berlin", 120},
		{"Tokyo", 35.68, 139.77, "Asia/Tokyo", 540},
		{"Kathmandu, a quarter of an hour off", 27.70, 85.32, "Asia/Kathmandu", 345},
		{"St. John's, half an hour off", 47.56, -52.71, "America/St_Johns", -150},
		{"Phoenix, without summer time", 33.45, -112.07, "America/Phoenix", -420},
		{"Fiji, beside the date line", -17.71, 178.07, "Pacific/Fiji", 720},
		{"the Gulf of Guinea", 0, 0, "Etc/GMT", 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			zone, ok := timezone.At(c.lat, c.lon)
			if !ok || zone.String() != c.name {
				t.Fatalf("%v, %v; want %s", zone, ok, c.name)
			}
			if _, offset := summer.In(zone).Zone(); offset != c.offsetMin*60 {
				t.Errorf("offset %d s, want %d min", offset, c.offsetMin)
			}
		})
	}
}

func TestAtNoPlace(t *testing.T) {
	for _, p := range [][2]float64{{math.NaN(), 0}, {0, math.NaN()}, {90.1, 0}, {0, 180.1}, {math.Inf(1), 0}} {
		if zone, ok := timezone.At(p[0], p[1]); ok {
			t.Errorf("%v is in %v", p, zone)
		}
	}
	for _, p := range [][2]float64{{90, 180}, {-90, -180}, {90, 0}} { // the edges are places
		if _, ok := timezone.At(p[0], p[1]); !ok {
			t.Errorf("%v has no zone", p)
		}
	}
}

func BenchmarkAt(b *testing.B) {
	for b.Loop() {
		timezone.At(52.52, 13.40)
	}
}
