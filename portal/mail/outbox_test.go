package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var silent = slog.New(slog.DiscardHandler)

func ring(t *testing.T) *keyring.Ring {
	t.Helper()
	r, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// senderFunc is a Sender that a test writes.
type senderFunc func(ctx context.Context, p mail.Outgoing) error

func (f senderFunc) Send(ctx context.Context, p mail.Outgoing) error { return f(ctx, p) }

func message(t *testing.T, to string) mail.Message {
	t.Helper()
	m, err := texts.Verify(to, "secret-token", moment.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A mail is there if the transaction that gives the reason for it is kept, and only then.
func TestAMailIsPartOfItsTransaction(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := &clock{at: moment}
		o := mail.NewOutbox(d, ring(t), c.now)
		srv := mailtest.Start(t, mailtest.Options{})
		w := mail.NewWorker(o, smtpSender(t, "smtp://"+srv.Addr+"?tls=none", nil), silent)
		undone := errors.New("undone")
		err := d.Update(t.Context(), "trying", func(tx *db.Tx) error {
			return errors.Join(o.Enqueue(t.Context(), tx, message(t, "undone@example.com")), undone)
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if err := o.Post(t.Context(), message(t, "kept@example.com")); err != nil {
			t.Fatal(err)
		}
		if err := o.Post(t.Context(), mail.Message{To: "x@example.com\r\nBcc: y@example.com", Subject: "a", Text: "b", HTML: "c"}); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("a mail to two people was taken: %v", err)
		}
		if err := w.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := srv.Mails()
		if len(got) != 1 || got[0].To != "kept@example.com" || !strings.Contains(got[0].Data, "secret-token") {
			t.Errorf("got %+v", got)
		}
		sent, err := o.To(t.Context(), "kept@example.com")
		if err != nil || len(sent) != 1 || sent[0].State != db.MailSent || sent[0].Tries != 1 || !sent[0].Ended.Equal(moment) {
			t.Errorf("%+v, %v", sent, err)
		}
	})
}

// The links in a mail sign somebody in: the database does not show them, before or after it was sent.
func TestMailsAreSealed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		o := mail.NewOutbox(d, ring(t), (&clock{at: moment}).now)
		if err := o.Post(t.Context(), message(t, "ana@example.com")); err != nil {
			t.Fatal(err)
		}
		read := func() (sealed []byte) {
			t.Helper()
			if err := d.Row(t.Context(), `SELECT sealed FROM portal_mails`).Scan(&sealed); err != nil {
				t.Fatal(err)
			}
			return sealed
		}
		if b := read(); len(b) == 0 || bytes.Contains(b, []byte("secret-token")) || bytes.Contains(b, []byte("verify")) {
			t.Errorf("the text is kept as %q", b)
		}
		send := func(_ context.Context, p mail.Outgoing) error {
			if !strings.Contains(p.Text, "secret-token") {
				t.Errorf("sent %q", p.Text)
			}
			return nil
		}
		if err := mail.NewWorker(o, senderFunc(send), silent).Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if b := read(); len(b) != 0 {
			t.Errorf("after it was sent the text is kept as %q", b)
		}
		other := mail.NewOutbox(d, ring(t), (&clock{at: moment}).now)
		if err := o.Post(t.Context(), message(t, "bob@example.com")); err != nil {
			t.Fatal(err)
		}
		if err := mail.NewWorker(other, senderFunc(send), silent).Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l, err := o.List(t.Context()); err != nil || l.Dead != 1 || !strings.Contains(l.Mails[0].Failure, "ENCRYPTION_KEY") {
			t.Errorf("%+v, %v", l, err)
		}
	})
}

// Two programs with four senders each share an outbox of a hundred mails.
func TestEachMailIsSentOnceByManyWorkers(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		keys, c := ring(t), &clock{at: moment}
		srv := mailtest.Start(t, mailtest.Options{})
		const mails = 100
		first := mail.NewOutbox(replicas[0], keys, c.now)
		for n := range mails {
			if err := first.Post(t.Context(), message(t, fmt.Sprintf("p%d@example.com", n))); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for _, d := range replicas {
			w := mail.NewWorker(mail.NewOutbox(d, keys, c.now), smtpSender(t, "smtp://"+srv.Addr+"?tls=none", nil), silent)
			wg.Go(func() {
				if err := w.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		to := map[string]int{}
		for _, m := range srv.Mails() {
			to[m.To]++
		}
		if len(srv.Mails()) != mails || len(to) != mails {
			t.Errorf("%d mails to %d people, want one for each of %d", len(srv.Mails()), len(to), mails)
		}
	})
}

// A program that ends after a mail left and before it noted so: another one sends the same mail again, once its lease is
// over, and not before.
func TestACrashBetweenSendingAndNoting(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		keys, c := ring(t), &clock{at: moment}
		srv := mailtest.Start(t, mailtest.Options{})
		sender := smtpSender(t, "smtp://"+srv.Addr+"?tls=none", nil)
		if err := mail.NewOutbox(replicas[0], keys, c.now).Post(t.Context(), message(t, "ana@example.com")); err != nil {
			t.Fatal(err)
		}
		crashing := senderFunc(func(ctx context.Context, p mail.Outgoing) error {
			if err := sender.Send(ctx, p); err != nil {
				t.Error(err)
			}
			replicas[0].Close() // nothing more is noted
			return nil
		})
		if err := mail.NewWorker(mail.NewOutbox(replicas[0], keys, c.now), crashing, silent).Deliver(t.Context()); err == nil {
			t.Error("noting on a closed database succeeded")
		}
		second := mail.NewWorker(mail.NewOutbox(replicas[1], keys, c.now), sender, silent)
		deliver := func(after time.Duration, want int) {
			t.Helper()
			c.move(after)
			if err := second.Deliver(t.Context()); err != nil || len(srv.Mails()) != want {
				t.Fatalf("%d mails, want %d, %v", len(srv.Mails()), want, err)
			}
		}
		deliver(2*time.Minute, 1)
		deliver(2*time.Minute, 2)
		deliver(time.Hour, 2)
		if got := srv.Mails(); got[0] != got[1] || got[0].Header("Message-ID") == "" {
			t.Errorf("the second is another mail: %+v", got)
		}
	})
}

