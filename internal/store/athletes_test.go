package store_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func customer(t *testing.T, s *store.Store, email string) pierre.UserID {
	t.Helper()
	u, err := s.EnsureUser(t.Context(), email, day0)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func athlete(t *testing.T, s *store.Store, of pierre.UserID, name pierre.AthleteName, at time.Time) pierre.UserID {
	t.Helper()
	id, err := s.EnsureAthlete(t.Context(), of, name, 1000, at)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAthletesBelongToTheirCustomer(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		acme, other := customer(t, s, "acme@example.com"), customer(t, s, "other@example.com")
		ana := athlete(t, s, acme, "ana", day0)
		if again := athlete(t, s, acme, "ana", day0.Add(time.Hour)); again != ana {
			t.Errorf("the same name is %s and %s", ana, again)
		}
		if foreign := athlete(t, s, other, "ana", day0); foreign == ana {
			t.Error("two customers share an athlete")
		}
		if strange := athlete(t, s, acme, "Ana", day0); strange == ana {
			t.Error("names that differ in their letters' case are one athlete")
		}
		got, err := s.Athlete(t.Context(), acme, "ana")
		want := pierre.Athlete{ID: ana, Name: "ana", Created: day0.Truncate(time.Microsecond)}
		if err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		for _, name := range []pierre.AthleteName{"bob", ""} {
			if _, err := s.Athlete(t.Context(), acme, name); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("the athlete %q: %v", name, err)
			}
		}
		if _, err := s.EnsureAthlete(t.Context(), "user_nobody", "ana", 10, day0); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("an athlete of nobody: %v", err)
		}
		if _, err := s.UserByEmail(t.Context(), ""); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a user without an address: %v", err)
		}
	})
}

func TestAthletesAreListed(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		acme := customer(t, s, "acme@example.com")
		athlete(t, s, customer(t, s, "other@example.com"), "foreign", day0)
		want := ""
		for n := range 7 { // some at the same time
			name := fmt.Sprintf("a%d", n)
			athlete(t, s, acme, pierre.AthleteName(name), day0.Add(time.Duration(n/2)*time.Second))
			want += name
		}
		seen, cursor := map[pierre.AthleteName]bool{}, ""
		var created []time.Time
		for pages := 1; ; pages++ {
			page, err := s.Athletes(t.Context(), pierre.AthleteQuery{Customer: acme, Limit: 3, Cursor: cursor})
			if err != nil || pages > 3 {
				t.Fatalf("page %d: %v", pages, err)
			}
			for _, a := range page.Athletes {
				seen[a.Name] = true
				created = append(created, a.Created)
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if len(seen) != 7 || len(created) != 7 || seen["foreign"] {
			t.Errorf("the pages have %v, want those of %s", seen, want)
		}
		for n := 1; n < len(created); n++ {
			if created[n].After(created[n-1]) {
				t.Errorf("the list is not the newest first: %v", created)
			}
		}
		if _, err := s.Athletes(t.Context(), pierre.AthleteQuery{Customer: acme, Limit: 3, Cursor: "?"}); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("a cursor that is none: %v", err)
		}
	})
}

