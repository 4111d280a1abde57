package tools_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqlitetest"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/internal/weather"
	"github.com/pierre-mcp/pierre/internal/weather/weathertest"
	"github.com/pierre-mcp/pierre/tools"
)

var update = flag.Bool("update", false, "rewrite the golden files and docs/TOOLS.md")

// now is the tests' present.
func now() time.Time { return time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC) }

// A host calls the tools as one user, through the MCP server's own messages.
type host struct {
	t      testing.TB
	server *server.MCPServer
	ctx    context.Context // carries who calls
	output map[string]*jsonschema.Resolved
}

// The data of the tools and of what they compute with.
type data interface {
	tools.Store
	training.Store
	weather.Store
}

func newServer(t testing.TB, d data) *server.MCPServer {
	return serverOf(t, d, allTools(d))
}

// allTools are the options of a server that has every tool.
func allTools(d data) tools.Options {
	return tools.Options{Allowances: someUse{}, Accounts: someAccounts{}, Weather: someWeather(d, weathertest.New(now)), Foods: kitchen}
}

// someWeather is that of a service that asks the fake.
func someWeather(d weather.Store, fake *weathertest.Fake) *weather.Service {
	return weather.New(d, weather.Options{Transport: fake, Now: now})
}

func serverOf(t testing.TB, d data, o tools.Options) *server.MCPServer {
	s := server.NewMCPServer("test", "1", server.WithToolCapabilities(false), server.WithToolHandlerMiddleware(worded))
	catalogOf(t, d, o).Register(s)
	return s
}

func catalogOf(t testing.TB, d data, o tools.Options) *tools.Catalog {
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	return tools.New(d, training.New(d, now, log, training.Options{}), now, o)
}

// someUse is the allowance of a key of which something is used.
type someUse struct{}

// Of implements [tools.Allowances].
func (someUse) Of(context.Context, access.Principal) (allowance.Allowance, error) {
	midnight := now().Truncate(24*time.Hour).AddDate(0, 0, 1)
	return allowance.Allowance{Tier: pierre.TierProfessional, Expires: midnight.AddDate(0, 3, 0), Limits: []allowance.Limit{
		{Policy: "key-month", Scope: pierre.BucketKey, Requests: 100_000, Period: pierre.PeriodMonth, Used: 1234, Remaining: 98_766, ResetsAt: midnight.AddDate(0, 0, 15)},
		{Policy: "key-burst", Scope: pierre.BucketKey, Requests: 10, PerSeconds: 1, Used: 1, Remaining: 9, ResetsAt: now().Add(time.Second)},
		{
			Policy: "tool-predict_performance-day", Scope: pierre.BucketTool, Tool: "predict_performance",
			Requests: 20, Period: pierre.PeriodDay, Used: 20, ResetsAt: midnight, FreesAt: midnight,
		},
	}}, nil
}

// fault is what a client reads of an error that it can do nothing about.
const fault = "a fault of the server's own"

// worded stands in for the server that dispatches the calls, which decides what a client reads of an error.
func worded(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		res, err := next(ctx, r)
		if err != nil {
			return mcp.NewToolResultError(pierre.MessageOf(err, fault)), nil
		}
		return res, nil
	}
}

func newHost(t testing.TB, d data, user pierre.UserID) host {
	t.Helper()
	h := host{t, newServer(t, d), access.WithPrincipal(t.Context(), access.Principal{UserID: user}), nil}
	outputs.Do(func() {
		outputs.schemas = map[string]*jsonschema.Resolved{}
		for _, tool := range h.list() {
			resolved, err := strict(tool.OutputSchema).Resolve(nil)
			if err != nil {
				t.Fatalf("%s: output schema: %v", tool.Name, err)
			}
			outputs.schemas[tool.Name] = resolved
		}
	})
	h.output = outputs.schemas
	return h
}

// outputs are the schemas that answers keep to, which are those of every host.
var outputs struct {
	sync.Once

	schemas map[string]*jsonschema.Resolved
}

// A result is what a tool answered.
type result struct {
	IsError    bool
	Text       string
	Structured json.RawMessage
	Bytes      int    // of the whole result, without its picture
	Picture    []byte // a PNG, or nil
	Links      []string
}

func (r result) decode(t testing.TB, v any) {
	t.Helper()
	if r.IsError {
		t.Fatalf("the tool failed: %s", r.Text)
	}
	if err := json.Unmarshal(r.Structured, v); err != nil {
		t.Fatal(err)
	}
}

func (h host) send(method string, params any, result any) {
	h.t.Helper()
	msg, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		h.t.Fatal(err)
	}
	answer, err := json.Marshal(h.server.HandleMessage(h.ctx, msg))
	if err != nil {
		h.t.Fatal(err)
	}
	var response struct {
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(answer, &response); err != nil || response.Error != nil {
		h.t.Fatalf("%s answered %s (%v)", method, answer, err)
	}
	if err := json.Unmarshal(response.Result, result); err != nil {
		h.t.Fatal(err)
	}
}

