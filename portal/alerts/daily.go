package alerts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	dailyEvery = 10 * time.Minute // that is looked whether a day's mail is due
	dailyHour  = 7                // UTC, when it is
)

// MailDay mails everybody of the staff what needs them, each once a day, from seven o'clock on, unless the operator turned that
// off, or they did for themselves. While the server is away the mail waits: without the calls of the day before it would be half of one.
func (w *Watch) MailDay(ctx context.Context) error {
	now := w.opts.Now().UTC()
	settings, err := w.db.Settings(ctx)
	if err != nil || settings.NoDailyMail || now.Hour() < dailyHour {
		return err
	}
	team, err := w.db.Team(ctx, now)
	if err != nil {
		return err
	}
	today := now.Truncate(day)
	var notice *mail.DayNotice
	var failed []error
	for _, m := range team {
		if m.NoDailyMail {
			continue
		}
		once := fmt.Sprintf("day %s %s", today.Format(time.DateOnly), m.ID)
		if sent, err := w.db.MailedOnce(ctx, once); err != nil || sent {
			failed = append(failed, err)
			continue
		}
		if notice == nil {
			n, err := w.dayNotice(ctx, now)
			if err != nil {
				return fmt.Errorf("looking at the day before: %w", err)
			}
			notice = &n
		}
		text, err := w.texts(ctx).Day(m.Email, today, *notice)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		text.Once, text.Expires = once, today.Add(day)
		failed = append(failed, w.outbox.Post(ctx, text))
	}
	return errors.Join(failed...)
}

// dayNotice returns what needs the staff now, and the calls of the day before.
func (w *Watch) dayNotice(ctx context.Context, now time.Time) (n mail.DayNotice, err error) {
	asked, err := w.db.CountRequests(ctx)
	if err != nil {
		return n, err
	}
	if waiting := asked[db.RequestVerified]; waiting.N > 0 {
		n.Waiting, n.Oldest = waiting.N, human.Duration(now.Sub(waiting.Oldest))
	}
	if n.Alerts, err = w.db.CountOpenAlerts(ctx); err != nil {
		return n, err
	}
	box, err := w.outbox.List(ctx)
	if err != nil {
		return n, err
	}
	n.Undelivered = box.Dead
	yesterday := now.Add(-day).Format(time.DateOnly)
	b, err := w.server.Breakdown(ctx, adminapi.UsageFilter{From: yesterday, To: yesterday})
	if err != nil {
		return n, err
	}
	n.Calls, n.Failed, n.Refused = b.Totals.Requests, b.Totals.Failed, b.Totals.RateLimited
	return n, nil
}
