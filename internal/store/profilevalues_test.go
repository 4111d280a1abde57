package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
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
