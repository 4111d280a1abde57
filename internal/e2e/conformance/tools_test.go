//go:build e2e

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// The smallest PNG and WAV files.
const (
	pixel   = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
	silence = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQAAAAA="
)

// pause is what the suite wants between the notifications of a call.
const pause = 50 * time.Millisecond

func wait(ctx context.Context) error {
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func always(content ...mcp.Content) server.ToolHandlerFunc {
	return func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{Content: content}, nil
	}
}

func addTools(m *server.MCPServer) {
	text := func(s string) mcp.Content { return mcp.NewTextContent(s) }
	image := mcp.NewImageContent(pixel, "image/png")
	add := func(name, description string, h server.ToolHandlerFunc, args ...mcp.ToolOption) {
		m.AddTool(mcp.NewTool(name, append(args, mcp.WithDescription(description))...), h)
	}
	add("test_simple_text", "returns a text", always(text("This is a simple text response for testing.")))
	add("test_image_content", "returns an image", always(image))
	add("test_audio_content", "returns a sound", always(mcp.NewAudioContent(silence, "audio/wav")))
	add("test_embedded_resource", "returns a resource", always(mcp.NewEmbeddedResource(mcp.TextResourceContents{
		URI: "test://embedded-resource", MIMEType: "text/plain", Text: "This is an embedded resource content.",
	})))
	add("test_multiple_content_types", "returns three kinds of content", always(text("Multiple content types test:"), image,
		mcp.NewEmbeddedResource(mcp.TextResourceContents{
			URI: "test://mixed-content-resource", MIMEType: "application/json", Text: `{"test":"data","value":123}`,
		})))
	add("test_error_handling", "fails", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultError("This tool intentionally returns an error for testing"), nil
	})
	add("test_tool_with_logging", "logs three messages", logThrice(m))
	add("test_logging_tool", "logs three messages, if it may", logThrice(m))
	add("test_tool_with_progress", "tells its progress", tellProgress(m))
	add("test_custom_header", "has an argument that travels in a header, too", always(text("ok")),
		mcp.WithString("region", mcp.Description("where"), func(schema map[string]any) { schema["x-mcp-header"] = "Region" }))
	m.AddTool(mcp.NewToolWithRawSchema("json_schema_2020_12_tool", "has an input schema with the newer keywords", schema2020), always(text("ok")))
	addChangers(m)
}

func logThrice(m *server.MCPServer) server.ToolHandlerFunc {
	return func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for _, line := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			if err := m.SendLogMessageToClient(ctx, mcp.NewLoggingMessageNotification(mcp.LoggingLevelInfo, "fixture", line)); err != nil {
				return nil, err
			}
			if err := wait(ctx); err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText("logged"), nil
	}
}

func tellProgress(m *server.MCPServer) server.ToolHandlerFunc {
	return func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for _, progress := range []int{0, 50, 100} {
			if meta := r.Params.Meta; meta != nil && meta.ProgressToken != nil {
				err := m.SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress), map[string]any{
					"progressToken": meta.ProgressToken, "progress": progress, "total": 100,
				})
				if err != nil {
					return nil, err
				}
			}
			if progress < 100 {
				if err := wait(ctx); err != nil {
					return nil, err
				}
			}
		}
		return mcp.NewToolResultText("done"), nil
	}
}

// addChangers adds the tools that change the lists of tools and prompts while a client listens.
func addChangers(m *server.MCPServer) {
	m.AddTool(mcp.NewTool("test_trigger_tool_change", mcp.WithDescription("adds a tool and removes it")),
		func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			m.AddTool(mcp.NewTool("test_passing_tool", mcp.WithDescription("comes and goes")), always())
			m.DeleteTools("test_passing_tool")
			return mcp.NewToolResultText("changed"), nil
		})
	m.AddTool(mcp.NewTool("test_trigger_prompt_change", mcp.WithDescription("adds a prompt and removes it")),
		func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			m.AddPrompt(mcp.NewPrompt("test_passing_prompt"), nil)
			m.DeletePrompts("test_passing_prompt")
			return mcp.NewToolResultText("changed"), nil
		})
}

// addAskingTools adds the tools that ask the client back, as the older protocol does it.
func addAskingTools(m *server.MCPServer) {
	m.AddTool(mcp.NewTool("test_sampling", mcp.WithDescription("asks the client's model"), mcp.WithString("prompt", mcp.Required())),
		func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			sample, err := m.RequestSampling(ctx, mcp.CreateMessageRequest{CreateMessageParams: question(r.GetString("prompt", ""), 100)}) //nolint:staticcheck // deprecated, and still in the suite
			if err != nil {
				return mcp.NewToolResultError(err.Error()), nil
			}
			return mcp.NewToolResultText("LLM response: " + textOf(sample)), nil
		})
	elicit := func(name, message string, schema any) {
		m.AddTool(mcp.NewTool(name, mcp.WithDescription("asks the client's user"), mcp.WithString("message")),
			func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				answer, err := m.RequestElicitation(ctx, mcp.ElicitationRequest{Params: form(r.GetString("message", message), schema)})
				if err != nil {
					return mcp.NewToolResultError(err.Error()), nil
				}
				content, err := json.Marshal(answer.Content)
				if err != nil {
					return nil, err
				}
				return mcp.NewToolResultText(fmt.Sprintf("User response: action=%s, content=%s", answer.Action, content)), nil
			})
	}
	elicit("test_elicitation", "", json.RawMessage(`{"type":"object","properties":{
		"username":{"type":"string","description":"User's response"},
		"email":{"type":"string","description":"User's email address"}},"required":["username","email"]}`))
	elicit("test_elicitation_sep1034_defaults", "Check these", json.RawMessage(`{"type":"object","properties":{
		"name":{"type":"string","default":"John Doe"},
		"age":{"type":"integer","default":30},
		"score":{"type":"number","default":95.5},
		"status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},
		"verified":{"type":"boolean","default":true}}}`))
	elicit("test_elicitation_sep1330_enums", "Choose", json.RawMessage(`{"type":"object","properties":{
		"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
		"titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"}]},
		"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
		"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
		"titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"}]}}}}`))
}

func question(text string, maxTokens int) mcp.CreateMessageParams {
	return mcp.CreateMessageParams{
		Messages:  []mcp.SamplingMessage{{Role: mcp.RoleUser, Content: mcp.NewTextContent(text)}},
		MaxTokens: maxTokens,
	}
}

func form(message string, schema any) mcp.ElicitationParams {
	return mcp.ElicitationParams{Message: message, RequestedSchema: schema}
}

func textOf(sample *mcp.CreateMessageResult) string {
	if content, ok := sample.Content.(mcp.TextContent); ok {
		return content.Text
	}
	return fmt.Sprint(sample.Content)
}

// schema2020 has what a server must not lose of a schema: $schema, $defs with an $anchor, allOf, anyOf, if/then/else.
var schema2020 = json.RawMessage(`{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "object",
	"$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
	"properties": {
		"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
		"contactMethod": {"type": "string", "enum": ["phone", "email"]}, "phone": {"type": "string"}, "email": {"type": "string"}
	},
	"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
	"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
	"then": {"required": ["phone"]},
	"else": {"required": ["email"]},
	"additionalProperties": false
}`)
