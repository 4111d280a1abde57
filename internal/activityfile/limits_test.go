//go:build !race

package activityfile

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/fit"
)

func tcxActivities(inner string) []byte {
	return []byte("<TrainingCenterDatabase><Activities>" + inner + "</Activities></TrainingCenterDatabase>")
}

const timedLap = `<Lap StartTime="2024-05-01T06:00:00Z"><TotalTimeSeconds>60</TotalTimeSeconds></Lap>`

// What is beyond a limit is left out with a warning, and what comes before is kept.
func TestWhatIsBeyondALimitIsLeftOut(t *testing.T) {
	sessions := func(n int) []byte {
		f := fitRecording{seconds: 10, without: true}
		for i := range n {
			f.after = append(f.after, mesgdef.NewSession(nil).SetStartTime(fitStart.Add(time.Duration(i)*time.Minute)).SetTotalElapsedTimeScaled(60))
		}
		return f.encode(t)
	}
	tracks := func(n int) []byte {
		var b strings.Builder
		for i := range n {
			b.WriteString(gpxTrk(fitStart.AddDate(0, 0, i), 2, ""))
		}
		return gpxDoc(b.String())
	}
	for name, tt := range map[string]struct {
		file       string
		content    []byte
		recordings int
		warning    string // "": all is read
	}{
		"points of GPX":          {"x.gpx", gpxDoc(gpxTrk(fitStart, 100, "")), 1, ""},
		"more points of GPX":     {"x.gpx", gpxDoc(gpxTrk(fitStart, 101, "")), 1, "more than 100 points"},
		"tracks":                 {"x.gpx", tracks(5), 5, ""},
		"points of TCX":          {"x.tcx", []byte(tcxDoc(100)), 1, ""},
		"more points of TCX":     {"x.tcx", []byte(tcxDoc(101)), 1, "more than 100 points"},
		"laps of TCX":            {"x.tcx", tcxActivities("<Activity>" + timedLap + strings.Repeat("<Lap/>", draft.MaxLaps-1) + "</Activity>"), 1, ""},
		"more laps of TCX":       {"x.tcx", tcxActivities(strings.Repeat("<Activity>"+timedLap+strings.Repeat("<Lap/>", draft.MaxLaps/2)+"</Activity>", 2)), 2, "more than 100000 laps"},
		"activities of TCX":      {"x.tcx", tcxActivities(strings.Repeat("<Activity>"+timedLap+"</Activity>", draft.MaxActivities)), draft.MaxActivities, ""},
		"more activities of TCX": {"x.tcx", tcxActivities(strings.Repeat("<Activity>"+timedLap+"</Activity>", draft.MaxActivities+1)), draft.MaxActivities, "more than 10000 activities"},
		"sessions of FIT":        {"x.fit", sessions(fit.MaxSessions), fit.MaxSessions, ""},
		"more sessions of FIT":   {"x.fit", sessions(fit.MaxSessions + 1), fit.MaxSessions + 1, "more parts than a recording can hold"},
	} {
		t.Run(name, func(t *testing.T) {
			results := walkBytes(t, tt.file, tt.content, Options{Limits: Limits{Samples: 100}})
			if len(results) != 1 || results[0].Status != StatusOK || len(results[0].Recordings) != tt.recordings {
				t.Fatalf("got %.200q with %d recordings, want %d", brief(results), len(results[0].Recordings), tt.recordings)
			}
			if w := strings.Join(results[0].Warnings, "; "); (tt.warning == "") != (w == "") || !strings.Contains(w, tt.warning) {
				t.Errorf("warnings %q, want %q", w, tt.warning)
			}
		})
	}
}

