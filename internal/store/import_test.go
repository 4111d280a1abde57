package store_test

import (
	"crypto/sha256"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

var morning = time.Date(2026, 3, 1, 7, 30, 0, 0, time.UTC)

// A source and what it says; its bytes are its file's name.
type source struct {
	pierre.Source
	pierre.Recording
}

func newSource(file string, start time.Time, change func(*source)) source {
	s := source{
		pierre.Source{Provider: pierre.ProviderFile, File: file, Format: "fit", SHA256: sha256.Sum256([]byte(file)), Imported: morning},
		pierre.Recording{Activity: pierre.Activity{
			Start: start, Sport: pierre.SportRun,
			Totals: pierre.Totals{DistanceMeters: new(5000.0), DurationSeconds: new(1500.0), ElapsedSeconds: new(1500.0)},
		}},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func user(t *testing.T, s *store.Store, name string) pierre.UserID {
	t.Helper()
	u, err := s.EnsureUser(t.Context(), name+"@example.com", morning)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func add(t *testing.T, s *store.Store, u pierre.UserID, src source) pierre.Addition {
	t.Helper()
	added, err := s.ImportRecording(t.Context(), u, src.Source, src.Recording)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func TestImportRecording(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := user(t, s, "ana")
		src := newSource("run.fit", morning, func(r *source) {
			r.Name, r.Device, r.UTCOffset, r.Warnings = "Lake", "Edge", new(7200), []string{"odd"}
			r.HasGPS, r.MultisportID, r.CaloriesKcal = true, "m1", new(300.0)
			r.Laps = []pierre.Lap{{StartSeconds: 2, Totals: pierre.Totals{DistanceMeters: new(10.0)}}}
			r.Series = pierre.Series{
				Time: []float64{0, 1}, Latitude: []float64{48, 48.5}, Longitude: []float64{16, 16.5}, Power: []float64{math.NaN(), 200},
			}
		})
		added := add(t, s, ana, src)
		if added.Outcome != pierre.OutcomeAdded || len(added.Others) != 0 {
			t.Errorf("first import = %+v, want added without other sources", added)
		}
		got, err := s.Recording(t.Context(), ana, added.Activity)
		if err != nil {
			t.Fatal(err)
		}
		want := src.Recording
		want.ID, want.UserID, want.Provider = added.Activity, ana, pierre.ProviderFile
		if power := got.Series.Power; len(power) != 2 || !math.IsNaN(power[0]) || power[1] != 200 {
			t.Errorf("power = %v, want NaN, 200", power)
		}
		got.Series.Power, want.Series.Power = nil, nil // NaN is not equal to itself
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Recording = %+v\nwant %+v", got, want)
		}
		again := add(t, s, ana, src)
		if again.Outcome != pierre.OutcomeUnchanged || again.Activity != added.Activity {
			t.Errorf("second import = %+v, want the same activity, unchanged", again)
		}
		src.Name = "Renamed"
		if third := add(t, s, ana, src); third.Outcome != pierre.OutcomeUpdated || third.Activity != added.Activity {
			t.Errorf("import of an edited entry = %+v, want updated", third)
		}
		if a, err := s.Activity(t.Context(), ana, added.Activity); err != nil || a.Name != "Renamed" {
			t.Errorf("after the edit: %q, %v", a.Name, err)
		}
	})
}

// rideTwice is one ride by a computer without a heart rate and by a watch without power, and the account's entry of it.
func rideTwice() []source {
	times := []float64{0, 1, 2, 3}
	return []source{
		newSource("computer.fit", morning, func(r *source) {
			r.Series = pierre.Series{Time: times, Power: []float64{1, 2, 3, 4}, Speed: []float64{8, 8, 8, 8}}
			r.AveragePowerWatts = new(2.5)
		}),
		newSource("watch.tcx", morning.Add(time.Second), func(r *source) {
			r.Format = "tcx"
			r.Series = pierre.Series{Time: times, HeartRate: []float64{101, 102, 103, 104}}
			r.AverageHeartRateBPM = new(102.5)
			r.Laps = []pierre.Lap{{StartSeconds: 0}}
		}),
		newSource("activities.csv#7", morning, func(r *source) {
			r.Provider, r.ExternalID, r.Format, r.Name = pierre.ProviderStrava, "7", "csv", "Home"
		}),
	}
}

// Whatever the order of imports, the merged activity is the same.
func TestMergeIsIndependentOfOrder(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		sources := rideTwice()
		var want pierre.Recording
		for n, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			u := user(t, s, fmt.Sprint("user", n))
			var last pierre.Addition
			for _, i := range order {
				last = add(t, s, u, sources[i])
			}
			if last.Outcome != pierre.OutcomeMerged || len(last.Others) != 2 {
				t.Errorf("order %v: third import = %+v, want merged with two others", order, last)
			}
			got, err := s.Recording(t.Context(), u, last.Activity)
			if err != nil {
				t.Fatal(err)
			}
			if hr := got.Series.HeartRate; len(hr) != 4 || hr[0] != 101 || hr[1] != 101 || hr[2] != 102 {
				t.Errorf("order %v: heart rate = %v, want the watch's, a second later", order, hr)
			}
			primary(t, s, u, last.Activity, "computer.fit", 3)
			got.ID, got.UserID = "", ""
			if n == 0 {
				want = got
			} else if !reflect.DeepEqual(got, want) {
				t.Errorf("order %v: %+v\nwant %+v", order, got, want)
			}
		}
		if want.Name != "Home" || *want.AveragePowerWatts != 2.5 || *want.AverageHeartRateBPM != 102.5 || len(want.Laps) != 1 {
			t.Errorf("merged = %+v", want)
		}
	})
}