// Mails that cannot be sent now are tried again, later each time and as the other side asks; those that never can be, and
// those that are of no use any more, are kept for staff, who may send them again.
func TestRetriesAndDeadMails(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := &clock{at: moment}
		o := mail.NewOutbox(d, ring(t), c.now)
		var answer error
		tries := 0
		w := mail.NewWorker(o, senderFunc(func(context.Context, mail.Outgoing) error { tries++; return answer }), silent)
		step := func(after time.Duration, want int) {
			t.Helper()
			c.move(after)
			if err := w.Deliver(t.Context()); err != nil || tries != want {
				t.Fatalf("%d tries, want %d, %v", tries, want, err)
			}
		}
		m := message(t, "ana@example.com")
		m.Expires = time.Time{}
		if err := o.Post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		answer = &pierre.Error{Kind: pierre.KindUnavailable, Msg: "No server."}
		step(0, 1)
		step(29*time.Second, 1)
		step(time.Second, 2)
		step(59*time.Second, 2)
		answer = &pierre.Error{Kind: pierre.KindRateLimited, Msg: "Later.", RetryAfter: 3 * time.Hour}
		step(time.Second, 3)
		step(3*time.Hour-time.Second, 3)
		answer = errors.New("password of the database is hunter2")
		step(time.Second, 4)
		for range 200 {
			c.move(time.Hour)
			if err := w.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if tries < 60 || tries > 80 {
			t.Errorf("%d tries in three days", tries)
		}
		l, err := o.List(t.Context())
		if err != nil || l.Dead != 1 || l.Waiting != 0 || strings.Contains(l.Mails[0].Failure, "hunter2") {
			t.Fatalf("%+v, %v", l, err)
		}
		if err := o.SendAgain(t.Context(), "none"); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("a mail that is not there was sent again: %v", err)
		}
		answer, tries = nil, 0
		if err := o.SendAgain(t.Context(), l.Mails[0].ID); err != nil {
			t.Fatal(err)
		}
		step(0, 1)
		if err := o.SendAgain(t.Context(), l.Mails[0].ID); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("a mail that was sent was sent again: %v", err)
		}

		answer = &pierre.Error{Kind: pierre.KindInvalid, Msg: "No such mailbox."}
		late := message(t, "late@example.com")
		late.Expires = c.now().Add(time.Minute)
		for _, m := range []mail.Message{m, late} {
			if err := o.Post(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		c.move(time.Minute)
		step(0, 2) // the other one is too late
		if l, err = o.List(t.Context()); err != nil || l.Dead != 2 {
			t.Errorf("%+v, %v", l, err)
		}
		for _, m := range l.Mails {
			if err := o.SendAgain(t.Context(), m.ID); m.Recipient == "late@example.com" && pierre.KindOf(err) != pierre.KindConflict {
				t.Errorf("a mail whose link ended was sent again: %v", err)
			}
		}
		c.move(63 * 24 * time.Hour)
		runJobs(t, w)
		if mails, err := o.To(t.Context(), "late@example.com"); err != nil || len(mails) != 0 {
			t.Errorf("old mails are kept: %+v, %v", mails, err)
		}
	})
}

// runJobs runs each of a worker's jobs once.
func runJobs(t *testing.T, w *mail.Worker) {
	t.Helper()
	for _, j := range w.Jobs() {
		if err := j.Do(t.Context()); err != nil {
			t.Errorf("%s: %v", j.Name, err)
		}
	}
}

// Of several reasons for one mail the first counts, also when two programs have it at once.
func TestOnce(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		keys := ring(t)
		var wg sync.WaitGroup
		for _, d := range replicas {
			wg.Go(func() {
				m := message(t, "ana@example.com")
				m.Once = "limit/key/75/2026-11"
				if err := mail.NewOutbox(d, keys, (&clock{at: moment}).now).Post(t.Context(), m); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if list, err := replicas[0].Mails(t.Context(), db.MailFilter{Limit: 10}); err != nil || len(list) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// The worker's job sends what is put into the outbox while it runs, and waits for a mail on its way before it ends.
func TestTheJobDelivers(t *testing.T) {
	d := dbtest.New(t)
	o := mail.NewOutbox(d, ring(t), time.Now)
	srv := mailtest.Start(t, mailtest.Options{Refuse: func(to string) *smtp.SMTPError {
		if to == "nobody@example.com" {
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		}
		return nil
	}})
	w := mail.NewWorker(o, smtpSender(t, "smtp://"+srv.Addr+"?tls=none", nil), silent)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var wg sync.WaitGroup
	wg.Go(func() { jobs.Run(ctx, d, silent, w.Jobs()...) })
	for _, to := range []string{"ana@example.com", "nobody@example.com"} {
		m := message(t, to)
		m.Expires = time.Time{}
		if err := o.Post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for {
		l, err := o.List(t.Context())
		if err != nil || ctx.Err() != nil {
			t.Fatal(err, ctx.Err())
		}
		if len(srv.Mails()) == 1 && l.Dead == 1 && l.Waiting == 0 {
			break
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	cancel()
	wg.Wait()
}