// cost returns how many bytes are allocated while content is walked, and how many are in use when it yields its first result.
func cost(t *testing.T, name string, content []byte) (allocated, kept uint64) {
	t.Helper()
	var before, after, first runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	src := NewSource(name, bytes.NewReader(content), int64(len(content)))
	if err := Walk(t.Context(), src, Options{TempDir: t.TempDir()}, func(Result) error {
		if first.HeapAlloc == 0 {
			runtime.GC()
			runtime.ReadMemStats(&first)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(content)
	return after.TotalAlloc - before.TotalAlloc, max(first.HeapAlloc, before.HeapAlloc) - before.HeapAlloc
}

// A file that repeats the shortest thing of which something is kept costs no more than an honest one of its size.
func TestCheapRepetitionsStayCheap(t *testing.T) {
	repeat := func(unit string) string { return strings.Repeat(unit, (256<<10)/len(unit)) }
	many := func(unit string) string { return strings.Repeat(unit, (2<<20)/len(unit)) } // more than the limit of their number lets in
	for name, tt := range map[string]struct {
		file    string
		content []byte
	}{
		"activities of TCX":        {"x.tcx", tcxActivities(repeat("<Activity/>"))},
		"laps of TCX":              {"x.tcx", tcxActivities("<Activity>" + many("<Lap/>") + "</Activity>")},
		"activities with a lap":    {"x.tcx", tcxActivities(many("<Activity><Lap/></Activity>"))},
		"transitions of TCX":       {"x.tcx", tcxActivities("<MultiSportSession>" + many("<NextSport><Transition/></NextSport>") + "</MultiSportSession>")},
		"tracks":                   {"x.gpx", gpxDoc(repeat("<trk/>"))},
		"tracks of a point":        {"x.gpx", gpxDoc(repeat("<trk><trkseg><trkpt/></trkseg></trk>"))},
		"names of tracks":          {"x.gpx", gpxDoc(repeat("<trk><name>" + strings.Repeat("x", 1000) + `</name><trkseg><trkpt lat="1" lon="1"><time>2024-05-01T06:00:00Z</time></trkpt></trkseg></trk>`))},
		"routes and waypoints":     {"x.gpx", gpxDoc(repeat("<rte/><wpt/>"))},
		"undated workouts":         {"export.xml", healthData(repeat("<Workout/>"))},
		"records":                  {"export.xml", healthData(repeat("<Record/>"))},
		"heart rates":              {"export.xml", healthData(repeat(`<Record type="HeartRate" startDate="2024-05-01 08:00:00 +0200" value="9"/>`))},
		"workouts":                 {"export.xml", healthData(repeat(`<Workout startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 08:00:00 +0200"/>`))},
		"events of a workout":      {"export.xml", healthData(`<Workout startDate="2024-05-01 08:00:00 +0200">` + repeat("<WorkoutEvent/>") + "</Workout>")},
		"routes of a workout":      {"export.xml", healthData(`<Workout startDate="2024-05-01 08:00:00 +0200">` + repeat(`<WorkoutRoute><FileReference path="/x"/></WorkoutRoute>`) + "</Workout>")},
		"rows of a Strava list":    {"activities.csv", []byte("id,date,filename\n" + many("1,,\n"))},
		"empty rows of a list":     {"activities.csv", []byte("id,date,filename\n" + many(",\n"))},
		"rows of a Garmin list":    {"x_summarizedActivities.json", []byte(`[{"summarizedActivitiesExport":[` + repeat("{},") + "{}]}]")},
		"dated rows of that list":  {"x_summarizedActivities.json", []byte(`[{"summarizedActivitiesExport":[` + many(`{"beginTimestamp":1e12},`) + "{}]}]")},
		"samples of Suunto":        {"x.json", []byte(`{"DeviceLog":{"Header":{},"Samples":[` + repeat(`{"HR":1},`) + `{}]}}`)},
		"laps of Suunto":           {"x.json", []byte(`{"DeviceLog":{"Header":{},"Samples":[` + repeat(`{"TimeISO8601":"2024-05-01T08:00:00Z","Window":{"Type":"Lap","Duration":1}},`) + `{}]}}`)},
		"values of Polar":          {"x.json", []byte(`{"startTime":"2024-05-01T08:00:00","timezoneOffsetMinutes":0,"durationMillis":1,"exercises":[{"startTime":"2024-05-01T08:00:00","samples":{"samples":[{"type":"SPEED","intervalMillis":1,"values":[` + repeat(`1,`) + `1]}]}}]}`)},
		"channels of Polar":        {"x.json", []byte(`{"startTime":"2024-05-01T08:00:00","timezoneOffsetMinutes":0,"durationMillis":1,"exercises":[{"samples":{"samples":[` + repeat(`{},`) + `{}]}}]}`)},
		"zones of workouts":        {"export.xml", healthData(`<Workout startDate="2024-05-01 08:00:00 +0200">` + repeat(`<MetadataEntry key="HKTimeZone" value="Europe/Berlin"/>`) + "</Workout>")},
		"elements of another kind": {"x.xml", []byte("<x>" + repeat("<y/>") + "</x>")},
	} {
		t.Run(name, func(t *testing.T) {
			allocated, kept := cost(t, tt.file, tt.content)
			size := uint64(len(tt.content))
			t.Logf("%d kB: %d kB allocated, %d kB at the same time", size>>10, allocated>>10, kept>>10)
			if allocated > 110*size || kept > 18*size {
				t.Errorf("%d bytes cost %d bytes, of which %d at the same time", size, allocated, kept)
			}
		})
	}
}

// Many files cost little each, wherever they are.
func TestManyFilesStayCheap(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	const n = 20_000
	for i := range n {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%d.csv", i), Method: zip.Store}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var peak runtime.MemStats
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	files := 0
	err := Walk(t.Context(), NewSource("x.zip", bytes.NewReader(b.Bytes()), int64(b.Len())), Options{}, func(Result) error {
		if files++; files == n/2 {
			runtime.GC()
			runtime.ReadMemStats(&peak)
		}
		return nil
	})
	if err != nil || files != n {
		t.Fatalf("%d files, %v", files, err)
	}
	if each := (max(peak.HeapAlloc, before.HeapAlloc) - before.HeapAlloc) / n; each > 1000 {
		t.Errorf("a file takes %d bytes of memory", each)
	}
}

// One packed member cannot be read under many names, and what an upload expands to is measured, whatever its directory says.
func TestExpansionIsMeasured(t *testing.T) {
	blank := gpxDoc(strings.Repeat(" ", ratioFloor+1<<20))
	t.Run("a directory that claims a large packed size", func(t *testing.T) {
		whole := pack(t, member{"x.gpx", blank})
		at := bytes.Index(whole, []byte("PK\x01\x02"))
		binary.LittleEndian.PutUint32(whole[at+20:], 1<<30)
		results := walkBytes(t, "up.zip", whole, Options{})
		if len(results) != 1 || results[0].Status == StatusOK || !strings.Contains(results[0].Reason, "expands to more than 200 times") {
			t.Errorf("got %q", brief(results))
		}
	})
	t.Run("one member under many names", func(t *testing.T) {
		whole := pack(t, member{"x.gpx", []byte(run)}, member{"y.gpx", []byte(run)}, member{"z.gpx", []byte(run)})
		for at := bytes.Index(whole, []byte("PK\x01\x02")); at >= 0 && at < len(whole)-46; at += 46 + len("x.gpx") {
			binary.LittleEndian.PutUint32(whole[at+42:], 0) // where its local header is
		}
		results := walkBytes(t, "up.zip", whole, Options{})
		if len(results) != 3 || results[0].Status != StatusOK || results[1].Status != StatusFailed || results[2].Status != StatusFailed ||
			!strings.Contains(results[1].Reason, "shares its bytes") {
			t.Errorf("got %q", brief(results))
		}
	})
	t.Run("the whole upload", func(t *testing.T) {
		var members []member
		for i := range 5 { // each below the limit of a file
			members = append(members, member{fmt.Sprintf("%d.gpx", i), gpxDoc(strings.Repeat(" ", 300<<10))})
		}
		packed := pack(t, members...)
		var results []Result
		w := newWalker(NewSource("up.zip", bytes.NewReader(packed), int64(len(packed))), Options{Limits: Limits{Ratio: 10}}, func(r Result) error {
			results = append(results, r)
			return nil
		})
		if want := expansionFloor + 10*int64(len(packed)); w.budget.bytes != want {
			t.Errorf("%d bytes may be read, want %d", w.budget.bytes, want)
		}
		w.budget.bytes -= expansionFloor - 800<<10 // to read less
		if err := w.walk(t.Context(), NewSource("up.zip", bytes.NewReader(packed), int64(len(packed)))); err != nil {
			t.Fatal(err)
		}
		last := results[len(results)-1]
		if results[0].Status != StatusSkipped || last.Status != StatusFailed || !strings.Contains(last.Reason, "the upload is larger") {
			t.Errorf("first %q, last %q", brief(results[:1]), brief(results[len(results)-1:]))
		}
	})
}

// An archive inside an archive takes no more of the disk than a real one of its size would.
func TestSpoolIsBounded(t *testing.T) {
	inner := append([]byte("PK\x03\x04"), bytes.Repeat([]byte("hardly more than nothing "), 2<<20)...)
	dir := t.TempDir()
	results := walkBytes(t, "up.zip", pack(t, member{"inner.zip", inner}), Options{TempDir: dir, Limits: Limits{Ratio: 10_000}})
	if len(results) != 1 || !strings.Contains(results[0].Reason, "expands to more than 10 times") {
		t.Errorf("got %q", brief(results))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v %v", left, err)
	}
}

// Sums of hostile numbers, and dates a century apart, never become a value.
func TestNothingImplausibleComesOut(t *testing.T) {
	lap := `<Lap StartTime="2024-05-01T06:00:00Z"><TotalTimeSeconds>1e308</TotalTimeSeconds><DistanceMeters>1e308</DistanceMeters><Calories>1e308</Calories></Lap>`
	for name, content := range map[string][]byte{
		"x.tcx": tcxActivities(`<Activity Sport="Running"><Id>2024-05-01T06:00:00Z</Id>` + strings.Repeat(lap, 3) + "</Activity>"),
		"x.gpx": gpxDoc(`<trk><trkseg><trkpt lat="1" lon="1"><ele>1e308</ele><time>1981-01-01T00:00:00Z</time></trkpt>` +
			`<trkpt lat="1" lon="2"><ele>-1e308</ele><time>1981-01-01T00:00:30Z</time></trkpt><trkpt lat="1" lon="3"><time>2199-01-01T00:00:00Z</time></trkpt></trkseg></trk>`),
		"y.gpx": gpxDoc(`<trk><trkseg>` + strings.Repeat(`<trkpt lat="1e-300" lon="-1e300"><speed>-1e308</speed><hr>1e308</hr><time>2024-05-01T06:00:00Z</time></trkpt>`, 3) +
			`<trkpt lat="NaN" lon="Inf"><power>NaN</power><time>2024-05-01T06:01:00Z</time></trkpt></trkseg></trk>`),
	} {
		for _, r := range walkBytes(t, name, content, Options{}) {
			for _, a := range r.Recordings {
				checkInvariants(t, a)
				if a.ElapsedSeconds != nil && *a.ElapsedSeconds > draft.MaxSpan {
					t.Errorf("%s: it lasted %g s", name, *a.ElapsedSeconds)
				}
			}
		}
	}
}

// Names and descriptions are cut to what a list can show.
func TestLongTextIsCut(t *testing.T) {
	long := strings.Repeat("é", 40_000)
	r := one(t, "x.gpx", gpxDoc("<trk><name>"+long+"</name><desc>"+long+"</desc>"+strings.TrimPrefix(gpxTrk(fitStart, 3, ""), "<trk>")))
	a := r.Recordings[0]
	if len(a.Name) > draft.MaxTitle || len(a.Name) < draft.MaxTitle-2 || len(a.Description) > draft.MaxDescription || strings.ToValidUTF8(a.Name+a.Description, "") != a.Name+a.Description {
		t.Errorf("name of %d bytes, description of %d", len(a.Name), len(a.Description))
	}
}

// Whatever is read, the end of the context ends the reading.
func TestReadingEndsWithItsContext(t *testing.T) {
	noise := make([]byte, 1<<20)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(noise)
	fit := fitRecording{seconds: 20_000, sport: typedef.SportCycling}.encode(t)
	for name, content := range map[string][]byte{
		"x.gpx":                       gpxDoc(gpxTrk(fitStart, 20_000, "")),
		"x.tcx":                       []byte(tcxDoc(20_000)),
		"x.fit":                       fit,
		"x.zip":                       pack(t, member{"noise.bin", noise}, member{"x.fit", fit}),
		"export.xml":                  healthData(strings.Repeat("<Record/>", 200_000)),
		"activities.csv":              []byte("id,date,filename\n" + strings.Repeat("1,2024-05-01 06:00:00,\n", 20_000)),
		"x_summarizedActivities.json": []byte("[" + strings.Repeat(" ", 1<<20) + "]"),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			reads, results := 0, 0
			pause := func(context.Context) {
				if reads++; reads == 2 {
					cancel()
				}
			}
			err := Walk(ctx, NewSource(name, bytes.NewReader(content), int64(len(content))), Options{Pause: pause}, func(Result) error {
				results++
				return nil
			})
			if ctx.Err() == nil || err == nil || results > 0 || reads > 3 {
				t.Errorf("%d results and %v after %d reads", results, err, reads)
			}
		})
	}
}

// A row of a list is kept in memory as a whole, so it ends somewhere.
func TestEndlessRow(t *testing.T) {
	results := walkBytes(t, "activities.csv", []byte("id,date,filename\n1,\""+strings.Repeat("x", 6<<20)), Options{Limits: Limits{Ratio: 10_000}})
	if len(results) != 1 || results[0].Status != StatusFailed || !strings.Contains(results[0].Reason, "longer than 4 MB") {
		t.Errorf("got %.300q", brief(results))
	}
}
