//go:build !race

package demoathlete_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
)

type gpxDocument struct {
	Name   string `xml:"trk>name"`
	Type   string `xml:"trk>type"`
	Points []struct {
		Lat   float64   `xml:"lat,attr"`
		Lon   float64   `xml:"lon,attr"`
		Time  time.Time `xml:"time"`
		Power *float64  `xml:"extensions>power"`
		HR    *float64  `xml:"extensions>TrackPointExtension>hr"`
	} `xml:"trk>trkseg>trkpt"`
}

func TestGPXFilesHoldWhatTheManifestSays(t *testing.T) {
	y := wholeYear(t)
	for _, want := range y.manifest.Recordings {
		if want.Format != "gpx" {
			continue
		}
		var doc gpxDocument
		if err := xml.Unmarshal(y.plain(t, want.File), &doc); err != nil {
			t.Fatalf("%s: %v", want.File, err)
		}
		if doc.Type == "" || len(doc.Points) != want.Samples || !doc.Points[0].Time.Equal(want.Start) {
			t.Errorf("%s: a %s of %d points from %v; want %d from %v", want.File, doc.Type, len(doc.Points), doc.Points[0].Time, want.Samples, want.Start)
		}
		var hr, power mean
		way := 0.0
		for i, p := range doc.Points {
			if p.HR != nil {
				hr.add(*p.HR)
			}
			if p.Power != nil {
				power.add(*p.Power)
			}
			if i > 0 { // on a plane, which is good enough for one second
				q := doc.Points[i-1]
				way += 111_195.08 * math.Hypot(p.Lat-q.Lat, (p.Lon-q.Lon)*math.Cos(p.Lat*math.Pi/180))
			}
		}
		near(t, want.File, "way", way, want.DistanceMeters, *want.DistanceMeters/5000)
		near(t, want.File, "elapsed time", doc.Points[len(doc.Points)-1].Time.Sub(want.Start).Seconds(), want.ElapsedSeconds, 0)
		near(t, want.File, "mean heart rate", hr.value(), want.AverageHeartRateBPM, 0.01)
		near(t, want.File, "mean power", power.value(), want.AveragePowerWatts, 0.01)
	}
}

type tcxDocument struct {
	Activity struct {
		Sport string `xml:"Sport,attr"`
		Laps  []struct {
			Seconds  float64 `xml:"TotalTimeSeconds"`
			Meters   float64 `xml:"DistanceMeters"`
			Calories float64 `xml:"Calories"`
			Points   []struct {
				Time   time.Time `xml:"Time"`
				Meters float64   `xml:"DistanceMeters"`
				HR     *float64  `xml:"HeartRateBpm>Value"`
				Watts  *float64  `xml:"Extensions>TPX>Watts"`
			} `xml:"Track>Trackpoint"`
		} `xml:"Lap"`
	} `xml:"Activities>Activity"`
}

func TestTCXFilesHoldWhatTheManifestSays(t *testing.T) {
	y := wholeYear(t)
	for _, want := range y.manifest.Recordings {
		if want.Format != "tcx" {
			continue
		}
		var doc tcxDocument
		if err := xml.Unmarshal(y.plain(t, want.File), &doc); err != nil {
			t.Fatalf("%s: %v", want.File, err)
		}
		var hr, power mean
		var seconds, meters, calories, last float64
		points := 0
		for _, lap := range doc.Activity.Laps {
			seconds, meters, calories = seconds+lap.Seconds, meters+lap.Meters, calories+lap.Calories
			for _, p := range lap.Points {
				if points++; points == 1 && !p.Time.Equal(want.Start) {
					t.Errorf("%s starts at %v, want %v", want.File, p.Time, want.Start)
				}
				last = p.Meters
				if p.HR != nil {
					hr.add(*p.HR)
				}
				if p.Watts != nil {
					power.add(*p.Watts)
				}
			}
		}
		if len(doc.Activity.Laps) != want.Laps || points != want.Samples || doc.Activity.Sport == "" {
			t.Errorf("%s has %d laps and %d points; want %d, %d", want.File, len(doc.Activity.Laps), points, want.Laps, want.Samples)
		}
		near(t, want.File, "sum of the laps' times", seconds, want.DurationSeconds, 0.1)
		near(t, want.File, "sum of the laps' distances", meters, want.DistanceMeters, 0.1)
		near(t, want.File, "last distance", last, want.DistanceMeters, 0.01)
		near(t, want.File, "sum of the laps' calories", calories, want.CaloriesKcal, 0)
		near(t, want.File, "mean heart rate", hr.value(), want.AverageHeartRateBPM, 0.01)
		near(t, want.File, "mean power", power.value(), want.AveragePowerWatts, 0.01)
	}
}

func TestTheAccountExportListsItsFiles(t *testing.T) {
	y := wholeYear(t)
	rows, err := csv.NewReader(bytes.NewReader(y.plain(t, demoathlete.ExportFile+"/activities.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(rows[0]); n != 103 {
		t.Fatalf("%d columns, want the 103 of 2026", n)
	}
	column := func(row []string, name string, occurrence int) string {
		for i, c := range rows[0] {
			if c == name {
				if occurrence--; occurrence == 0 {
					return row[i]
				}
			}
		}
		t.Fatalf("no column %q", name)
		return ""
	}
	truths := map[string]demoathlete.Recording{}
	for _, r := range y.manifest.Recordings {
		truths[strings.TrimPrefix(r.File, demoathlete.ExportFile+"/")] = r
	}
	manual, noted := 0, 0
	for _, row := range rows[1:] {
		file := column(row, "Filename", 1)
		if file == "" {
			manual++
			file = "activities.csv#" + column(row, "Activity ID", 1)
		}
		if strings.Contains(column(row, "Activity Description", 1), "\n") {
			noted++
		}
		want, ok := truths[file]
		if !ok {
			t.Errorf("the table lists %s, which is not there", file)
			continue
		}
		start, err := time.Parse("Jan 2, 2006, 3:04:05 PM", column(row, "Activity Date", 1))
		if err != nil || !start.Equal(want.Start) || column(row, "Activity Name", 1) != want.Name {
			t.Errorf("%s: %q at %v, %v; want %q at %v", file, column(row, "Activity Name", 1), start, err, want.Name, want.Start)
		}
		near(t, file, "distance in metres", number(column(row, "Distance", 2)), want.DistanceMeters, 0.01)
		near(t, file, "elapsed time", number(column(row, "Elapsed Time", 1)), want.ElapsedSeconds, 0)
	}
	if manual != 1 || noted == 0 || len(rows) < 50 {
		t.Errorf("%d rows, %d without a file, %d with line breaks; want 50 or more, 1, at least 1", len(rows)-1, manual, noted)
	}
}

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}
