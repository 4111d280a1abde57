// Package alerts tells staff, before customers do, that something is wrong: rules are looked at each minute on the server's
// usage reports, and what they find goes to channels, once. Customers are told of their own limits, of the end of their keys
// and of first uses from new countries. Which mails a customer wants is package account's concern.
package alerts

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// Options are what a [Watch] can do without.
type Options struct {
	Networks []netip.Prefix   // that webhooks may reach beside public addresses
	Now      func() time.Time // nil: time.Now
}

// A Watch looks at rules and tells what they find. It is safe for concurrent use, and several programs may have one: what is
// found is told once.
type Watch struct {
	db     *db.DB
	outbox *mail.Outbox
	texts  func(context.Context) mail.Texts
	server *adminapi.Client
	seal   mail.Sealer
	log    *slog.Logger
	opts   Options
	hooks  *hooks
}

// New returns a Watch. texts is asked for each mail; seal encrypts the URLs and secrets of webhooks.
func New(d *db.DB, outbox *mail.Outbox, texts func(context.Context) mail.Texts, server *adminapi.Client, seal mail.Sealer, log *slog.Logger, opts Options) *Watch { //nolint:revive // each is needed
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Watch{d, outbox, texts, server, seal, log, opts, newHooks(opts.Networks)}
}

const (
	keepFor      = 90 * 24 * time.Hour
	withinMinute = 5 * time.Minute
	withinHour   = 20 * time.Minute
)

// Jobs returns the background work.
func (w *Watch) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "alerts", Every: time.Minute, Within: withinMinute, Fleet: true, Do: func(ctx context.Context) error { return w.Evaluate(ctx, false) }},
		{Name: "alerts-hourly", Every: time.Hour, Within: withinHour, Fleet: true, Do: func(ctx context.Context) error { return w.Evaluate(ctx, true) }},
		{Name: "alert-mails", Every: time.Minute, Do: w.MailAll},
		{Name: "daily-mail", Every: dailyEvery, Fleet: true, Do: w.MailDay},
		{Name: "webhooks", Every: time.Second, Within: withinMinute, Do: w.Deliver},
		{Name: "alerts-tidy", Every: time.Hour, Fleet: true, Do: func(ctx context.Context) error { return w.db.ForgetAlerts(ctx, w.opts.Now().Add(-keepFor)) }},
	}
}

