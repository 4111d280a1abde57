package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A resource is an answer of a tool, for hosts that put data into a conversation before anything is asked. A key reads it
// only if it may use the tool.
type resource struct {
	name    string // its URI is pierre://athlete/NAME
	title   string
	doc     string
	tool    string
	args    func(today time.Time) map[string]any
	members []string // of the answer that are shown; nil: all
}

// resources lists the resources.
func resources() []resource {
	none := func(time.Time) map[string]any { return map[string]any{} }
	return []resource{
		{"profile", "Profile", "what is known about the athlete, and what formulas take", "get_athlete", none, []string{"profile", "time_zone", "inputs", "missing", "total_activities", "first_activity", "last_activity"}},
		{"zones", "Zones", "the athlete's zones of heart rate and power", "get_athlete", none, []string{"heart_rate_zones", "power_zones"}},
		{"records", "Records", "the athlete's bests", "get_records", none, nil},
		{"week", "This week", "what was done since Monday, by day", "get_stats", func(today time.Time) map[string]any {
			return map[string]any{"after": pierre.ByWeek.Start(today).Format(time.DateOnly), "group_by": "day"}
		}, nil},
	}
}

// registerResources adds the resources to s, and lets s list to each key those that it may read.
func (c *Catalog) registerResources(s *server.MCPServer) {
	tools := map[string]string{} // by URI
	hooks := s.GetHooks()
	if hooks == nil {
		hooks = &server.Hooks{}
		server.WithHooks(hooks)(s)
	}
	hooks.AddAfterListResources(func(ctx context.Context, _ any, _ *mcp.ListResourcesRequest, list *mcp.ListResourcesResult) {
		list.Resources = slices.DeleteFunc(list.Resources, func(r mcp.Resource) bool {
			tool, ours := tools[r.URI]
			return ours && !mayRead(ctx, tool) || r.URI == chartViewURI
		})
	})
	addChartView(s)
	c.registerWorkoutFiles(s)
	for _, r := range resources() {
		at := slices.IndexFunc(c.all, func(t tool) bool { return t.definition.Name == r.tool })
		uri := "pierre://athlete/" + r.name
		tools[uri] = r.tool
		definition := mcp.NewResource(uri, r.name, mcp.WithResourceDescription(r.doc), mcp.WithMIMEType("application/json"))
		definition.Title = r.title
		call := c.all[at].call
		s.AddResource(definition, func(ctx context.Context, _ mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			text, err := c.readResource(ctx, r, call)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", uri, err)
			}
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: uri, MIMEType: "application/json", Text: text}}, nil
		})
	}
}

func mayRead(ctx context.Context, tool string) bool {
	p, ok := access.PrincipalFrom(ctx)
	return ok && pierre.MayUse(p.Tools, tool)
}

// readResource returns the JSON of a resource.
func (c *Catalog) readResource(ctx context.Context, r resource, call server.ToolHandlerFunc) (string, error) {
	if !mayRead(ctx, r.tool) {
		return "", server.ErrResourceNotFound
	}
	p, _ := access.PrincipalFrom(ctx)
	clock, err := c.training.Clock(ctx, p.UserID)
	if err != nil {
		return "", err
	}
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = r.tool, r.args(clock.Today())
	result, err := call(ctx, request)
	if err != nil {
		return "", err
	}
	whole, err := json.Marshal(result.StructuredContent)
	if err != nil || r.members == nil {
		return string(whole), err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(whole, &members); err != nil {
		return "", err
	}
	for name := range members {
		if !slices.Contains(r.members, name) {
			delete(members, name)
		}
	}
	some, err := json.Marshal(members)
	return string(some), err
}