// However many programs make athletes at once, a customer never has more than it may, and one name is one athlete.
func TestAthletesAreBounded(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		const most, names, each = 10, 20, 3
		acme := customer(t, replicas[0], "acme@example.com")
		var made, refused atomic.Int64
		var ids sync.Map
		var wg sync.WaitGroup
		for n := range names * each {
			wg.Go(func() {
				name := pierre.AthleteName(fmt.Sprint(n % names))
				id, err := replicas[n%len(replicas)].EnsureAthlete(t.Context(), acme, name, most, day0)
				switch {
				case err == nil:
					made.Add(1)
					if before, known := ids.LoadOrStore(name, id); known && before != id {
						t.Errorf("the athlete %s is %v and %v", name, before, id)
					}
				case pierre.KindOf(err) == pierre.KindDenied && strings.Contains(err.Error(), fmt.Sprint(most)):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		page, err := replicas[0].Athletes(t.Context(), pierre.AthleteQuery{Customer: acme, Limit: 100})
		if err != nil || len(page.Athletes) != most || made.Load() != most*each || refused.Load() != (names-most)*each {
			t.Errorf("%d athletes, %v; %d calls got one, %d none", len(page.Athletes), err, made.Load(), refused.Load())
		}
	})
}

func TestDeletedAthletesLeaveNothing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		acme := customer(t, s, "acme@example.com")
		ana, bob := athlete(t, s, acme, "ana", day0), athlete(t, s, acme, "bob", day0)
		for _, user := range []pierre.UserID{ana, bob} {
			for n := range 3 {
				start := day0.AddDate(0, 0, -n)
				src := pierre.Source{Provider: pierre.ProviderFile, SHA256: [32]byte{byte(n)}, File: "run.fit", Format: "fit", Imported: day0}
				rec := pierre.Recording{Activity: pierre.Activity{Name: "Run", Sport: "run", Start: start, Provider: pierre.ProviderFile}}
				if _, err := s.ImportRecording(t.Context(), user, src, rec); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.UpdateProfile(t.Context(), user, day0, func(p *pierre.ProfileRecord) error { p.Sex = pierre.SexFemale; return nil }); err != nil {
				t.Fatal(err)
			}
			if _, err := s.AddWorkout(t.Context(), user, day0, pierre.Workout{Day: day0.Truncate(24 * time.Hour), Sport: "run", Name: "Easy"}); err != nil {
				t.Fatal(err)
			}
		}
		if a, err := s.Athlete(t.Context(), acme, "ana"); err != nil || a.Activities != 3 || !a.LastActivity.Equal(day0.Truncate(time.Microsecond)) {
			t.Errorf("before: %+v, %v", a, err)
		}
		other := customer(t, s, "other@example.com")
		if id, err := s.DeleteAthlete(t.Context(), act(day0), other, "ana"); id != "" || err != nil {
			t.Errorf("another customer deletes %q, %v", id, err)
		}
		if id, err := s.DeleteAthlete(t.Context(), act(day0), acme, "ana"); id != ana || err != nil {
			t.Fatalf("deleting: %q, %v", id, err)
		}
		if id, err := s.DeleteAthlete(t.Context(), act(day0), acme, "ana"); id != "" || err != nil {
			t.Errorf("deleting again: %q, %v", id, err)
		}
		page, err := s.Activities(t.Context(), ana, pierre.ActivityQuery{Limit: 10})
		if err != nil || page.Total != 0 {
			t.Errorf("there are %d activities, %v", page.Total, err)
		}
		if p, err := s.Profile(t.Context(), ana); err != nil || p.Sex != "" {
			t.Errorf("there is a profile: %+v, %v", p, err)
		}
		if n, err := s.StoredBytes(t.Context(), ana); n != 0 || err != nil {
			t.Errorf("there are %d bytes, %v", n, err)
		}
		for user, want := range map[pierre.UserID]int{ana: 0, bob: 1} {
			if list, err := s.Workouts(t.Context(), user, pierre.WorkoutQuery{}); err != nil || len(list) != want {
				t.Errorf("%s has the planned workouts %+v, %v", user, list, err)
			}
		}
		if _, err := s.AddWorkout(t.Context(), ana, day0, pierre.Workout{Day: day0.Truncate(24 * time.Hour), Sport: "run", Name: "Easy"}); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a workout for a deleted athlete: %v", err)
		}
		_, err = s.ImportRecording(t.Context(), ana, pierre.Source{Provider: pierre.ProviderFile}, pierre.Recording{Activity: pierre.Activity{Start: day0}})
		if pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("an import for a deleted athlete: %v", err)
		}
		if _, err := s.UpdateProfile(t.Context(), ana, day0, func(p *pierre.ProfileRecord) error { p.Sex = pierre.SexMale; return nil }); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a profile for a deleted athlete: %v", err)
		}
		if left, err := s.Athlete(t.Context(), acme, "bob"); err != nil || left.Activities != 3 {
			t.Errorf("another athlete has %+v, %v", left, err)
		}
		if again := athlete(t, s, acme, "ana", day0); again == ana {
			t.Error("the name stands for the deleted athlete again")
		}
		log, err := s.AuditLog(t.Context(), pierre.AuditQuery{Limit: 10})
		if err != nil || len(log.Entries) != 1 || log.Entries[0].Action != "athlete.delete" || log.Entries[0].Target != string(ana) || strings.Contains(log.Entries[0].Details, "ana") {
			t.Errorf("the audit log has %+v, %v", log.Entries, err)
		}
	})
}
