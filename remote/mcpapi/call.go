package mcpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// callTool answers tools/call. In this order: may the principal use the tool, does its limit admit the call, the call
// itself, its record. A call that is refused before the limit is asked neither counts nor is recorded; an answer leaves
// only when its record is durable.
func (s *Server) callTool(ctx context.Context, r *http.Request, x *exchange, p access.Principal) answer {
	name := x.msg.tool
	tool := s.mcp.GetTool(name)
	if tool == nil || !pierre.MayUse(p.Tools, name) {
		return x.refused(refuse(0, mcp.INVALID_PARAMS, "There is no tool of this name; tools/list shows the tools that this API key may use."))
	}
	if x.modern {
		if err := s.catalog.checkParamHeaders(r.Header, tool, x.msg.params); err != nil {
			return x.refused(err)
		}
	}
	started := s.now()
	decision, err := s.opts.Limiter.Take(ctx, p.KeyID, p.Limit, started)
	if err != nil {
		return s.unavailable(ctx, x, "admitting", err)
	}
	h := x.w.Header()
	if err := s.limits.set(h, decision, started); err != nil {
		return s.unavailable(ctx, x, "telling the limit of", err)
	}
	call := s.newCall(r, x, p, name, started)
	var a answer
	if decision.Allowed {
		a = s.dispatch(ctx, x, x)
		call.Status = pierre.CallSucceeded
		if a.failed {
			call.Status = pierre.CallFailed
		}
	} else {
		a = x.refused(overLimit(h, decision, started))
		call.Status = pierre.CallRateLimited
	}
	countAgainst(&call, decision)
	call.Duration = s.now().Sub(started)
	call.ResponseBytes = int64(len(a.body))
	// The call has happened: it is recorded even if its client has gone.
	if err := s.opts.Recorder.Record(context.WithoutCancel(ctx), call); err != nil {
		s.opts.Limiter.GiveBack(p.KeyID, decision)
		x.withdraw("RateLimit") // it counted the call
		return s.unavailable(ctx, x, "recording", err)
	}
	return a
}

func (s *Server) newCall(r *http.Request, x *exchange, p access.Principal, tool string, started time.Time) pierre.Call {
	call := pierre.Call{
		ID:           pierre.NewCallID(),
		KeyID:        p.KeyID,
		UserID:       p.UserID,
		Tool:         tool,
		Started:      started,
		RequestBytes: x.msg.size,
	}
	call.Country, call.ClientHash = s.opts.Recorder.Client(web.ClientAddr(r, s.opts.TrustedProxies), started)
	return call
}

// countAgainst notes the window that the call was admitted in.
func countAgainst(call *pierre.Call, d limit.Decision) {
	if d.Allowed {
		call.Period, call.WindowStart = d.Limit.Period, d.WindowStart
	}
}

// unavailable logs why a call could not be admitted or recorded, such as a full disk, and says so with an HTTP status
// that operators watch.
func (s *Server) unavailable(ctx context.Context, x *exchange, doing string, err error) answer {
	e := refusalOf(err)
	s.log.LogAttrs(ctx, slog.LevelError, "tool call failed", slog.String("doing", doing), slog.Int("status", e.status), slog.Any("err", err))
	return e.answerWith(x.msg.id, x.modern)
}

func (x *exchange) refused(err error) answer { return refusalOf(err).answerWith(x.msg.id, x.modern) }
