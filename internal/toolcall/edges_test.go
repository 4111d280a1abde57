package toolcall_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pierre-mcp/pierre/internal/mcpclient"
	"github.com/pierre-mcp/pierre/internal/toolcall"
)

// Schemas as other servers write them: forms that we do not know say nothing about the type.
func TestArgumentsOfOddSchemas(t *testing.T) {
	var s mcpclient.Schema
	err := json.Unmarshal([]byte(`{"properties": {
		"number": {"type": 5}, "empty": {"type": []}, "items": {"type": "array", "items": [{"type": "integer"}]},
		"anything": {"type": "array", "items": true}, "null": {"type": "null"}}}`), &s)
	if err != nil {
		t.Fatal(err)
	}
	for pair, want := range map[string]string{
		"number=5":         `{"number":5}`,
		"empty=x":          `{"empty":"x"}`,
		"items=1,b":        `{"items":[1,"b"]}`,
		"anything=1,,true": `{"anything":[1,"",true]}`,
		"null=null":        `{"null":null}`,
	} {
		if got, err := toolcall.PairArguments(s, []string{pair}); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", pair, got, err, want)
		}
	}
	if got, err := toolcall.PairArguments(s, nil); err != nil || string(got) != "{}" {
		t.Errorf("no argument: %s, %v", got, err)
	}
}

// A pipe that breaks is reported as what it is, not as arguments that are no JSON.
func TestBrokenStdin(t *testing.T) {
	broken := errors.New("the pipe broke")
	if got, err := toolcall.WholeArguments(iotest.ErrReader(broken), "-", nil); !errors.Is(err, broken) || got != nil {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := toolcall.WholeArguments(strings.NewReader(""), "-", nil); err == nil || !strings.Contains(err.Error(), "not a JSON object") {
		t.Errorf("nothing on stdin: %v", err)
	}
}

// A result that is none, or that cannot be printed, is an error even if the tool reports one too.
func TestResultsThatCannotBePrinted(t *testing.T) {
	for _, raw := range []string{`{"content":"text"}`, `[]`, `{`} {
		if err := toolcall.PrintResult(io.Discard, json.RawMessage(raw), false); err == nil || errors.Is(err, toolcall.ErrTool) {
			t.Errorf("%s: %v", raw, err)
		}
	}
	closed, w := io.Pipe()
	closed.Close()
	for _, whole := range []bool{false, true} {
		err := toolcall.PrintResult(w, json.RawMessage(`{"isError":true,"content":[{"type":"text","text":"a"}]}`), whole)
		if !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, toolcall.ErrTool) {
			t.Errorf("whole %v: %v", whole, err)
		}
	}
}

func TestPicture(t *testing.T) {
	raw := json.RawMessage(`{"content":[{"type":"text","text":"x"},{"type":"image","mimeType":"image/png","data":"AQID"},{"type":"image","data":"BA=="}]}`)
	if got, err := toolcall.Picture(raw); err != nil || string(got) != "\x01\x02\x03" {
		t.Errorf("%q, %v", got, err)
	}
	for _, none := range []string{`{"content":[{"type":"text","text":"x"}]}`, `{}`, `[`, `{"content":[{"type":"image","data":"%"}]}`} {
		if got, err := toolcall.Picture(json.RawMessage(none)); err == nil {
			t.Errorf("%s has the picture %q", none, got)
		}
	}
}
