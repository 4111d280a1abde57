package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestPairArguments(t *testing.T) {
	const text = `{"properties": {
		"limit": {"type": "integer"}, "ratio": {"type": "number"}, "name": {"type": "string"},
		"all": {"type": "boolean"}, "either": {"type": ["integer", "null"]}, "id": {"type": ["string", "integer"]},
		"names": {"type": "array", "items": {"type": "string"}}, "counts": {"type": "array", "items": {"type": "integer"}},
		"filter": {"type": "object"}, "any": {}}}`
	var s schema
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
		got, err := pairArguments(s, []string{tc.pair})
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != tc.want && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %s, want %s", tc.pair, got, tc.want)
		}
	}
	if _, err := pairArguments(s, []string{"limit=1", "limit=2"}); err == nil {
		t.Error("an argument was accepted twice")
	}
}

func TestPrintResult(t *testing.T) {
	var out strings.Builder
	err := printResult(&out, json.RawMessage(`{"isError":true,"content":[
		{"type":"text","text":"no\u001b[2J such\nthing\n"},
		{"type":"image","mimeType":"image/png","data":"AAAA"},
		{"type":"resource","resource":{"uri":"file:///a","text":"body"}},
		{"type":"resource_link","uri":"file:///b"}]}`), false)
	if err != errTool { //nolint:errorlint // it is returned as it is
		t.Errorf("err = %v", err)
	}
	const want = "no?[2J such\nthing\n[image image/png; --json shows it]\nbody\n[resource_link file:///b; --json shows it]\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestRateLimit(t *testing.T) {
	for _, tc := range []struct {
		value  string
		left   int64
		resets time.Duration
		known  bool
	}{
		{`"month";r=99995;t=720`, 99995, 12 * time.Minute, true},
		{`"minute";r=0;t=5, "month";r=7;t=720`, 0, 5 * time.Second, true},
		{`"default"; r=50`, 50, 0, true},
		{``, 0, 0, false},
		{`nonsense;r=many`, 0, 0, false},
	} {
		left, resets, known := rateLimit(http.Header{"Ratelimit": {tc.value}})
		if left != tc.left || resets != tc.resets || known != tc.known {
			t.Errorf("%s: %d, %v, %v", tc.value, left, resets, known)
		}
	}
}

func TestInstalledConnection(t *testing.T) {
	home := t.TempDir()
	getenv := func(name string) string {
		return map[string]string{"HOME": home, "USERPROFILE": home, "CODEX_HOME": home}[name]
	}
	const config = `[mcp_servers.pierre]
command = "/x/mcp-client"
args = ["--url", "https://a.example", "--ca-cert", "/ca.pem", "--header", "A: b", "--log-level", "debug"]
env = { PIERRE_AUTH_KEY = "pk_live_a" }
`
	if err := os.WriteFile(home+"/config.toml", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}

	conn := new(connection)
	if from := conn.orInstalled(getenv, "pierre"); from != home+"/config.toml" {
		t.Errorf("from %q", from)
	}
	if conn.url != "https://a.example" || conn.authKey != "pk_live_a" || conn.caCert != "/ca.pem" || len(conn.headers) != 1 {
		t.Errorf("the connection is %+v", conn)
	}
	conn = &connection{authKey: "mine", caCert: "/mine.pem"}
	conn.orInstalled(getenv, "pierre")
	if conn.url != "https://a.example" || conn.authKey != "mine" || conn.caCert != "/mine.pem" {
		t.Errorf("flags do not count: %+v", conn)
	}
	conn = &connection{url: "https://b.example"}
	if from := conn.orInstalled(getenv, "pierre"); from != "" || conn.authKey != "" {
		t.Errorf("another server got the key: %+v", conn)
	}
	if from := new(connection).orInstalled(getenv, "other"); from != "" {
		t.Errorf("an entry that is not there: %q", from)
	}
}
