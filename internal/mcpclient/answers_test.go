package mcpclient_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/mcpclient"
)

// answering is a server that answers each method with a member of a JSON-RPC message, such as "result":{}.
func answering(members map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &m) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		member, known := members[m.Method]
		if !known || m.ID == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,%s}`, m.ID, member)
	})
}

const greeting = `"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"x","version":"1"}}`

// Answers that are not what was asked for are errors that name what could not be read.
func TestAnswersOfAnotherForm(t *testing.T) {
	for name, tc := range map[string]struct {
		method, member, says string
		ask                  func(c *mcpclient.Client) error
	}{
		"no list": {"tools/list", `"result":{"tools":{}}`, "reading the list of tools", func(c *mcpclient.Client) error { _, _, err := c.Tools(t.Context()); return err }},
		"no tool": {"tools/list", `"result":{"tools":[1]}`, "reading the description of a tool", func(c *mcpclient.Client) error { _, _, err := c.Tools(t.Context()); return err }},
		"its error": {"tools/call", `"error":{"code":-32000,"message":"The disk is full."}`, "The disk is full.", func(c *mcpclient.Client) error {
			_, err := c.Request(t.Context(), "tools/call", nil)
			if e, ok := errors.AsType[*mcpclient.Error](err); !ok || e.Code != -32000 {
				t.Errorf("the server's error is %#v", err)
			}
			return err
		}},
	} {
		c, err := mcpclient.Connect(t.Context(), endpoint(t, answering(map[string]string{"initialize": greeting, tc.method: tc.member})))
		if err != nil {
			t.Fatal(err)
		}
		if err := tc.ask(c); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %q", name, err, tc.says)
		}
		c.Close()
	}
	if _, err := mcpclient.Connect(t.Context(), endpoint(t, answering(map[string]string{"initialize": `"result":[]`}))); err == nil || !strings.Contains(err.Error(), "greeting") {
		t.Errorf("a greeting that is a list: %v", err)
	}
}

// The revisions that a server names are returned as they are; other answers are errors.
func TestDiscover(t *testing.T) {
	e := endpoint(t, answering(map[string]string{"server/discover": `"result":{"supportedVersions":["2099-01-01","2026-07-28"]}`}))
	if found, err := mcpclient.Discover(t.Context(), e); err != nil || strings.Join(found, " ") != "2099-01-01 2026-07-28" {
		t.Errorf("%v, %v", found, err)
	}
	for _, member := range []string{`"result":{"supportedVersions":"2026-07-28"}`, `"error":{"code":-32601,"message":"no"}`} {
		if found, err := mcpclient.Discover(t.Context(), endpoint(t, answering(map[string]string{"server/discover": member}))); err == nil {
			t.Errorf("%s: %v", member, found)
		}
	}
}

// After the conversation a request says so, and does not hang.
func TestRequestAfterClose(t *testing.T) {
	c, err := mcpclient.Connect(t.Context(), endpoint(t, answering(map[string]string{"initialize": greeting})))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := c.Request(t.Context(), "tools/list", nil); err == nil || !strings.Contains(err.Error(), "conversation ended") {
		t.Errorf("err = %v", err)
	}
}
