package alerts

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	minCalls   = 20 // of which a rate or a percentile is worth telling
	minSpike   = 50 // calls in an hour
	clearDelay = 5 * time.Minute
	weeks      = 4 // that say what is usual
	day        = 24 * time.Hour
	percent    = 100
	newest     = 15 * time.Minute // how far back is looked for new countries
	history    = 400              // days in which a country is known
)

// clearAfter is how long something must not be so until it is over, so that what comes and goes is told once.
func (c Condition) clearAfter() time.Duration {
	switch {
	case c.event:
		return day
	case c.Window || c.Everybody:
		return clearDelay
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
	return []finding{{subject: subjectOf(r), title: fmt.Sprintf("%s of %s were refused by limits, in the last %s", human.Count(t.RateLimited), about(r), human.Duration(r.Window))}}, nil
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
		title: fmt.Sprintf("%s calls of %s in this hour, usually about %s", human.Count(now), about(r), human.Count(int64(usual))),
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
	return []finding{{subject: "all", title: fmt.Sprintf("No call was recorded in the last %s, usually there are about %s in an hour", human.Duration(r.Window), human.Count(int64(usual)))}}, nil
}

func (e *evaluation) mail(ctx context.Context, _ db.Rule) ([]finding, error) {
	l, err := e.outbox.List(ctx)
	if err != nil || l.Dead+l.Late == 0 {
		return nil, err
	}
	var parts []string
	if l.Dead > 0 {
		parts = append(parts, human.Plural(l.Dead, "mail")+" could not be delivered")
	}
	if l.Late > 0 {
		parts = append(parts, human.Plural(l.Late, "mail")+" late")
	}
	return []finding{{subject: "mail", title: strings.Join(parts, ", ")}}, nil
}
