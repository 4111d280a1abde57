package streamable

import (
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// encode is json.Marshal. A tool's result it encodes by its parts, with the same bytes as a result: json.Marshal makes maps
// of it, and reads and copies the outcome once more.
func encode(result any) ([]byte, error) {
	r, ok := result.(*mcp.CallToolResult)
	if !ok || r == nil {
		return json.Marshal(result)
	}
	if r.Meta != nil || len(r.InputRequests) > 0 || r.RequestState != "" || len(r.RawStructuredContent) > 0 {
		return r.MarshalJSON()
	}
	b := append(make([]byte, 0, 256), `{"content":[`...)
	for i, c := range r.Content {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendContent(b, c); err != nil {
			return nil, err
		}
	}
	b = append(b, ']')
	if r.IsError {
		b = append(b, `,"isError":true`...)
	}
	if r.ResultType != "" {
		b = jsonrpc.AppendText(append(b, `,"resultType":`...), string(r.ResultType))
	}
	if r.StructuredContent != nil {
		structured, err := json.Marshal(r.StructuredContent)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"structuredContent":`...), structured...)
	}
	return append(b, '}'), nil
}

func appendContent(b []byte, c mcp.Content) ([]byte, error) {
	t, ok := c.(mcp.TextContent)
	if !ok || t.Annotations != nil || t.Meta != nil {
		encoded, err := json.Marshal(c)
		return append(b, encoded...), err
	}
	b = jsonrpc.AppendText(append(b, `{"type":`...), t.Type)
	return append(jsonrpc.AppendText(append(b, `,"text":`...), t.Text), '}'), nil
}
