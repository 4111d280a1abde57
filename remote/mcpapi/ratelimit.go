package mcpapi

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/web"
)

// setRateLimit sets the headers that tell clients their limits and what is left of each at now, as
// draft-ietf-httpapi-ratelimit-headers-10 has them: lists with an item per limit. Later drafts rename the parameters: this
// is the only place that knows them. A policy's name is a string of structured fields (RFC 9651), which needs no escapes.
func setRateLimit(h http.Header, d limit.Decision, now time.Time) {
	if len(d.States) == 0 {
		return
	}
	policies, states := make([]byte, 0, 128), make([]byte, 0, 128)
	for i, s := range d.States {
		if i > 0 {
			policies, states = append(policies, ", "...), append(states, ", "...)
		}
		policies = appendItem(policies, s.Bucket.Policy, ";q=", s.Bucket.Requests(), ";w=", web.Seconds(s.Window()))
		states = appendItem(states, s.Bucket.Policy, ";r=", s.Remaining, ";t=", web.Seconds(s.ResetsAt.Sub(now)))
	}
	h.Set("RateLimit-Policy", string(policies))
	h.Set("RateLimit", string(states))
}

func appendItem(b []byte, policy, first string, n int64, second string, seconds int64) []byte {
	b = append(b, '"')
	b = append(b, policy...)
	b = append(b, '"')
	b = strconv.AppendInt(append(b, first...), n, 10)
	return strconv.AppendInt(append(b, second...), seconds, 10)
}

// overLimit is the refusal of a call that a limit does not admit.
func overLimit(h http.Header, d limit.Decision, now time.Time) *streamable.Error {
	s := d.Refusing()
	retry := web.Seconds(s.FreesAt.Sub(now))
	h.Set("Retry-After", strconv.FormatInt(retry, 10))
	return &streamable.Error{
		Status:  http.StatusTooManyRequests,
		Code:    http.StatusTooManyRequests,
		Message: "Rate limit exceeded: " + rule(s, retry),
		Data:    map[string]any{"retryAfterSeconds": retry, "policy": s.Bucket.Policy},
	}
}

// rule says which limit refused a call and when it frees.
func rule(s limit.State, retry int64) string {
	who, what := "this API key may", "tool calls"
	switch id, err := pierre.ParseBucketID(s.Bucket.ID); {
	case err != nil:
	case id.Kind == pierre.BucketCustomer:
		who = "the API keys of this account may together"
	case id.Kind == pierre.BucketTool:
		what = "calls of " + id.Tool
	}
	if b := s.Bucket.Burst; !b.None() {
		return fmt.Sprintf("%s make %d %s in %d s; try again in %d s.", who, b.Requests, what, int64(b.Per.Seconds()), retry)
	}
	return fmt.Sprintf("%s make %d %s per %s; the next begins at %s.",
		who, s.Bucket.Limit.Requests, what, s.Bucket.Limit.Period, s.ResetsAt.Format(time.RFC3339))
}
