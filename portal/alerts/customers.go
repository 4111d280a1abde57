package alerts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// customersLimits mails customers that 75, 90 or 100 % of a limit are used: each once in a window or, if that is
// shorter, in a day; the highest only.
func (e *evaluation) customersLimits(ctx context.Context) error {
	today := e.now.UTC().Format(time.DateOnly)
	b, err := e.server.Breakdown(ctx, adminapi.UsageFilter{From: today, To: today})
	if err != nil {
		return fmt.Errorf("looking for limits of customers: %w", err)
	}
	var failed []error
	for _, n := range b.NearLimit {
		once := fmt.Sprintf("limit %s %d %s", whose(n), n.Over, onceIn(n))
		failed = append(failed, e.unlessSent(ctx, once, func() error { return e.customerLimit(ctx, n, once) }))
	}
	return errors.Join(failed...)
}

// unlessSent spares the server questions about what was told.
func (e *evaluation) unlessSent(ctx context.Context, once string, f func() error) error {
	sent, err := e.db.MailedOnce(ctx, once)
	if err != nil || sent {
		return err
	}
	return f()
}

func (e *evaluation) customerLimit(ctx context.Context, n usage.NearLimit, once string) error {
	var email string
	name := "all your keys together"
	if n.KeyID != "" {
		k, err := e.server.Key(ctx, n.KeyID)
		if err != nil {
			return gone(err)
		}
		email, name = k.UserEmail, shown(k)
	} else {
		u, err := e.server.User(ctx, n.UserID)
		if err != nil {
			return gone(err)
		}
		email = u.UserEmail
	}
	s, err := e.db.CustomerSettings(ctx, email)
	if err != nil || !s.LimitMails {
		return err
	}
	m, err := e.texts(ctx).Limit(email, mail.LimitNotice{
		Key: name, Percent: n.Over, Used: n.Used, Requests: n.Requests, Period: string(n.Period), ResetsAt: n.ResetsAt,
	})
	if err != nil {
		return err
	}
	m.Once, m.Expires = once, n.ResetsAt
	return e.outbox.Post(ctx, m)
}

// gone makes nothing of what was deleted meanwhile.
func gone(err error) error {
	if pierre.KindOf(err) == pierre.KindNotFound {
		return nil
	}
	return err
}

func shown(k adminapi.Key) string { return k.KeyPrefix + "…" + k.KeyLast4 + " (" + k.Name + ")" }

// customersKeys mails customers that a key ends in 30, 7 or 1 days, each once. A key that lives for less than that has no
// such mail at its beginning.
func (e *evaluation) customersKeys(ctx context.Context) error {
	var failed []error
	last := e.now.Add(expirySteps()[len(expirySteps())-1].before)
	err := e.keys(ctx, pierre.SortExpires, func(k adminapi.Key) bool {
		if k.ExpiresAt == nil || k.ExpiresAt.After(last) {
			return false
		}
		for _, step := range expirySteps() {
			if left := k.ExpiresAt.Sub(e.now); left <= 0 || left > step.before {
				continue
			}
			if k.ReplacedBy == nil && k.ExpiresAt.Sub(k.CreatedAt) > step.before {
				failed = append(failed, e.customerKey(ctx, k, step.days))
			}
			break
		}
		return true
	})
	return errors.Join(append(failed, err)...)
}

type expiryStep struct {
	days   int
	before time.Duration
}

// expirySteps are when customers are told, the last first.
func expirySteps() []expiryStep { return []expiryStep{{1, day}, {7, 7 * day}, {30, 30 * day}} }

func (e *evaluation) customerKey(ctx context.Context, k adminapi.Key, days int) error {
	s, err := e.db.CustomerSettings(ctx, k.UserEmail)
	if err != nil || !s.ExpiryMails {
		return err
	}
	m, err := e.texts(ctx).Expiring(k.UserEmail, shown(k), *k.ExpiresAt, days)
	if err != nil {
		return err
	}
	m.Once, m.Expires = fmt.Sprintf("expiring %s %d %s", k.APIKeyID, days, k.ExpiresAt.UTC().Format(time.RFC3339)), *k.ExpiresAt
	return e.outbox.Post(ctx, m)
}

// unknown is the country of an address that no database knows; none is as good as another.
const unknown = "ZZ"