func primary(t *testing.T, s *store.Store, u pierre.UserID, id pierre.ActivityID, file string, n int) {
	t.Helper()
	sources, err := s.Sources(t.Context(), u, id)
	if err != nil || len(sources) != n || sources[0].File != file || !sources[0].Primary || sources[1].Primary {
		t.Errorf("Sources = %+v, %v; want %d of them, %s the only primary", sources, err, n, file)
	}
}

// A source may show that two activities are one: a clock without a zone that started between both.
func TestMergeJoinsActivities(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := user(t, s, "ana")
		first := add(t, s, ana, newSource("a", morning, nil))
		second := add(t, s, ana, newSource("b", morning.Add(90*time.Second), nil))
		if second.Outcome != pierre.OutcomeAdded {
			t.Fatalf("90 s later = %+v, want an activity of its own", second)
		}
		third := add(t, s, ana, newSource("c", morning.Add(45*time.Second), nil))
		if third.Outcome != pierre.OutcomeMerged || len(third.Others) != 2 {
			t.Errorf("in between = %+v, want merged with both", third)
		}
		page, err := s.Activities(t.Context(), ana, pierre.ActivityQuery{})
		if err != nil || page.Total != 1 {
			t.Errorf("Activities = %+v, %v; want one (%s or %s)", page, err, first.Activity, second.Activity)
		}
	})
}

// ride is ten minutes to the north at 1 Hz, from a place so many degrees east of the first.
func ride(east float64) pierre.Series {
	var s pierre.Series
	for i := range 600 {
		s.Time = append(s.Time, float64(i))
		s.Latitude = append(s.Latitude, 48+float64(i)*7e-5)
		s.Longitude = append(s.Longitude, 16+east)
		s.Altitude = append(s.Altitude, 200)
	}
	return s
}

// Two tracks decide, in place of the distance that devices measure differently:
// the same route is the same activity, two people's elsewhere are two.
func TestTracksDecide(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := user(t, s, "ana")
		on := func(file string, start time.Time, track pierre.Series, meters float64) pierre.Addition {
			return add(t, s, ana, newSource(file, start, func(r *source) {
				r.Series, r.HasGPS = track, true
				*r.DistanceMeters, *r.DurationSeconds, *r.ElapsedSeconds = meters, 600, 600
			}))
		}
		first := on("first", morning, ride(0), 4660)
		rich := ride(1e-4)
		rich.HeartRate = rich.Altitude
		for name, test := range map[string]struct {
			got  pierre.Addition
			want pierre.ImportOutcome
		}{
			"same route, another distance": {on("other device", morning.Add(10*time.Second), rich, 4100), pierre.OutcomeMerged},
			"another road":                 {on("other road", morning, ride(0.1), 4660), pierre.OutcomeAdded},
			"back to back":                 {on("next", morning.Add(10*time.Minute), ride(0), 4660), pierre.OutcomeAdded},
			"again the route, by a source whose richer ones hold the track": {on("third device", morning, ride(0), 4000), pierre.OutcomeMerged},
		} {
			if test.got.Outcome != test.want || (test.got.Activity == first.Activity) != (test.want == pierre.OutcomeMerged) {
				t.Errorf("%s: %+v, want %s", name, test.got, test.want)
			}
		}
	})
}

// The parts of one file are never one activity, not even if something is like both.
func TestPartsOfOneFileStayApart(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := user(t, s, "ana")
		part := func(n int) source {
			return newSource("tri.fit", morning.Add(time.Duration(n)*20*time.Second), func(r *source) { r.Part = n })
		}
		if a, b := add(t, s, ana, part(0)), add(t, s, ana, part(1)); a.Activity == b.Activity {
			t.Error("two parts of one file became one activity")
		}
		if got := add(t, s, ana, newSource("other", morning.Add(10*time.Second), nil)); len(got.Others) != 1 {
			t.Errorf("a source like both parts = %+v, want merged with one", got)
		}
	})
}

