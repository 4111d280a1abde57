package importer_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A database is a real one, and the importer into it.
type database struct {
	*store.Store

	importer *importer.Importer
	path     string
}

func newDatabase(t testing.TB) database {
	t.Helper()
	path := storetest.SQLite(t)
	s, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return database{s, importer.New(s, time.Now, importer.Options{TempDir: t.TempDir()}), path}
}

func (db database) user(t testing.TB, name string) pierre.UserID {
	t.Helper()
	u, err := db.EnsureUser(t.Context(), name+"@example.com", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// load imports paths of the real recordings, in that order.
func (db database) load(t testing.TB, user pierre.UserID, names ...string) []pierre.ImportRow {
	t.Helper()
	var rows []pierre.ImportRow
	for _, name := range names {
		_, err := db.importer.ImportPath(t.Context(), user, filepath.Join(recordings.Dir(t), name), importer.Watch{Row: func(r pierre.ImportRow) error {
			rows = append(rows, r)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// recordings returns all that the user has, oldest first, without what differs from import to import.
func (db database) recordings(t testing.TB, user pierre.UserID) []pierre.Recording {
	t.Helper()
	page, err := db.Activities(t.Context(), user, pierre.ActivityQuery{Ascending: true})
	if err != nil {
		t.Fatal(err)
	}
	var all []pierre.Recording
	for _, a := range page.Activities {
		rec, err := db.Recording(t.Context(), user, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		rec.ID, rec.UserID = "", ""
		if i := slices.IndexFunc(page.Activities, func(o pierre.Activity) bool { return o.ID == a.Twin }); i >= 0 {
			rec.Twin = pierre.ActivityID(page.Activities[i].Start.String() + page.Activities[i].Device)
		}
		all = append(all, rec)
	}
	slices.SortFunc(all, func(a, b pierre.Recording) int { // of two that start together
		return strings.Compare(a.Start.Format(time.RFC3339Nano)+string(a.Provider), b.Start.Format(time.RFC3339Nano)+string(b.Provider))
	})
	return all
}

// digest sums up every row of every table.
func (db database) digest(t testing.TB) string {
	t.Helper()
	raw, err := sql.Open("sqlite3", db.path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var lines []string
	for _, table := range []string{"activities", "activity_sources", "profiles", "users", "wellness"} {
		rows, err := raw.QueryContext(t.Context(), `SELECT * FROM `+table) //nolint:unqueryvet // whatever there is
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprint(table, values))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d rows, %x", len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))))
}

// everything lists the real recordings and archives.
func everything(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(recordings.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestSameFilesTwiceChangeNothing(t *testing.T) {
	db := newDatabase(t)
	ana := db.user(t, "ana")
	first := db.load(t, ana, everything(t)...)
	before := db.digest(t)
	again := db.load(t, ana, everything(t)...)
	if after := db.digest(t); after != before {
		t.Error("importing the same files again changed the database")
	}
	for i, row := range again {
		want := first[i]
		if len(want.Activities) > 0 {
			want.Status, want.Reason, want.Added = pierre.ImportDuplicate, "already imported", nil
		}
		if len(want.Days) > 0 {
			want.Status, want.Reason, want.Days = pierre.ImportDuplicate, "already imported", slices.Clone(want.Days)
			for n := range want.Days {
				want.Days[n].Changed = 0
			}
		}
		if !reflect.DeepEqual(row, want) {
			t.Errorf("again: %+v, want %+v", row, want)
		}
	}
	// The same bytes under another name are the same file.
	copied := filepath.Join(t.TempDir(), "copy.fit")
	b, err := os.ReadFile(filepath.Join(recordings.Dir(t), "ride_road_power.fit"))
	if err == nil {
		err = os.WriteFile(copied, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	sum, err := db.importer.ImportPath(t.Context(), ana, copied, importer.Watch{})
	if err != nil || sum.Duplicate != 1 || db.digest(t) != before {
		t.Errorf("a copy: %+v, %v; want a duplicate that changes nothing", sum, err)
	}
}

// Merged activities have the same values whatever came first.
func TestOrderOfImportsDoesNotMatter(t *testing.T) {
	db := newDatabase(t)
	forwards := everything(t)
	backwards := slices.Clone(forwards)
	slices.Reverse(backwards)
	ana, bob := db.user(t, "ana"), db.user(t, "bob")
	db.load(t, ana, forwards...)
	db.load(t, bob, backwards...)
	a, b := db.recordings(t, ana), db.recordings(t, bob)
	if len(a) != len(b) {
		t.Fatalf("%d activities, but %d backwards", len(a), len(b))
	}
	for i := range a {
		if !same(a[i], b[i]) {
			t.Errorf("forwards:  %+v\nbackwards: %+v", a[i].Activity, b[i].Activity)
		}
	}
}

// Of all the recordings these are of an activity that another file had before, and no others.
func TestWhatIsMerged(t *testing.T) {
	db := newDatabase(t)
	var got []string
	for _, row := range db.load(t, db.user(t, "ana"), everything(t)...) {
		if row.Status == pierre.ImportDuplicate {
			got = append(got, row.File)
		}
	}
	want := []string{
		"dup_run_4laps.tcx",
		"run_fr110_smart_recording.fit", // broken_bad_crc.fit
		"activities/9700000001.fit.gz",
		"activities/9700000003.tcx.gz",
		"activities/9100000004.gpx",
		"strength_hr_only.fit", // the export's 9700000002
	}
	if !slices.Equal(got, want) {
		t.Errorf("duplicates = %q, want %q", got, want)
	}
}

// same compares recordings, with NaN equal to itself.
func same(a, b pierre.Recording) bool {
	x, y := reflect.ValueOf(a.Series), reflect.ValueOf(b.Series)
	for i := range x.NumField() {
		if !slices.EqualFunc(x.Field(i).Interface().([]float64), y.Field(i).Interface().([]float64), func(v, w float64) bool {
			return v == w || math.IsNaN(v) && math.IsNaN(w)
		}) {
			return false
		}
	}
	return reflect.DeepEqual(a.Laps, b.Laps) && reflect.DeepEqual(a.Activity, b.Activity)
}

// One activity in two formats, of which each knows something that the other does not.
func TestMergeOfFormats(t *testing.T) {
	for _, order := range [][]string{{"dup_run_4laps.gpx", "dup_run_4laps.tcx"}, {"dup_run_4laps.tcx", "dup_run_4laps.gpx"}} {
		t.Run(strings.Join(order, " then "), func(t *testing.T) {
			db := newDatabase(t)
			ana := db.user(t, "ana")
			rows := db.load(t, ana, order...)
			if rows[0].Status != pierre.ImportImported || rows[1].Status != pierre.ImportDuplicate ||
				!strings.Contains(rows[1].Reason, "merged with, "+order[0]) || rows[0].Activities[0] != rows[1].Activities[0] {
				t.Fatalf("rows = %+v", rows)
			}
			rec, err := db.Recording(t.Context(), ana, rows[0].Activities[0])
			if err != nil {
				t.Fatal(err)
			}
			if rec.Name != "Boulder Running" || len(rec.Laps) != 4 || math.Abs(*rec.DistanceMeters-158.71) > 0.01 || len(rec.Series.Time) != 49 {
				t.Errorf("merged = %+v with %d laps and %d samples; want the GPX file's name and the TCX file's values", rec.Activity, len(rec.Laps), len(rec.Series.Time))
			}
			sources, err := db.Sources(t.Context(), ana, rows[0].Activities[0])
			if err != nil || len(sources) != 2 || sources[0].Format != "tcx" || !sources[0].Primary || sources[1].Primary {
				t.Errorf("Sources = %+v, %v; want both, the TCX file primary", sources, err)
			}
		})
	}
}

// A file with a wrong checksum gives way to the intact copy, and its warning goes.
func TestIntactCopyWins(t *testing.T) {
	db := newDatabase(t)
	ana := db.user(t, "ana")
	rows := db.load(t, ana, "broken_bad_crc.fit", "run_fr110_smart_recording.fit")
	a, err := db.Activity(t.Context(), ana, rows[1].Activities[0])
	if err != nil || len(rows[0].Warnings) != 1 || rows[1].Status != pierre.ImportDuplicate || len(a.Warnings) != 0 {
		t.Errorf("rows %+v, then %+v, %v; want the intact copy's values", rows, a, err)
	}
}

// The account's entry names what was imported as a bare file before.
func TestAccountNamesItsFiles(t *testing.T) {
	db := newDatabase(t)
	ana := db.user(t, "ana")
	db.load(t, ana, "run_fenix2_9km.fit", "strava_export_en.zip")
	page, err := db.Activities(t.Context(), ana, pierre.ActivityQuery{Providers: []pierre.Provider{pierre.ProviderStrava}})
	if err != nil || page.Total != len(recordings.Load(t).Archives.Strava.Rows) {
		t.Fatalf("%d activities of strava, %v", page.Total, err)
	}
	for _, a := range page.Activities {
		if a.Start.Year() != 2015 || a.Start.Month() != time.August {
			continue
		}
		sources, err := db.Sources(t.Context(), ana, a.ID)
		if a.Name != `Lunch Run, "easy"` || a.Provider != pierre.ProviderStrava || err != nil || len(sources) != 2 {
			t.Errorf("the run = %+v with %+v, %v", a, sources, err)
		}
	}
}

// The same file of two users is two activities, and each sees only the own one.
func TestUsersAreApart(t *testing.T) {
	db := newDatabase(t)
	ana, bob := db.user(t, "ana"), db.user(t, "bob")
	a := db.load(t, ana, "run_fenix2_9km.fit")[0]
	b := db.load(t, bob, "run_fenix2_9km.fit")[0]
	if b.Status != pierre.ImportImported || a.Activities[0] == b.Activities[0] {
		t.Errorf("bob's import = %+v after %+v", b, a)
	}
	if _, err := db.Recording(t.Context(), bob, a.Activities[0]); pierre.KindOf(err) != pierre.KindNotFound {
		t.Errorf("bob reads ana's recording: %v", err)
	}
}

// copies returns a folder with copies of some of the real recordings.
func copies(t testing.TB, names ...string) string {
	t.Helper()
	dir := ""
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(recordings.Dir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if dir == "" {
			dir = t.TempDir()
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// An import that is stopped leaves whole activities; repeating it completes what is missing.
func TestInterruptedImport(t *testing.T) {
	db := newDatabase(t)
	ana, bob := db.user(t, "ana"), db.user(t, "bob")
	dir := copies(t, "broken_bad_crc.fit", "dup_run_4laps.gpx", "dup_run_4laps.tcx", "multisport_triathlon_chained.fit",
		"run_fr110_smart_recording.fit", "run_strava_gpxtpx.gpx", "strava_export_en.zip")
	if _, err := db.importer.ImportPath(t.Context(), bob, dir, importer.Watch{}); err != nil {
		t.Fatal(err)
	}
	want := db.recordings(t, bob)
	for stop := range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		var reported []pierre.ActivityID
		n := 0
		_, err := db.importer.ImportPath(ctx, ana, dir, importer.Watch{Row: func(r pierre.ImportRow) error {
			reported = append(reported, r.Activities...)
			if n++; n > stop {
				cancel()
			}
			return nil
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d files: %v", stop+1, err)
		}
		for _, id := range reported {
			if _, err := db.Recording(t.Context(), ana, id); err != nil {
				t.Errorf("stopped after %d files: a reported activity is not there: %v", stop+1, err)
			}
		}
		for _, rec := range db.recordings(t, ana) {
			whole := func(w pierre.Recording) bool {
				return w.Start.Equal(rec.Start) && len(w.Series.Time) >= len(rec.Series.Time)
			}
			if !slices.ContainsFunc(want, whole) {
				t.Errorf("stopped after %d files: %+v is no activity of the whole import", stop+1, rec.Activity)
			}
		}
	}
	if _, err := db.importer.ImportPath(t.Context(), ana, dir, importer.Watch{}); err != nil {
		t.Fatal(err)
	}
	if got := db.recordings(t, ana); !slices.EqualFunc(got, want, same) {
		t.Errorf("after all: %d activities, want the %d of an import without interruption", len(got), len(want))
	}
}

func TestMissingPath(t *testing.T) {
	db := newDatabase(t)
	_, err := db.importer.ImportPath(t.Context(), db.user(t, "ana"), filepath.Join(t.TempDir(), "nowhere.fit"), importer.Watch{})
	if pierre.KindOf(err) != pierre.KindNotFound || !strings.Contains(err.Error(), "nowhere.fit") {
		t.Errorf("ImportPath = %v, want not found with the path", err)
	}
}

// An error of who reads the report stops the import.
func TestReaderStopsImport(t *testing.T) {
	db := newDatabase(t)
	gone := errors.New("gone")
	sum, err := db.importer.ImportPath(t.Context(), db.user(t, "ana"), recordings.Dir(t), importer.Watch{Row: func(pierre.ImportRow) error { return gone }})
	if !errors.Is(err, gone) || sum.Files != 1 {
		t.Errorf("ImportPath = %+v, %v; want the reader's error after one file", sum, err)
	}
}

// A profile that files tell of completes the user's own.
func TestProfileFromFiles(t *testing.T) {
	db := newDatabase(t)
	ana := db.user(t, "ana")
	if _, err := db.UpdateProfile(t.Context(), ana, time.Now(), func(p *pierre.ProfileRecord) error { p.HeightCm = new(170.0); return nil }); err != nil {
		t.Fatal(err)
	}
	db.load(t, ana, "apple_health_export_v14.zip")
	p, err := db.Profile(t.Context(), ana)
	if err != nil || *p.HeightCm != 170 || p.Sex != pierre.SexFemale || *p.BirthYear != 1984 {
		t.Errorf("Profile = %+v, %v; want her own height and the export's rest", p, err)
	}
}

func benchmarkFiles(b *testing.B) (dir string, bytes int64) {
	b.Helper()
	dir = copies(b, "ride_6h_wahoo_power.fit", "run_fenix2_9km.fit", "run_3laps_hr.tcx", "run_garmin_gpxtpx_hr.gpx")
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			b.Fatal(err)
		}
		bytes += info.Size()
	}
	return dir, bytes
}

func BenchmarkImport(b *testing.B) {
	dir, bytes := benchmarkFiles(b)
	db := newDatabase(b)
	b.SetBytes(bytes)
	for n := 0; b.Loop(); n++ { // for a new user each time: nothing is known yet
		if _, err := db.importer.ImportPath(b.Context(), db.user(b, fmt.Sprint(n)), dir, importer.Watch{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecode is what [BenchmarkImport] is to be measured against: the reading of the files alone.
func BenchmarkDecode(b *testing.B) {
	dir, bytes := benchmarkFiles(b)
	b.SetBytes(bytes)
	for b.Loop() {
		src, err := activityfile.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		if err := activityfile.Walk(b.Context(), src, activityfile.Options{}, func(activityfile.Result) error { return nil }); err != nil {
			b.Fatal(err)
		}
		if err := src.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// Values of days count, too: 100 bytes each.
func TestStoredValuesAreBounded(t *testing.T) {
	db := newDatabase(t)
	ana := db.user(t, "ana")
	db.importText(t, ana, "<HealthData>"+restingHeartRate("2026-03-01", "50")+restingHeartRate("2026-03-02", "51")+"</HealthData>")
	for limit, full := range map[int64]bool{200: true, 201: false} {
		bounded := importer.New(db.Store, time.Now, importer.Options{TempDir: t.TempDir(), MaxStored: limit})
		_, err := bounded.ImportPath(t.Context(), ana, filepath.Join(recordings.Dir(t), "run_strava_gpxtpx.gpx"), importer.Watch{})
		if (err != nil) != full || full && pierre.KindOf(err) != pierre.KindStorageFull {
			t.Errorf("with a limit of %d bytes: %v", limit, err)
		}
	}
}

// What comes from connected accounts has the limit that imports have.
func TestFetchedValuesAreBounded(t *testing.T) {
	db := newDatabase(t)
	ana, ben := db.user(t, "ana"), db.user(t, "ben")
	bounded := importer.New(db.Store, time.Now, importer.Options{MaxStored: 200})
	values := func(day int) []pierre.Wellness {
		return []pierre.Wellness{{Day: time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC), Kind: pierre.WellnessSteps, Source: pierre.ProviderOura, Value: 8000}}
	}
	for day, full := range []bool{false, false, true} {
		if err := bounded.KeepValues(t.Context(), ana, values(day+1)); (err != nil) != full || full && pierre.KindOf(err) != pierre.KindStorageFull {
			t.Errorf("day %d: %v", day+1, err)
		}
	}
	if err := bounded.KeepValues(t.Context(), ana, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
	if err := bounded.KeepValues(t.Context(), ben, values(1)); err != nil {
		t.Errorf("another user: %v", err)
	}
}

func TestStoredBytesAreBounded(t *testing.T) {
	db := newDatabase(t)
	ana, ben := db.user(t, "ana"), db.user(t, "ben")
	bounded := importer.New(db.Store, time.Now, importer.Options{TempDir: t.TempDir(), MaxStored: 1})
	load := func(user pierre.UserID, name string) error {
		_, err := bounded.ImportPath(t.Context(), user, filepath.Join(recordings.Dir(t), name), importer.Watch{})
		return err
	}
	if err := load(ana, "run_strava_gpxtpx.gpx"); err != nil {
		t.Fatalf("the first upload of somebody who has nothing: %v", err)
	}
	err := load(ana, "run_garmin_gpxtpx_hr.gpx")
	if pierre.KindOf(err) != pierre.KindStorageFull || !strings.Contains(pierre.MessageOf(err, ""), "its limit for one person is 1 byte") {
		t.Errorf("beyond the limit: %v", err)
	}
	if err := load(ben, "run_strava_gpxtpx.gpx"); err != nil {
		t.Errorf("another person: %v", err)
	}
}
