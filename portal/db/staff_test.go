package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

func noon() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

func by(person string) db.Act { return db.Act{Person: person, At: noon()} }

// join makes an account through an invitation.
func join(t *testing.T, d *db.DB, email string, role string) db.Staff {
	t.Helper()
	hash := "hash of " + email
	err := d.AddLink(t.Context(), by("setup"), db.Link{Hash: hash, Kind: db.LinkInvitation, Email: email, Role: role, By: "setup", Created: noon(), Expires: noon().Add(time.Hour)},
		func(*db.Tx) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.UseInvitation(t.Context(), hash, db.Staff{ID: "id of " + email, Name: "N", PasswordHash: "P", Created: noon()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func session(s db.Staff, hash string) db.Session {
	return db.Session{Hash: hash, Staff: s.ID, Stage: db.StageFull, Network: "192.0.2.0/24", Browser: "B", Created: noon(), Seen: noon(), Expires: noon().Add(db.SessionLife)}
}

func TestInvitationWorksOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := join(t, d, "ana@example.com", "admin")
		if s.Email != "ana@example.com" || s.Role != "admin" {
			t.Errorf("the account: %+v", s)
		}
		got, err := d.StaffByEmail(t.Context(), "ana@example.com")
		if err != nil || got.ID != s.ID || got.Role != "admin" || got.Name != "N" || got.PasswordHash != "P" || !got.Created.Equal(noon()) || !got.SignedIn.IsZero() {
			t.Errorf("as it is kept: %+v, %v", got, err)
		}
		for _, hash := range []string{"hash of ana@example.com", "", "another"} {
			if _, err := d.UseInvitation(t.Context(), hash, db.Staff{ID: "2", Email: "ana@example.com", Created: noon()}); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("with %q again: %v", hash, err)
			}
		}
		link := db.Link{Hash: "h", Kind: db.LinkInvitation, Email: "ana@example.com", Role: "owner", Expires: noon().Add(time.Hour)}
		if err := d.AddLink(t.Context(), by("x"), link, nil); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("inviting who has an account: %v", err)
		}
		link.Email = "late@example.com"
		if err := d.AddLink(t.Context(), by("x"), link, func(*db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := d.UseInvitation(t.Context(), "h", db.Staff{ID: "3", Created: link.Expires}); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("an invitation that has ended: %v", err)
		}
		if list, err := d.Invitations(t.Context(), noon()); err != nil || len(list) != 1 || list[0].Email != "late@example.com" || list[0].Role != "owner" {
			t.Errorf("invitations: %+v, %v", list, err)
		}
		if err := d.Withdraw(t.Context(), by("x"), "late@example.com"); err != nil {
			t.Error(err)
		}
		if err := d.Withdraw(t.Context(), by("x"), "late@example.com"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("taking an invitation back twice: %v", err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := join(t, d, "ana@example.com", "owner")
		if err := d.AddSession(t.Context(), session(s, "a")); err != nil {
			t.Fatal(err)
		}
		find := func(hash string, at time.Time) bool {
			t.Helper()
			v, of, err := d.SessionByHash(t.Context(), hash, at)
			if err != nil && pierre.KindOf(err) != pierre.KindNotFound {
				t.Fatal(err)
			}
			if err == nil && (v.Hash != hash || of.ID != s.ID || v.Browser != "B" || v.Network != "192.0.2.0/24") {
				t.Errorf("the session %q: %+v of %+v", hash, v, of)
			}
			return err == nil
		}
		if !find("a", noon().Add(db.SessionIdle-1)) || find("a", noon().Add(db.SessionIdle)) {
			t.Error("a session does not end after 12 hours without a request")
		}
		for at := noon(); at.Before(noon().Add(db.SessionLife)); at = at.Add(11 * time.Hour) {
			if !find("a", at) {
				t.Fatalf("a session that is used has ended after %v", at.Sub(noon()))
			}
			if err := d.SeeSession(t.Context(), "a", at); err != nil {
				t.Fatal(err)
			}
		}
		if find("a", noon().Add(db.SessionLife)) {
			t.Error("a session does not end after 7 days")
		}
		if err := d.EndSession(t.Context(), by("x"), db.Staff{ID: "somebody else"}, "a"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("ending another account's session: %v", err)
		}
		if err := d.EndSession(t.Context(), by(s.Email), s, "a"); err != nil || find("a", noon()) {
			t.Errorf("ending a session: %v", err)
		}
		if list, err := d.AuditLog(t.Context(), db.AuditQuery{Action: "staff.end_session", Limit: 2}); err != nil || len(list) != 1 || list[0].Target != s.Email {
			t.Errorf("the audit log: %+v, %v", list, err)
		}
	})
}

// TestPasswordAndRoleEndSessions: all but the one that the change was made from.
func TestPasswordAndRoleEndSessions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := join(t, d, "ana@example.com", "owner")
		join(t, d, "other@example.com", "owner")
		for _, c := range []struct {
			name string
			f    func(*db.Staff) error
			want int
		}{
			{"name", func(s *db.Staff) error { s.Name = "Ana"; return nil }, 2},
			{"password", func(s *db.Staff) error { s.PasswordHash = "Q"; return nil }, 1},
			{"role", func(s *db.Staff) error { s.Role = "viewer"; return nil }, 1},
		} {
			for _, hash := range []string{"a", "b"} {
				if err := d.DropSession(t.Context(), hash); err != nil {
					t.Fatal(err)
				}
				if err := d.AddSession(t.Context(), session(s, hash)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := d.ChangeStaff(t.Context(), by("x"), s.ID, db.StaffChange{Action: "staff." + c.name, Keep: "a", Change: c.f}); err != nil {
				t.Fatal(err)
			}
			list, err := d.Sessions(t.Context(), s.ID, noon())
			if err != nil || len(list) != c.want || list[0].Hash != "a" {
				t.Errorf("sessions after a change of the %s: %+v, %v", c.name, list, err)
			}
		}
	})
}

// TestLastOwnerStays: two owners who remove each other at once leave one.
func TestLastOwnerStays(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		owners := []db.Staff{join(t, replicas[0], "a@example.com", "owner"), join(t, replicas[0], "b@example.com", "owner")}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for n, d := range replicas {
			wg.Go(func() {
				if n == 0 {
					errs[n] = d.RemoveStaff(t.Context(), by("b@example.com"), owners[0].ID)
					return
				}
				_, errs[n] = d.ChangeStaff(t.Context(), by("a@example.com"), owners[1].ID, db.StaffChange{Action: "staff.role", Change: func(s *db.Staff) error {
					s.Role = "admin"
					return nil
				}})
			})
		}
		wg.Wait()
		refused := 0
		for _, err := range errs {
			if pierre.KindOf(err) == pierre.KindConflict {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		team, err := replicas[0].Team(t.Context(), noon())
		left := 0
		for _, m := range team {
			if m.Role == "owner" {
				left++
			}
		}
		if err != nil || refused != 1 || left != 1 {
			t.Errorf("%d of two changes refused, %d owners left, %v", refused, left, err)
		}
	})
}

// TestCodesCountOnce: of two requests with one code, one gets in.
func TestCodesCountOnce(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		s := join(t, replicas[0], "a@example.com", "owner")
		if err := replicas[0].SetRecovery(t.Context(), by("a@example.com"), s, []string{"h1", "h2"}); err != nil {
			t.Fatal(err)
		}
		for name, take := range map[string]func(ctx context.Context, d *db.DB) (bool, error){
			"app":      func(ctx context.Context, d *db.DB) (bool, error) { return d.TakeCode(ctx, s.ID, 7) },
			"recovery": func(ctx context.Context, d *db.DB) (bool, error) { return d.TakeRecovery(ctx, s.ID, "h1") },
		} {
			var wg sync.WaitGroup
			got := make([]bool, 8)
			for n := range got {
				wg.Go(func() {
					var err error
					if got[n], err = take(t.Context(), replicas[n%2]); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			taken := 0
			for _, ok := range got {
				if ok {
					taken++
				}
			}
			if taken != 1 {
				t.Errorf("a code of %s was taken %d times", name, taken)
			}
		}
		if ok, err := replicas[0].TakeCode(t.Context(), s.ID, 6); ok || err != nil {
			t.Errorf("an earlier code: %t, %v", ok, err)
		}
		if ok, err := replicas[0].TakeRecovery(t.Context(), "somebody else", "h2"); ok || err != nil {
			t.Errorf("another account's recovery code: %t, %v", ok, err)
		}
	})
}

func TestGuessesAreCounted(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		limits := map[string]int64{"account a": 3, "network n": 100}
		guess := func(n int, at time.Time) time.Time {
			t.Helper()
			until, err := replicas[n%2].Guess(t.Context(), at, time.Minute, limits)
			if err != nil {
				t.Fatal(err)
			}
			return until
		}
		for n := range 3 {
			if until := guess(n, noon()); !until.IsZero() {
				t.Errorf("guess %d is refused until %v", n, until)
			}
		}
		if until := guess(3, noon().Add(time.Second)); !until.Equal(noon().Add(time.Minute)) {
			t.Errorf("the fourth guess is refused until %v", until)
		}
		if until := guess(4, noon().Add(time.Minute)); !until.IsZero() {
			t.Errorf("after a minute guesses are refused until %v", until)
		}
		for range 5 {
			guess(0, noon().Add(time.Minute))
		}
		if err := replicas[0].Forgive(t.Context(), "account a"); err != nil {
			t.Fatal(err)
		}
		if until := guess(0, noon().Add(time.Minute)); !until.IsZero() {
			t.Errorf("after a right one guesses are refused until %v", until)
		}
	})
}

