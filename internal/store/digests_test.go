package store_test

import (
	"encoding/json"
	"strings"
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
		digests := func(u pierre.UserID, version int) map[pierre.ActivityID]pierre.Digest {
			list, err := s.DigestedActivities(t.Context(), u, version)
			if err != nil {
				t.Fatal(err)
			}
			all := map[pierre.ActivityID]pierre.Digest{}
			for i, a := range list {
				if i > 0 && a.Data == nil && list[i-1].Data == nil && a.Start.Before(list[i-1].Start) {
					t.Errorf("the activities are not in order")
				}
				if (a.Data == nil) != (a.UserID == u) {
					t.Errorf("the activity of %+v is %+v", a.Digest, a.Activity)
				}
				all[a.ID] = a.Digest
			}
			return all
		}
		ana, bob := user("ana@example.com"), user("bob@example.com")
		old := add(ana, "old", now.AddDate(-1, 0, 0), now).Activity
		run := add(ana, "run", now, now).Activity
		other := add(bob, "run", now, now).Activity

		all := digests(ana, 1)
		if len(all) != 2 || all[old].Data != nil || all[run].Stamp == "" {
			t.Fatalf("before any is saved the digests are %v", all)
		}
		save := map[pierre.ActivityID]pierre.Digest{
			run:     {Stamp: all[run].Stamp, Data: []byte("1"), Detail: []byte("more")},
			other:   {Stamp: all[run].Stamp, Data: []byte("not bob's")},
			"act_x": {Stamp: all[run].Stamp, Data: []byte("gone")},
		}
		if err := s.SaveDigests(t.Context(), ana, 1, save); err != nil {
			t.Fatal(err)
		}
		if got := digests(ana, 1); len(got) != 2 || string(got[run].Data) != "1" {
			t.Errorf("the digests are %v", got)
		}
		details := func(u pierre.UserID, version int, after time.Time) map[pierre.ActivityID][]byte {
			got, err := s.DigestDetails(t.Context(), u, version, after, now.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := details(ana, 1, now); len(got) != 1 || string(got[run]) != "more" {
			t.Errorf("the details are %q", got)
		}
		if len(details(ana, 1, now.Add(time.Minute)))+len(details(ana, 2, now))+len(details(bob, 1, now)) != 0 {
			t.Error("there are details of other times, versions or users")
		}
		if got := digests(bob, 1); len(got) != 1 || got[other].Data != nil {
			t.Errorf("bob's digests are %v", got)
		}
		if got := digests(ana, 2); got[run].Data != nil {
			t.Errorf("of another version the digest is %q", got[run].Data)
		}

		// A digest of sources that have changed since is stale, also if it is saved afterwards.
		if merged := add(ana, "2nd", now.Add(time.Second), now.Add(time.Hour)); merged.Activity != run {
			t.Fatalf("the second source is of %v", merged)
		}
		fresh := digests(ana, 1)[run]
		if fresh.Data != nil || fresh.Stamp == all[run].Stamp {
			t.Errorf("after a merge the digest is %v", fresh)
		}
		if err := s.SaveDigests(t.Context(), ana, 1, map[pierre.ActivityID]pierre.Digest{run: {Stamp: all[run].Stamp, Data: []byte("late")}}); err != nil {
			t.Fatal(err)
		}
		if got := digests(ana, 1)[run]; got.Data != nil {
			t.Errorf("a digest of the sources before the merge counts: %q", got.Data)
		}
		if err := s.SaveDigests(t.Context(), ana, 1, map[pierre.ActivityID]pierre.Digest{run: {Stamp: fresh.Stamp, Data: []byte("2")}}); err != nil {
			t.Fatal(err)
		}
		if got := digests(ana, 1)[run]; string(got.Data) != "2" {
			t.Errorf("a digest of the merged sources is %q", got.Data)
		}
	})
}

