package store_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestWellness(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "ben@example.com")
		day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
		value := func(d int, k pierre.WellnessKind, p pierre.Provider, v float64) pierre.Wellness {
			return pierre.Wellness{Day: day.AddDate(0, 0, d), Kind: k, Source: p, Value: v}
		}
		all := []pierre.Wellness{
			value(0, pierre.WellnessHRV, "a", 51.5),
			value(0, pierre.WellnessHRV, "b", 60),
			value(0, pierre.WellnessSleep, "a", 27000),
			value(1, pierre.WellnessHRV, "a", 48),
		}
		keep := func(user pierre.UserID, values ...pierre.Wellness) int {
			t.Helper()
			n, err := s.KeepWellness(t.Context(), user, now, values)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := keep(users[0], all...); n != len(all) {
			t.Errorf("%d values are new, want %d", n, len(all))
		}
		if n := keep(users[0], all...); n != 0 {
			t.Errorf("%d values changed the second time", n)
		}
		all[3].Value = 47
		if n := keep(users[0], all...); n != 1 {
			t.Errorf("%d values changed, want 1", n)
		}
		keep(users[1], value(0, pierre.WellnessHRV, "a", 99))
		for name, tt := range map[string]struct {
			query pierre.WellnessQuery
			want  []pierre.Wellness
		}{
			"all":      {pierre.WellnessQuery{}, all},
			"a kind":   {pierre.WellnessQuery{Kinds: []pierre.WellnessKind{pierre.WellnessSleep}}, all[2:3]},
			"a source": {pierre.WellnessQuery{Sources: []pierre.Provider{"b"}}, all[1:2]},
			"from":     {pierre.WellnessQuery{First: day.AddDate(0, 0, 1)}, all[3:]},
			"until":    {pierre.WellnessQuery{Last: day}, all[:3]},
			"both":     {pierre.WellnessQuery{First: day, Last: day, Kinds: []pierre.WellnessKind{pierre.WellnessHRV}, Sources: []pierre.Provider{"a", "b"}}, all[:2]},
			"none":     {pierre.WellnessQuery{Last: day.AddDate(0, 0, -1)}, nil},
		} {
			got, err := s.Wellness(t.Context(), users[0], tt.query)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, %v; want %v", name, got, err, tt.want)
			}
		}
	})
}

// What a kind cannot be is refused, and nothing beside it is kept.
func TestWellnessRefusesNonsense(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
		user := storetest.Users(t, s, now, "ana@example.com")[0]
		good := pierre.Wellness{Day: now, Kind: pierre.WellnessWeight, Source: "a", Value: 70}
		for name, change := range map[string]func(*pierre.Wellness){
			"zero":      func(w *pierre.Wellness) { w.Value = 0 },
			"NaN":       func(w *pierre.Wellness) { w.Value = math.NaN() },
			"too much":  func(w *pierre.Wellness) { w.Value = 400.1 },
			"kind":      func(w *pierre.Wellness) { w.Kind = "length" },
			"no source": func(w *pierre.Wellness) { w.Source = "" },
			"no day":    func(w *pierre.Wellness) { w.Day = time.Time{} },
		} {
			bad := good
			change(&bad)
			if _, err := s.KeepWellness(t.Context(), user, now, []pierre.Wellness{good, bad}); pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, err := s.Wellness(t.Context(), user, pierre.WellnessQuery{}); err != nil || len(got) != 0 {
			t.Errorf("%v, %v; want nothing", got, err)
		}
	})
}

func TestWellnessKinds(t *testing.T) {
	seen := map[pierre.WellnessKind]bool{}
	for _, r := range pierre.WellnessKinds() {
		if seen[r.Kind] || r.Min >= r.Max {
			t.Errorf("%+v", r)
		}
		seen[r.Kind] = true
	}
}

func TestNewestWellness(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "ben@example.com")
		day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
		value := func(d int, k pierre.WellnessKind, p pierre.Provider, v float64) pierre.Wellness {
			return pierre.Wellness{Day: day.AddDate(0, 0, d), Kind: k, Source: p, Value: v}
		}
		all := []pierre.Wellness{
			value(0, pierre.WellnessHRV, "a", 51),
			value(3, pierre.WellnessHRV, "a", 52),
			value(3, pierre.WellnessHRV, "b", 62),
			value(1, pierre.WellnessWeight, "a", 70),
			value(9, pierre.WellnessSleep, "a", 27000),
		}
		for i, user := range users {
			if _, err := s.KeepWellness(t.Context(), user, now, all[:len(all)-i]); err != nil {
				t.Fatal(err)
			}
		}
		ask := []pierre.WellnessKind{pierre.WellnessSleep, pierre.WellnessWeight, pierre.WellnessSteps, pierre.WellnessHRV}
		for name, tt := range map[string]struct {
			user  int
			last  int // day
			kinds []pierre.WellnessKind
			want  []pierre.Wellness
		}{
			"all":               {0, 9, ask, []pierre.Wellness{all[1], all[2], all[4], all[3]}},
			"up to a day":       {0, 2, ask, []pierre.Wellness{all[0], all[3]}},
			"before everything": {0, -1, ask, nil},
			"nothing asked":     {0, 9, nil, nil},
			"another's":         {1, 9, ask[:1], nil},
		} {
			got, err := s.NewestWellness(t.Context(), users[tt.user], tt.kinds, day.AddDate(0, 0, tt.last))
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, %v, want %v", name, got, err, tt.want)
			}
		}
	})
}

// The revision is another one after each change, and only after a change.
func TestWellnessRevision(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "ben@example.com")
		revisions := func() (both [2]int64) {
			for i, user := range users {
				var err error
				if both[i], err = s.WellnessRevision(t.Context(), user); err != nil {
					t.Fatal(err)
				}
			}
			return both
		}
		keep := func(v float64) {
			value := pierre.Wellness{Day: now.Truncate(24 * time.Hour), Kind: pierre.WellnessWeight, Source: "a", Value: v}
			if _, err := s.KeepWellness(t.Context(), users[0], now, []pierre.Wellness{value}); err != nil {
				t.Fatal(err)
			}
		}
		if got := revisions(); got != [2]int64{} {
			t.Errorf("at first: %v", got)
		}
		keep(70)
		first := revisions()
		keep(70)
		if same := revisions(); first[0] == 0 || first[1] != 0 || same != first {
			t.Errorf("after a value: %v, after the same again: %v", first, same)
		}
		if keep(71); revisions()[0] == first[0] {
			t.Error("after another value it is the same")
		}
	})
}
