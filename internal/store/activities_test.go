package store_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// Both databases find activities by name, totals and what is known of them, and page through the order of a total.
func TestActivitiesByWhatTheyWere(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		u, err := s.EnsureUser(t.Context(), "ana@example.com", now)
		if err != nil {
			t.Fatal(err)
		}
		tenth := 0.1
		odd := tenth + 0.2 // which no decimal text of usual length says
		for i, a := range []pierre.Activity{
			{Name: "Ünder 50% Rain", Indoor: true, Totals: pierre.Totals{DistanceMeters: new(1.1)}},
			{Name: "Race", Race: true, SportName: "padel", Totals: pierre.Totals{DistanceMeters: &odd}},
			{Name: "rain", Totals: pierre.Totals{DistanceMeters: &odd}},
			{Name: "none"},
			{Name: "İzmir"},
		} {
			a.Start = now.Add(time.Duration(i) * time.Hour)
			src := pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(i)}, Imported: now}
			if _, err := s.ImportRecording(t.Context(), u.ID, src, pierre.Recording{Activity: a}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			q    pierre.ActivityQuery
			want string
		}{
			{pierre.ActivityQuery{Name: "RAIN"}, "rain, Ünder 50% Rain, "},
			{pierre.ActivityQuery{Name: "İZM"}, "İzmir, "},
			{pierre.ActivityQuery{Name: "izm"}, "İzmir, "},
			{pierre.ActivityQuery{Name: "üNDER"}, "Ünder 50% Rain, "},
			{pierre.ActivityQuery{Name: "0% r"}, "Ünder 50% Rain, "},
			{pierre.ActivityQuery{Indoor: new(true)}, "Ünder 50% Rain, "},
			{pierre.ActivityQuery{Race: new(false), Name: "n"}, "none, rain, Ünder 50% Rain, "},
			{pierre.ActivityQuery{Ranges: []pierre.Range{{Total: "distance_meters", Min: new(1.0)}}}, "Ünder 50% Rain, "},
			{pierre.ActivityQuery{SortBy: "distance_meters"}, "Ünder 50% Rain, rain, Race, "},
			{pierre.ActivityQuery{SortBy: "distance_meters", Ascending: true}, "Race, rain, Ünder 50% Rain, "},
		} {
			got := ""
			for c.q.Limit = 1; ; {
				page, err := s.Activities(t.Context(), u.ID, c.q)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range page.Activities {
					got += a.Name + ", "
				}
				if c.q.Cursor = page.NextCursor; c.q.Cursor == "" {
					break
				}
			}
			if got != c.want {
				t.Errorf("%+v finds %q, want %q", c.q, got, c.want)
			}
		}
		// A cursor goes on in the order that it came from, and in no other.
		orders := []pierre.ActivityQuery{
			{}, {Ascending: true}, {SortBy: "distance_meters"}, {SortBy: "distance_meters", Ascending: true}, {SortBy: "elapsed_seconds"},
		}
		for i, of := range orders[:4] {
			of.Limit = 1
			page, err := s.Activities(t.Context(), u.ID, of)
			if err != nil {
				t.Fatal(err)
			}
			for j, q := range orders {
				q.Cursor = page.NextCursor
				if _, err := s.Activities(t.Context(), u.ID, q); (err == nil) != (i == j) {
					t.Errorf("the cursor of order %+v in %+v: %v", of, q, err)
				}
			}
		}
	})
}
