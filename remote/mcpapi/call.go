package mcpapi

import (
	"context"
	"log/slog"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/tracing"
	"github.com/pierre-mcp/pierre/internal/web"
)

// callTool answers tools/call. In this order: may the principal use the tool, does its limit admit the call, the call
// itself, its record. A call that is refused before the limit is asked neither counts nor is recorded, one that the limit
// refuses is only counted; an answer leaves only when its record is durable.
func (s *Server) callTool(ctx context.Context, x *streamable.Exchange, p access.Principal) (a streamable.Answer) {
	name := x.Name()
	tool := s.mcp.GetTool(name)
	if tool == nil || !pierre.MayUse(p.Tools, name) {
		return x.Refused(streamable.Refuse(0, mcp.INVALID_PARAMS, "There is no tool of this name; tools/list shows the tools that can be called."))
	}
	if err := s.checkScope(x, p, tool.Tool); err != nil {
		return x.Refused(err)
	}
	if x.Modern() {
		if err := s.tools.checkParamHeaders(x.Request().Header, tool, x.Params()); err != nil {
			return x.Refused(err)
		}
	}
	if s.opts.Free(name) {
		return s.run(ctx, x, tool)
	}
	if tracing.On(ctx) {
		var end func(failed bool)
		ctx, end = beginCall(ctx, x.Method(), name, traceOf(x.Params()))
		defer func() { end(a.Failed) }()
	}
	return s.count(ctx, x, p, tool)
}

// count runs the tool if the limits admit the call, and records it.
func (s *Server) count(ctx context.Context, x *streamable.Exchange, p access.Principal, tool *server.ServerTool) streamable.Answer {
	name := tool.Tool.Name
	started := s.now()
	reserved, err := s.reserve(ctx, p.Buckets(name), started)
	if err != nil {
		return s.unavailable(ctx, x, "admitting", err)
	}
	ending := context.WithoutCancel(ctx) // a call that has happened is recorded even if its client has gone
	h := x.Header()
	setRateLimit(h, reserved.Decision, started)
	call := s.newCall(x, p, name, started)
	if !reserved.Allowed {
		if err := s.recorder.Refuse(call); err != nil {
			return s.unavailable(ctx, x, "counting", err)
		}
		return x.Refused(overLimit(h, reserved.Decision, started))
	}
	a := s.run(ctx, x, tool)
	call.Status = pierre.CallSucceeded
	if a.Failed {
		call.Status = pierre.CallFailed
	}
	call.Duration = s.now().Sub(started)
	call.ResponseBytes = int64(len(a.Body))
	if err := s.record(ending, reserved, call); err != nil {
		x.Withdraw("RateLimit") // it counted the call
		return s.unavailable(ctx, x, "recording", err)
	}
	return a
}

// run answers with the tool's result.
func (s *Server) run(ctx context.Context, x *streamable.Exchange, tool *server.ServerTool) streamable.Answer {
	ctx, end := tracing.Begin(ctx, "run tool")
	defer end(nil)
	if a, ok := s.callDirectly(ctx, x, tool); ok {
		return a
	}
	return x.Dispatch(ctx)
}

func (s *Server) reserve(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Reservation, error) {
	ctx, end := tracing.Begin(ctx, "reserve")
	r, err := s.limiter.Reserve(ctx, buckets, now)
	end(err)
	return r, err
}

func (s *Server) record(ctx context.Context, r limit.Reservation, c pierre.Call) error {
	ctx, end := tracing.Begin(ctx, "record")
	err := s.recorder.Record(ctx, r, c)
	end(err)
	return err
}

func (s *Server) newCall(x *streamable.Exchange, p access.Principal, tool string, started time.Time) pierre.Call {
	call := pierre.Call{
		KeyID:        p.KeyID,
		UserID:       p.UserID,
		Customer:     p.Customer, // whose key it is, whoever the athlete
		Tier:         p.Tier,
		Tool:         tool,
		Started:      started,
		RequestBytes: x.Size(),
	}
	call.Country, call.ClientHash = s.opts.Clients.Describe(web.ClientAddr(x.Request(), s.opts.TrustedProxies), started)
	return call
}

// unavailable logs why a call could not be admitted or recorded, such as a full disk, and says so with an HTTP status
// that operators watch.
func (s *Server) unavailable(ctx context.Context, x *streamable.Exchange, doing string, err error) streamable.Answer {
	if r := x.Request(); web.ClientGone(r, err) {
		web.Abandon(r, err)
		return x.Refused(err)
	}
	a := x.Refused(err)
	s.log.LogAttrs(ctx, slog.LevelError, "tool call failed", slog.String("doing", doing), slog.Int("status", a.Status),
		slog.String("request_id", web.RequestID(ctx)), slog.Any("err", err))
	x.Advise(err)
	return a
}
