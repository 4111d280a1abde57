package importer_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// importText imports an export of that content, and returns its rows and the summary.
func (db database) importText(t *testing.T, user pierre.UserID, content string) ([]pierre.ImportRow, pierre.ImportSummary) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.xml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	var rows []pierre.ImportRow
	sum, err := db.importer.ImportPath(t.Context(), user, path, importer.Watch{Row: func(r pierre.ImportRow) error {
		rows = append(rows, r)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return rows, sum
}

func restingHeartRate(day, value string) string {
	return `<Record type="HKQuantityTypeIdentifierRestingHeartRate" sourceName="Watch" unit="count/min" startDate="` + day + ` 00:00:00 +0100" endDate="` + day + ` 23:00:00 +0100" value="` + value + `"/>`
}

// A second export changes nothing, one with more days adds these, and a value of a day to come is left out.
func TestDaysOfAnExport(t *testing.T) {
	db := newDatabase(t)
	ana, ben := db.user(t, "ana"), db.user(t, "ben")
	first := "<HealthData>" + restingHeartRate("2026-03-01", "50") + restingHeartRate("2026-03-02", "51") + "</HealthData>"
	rows, sum := db.importText(t, ana, first)
	if sum.Values != 2 || sum.Imported != 1 || len(rows) != 1 || len(rows[0].Days) != 1 {
		t.Fatalf("first: %+v, %+v", rows, sum)
	}
	want := pierre.ImportedDays{Kind: pierre.WellnessRestingHeartRate, Source: pierre.ProviderAppleHealth, Days: 2, Changed: 2, First: "2026-03-01", Last: "2026-03-02"}
	if rows[0].Days[0] != want {
		t.Errorf("first: %+v, want %+v", rows[0].Days[0], want)
	}
	before := db.digest(t)
	rows, sum = db.importText(t, ana, first)
	if sum.Values != 0 || sum.Duplicate != 1 || rows[0].Reason != "already imported" || db.digest(t) != before {
		t.Errorf("again: %+v, %+v", rows, sum)
	}
	tomorrow := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	more := strings.Replace(first, "</", restingHeartRate("2026-03-03", "52")+restingHeartRate(tomorrow, "53")+"</", 1)
	rows, sum = db.importText(t, ana, more)
	if sum.Values != 1 || rows[0].Days[0].Days != 3 || !slices.Contains(rows[0].Warnings, "1 value left out: of days that are yet to come") {
		t.Errorf("more: %+v, %+v", rows, sum)
	}
	kept, err := db.Wellness(t.Context(), ana, pierre.WellnessQuery{})
	if err != nil || len(kept) != 3 {
		t.Errorf("kept %v, %v", kept, err)
	}
	if kept, err := db.Wellness(t.Context(), ben, pierre.WellnessQuery{}); err != nil || len(kept) != 0 {
		t.Errorf("another user has %v, %v", kept, err)
	}
}

// A recording of a day to come is of a device whose clock was wrong: it would be the newest for years.
func TestRecordingsToCome(t *testing.T) {
	db := newDatabase(t)
	ana := db.user(t, "ana")
	track := func(day time.Time) string {
		point := func(n int) string {
			return `<trkpt lat="48.` + strconv.Itoa(n) + `" lon="16"><time>` + day.Add(time.Duration(n)*time.Minute).UTC().Format(time.RFC3339) + `</time></trkpt>`
		}
		return `<trk><type>running</type><trkseg>` + point(1) + point(2) + point(3) + `</trkseg></trk>`
	}
	of := func(tracks ...string) pierre.ImportRow {
		t.Helper()
		path := filepath.Join(t.TempDir(), "run.gpx")
		if err := os.WriteFile(path, []byte(`<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">`+strings.Join(tracks, "")+`</gpx>`), 0o600); err != nil {
			t.Fatal(err)
		}
		var rows []pierre.ImportRow
		_, err := db.importer.ImportPath(t.Context(), ana, path, importer.Watch{Row: func(r pierre.ImportRow) error {
			rows = append(rows, r)
			return nil
		}})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%+v, %v", rows, err)
		}
		return rows[0]
	}
	later := track(time.Date(2099, 1, 1, 8, 0, 0, 0, time.UTC))
	if row := of(later); row.Status != pierre.ImportFailed || !strings.Contains(row.Reason, "yet to come") || len(row.Activities) > 0 {
		t.Errorf("of 2099: %+v", row)
	}
	if row := of(track(time.Now().Add(26 * time.Hour))); row.Status != pierre.ImportImported { // somewhere it is tomorrow, and clocks are a little off
		t.Errorf("of tomorrow: %+v", row)
	}
}
