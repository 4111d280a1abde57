package alerts_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/alerts"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// Everybody of the staff gets one mail a day, from seven o'clock on, whichever program writes it.
func TestTheDailyMail(t *testing.T) {
	t.Parallel()
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		h := open(t, replicas...)
		people := []string{"olivia@example.com", "vi@example.com"}
		for n, email := range people {
			h.join(email, []string{"owner", "viewer"}[n])
		}
		k := h.server.Provision(t, "ana@example.com", "starter")
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now(), N: 1200, Status: pierre.CallSucceeded})
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now(), N: 30, Status: pierre.CallFailed})
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now(), N: 7, Status: pierre.CallRateLimited})
		h.rule(db.Rule{Condition: "errors", Threshold: 1, Window: 30 * 24 * time.Hour})
		h.request("bob@example.com")
		want := func(after time.Duration, mails int, subject string) {
			t.Helper()
			h.server.Pass(after)
			var wg sync.WaitGroup
			for _, w := range h.watches {
				for range 2 {
					wg.Go(func() {
						if err := w.MailDay(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
			}
			wg.Wait()
			for _, email := range people {
				if got := h.mails(email); len(got) != mails || mails > 0 && got[0].Subject != subject {
					t.Errorf("at %s %s has %d mails, want %d: %+v", h.server.Now(), email, len(got), mails, got)
				}
			}
		}
		h.server.Pass(18*time.Hour + 50*time.Minute)                                                                                     // 6:50
		h.look(0)                                                                                                                        // finds one alert
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now().Add(-time.Hour), N: 50, Status: pierre.CallSucceeded}) // today, which is not told
		want(0, 0, "")
		want(10*time.Minute, 1, "What needs you today, 21 November")
		want(10*time.Hour, 1, "What needs you today, 21 November")
		want(7*time.Hour-time.Minute, 1, "What needs you today, 21 November")
		if err := h.db.DeleteRule(t.Context(), "rule_errors"); err != nil {
			t.Fatal(err)
		}
		var sent mailtest.Inbox
		if err := mail.NewWorker(h.outbox, &sent, silent).Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, email := range people {
			for _, fact := range []string{"Requests waiting               1, the oldest for 19 h\n", "Open alerts                    1\n", "not delivered  0\n", "Calls              1,237\n", "Failed             30\n", "Refused by limits  7\n"} {
				if text := strings.Join(sent.To(email), "\n"); !strings.Contains(text, fact) {
					t.Errorf("%s was not told %q: %s", email, fact, text)
				}
			}
		}
		want(8*time.Hour, 2, "What needs you today, 22 November") // a request waits
	})
}

// Who wants none gets none, and the others do.
func TestTheDailyMailOfWhoWantsNone(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	h.join("olivia@example.com", "owner")
	h.join("vi@example.com", "viewer")
	change := db.StaffChange{Action: "staff.mails", Change: func(s *db.Staff) error { s.NoDailyMail = true; return nil }}
	if _, err := h.db.ChangeStaff(t.Context(), db.Act{Person: "vi@example.com", At: noon}, "staff of vi@example.com", change); err != nil {
		t.Fatal(err)
	}
	if err := h.watches[0].MailDay(t.Context()); err != nil || len(h.mails("vi@example.com")) != 0 || len(h.mails("olivia@example.com")) != 1 {
		t.Errorf("%v, %v, %v", h.mails("vi@example.com"), h.mails("olivia@example.com"), err)
	}
}

// Who turned it off gets none; while the server is away it waits.
func TestTheDailyMailIsNotSent(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	h.join("olivia@example.com", "owner")
	off := func(off bool) {
		t.Helper()
		if err := h.db.ChangeSettings(t.Context(), db.Act{Person: "olivia@example.com", At: noon}, "rules", func(s *db.Settings) error { s.NoDailyMail = off; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	off(true)
	if err := h.watches[0].MailDay(t.Context()); err != nil || len(h.mails("olivia@example.com")) != 0 {
		t.Errorf("turned off: %v, %v", h.mails("olivia@example.com"), err)
	}
	off(false)
	gone, err := adminapi.NewClient("http://127.0.0.1:1", pierreSecret(), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	lost := alerts.New(h.db, h.outbox, texts, gone, h.ring, silent, alerts.Options{Now: h.server.Now})
	if err := lost.MailDay(t.Context()); err == nil || len(h.mails("olivia@example.com")) != 0 {
		t.Errorf("without a server: %v, %v", h.mails("olivia@example.com"), err)
	}
	if err := h.watches[0].MailDay(t.Context()); err != nil || len(h.mails("olivia@example.com")) != 1 || h.mails("olivia@example.com")[0].Subject != "Nothing needs you today, 20 November" {
		t.Errorf("on a day on which nothing happened: %v, %v", h.mails("olivia@example.com"), err)
	}
}

// request keeps a request that waits for a decision.
func (h *harness) request(email string) {
	h.Helper()
	r := db.Request{ID: "req_" + email, Email: email, State: db.RequestSubmitted, Version: 1, Created: noon, VerifyHash: db.HashToken(email), VerifyUntil: noon}
	verified := r
	verified.State, verified.Verified, verified.Changed = db.RequestVerified, noon, noon
	if err := h.db.Update(h.Context(), "asking", func(t *db.Tx) error {
		if err := h.db.AddRequest(h.Context(), t, r); err != nil {
			return err
		}
		_, err := h.db.SaveRequest(h.Context(), t, verified, db.RequestSubmitted)
		return err
	}); err != nil {
		h.Fatal(err)
	}
}

// join makes an account of the staff.
func (h *harness) join(email, role string) {
	h.Helper()
	act, ctx := db.Act{Person: "operator", At: noon}, h.Context()
	l := db.Link{Hash: email, Kind: db.LinkInvitation, Email: email, Role: role, By: "operator", Created: noon, Expires: noon.Add(time.Hour)}
	if err := h.db.AddLink(ctx, act, l, func(*db.Tx) error { return nil }); err != nil {
		h.Fatal(err)
	}
	if _, err := h.db.UseInvitation(ctx, email, db.Staff{ID: "staff of " + email, Name: email, PasswordHash: "x", Created: noon}); err != nil {
		h.Fatal(err)
	}
}