// What is imported for one user is nothing to another.
func TestImportIsolatesUsers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, bob := user(t, s, "ana"), user(t, s, "bob")
		a := add(t, s, ana, newSource("run.fit", morning, nil))
		b := add(t, s, bob, newSource("run.fit", morning, nil))
		if b.Outcome != pierre.OutcomeAdded || a.Activity == b.Activity {
			t.Errorf("the same file of another user = %+v, want another activity", b)
		}
		for name, err := range map[string]error{
			"Activity":  errOf(s.Activity(t.Context(), bob, a.Activity)),
			"Recording": errOf(s.Recording(t.Context(), bob, a.Activity)),
			"Sources":   errOf(s.Sources(t.Context(), bob, a.Activity)),
		} {
			if pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("%s of another user's activity = %v, want not found", name, err)
			}
		}
		page, err := s.Activities(t.Context(), bob, pierre.ActivityQuery{})
		if err != nil || page.Total != 1 || page.Activities[0].ID != b.Activity {
			t.Errorf("Activities = %+v, %v; want bob's own", page, err)
		}
		sums, err := s.ProviderSummaries(t.Context(), bob)
		if err != nil || len(sums) != 1 || sums[0].Activities != 1 {
			t.Errorf("ProviderSummaries = %+v, %v; want bob's one", sums, err)
		}
	})
}

func errOf[T any](_ T, err error) error { return err }

func TestActivitiesPages(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := user(t, s, "ana")
		var newest []pierre.ActivityID
		for n := range 7 { // two of a day start at the same time, in different places
			newest = append(newest, add(t, s, ana, newSource(fmt.Sprint(n), morning.AddDate(0, 0, n/2), func(r *source) {
				*r.DistanceMeters = float64(1000 * (1 + n%2))
				r.Sport = []pierre.Sport{pierre.SportRun, pierre.SportRide}[n%2]
			})).Activity)
		}
		all, err := s.Activities(t.Context(), ana, pierre.ActivityQuery{})
		if err != nil || all.Total != 7 || all.NextCursor != "" || len(all.Activities) != 7 {
			t.Fatalf("all = %+v, %v", all, err)
		}
		for _, ascending := range []bool{false, true} {
			var got []pierre.ActivityID
			q := pierre.ActivityQuery{Limit: 2, Ascending: ascending}
			for first := true; first || q.Cursor != ""; first = false {
				page, err := s.Activities(t.Context(), ana, q)
				if err != nil || page.Total != 7 || len(page.Activities) > 2 {
					t.Fatalf("page = %+v, %v", page, err)
				}
				got, q.Cursor = append(got, ids(page)...), page.NextCursor
			}
			want := ids(all)
			if ascending {
				slices.Reverse(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("ascending %t: pages = %v, want %v", ascending, got, want)
			}
		}
		for name, test := range map[string]struct {
			q    pierre.ActivityQuery
			want []pierre.ActivityID
		}{
			"offset":           {pierre.ActivityQuery{Offset: 5}, ids(all)[5:]},
			"offset and limit": {pierre.ActivityQuery{Offset: 2, Limit: 3}, ids(all)[2:5]},
			"beyond the end":   {pierre.ActivityQuery{Offset: 9}, nil},
			"days":             {pierre.ActivityQuery{After: morning.AddDate(0, 0, 3), Before: morning.AddDate(0, 0, 4)}, newest[6:]},
			"half open":        {pierre.ActivityQuery{After: morning.AddDate(0, 0, 2), Before: morning.AddDate(0, 0, 3), Sports: []pierre.Sport{pierre.SportRide}}, newest[5:6]},
			"no such provider": {pierre.ActivityQuery{Providers: []pierre.Provider{pierre.ProviderGarmin}}, nil},
		} {
			page, err := s.Activities(t.Context(), ana, test.q)
			if got := ids(page); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s: %v, %v; want %v", name, got, err, test.want)
			}
		}
		for _, q := range []pierre.ActivityQuery{
			{Cursor: "nonsense"},
			{Cursor: "AAAA", Limit: 1},
			{Cursor: cursor(t, s, ana), Offset: 1},
		} {
			if _, err := s.Activities(t.Context(), ana, q); pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("Activities(%+v) = %v, want invalid", q, err)
			}
		}
	})
}

func cursor(t *testing.T, s *store.Store, u pierre.UserID) string {
	t.Helper()
	page, err := s.Activities(t.Context(), u, pierre.ActivityQuery{Limit: 1})
	if err != nil || page.NextCursor == "" {
		t.Fatalf("no cursor: %+v, %v", page, err)
	}
	return page.NextCursor
}

func ids(page pierre.ActivityPage) []pierre.ActivityID {
	var ids []pierre.ActivityID
	for _, a := range page.Activities {
		ids = append(ids, a.ID)
	}
	return ids
}