// A state is another one after each change of a user's activities, and users wait for their digests until all are there.
func TestActivityStates(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
		ana, bob := users[0], users[1]
		state := func(u pierre.UserID) string {
			state, err := s.ActivityState(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			return state
		}
		waiting := func(version int) int {
			users, err := s.Undigested(t.Context(), version, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(users)
		}
		seen := map[string]bool{state(ana): true}
		id := pierre.ActivityID("")
		for i, change := range []struct {
			start  time.Time
			hr     float64
			source string
		}{{now, 140, "one"}, {now.Add(time.Second), 140, "two"}, {now, 150, "one"}, {now.AddDate(0, 0, 1), 140, "three"}} {
			length := 600.
			added, err := s.ImportRecording(t.Context(), ana, pierre.Source{Provider: "file", ExternalID: change.source, Format: "fit", Imported: now},
				pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: change.start, Totals: pierre.Totals{
					DurationSeconds: &length, ElapsedSeconds: &length, AverageHeartRateBPM: &change.hr,
				}}})
			if err != nil {
				t.Fatal(err)
			}
			if id = added.Activity; seen[state(ana)] {
				t.Errorf("change %d, %s, leaves the state", i, added.Outcome)
			}
			seen[state(ana)] = true
		}
		if state(bob) == state(ana) || waiting(1) != 1 {
			t.Errorf("bob's state is that of ana, or %d users wait", waiting(1))
		}
		before, err := s.ActivityRevision(t.Context(), ana)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Digested(t.Context(), ana, 1, before, time.UTC); err != nil || waiting(1) != 0 || waiting(2) != 1 {
			t.Errorf("%v: %d users wait for version 1 and %d for 2", err, waiting(1), waiting(2))
		}
		if err := s.Digested(t.Context(), ana, 1, before-1, time.UTC); err != nil || waiting(1) != 1 {
			t.Errorf("%v: an import that came between is lost: %d users wait", err, waiting(1))
		}
		stamps, err := s.DigestStamps(t.Context(), ana, []pierre.ActivityID{id, "act_x"})
		if others, _ := s.DigestStamps(t.Context(), bob, []pierre.ActivityID{id}); err != nil || len(stamps) != 1 || stamps[id] == "" || len(others) != 0 {
			t.Errorf("the stamps are %v, and bob's %v: %v", stamps, others, err)
		}
		for from, want := range map[pierre.Provider]bool{pierre.ProviderFile: true, pierre.ProviderStrava: false} {
			got, err := s.ActivitiesFrom(t.Context(), ana, from)
			if others, _ := s.ActivitiesFrom(t.Context(), bob, from); err != nil || got[id] != want || len(others) != 0 {
				t.Errorf("from %s there are %v, and bob's %v: %v", from, got, others, err)
			}
		}
	})
}

// visits adds up how many rows the nodes of a plan return, or compare in vain.
func visits(node map[string]any) (n float64) {
	number := func(name string) float64 { v, _ := node[name].(float64); return v }
	n = (number("Actual Rows") + number("Rows Removed by Join Filter")) * number("Actual Loops")
	below, _ := node["Plans"].([]any)
	for _, b := range below {
		n += visits(b.(map[string]any))
	}
	return n
}

// PostgreSQL reads digests with one look-up each also right after an import, when it does not know yet how many there are.
func TestDigestsAreReadInOnePassAfterAnImport(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		if !strings.HasSuffix(t.Name(), "/postgres") {
			t.Skip("the plans of SQLite do not depend on how many rows there are")
		}
		u := user(t, s, "ana")
		const activities = 300
		digests := map[pierre.ActivityID]pierre.Digest{}
		for n := range activities {
			added, err := s.ImportRecording(t.Context(), u,
				pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(n), byte(n >> 8)}, Imported: morning},
				pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: morning.AddDate(0, 0, n)}})
			if err != nil {
				t.Fatal(err)
			}
			digests[added.Activity] = pierre.Digest{Stamp: "1", Data: []byte{1}}
		}
		if err := s.SaveDigests(t.Context(), u, 1, digests); err != nil {
			t.Fatal(err)
		}
		text, err := store.DigestsPlan(t.Context(), s, u, 1)
		var plans []struct {
			Plan map[string]any `json:"Plan"`
		}
		if err == nil {
			err = json.Unmarshal([]byte(text), &plans)
		}
		if err != nil || len(plans) != 1 {
			t.Fatal(text, err)
		}
		if n := visits(plans[0].Plan); n < activities || n > 6*activities {
			t.Errorf("%v rows are looked at for %d activities:\n%s", n, activities, text)
		}
	})
}