// countries finds keys that were used from a country for the first time, and tells staff whose rules ask for it and the
// customer. A key's first country is no news.
func (e *evaluation) countries(ctx context.Context, rules []db.Rule) error {
	from, to := e.now.Add(-newest).UTC().Format(time.RFC3339), e.now.UTC().Format(time.RFC3339)
	all, err := e.server.Breakdown(ctx, adminapi.UsageFilter{From: from, To: to, SplitBy: pierre.SplitCountry})
	if err != nil {
		return fmt.Errorf("looking for new countries: %w", err)
	}
	rules = slices.DeleteFunc(slices.Clone(rules), func(r db.Rule) bool { return r.Condition != "country" })
	var failed []error
	for _, row := range all.Rows {
		if *row.Value == unknown {
			continue
		}
		keys, err := e.server.Breakdown(ctx, adminapi.UsageFilter{From: from, To: to, Country: *row.Value, SplitBy: pierre.SplitKey})
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, key := range keys.Rows {
			failed = append(failed, e.country(ctx, pierre.KeyID(*key.Value), *row.Value, rules))
		}
	}
	return errors.Join(failed...)
}

// country tells of a key's use from a country, if it is the first.
func (e *evaluation) country(ctx context.Context, id pierre.KeyID, country string, rules []db.Rule) error {
	known, err := e.db.KeyCountries(ctx, id)
	if err != nil || slices.Contains(known, country) {
		return err
	}
	if len(known) == 0 {
		if known, err = e.pastCountries(ctx, id); err != nil {
			return gone(err)
		}
	}
	k, err := e.server.Key(ctx, id)
	if err != nil {
		return gone(err)
	}
	m, wanted, err := e.countryMail(ctx, k, country)
	if err != nil {
		return err
	}
	return e.db.Update(ctx, "noting a new country", func(t *db.Tx) error {
		news, err := e.noteCountry(ctx, t, id, country, known)
		if err != nil || !news {
			return err
		}
		if err := e.tellCountry(ctx, t, k, country, rules); err != nil || !wanted {
			return err
		}
		return e.outbox.Enqueue(ctx, t, m)
	})
}

// noteCountry keeps that a key was used from a country, and from those that are known. news is false if that was kept before,
// or if it is the key's first country of all.
func (e *evaluation) noteCountry(ctx context.Context, t *db.Tx, id pierre.KeyID, country string, known []string) (news bool, err error) {
	for _, old := range known {
		if _, err := e.db.NewCountry(ctx, t, id, old, e.now); err != nil {
			return false, err
		}
	}
	first, err := e.db.NewCountry(ctx, t, id, country, e.now)
	return first && len(known) > 0 && !slices.Contains(known, country), err
}

func (e *evaluation) tellCountry(ctx context.Context, t *db.Tx, k adminapi.Key, country string, rules []db.Rule) error {
	for _, r := range rules {
		if !matches(r, k) || e.now.Before(r.Snoozed) {
			continue
		}
		f := finding{
			subject: "key:" + string(k.APIKeyID) + " from " + country, period: country,
			title: "Key " + k.KeyPrefix + " of " + k.UserEmail + " was used from " + countryName(country) + " for the first time",
		}
		if err := e.tellIn(ctx, t, r, f); err != nil {
			return err
		}
	}
	return nil
}

// pastCountries returns the countries that a key was used from before those of now are looked at.
func (e *evaluation) pastCountries(ctx context.Context, id pierre.KeyID) ([]string, error) {
	b, err := e.server.Breakdown(ctx, adminapi.UsageFilter{
		Key: id, From: e.now.AddDate(0, 0, -history).UTC().Format(time.RFC3339), To: e.now.Add(-newest).UTC().Format(time.RFC3339), SplitBy: pierre.SplitCountry,
	})
	if err != nil {
		return nil, err
	}
	var list []string
	for _, row := range b.Rows {
		if *row.Value != unknown {
			list = append(list, *row.Value)
		}
	}
	return list, nil
}

// countryMail returns the customer's mail; wanted is false if they chose to have none.
func (e *evaluation) countryMail(ctx context.Context, k adminapi.Key, country string) (m mail.Message, wanted bool, err error) {
	s, err := e.db.CustomerSettings(ctx, k.UserEmail)
	if err != nil || !s.CountryMails {
		return m, false, err
	}
	m, err = e.texts(ctx).Country(k.UserEmail, shown(k), countryName(country), e.now)
	return m, err == nil, err
}
