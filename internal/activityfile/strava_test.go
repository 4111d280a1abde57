//go:build !race

package activityfile

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muktihari/fit/profile/mesgdef"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A stravaExport is an export in one language, which a test writes.
type stravaExport struct {
	lang   string
	header []string // the first 35 columns
	kind   string
	date   string // of fitStart in that language
}

// exports are in the languages of real exports, as far as those are public.
// The headers of the last are invented: no language is known by heart.
var exports = []stravaExport{
	{"English", []string{
		"Activity ID", "Activity Date", "Activity Name", "Activity Type", "Activity Description", "Elapsed Time", "Distance",
		"Max Heart Rate", "Relative Effort", "Commute", "Activity Private Note", "Activity Gear", "Filename", "Athlete Weight", "Bike Weight",
		"Elapsed Time", "Moving Time", "Distance", "Max Speed", "Average Speed", "Elevation Gain", "Elevation Loss", "Elevation Low",
		"Elevation High", "Max Grade", "Average Grade", "Average Positive Grade", "Average Negative Grade", "Max Cadence", "Average Cadence",
		"Max Heart Rate", "Average Heart Rate", "Max Watts", "Average Watts", "Calories",
	}, "Run", "May 1, 2024, 6:00:00 AM"},
	{"German", []string{
		"Aktivitäts-ID", "Aktivitätsdatum", "Name der Aktivität", "Aktivitätsart", "Aktivitätsbeschreibung", "Verstrichene Zeit", "Distanz",
		"Max. Herzfrequenz", "Relative Leistung", "Pendeln", "Hinweis zur Privatsphäre für Aktivitäten", "Aktivitätsausrüstung", "Dateiname",
		"Sportlergewicht", "Fahrradgewicht", "Verstrichene Zeit", "Bewegungszeit", "Distanz", "Höchstgeschw.", "Durchschnittliche Geschwindigkeit",
		"Höhenzunahme", "Höhenunterschied", "Min. Höhe", "Max. Höhe", "Max. Steigung", "Durchschnittliche Steigung",
		"Durchschnittliche positive Steigung", "Durchschnittliche negative Steigung", "Max. Tritt-/Schrittfrequenz",
		"Durchschnittliche Trittfrequenz", "Max. Herzfrequenz", "Durchschnittliche Herzfrequenz", "Max. Watt", "Durchschnittliche Watt", "Kalorien",
	}, "Lauf", "01.05.2024, 06:00:00"},
	{"Dwarvish, without landmarks", func() []string {
		names := make([]string, 35)
		for i := range names {
			names[i] = fmt.Sprintf("Kibil %d", i)
		}
		return names
	}(), "Hardloopsessie", "1 mei 2024 06:00:00"},
	{"Elvish", func() []string {
		names := make([]string, 35)
		for i := range names {
			names[i] = fmt.Sprintf("Esse %d", i)
		}
		names[15], names[17], names[30] = names[5], names[6], names[7]
		return names
	}(), "Course à pied", "1 mai 2024 à 06:00:00"},
}

