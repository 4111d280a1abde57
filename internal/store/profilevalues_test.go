package store_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// ftps names the days, from morning, and the FTP from then on: "0:250 10:260".
func ftps(t *testing.T, s *store.Store, u pierre.UserID) string {
	t.Helper()
	rec, err := s.ProfileRecord(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, v := range rec.History.Steps("ftp_watts") {
		text += fmt.Sprintf(" %d:%g", int(v.Day.Sub(day(0)).Hours()/24), v.Value)
		if v.FromFile {
			text += "f"
		}
	}
	return text
}

func day(n int) time.Time { return morning.Truncate(24*time.Hour).AddDate(0, 0, n) }

// set has the FTP hold from a day on.
func set(n int, watts float64) func(*pierre.ProfileRecord) error {
	return func(p *pierre.ProfileRecord) error { return p.Set("ftp_watts", day(n), watts) }
}

func TestHistoryOfAProfile(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, bob := user(t, s, "ana"), user(t, s, "bob")
		for _, step := range []struct {
			change  func(*pierre.ProfileRecord) error
			want    string
			present float64
		}{
			{set(0, 250), " 0:250", 250},
			{set(10, 260), " 0:250 10:260", 260},
			{set(5, 255), " 0:250 5:255 10:260", 260},
			{set(10, 265), " 0:250 5:255 10:265", 265},
			{func(p *pierre.ProfileRecord) error { p.Forget("ftp_watts", day(10)); return nil }, " 0:250 5:255", 255},
			{func(p *pierre.ProfileRecord) error { p.Forget("ftp_watts", day(9)); return nil }, " 0:250 5:255", 255}, // there is none
			{func(p *pierre.ProfileRecord) error { p.FTPWatts = new(270.0); return nil }, " 0:250 5:255 20:270", 270},
			{func(p *pierre.ProfileRecord) error { p.FTPWatts = nil; return nil }, "", 0},
		} {
			rec, err := s.UpdateProfile(t.Context(), ana, morning.AddDate(0, 0, 20), step.change)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Profile(t.Context(), ana)
			if got := ftps(t, s, ana); err != nil || got != step.want {
				t.Errorf("the history is %q, %v; want %q", got, err, step.want)
			}
			if (p.FTPWatts == nil) != (step.present == 0) || p.FTPWatts != nil && (*p.FTPWatts != step.present || *rec.FTPWatts != step.present) {
				t.Errorf("after %q the profile is %+v", step.want, p)
			}
		}
		if got := ftps(t, s, bob); got != "" {
			t.Errorf("another user has the history %q", got)
		}
	})
}

// What files said of each day counts until the athlete's first own value, whatever the order of the imports.
func TestFilesMakeAHistory(t *testing.T) {
	said := []struct {
		day   int
		watts float64
	}{{0, 250}, {3, 250}, {5, 260}, {9, 260}, {12, 250}, {14, 250}, {30, 300}}
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for seed := range uint64(4) {
			u := user(t, s, fmt.Sprint("user", seed))
			order := rand.New(rand.NewPCG(seed, 1)).Perm(len(said))
			imports := func(of []int) {
				for _, n := range of {
					found := pierre.Profile{FTPWatts: new(said[n].watts), Updated: day(said[n].day).Add(time.Hour)}
					if err := s.ImportProfile(t.Context(), u, found); err != nil {
						t.Fatal(err)
					}
				}
			}
			imports(order[:4])
			imports(slices.Concat(order, order))
			if got, want := ftps(t, s, u), " 0:250f 5:260f 12:250f 30:300f"; got != want {
				t.Errorf("in the order %v the history is %q, want %q", order, got, want)
			}
			if rec, err := s.ProfileRecord(t.Context(), u); err != nil || *rec.FTPWatts != 300 || !slices.Contains(rec.Imported, "ftp_watts") {
				t.Errorf("the profile is %+v, %v", rec, err)
			}
			change := func(p *pierre.ProfileRecord) error { return p.Set("ftp_watts", day(13), 255) }
			if _, err := s.UpdateProfile(t.Context(), u, morning, change); err != nil {
				t.Fatal(err)
			}
			imports(order)
			if got, want := ftps(t, s, u), " 0:250f 5:260f 12:250f 13:255"; got != want {
				t.Errorf("with an own value the history is %q, want %q", got, want)
			}
			// What the athlete takes away stays away, on all days on which files repeat it.
			change = func(p *pierre.ProfileRecord) error { p.Forget("ftp_watts", day(5)); return nil }
			if _, err := s.UpdateProfile(t.Context(), u, morning, change); err != nil {
				t.Fatal(err)
			}
			imports(order)
			if got, want := ftps(t, s, u), " 0:250f 13:255"; got != want {
				t.Errorf("without what a file said the history is %q, want %q", got, want)
			}
		}
	})
}

