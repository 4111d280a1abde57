package alerts

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A Condition is one kind of thing that a rule can look for.
type Condition struct {
	Name      string
	Label     string  // with the threshold's unit
	Choices   []int64 // the thresholds that there are; nil: from Least to Most
	Least     int64
	Most      int64 // 0: there is no threshold
	Window    bool  // it looks at the calls of a window
	Everybody bool  // it is about everything, whatever the scope

	hourly bool // it is looked at once an hour
	event  bool // it happened, and cannot be over: it closes after a day without an all-clear
	find   func(e *evaluation, ctx context.Context, r db.Rule) ([]finding, error)
}

// A finding is something that a rule looks for and that is so now.
type finding struct {
	subject string // what it is about, of a rule one at a time
	period  string // in which it is told once; "": until it is over
	title   string
}

const (
	minCalls = 20 // of which a rate or a percentile is worth telling
	minSpike = 50 // calls in an hour
	calm     = 5 * time.Minute
	weeks    = 4 // that say what is usual
	day      = 24 * time.Hour
	percent  = 100
	newest   = 15 * time.Minute // how far back is looked for new countries
	history  = 400              // days in which a country is known
)

// calm is how long something must not be so until it is over, so that what comes and goes is told once.
func (c Condition) calm() time.Duration {
	switch {
	case c.event:
		return day
	case c.Window || c.Everybody:
		return calm
	}
	return 0
}

// Conditions returns all kinds.
func Conditions() []Condition {
	return []Condition{
		{Name: "limit", Label: "% of a limit used", Choices: []int64{50, 75, 90, 100, 120}, find: (*evaluation).limits},
		{Name: "spike", Label: "times as many calls as usual at this hour of the week", Least: 2, Most: 100, find: (*evaluation).spike},
		{Name: "errors", Label: "% of calls fail", Least: 1, Most: 100, Window: true, find: (*evaluation).errors},
		{Name: "p95", Label: "ms are exceeded by 5 % of calls", Least: 1, Most: 600_000, Window: true, find: (*evaluation).p95},
		{Name: "refusals", Label: "calls refused by limits", Least: 1, Most: 1_000_000, Window: true, find: (*evaluation).refusals},
		{Name: "country", Label: "first use of a key from a new country", event: true},
		{Name: "expiring", Label: "days until a key or token ends", Choices: []int64{30, 7, 1}, hourly: true, find: (*evaluation).expiring},
		{Name: "idle", Label: "days without a call of a paid key", Least: 1, Most: 365, hourly: true, find: (*evaluation).idle},
		{Name: "silent", Label: "no call is recorded, though there usually are", Window: true, Everybody: true, find: (*evaluation).silent},
		{Name: "mail", Label: "mails cannot be delivered", Everybody: true, find: (*evaluation).mail},
	}
}

func conditionOf(name string) (Condition, bool) {
	all := Conditions()
	i := slices.IndexFunc(all, func(c Condition) bool { return c.Name == name })
	if i < 0 {
		return Condition{}, false
	}
	return all[i], true
}

// An evaluation is one look at everything.
type evaluation struct {
	*Watch

	now time.Time
}

// filter restricts a report to a rule's scope.
func filter(r db.Rule) adminapi.UsageFilter {
	switch r.Scope {
	case "tier":
		return adminapi.UsageFilter{Tier: pierre.Tier(r.Target)}
	case "customer":
		return adminapi.UsageFilter{User: pierre.UserID(r.Target)}
	case "key":
		return adminapi.UsageFilter{Key: pierre.KeyID(r.Target)}
	}
	return adminapi.UsageFilter{}
}

// subjectOf is what a rule is about if it finds one thing only.
func subjectOf(r db.Rule) string {
	if r.Scope == "all" || r.Scope == "" {
		return "all"
	}
	return r.Scope + ":" + r.Target
}

// about names a rule's scope for people.
func about(r db.Rule) string {
	if r.Scope == "all" || r.Scope == "" {
		return "all calls"
	}
	return r.Scope + " " + r.Target
}

// window returns what the calls of a rule's window add up to.
func (e *evaluation) window(ctx context.Context, r db.Rule) (usage.Sums, error) {
	f := filter(r)
	f.From, f.To = e.now.Add(-r.Window).UTC().Format(time.RFC3339), e.now.UTC().Format(time.RFC3339)
	b, err := e.server.Breakdown(ctx, f)
	return b.Totals, err
}