// table writes activities.csv with more columns than it understands.
func (e stravaExport) table(t testing.TB, rows ...map[int]string) []byte {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	header := slices.Concat(e.header, []string{
		"Max Temperature", "Average Temperature", "Relative Effort", "Total Work", "Number of Runs", "Uphill Time", "Downhill Time", "Other Time", "Perceived Exertion", "Type",
	})
	lines := [][]string{header}
	for _, row := range rows {
		line := make([]string, len(header))
		for col, text := range row {
			line[col] = text
		}
		lines = append(lines, line)
	}
	if err := w.WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func (e stravaExport) row(id, name, file string) map[int]string {
	return map[int]string{
		0: id, 1: e.date, 2: name, 3: e.kind, 4: "felt \"good\",\nreally", 5: "3700", 6: "10,29", 7: "170.0", 10: "too fast, again", 11: "Pegasus", 12: file,
		15: "3700.0", 16: "3600.0", 17: "10290.5", 18: "4.5", 20: "120.0", 21: "110.0", 29: "85.0", 30: "170.0", 31: "151.5", 32: "400", 33: "250", 34: "700", 43: "7.0",
	}
}

func TestStravaInEveryLanguage(t *testing.T) {
	for _, e := range exports {
		t.Run(e.lang, func(t *testing.T) {
			list := e.table(t, e.row("1", "Manual", ""), e.row("2", "With file", "activities/77.gpx"))
			for _, root := range []string{"", "export_123/"} {
				results := walkBytes(t, "export.zip", pack(t, member{root + "activities.csv", list}, member{root + "activities/77.gpx", []byte(run)}), Options{})
				if len(results) != 3 || results[0].Status != StatusOK || results[1].Status != StatusOK || results[1].Path != root+"activities/77.gpx" {
					t.Fatalf("got %q", brief(results))
				}
				for i, name := range []string{"Manual", "With file"} {
					a := results[i].Recordings[0]
					if a.Name != name || a.Description != "felt \"good\",\nreally" || a.Provider != pierre.ProviderStrava ||
						a.Sport != pierre.SportRun || !a.Start.Equal(fitStart) || results[i].ExternalID != fmt.Sprint(i+1) {
						t.Errorf("got %+v, external id %s", a.Activity, results[i].ExternalID)
					}
					if a.Note != "too fast, again" || a.Gear != "Pegasus" || a.RPE == nil || *a.RPE != 7 {
						t.Errorf("it was %+v", a.Impression)
					}
					for _, v := range []struct {
						what string
						got  *float64
						want float64
					}{
						{"distance", a.DistanceMeters, 10290.5},
						{"elapsed", a.ElapsedSeconds, 3700},
						{"moving", a.DurationSeconds, 3600},
						{"gain", a.ElevationGainMeters, 120},
						{"loss", a.ElevationLossMeters, 110},
						{"max speed", a.MaxSpeedMPS, 4.5},
						{"cadence", a.AverageCadenceRPM, 85},
						{"heart rate", a.AverageHeartRateBPM, 151.5},
						{"max heart rate", a.MaxHeartRateBPM, 170},
						{"power", a.AveragePowerWatts, 250},
						{"max power", a.MaxPowerWatts, 400},
						{"calories", a.CaloriesKcal, 700},
					} {
						if v.got == nil || *v.got != v.want {
							t.Errorf("%s %s: got %v, want %g", name, v.what, v.got, v.want)
						}
					}
				}
			}
		})
	}
}

// The table of before July 2019 has ten columns and ISO dates.
func TestStravaBefore2019(t *testing.T) {
	list := "id,date,name,type,description,elapsed_time,distance,commute,gear,filename\n" +
		"100,2024-05-01 06:00:00,Old,Ride,,1234,5678.9,false,,\n"
	results := walkBytes(t, "activities.csv", []byte(list), Options{})
	a := results[0].Recordings[0]
	if a.Name != "Old" || a.Sport != pierre.SportRide || !a.Start.Equal(fitStart) || *a.DistanceMeters != 5678.9 || *a.ElapsedSeconds != 1234 || a.DurationSeconds != nil {
		t.Errorf("got %+v", a.Activity)
	}
}

// Headers of 2020 hold the HTML of missing translations.
func TestStravaHeaderWithMarkup(t *testing.T) {
	e := exports[0]
	e.header = slices.Clone(e.header)
	e.header[20] = `<span class="translation_missing" title="missing: elevation">Elevation Gain</span>`
	e.header[0] = "\uFEFF" + e.header[0]
	a := walkBytes(t, "activities.csv", e.table(t, e.row("1", "x", "")), Options{})[0].Recordings[0]
	if a.ElevationGainMeters == nil || *a.ElevationGainMeters != 120 {
		t.Errorf("elevation gain %v", a.ElevationGainMeters)
	}
}

func TestStravaAccountsForEveryRowAndFile(t *testing.T) {
	e := exports[0]
	bad := e.row("6", "no date", "")
	bad[1] = "one day in May"
	list := e.table(t,
		e.row("1", "packed, though named without", "activities/1.gpx"),
		e.row("2", "lost", "activities/2.fit.gz"),
		e.row("3", "broken", "activities/3.fit"),
		e.row("4", "drawn", "activities/4.gpx"),
		e.row("5", "entered by hand", ""),
		bad,
		e.row("7", "cut off", "activities/7.gpx.gz"))
	half := gz(t, gpxDoc(gpxTrk(fitStart, 500, "running")))
	half = half[:len(half)/2]
	archive := pack(t,
		member{"activities.csv", list},
		member{"activities/1.gpx.gz", gz(t, []byte(run))},
		member{"activities/3.fit", []byte("broken")},
		member{"activities/4.gpx", gpxDoc(`<trk><trkseg><trkpt lat="1" lon="1"/></trkseg></trk>`)},
		member{"activities/7.gpx.gz", half},
		member{"activities/9.gpx", []byte(run)},
		member{"routes/1.gpx", []byte(run)}, member{"media/1.jpg", []byte("x")}, member{"bikes.csv", []byte("Bike Name\n")},
		member{"shoes.csv", []byte("Shoe Name,Shoe Brand,Shoe Model,Shoe Default Sport Types\n,Fable,One,Run\n")}, member{"old/bikes.csv", []byte("a,b\n")},
	)
	want := []string{
		"activities/1.gpx.gz ok",
		"activities.csv#2 ok: only the totals of the export's list are known: its file activities/2.fit.gz is missing",
		"activities/3.fit ok: only the totals of the export's list are known: this is no FIT file, whatever its name says",
		"activities/4.gpx ok: only the totals of the export's list are known: no usable times: this is a route, not a recording",
		"activities.csv#5 ok",
		`activities.csv#6 failed: its date "one day in May" could not be read`,
		"activities/7.gpx.gz ok: the file is cut off at byte N: what comes before was kept",
		"activities.csv skipped: the list of the export's activities (7, of which 4 have a file)",
		"activities/9.gpx ok",
		"routes/1.gpx skipped: a planned route, not an activity",
		"media/1.jpg skipped: a photo or video",
		"old/bikes.csv skipped: no activity: a document or table",
	}
	const bikes, shoes = "bikes.csv skipped: the list of the export's bicycles (0)", "shoes.csv skipped: the list of the export's shoes (1)"
	want = slices.Insert(want, 7, bikes, shoes)
	check := func(t *testing.T, results []Result) {
		t.Helper()
		got := strings.Split(regexp.MustCompile(`byte \d+`).ReplaceAllString(strings.Join(brief(results), "\n"), "byte N"), "\n")
		slices.Sort(got)
		sorted := slices.Sorted(slices.Values(want))
		if !slices.Equal(got, sorted) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(sorted, "\n"))
		}
		for _, r := range results {
			if r.Path == "activities/9.gpx" && r.Recordings[0].Provider != pierre.ProviderStrava {
				t.Error("a file that the list does not name is not Strava's")
			}
		}
	}
	t.Run("archive", func(t *testing.T) {
		results := walkBytes(t, "export.zip", archive, Options{})
		check(t, results)
		for i, r := range results {
			if !strings.HasPrefix(want[i], r.Path+" ") {
				t.Errorf("result %d is %s, want %s", i, r.Path, want[i])
			}
		}
	})
	t.Run("folder", func(t *testing.T) {
		dir := t.TempDir()
		if err := unpackTo(t.Context(), dir, archive); err != nil {
			t.Fatal(err)
		}
		src, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		check(t, walkSource(t, src, Options{}))
	})
}

