package mcpapi

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/dunglas/httpsfv"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A rateLimits writes the headers that tell clients their limit and what is left of it, as
// draft-ietf-httpapi-ratelimit-headers-10 has them. Later drafts rename the parameters: this is the only place that
// knows them. Policies are few and are encoded once; what is left differs with each call.
type rateLimits struct {
	mu       sync.Mutex
	policies map[policy]policyText
}

type policy struct {
	limit   pierre.Limit
	seconds int64 // of its window
}

type policyText struct{ header, name string }

// maxPolicies bounds the kept policies.
const maxPolicies = 1024

// set sets the headers for a decision at now.
func (l *rateLimits) set(h http.Header, d limit.Decision, now time.Time) error {
	if d.Limit.Unlimited() {
		return nil
	}
	t, err := l.text(policy{d.Limit, web.Seconds(d.ResetsAt.Sub(d.WindowStart))})
	if err != nil {
		return err
	}
	h.Set("RateLimit-Policy", t.header)
	h.Set("RateLimit", t.name+";r="+strconv.FormatInt(d.Remaining, 10)+";t="+strconv.FormatInt(web.Seconds(d.ResetsAt.Sub(now)), 10))
	return nil
}

func (l *rateLimits) text(p policy) (policyText, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.policies[p]; ok {
		return t, nil
	}
	item := httpsfv.NewItem(p.limit.Policy())
	name, err := httpsfv.Marshal(item)
	if err != nil {
		return policyText{}, fmt.Errorf("encoding the name of a limit: %w", err)
	}
	item.Params.Add("q", p.limit.Requests)
	item.Params.Add("w", p.seconds)
	header, err := httpsfv.Marshal(httpsfv.List{item})
	if err != nil {
		return policyText{}, fmt.Errorf("encoding a limit: %w", err)
	}
	if len(l.policies) == maxPolicies || l.policies == nil {
		l.policies = map[policy]policyText{}
	}
	l.policies[p] = policyText{header, name}
	return l.policies[p], nil
}

// overLimit is the refusal of a call that the limit does not admit.
func overLimit(h http.Header, d limit.Decision, now time.Time) *refusal {
	retry := web.Seconds(d.ResetsAt.Sub(now))
	h.Set("Retry-After", strconv.FormatInt(retry, 10))
	return &refusal{
		status: http.StatusTooManyRequests,
		code:   http.StatusTooManyRequests,
		message: fmt.Sprintf("Rate limit exceeded: this API key may make %d tool calls per %s; the next begins at %s.",
			d.Limit.Requests, d.Limit.Period, d.ResetsAt.Format(time.RFC3339)),
		data: map[string]any{"retryAfterSeconds": retry, "policy": d.Limit.Policy()},
	}
}
