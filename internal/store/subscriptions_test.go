package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A user has one address; a new one takes its place, and it works as long as there is a key to reach the user with.
func TestCalendarSubscriptions(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
		ana, bob := users[0], users[1]
		keep := func(user pierre.UserID, token byte) {
			t.Helper()
			if err := s.KeepCalendarSubscription(t.Context(), pierre.CalendarSubscription{UserID: user, Token: [32]byte{token}, Created: now}); err != nil {
				t.Fatal(err)
			}
		}
		reader := func(token byte, at time.Time) pierre.CalendarReader {
			t.Helper()
			c, err := s.CalendarReader(t.Context(), [32]byte{token}, at, func(k *pierre.APIKey) bool { return k.Name != "useless" })
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		gone := func(token byte) {
			t.Helper()
			if c, err := s.CalendarReader(t.Context(), [32]byte{token}, now, nil); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("token %d is of %+v, %v", token, c, err)
			}
		}
		keep(ana, 1)
		keep(bob, 2)
		keep(ana, 3)
		gone(1)
		if c := reader(3, now); c.UserID != ana || c.Customer != ana || c.HasKey || !c.Created.Equal(now) || !c.Read.IsZero() {
			t.Errorf("%+v", c)
		}
		key := func(id pierre.KeyID, name string, kind pierre.KeyType, expires time.Time) {
			t.Helper()
			_, _, err := s.ProvisionAPIKey(t.Context(), pierre.Act{Person: "test", At: now}, pierre.APIKey{
				ID: id, Name: name, Email: "ana@example.com", Type: kind, Tier: pierre.TierStarter, Hash: sha256.Sum256([]byte(id)), Prefix: "pk_live_abcd", Last4: "wxyz", Expires: expires,
			}, func(pierre.APIKey) ([]byte, error) { return nil, nil })
			if err != nil {
				t.Fatal(err)
			}
		}
		key("key_1", "phone", pierre.KeyPersonal, now.Add(time.Hour))
		key("key_2", "useless", pierre.KeyPersonal, time.Time{})
		athlete, err := s.EnsureAthlete(t.Context(), ana, "anna", 10, now)
		if err != nil {
			t.Fatal(err)
		}
		keep(athlete, 4)
		if c := reader(4, now); c.UserID != athlete || c.Customer != ana || c.HasKey {
			t.Errorf("an athlete's, with personal keys alone: %+v", c)
		}
		key("key_3", "app", pierre.KeyApplication, time.Time{})
		if !reader(4, now).HasKey {
			t.Error("the key of the application does not count for its athlete")
		}
		if !reader(3, now).HasKey || reader(2, now).HasKey || reader(3, now.Add(time.Hour)).HasKey {
			t.Error("the key of ana is not what counts")
		}
		for _, tt := range []struct{ at, noted time.Duration }{{time.Minute, time.Minute}, {90 * time.Second, time.Minute}, {2 * time.Minute, 2 * time.Minute}} {
			if err := s.NoteCalendarRead(t.Context(), reader(3, now), now.Add(tt.at)); err != nil {
				t.Fatal(err)
			}
			if c, err := s.CalendarSubscription(t.Context(), ana); err != nil || !c.Read.Equal(now.Add(tt.noted)) {
				t.Errorf("read after %v: noted %v, %v", tt.at, c.Read, err)
			}
		}
		if _, err := s.RevokeAPIKey(t.Context(), pierre.Act{Person: "test", At: now}, "key_1"); err != nil {
			t.Fatal(err)
		}
		if reader(3, now).HasKey || !reader(4, now).HasKey {
			t.Error("a revoked key counts, or the application's counts for its owner")
		}
		if err := s.DeleteCalendarSubscription(t.Context(), bob); err != nil {
			t.Fatal(err)
		}
		gone(2)
		if _, err := s.CalendarSubscription(t.Context(), bob); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("an ended one: %v", err)
		}
		if _, err := s.DeleteCustomer(t.Context(), pierre.Act{Person: "test", At: now}, ana); err != nil {
			t.Fatal(err)
		}
		gone(3)
		gone(4)
	})
}
