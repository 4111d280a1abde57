package streamable

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// The envelope must be read as encoding/json reads it, because that is what mcp-go does; the key must be gone, whatever
// the message looks like.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","method":"tools/call","params":{"name":"get_activities","arguments":{"limit":10}},"auth":"pk_live_x","id":"1"}`,
		`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"a","Name":"b","_meta":{"progressToken":1}}}`,
		"{\"jsonrpc\":\"2.0\",\"\\u0061uth\":\"pk\",\"auth\" : \"\\u0070k\",\t\"method\":\"m\" , \"id\" : -1.5e3 }\n",
		`{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"a":["}",{"\"":"\\"}]}}`,
		`{"jsonrpc":"2.0","method":"m","params":{"name":"\ud800","":{},"NAME":null}}`,
		`[]`, `{}`, `null`, ``, `{"a":1}}`, "\xff", `{"auth":"\`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var m message
		err := m.parse(body)
		if err != nil {
			if RefusalOf(err).Status != 400 {
				t.Errorf("parse = %v", err)
			}
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatalf("parse accepted what encoding/json refuses: %v", err)
		}
		for name, got := range map[string]json.RawMessage{"id": m.id, "method": m.method, "params": m.params, "result": m.result, "error": m.fault} {
			if !bytes.Equal(got, members[name]) {
				t.Errorf("%s = %s, want %s", name, got, members[name])
			}
		}
		var auth string
		if members["auth"] != nil && json.Unmarshal(members["auth"], &auth) != nil || m.auth != auth {
			t.Errorf("auth = %q, want %q", m.auth, auth)
		}
		if m.isResponse() {
			return
		}
		checkInner(t, &m)
	})
}

// checkInner compares what mcp-go gets with what was read.
func checkInner(t *testing.T, m *message) {
	t.Helper()
	var inner map[string]json.RawMessage
	if err := json.Unmarshal(m.inner(7), &inner); err != nil {
		t.Fatalf("the inner message is broken: %v: %s", err, m.inner(7))
	}
	if _, leaked := inner["auth"]; leaked || len(inner) > 4 || string(inner["id"]) != "7" || !bytes.Equal(inner["params"], m.params) {
		t.Errorf("inner message %s", m.inner(7))
	}
	var call struct {
		Name string          `json:"name"`
		Meta json.RawMessage `json:"_meta"`
	}
	if m.params == nil || json.Unmarshal(m.params, &call) != nil {
		return
	}
	if got := m.target; got != call.Name {
		t.Errorf("name = %q, encoding/json reads %q in %s", got, call.Name, m.params)
	}
	var meta map[string]json.RawMessage
	if json.Unmarshal(call.Meta, &meta) == nil && !bytes.Equal(m.token, meta["progressToken"]) {
		t.Errorf("progressToken = %s, encoding/json reads %s", m.token, meta["progressToken"])
	}
}

func TestNestingLimit(t *testing.T) {
	nested := func(depth int) []byte {
		return []byte(`{"jsonrpc":"2.0","id":1,"method":"m","params":` + strings.Repeat(`{"a":`, depth-1) + `"[[["` + strings.Repeat("}", depth))
	}
	for depth, want := range map[int]bool{2: true, maxNesting - 1: true, maxNesting: true, maxNesting + 1: false} {
		var m message
		if err := m.parse(nested(depth)); (err == nil) != want {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}
