package mcpapi

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/dunglas/httpsfv"

	"github.com/pierre-mcp/pierre/internal/limit"
)

// setRateLimit tells the client its limit and what is left of it, as draft-ietf-httpapi-ratelimit-headers-10 writes it.
// Later drafts rename the parameters: this is the only place that knows them.
func setRateLimit(h http.Header, d limit.Decision, now time.Time) error {
	if d.Limit.Unlimited() {
		return nil
	}
	policy := item(d.Limit.Policy(), "q", d.Limit.Requests, "w", seconds(d.ResetsAt.Sub(d.WindowStart)))
	state := item(d.Limit.Policy(), "r", d.Remaining, "t", seconds(d.ResetsAt.Sub(now)))
	for name, value := range map[string]httpsfv.Item{"RateLimit-Policy": policy, "RateLimit": state} {
		text, err := httpsfv.Marshal(httpsfv.List{value})
		if err != nil {
			return fmt.Errorf("encoding %s: %w", name, err)
		}
		h.Set(name, text)
	}
	return nil
}

func item(name, key1 string, value1 int64, key2 string, value2 int64) httpsfv.Item {
	it := httpsfv.NewItem(name)
	it.Params.Add(key1, value1)
	it.Params.Add(key2, value2)
	return it
}

// overLimit is the refusal of a call that the limit does not admit.
func overLimit(h http.Header, d limit.Decision, now time.Time) *refusal {
	retry := seconds(d.ResetsAt.Sub(now))
	h.Set("Retry-After", strconv.FormatInt(retry, 10))
	return &refusal{
		status: http.StatusTooManyRequests,
		code:   http.StatusTooManyRequests,
		message: fmt.Sprintf("Rate limit exceeded: this API key may make %d tool calls per %s; the next begins at %s.",
			d.Limit.Requests, d.Limit.Period, d.ResetsAt.Format(time.RFC3339)),
		data: map[string]any{"retryAfterSeconds": retry, "policy": d.Limit.Policy()},
	}
}

// seconds rounds up: who comes back after so many is never early.
func seconds(d time.Duration) int64 { return max(1, int64(math.Ceil(d.Seconds()))) }
