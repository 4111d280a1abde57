package alerts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

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
			subject: whose(n), period: onceIn(n),
			title: fmt.Sprintf("%d %% of the limit of %s is used: %s of %s calls this %s", wanted*percent/n.Requests, nameOf(n), human.Count(wanted), human.Count(n.Requests), n.Period),
		})
	}
	return found, nil
}

// onceIn names the time in which a limit is told once: its window, or the day if that is shorter.
func onceIn(n usage.NearLimit) string {
	_, end := pierre.PeriodDay.Window(n.ResetsAt.Add(-time.Microsecond))
	if n.ResetsAt.After(end) {
		end = n.ResetsAt
	}
	return end.UTC().Format(time.RFC3339)
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
	own, err := e.server.TokenInfo(ctx)
	if err != nil {
		return nil, err
	}
	soon("token:"+string(own.TokenID), "This site's own admin token, of "+own.Service+",", own.ExpiresAt)
	tokens, err := e.server.Tokens(ctx)
	if refused, ok := errors.AsType[*adminapi.Error](err); ok && refused.Status == http.StatusForbidden {
		return found, nil // the site's token may not see the others
	}
	for _, t := range tokens {
		if t.RevokedAt == nil && t.TokenID != own.TokenID {
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
