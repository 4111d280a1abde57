package mcpapi

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/web"
)

// setRateLimit sets the headers that tell clients their limit and what is left of it at now, as
// draft-ietf-httpapi-ratelimit-headers-10 has them. Later drafts rename the parameters: this is the only place that
// knows them. A policy's name is a string of structured fields (RFC 9651), which needs no escapes.
func setRateLimit(h http.Header, d limit.Decision, now time.Time) {
	if d.Limit.Unlimited() {
		return
	}
	name := `"` + d.Limit.Policy() + `"`
	window := web.Seconds(d.ResetsAt.Sub(d.WindowStart))
	h.Set("RateLimit-Policy", name+";q="+strconv.FormatInt(d.Limit.Requests, 10)+";w="+strconv.FormatInt(window, 10))
	h.Set("RateLimit", name+";r="+strconv.FormatInt(d.Remaining, 10)+";t="+strconv.FormatInt(web.Seconds(d.ResetsAt.Sub(now)), 10))
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