func TestPasskeysAreTheirAccounts(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a, b := join(t, d, "a@example.com", "owner"), join(t, d, "b@example.com", "owner")
		key := db.Passkey{ID: "c1", Name: "Phone", Credential: "{}", Created: noon()}
		if err := d.AddPasskey(t.Context(), by(a.Email), a, key); err != nil {
			t.Fatal(err)
		}
		if err := d.AddPasskey(t.Context(), by(b.Email), b, key); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("one credential for two accounts: %v", err)
		}
		if err := d.RemovePasskey(t.Context(), by(b.Email), b, "c1", false); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("removing another account's passkey: %v", err)
		}
		key.Credential, key.Used = `{"n":1}`, noon().Add(time.Hour)
		if err := d.UsePasskey(t.Context(), a.ID, key); err != nil {
			t.Fatal(err)
		}
		if list, err := d.Passkeys(t.Context(), a.ID); err != nil || len(list) != 1 || list[0] != key {
			t.Errorf("passkeys: %+v, %v", list, err)
		}
		if err := d.RemoveStaff(t.Context(), by(b.Email), a.ID); err != nil {
			t.Fatal(err)
		}
		if list, err := d.Passkeys(t.Context(), a.ID); err != nil || len(list) > 0 {
			t.Errorf("passkeys of a removed account: %+v, %v", list, err)
		}
	})
}

