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

func hashOf(name string) []byte { return []byte("hash of " + name) }

// mailLink keeps a request for a link and the link that was sent.
func mailLink(t *testing.T, d *db.DB, id, email string, expires time.Time) {
	t.Helper()
	limits := db.SignInLimits{PerEmail: 100, EmailTime: time.Hour, PerNetwork: 100, NetworkTime: time.Hour}
	if err := d.AskSignIn(t.Context(), db.SignIn{ID: id, Email: email, Asked: noon()}, "net", limits); err != nil {
		t.Fatal(err)
	}
	update(t, d, func(tx *db.Tx) error {
		mine, err := d.HandleSignIn(t.Context(), tx, id, hashOf(id), noon(), expires)
		if err == nil && !mine {
			err = fmt.Errorf("the request %s is another's", id)
		}
		return err
	})
}

func signedIn(t *testing.T, d *db.DB, id, email string) db.CustomerSession {
	t.Helper()
	mailLink(t, d, "link of "+id, email, noon().Add(time.Minute))
	s, _, err := d.UseSignIn(t.Context(), hashOf("link of "+id), hashOf(id), db.CustomerSession{ID: id, Browser: "B"}, noon())
	if err != nil || s.Email != email {
		t.Fatalf("%+v, %v", s, err)
	}
	return s
}

// TestWishesAreLimited: those of an address without a word, those of a network with one, and each again after its time.
func TestWishesAreLimited(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		limits := db.SignInLimits{PerEmail: 2, EmailTime: time.Hour, PerNetwork: 4, NetworkTime: 10 * time.Minute}
		n := 0
		for _, c := range []struct {
			email, network string
			after          time.Duration
			refused        bool
			waiting        int
		}{
			{"a@example.com", "n1", 0, false, 1},
			{"a@example.com", "n1", time.Second, false, 2},
			{"a@example.com", "n1", 2 * time.Second, false, 2}, // dropped, and nobody is told
			{"b@example.com", "n1", 3 * time.Second, false, 3},
			{"c@example.com", "n1", 4 * time.Second, true, 3},
			{"a@example.com", "n2", 5 * time.Second, false, 3}, // from elsewhere it is the same address
			{"c@example.com", "n2", 6 * time.Second, false, 4},
			{"c@example.com", "n1", 10*time.Minute - 1000, true, 4},
			{"c@example.com", "n1", 10 * time.Minute, false, 5}, // the first one is as old as the time
			{"a@example.com", "n3", time.Hour + 5*time.Second, false, 6},
		} {
			n++
			err := d.AskSignIn(t.Context(), db.SignIn{ID: fmt.Sprint(n), Email: c.email, Asked: noon().Add(c.after)}, c.network, limits)
			if c.refused != (err != nil) || c.refused && pierre.KindOf(err) != pierre.KindRateLimited {
				t.Errorf("request %d: %v, want a refusal: %t", n, err, c.refused)
			}
			if err != nil && pierre.RetryAfterOf(err, 0) != limits.NetworkTime {
				t.Errorf("request %d is to be repeated after %v", n, pierre.RetryAfterOf(err, 0))
			}
			list, err := d.WaitingSignIns(t.Context(), 100)
			if err != nil || len(list) != c.waiting {
				t.Errorf("after request %d: %d wait, want %d: %v", n, len(list), c.waiting, err)
			}
		}
		list, err := d.WaitingSignIns(t.Context(), 2)
		if err != nil || len(list) != 2 || list[0] != (db.SignIn{ID: "1", Email: "a@example.com", Asked: noon()}) || list[1].ID != "2" {
			t.Errorf("the oldest two: %+v, %v", list, err)
		}
	})
}

// TestALinkSignsInOnce: one of many who use it at once, before it ends; one of two programs sends it.
func TestALinkSignsInOnce(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		mailLink(t, d, "a", "ana@example.com", noon().Add(15*time.Minute))
		for n, r := range replicas {
			update(t, r, func(tx *db.Tx) error {
				if mine, err := r.HandleSignIn(ctx, tx, []string{"a", "unknown"}[n], hashOf("other"), noon(), noon().Add(time.Hour)); mine || err != nil {
					t.Errorf("a link was sent twice, or for nobody: %v", err)
				}
				return nil
			})
		}
		use := func(n int, link string, at time.Time) error {
			_, _, err := replicas[n%2].UseSignIn(ctx, hashOf(link), hashOf(fmt.Sprint(n)), db.CustomerSession{ID: fmt.Sprint(n), Browser: "B"}, at)
			return err
		}
		for n, c := range []struct {
			link string
			at   time.Time
		}{{"a", noon().Add(15 * time.Minute)}, {"b", noon()}, {"other", noon()}, {"", noon()}} {
			if err := use(100+n, c.link, c.at); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("the link %q at %v: %v", c.link, c.at, err)
			}
		}
		if _, _, err := d.UseSignIn(ctx, nil, hashOf("x"), db.CustomerSession{ID: "x"}, noon()); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("no link at all: %v", err) // a request that was dropped has none either
		}
		errs := make([]error, 6)
		var wg sync.WaitGroup
		for n := range errs {
			wg.Go(func() { errs[n] = use(n, "a", noon().Add(15*time.Minute-time.Microsecond)) })
		}
		wg.Wait()
		worked := 0
		for n, err := range errs {
			if err == nil {
				worked++
			} else if pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("use %d: %v", n, err)
			}
		}
		list, err := d.CustomerSessions(ctx, "ana@example.com", time.Time{}, time.Time{})
		if err != nil || worked != 1 || len(list) != 1 {
			t.Errorf("a link worked %d times: %+v, %v", worked, list, err)
		}
	})
}