// Evaluate looks at the rules that are looked at each minute, or at those of each hour, and at what customers are told. A rule
// that cannot be looked at keeps no other from it.
func (w *Watch) Evaluate(ctx context.Context, hourly bool) error {
	e := &evaluation{w, w.opts.Now()}
	rules, err := w.db.Rules(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range rules {
		c, ok := conditionOf(r.Condition)
		if !ok || c.hourly != hourly {
			continue
		}
		if err := e.rule(ctx, r, c); err != nil {
			failed = append(failed, fmt.Errorf("looking at the rule %s: %w", r.ID, err))
		}
	}
	if hourly {
		return errors.Join(append(failed, e.customersKeys(ctx))...)
	}
	return errors.Join(append(failed, e.customersLimits(ctx), e.countries(ctx, rules))...)
}

// rule tells what a rule finds, and what is over.
func (e *evaluation) rule(ctx context.Context, r db.Rule, c Condition) error {
	var found []finding
	if c.find != nil {
		var err error
		if found, err = c.find(e, ctx, r); err != nil {
			return err
		}
	}
	still := map[string]bool{}
	if !e.now.Before(r.Snoozed) { // what is still so afterwards is told then
		for _, f := range found {
			if err := e.tell(ctx, r, f); err != nil {
				return err
			}
		}
	}
	for _, f := range found {
		still[f.subject] = true
	}
	open, err := e.db.OpenAlerts(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, a := range open {
		if wait := c.clearAfter(); still[a.Subject] || e.now.Sub(a.Seen) < wait {
			continue
		}
		if err := e.end(ctx, r, c, a); err != nil {
			return err
		}
	}
	return nil
}

// tell keeps a finding and tells the rule's channel, unless it was told before.
func (e *evaluation) tell(ctx context.Context, r db.Rule, f finding) error {
	return e.db.Update(ctx, "telling an alert", func(t *db.Tx) error { return e.tellIn(ctx, t, r, f) })
}

func (e *evaluation) tellIn(ctx context.Context, t *db.Tx, r db.Rule, f finding) error {
	a := db.Alert{ID: "alert_" + rand.Text(), Rule: r.ID, Name: r.Name, Subject: f.subject, Period: f.period, Title: f.title, Found: e.now}
	if a.Period == "" {
		a.Period = "from " + e.now.UTC().Truncate(time.Minute).Format(time.RFC3339)
	}
	added, err := e.db.AddAlert(ctx, t, a)
	if err != nil || !added || r.Channel == "" {
		return err
	}
	return e.deliver(ctx, t, r.Channel, eventOpened, a)
}

// end closes an alert. Of an event there is no all-clear, and while a rule is snoozed nobody is told.
func (e *evaluation) end(ctx context.Context, r db.Rule, c Condition, a db.Alert) error {
	return e.db.Update(ctx, "closing an alert", func(t *db.Tx) error {
		ended, err := e.db.EndAlert(ctx, t, a.ID, e.now)
		if err != nil || !ended || r.Channel == "" || c.event || e.now.Before(r.Snoozed) || e.ran(c, a) {
			return err
		}
		a.Over = e.now
		return e.deliver(ctx, t, r.Channel, eventOver, a)
	})
}

// ran reports whether what was to end has ended, of which there is no all-clear.
func (e *evaluation) ran(c Condition, a db.Alert) bool {
	end, err := time.Parse(time.RFC3339, a.Period)
	return c.Name == "expiring" && err == nil && !e.now.Before(end)
}

// The events that channels are told.
const (
	eventOpened = "alert.opened"
	eventOver   = "alert.over"
	eventTest   = "alert.test"
)

// An Event is the body of a webhook.
type Event struct {
	Type string    `json:"type"` // alert.opened, alert.over or alert.test
	At   time.Time `json:"timestamp"`
	Data EventData `json:"data"`
}

// EventData says what an [Event] is about.
type EventData struct {
	Alert   string    `json:"alert_id"`
	Rule    string    `json:"rule"`    // its name
	Subject string    `json:"subject"` // such as all, key:key_abc, customer:user_abc
	Title   string    `json:"title"`
	Found   time.Time `json:"found_at"`
	URL     string    `json:"url"` // of the site's page
}

const alertsPath = "/admin/alerts"

// deliver keeps what a channel is to be told, as part of the transaction that gives the reason for it.
func (w *Watch) deliver(ctx context.Context, t *db.Tx, channel, event string, a db.Alert) error {
	now := w.opts.Now().UTC()
	body, err := json.Marshal(Event{event, now, EventData{
		Alert: a.ID, Rule: a.Name, Subject: a.Subject, Title: a.Title, Found: a.Found.UTC(), URL: w.texts(ctx).BaseURL + alertsPath,
	}})
	if err != nil {
		return fmt.Errorf("encoding an alert: %w", err)
	}
	return w.db.AddDelivery(ctx, t, db.Delivery{ID: "msg_" + rand.Text(), Channel: channel, Event: event, Body: string(body), Made: now})
}

// Test tells a channel that it works.
func (w *Watch) Test(ctx context.Context, channel, person string) error {
	if _, err := w.db.Channel(ctx, channel); err != nil {
		return err
	}
	now := w.opts.Now()
	return w.db.Apply(ctx, "testing a channel", func(t *db.Tx) error {
		return w.deliver(ctx, t, channel, eventTest, db.Alert{ID: "test", Name: "Test", Subject: "test", Title: "A test that " + person + " asked for", Found: now})
	})
}

// MailAll puts what channels of mails are to be told into the outbox: one thing as a mail of its own, more as a digest.
func (w *Watch) MailAll(ctx context.Context) error {
	channels, err := w.db.Channels(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, c := range channels {
		if c.Kind == "mail" {
			failed = append(failed, w.mailChannel(ctx, c))
		}
	}
	return errors.Join(failed...)
}

func (w *Watch) mailChannel(ctx context.Context, c db.Channel) error {
	return w.db.Update(ctx, "mailing alerts", func(t *db.Tx) error {
		list, err := w.db.TakeMails(ctx, t, c.ID, w.opts.Now())
		if err != nil || len(list) == 0 {
			return err
		}
		notices := make([]mail.AlertNotice, 0, len(list))
		for _, d := range list {
			var e Event
			if err := json.Unmarshal([]byte(d.Body), &e); err != nil {
				return fmt.Errorf("reading an alert: %w", err)
			}
			notices = append(notices, mail.AlertNotice{
				Title: e.Data.Title, Rule: e.Data.Rule, Scope: e.Data.Subject, Since: e.Data.Found, Path: alertsPath, Over: e.Type == eventOver,
			})
		}
		m, err := w.write(ctx, c.Target, notices)
		if err != nil {
			return err
		}
		return w.outbox.Enqueue(ctx, t, m)
	})
}

func (w *Watch) write(ctx context.Context, to string, notices []mail.AlertNotice) (mail.Message, error) {
	if len(notices) == 1 {
		return w.texts(ctx).Alert(to, notices[0])
	}
	return w.texts(ctx).Digest(to, notices)
}
