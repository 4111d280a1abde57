package bridge

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		check    func(m message) bool
	}{
		{"request", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, func(m message) bool { return m.isRequest() && m.method == "ping" }},
		{"notification", `{"method":"notifications/initialized"}`, func(m message) bool { return m.isNotification() }},
		{"null id", `{"id":null,"method":"x"}`, func(m message) bool { return m.isRequest() && string(m.id) == "null" }},
		{"response", ` { "id" : "a" , "result" : { "id" : 2 } } `, func(m message) bool { return m.isResponse() && string(m.id) == `"a"` }},
		{"error", `{"id":1,"error":{"code":-1}}`, func(m message) bool { return m.isResponse() && string(m.err) == `{"code":-1}` }},
		{"neither", `{"id":1}`, func(m message) bool { return !m.isRequest() && !m.isNotification() && !m.isResponse() }},
		{"large id", `{"id":9007199254740993,"method":"x"}`, func(m message) bool { return string(m.id) == "9007199254740993" }},
		{"escaped key", `{"\u0069d":7,"method":"x"}`, func(m message) bool { return string(m.id) == "7" }},
		{"escaped method", `{"method":"tools\/call"}`, func(m message) bool { return m.method == "tools/call" }},
		{"id inside params is no id", `{"method":"x","params":{"id":3}}`, func(m message) bool { return m.id == nil }},
		{
			"params", `{"method":"tools/call","params":{"name":"t","arguments":{"name":"u"},"_meta":{"progressToken":5,"io.modelcontextprotocol/protocolVersion":"2026-07-28"}},"id":1}`,
			func(m message) bool {
				return string(m.name) == `"t"` && string(m.arguments) == `{"name":"u"}` && string(m.token) == "5" && m.version == "2026-07-28"
			},
		},
		{"cancelled", `{"method":"notifications/cancelled","params":{"requestId":"x"}}`, func(m message) bool { return string(m.requestID) == `"x"` }},
		{"progress", `{"method":"notifications/progress","params":{"progressToken":0}}`, func(m message) bool { return string(m.progress) == "0" }},
		{"deep", `{"method":"x","params":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`, func(m message) bool { return m.method == "x" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parse([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(m) {
				t.Errorf("parse = %+v", m)
			}
			if string(m.raw) != tt.in {
				t.Errorf("raw = %s", m.raw)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "null", "1", `"x"`, "[]", `[{"id":1,"method":"x"}]`, "{", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{a:1}`, `{"a":01}`,
		`{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":"` + "\n" + `"}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":tru}`, `{"a":[1,]}`, `{"a":1}{"b":2}`, `{"a":"12345678`,
		"{\"a\":\"12345678\x01\"}", `{"a":` + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + `}`,
	} {
		if _, err := parse([]byte(in)); err == nil {
			t.Errorf("parse(%.40q) accepted it", in)
		}
	}
}

// The standard library is the oracle: the same texts are valid, and the members are the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"n":9007199254740993},"_meta":{"progressToken":"t"}}}`,
		`{"id":"é😀\n","result":{"content":[{"type":"text","text":"a long plain text with \"quotes\" in it"}]}}`,
		`{"id":-1.5e+3,"error":{}}`, `{"id":1,"id":2}`, "{\"a\":\"\x7f\xff\"}", `{"a":[],"b":{},"c":[[{}]]}`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := parse(in)
		object := json.Valid(in) && bytes.HasPrefix(bytes.TrimLeft(in, " \t\r\n"), []byte("{"))
		if object != (err == nil) {
			t.Fatalf("parse = %v, json.Valid and an object = %v", err, object)
		}
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(in, &want); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.id, want["id"]) || !bytes.Equal(m.result, want["result"]) || !bytes.Equal(m.err, want["error"]) {
			t.Errorf("id, result, error = %s, %s, %s, want %s, %s, %s", m.id, m.result, m.err, want["id"], want["result"], want["error"])
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, in := range map[string]string{
		"call":   `{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`,
		"result": `{"jsonrpc":"2.0","id":17,"result":{"content":[{"type":"text","text":"` + strings.Repeat("all work and no play ", 50_000) + `"}]}}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parse([]byte(in)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
