//go:build e2e

package conformance

import (
	"context"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func prompt(contents ...mcp.Content) *mcp.GetPromptResult {
	result := &mcp.GetPromptResult{}
	for _, c := range contents {
		result.Messages = append(result.Messages, mcp.NewPromptMessage(mcp.RoleUser, c))
	}
	return result
}

func addPrompts(m *server.MCPServer) {
	add := func(name string, h func(args map[string]string) *mcp.GetPromptResult, options ...mcp.PromptOption) {
		m.AddPrompt(mcp.NewPrompt(name, append(options, mcp.WithPromptDescription("for the suite"))...),
			func(_ context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
				return h(r.Params.Arguments), nil
			})
	}
	add("test_simple_prompt", func(map[string]string) *mcp.GetPromptResult {
		return prompt(mcp.NewTextContent("This is a simple prompt for testing."))
	})
	add("test_prompt_with_arguments", func(args map[string]string) *mcp.GetPromptResult {
		return prompt(mcp.NewTextContent(fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", args["arg1"], args["arg2"])))
	}, mcp.WithArgument("arg1", mcp.RequiredArgument()), mcp.WithArgument("arg2", mcp.RequiredArgument()))
	add("test_prompt_with_embedded_resource", func(args map[string]string) *mcp.GetPromptResult {
		return prompt(mcp.NewEmbeddedResource(mcp.TextResourceContents{
			URI: args["resourceUri"], MIMEType: "text/plain", Text: "Embedded resource content for testing.",
		}), mcp.NewTextContent("Please process the embedded resource above."))
	}, mcp.WithArgument("resourceUri", mcp.RequiredArgument()))
	add("test_prompt_with_image", func(map[string]string) *mcp.GetPromptResult {
		return prompt(mcp.NewImageContent(pixel, "image/png"), mcp.NewTextContent("Please analyze the image above."))
	})
}

func addResources(m *server.MCPServer) {
	add := func(uri, name string, contents mcp.ResourceContents) {
		m.AddResource(mcp.NewResource(uri, name, mcp.WithResourceDescription("for the suite")),
			func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
				return []mcp.ResourceContents{contents}, nil
			})
	}
	add("test://static-text", "static text", mcp.TextResourceContents{
		URI: "test://static-text", MIMEType: "text/plain", Text: "This is the content of the static text resource.",
	})
	add("test://static-binary", "static binary", mcp.BlobResourceContents{URI: "test://static-binary", MIMEType: "image/png", Blob: pixel})
	add("test://watched-resource", "watched", mcp.TextResourceContents{URI: "test://watched-resource", MIMEType: "text/plain", Text: "watched"})
	m.AddResourceTemplate(mcp.NewResourceTemplate("test://template/{id}/data", "template"),
		func(_ context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			id := strings.TrimSuffix(strings.TrimPrefix(r.Params.URI, "test://template/"), "/data")
			return []mcp.ResourceContents{mcp.TextResourceContents{
				URI: r.Params.URI, MIMEType: "application/json",
				Text: fmt.Sprintf(`{"id":%q,"templateTest":true,"data":"Data for ID: %s"}`, id, id),
			}}, nil
		})
}