func TestPruneStaff(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := join(t, d, "a@example.com", "owner")
		if err := d.AddSession(t.Context(), session(s, "a")); err != nil {
			t.Fatal(err)
		}
		begun := db.Session{Hash: "b", Stage: db.StageBegun, Data: "x", Created: noon(), Seen: noon(), Expires: noon().Add(time.Minute)}
		if err := d.AddSession(t.Context(), begun); err != nil {
			t.Fatal(err)
		}
		if err := d.SetSessionData(t.Context(), "b", "y"); err != nil {
			t.Fatal(err)
		}
		if v, of, err := d.SessionByHash(t.Context(), "b", noon()); err != nil || v.Data != "y" || v.Staff != "" || of.ID != "" {
			t.Errorf("a session without an account: %+v of %+v, %v", v, of, err)
		}
		if err := d.PruneStaff(t.Context(), noon().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := d.Row(t.Context(), `SELECT COUNT(*) FROM portal_staff_sessions`).Scan(&left); err != nil || left != 1 {
			t.Errorf("%d sessions are left: %v", left, err)
		}
	})
}

// TestAuditIsChained: entries of several programs follow each other, and one that was changed is found.
func TestAuditIsChained(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		var wg sync.WaitGroup
		for n := range 10 {
			wg.Go(func() {
				err := replicas[n%2].Update(t.Context(), "testing", func(tx *db.Tx) error {
					return db.Audit(t.Context(), tx, by(fmt.Sprintf("p%d", n%2)), "test.do", fmt.Sprint(n), map[string]int{"n": n})
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		d := replicas[0]
		if n, err := d.VerifyAudit(t.Context()); n != 10 || err != nil {
			t.Errorf("VerifyAudit = %d, %v", n, err)
		}
		list, err := d.AuditLog(t.Context(), db.AuditQuery{Person: "p1", Action: "test.do", From: noon(), To: noon().Add(1000), Before: 10, Limit: 3})
		if err != nil || len(list) != 3 || list[0].Seq <= list[1].Seq || list[2].Person != "p1" {
			t.Errorf("AuditLog = %+v, %v", list, err)
		}
		if list, err := d.AuditLog(t.Context(), db.AuditQuery{Target: "7", Limit: 3}); err != nil || len(list) != 1 || list[0].Details != `{"n":7}` {
			t.Errorf("AuditLog of a target = %+v, %v", list, err)
		}
		for _, statement := range []string{`UPDATE portal_audit SET person = 'x' WHERE seq = 3`, `DELETE FROM portal_audit WHERE seq = 3`} {
			if _, err := d.Writer().ExecContext(t.Context(), statement); err == nil {
				t.Errorf("%s was let through", statement)
			}
		}
		tamper := []string{`DROP TRIGGER portal_audit_no_update`, `UPDATE portal_audit SET person = 'x' WHERE seq = 3`}
		if d.Postgres() {
			tamper[0] = `DROP TRIGGER portal_audit_is_append_only ON portal_audit`
		}
		for _, statement := range tamper {
			if _, err := d.Writer().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := d.VerifyAudit(t.Context()); n != 3 || pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("VerifyAudit of a changed log = %d, %v", n, err)
		}
	})
}

// TestTheLastPasskeyStays: of two that are taken away at once, too.
func TestTheLastPasskeyStays(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		s := join(t, replicas[0], "a@example.com", "owner")
		for _, id := range []string{"c0", "c1"} {
			if err := replicas[0].AddPasskey(t.Context(), by(s.Email), s, db.Passkey{ID: id, Credential: "{}", Created: noon()}); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for n := range errs {
			wg.Go(func() { errs[n] = replicas[n].RemovePasskey(t.Context(), by(s.Email), s, fmt.Sprint("c", n), true) })
		}
		wg.Wait()
		list, err := replicas[0].Passkeys(t.Context(), s.ID)
		if err != nil || len(list) != 1 || (errs[0] == nil) == (errs[1] == nil) || pierre.KindOf(errors.Join(errs...)) != pierre.KindConflict {
			t.Errorf("left: %+v, %v; errors %v", list, err, errs)
		}
		if err := replicas[0].RemovePasskey(t.Context(), by(s.Email), s, list[0].ID, false); err != nil {
			t.Errorf("one that is not needed: %v", err)
		}
	})
}