// The values of one field are bounded.
func TestHistoryIsBounded(t *testing.T) {
	s := storetest.New(t)
	u := user(t, s, "ana")
	_, err := s.UpdateProfile(t.Context(), u, morning, func(p *pierre.ProfileRecord) error {
		for n := range pierre.MostProfileValues {
			if err := p.Set("weight_kg", day(-n), 60); err != nil {
				return err
			}
		}
		return p.Set("weight_kg", day(-1), 61) // another value of a day takes no place
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.UpdateProfile(t.Context(), u, morning, func(p *pierre.ProfileRecord) error { return p.Set("weight_kg", day(1), 60) })
	if pierre.KindOf(err) != pierre.KindInvalid {
		t.Errorf("one more than the limit: %v", err)
	}
}

// Servers of an older version change the present value alone.
func TestHistoryTakesOverWhatOlderServersSet(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		u := user(t, s, "ana")
		if _, err := s.UpdateProfile(t.Context(), u, morning, set(0, 250)); err != nil {
			t.Fatal(err)
		}
		if err := store.Exec(t.Context(), s, `UPDATE profiles SET profile = '{"ftp_watts":280}', updated_us = $1 WHERE user_id = $2`,
			morning.AddDate(0, 0, 7).UnixMicro(), string(u)); err != nil {
			t.Fatal(err)
		}
		if got, want := ftps(t, s, u), " 0:250 7:280"; got != want {
			t.Errorf("the history is %q, want %q", got, want)
		}
		if _, err := s.UpdateProfile(t.Context(), u, morning, set(9, 290)); err != nil {
			t.Fatal(err)
		}
		if got, want := ftps(t, s, u), " 0:250 7:280 9:290"; got != want {
			t.Errorf("the history is %q, want %q", got, want)
		}
	})
}

// sayings makes up what files said in some weeks: many on one day, of one moment, now one value and now another.
func sayings(rng *rand.Rand) []pierre.Profile {
	list := make([]pierre.Profile, 1+rng.IntN(40))
	for i := range list {
		at := day(rng.IntN(25)).Add(time.Duration(rng.IntN(3)) * time.Hour)
		list[i] = pierre.Profile{FTPWatts: new(250 + 10*float64(rng.IntN(3))), Updated: at}
	}
	return list
}

// stepsOf is what ftps should say of them: of each day the last word, at one moment the higher, and of these what changes.
func stepsOf(list []pierre.Profile) (text string) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b pierre.Profile) int {
		return cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(*a.FTPWatts, *b.FTPWatts))
	})
	before := 0.0
	for i, p := range list {
		on := p.Updated.Truncate(24 * time.Hour)
		if i+1 < len(list) && list[i+1].Updated.Truncate(24*time.Hour).Equal(on) || *p.FTPWatts == before {
			continue
		}
		before = *p.FTPWatts
		text += fmt.Sprintf(" %d:%gf", int(on.Sub(day(0)).Hours()/24), before)
	}
	return text
}

