package store_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestDigests(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		user := func(email string) pierre.UserID {
			u, err := s.EnsureUser(t.Context(), email, now)
			if err != nil {
				t.Fatal(err)
			}
			return u.ID
		}
		add := func(u pierre.UserID, id string, start, imported time.Time) pierre.Addition {
			length := 600.
			added, err := s.ImportRecording(t.Context(), u,
				pierre.Source{Provider: "file", ExternalID: id, Format: "fit", SHA256: [32]byte{id[0]}, Imported: imported},
				pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: start, Totals: pierre.Totals{DurationSeconds: &length, ElapsedSeconds: &length}}})
			if err != nil {
				t.Fatal(err)
			}
			return added
		}
		digests := func(u pierre.UserID, version int, since time.Time) map[pierre.ActivityID]pierre.Digest {
			q, all := pierre.ActivityQuery{After: since, Limit: 1}, map[pierre.ActivityID]pierre.Digest{}
			for {
				page, err := s.DigestedActivities(t.Context(), u, version, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range page.Activities {
					all[a.ID] = a.Digest
				}
				if q.Cursor = page.NextCursor; q.Cursor == "" {
					return all
				}
			}
		}
		ana, bob := user("ana@example.com"), user("bob@example.com")
		old := add(ana, "old", now.AddDate(-1, 0, 0), now).Activity
		run := add(ana, "run", now, now).Activity
		other := add(bob, "run", now, now).Activity

		all := digests(ana, 1, time.Time{})
		if len(all) != 2 || all[old].Data != nil || all[run].Stamp == "" {
			t.Fatalf("before any is saved the digests are %v", all)
		}
		save := map[pierre.ActivityID]pierre.Digest{
			run:     {Stamp: all[run].Stamp, Data: []byte("1")},
			other:   {Stamp: all[run].Stamp, Data: []byte("not bob's")},
			"act_x": {Stamp: all[run].Stamp, Data: []byte("gone")},
		}
		if err := s.SaveDigests(t.Context(), ana, 1, save); err != nil {
			t.Fatal(err)
		}
		if got := digests(ana, 1, now); len(got) != 1 || string(got[run].Data) != "1" {
			t.Errorf("since now the digests are %v", got)
		}
		if got := digests(bob, 1, time.Time{}); len(got) != 1 || got[other].Data != nil {
			t.Errorf("bob's digests are %v", got)
		}
		if got := digests(ana, 2, now); got[run].Data != nil {
			t.Errorf("of another version the digest is %q", got[run].Data)
		}

		// A digest of sources that have changed since is stale, also if it is saved afterwards.
		if merged := add(ana, "2nd", now.Add(time.Second), now.Add(time.Hour)); merged.Activity != run {
			t.Fatalf("the second source is of %v", merged)
		}
		fresh := digests(ana, 1, now)[run]
		if fresh.Data != nil || fresh.Stamp == all[run].Stamp {
			t.Errorf("after a merge the digest is %v", fresh)
		}
		if err := s.SaveDigests(t.Context(), ana, 1, map[pierre.ActivityID]pierre.Digest{run: {Stamp: all[run].Stamp, Data: []byte("late")}}); err != nil {
			t.Fatal(err)
		}
		if got := digests(ana, 1, now)[run]; got.Data != nil {
			t.Errorf("a digest of the sources before the merge counts: %q", got.Data)
		}
		if err := s.SaveDigests(t.Context(), ana, 1, map[pierre.ActivityID]pierre.Digest{run: {Stamp: fresh.Stamp, Data: []byte("2")}}); err != nil {
			t.Fatal(err)
		}
		if got := digests(ana, 1, now)[run]; string(got.Data) != "2" {
			t.Errorf("a digest of the merged sources is %q", got.Data)
		}
	})
}
