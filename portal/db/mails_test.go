package db_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

// post puts a mail into the outbox.
func post(t *testing.T, d *db.DB, m db.Mail, once string) {
	t.Helper()
	m.Kind, m.Subject, m.Sealed = "test", "S", []byte("sealed")
	if m.Written.IsZero() {
		m.Written = noon()
	}
	update(t, d, func(tx *db.Tx) error {
		_, err := d.AddMail(t.Context(), tx, m, once)
		return err
	})
}

// take returns the mail that is due at a time, "" if none is.
func take(t *testing.T, d *db.DB, lease string, at time.Time) string {
	t.Helper()
	m, ok, err := d.TakeMail(t.Context(), lease, at, at.Add(time.Minute))
	if err != nil || ok != (m.ID != "") || ok && string(m.Sealed) != "sealed" {
		t.Fatalf("%t, %+v, %v", ok, m, err)
	}
	return m.ID
}

// TestMailsAreLeased: nobody else gets a mail before a lease ends, and who comes late changes nothing.
func TestMailsAreLeased(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		post(t, d, db.Mail{ID: "later", Written: noon().Add(time.Second)}, "")
		post(t, d, db.Mail{ID: "first"}, "")
		if got := take(t, d, "x", noon().Add(-time.Microsecond)); got != "" {
			t.Errorf("%q was taken before it is due", got)
		}
		if got := [2]string{take(t, d, "x", noon()), take(t, replicas[1], "y", noon())}; got != [2]string{"first", ""} {
			t.Errorf("taken: %q", got)
		}
		if got := take(t, replicas[1], "y", noon().Add(time.Minute-time.Microsecond)); got != "later" {
			t.Errorf("%q was taken before the lease of the first one ends", got)
		}
		if got := take(t, replicas[1], "z", noon().Add(time.Minute)); got != "first" {
			t.Errorf("%q was taken after a lease ended", got)
		}
		for name, late := range map[string]error{ // x has no lease any more, and nobody's is no lease
			"sent":   d.MailSent(ctx, "first", "x", noon()),
			"failed": d.MailFailed(ctx, "first", "", "no", noon()),
			"died":   d.MailDied(ctx, "first", "x", "no", noon()),
		} {
			if m, err := d.Mail(ctx, "first"); late != nil || err != nil || m.State != db.MailWaiting || m.Failure != "" || m.Tries != 2 || m.Sealed != nil {
				t.Errorf("%s too late: %+v, %v, %v", name, m, late, err)
			}
		}
		if err := d.MailFailed(ctx, "first", "z", "Try later.", noon().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := take(t, d, "x", noon().Add(time.Hour-time.Microsecond)); got != "later" { // its lease ended
			t.Errorf("%q was taken before it is due again", got)
		}
		if err := d.MailDied(ctx, "later", "x", "No such address.", noon().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := take(t, d, "x", noon().Add(time.Hour)); got != "first" {
			t.Errorf("%q was taken when it was due again", got)
		}
		if err := d.MailSent(ctx, "first", "x", noon().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if m, err := d.Mail(ctx, "first"); err != nil || m.State != db.MailSent || m.Failure != "" || m.Tries != 3 || !m.Ended.Equal(noon().Add(time.Hour)) {
			t.Errorf("a mail that was sent: %+v, %v", m, err)
		}
		var sealed int
		if err := d.Row(ctx, `SELECT COUNT(*) FROM portal_mails WHERE id = 'first' AND sealed IS NOT NULL`).Scan(&sealed); err != nil || sealed > 0 {
			t.Errorf("the text of a mail that was sent is kept: %v", err)
		}
		if got := take(t, d, "x", noon().Add(100*time.Hour)); got != "" {
			t.Errorf("%q was taken again", got)
		}
	})
}

func TestDeadMailsAreRevived(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, expires := t.Context(), noon().Add(time.Hour)
		for _, id := range []string{"dead", "ends", "sent", "waits"} {
			m := db.Mail{ID: id, Recipient: id + "@example.com"}
			if id == "ends" {
				m.Expires = expires
			}
			post(t, d, m, "once "+id)
			if id == "waits" {
				continue
			}
			if got := take(t, d, id, noon()); got != id {
				t.Fatalf("%q was taken, want %q", got, id)
			}
			end := d.MailDied
			if id == "sent" {
				end = func(ctx context.Context, id, lease, _ string, now time.Time) error {
					return d.MailSent(ctx, id, lease, now)
				}
			}
			if err := end(ctx, id, id, "No.", noon()); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := d.CountMails(ctx, noon()); err != nil || n != (db.MailCounts{Waiting: 1, Dead: 2}) {
			t.Errorf("counts: %+v, %v", n, err)
		}
		if n, err := d.CountMails(ctx, noon().Add(time.Microsecond)); err != nil || n.Late != 1 {
			t.Errorf("a mail is late: %+v, %v", n, err)
		}
		for id, at := range map[string]time.Time{"ends": expires, "sent": noon(), "waits": noon(), "unknown": noon(), "": noon()} {
			if err := d.ReviveMail(ctx, id, at); pierre.KindOf(err) != pierre.KindConflict {
				t.Errorf("%q was revived: %v", id, err)
			}
		}
		for _, id := range []string{"ends", "dead"} {
			if err := d.ReviveMail(ctx, id, expires.Add(-time.Microsecond)); err != nil {
				t.Errorf("%q: %v", id, err)
			}
			if m, err := d.Mail(ctx, id); err != nil || m.State != db.MailWaiting || m.Tries != 0 || !m.Ended.IsZero() || !m.Due.Equal(expires.Add(-time.Microsecond)) {
				t.Errorf("%q: %+v, %v", id, m, err)
			}
		}
		for state, want := range map[db.MailState]int{"": 4, db.MailWaiting: 3, db.MailSent: 1, db.MailDead: 0, "' OR 1=1 --": 0} {
			if list, err := d.Mails(ctx, db.MailFilter{State: state, Limit: 9}); err != nil || len(list) != want {
				t.Errorf("%q: %+v, %v", state, list, err)
			}
		}
		if err := d.ForgetMails(ctx, noon().Add(time.Microsecond)); err != nil {
			t.Fatal(err)
		}
		for id, there := range map[string]bool{"sent": false, "dead": true, "waits": true} {
			once, err := d.MailedOnce(ctx, "once "+id)
			if _, gone := d.Mail(ctx, id); err != nil || once != there || there != (gone == nil) || !there && pierre.KindOf(gone) != pierre.KindNotFound {
				t.Errorf("%s: %v, once %t, %v", id, gone, once, err)
			}
		}
	})
}

// TestOfOneNameOneMailIsTaken: of several programs that write it at once; mails without a name are each taken.
func TestOfOneNameOneMailIsTaken(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		added := make([]bool, 8)
		var wg sync.WaitGroup
		for n := range added {
			wg.Go(func() {
				err := replicas[n%2].Apply(t.Context(), "posting", func(tx *db.Tx) (err error) {
					once := "the name"
					if n >= 6 {
						once = ""
					}
					added[n], err = replicas[n%2].AddMail(t.Context(), tx, db.Mail{ID: fmt.Sprint(n), Kind: "k", Recipient: "r", Subject: "s", Written: noon()}, once)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		named := 0
		for _, ok := range added[:6] {
			if ok {
				named++
			}
		}
		list, err := replicas[0].Mails(t.Context(), db.MailFilter{Limit: 99})
		if err != nil || named != 1 || !added[6] || !added[7] || len(list) != 3 {
			t.Errorf("added %v, %d in the outbox: %v", added, len(list), err)
		}
	})
}
