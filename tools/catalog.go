// Package tools holds the MCP tools: what they are called, what they take, how they answer, and what they
// say when they cannot. The science is package fitness's, storage is behind the interfaces declared here,
// and who calls comes with the context (see package access): every answer is about that user's data alone.
//
// Names and arguments are those of the original Pierre server. Results follow its rule that a field's name
// carries its unit, that what was not recorded is absent, and that a computed value says how it was computed.
package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// Instructions tells a model how to work with the tools; it belongs into the answer to initialize.
const Instructions = `Pierre answers questions about one athlete's own training data (imported recordings).
Start with get_activities to find activities and their ids; get_activity shows one in detail; get_stats sums up.
analyze_activity, calculate_metrics, compare_activities, analyze_training_load and predict_performance compute.
Units are in the field names (meters, seconds, mps = metres per second, bpm, watts). A field that is absent was not recorded: never read it as 0.
A computed value comes with its method (formula and source), its inputs (recorded, user: from the profile, or estimated) and coverage_percent, the share of the recorded time that had the samples; quote these when it matters.
not_available stands in place of a value and says what is missing; if it names set_athlete_profile, ask the athlete for it, do not guess.
start_time is UTC, local_start_time the athlete's clock.`

// A Catalog is the tools over one store.
type Catalog struct {
	data     Store
	training *training.Service
	now      func() time.Time
	log      *slog.Logger
	options  Options
}

// Options are what answers say of the installation. The zero value takes the defaults.
type Options struct {
	ImportCommand string // that adds recordings, without their path; default "mcp-client import"
}

// New returns the tools that answer from data, and compute with coach. Internal errors go to log; a client never
// sees them.
func New(data Store, coach *training.Service, now func() time.Time, log *slog.Logger, o Options) *Catalog {
	o.ImportCommand = cmp.Or(o.ImportCommand, "mcp-client import")
	return &Catalog{data: data, training: coach, now: now, log: log, options: o}
}

// Register adds every tool to s, always in the same order.
func (c *Catalog) Register(s *server.MCPServer) {
	for _, t := range c.tools() {
		s.AddTool(t.definition(), c.handler(t))
	}
}

func (c *Catalog) tools() []tool {
	return []tool{
		c.getActivities(),
		c.getActivity(),
		c.getStats(),
		c.getAthlete(),
		c.setAthleteProfile(),
		c.getConnectionStatus(),
		c.analyzeActivity(),
		c.calculateMetrics(),
		c.analyzeTrainingLoad(),
		c.predictPerformance(),
		c.compareActivities(),
	}
}

// A tool is one entry of the catalog.
type tool struct {
	spec

	call func(ctx context.Context, user pierre.UserID, args map[string]any) (answer, error)
}

// A spec is what a client sees of a tool.
type spec struct {
	name    string
	title   string
	doc     string
	changes bool    // it changes the athlete's data; else it only reads
	input   []field // in the order of importance
	output  schema
}

// An answer is a tool's result: it encodes to what the tool's output schema describes.
type answer interface {
	text() string // the same, short, for hosts that show models only text
}

// A checker is an argument struct whose fields, each good by itself, depend on each other.
type checker interface {
	problems() []string
}

// bind makes a tool of a method that takes its arguments as a struct. All that is wrong with the arguments is
// reported together, so that a model can mend it in one go.
func bind[A any](s spec, run func(context.Context, pierre.UserID, A) (answer, error)) tool {
	in := object("", s.input...)
	return tool{s, func(ctx context.Context, user pierre.UserID, args map[string]any) (answer, error) {
		if err := wrongArguments(in.check("", args)); err != nil {
			return nil, err
		}
		a, err := decode[A](args)
		if err != nil {
			return nil, err
		}
		if c, ok := any(a).(checker); ok {
			err = wrongArguments(c.problems())
		}
		if err != nil {
			return nil, err
		}
		return run(ctx, user, a)
	}}
}

// wrongArguments makes an error of what is wrong, or nil if nothing is.
func wrongArguments(problems []string) error {
	switch len(problems) {
	case 0:
		return nil
	case 1:
		return pierre.Invalid("arguments", "Wrong argument: %s", problems[0])
	default:
		return pierre.Invalid("arguments", "%d wrong arguments:\n- %s", len(problems), strings.Join(problems, "\n- "))
	}
}

func (s spec) definition() mcp.Tool {
	t := mcp.NewToolWithRawSchema(s.name, s.doc, object("", s.input...).raw())
	t.RawOutputSchema = s.output.raw()
	t.Title = s.title
	t.Annotations = mcp.ToolAnnotation{
		Title:           s.title,
		ReadOnlyHint:    new(!s.changes),
		DestructiveHint: new(s.changes), // an overwritten value is gone
		IdempotentHint:  new(true),
		OpenWorldHint:   new(false), // only the athlete's own data
	}
	return t
}

// handler adapts t to the protocol. It never returns an error, whose text the library would send to the client.
func (c *Catalog) handler(t tool) server.ToolHandlerFunc {
	return func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		res, err := c.answer(ctx, t, r)
		if err == nil {
			return res, nil
		}
		if pierre.KindOf(err) == pierre.KindInternal && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "tool failed", "tool", t.name, "err", err)
		}
		return mcp.NewToolResultError(pierre.MessageOf(err, "The server could not answer because of a fault of its own, which it has logged. Try again later.")), nil
	}
}

func (c *Catalog) answer(ctx context.Context, t tool, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	p, ok := access.PrincipalFrom(ctx)
	if !ok || p.UserID == "" {
		return nil, fmt.Errorf("calling %s without a principal", t.name)
	}
	args, ok := r.Params.Arguments.(map[string]any)
	if !ok && r.Params.Arguments != nil {
		return nil, pierre.Invalid("arguments", "The arguments must be a JSON object, not %s.", quote(r.Params.Arguments))
	}
	a, err := t.call(ctx, p.UserID, args)
	if err != nil {
		return nil, err
	}
	res, err := encode(a)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer of %s: %w", t.name, err)
	}
	return res, nil
}

// encode writes both forms of an answer, and refuses one with a number that is NaN or infinite.
func encode(a answer) (*mcp.CallToolResult, error) {
	structured, err := json.Marshal(a) // which refuses them too
	if err != nil {
		return nil, err
	}
	text := a.text()
	if strings.Contains(text, notANumber) {
		return nil, fmt.Errorf("the text form has a number that is not finite: %q", text)
	}
	return mcp.NewToolResultStructured(json.RawMessage(structured), text), nil
}