// Whatever files said, in whatever order they came and however many at once, the history is one.
func TestOrderOfFilesDoesNotMatterToTheHistory(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for seed := range uint64(25) {
			u, rng := user(t, s, fmt.Sprint("user", seed)), rand.New(rand.NewPCG(seed, 2))
			said := sayings(rng)
			want := stepsOf(said)
			for left := said; len(left) > 0; {
				n := 1 + rng.IntN(min(5, len(left)))
				if err := s.ImportProfile(t.Context(), u, left[:n]...); err != nil {
					t.Fatal(err)
				}
				left = left[n:]
			}
			if got := ftps(t, s, u); got != want {
				t.Fatalf("of %d sayings (seed %d) the history is %q, want %q", len(said), seed, got, want)
			}
			if p, err := s.Profile(t.Context(), u); err != nil || !strings.HasSuffix(want, fmt.Sprintf(":%gf", *p.FTPWatts)) {
				t.Fatalf("the profile is %+v, %v after %q", p, err, want)
			}
			steps, err := store.Number(t.Context(), s, `SELECT count(*) FROM profile_values WHERE user_id = $1 AND NOT repeats`, string(u))
			if err != nil || int(steps) != strings.Count(want, ":") {
				t.Fatalf("%d steps are read for %q, %v", steps, want, err)
			}
		}
	})
}

// What the athlete took away stays away, also where other files say it of days between and after.
func TestWhatWasTakenAwayIsNotSaidAgain(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		u := user(t, s, "ana")
		says := func(n int, watts float64) {
			t.Helper()
			if err := s.ImportProfile(t.Context(), u, pierre.Profile{FTPWatts: &watts, Updated: day(n)}); err != nil {
				t.Fatal(err)
			}
		}
		says(2, 250)
		says(8, 250)
		if _, err := s.UpdateProfile(t.Context(), u, morning, func(p *pierre.ProfileRecord) error { p.ForgetAll("ftp_watts"); return nil }); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{2, 8, 5, 9, 1, 30} {
			says(n, 250)
		}
		if got := ftps(t, s, u); got != "" {
			t.Errorf("after all was taken away the history is %q", got)
		}
		says(20, 260)
		says(25, 250) // which is another word than the one that was taken away
		if got, want := ftps(t, s, u), " 20:260f 25:250f"; got != want {
			t.Errorf("the history is %q, want %q", got, want)
		}
	})
}

// Thousands of rides with one threshold are one step, which is all that is read.
func TestRidesOfOneThresholdAreOneStep(t *testing.T) {
	s := storetest.New(t)
	u := user(t, s, "ana")
	const rides = 5000
	for n := 0; n < rides; n += 32 {
		if err := s.ImportProfile(t.Context(), u, ridesFrom(n, min(32, rides-n))...); err != nil {
			t.Fatal(err)
		}
	}
	steps, err := store.Number(t.Context(), s, `SELECT count(*) FROM profile_values WHERE NOT repeats`)
	if got := ftps(t, s, u); err != nil || steps != 1 || got != " 0:250f" {
		t.Errorf("there are %d steps, %v; the history is %q", steps, err, got)
	}
}

// ridesFrom says the same of n days.
func ridesFrom(first, n int) []pierre.Profile {
	said := make([]pierre.Profile, n)
	for i := range said {
		said[i] = pierre.Profile{FTPWatts: new(250.0), Updated: day(first + i)}
	}
	return said
}

// BenchmarkImportProfile shows what files that repeat a threshold cost, the first ones and those after thousands.
func BenchmarkImportProfile(b *testing.B) {
	for _, before := range []int{0, 5000} {
		b.Run(fmt.Sprint("after ", before), func(b *testing.B) {
			s := storetest.New(b)
			u, err := s.EnsureUser(b.Context(), "ana@example.com", morning)
			if err == nil && before > 0 {
				err = s.ImportProfile(b.Context(), u.ID, ridesFrom(0, before)...)
			}
			if err != nil {
				b.Fatal(err)
			}
			next := before
			for b.Loop() {
				if err := s.ImportProfile(b.Context(), u.ID, ridesFrom(next, 32)...); err != nil {
					b.Fatal(err)
				}
				next += 32
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(next-before), "µs/file")
		})
	}
}
