package toolcall_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/mcpclient"
	"github.com/pierre-mcp/pierre/internal/toolcall"
)

func TestPairArguments(t *testing.T) {
	const text = `{"properties": {
		"limit": {"type": "integer"}, "ratio": {"type": "number"}, "name": {"type": "string"},
		"all": {"type": "boolean"}, "either": {"type": ["integer", "null"]}, "id": {"type": ["string", "integer"]},
		"names": {"type": "array", "items": {"type": "string"}}, "counts": {"type": "array", "items": {"type": "integer"}},
		"filter": {"type": "object"}, "any": {}}}`
	var s mcpclient.Schema
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ pair, want string }{
		{"limit=5", `{"limit":5}`},
		{"limit=9007199254740993", `{"limit":9007199254740993}`},
		{"limit=5.5", "not of the type integer"},
		{"limit=five", "not of the type integer"},
		{"limit=", "not of the type integer"},
		{`limit="5"`, "not of the type integer"},
		{"ratio=5", `{"ratio":5}`},
		{"ratio=1e3", `{"ratio":1e3}`},
		{"name=5", `{"name":"5"}`},
		{"name=true", `{"name":"true"}`},
		{"name=a=b", `{"name":"a=b"}`},
		{`name="quoted"`, `{"name":"\"quoted\""}`},
		{"name=", `{"name":""}`},
		{"all=true", `{"all":true}`},
		{"all=yes", "not of the type boolean"},
		{"either=null", `{"either":null}`},
		{"either=x", "not of the type integer or null"},
		{"id=7", `{"id":7}`},
		{"id=x7", `{"id":"x7"}`},
		{"names=a,b", `{"names":["a","b"]}`},
		{"names=", `{"names":[]}`},
		{"names=7", `{"names":["7"]}`},
		{`names=["a,b"]`, `{"names":["a,b"]}`},
		{"counts=1,2", `{"counts":[1,2]}`},
		{"counts=1,x", "not of the type integer"},
		{`filter={"a":1}`, `{"filter":{"a":1}}`},
		{"filter=a", "not of the type object"},
		{"any=5", `{"any":5}`},
		{"any=five", `{"any":"five"}`},
		{"unknown=five", `{"unknown":"five"}`},
		{"=5", "must look like NAME=VALUE"},
		{"limit", "must look like NAME=VALUE"},
	} {
		got, err := toolcall.PairArguments(s, []string{tc.pair})
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != tc.want && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %s, want %s", tc.pair, got, tc.want)
		}
	}
	if _, err := toolcall.PairArguments(s, []string{"limit=1", "limit=2"}); err == nil {
		t.Error("an argument was accepted twice")
	}
}

func TestPrintResult(t *testing.T) {
	var out strings.Builder
	err := toolcall.PrintResult(&out, json.RawMessage(`{"isError":true,"content":[
		{"type":"text","text":"no\u001b[2J such\nthing\n"},
		{"type":"image","mimeType":"image/png","data":"AAAA"},
		{"type":"resource","resource":{"uri":"file:///a","text":"body"}},
		{"type":"resource_link","uri":"file:///b"}]}`), false)
	if err != toolcall.ErrTool { //nolint:errorlint // it is returned as it is
		t.Errorf("err = %v", err)
	}
	const want = "no?[2J such\nthing\n[a picture of 3 bytes, image/png; --output FILE saves it]\nbody\n[resource_link file:///b; --json shows it]\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
