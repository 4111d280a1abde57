//go:build !race

package tools_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// read returns the text of a resource, and the error if there is one.
func (h host) read(uri string) (text, failure string) {
	h.t.Helper()
	msg, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": map[string]any{"uri": uri}})
	if err != nil {
		h.t.Fatal(err)
	}
	answer, err := json.Marshal(h.server.HandleMessage(h.ctx, msg))
	if err != nil {
		h.t.Fatal(err)
	}
	var got struct {
		Result struct {
			Contents []struct {
				URI      string `json:"uri"`
				MIMEType string `json:"mimeType"`
				Text     string `json:"text"`
			} `json:"contents"`
		} `json:"result"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		h.t.Fatal(err)
	}
	if got.Error != nil {
		return "", string(got.Error)
	}
	if c := got.Result.Contents; len(c) != 1 || c[0].URI != uri || c[0].MIMEType != "application/json" || !json.Valid([]byte(c[0].Text)) {
		h.t.Errorf("%s reads %s", uri, answer)
	}
	return got.Result.Contents[0].Text, ""
}

// Resources are about the athlete who asks, small, and only for keys that may use the tool behind them.
func TestResources(t *testing.T) {
	s := storetest.New(t)
	ana, bob := newUser(t, s, "ana@example.com"), newUser(t, s, "bob@example.com")
	importSeason(t, s, ana)
	h, other := newHost(t, s, ana), newHost(t, s, bob)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 251, "max_heart_rate_bpm": 186})
	var list struct {
		Resources []mcp.Resource `json:"resources"`
	}
	h.send("resources/list", map[string]any{}, &list)
	if len(list.Resources) != 4 {
		t.Fatalf("the resources are %+v", list.Resources)
	}
	for _, r := range list.Resources {
		if r.Title == "" || r.Description == "" || !strings.HasPrefix(r.URI, "pierre://athlete/") {
			t.Errorf("a resource is %+v", r)
		}
		text, failure := h.read(r.URI)
		if failure != "" || len(text) > answerBytes || len(text) < 20 {
			t.Errorf("%s has %d bytes: %s", r.URI, len(text), failure)
		}
		if text, _ := other.read(r.URI); strings.Contains(text, "251") || strings.Contains(text, "act_") {
			t.Errorf("%s of another shows %s", r.URI, text)
		}
	}
	for uri, want := range map[string]string{
		"pierre://athlete/profile": `"ftp_watts":251`, "pierre://athlete/zones": `"heart_rate_zones"`, "pierre://athlete/week": `"periods"`,
	} {
		if text, _ := h.read(uri); !strings.Contains(text, want) {
			t.Errorf("%s is %s", uri, text)
		}
	}
	if text, _ := h.read("pierre://athlete/zones"); strings.Contains(text, "profile") {
		t.Errorf("the zones have more: %s", text)
	}
	few := h
	few.ctx = access.WithPrincipal(t.Context(), access.Principal{UserID: ana, Tools: []string{"get_stats"}})
	if _, failure := few.read("pierre://athlete/profile"); !strings.Contains(failure, "not found") {
		t.Errorf("a key that may not use get_athlete reads the profile: %s", failure)
	}
	if text, failure := few.read("pierre://athlete/week"); failure != "" || text == "" {
		t.Errorf("a key that may use get_stats does not read the week: %s", failure)
	}
	few.ctx = t.Context()
	if _, failure := few.read("pierre://athlete/week"); failure == "" {
		t.Error("nobody reads a resource")
	}
}

// There are ten ready questions, which name only tools that there are.
func TestPrompts(t *testing.T) {
	h := newHost(t, storetest.New(t), pierre.UserID("user_x"))
	var list struct {
		Prompts []mcp.Prompt `json:"prompts"`
	}
	h.send("prompts/list", map[string]any{}, &list)
	if len(list.Prompts) != 10 {
		t.Errorf("there are %d prompts", len(list.Prompts))
	}
	known := map[string]bool{}
	for _, tool := range h.list() {
		known[tool.Name] = true
	}
	for _, p := range list.Prompts {
		args := map[string]string{}
		for _, a := range p.Arguments {
			args[a.Name] = "  Strange \n value "
			if a.Required {
				t.Errorf("%s needs %s", p.Name, a.Name)
			}
		}
		for _, given := range []map[string]string{nil, args} {
			var got struct {
				Messages []struct {
					Role    string `json:"role"`
					Content struct {
						Text string `json:"text"`
					} `json:"content"`
				} `json:"messages"`
			}
			h.send("prompts/get", map[string]any{"name": p.Name, "arguments": given}, &got)
			text := got.Messages[0].Content.Text
			if len(got.Messages) != 1 || got.Messages[0].Role != "user" || strings.Contains(text, "%") || p.Title == "" {
				t.Errorf("%s is %+v", p.Name, got)
			}
			if len(given) > 0 && !strings.Contains(text, "Strange value") {
				t.Errorf("%s does not take its argument: %s", p.Name, text)
			}
			for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
				if strings.Contains(word, "_") && !known[word] && !strings.Contains("group_by training_consistency injury_risk performance_plateaus", word) {
					t.Errorf("%s names %s", p.Name, word)
				}
			}
		}
	}
	for _, bad := range []map[string]any{
		{"name": "week_review", "arguments": map[string]string{"x": "y"}},
		{"name": "race_prediction", "arguments": map[string]string{"distance": strings.Repeat("x", 101)}},
		{"name": "nothing"},
	} {
		msg, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": bad})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := h.server.HandleMessage(h.ctx, msg).(mcp.JSONRPCError); !ok {
			t.Errorf("%v is answered", bad)
		}
	}
}
