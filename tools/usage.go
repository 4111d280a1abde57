package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// usageTool is the name of the tool that asks for the caller's limits.
const usageTool = "get_usage"

// Free reports whether calls of the tool neither count against limits nor are refused by them. An agent that has come to a
// limit must be able to ask for it.
func Free(tool string) bool { return tool == usageTool }

// An Allowances says what the holder of a key may do.
type Allowances interface {
	Of(ctx context.Context, p access.Principal) (allowance.Allowance, error)
}

func (c *Catalog) getUsage() tool {
	return declare(c, spec{
		name:  usageTool,
		title: "Show limits and their use",
		doc: "Says how many tool calls may still be made with this API key, by each of its limits, and when the limits reset. " +
			"Asking is free: it does not count, and no limit refuses it. Use it before a long series of calls, or after a call was refused.",
	}, c.showUsage)
}

type usageAnswer struct {
	Tier      string      `json:"tier,omitempty" jsonschema:"plan of the API key"`
	ExpiresAt string      `json:"expires_at,omitempty" jsonschema:"when the API key is no longer accepted, UTC; absent: never"`
	Limits    []limitView `json:"limits" jsonschema:"a call is made only if all of them admit it; empty: calls are not bounded"`
}

type limitView struct {
	Policy     string `json:"policy" jsonschema:"name of the limit, as refusals have it"`
	Scope      string `json:"scope" jsonschema:"which calls count: of this key, of all keys of its customer, or of one tool"`
	Tool       string `json:"tool,omitempty" jsonschema:"of scope tool"`
	Requests   int64  `json:"requests" jsonschema:"calls in a period, or at once"`
	Period     string `json:"period,omitempty" jsonschema:"calendar window, UTC: minute, hour, day, week or month"`
	PerSeconds int64  `json:"per_seconds,omitempty" jsonschema:"in place of a period: as many calls are free again after so many seconds, one by one"`
	Used       int64  `json:"used"`
	Remaining  int64  `json:"remaining"`
	ResetsAt   string `json:"resets_at" jsonschema:"when all of it is free again, UTC"`
	FreesAt    string `json:"frees_at,omitempty" jsonschema:"when the next call is admitted, UTC; absent: now"`
}

type noArgs struct{}

func (c *Catalog) showUsage(ctx context.Context, _ pierre.UserID, _ noArgs) (usageAnswer, error) {
	p, ok := access.PrincipalFrom(ctx)
	if !ok {
		return usageAnswer{}, errors.New("there is no principal in the context")
	}
	a, err := c.options.Allowances.Of(ctx, p)
	if err != nil {
		return usageAnswer{}, err
	}
	answer := usageAnswer{Tier: string(a.Tier), ExpiresAt: timestamp(a.Expires), Limits: make([]limitView, len(a.Limits))}
	for i, l := range a.Limits {
		answer.Limits[i] = limitView{
			Policy: l.Policy, Scope: string(l.Scope), Tool: l.Tool, Requests: l.Requests, Period: string(l.Period), PerSeconds: l.PerSeconds,
			Used: l.Used, Remaining: l.Remaining, ResetsAt: timestamp(l.ResetsAt), FreesAt: timestamp(l.FreesAt),
		}
	}
	return answer, nil
}

func (a usageAnswer) text() string {
	var b strings.Builder
	b.WriteString("Calls are not bounded.")
	if len(a.Limits) > 0 {
		b.Reset()
		b.WriteString("A call is made if all of these limits admit it:")
	}
	for _, l := range a.Limits {
		window := l.Period
		if window == "" {
			window = human.Plural(int(l.PerSeconds), "second")
		}
		fmt.Fprintf(&b, "\n%s: %d of %d calls per %s left, all again at %s", l.Policy, l.Remaining, l.Requests, window, l.ResetsAt)
		if l.FreesAt != "" {
			b.WriteString("; the next call at " + l.FreesAt)
		}
	}
	if a.ExpiresAt != "" {
		b.WriteString("\nThe key ends at " + a.ExpiresAt + ".")
	}
	return b.String()
}
