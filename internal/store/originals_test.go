package store_test

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/original/originaltest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A file is kept once, for its user alone, as long as there is an activity that was read from it.
func TestOriginals(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "ben@example.com")
		ana, ben := users[0], users[1]
		file := originaltest.Pack(t, []byte("two runs in one file"))
		keep := func(user pierre.UserID, o pierre.Original) {
			t.Helper()
			if err := s.KeepOriginal(t.Context(), user, o); err != nil {
				t.Fatal(err)
			}
		}
		add := func(user pierre.UserID, sum [32]byte, part int) pierre.ActivityID {
			t.Helper()
			added, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: pierre.ProviderFile, File: "runs.fit", Format: "fit", SHA256: sum, Part: part, Imported: now},
				pierre.Recording{Activity: pierre.Activity{Provider: pierre.ProviderFile, Sport: pierre.SportRun, Start: now.Add(time.Duration(part) * 5 * time.Hour)}})
			if err != nil {
				t.Fatal(err)
			}
			return added.Activity
		}
		kept := func(user pierre.UserID, want bool) {
			t.Helper()
			got, err := s.Original(t.Context(), user, file.SHA256)
			if is := err == nil && got.Bytes == file.Bytes && bytes.Equal(got.Packed, file.Packed); is != want || err != nil && pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("kept: %v, %v; want %v", is, err, want)
			}
		}
		keep(ana, file)
		kept(ana, false) // nothing was read from it
		first, second := add(ana, file.SHA256, 0), add(ana, file.SHA256, 1)
		keep(ana, file)
		keep(ana, file)
		kept(ana, true)
		kept(ben, false)
		if n, err := s.Originals(t.Context()); err != nil || n != (pierre.Originals{Files: 1, Bytes: file.Bytes, Packed: int64(len(file.Packed))}) {
			t.Errorf("%+v, %v", n, err)
		}
		if n, err := s.StoredBytes(t.Context(), ana); err != nil || n != int64(len(file.Packed)) {
			t.Errorf("%d bytes count, %v", n, err)
		}
		if id, src, err := s.FirstOf(t.Context(), ana, file.SHA256); err != nil || id != first || src.File != "runs.fit" {
			t.Errorf("%s, %+v, %v", id, src, err)
		}
		if _, _, err := s.FirstOf(t.Context(), ben, file.SHA256); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("another's: %v", err)
		}
		if sources, err := s.KeptSources(t.Context(), ana, second); err != nil || len(sources) != 1 || !sources[0].Original || sources[0].Samples || !sources[0].Start.Equal(now.Add(5*time.Hour)) {
			t.Errorf("%+v, %v", sources, err)
		}
		if _, err := s.KeptSources(t.Context(), ben, second); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("another's: %v", err)
		}
		remove := func(id pierre.ActivityID) {
			t.Helper()
			if _, err := s.DeleteActivity(t.Context(), ana, id, "", now); err != nil {
				t.Fatal(err)
			}
		}
		remove(first)
		kept(ana, true) // the other one is still in it
		remove(second)
		kept(ana, false)
		add(ana, file.SHA256, 0) // is left out
		keep(ana, file)
		kept(ana, false)
		if _, err := s.AllowDeleted(t.Context(), ana, first); err != nil {
			t.Fatal(err)
		}
		add(ana, file.SHA256, 0)
		keep(ana, file)
		kept(ana, true)
	})
}

// A server of the version before deletes activities without their files. These go a few at a time, and no other does.
func TestTidyOriginals(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "ben@example.com")
		const each = 5
		for _, user := range users {
			for n := range each {
				o := originaltest.Pack(t, []byte{byte('a' + n)}) // both users have the same files
				rec := pierre.Recording{Activity: pierre.Activity{Provider: pierre.ProviderFile, Sport: pierre.SportRun, Start: now.AddDate(0, 0, n)}}
				if _, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: pierre.ProviderFile, SHA256: o.SHA256, Imported: now}, rec); err != nil {
					t.Fatal(err)
				}
				if err := s.KeepOriginal(t.Context(), user, o); err != nil {
					t.Fatal(err)
				}
			}
		}
		files := func(user pierre.UserID) int64 {
			t.Helper()
			n, err := store.Number(t.Context(), s, `SELECT count(*) FROM originals WHERE user_id = $1`, user)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		tidy := func() {
			t.Helper()
			if err := s.TidyOriginals(t.Context(), 4); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			tidy() // all of them have their activities
		}
		if err := store.Exec(t.Context(), s, `DELETE FROM activities WHERE user_id = $1`, users[0]); err != nil { // as the version before does
			t.Fatal(err)
		}
		tidy()
		if n := files(users[0]); n != each && n != each-4 { // hers, or the other's, are the first four
			t.Errorf("the first call leaves %d of %d", n, each)
		}
		for range 3 {
			tidy() // at the latest the third comes to the end and the next one begins again
		}
		if a, b := files(users[0]), files(users[1]); a != 0 || b != each {
			t.Errorf("%d and %d are left, want 0 and %d", a, b, each)
		}
	})
}

// Whoever is deleted leaves no file, an application's athlete neither, and others keep theirs.
func TestOriginalsGoWithTheirUser(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "acme@example.com", "ben@example.com")
		athlete, err := s.EnsureAthlete(t.Context(), users[0], "ana", 10, now)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			for _, user := range []pierre.UserID{athlete, users[1]} {
				o := originaltest.Pack(t, []byte(string(rune('a'+n))))
				if o.SHA256 != sha256.Sum256([]byte{byte('a' + n)}) {
					t.Fatal("the sum is another file's")
				}
				rec := pierre.Recording{Activity: pierre.Activity{Provider: pierre.ProviderFile, Sport: pierre.SportRun, Start: now.AddDate(0, 0, n)}}
				if _, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: pierre.ProviderFile, SHA256: o.SHA256, Imported: now}, rec); err != nil {
					t.Fatal(err)
				}
				if err := s.KeepOriginal(t.Context(), user, o); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := s.DeleteAthlete(t.Context(), pierre.Act{Person: "test", At: now}, users[0], "ana"); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Originals(t.Context()); err != nil || n.Files != 3 {
			t.Errorf("%+v, %v; want the other's 3", n, err)
		}
	})
}
