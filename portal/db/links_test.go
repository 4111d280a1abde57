package db_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

// reset makes a link to a new password.
func reset(t *testing.T, d *db.DB, s db.Staff, hash string) db.Link {
	t.Helper()
	l := db.Link{Hash: hash, Kind: db.LinkReset, Email: s.Email, Role: s.Role, By: "setup", Created: noon(), Expires: noon().Add(time.Hour)}
	if err := d.AddLink(t.Context(), by("setup"), l, func(*db.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestANewPasswordIsSetOnce: of many who use one link at once one does, and all that signed in before is gone.
func TestANewPasswordIsSetOnce(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		a, b := join(t, d, "a@example.com", "owner"), join(t, d, "b@example.com", "viewer")
		for _, s := range []db.Staff{a, b} {
			if err := errors.Join(d.AddSession(ctx, session(s, "session of "+s.Email)), d.AddPasskey(ctx, by("x"), s, db.Passkey{ID: "key of " + s.Email, Created: noon()}),
				d.SetRecovery(ctx, by("x"), s, []string{"1 of " + s.Email, "2 of " + s.Email})); err != nil {
				t.Fatal(err)
			}
		}
		reset(t, d, a, "old")
		link := reset(t, d, a, "new")
		reset(t, d, b, "other")
		if _, err := d.LinkByHash(ctx, "old", noon()); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a link that another one replaced: %v", err)
		}
		for at, want := range map[time.Time]bool{link.Expires.Add(-time.Microsecond): true, link.Expires: false} {
			if l, err := d.LinkByHash(ctx, "new", at); (err == nil) != want || want && l != link {
				t.Errorf("the link at %v: %+v, %v", at, l, err)
			}
		}
		if _, err := d.UseInvitation(ctx, "new", db.Staff{ID: "x", Created: noon()}); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a link to a new password made an account: %v", err)
		}
		if err := d.Withdraw(ctx, by("x"), a.Email); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a link to a new password was withdrawn as an invitation: %v", err)
		}
		errs := make([]error, 5)
		var wg sync.WaitGroup
		for n := range errs {
			wg.Go(func() {
				_, errs[n] = replicas[n%2].ResetStaff(ctx, by(a.Email), a.ID, link, func(s *db.Staff) { s.PasswordHash = fmt.Sprint(n) })
			})
		}
		wg.Wait()
		one := slices.Index(errs, nil)
		got, err := d.StaffByID(ctx, a.ID)
		if err != nil || one < 0 || got.PasswordHash != fmt.Sprint(one) {
			t.Errorf("%+v after %v: %v", got, errs, err)
		}
		for n, err := range errs {
			if n != one && pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("use %d: %v", n, err)
			}
		}
		team, err := d.Team(ctx, noon())
		if err != nil || len(team) != 2 || team[0].Sessions+team[0].Passkeys+team[0].Recovery != 0 || team[1].Sessions != 1 || team[1].Passkeys != 1 || team[1].Recovery != 2 {
			t.Errorf("the team: %+v, %v", team, err)
		}
		if _, err := d.ResetStaff(ctx, by("x"), "nobody", db.Link{Hash: "other"}, func(*db.Staff) {}); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("of nobody: %v", err)
		}
		if _, err := d.LinkByHash(ctx, "other", noon()); err != nil {
			t.Errorf("a link that could not be used is used up: %v", err)
		}
	})
}

// TestWhatFailsIsUndone: nothing of a change is kept if a part of it fails, and it is not in the log.
func TestWhatFailsIsUndone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, failed := t.Context(), errors.New("no mail")
		s := join(t, d, "a@example.com", "owner")
		link := reset(t, d, s, "kept")
		before, err := d.VerifyAudit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.AddSession(ctx, session(s, "here")); err != nil {
			t.Fatal(err)
		}
		replaced := link
		replaced.Hash = "lost"
		for name, err := range map[string]error{
			"a link whose mail fails": d.AddLink(ctx, by("x"), replaced, func(*db.Tx) error { return failed }),
			"a change that fails": func() error {
				_, err := d.ChangeStaff(ctx, by("x"), s.ID, db.StaffChange{Action: "a", Change: func(s *db.Staff) error { s.Role = "viewer"; return failed }})
				return err
			}(),
		} {
			if !errors.Is(err, failed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := d.ChangeStaff(ctx, by("x"), s.ID, db.StaffChange{Action: "a", Change: func(s *db.Staff) error { s.Role = "admin"; return nil }}); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("the last owner became an admin: %v", err)
		}
		if err := d.RemoveStaff(ctx, by("x"), s.ID); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("the last owner was removed: %v", err)
		}
		if err := d.RemoveStaff(ctx, by("x"), "nobody"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("nobody was removed: %v", err)
		}
		if err := d.SignedIn(ctx, by("x"), "here", db.Session{Hash: "new", Staff: "nobody", Stage: db.StageFull}, "password"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("nobody signed in: %v", err)
		}
		if err := d.RemovePasskey(ctx, by("x"), s, "none", true); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a passkey that is not there was removed: %v", err)
		}
		if _, err := d.LinkByHash(ctx, "kept", noon()); err != nil {
			t.Errorf("the link: %v", err)
		}
		list, err := d.Sessions(ctx, s.ID, noon())
		if got, found := d.StaffByID(ctx, s.ID); err != nil || found != nil || len(list) != 1 || got.Role != "owner" {
			t.Errorf("sessions %+v of %+v: %v, %v", list, got, err, found)
		}
		if n, err := d.VerifyAudit(ctx); n != before || err != nil {
			t.Errorf("%d entries, %d before: %v", n, before, err)
		}
	})
}