// call calls a tool and holds its answer to the tool's output schema.
func (h host) call(name string, args any) result {
	h.t.Helper()
	var raw json.RawMessage
	h.send("tools/call", map[string]any{"name": name, "arguments": args}, &raw)
	var r struct {
		IsError bool `json:"isError"`
		Content []struct {
			Type     string `json:"type"`
			Text     string `json:"text"`
			MIMEType string `json:"mimeType"`
			Data     []byte `json:"data"`
			URI      string `json:"uri"`
		} `json:"content"`
		Structured json.RawMessage `json:"structuredContent"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		h.t.Fatal(err)
	}
	if len(r.Content) == 0 || r.Content[0].Type != "text" || r.Content[0].Text == "" {
		h.t.Fatalf("%s has no text form: %.1000s", name, raw)
	}
	if !r.IsError {
		h.validate(name, r.Structured)
	}
	answer := result{r.IsError, r.Content[0].Text, r.Structured, len(raw), nil, nil}
	for _, more := range r.Content[1:] {
		if more.Type == "resource_link" {
			answer.Links = append(answer.Links, more.URI)
			continue
		}
		if more.Type != "image" || more.MIMEType != "image/png" || answer.Picture != nil {
			h.t.Errorf("%s answers with %s of %s, too", name, more.Type, more.MIMEType)
		}
		answer.Picture = more.Data
		answer.Bytes -= base64.StdEncoding.EncodedLen(len(more.Data))
	}
	return answer
}

func (h host) validate(name string, structured json.RawMessage) {
	h.t.Helper()
	var v any
	if err := json.Unmarshal(structured, &v); err != nil {
		h.t.Fatal(err)
	}
	if err := h.output[name].Validate(v); err != nil {
		h.t.Errorf("%s answers against its output schema: %v\n%s", name, err, structured)
	}
}

// strict makes every member that the schema does not name an error, to catch fields that it forgot.
func strict(s *jsonschema.Schema) *jsonschema.Schema {
	if s == nil {
		return nil
	}
	if strict(s.AdditionalProperties); s.Type == "object" && s.AdditionalProperties == nil {
		s.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	}
	for _, p := range s.Properties {
		strict(p)
	}
	strict(s.Items)
	return s
}

type listedTool struct {
	Name         string             `json:"name"`
	Title        string             `json:"title"`
	Description  string             `json:"description"`
	InputSchema  *jsonschema.Schema `json:"inputSchema"`
	OutputSchema *jsonschema.Schema `json:"outputSchema"`
	Annotations  struct {
		ReadOnlyHint    *bool `json:"readOnlyHint"`
		DestructiveHint *bool `json:"destructiveHint"`
		IdempotentHint  *bool `json:"idempotentHint"`
		OpenWorldHint   *bool `json:"openWorldHint"`
	} `json:"annotations"`
}

func (h host) list() []listedTool {
	h.t.Helper()
	var r struct{ Tools []listedTool }
	h.send("tools/list", map[string]any{}, &r)
	return r.Tools
}

// newUser adds a user.
func newUser(t *testing.T, s *store.Store, email string) pierre.UserID {
	t.Helper()
	u, err := s.EnsureUser(t.Context(), email, now())
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// sampleHost is a host of an athlete with a season of recordings.
func sampleHost(t *testing.T) (host, map[string]pierre.ActivityID) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pierre.db")
	sample.Copy(t, path, func(path string) error {
		s := storetest.OpenSQLite(t, path)
		sample.user = newUser(t, s, "ana@example.com")
		sample.ids = importSeason(t, s, sample.user)
		sample.ids["goal"] = pierre.ActivityID(addGoal(t, s, sample.user))
		addWellness(t, s, sample.user)
		if r := newHost(t, s, sample.user).call("get_records", map[string]any{}); r.IsError { // which makes the digests, as an import does
			return errors.New(r.Text)
		}
		return s.Close()
	})
	return newHost(t, storetest.OpenSQLite(t, path), sample.user), maps.Clone(sample.ids)
}

// sample is the database of a sample athlete, which is copied for each test that asks for it.
var sample struct {
	sqlitetest.Template

	user pierre.UserID
	ids  map[string]pierre.ActivityID
}

// addGoal sets the goal of a sample athlete: 300 km on foot from May to August.
func addGoal(t *testing.T, s *store.Store, u pierre.UserID) pierre.GoalID {
	t.Helper()
	g, err := s.AddGoal(t.Context(), u, now(), pierre.Goal{
		Title: "Summer of running", Type: pierre.GoalDistance, Sport: pierre.SportRun, Target: 300_000, Status: pierre.GoalActive,
		Start: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Date: time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}

// Random are the identifiers of activities, and the cursors that have one in them.
var random = regexp.MustCompile(`act_[a-z0-9]{26}|workout_[a-z0-9]{26}|goal_[a-z0-9]{26}|eyJ[A-Za-z0-9_-]{40,}`)

// golden compares JSON or text with a golden file, in which what is random is numbered.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	ids := map[string]string{}
	text := random.ReplaceAllStringFunc(string(got), func(id string) string {
		if ids[id] == "" {
			kind := id[:3]
			for _, long := range []string{"goal", "workout"} {
				if strings.HasPrefix(id, long+"_") {
					kind = long
				}
			}
			ids[id] = kind + "_" + strconv.Itoa(len(ids)+1)
		}
		return ids[id]
	})
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old, fresh := strings.Split(string(want), "\n"), strings.Split(text, "\n")
	for i, line := range fresh {
		if i >= len(old) || line != old[i] {
			t.Fatalf("%s is out of date from line %d on (run with -update): %s", path, i+1, line)
		}
	}
	if len(old) > len(fresh) {
		t.Errorf("%s is out of date (run with -update): it has more than %s", path, text)
	}
}

func indent(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

type args = map[string]any
