package mcpapi

import (
	"context"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
)

type profileKey struct{}

// An asked is what a list of tools is for.
type asked struct {
	profile pierre.ToolProfile
	apps    bool // the client shows the pages that tools name
}

// visibleTools lets m show and run only what the principal may use; without a principal, nothing. A list shows those of the
// profile that [Server.listTools] put into the context.
func (s *Server) visibleTools(ctx context.Context, tools []mcp.Tool) []mcp.Tool {
	p, ok := access.PrincipalFrom(ctx)
	if !ok {
		if values, wanted := ctx.Value(valuesKey{}).(*context.Context); wanted {
			*values = ctx //nolint:fatcontext // it is what was asked for
		}
		return nil
	}
	list, listing := ctx.Value(profileKey{}).(asked)
	if p.Tools == nil && !listing {
		return tools
	}
	visible := make([]mcp.Tool, 0, len(tools))
	for _, t := range tools {
		show := pierre.MayUse(p.Tools, t.Name)
		if show && listing {
			t, show = s.opts.Listing(list.profile, t)
			if !list.apps {
				t.Meta = nil
			}
		}
		if show {
			visible = append(visible, t)
		}
	}
	return visible
}

// listTools answers tools/list with what was kept, unless the client asks for a page.
func (s *Server) listTools(ctx context.Context, x *streamable.Exchange, p access.Principal) streamable.Answer {
	profile, err := s.profile(x.Request().Header, p)
	if err != nil {
		return x.Refused(err)
	}
	apps := x.ShowsApps()
	ctx = context.WithValue(ctx, profileKey{}, asked{profile, apps})
	if x.Paged() {
		return x.Dispatch(ctx)
	}
	result, keep := s.tools.list(p, profile, x.Modern(), apps)
	if result != nil {
		return x.Encoded(result)
	}
	a := x.Dispatch(ctx)
	if !a.Failed {
		keep(a.Result)
	}
	return a
}

// profile returns which tools a list shows: those of the profile that the request asks for, but not more than the key's
// profile has. A key without one, or with one that this server does not know, has all; it gets the server's if nothing is
// asked for.
func (s *Server) profile(h http.Header, p access.Principal) (pierre.ToolProfile, error) {
	profile, err := pierre.ParseToolProfile("tool_profile", p.Profile)
	restricted := err == nil
	if !restricted {
		profile = s.opts.ToolProfile
	}
	values := h.Values(pierre.HeaderTools)
	if len(values) == 0 {
		return profile, nil
	}
	asked, err := pierre.ParseToolProfile(pierre.HeaderTools, values[0])
	if err != nil || len(values) > 1 {
		return "", streamable.Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, pierre.HeaderTools+" must be one of minimal, default, full, once.")
	}
	if restricted {
		return profile.Narrower(asked), nil
	}
	return asked, nil
}
