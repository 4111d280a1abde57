package toolcall_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/mcpclient"
	"github.com/pierre-mcp/pierre/internal/toolcall"
)

func tools(t *testing.T) []mcpclient.Tool {
	t.Helper()
	var list []mcpclient.Tool
	err := json.Unmarshal([]byte(`[
		{"name":"get_b","title":"Get b","description":"`+strings.Repeat("word ", 30)+`\n\nSecond paragraph.","inputSchema":{"required":["n"],"properties":{
			"n":{"type":"integer","minimum":1,"maximum":100,"default":10,"description":"how many"},
			"kind":{"type":["string","null"],"enum":["run","ride"]},"any":{}}}},
		{"name":"get_a","description":"steers \u001b[2J the terminal","inputSchema":{}}]`), &list)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPrintList(t *testing.T) {
	var out strings.Builder
	if err := toolcall.PrintList(&out, tools(t)); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, "get_b\n    word ") || !strings.Contains(got, "get_a\n    steers ?[2J the terminal\n") {
		t.Errorf("printed\n%s", got)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 81 {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
}

func TestPrintTool(t *testing.T) {
	var out strings.Builder
	if err := toolcall.PrintTool(&out, tools(t)[0]); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"get_b (Get b)\n", "\n    Second paragraph.\n", "\nArguments:\n", "  n  integer, required, at least 1, at most 100, default 10\n      how many\n",
		"  kind  string or null, one of run, ride\n", "  any  \n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}

func TestFind(t *testing.T) {
	if i, err := toolcall.Find(tools(t), "get_a"); i != 1 || err != nil {
		t.Errorf("get_a is %d, %v", i, err)
	}
	if _, err := toolcall.Find(tools(t), "get_c"); err == nil || !strings.HasSuffix(err.Error(), "there are: get_a, get_b") {
		t.Errorf("an unknown tool: %v", err)
	}
}

func TestWholeArguments(t *testing.T) {
	for given, want := range map[string]string{"": "", `{"a":1}`: `{"a":1}`, "-": `{"b":2}`} {
		got, err := toolcall.WholeArguments(strings.NewReader(" {\"b\":2}\n"), given, nil)
		if err != nil || string(got) != want {
			t.Errorf("%q: %s, %v, want %s", given, got, err, want)
		}
	}
	for name, tc := range map[string]struct {
		stdin, args string
		pairs       []string
		says        string
	}{
		"both":      {"", "{}", []string{"a=1"}, "exclude each other"},
		"a list":    {"", "[]", nil, "no"},
		"null":      {"", "null", nil, "not a JSON object"},
		"no JSON":   {"", "{a:1}", nil, "not a JSON object"},
		"too large": {`{"a":"` + strings.Repeat("x", toolcall.MaxArguments) + `"}`, "-", nil, "larger than 16 MiB"},
	} {
		if got, err := toolcall.WholeArguments(strings.NewReader(tc.stdin), tc.args, tc.pairs); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	limit := `{"a":"` + strings.Repeat("x", toolcall.MaxArguments-len(`{"a":""}`)) + `"}`
	if got, err := toolcall.WholeArguments(strings.NewReader(limit), "-", nil); err != nil || len(got) != toolcall.MaxArguments {
		t.Errorf("at the limit: %d bytes, %v", len(got), err)
	}
}
