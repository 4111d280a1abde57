package bridge

import (
	"bytes"
	"encoding/json"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// A message is one JSON-RPC message; what the bridge does not understand of it, it does not touch.
type message struct {
	jsonrpc.Message
	version string // the protocol revision, if the message states it
}

func parse(raw []byte) (message, error) {
	m, err := jsonrpc.Parse(raw, jsonrpc.Options{})
	return message{Message: m, version: unquote(m.ProtocolVersion)}, err
}

// unquote decodes a JSON string; anything else becomes "".
func unquote(value []byte) string {
	text, _ := jsonrpc.Text(value)
	return text
}

// isTask reports whether a result is the receipt of a task: progress of its
// request goes on after it (revision 2025-11-25, "Tasks").
func isTask(result []byte) bool {
	var v struct {
		Task json.RawMessage `json:"task"`
		Type string          `json:"resultType"`
	}
	return bytes.Contains(result, []byte(`"task"`)) && json.Unmarshal(result, &v) == nil && (v.Task != nil || v.Type == "task")
}
