package mail

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

const (
	look       = time.Second      // between two looks into the outbox
	atOnce     = 4                // mails that a worker sends at the same time
	sendWithin = 90 * time.Second // of one mail
	leaseFor   = 3 * time.Minute  // longer than sending and noting so takes

	firstPause   = 30 * time.Second // before the second try; twice as long before each one after
	longestPause = time.Hour
	giveUpAfter  = 3 * 24 * time.Hour

	keepFor = 62 * 24 * time.Hour // what became of a mail
)

// A Worker sends what is in an outbox. Several may work on one, in several programs too: each mail is sent by one of them.
type Worker struct {
	outbox *Outbox
	sender Sender
	log    *slog.Logger
	owner  string
}

// NewWorker returns a Worker that sends by the sender.
func NewWorker(o *Outbox, s Sender, log *slog.Logger) *Worker { return &Worker{o, s, log, rand.Text()} }

// Jobs returns the background work: sending, and forgetting what became of old mails.
func (w *Worker) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "mail", Every: look, Within: 10 * time.Minute, Do: w.Deliver},
		{Name: "mail-tidy", Every: time.Hour, Fleet: true, Do: w.tidy},
	}
}

func (w *Worker) tidy(ctx context.Context) error {
	return w.outbox.db.ForgetMails(ctx, w.outbox.now().Add(-keepFor))
}

// Deliver sends all mails that are due, or tries to, and returns when none is due any more.
func (w *Worker) Deliver(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make(chan error, atOnce)
	for range atOnce {
		wg.Go(func() {
			for ctx.Err() == nil {
				if some, err := w.one(ctx); err != nil || !some {
					errs <- err
					return
				}
			}
			errs <- ctx.Err()
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// one sends the mail that is due longest. some is false if none is due.
func (w *Worker) one(ctx context.Context) (some bool, err error) {
	now := w.outbox.now()
	lease := w.owner + "/" + rand.Text()
	m, some, err := w.outbox.db.TakeMail(ctx, lease, now, now.Add(leaseFor))
	if err != nil || !some {
		return false, err
	}
	failure := w.try(ctx, m, now)
	// What became of the mail is noted even if the program is ending: else it would be sent twice.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseFor-sendWithin)
	defer cancel()
	return true, w.note(ctx, m, lease, failure)
}

func (w *Worker) try(ctx context.Context, m db.Mail, now time.Time) error {
	if !m.Expires.IsZero() && !now.Before(m.Expires) {
		return pierre.Invalid("expires", "The mail could not be sent before its link ended.")
	}
	p, err := w.outbox.outgoing(m)
	if err != nil {
		return &pierre.Error{Kind: pierre.KindInvalid, Msg: "The mail's text cannot be read any more: it was sealed with another ADMIN_ENCRYPTION_KEY.", Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return w.sender.Send(ctx, p)
}

func (w *Worker) note(ctx context.Context, m db.Mail, lease string, failure error) error {
	now := w.outbox.now()
	if failure == nil {
		w.log.InfoContext(ctx, "mail sent", slog.String("mail", m.ID), slog.String("about", m.Kind), slog.Int64("tries", m.Tries))
		return w.outbox.db.MailSent(ctx, m.ID, lease, now)
	}
	why := pierre.MessageOf(failure, "The mail could not be handed over; the log says why.")
	again := now.Add(max(pause(m.Tries), pierre.RetryAfterOf(failure, 0)))
	dead := pierre.KindOf(failure) == pierre.KindInvalid || again.Sub(m.Written) > giveUpAfter
	w.log.WarnContext(ctx, "mail not sent", slog.String("mail", m.ID), slog.String("about", m.Kind), slog.Int64("tries", m.Tries),
		slog.Bool("given_up", dead), slog.Any("err", failure))
	if dead {
		return w.outbox.db.MailDied(ctx, m.ID, lease, why, now)
	}
	return w.outbox.db.MailFailed(ctx, m.ID, lease, why, again)
}

// pause returns how long a mail waits after so many tries.
func pause(tries int64) time.Duration {
	const most = 10 // doublings, which is longer than the longest
	return min(firstPause<<min(max(tries-1, 0), most), longestPause)
}