// unpackTo unpacks an archive that a test made.
func unpackTo(ctx context.Context, dir string, archive []byte) error {
	entries, err := newWalker(&Source{}, Options{}, nil).unzip(ctx, content{ReaderAt: strings.NewReader(string(archive)), size: int64(len(archive))}, "")
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		r, err := e.open()
		if err != nil {
			return err
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		if _, err := f.ReadFrom(r); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// The list knows when a recording was made whose device did not.
func TestStravaSetsTheClockOfARecording(t *testing.T) {
	e := exports[0]
	content := fitRecording{start: time.Unix(631065600+17_000_000, 0), seconds: 30}.encode(t)
	results := walkBytes(t, "export.zip", pack(t, member{"activities.csv", e.table(t, e.row("1", "x", "activities/1.fit"))}, member{"activities/1.fit", content}), Options{})
	if results[0].Status != StatusOK {
		t.Fatal(brief(results))
	}
	a := results[0].Recordings[0]
	if !a.Start.Equal(fitStart) || results[0].LocalTimes || a.Series.Time[29] != 29 {
		t.Errorf("start %v, local %t, times %v", a.Start, results[0].LocalTimes, a.Series.Time)
	}
}

// What a file says counts for more than what Strava made of it.
func TestStravaKeepsWhatTheFileSays(t *testing.T) {
	e := exports[0]
	content := fitRecording{seconds: 30, sport: 1, sub: 3, session: func(s *mesgdef.Session) {
		s.SetTotalDistanceScaled(88).SetAvgHeartRate(133)
	}}.encode(t)
	a := walkBytes(t, "export.zip", pack(t, member{"activities.csv", e.table(t, e.row("1", "x", "activities/1.fit"))}, member{"activities/1.fit", content}), Options{})[0].Recordings[0]
	if *a.DistanceMeters != 88 || *a.AverageHeartRateBPM != 133 || *a.CaloriesKcal != 700 || a.Sport != pierre.SportTrailRunning {
		t.Errorf("got %+v as %s", a.Totals, a.Sport)
	}
}

// Garmin Connect calls its list by the same name.
func TestStravaLeavesOtherTablesAlone(t *testing.T) {
	header := "Activity Type,Date,Favorite,Title,Distance" + strings.Repeat(",x", 40)
	for name, content := range map[string]string{
		"Garmin Connect": header + "\nRunning,2024-05-01 06:00:00,false,Morning,5.01" + strings.Repeat(",1", 40) + "\n",
		"something else": "a,b,c\n1,2,3\n", "empty": "", "no text": "\x00\x01\x02",
	} {
		got := walkBytes(t, "Activities.csv", []byte(content), Options{})
		if len(got) != 1 || got[0].Status != StatusSkipped {
			t.Errorf("%s: got %q", name, brief(got))
		}
	}
}

// The row of a triathlon names it; its numbers are not those of each leg.
func TestStravaRowOfSeveralRecordings(t *testing.T) {
	e := exports[0]
	chain := slices.Concat(fitRecording{seconds: 40, sport: 2}.encode(t), fitRecording{start: fitStart.Add(time.Hour), seconds: 50, sport: 1}.encode(t))
	got := walkBytes(t, "export.zip", pack(t, member{"activities.csv", e.table(t, e.row("1", "Both", "activities/1.fit"))}, member{"activities/1.fit", chain}), Options{})[0]
	if len(got.Recordings) != 2 {
		t.Fatal(brief([]Result{got}))
	}
	for i, want := range []struct {
		sport pierre.Sport
		d     float64
	}{{pierre.SportRide, 117}, {pierre.SportRun, 147}} {
		a := got.Recordings[i]
		if a.Name != "Both" || a.Sport != want.sport || *a.DistanceMeters != want.d || a.CaloriesKcal != nil {
			t.Errorf("part %d: %q, %s, %g m", i, a.Name, a.Sport, *a.DistanceMeters)
		}
	}
}

func TestStravaLimitsRows(t *testing.T) {
	e := exports[0]
	results := walkBytes(t, "activities.csv", e.table(t, e.row("1", "a", ""), e.row("2", "b", ""), e.row("3", "c", "")), Options{Limits: Limits{Rows: 2}})
	if len(results) != 3 || !strings.Contains(strings.Join(results[2].Warnings, ""), "more than 2 activities") {
		t.Errorf("got %q", brief(results))
	}
}
