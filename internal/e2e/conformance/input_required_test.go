//go:build e2e

package conformance

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// sealKey signs the states that clients carry from round to round.
var sealKey = []byte("a key of this fixture alone")

func seal(state string) string {
	mac := hmac.New(sha256.New, sealKey)
	mac.Write([]byte(state))
	return state + "." + hex.EncodeToString(mac.Sum(nil))
}

// unseal returns the state of a request, or an error that refuses its params.
func unseal(sealed string) (string, error) {
	state, _, _ := strings.Cut(sealed, ".")
	if !hmac.Equal([]byte(seal(state)), []byte(sealed)) {
		return "", fmt.Errorf("%w: the request state was changed", mcp.ErrInvalidParams)
	}
	return state, nil
}

func object(property, kind string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"type":"object","properties":{%q:{"type":%q}},"required":[%q]}`, property, kind, property))
}

// elicited returns a value that the user gave in answer to the request called id.
func elicited(r mcp.CallToolRequest, id, property string) (string, bool) {
	answer := server.ElicitationResponse(r.Params.InputResponses, id)
	if answer == nil {
		return "", false
	}
	content, _ := answer.Content.(map[string]any)
	value, ok := content[property]
	return fmt.Sprint(value), ok
}

// addInputTools adds the tools that ask the client back in several rounds, as the newer protocol does it.
func addInputTools(m *server.MCPServer) {
	add := func(name string, h server.ToolHandlerFunc) {
		m.AddTool(mcp.NewTool(name, mcp.WithDescription("asks for input")), h)
	}
	add("test_input_required_result_elicitation", func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if name, ok := elicited(r, "user_name", "name"); ok {
			return mcp.NewToolResultText("Hello, " + name + "!"), nil
		}
		return server.NewInputRequestBuilder("").Elicit("user_name", form("What is your name?", object("name", "string"))).ToolResult(), nil
	})
	add("test_input_required_result_sampling", func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if sample := server.SamplingResponse(r.Params.InputResponses, "capital_question"); sample != nil {
			return mcp.NewToolResultText(textOf(sample)), nil
		}
		return server.NewInputRequestBuilder("").Sample("capital_question", question("What is the capital of France?", 100)).ToolResult(), nil
	})
	add("test_input_required_result_list_roots", func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if roots := server.RootsResponse(r.Params.InputResponses, "client_roots"); roots != nil {
			return mcp.NewToolResultText(fmt.Sprintf("%d roots: %v", len(roots.Roots), roots.Roots)), nil
		}
		return server.NewInputRequestBuilder("").Roots("client_roots").ToolResult(), nil
	})
	add("test_input_required_result_request_state", confirm)
	add("test_input_required_result_tampered_state", confirm)
	add("test_input_required_result_multiple_inputs", askThree)
	add("test_input_required_result_multi_round", askTwice)
	add("test_input_required_result_capabilities", askWhatIsPossible)
	addCapabilityTools(m)
}

func confirm(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if r.Params.RequestState == "" {
		return server.NewInputRequestBuilder(seal("waiting")).Elicit("confirm", form("Please confirm", object("ok", "boolean"))).ToolResult(), nil
	}
	if _, err := unseal(r.Params.RequestState); err != nil {
		return nil, err
	}
	return mcp.NewToolResultText("state-ok"), nil
}

func askThree(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	name, ok := elicited(r, "user_name", "name")
	greeting := server.SamplingResponse(r.Params.InputResponses, "greeting")
	roots := server.RootsResponse(r.Params.InputResponses, "client_roots")
	if !ok || greeting == nil || roots == nil {
		return server.NewInputRequestBuilder(seal("three")).
			Elicit("user_name", form("What is your name?", object("name", "string"))).
			Sample("greeting", question("Generate a greeting", 50)).
			Roots("client_roots").ToolResult(), nil
	}
	if _, err := unseal(r.Params.RequestState); err != nil {
		return nil, err
	}
	return mcp.NewToolResultText(fmt.Sprintf("%s %s, of %d roots", textOf(greeting), name, len(roots.Roots))), nil
}

func askTwice(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	first := server.NewInputRequestBuilder(seal("1")).Elicit("step1", form("Step 1: What is your name?", object("name", "string")))
	if r.Params.RequestState == "" {
		return first.ToolResult(), nil
	}
	state, err := unseal(r.Params.RequestState)
	if err != nil {
		return nil, err
	}
	if color, ok := elicited(r, "step2", "color"); ok && strings.HasPrefix(state, "2 ") {
		return mcp.NewToolResultText(strings.TrimPrefix(state, "2 ") + " likes " + color), nil
	}
	name, ok := elicited(r, "step1", "name")
	if !ok {
		return first.ToolResult(), nil
	}
	return server.NewInputRequestBuilder(seal("2 "+name)).Elicit("step2", form("Step 2: What is your favorite color?", object("color", "string"))).ToolResult(), nil
}

func capabilities(ctx context.Context) mcp.ClientCapabilities {
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.ClientCapabilities != nil {
		return *info.ClientCapabilities
	}
	return mcp.ClientCapabilities{}
}

func askWhatIsPossible(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	can, b := capabilities(ctx), server.NewInputRequestBuilder("")
	if can.Sampling != nil {
		b.Sample("sample", question("Say something", 10))
	}
	if can.Elicitation != nil {
		b.Elicit("form", form("Say something", object("word", "string")))
	}
	return b.ToolResult(), nil
}

func addCapabilityTools(m *server.MCPServer) {
	m.AddTool(mcp.NewTool("test_missing_capability", mcp.WithDescription("needs a client that samples")),
		func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			if capabilities(ctx).Sampling == nil {
				return nil, mcp.MissingRequiredClientCapabilityError{Capability: "sampling"}
			}
			return mcp.NewToolResultText("ok"), nil
		})
	m.AddTool(mcp.NewTool("test_streaming_elicitation", mcp.WithDescription("tells its progress and then asks")),
		func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			err := m.SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress), map[string]any{"progressToken": "fixture", "progress": 1})
			if err != nil {
				return nil, err
			}
			return server.NewInputRequestBuilder("").Elicit("form", form("Say something", object("word", "string"))).ToolResult(), nil
		})
	m.AddPrompt(mcp.NewPrompt("test_input_required_result_prompt", mcp.WithPromptDescription("asks for input")),
		func(_ context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			if answer := server.ElicitationResponse(r.Params.InputResponses, "user_context"); answer != nil {
				return prompt(mcp.NewTextContent(fmt.Sprintf("Mind this: %v", answer.Content))), nil
			}
			return server.NewInputRequestBuilder("").
				Elicit("user_context", form("What context should the prompt use?", object("context", "string"))).PromptResult(), nil
		})
}
