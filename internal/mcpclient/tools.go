package mcpclient

import (
	"context"
	"encoding/json"
	"fmt"
)

// A Tool is what a server says about one of its tools.
type Tool struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Description string `json:"description"`
	InputSchema Schema `json:"inputSchema"`
}

// A Schema is what people need of a tool's JSON Schema.
type Schema struct {
	Properties map[string]Property `json:"properties"`
	Required   []string            `json:"required"`
}

// A Property is one argument of a tool.
type Property struct {
	Type        json.RawMessage `json:"type"` // a name or a list of names
	Description string          `json:"description"`
	Enum        []any           `json:"enum"`
	Default     any             `json:"default"`
	Minimum     *float64        `json:"minimum"`
	Maximum     *float64        `json:"maximum"`
	Items       json.RawMessage `json:"items"`
}

// maxPages bounds the pages of a list, so that a server that repeats its cursor does not hold us.
const maxPages = 1000

// Tools lists all tools: decoded, and as the server wrote them.
func (c *Client) Tools(ctx context.Context) (decoded []Tool, raw []json.RawMessage, err error) {
	params := map[string]any{}
	for range maxPages {
		result, err := c.Request(ctx, "tools/list", params)
		if err != nil {
			return nil, nil, err
		}
		var page struct {
			Tools      []json.RawMessage `json:"tools"`
			NextCursor string            `json:"nextCursor"`
		}
		if err := json.Unmarshal(result, &page); err != nil {
			return nil, nil, fmt.Errorf("reading the list of tools: %w", err)
		}
		raw = append(raw, page.Tools...)
		if page.NextCursor == "" {
			break
		}
		params["cursor"] = page.NextCursor
	}
	decoded = make([]Tool, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &decoded[i]); err != nil {
			return nil, nil, fmt.Errorf("reading the description of a tool: %w", err)
		}
	}
	return decoded, raw, nil
}