func (e *evaluation) errors(ctx context.Context, r db.Rule) ([]finding, error) {
	t, err := e.window(ctx, r)
	if err != nil || t.ErrorRate == nil || t.Succeeded+t.Failed < minCalls || *t.ErrorRate*percent < float64(r.Threshold) {
		return nil, err
	}
	return []finding{{subject: subjectOf(r), title: fmt.Sprintf("%s of %s fail, in the last %s", ui.Percent(*t.ErrorRate), about(r), human.Duration(r.Window))}}, nil
}

func (e *evaluation) p95(ctx context.Context, r db.Rule) ([]finding, error) {
	t, err := e.window(ctx, r)
	if err != nil || t.Response == nil || t.Succeeded+t.Failed < minCalls || t.Response.P95 < float64(r.Threshold) {
		return nil, err
	}
	return []finding{{subject: subjectOf(r), title: fmt.Sprintf("5 %% of %s take over %s, in the last %s", about(r), ui.Milliseconds(t.Response.P95), human.Duration(r.Window))}}, nil
}

func (e *evaluation) refusals(ctx context.Context, r db.Rule) ([]finding, error) {
	t, err := e.window(ctx, r)
	if err != nil || t.RateLimited < r.Threshold {
		return nil, err
	}
	return []finding{{subject: subjectOf(r), title: fmt.Sprintf("%s of %s were refused by limits, in the last %s", ui.Number(t.RateLimited), about(r), human.Duration(r.Window))}}, nil
}

// usual returns how many calls there are now in this hour, and how many there usually are in it: the mean of the same hour
// of the last weeks.
func (e *evaluation) usual(ctx context.Context, r db.Rule) (now int64, usual float64, err error) {
	hour := e.now.UTC().Truncate(time.Hour)
	var sum int64
	for week := range weeks + 1 {
		f := filter(r)
		from := hour.AddDate(0, 0, -7*week)
		f.From, f.To = from.Format(time.RFC3339), from.Add(time.Hour).Format(time.RFC3339)
		b, err := e.server.Breakdown(ctx, f)
		if err != nil {
			return 0, 0, err
		}
		if week == 0 {
			now = b.Totals.Requests
		} else {
			sum += b.Totals.Requests
		}
	}
	return now, float64(sum) / weeks, nil
}

func (e *evaluation) spike(ctx context.Context, r db.Rule) ([]finding, error) {
	now, usual, err := e.usual(ctx, r)
	if err != nil || usual == 0 || now < minSpike || float64(now) < usual*float64(r.Threshold) {
		return nil, err
	}
	return []finding{{
		subject: subjectOf(r), period: e.now.UTC().Truncate(time.Hour).Format(time.RFC3339),
		title: fmt.Sprintf("%s calls of %s in this hour, usually about %s", ui.Number(now), about(r), ui.Number(int64(usual))),
	}}, nil
}

func (e *evaluation) silent(ctx context.Context, r db.Rule) ([]finding, error) {
	r.Scope = "all"
	t, err := e.window(ctx, r)
	if pierre.KindOf(err) == pierre.KindUnavailable {
		return []finding{{subject: "server", title: "The server cannot be reached"}}, nil
	}
	if err != nil || t.Requests > 0 {
		return nil, err
	}
	_, usual, err := e.usual(ctx, r)
	if err != nil || usual < minCalls {
		return nil, err
	}
	return []finding{{subject: "all", title: fmt.Sprintf("No call was recorded in the last %s, usually there are about %s in an hour", human.Duration(r.Window), ui.Number(int64(usual)))}}, nil
}

func (e *evaluation) mail(ctx context.Context, _ db.Rule) ([]finding, error) {
	l, err := e.outbox.List(ctx)
	if err != nil || l.Dead+l.Late == 0 {
		return nil, err
	}
	return []finding{{subject: "mail", title: fmt.Sprintf("%s could not be delivered, %s late", human.Plural(l.Dead, "mail"), human.Plural(l.Late, "mail"))}}, nil
}

// limits finds keys and customers that used much of a limit. Calls over a limit are refused and not counted against it, so
// above 100 % the refused calls of the window are added.
func (e *evaluation) limits(ctx context.Context, r db.Rule) ([]finding, error) {
	f := filter(r)
	f.Near = int(min(r.Threshold, percent))
	f.From, f.To = e.now.UTC().Format(time.DateOnly), e.now.UTC().Format(time.DateOnly)
	b, err := e.server.Breakdown(ctx, f)
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, n := range b.NearLimit {
		wanted := n.Used
		if r.Threshold > percent {
			refused, err := e.refused(ctx, n)
			if err != nil {
				return nil, err
			}
			wanted += refused
		}
		if wanted*percent < n.Requests*r.Threshold {
			continue
		}
		found = append(found, finding{
			subject: whose(n), period: n.ResetsAt.UTC().Format(time.RFC3339),
			title: fmt.Sprintf("%d %% of the limit of %s is used: %s of %s calls this %s", wanted*percent/n.Requests, nameOf(n), ui.Number(wanted), ui.Number(n.Requests), n.Period),
		})
	}
	return found, nil
}

