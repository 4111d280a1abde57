// Command conformanceclient is the MCP client that the official conformance
// suite drives through the bridge: a go-sdk client whose transport is
// mcp-client's stdio. The suite appends its server's URL to the command line
// and names the scenario, the protocol version and the calls to make in the
// environment.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "conformanceclient:", err)
		os.Exit(1)
	}
}

// A plan is what the suite's scenario wants to see.
type plan struct {
	arguments map[string]map[string]any // by tool, where the scenario has ideas of its own
	always    map[string]any            // for every other tool
	unlisted  []string                  // tools to call although they are not listed
	tolerant  bool                      // refused calls are part of the scenario
	toolless  bool                      // the server may have no tools to list
}

func planFor(scenario string) plan {
	switch scenario {
	case "tools_call":
		return plan{arguments: map[string]map[string]any{"add_numbers": {"a": 5, "b": 3}}}
	case "request-metadata":
		return plan{toolless: true}
	case "http-invalid-tool-headers":
		return plan{always: map[string]any{"region": "us-west1"}, tolerant: true}
	case "sep-2322-client-request-state":
		return plan{tolerant: true, toolless: true, unlisted: []string{
			"test_mrtr_echo_state", "test_mrtr_no_state", "test_mrtr_unrelated", "test_mrtr_no_result_type",
		}}
	default:
		return plan{tolerant: true}
	}
}

func run(ctx context.Context, args []string, getenv func(string) string) error {
	if len(args) != 2 {
		return errors.New("usage: conformanceclient MCP-CLIENT SERVER-URL")
	}
	session, err := connect(ctx, args[0], args[1], getenv("MCP_CONFORMANCE_PROTOCOL_VERSION"))
	if err != nil {
		return err
	}
	scenario := getenv("MCP_CONFORMANCE_SCENARIO")
	var wanted struct {
		ToolCalls []*mcp.CallToolParams `json:"toolCalls"`
	}
	if text := getenv("MCP_CONFORMANCE_CONTEXT"); text != "" {
		if err := json.Unmarshal([]byte(text), &wanted); err != nil {
			return fmt.Errorf("reading MCP_CONFORMANCE_CONTEXT: %w", err)
		}
	}
	err = exercise(ctx, session, scenario, wanted.ToolCalls)
	return errors.Join(err, session.Close())
}

func connect(ctx context.Context, bridge, url, version string) (*mcp.ClientSession, error) {
	client := mcp.NewClient(&mcp.Implementation{Name: "conformanceclient", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(_ context.Context, req *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			content := map[string]any{}
			if schema, ok := req.Params.RequestedSchema.(map[string]any); ok {
				if props, ok := schema["properties"].(map[string]any); ok && props["confirmed"] != nil {
					content["confirmed"] = true
				}
			}
			return &mcp.ElicitResult{Action: "accept", Content: content}, nil
		},
	})
	cmd := exec.CommandContext(ctx, bridge, "--url", url)
	cmd.Stderr = os.Stderr
	var opts *mcp.ClientSessionOptions
	if version == "2025-11-25" {
		opts = &mcp.ClientSessionOptions{ProtocolVersion: version}
	}
	return client.Connect(ctx, &mcp.CommandTransport{Command: cmd}, opts)
}

// exercise uses every kind of thing that the scenario's server has.
func exercise(ctx context.Context, s *mcp.ClientSession, scenario string, calls []*mcp.CallToolParams) error {
	p := planFor(scenario)
	tools, err := s.ListTools(ctx, nil)
	if err != nil && !p.toolless {
		return fmt.Errorf("listing tools: %w", err)
	} else if err != nil {
		tools = &mcp.ListToolsResult{}
	}
	if len(calls) == 0 {
		calls = p.calls(tools.Tools)
	}
	for _, call := range calls {
		if _, err := s.CallTool(ctx, call); err != nil && !p.tolerant {
			return fmt.Errorf("calling %s: %w", call.Name, err)
		}
	}
	if resources, err := s.ListResources(ctx, nil); err == nil && len(resources.Resources) > 0 {
		if _, err := s.ReadResource(ctx, &mcp.ReadResourceParams{URI: resources.Resources[0].URI}); err != nil {
			return fmt.Errorf("reading a resource: %w", err)
		}
	}
	if prompts, err := s.ListPrompts(ctx, nil); err == nil && len(prompts.Prompts) > 0 {
		if _, err := s.GetPrompt(ctx, &mcp.GetPromptParams{Name: prompts.Prompts[0].Name}); err != nil {
			return fmt.Errorf("getting a prompt: %w", err)
		}
	}
	return nil
}

func (p plan) calls(tools []*mcp.Tool) []*mcp.CallToolParams {
	var calls []*mcp.CallToolParams
	for _, tool := range tools {
		args := p.always
		if own, ok := p.arguments[tool.Name]; ok {
			args = own
		}
		if tool.Name == "json_schema_echo" { // give back the schema that arrived, to show that it arrived whole
			args = map[string]any{"schema": tools[0].InputSchema}
		}
		if args == nil {
			args = map[string]any{}
		}
		calls = append(calls, &mcp.CallToolParams{Name: tool.Name, Arguments: args})
	}
	for _, name := range p.unlisted {
		calls = append(calls, &mcp.CallToolParams{Name: name, Arguments: map[string]any{}})
	}
	return calls
}
