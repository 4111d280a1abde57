package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		check    func(m Message) bool
	}{
		{"request", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, func(m Message) bool { return m.IsRequest() && m.Method == "ping" }},
		{"notification", `{"method":"notifications/initialized"}`, func(m Message) bool { return m.IsNotification() }},
		{"case of params", `{"method":"x","ID":1,"params":{"NAME":"a","Progre\u017fsToken":2}}`, func(m Message) bool {
			return m.ID == nil && string(m.Name) == `"a"` && string(m.ProgressToken) == "2"
		}},
		{"null id", `{"id":null,"method":"x"}`, func(m Message) bool { return m.IsRequest() && string(m.ID) == "null" }},
		{"response", ` { "id" : "a" , "result" : { "id" : 2 } } `, func(m Message) bool { return m.IsResponse() && string(m.ID) == `"a"` }},
		{"error", `{"id":1,"error":{"code":-1}}`, func(m Message) bool { return m.IsResponse() && string(m.Error) == `{"code":-1}` }},
		{"neither", `{"id":1}`, func(m Message) bool { return !m.IsRequest() && !m.IsNotification() && !m.IsResponse() }},
		{"large id", `{"id":9007199254740993,"method":"x"}`, func(m Message) bool { return string(m.ID) == "9007199254740993" }},
		{"escaped key", `{"\u0069d":7,"method":"x"}`, func(m Message) bool { return string(m.ID) == "7" }},
		{"escaped method", `{"method":"tools\/call"}`, func(m Message) bool { return m.Method == "tools/call" }},
		{"id inside params is no id", `{"method":"x","params":{"id":3}}`, func(m Message) bool { return m.ID == nil }},
		{
			"params", `{"method":"tools/call","params":{"name":"t","arguments":{"name":"u"},"_meta":{"progressToken":5,"io.modelcontextprotocol/protocolVersion":"2026-07-28"}},"id":1}`,
			func(m Message) bool {
				return string(m.Name) == `"t"` && string(m.Arguments) == `{"name":"u"}` && string(m.OfferedToken) == "5" && string(m.ProtocolVersion) == `"2026-07-28"`
			},
		},
		{"cancelled", `{"method":"notifications/cancelled","params":{"requestId":"x"}}`, func(m Message) bool { return string(m.RequestID) == `"x"` }},
		{"progress", `{"method":"notifications/progress","params":{"progressToken":0}}`, func(m Message) bool { return string(m.ProgressToken) == "0" }},
		{"deep", `{"method":"x","params":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`, func(m Message) bool { return m.Method == "x" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse([]byte(tt.in), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(m) {
				t.Errorf("parse = %+v", m)
			}
			if string(m.Raw) != tt.in {
				t.Errorf("raw = %s", m.Raw)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "null", "1", `"x"`, "[]", `[{"id":1,"method":"x"}]`, "{", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{a:1}`, `{"a":01}`,
		`{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":"` + "\n" + `"}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":tru}`, `{"a":[1,]}`, `{"a":1}{"b":2}`, `{"a":"12345678`,
		"{\"a\":\"12345678\x01\"}", `{"a":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + `}`,
	} {
		if _, err := Parse([]byte(in), Options{}); err == nil {
			t.Errorf("parse(%.40q) accepted it", in)
		}
	}
}

// The standard library is the oracle: the same texts are valid, and the members are the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"n":9007199254740993},"_meta":{"progressToken":"t"}}}`,
		`{"id":"é😀\n","result":{"content":[{"type":"text","text":"a long plain text with \"quotes\" in it"}]}}`,
		`{"id":-1.5e+3,"error":{}}`, `{"id":1,"id":2}`, `{"a":{"b":1E700}}`, "{\"a\":\"\x7f\xff\"}", `{"a":[],"b":{},"c":[[{}]]}`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := Parse(in, Options{})
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
		if _, err := Parse(in, Options{Strict: true}); (err == nil) != (iJSON(in) == nil) {
			t.Errorf("Parse = %v, another reader of I-JSON says %v", err, iJSON(in))
		}
		if !bytes.Equal(m.ID, want["id"]) || !bytes.Equal(m.Result, want["result"]) || !bytes.Equal(m.Error, want["error"]) {
			t.Errorf("id, result, error = %s, %s, %s, want %s, %s, %s", m.ID, m.Result, m.Error, want["id"], want["result"], want["error"])
		}
	})
}

// iJSON reads an object as encoding/json does, and refuses what Strict refuses. Members of params that differ in case
// alone are left out of the comparison: see foldsInParams.
func iJSON(in []byte) error {
	if !utf8.Valid(in) {
		return ErrNotUTF8
	}
	if foldsInParams(in) {
		return &RepeatedError{}
	}
	d := json.NewDecoder(bytes.NewReader(in))
	d.UseNumber() // what no float64 holds is a number all the same
	return uniqueNames(d)
}

func uniqueNames(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if seen[fmt.Sprint(name)] {
				return &RepeatedError{Name: fmt.Sprint(name)}
			}
			seen[fmt.Sprint(name)] = true
			if err := uniqueNames(d); err != nil {
				return err
			}
		}
	case json.Delim('['):
		for d.More() {
			if err := uniqueNames(d); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	_, err = d.Token() // the closing delimiter
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// foldsInParams reports whether params has two members that encoding/json would take for one of those of interest.
func foldsInParams(in []byte) bool {
	var m struct{ Params json.RawMessage }
	var members map[string]json.RawMessage
	var top map[string]json.RawMessage
	if json.Unmarshal(in, &top) != nil {
		return false
	}
	if m.Params = top["params"]; json.Unmarshal(m.Params, &members) != nil {
		return false
	}
	for _, known := range []string{"name", "uri", "arguments", "cursor", "requestId", "progressToken", "_meta"} {
		n := 0
		for name := range members {
			if strings.EqualFold(name, known) {
				n++
			}
		}
		if n > 1 {
			return true
		}
	}
	return false
}

func TestParseStrict(t *testing.T) {
	for _, tt := range []struct{ name, in, repeated, id string }{
		{"auth", `{"id":1,"auth":"a","auth":"b"}`, "auth", "1"},
		{"escaped", `{"auth":"a","\u0061uth":"b","id":1}`, "auth", "1"},
		{"id", `{"id":1,"id":2,"method":"x"}`, "id", ""},
		{"method", `{"id":1,"method":"x","method":"x"}`, "method", "1"},
		{"unknown", `{"x":1,"x":1,"id":"i"}`, "x", `"i"`},
		{"in params", `{"id":1,"params":{"name":"a","name":"b"}}`, "name", "1"},
		{"in params in another case", `{"id":1,"params":{"name":"a","Name":"b"}}`, "Name", "1"},
		{"in _meta", `{"id":1,"params":{"_meta":{"progressToken":1,"progressToken":2}}}`, "progressToken", "1"},
		{"in arguments", `{"id":1,"params":{"arguments":{"a":{"b":1},"b":[{"c":1,"d":2,"c":3}]}}}`, "c", "1"},
		{"among many", `{"id":1,"params":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"e":2}}`, "e", "1"},
		{"not in one object", `{"id":1,"params":{"id":2,"arguments":{"id":3,"name":"x"},"name":"y"}}`, "", "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse([]byte(tt.in), Options{Strict: true})
			name := ""
			if e, ok := errors.AsType[*RepeatedError](err); ok {
				name = e.Name
			} else if err != nil {
				t.Fatal(err)
			}
			if name != tt.repeated || string(m.ID) != tt.id {
				t.Errorf("repeated %q, id %s; want %q, %s", name, m.ID, tt.repeated, tt.id)
			}
			if _, err := Parse([]byte(tt.in), Options{}); err != nil {
				t.Errorf("not strict: %v", err)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want error
	}{
		{`{"a":[[1]]}`, nil},
		{`{"a":[[[]]]}`, ErrTooDeep},
		{`[[[[`, ErrTooDeep},
		{`[{"id":1}]`, ErrNotObject},
		{`"x"`, ErrNotObject},
		{`[1`, ErrSyntax},
		{``, ErrSyntax},
		{"{\"a\":\"\xff\"}", ErrNotUTF8},
	} {
		if _, err := Parse([]byte(tt.in), Options{MaxDepth: 3, Strict: true}); !errors.Is(err, tt.want) {
			t.Errorf("Parse(%q) = %v, want %v", tt.in, err, tt.want)
		}
	}
}

func TestEdited(t *testing.T) {
	m, err := Parse([]byte(`{"result":{"a":1},"id":17,"jsonrpc":"2.0"}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := m.Edited(Edit{m.ID, []byte(`"long id"`)}, Edit{m.Result, []byte("{}")})
	if want := `{"result":{},"id":"long id","jsonrpc":"2.0"}`; string(got) != want {
		t.Errorf("edited = %s, want %s", got, want)
	}
	if got := m.Edited(); string(got) != string(m.Raw) {
		t.Errorf("without edits = %s", got)
	}
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
				if _, err := Parse([]byte(in), Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzAppendText(f *testing.F) {
	f.Add("plain")
	f.Add("\"\\<>&\u2028\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		want, err := json.Marshal(text)
		if got := AppendText(nil, text); err != nil || string(got) != string(want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	})
}
