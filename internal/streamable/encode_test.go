package streamable

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

// Results of tools have the bytes that mcp-go would send.
func TestResultsAreEncodedAsMCPGoDoes(t *testing.T) {
	annotated := mcp.TextContent{Type: "text", Text: "a", Annotated: mcp.Annotated{Annotations: &mcp.Annotations{Audience: []mcp.Role{mcp.RoleUser}}}}
	failed := mcp.NewToolResultError("no")
	failed.ResultType = "complete"
	withMeta := mcp.NewToolResultText("a")
	withMeta.Meta = mcp.NewMetaFromMap(map[string]any{"k": "v"})
	asking := mcp.NewToolResultText("a")
	asking.RequestState = "s"
	for name, r := range map[string]*mcp.CallToolResult{
		"empty":      {},
		"text":       mcp.NewToolResultText("ok"),
		"awkward":    mcp.NewToolResultText("\"\\\n\x00\u007f<&>\u2028\xffé"),
		"two texts":  {Content: []mcp.Content{mcp.NewTextContent("a"), mcp.NewTextContent("")}},
		"others":     {Content: []mcp.Content{mcp.NewTextContent("a"), mcp.NewImageContent("AA==", "image/png"), annotated}},
		"error":      failed,
		"structured": mcp.NewToolResultStructuredOnly(map[string]any{"z": 1, "a": []string{"<b>"}}),
		"raw":        {RawStructuredContent: json.RawMessage(`{ "a" : 1 }`)},
		"meta":       withMeta,
		"asks":       asking,
	} {
		want, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		got, err := encode(r)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
	if got, err := encode(mcp.NewToolResultStructuredOnly(math.NaN())); err == nil {
		t.Errorf("a result that cannot be JSON is %s", got)
	}
}