// TestSigningInMakesANewSession: the one of the sign-in cannot be used any more, so nobody who knew it is in.
func TestSigningInMakesANewSession(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		a, b := join(t, d, "a@example.com", "owner"), join(t, d, "b@example.com", "viewer")
		begun := session(a, "begun")
		begun.Stage = db.StagePassword
		if err := errors.Join(d.AddSession(ctx, begun), d.AddSession(ctx, session(b, "of b"))); err != nil {
			t.Fatal(err)
		}
		if list, err := d.Sessions(ctx, a.ID, noon()); err != nil || len(list) > 0 {
			t.Errorf("a sign-in without its second factor counts as a session: %+v, %v", list, err)
		}
		if err := d.SignedIn(ctx, by("ignored"), "begun", session(a, "full"), "password, app"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.SessionByHash(ctx, "begun", noon()); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("the session of the sign-in goes on: %v", err)
		}
		if v, s, err := d.SessionByHash(ctx, "full", noon()); err != nil || s.ID != a.ID || v.Stage != db.StageFull || !s.SignedIn.Equal(noon()) {
			t.Errorf("%+v of %+v, %v", v, s, err)
		}
		log, err := d.AuditLog(ctx, db.AuditQuery{Action: "staff.sign_in", Limit: 9})
		if err != nil || len(log) != 1 || log[0].Person != a.Email || log[0].Target != a.Email || log[0].Details != `{"by":"password, app","network":"192.0.2.0/24"}` {
			t.Errorf("the log: %+v, %v", log, err)
		}
		if err := errors.Join(d.AddSession(ctx, session(a, "second")), d.SeeSession(ctx, "second", noon().Add(-time.Hour))); err != nil {
			t.Fatal(err)
		}
		if v, _, err := d.SessionByHash(ctx, "second", noon()); err != nil || !v.Seen.Equal(noon()) {
			t.Errorf("an earlier use takes a later one back: %+v, %v", v, err)
		}
		if err := d.EndSessions(ctx, by(a.Email), a, "full"); err != nil {
			t.Fatal(err)
		}
		for hash, there := range map[string]bool{"full": true, "second": false, "of b": true} {
			if _, _, err := d.SessionByHash(ctx, hash, noon()); (err == nil) != there {
				t.Errorf("the session %q: %v", hash, err)
			}
		}
		if err := d.EndSessions(ctx, by(a.Email), a, "of b"); err != nil { // another account's hash keeps nothing
			t.Fatal(err)
		}
		if list, err := d.Sessions(ctx, a.ID, noon()); err != nil || len(list) > 0 {
			t.Errorf("sessions: %+v, %v", list, err)
		}
	})
}

// TestRecoveryCodesAreReplaced: the old ones are worth nothing, and those of others stay.
func TestRecoveryCodesAreReplaced(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		a, b := join(t, d, "a@example.com", "owner"), join(t, d, "b@example.com", "viewer")
		for _, c := range []struct {
			s      db.Staff
			hashes []string
		}{{a, []string{"a1", "a2"}}, {b, []string{"b1"}}, {a, []string{"a3"}}} {
			if err := d.SetRecovery(ctx, by("x"), c.s, c.hashes); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.SetRecovery(ctx, by("x"), a, []string{"a4", "b1"}); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("two accounts have one code: %v", err)
		}
		for _, c := range []struct {
			id, hash string
			taken    bool
		}{{a.ID, "a1", false}, {a.ID, "a4", false}, {a.ID, "b1", false}, {a.ID, "", false}, {"", "a3", false}, {a.ID, "a3", true}, {a.ID, "a3", false}, {b.ID, "b1", true}} {
			if taken, err := d.TakeRecovery(ctx, c.id, c.hash); taken != c.taken || err != nil {
				t.Errorf("the code %q of %q: %t, %v", c.hash, c.id, taken, err)
			}
		}
		if n, err := d.RecoveryLeft(ctx, a.ID); n != 0 || err != nil {
			t.Errorf("%d codes are left: %v", n, err)
		}
	})
}
