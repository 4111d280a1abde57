package tools

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workoutfile"
)

// workoutURI is what the URIs of the files of workouts begin with; the id and the format follow, as in …workout_1.fit.
const workoutURI = "pierre://workouts/"

// A linked answer comes with links to resources.
type linked interface {
	links() []mcp.ResourceLink
}

// registerWorkoutFiles adds the files of planned workouts to s, for the keys that may use get_calendar.
func (c *Catalog) registerWorkoutFiles(s *server.MCPServer) {
	const template = workoutURI + "{file}"
	definition := mcp.NewResourceTemplate(template, "workout", mcp.WithTemplateTitle("Planned workout as a file"),
		mcp.WithTemplateDescription("a planned workout for watches and bike computers (workout_….fit) or for Zwift (workout_….zwo)"))
	s.GetHooks().AddAfterListResourceTemplates(func(ctx context.Context, _ any, _ *mcp.ListResourceTemplatesRequest, list *mcp.ListResourceTemplatesResult) {
		list.ResourceTemplates = slices.DeleteFunc(list.ResourceTemplates, func(t mcp.ResourceTemplate) bool {
			return t.URITemplate.Raw() == template && !mayRead(ctx, calendarTool)
		})
	})
	s.AddResourceTemplate(definition, func(ctx context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		b, f, err := c.workoutFile(ctx, strings.TrimPrefix(r.Params.URI, workoutURI))
		if err != nil {
			return nil, fmt.Errorf("reading the file of a workout: %w", err)
		}
		return []mcp.ResourceContents{mcp.BlobResourceContents{URI: r.Params.URI, MIMEType: f.MIMEType(), Blob: base64.StdEncoding.EncodeToString(b)}}, nil
	})
}

func (c *Catalog) workoutFile(ctx context.Context, name string) ([]byte, workoutfile.Format, error) {
	id, suffix, _ := strings.Cut(name, ".")
	f := workoutfile.Format(suffix)
	if !mayRead(ctx, calendarTool) || !slices.Contains(workoutfile.Formats(), f) {
		return nil, f, server.ErrResourceNotFound
	}
	p, _ := access.PrincipalFrom(ctx)
	w, err := c.data.Workout(ctx, p.UserID, pierre.WorkoutID(id))
	if pierre.KindOf(err) == pierre.KindNotFound && err != nil {
		return nil, f, server.ErrResourceNotFound
	}
	if err != nil {
		return nil, f, err
	}
	athlete, err := c.training.Athlete(ctx, p.UserID)
	if err != nil {
		return nil, f, err
	}
	b, err := workoutfile.Encode(f, w, athlete.On(w.Day).Thresholds(w.Sport))
	return b, f, err
}
