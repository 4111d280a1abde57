//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

// TestForeignClients lets clients that are not ours use the programs: straight over HTTP and through the bridge, in both eras.
func TestForeignClients(t *testing.T) {
	s := startServer(t)
	k := s.provision(`{"user_email":"ana@example.com","tier":"professional"}`)
	bridge := filepath.Join(bin, "mcp-client")

	t.Run("go-sdk", func(t *testing.T) {
		for era, version := range map[string]string{"legacy": "2025-11-25", "modern": ""} {
			t.Run(era+" http", func(t *testing.T) {
				useGoSDK(t, version, &mcp.StreamableClientTransport{Endpoint: s.url + "/mcp", HTTPClient: &http.Client{Transport: bearer(k.APIKey)}})
			})
			t.Run(era+" stdio", func(t *testing.T) {
				cmd := exec.Command(bridge, "--url", s.url)
				cmd.Env = append(os.Environ(), "PIERRE_AUTH_KEY="+k.APIKey)
				useGoSDK(t, version, &mcp.CommandTransport{Command: cmd})
			})
		}
	})

	t.Run("typescript", func(t *testing.T) {
		tools := node.Install(t)
		for name, args := range map[string][]string{
			"v1 http":         {"client_v1.mjs", "http", s.url + "/mcp", k.APIKey},
			"v1 stdio":        {"client_v1.mjs", "stdio", bridge, "--url", s.url},
			"v2 legacy http":  {"client_v2.mjs", "legacy", "http", s.url + "/mcp", k.APIKey},
			"v2 legacy stdio": {"client_v2.mjs", "legacy", "stdio", bridge, "--url", s.url},
			"v2 modern http":  {"client_v2.mjs", "modern", "http", s.url + "/mcp", k.APIKey},
			"v2 modern stdio": {"client_v2.mjs", "modern", "stdio", bridge, "--url", s.url},
		} {
			t.Run(name, func(t *testing.T) {
				cmd := tools.Script(t, args[0], args[1:]...)
				cmd.Env = append(os.Environ(), "PIERRE_AUTH_KEY="+k.APIKey)
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v\n%s%s", err, out, &stderr)
				}
				checkVerdict(t, decode[verdict](t, out))
			})
		}
	})
}

// TestForeignAgent lets the official JavaScript client of A2A find the server by its card and call a tool.
func TestForeignAgent(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	k := s.provision(`{"user_email":"ana@example.com","tier":"professional"}`)
	cmd := node.Install(t).Script(t, "client_a2a.mjs", s.url, k.APIKey)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &stderr)
	}
	v := decode[struct {
		Name     string   `json:"name"`
		Skills   []string `json:"skills"`
		Total    *int     `json:"total"`
		Events   int      `json:"events"`
		Streamed *int     `json:"streamed"`
		Tasks    *int     `json:"tasks"`
		Size     int      `json:"size"`
		Task     string   `json:"task"`
		Refused  string   `json:"refused"`
		Stranger string   `json:"stranger"`
	}](t, out)
	if v.Name != "Pierre" || !slices.Contains(v.Skills, "get_activities") || v.Total == nil || *v.Total != 0 || v.Events != 1 || v.Streamed == nil {
		t.Errorf("the client is answered %s", out)
	}
	if v.Tasks == nil || *v.Tasks != 0 || v.Size != 50 || v.Task != "JsonRpcTaskNotFoundError" || v.Refused == "" || v.Stranger != "JsonRpcTransportError" {
		t.Errorf("the client sees of tasks and errors %s", out)
	}
}

// A verdict is what a foreign client saw.
type verdict struct {
	Server  string   `json:"server"`
	Tools   []string `json:"tools"`
	Total   *int     `json:"total"`   // of get_activities
	Refused bool     `json:"refused"` // limit -1 was a tool error
}

func checkVerdict(t *testing.T, v verdict) {
	t.Helper()
	if v.Server != "pierre-mcp-server" || !slices.Contains(v.Tools, "get_activities") || v.Total == nil || *v.Total != 0 || !v.Refused {
		t.Errorf("the client saw %+v", v)
	}
}

func useGoSDK(t *testing.T, version string, transport mcp.Transport) {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "foreign-go", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), transport, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	var v verdict
	if info := session.InitializeResult(); info != nil && info.ServerInfo != nil {
		v.Server = info.ServerInfo.Name
	}
	for tool, err := range session.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		v.Tools = append(v.Tools, tool.Name)
	}
	page, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "get_activities", Arguments: map[string]any{"limit": 1}})
	if err != nil {
		t.Fatal(err)
	}
	structured, err := json.Marshal(page.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	v.Total = decode[struct {
		Total *int `json:"total_count"`
	}](t, structured).Total
	bad, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "get_activities", Arguments: map[string]any{"limit": -1}})
	v.Refused = err == nil && bad.IsError
	checkVerdict(t, v)
}

// bearer is a RoundTripper that adds a key.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}