// TestCustomersSessions are seen, counted and ended by their customer only, and end by themselves.
func TestCustomersSessions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		a := signedIn(t, d, "a", "ana@example.com")
		signedIn(t, d, "a2", "ana@example.com")
		signedIn(t, d, "b", "bob@example.com")
		before := noon().Add(-time.Microsecond)
		if got, err := d.CustomerSession(ctx, hashOf("a"), before, before); err != nil || got != a {
			t.Errorf("the session: %+v, want %+v: %v", got, a, err)
		}
		for name, f := range map[string]func() (db.CustomerSession, error){
			"made then":    func() (db.CustomerSession, error) { return d.CustomerSession(ctx, hashOf("a"), noon(), before) },
			"used then":    func() (db.CustomerSession, error) { return d.CustomerSession(ctx, hashOf("a"), before, noon()) },
			"its id":       func() (db.CustomerSession, error) { return d.CustomerSession(ctx, []byte("a"), before, before) },
			"no cookie":    func() (db.CustomerSession, error) { return d.CustomerSession(ctx, nil, before, before) },
			"a link's":     func() (db.CustomerSession, error) { return d.CustomerSession(ctx, hashOf("link of a"), before, before) },
			"unknown hash": func() (db.CustomerSession, error) { return d.CustomerSession(ctx, hashOf("c"), before, before) },
		} {
			if s, err := f(); pierre.KindOf(err) != pierre.KindNotFound || s.Email != "" {
				t.Errorf("%s: %+v, %v", name, s, err)
			}
		}
		for email, id := range map[string]string{"bob@example.com": "a", "": "a2", "ana@example.com": "b"} { // foreign, nobody's, foreign
			if err := d.EndCustomerSession(ctx, email, id); err != nil {
				t.Error(err)
			}
			if err := d.SeeCustomerSession(ctx, email, id, noon().Add(time.Hour)); err != nil {
				t.Error(err)
			}
		}
		if err := d.SeeCustomerSession(ctx, "ana@example.com", "a2", noon().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		sessions := func(email string) (got []string) {
			t.Helper()
			list, err := d.CustomerSessions(ctx, email, before, before)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				got = append(got, s.ID+" "+s.Seen.Format("15:04"))
			}
			return got
		}
		if got := append(sessions("ana@example.com"), sessions("bob@example.com")...); !slices.Equal(got, []string{"a2 12:01", "a 12:00", "b 12:00"}) {
			t.Errorf("sessions: %q", got)
		}
		if list, err := d.CustomerSessions(ctx, "ana@example.com", before, noon()); err != nil || len(list) != 1 || list[0].ID != "a2" {
			t.Errorf("sessions that were used since noon: %+v, %v", list, err)
		}
		for range 2 { // to end one that is not there is no error
			if err := d.EndCustomerSession(ctx, "ana@example.com", "a"); err != nil {
				t.Error(err)
			}
		}
		if err := d.ForgetSignIns(ctx, noon().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if got := append(sessions("ana@example.com"), sessions("bob@example.com")...); !slices.Equal(got, []string{"a2 12:01"}) {
			t.Errorf("sessions that are left: %q", got)
		}
	})
}

// TestForgettingACustomer takes all that is theirs, links that still work too, and nothing of anybody else.
func TestForgettingACustomer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		people := []string{"ana@example.com", "ana@example.com.evil.test"}
		for n, email := range people {
			signedIn(t, d, fmt.Sprint(n), email)
			mailLink(t, d, "unused "+email, email, noon().Add(time.Hour))
			for _, s := range []db.CustomerSettings{{true, true, false}, {false, true, false}} { // the second takes the first one's place
				if err := d.SetCustomerSettings(ctx, email, s); err != nil {
					t.Fatal(err)
				}
			}
			post(t, d, db.Mail{ID: email, Recipient: email}, "")
		}
		if err := errors.Join(d.ForgetUser(ctx, "user_a", []pierre.KeyID{"key_a"}), d.ForgetCustomer(ctx, people[0])); err != nil {
			t.Fatal(err)
		}
		for n, email := range people {
			there := n == 1
			_, gone := d.CustomerSession(ctx, hashOf(fmt.Sprint(n)), time.Time{}, time.Time{})
			settings, err := d.CustomerSettings(ctx, email)
			if there != (gone == nil) || err != nil || settings != (db.CustomerSettings{LimitMails: !there, ExpiryMails: true, CountryMails: !there}) {
				t.Errorf("%s: session %v, settings %+v, %v", email, gone, settings, err)
			}
			mails, err := d.Mails(ctx, db.MailFilter{Recipient: email, Limit: 9})
			if err != nil || there != (len(mails) == 1) {
				t.Errorf("%s: mails %+v, %v", email, mails, err)
			}
			_, _, err = d.UseSignIn(ctx, hashOf("unused "+email), hashOf("new "+email), db.CustomerSession{ID: "new " + email}, noon())
			if there != (err == nil) {
				t.Errorf("%s: the link says %v", email, err)
			}
		}
	})
}
