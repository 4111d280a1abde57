package tools

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// The view of charts is a page that hosts show in a frame of their own and give the answer of get_chart (MCP Apps, SEP-1865). It
// reaches no network: its policy allows its own script and style alone.
const (
	chartViewURI  = "ui://pierre/chart"
	chartViewType = "text/html;profile=mcp-app"
)

//go:embed chartview.html
var chartViewSource string

// chartView returns the page with the hashes of its script and its style in its policy.
func chartView() string {
	page := chartViewSource
	for name, tag := range map[string]string{"SCRIPT": "script", "STYLE": "style"} {
		_, inner, _ := strings.Cut(chartViewSource, "<"+tag+">")
		inner, _, _ = strings.Cut(inner, "</"+tag+">")
		sum := sha256.Sum256([]byte(inner))
		page = strings.Replace(page, "sha256-"+name, "sha256-"+base64.StdEncoding.EncodeToString(sum[:]), 1)
	}
	return page
}

// chartViewMeta names the view to hosts, in the definition of its tool. A list shows it to those that announced MCP Apps.
func chartViewMeta() *mcp.Meta {
	return &mcp.Meta{AdditionalFields: map[string]any{"ui": map[string]any{"resourceUri": chartViewURI}}}
}

// addChartView adds the page to s. It is read by its URI, and no list has it: it is nothing that a person puts into a conversation.
func addChartView(s *server.MCPServer) {
	page := chartView()
	meta := map[string]any{"ui": map[string]any{"csp": map[string]any{}, "prefersBorder": true}}
	definition := mcp.NewResource(chartViewURI, "chart", mcp.WithMIMEType(chartViewType))
	s.AddResource(definition, func(ctx context.Context, _ mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		if !mayRead(ctx, chartTool) {
			return nil, server.ErrResourceNotFound
		}
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: chartViewURI, MIMEType: chartViewType, Text: page, Meta: meta}}, nil
	})
}