// An activity belongs to every provider that it has a source of.
func TestProviders(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := user(t, s, "ana")
		var merged pierre.ActivityID
		for _, src := range rideTwice() {
			merged = add(t, s, ana, src).Activity
		}
		later := add(t, s, ana, newSource("other.fit", morning.AddDate(0, 0, 1), func(r *source) { r.Imported = morning.AddDate(1, 0, 0) })).Activity
		for provider, want := range map[pierre.Provider][]pierre.ActivityID{
			pierre.ProviderStrava: {merged}, pierre.ProviderFile: {later, merged}, pierre.ProviderGarmin: nil,
		} {
			page, err := s.Activities(t.Context(), ana, pierre.ActivityQuery{Providers: []pierre.Provider{provider}})
			if got := ids(page); err != nil || !slices.Equal(got, want) {
				t.Errorf("activities of %s = %v, %v; want %v", provider, got, err, want)
			}
		}
		got, err := s.ProviderSummaries(t.Context(), ana)
		want := []pierre.ProviderSummary{
			{Provider: pierre.ProviderFile, Activities: 2, First: morning, Last: morning.AddDate(0, 0, 1), Imported: morning.AddDate(1, 0, 0)},
			{Provider: pierre.ProviderStrava, Activities: 1, First: morning, Last: morning, Imported: morning},
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("ProviderSummaries = %+v, %v; want %+v", got, err, want)
		}
	})
}

// Files complete what the user said, and the latest file counts, whatever the order.
func TestImportProfile(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		young := pierre.Profile{WeightKg: new(60.0), BirthYear: new(1990), Updated: morning}
		old := pierre.Profile{WeightKg: new(70.0), MaxHeartRateBPM: new(190.0), Updated: morning.AddDate(1, 0, 0)}
		for n, order := range [][]pierre.Profile{{young, old}, {old, young}, {old, young, {Updated: morning.AddDate(2, 0, 0)}}} {
			u := user(t, s, fmt.Sprint("user", n))
			if _, err := s.UpdateProfile(t.Context(), u, morning, func(p *pierre.ProfileRecord) error {
				p.MaxHeartRateBPM = new(200.0)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for _, p := range order {
				if err := s.ImportProfile(t.Context(), u, p); err != nil {
					t.Fatal(err)
				}
			}
			p, err := s.Profile(t.Context(), u)
			if err != nil || *p.WeightKg != 70 || *p.BirthYear != 1990 || *p.MaxHeartRateBPM != 200 {
				t.Errorf("order %d: Profile = %+v, %v; want the user's maximum and the latest weight", n, p, err)
			}
			if _, err := s.UpdateProfile(t.Context(), u, morning, func(p *pierre.ProfileRecord) error { p.WeightKg = new(65.0); return nil }); err != nil {
				t.Fatal(err)
			}
			old.Updated = morning.AddDate(5, 0, 0)
			if err := s.ImportProfile(t.Context(), u, old); err != nil {
				t.Fatal(err)
			}
			if p, err := s.Profile(t.Context(), u); err != nil || *p.WeightKg != 65 {
				t.Errorf("order %d: a later file overrode the user's own weight: %v, %v", n, *p.WeightKg, err)
			}
		}
	})
}

func TestProfile(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, bob := user(t, s, "ana"), user(t, s, "bob")
		if p, err := s.Profile(t.Context(), ana); err != nil || p != (pierre.Profile{}) {
			t.Errorf("Profile before any = %+v, %v", p, err)
		}
		set := func(p *pierre.ProfileRecord) error { p.FTPWatts = new(250.0); return nil }
		p, err := s.UpdateProfile(t.Context(), ana, morning, set)
		if err != nil || *p.FTPWatts != 250 || !p.Updated.Equal(morning) {
			t.Errorf("UpdateProfile = %+v, %v", p, err)
		}
		if p, err = s.UpdateProfile(t.Context(), ana, morning.Add(time.Hour), set); err != nil || !p.Updated.Equal(morning) {
			t.Errorf("UpdateProfile without a change = %+v, %v; want it as it was", p, err)
		}
		fails := func(p *pierre.ProfileRecord) error { p.FTPWatts = new(1.0); return pierre.Invalid("ftp_watts", "no") }
		if _, err := s.UpdateProfile(t.Context(), ana, morning, fails); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("UpdateProfile that fails = %v, want the change's error", err)
		}
		if p, err := s.Profile(t.Context(), ana); err != nil || *p.FTPWatts != 250 || !p.Updated.Equal(morning) {
			t.Errorf("Profile = %+v, %v; want the one that was set", p, err)
		}
		if p, err := s.Profile(t.Context(), bob); err != nil || p.FTPWatts != nil {
			t.Errorf("another user's Profile = %+v, %v; want none", p, err)
		}
	})
}