// whose names who a limit is of.
func whose(n usage.NearLimit) string {
	if n.KeyID != "" {
		return "key:" + string(n.KeyID)
	}
	return "customer:" + string(n.UserID)
}

func nameOf(n usage.NearLimit) string {
	if n.KeyID != "" {
		return "key " + string(n.KeyID)
	}
	return "customer " + string(n.UserID)
}

// refused returns how many calls a limit refused in its open window.
func (e *evaluation) refused(ctx context.Context, n usage.NearLimit) (int64, error) {
	from, _ := n.Period.Window(n.ResetsAt.Add(-time.Microsecond))
	b, err := e.server.Breakdown(ctx, adminapi.UsageFilter{
		Key: n.KeyID, User: n.UserID, From: from.UTC().Format(time.RFC3339), To: e.now.Add(time.Minute).UTC().Format(time.RFC3339),
	})
	return b.Totals.RateLimited, err
}

// matches reports whether a key is in a rule's scope.
func matches(r db.Rule, k adminapi.Key) bool {
	switch r.Scope {
	case "tier":
		return string(k.Tier) == r.Target
	case "customer":
		return string(k.UserID) == r.Target
	case "key":
		return string(k.APIKeyID) == r.Target
	}
	return true
}

// keys calls f with active keys in an order, until it returns false.
func (e *evaluation) keys(ctx context.Context, order pierre.KeySort, f func(k adminapi.Key) (more bool)) error {
	const pages, size = 500, 200
	q := adminapi.KeyFilter{ActiveOnly: true, Sort: order, Limit: size}
	for range pages {
		list, err := e.server.Keys(ctx, q)
		if err != nil {
			return err
		}
		for _, k := range list.APIKeys {
			if !f(k) {
				return nil
			}
		}
		if list.NextCursor == nil {
			return nil
		}
		q.Cursor = *list.NextCursor
	}
	return nil
}

func (e *evaluation) expiring(ctx context.Context, r db.Rule) ([]finding, error) {
	var found []finding
	until := e.now.Add(time.Duration(r.Threshold) * day)
	soon := func(subject, name string, expires *time.Time) {
		if expires == nil || !expires.After(e.now) || expires.After(until) {
			return
		}
		found = append(found, finding{
			subject: subject, period: expires.UTC().Format(time.RFC3339), title: name + " ends on " + expires.UTC().Format("2 January 2006, 15:04 MST"),
		})
	}
	err := e.keys(ctx, pierre.SortExpires, func(k adminapi.Key) bool {
		if matches(r, k) && k.ReplacedBy == nil {
			soon("key:"+string(k.APIKeyID), "Key "+k.KeyPrefix+" of "+k.UserEmail, k.ExpiresAt)
		}
		return k.ExpiresAt != nil && !k.ExpiresAt.After(until)
	})
	if err != nil || r.Scope != "all" {
		return found, err
	}
	tokens, err := e.server.Tokens(ctx)
	if pierre.KindOf(err) == pierre.KindUnavailable { // the site's token may not see them
		return found, nil
	}
	for _, t := range tokens {
		if t.RevokedAt == nil {
			soon("token:"+string(t.TokenID), "Admin token of "+t.Service, t.ExpiresAt)
		}
	}
	return found, err
}

func (e *evaluation) idle(ctx context.Context, r db.Rule) ([]finding, error) {
	var found []finding
	before := e.now.Add(-time.Duration(r.Threshold) * day)
	err := e.keys(ctx, pierre.SortCreated, func(k adminapi.Key) bool {
		last := k.CreatedAt
		if k.LastUsedAt != nil {
			last = *k.LastUsedAt
		}
		if !matches(r, k) || k.Tier == pierre.TierTrial || k.ReplacedBy != nil || last.After(before) {
			return true
		}
		found = append(found, finding{
			subject: "key:" + string(k.APIKeyID), period: strconv.FormatInt(last.Unix(), 10),
			title: "Key " + k.KeyPrefix + " of " + k.UserEmail + " was not used for " + human.Plural(r.Threshold, "day"),
		})
		return true
	})
	return found, err
}
