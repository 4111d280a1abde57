package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestCustomersAreFoundAndCounted(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := provision(t, s, newKey("ana@club.example"), day0)
		second := provision(t, s, newKey("ana@club.example"), day0)
		for n := range 3 {
			provision(t, s, newKey(fmt.Sprintf("b%%_%d@other.example", n)), day0.Add(time.Duration(n+1)*time.Minute))
		}
		if _, err := s.RevokeAPIKey(t.Context(), act(day0), second.ID); err != nil {
			t.Fatal(err)
		}
		used := day0.Add(time.Hour)
		if err := s.TouchAPIKeys(t.Context(), map[pierre.KeyID]time.Time{ana.ID: used}); err != nil {
			t.Fatal(err)
		}
		for n, status := range []pierre.CallStatus{pierre.CallSucceeded, pierre.CallFailed, pierre.CallSucceeded} {
			started := day0.Add(time.Duration(n) * time.Minute)
			if n == 2 {
				started = day0.AddDate(0, -1, 0) // of another month
			}
			err := s.RecordCalls(t.Context(), []pierre.Call{{ID: pierre.NewCallID(), KeyID: ana.ID, UserID: ana.UserID, Customer: ana.UserID, Status: status, Started: started, Tool: "x"}})
			if err != nil {
				t.Fatal(err)
			}
		}
		for part, want := range map[string]int{"": 4, "ANA@": 1, "other.example": 3, "%": 3, "_1": 1, `\`: 0, "nobody": 0} {
			q := pierre.CustomerQuery{EmailPart: part, At: used, Limit: 2}
			var found []pierre.Customer
			for {
				page, err := s.Customers(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, page.Customers...)
				if q.Cursor = page.NextCursor; q.Cursor == "" {
					break
				}
			}
			if len(found) != want {
				t.Errorf("%q finds %d customers, want %d", part, len(found), want)
			}
			if part == "ANA@" {
				c := found[0]
				if c.ID != ana.UserID || c.Keys != 2 || c.ActiveKeys != 1 || !c.LastUsed.Equal(used) || c.Calls != 2 {
					t.Errorf("Ana is %+v, want 2 keys, of which 1 is active, and 2 calls", c)
				}
			}
		}
	})
}

func TestCustomersTierAndLimit(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := newKey("ana@example.com")
		k.Limit, k.Expires = pierre.Limit{}, time.Time{}
		k = provision(t, s, k, day0)
		own := newKey("ana@example.com")
		own.Expires = time.Time{}
		own = provision(t, s, own, day0)
		over := provision(t, s, newKey("ana@example.com"), day0)
		if _, err := s.RevokeAPIKey(t.Context(), act(day0), over.ID); err != nil {
			t.Fatal(err)
		}
		bystander := provision(t, s, newKey("bob@example.com"), day0)
		limit := pierre.Limit{Requests: 77, Period: pierre.PeriodWeek}
		err := s.UpdateCustomer(t.Context(), act(day0), k.UserID, pierre.TierTrial, func(u *pierre.User) error {
			u.Limit, u.Notes = limit, "pays by invoice"
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[pierre.KeyID]pierre.Tier{
			k.ID: pierre.TierTrial, own.ID: pierre.TierTrial, over.ID: pierre.TierProfessional, bystander.ID: pierre.TierProfessional,
		} {
			got, err := s.APIKey(t.Context(), id)
			if err != nil || got.Tier != want || (id != bystander.ID && got.Limits().Customer != limit) || id == bystander.ID && !got.Limits().Customer.Unlimited() {
				t.Errorf("%s is %+v, %v; want the tier %s", id, got, err, want)
			}
			if id == k.ID && (got.InForce().Limit.Requests != 1000 || !got.Expires.Equal(day0.AddDate(0, 0, 14).Truncate(time.Second))) || id == own.ID && got.InForce().Limit != own.Limit {
				t.Errorf("%s is %+v: its own rules stay, the others are the tier's", id, got)
			}
		}
		c, err := s.Customer(t.Context(), k.UserID, pierre.CustomerQuery{At: day0})
		if err != nil || c.Notes != "pays by invoice" || c.Limit != limit {
			t.Errorf("the customer is %+v, %v", c, err)
		}
		told := false
		for _, e := range auditEntries(t, s) {
			told = told || strings.Contains(e.Details, `"`+string(k.ID)+`":"professional"`)
			if strings.Contains(e.Details, "invoice") || strings.Contains(e.Details, "ana@") {
				t.Errorf("the audit log tells more than ids: %s", e.Details)
			}
		}
		if !told {
			t.Errorf("the audit log does not tell which tier %s had", k.ID)
		}
		if err := s.UpdateCustomer(t.Context(), act(day0), k.UserID, "gold", func(*pierre.User) error { return nil }); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("an unknown tier: %v", err)
		}
	})
}

func auditEntries(t *testing.T, s *store.Store) []pierre.AuditEntry {
	t.Helper()
	page, err := s.AuditLog(t.Context(), pierre.AuditQuery{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	return page.Entries
}

// A deleted person is gone with all that is theirs: nothing of anybody else is, and the audit log has the id only.
func TestDeletedCustomerIsGone(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k, bob := provision(t, s, newKey("ana@example.com"), day0), provision(t, s, newKey("bob@example.com"), day0)
		next := newKey("ana@example.com")
		if _, _, err := s.RotateAPIKey(t.Context(), act(day0), k.ID, func(old *pierre.APIKey) (pierre.APIKey, error) {
			return next, old.Replace(next.ID, time.Hour, day0)
		}, answerID); err != nil {
			t.Fatal(err)
		}
		athlete, err := s.EnsureAthlete(t.Context(), k.UserID, "runner", 5, day0)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := s.DeleteCustomer(t.Context(), act(day0), k.UserID)
		if err != nil || len(keys) != 2 {
			t.Fatalf("DeleteCustomer = %v, %v; want two keys", keys, err)
		}
		for name, err := range map[string]error{
			"key":      second(s.APIKey(t.Context(), k.ID)),
			"by hash":  second(s.APIKeyByHash(t.Context(), k.Hash)),
			"next":     second(s.APIKey(t.Context(), next.ID)),
			"user":     second(s.UserByEmail(t.Context(), "ana@example.com")),
			"customer": second(s.Customer(t.Context(), k.UserID, pierre.CustomerQuery{At: day0})),
			"athlete":  second(s.Athlete(t.Context(), k.UserID, "runner")),
			"again":    second(s.DeleteCustomer(t.Context(), act(day0), k.UserID)),
		} {
			if pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("%s: %v, want not found (athlete %s)", name, err, athlete)
			}
		}
		if _, err := s.APIKey(t.Context(), bob.ID); err != nil {
			t.Errorf("somebody else's key: %v", err)
		}
		for _, e := range auditEntries(t, s) {
			if strings.Contains(e.Details+e.Target, "ana@") {
				t.Errorf("the audit log names the person: %+v", e)
			}
		}
		if check := verified(t, s, nil); check.Broken != nil {
			t.Errorf("the audit log is broken: %+v", check.Broken)
		}
		if fresh := provision(t, s, newKey("ana@example.com"), day0); fresh.UserID == k.UserID {
			t.Error("the address gives the deleted user back")
		}
	})
}

// A request that was let in before the deletion makes no athlete of who is being deleted, and imports nothing more.
func TestNothingIsMadeOfWhoIsBeingDeleted(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := storetest.Users(t, s, day0, "ana@example.com")[0]
		err := s.DeleteAccount(t.Context(), act(day0), ana, func(int) error { return nil }, func([]pierre.KeyID) {
			if id, err := s.EnsureAthlete(t.Context(), ana, "4711", 5, day0); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("an athlete: %q, %v", id, err)
			}
			rec := pierre.Recording{Activity: pierre.Activity{Sport: pierre.SportRun, Start: day0, Provider: pierre.ProviderFile}}
			if added, err := s.ImportRecording(t.Context(), ana, pierre.Source{Provider: pierre.ProviderFile, Imported: day0}, rec); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("a recording: %+v, %v", added, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
