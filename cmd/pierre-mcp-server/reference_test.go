package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// An openAPI is what the reference takes from an OpenAPI document.
type openAPI struct {
	name string // of the chapter
	raw  any
	Info struct {
		Description string `json:"description"`
	} `json:"info"`
	Paths      map[string]pathItem `json:"paths"`
	Components struct {
		Schemas    map[string]schema    `json:"schemas"`
		Parameters map[string]parameter `json:"parameters"`
		Responses  map[string]response  `json:"responses"`
	} `json:"components"`
}

// A pathItem has the operations of a path, by their methods.
type pathItem map[string]operation

// UnmarshalJSON gives each operation the parameters of the path.
func (p *pathItem) UnmarshalJSON(raw []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	var shared []parameter
	if of, ok := members["parameters"]; ok {
		if err := json.Unmarshal(of, &shared); err != nil {
			return err
		}
		delete(members, "parameters")
	}
	*p = pathItem{}
	for method, raw := range members {
		var op operation
		if err := json.Unmarshal(raw, &op); err != nil {
			return err
		}
		op.Parameters = append(slices.Clone(shared), op.Parameters...)
		(*p)[method] = op
	}
	return nil
}

type operation struct {
	Summary     string      `json:"summary"`
	Description string      `json:"description"`
	Parameters  []parameter `json:"parameters"`
	RequestBody *struct {
		Content map[string]media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]response `json:"responses"`
}

type media struct {
	Schema schema `json:"schema"`
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
	Schema      schema `json:"schema"`
}

type response struct {
	Ref         string           `json:"$ref"`
	Description string           `json:"description"`
	Content     map[string]media `json:"content"`
}

type schema struct {
	Ref         string            `json:"$ref"`
	Type        any               `json:"type"`
	Description string            `json:"description"`
	Const       any               `json:"const"`
	Enum        []any             `json:"enum"`
	Default     any               `json:"default"`
	Required    []string          `json:"required"`
	Properties  map[string]schema `json:"properties"`
	Items       *schema           `json:"items"`
	OneOf       []schema          `json:"oneOf"`
	Minimum     *json.Number      `json:"minimum"`
	Maximum     *json.Number      `json:"maximum"`
	MinLength   *json.Number      `json:"minLength"`
	MaxLength   *json.Number      `json:"maxLength"`
	MinItems    *json.Number      `json:"minItems"`
	MaxItems    *json.Number      `json:"maxItems"`
}

// An exchange is an example: a request, and what the server answered to it.
type exchange struct {
	path, asked, answered string
	status                int
}

const referencePath = "../../docs/API_REFERENCE.md"

// TestReference writes docs/API_REFERENCE.md from the OpenAPI documents, the tools and a conversation with a server, and
// demands that every route that is documented is there, and that what it answers is as its schema says.
func TestReference(t *testing.T) {
	documents := []*openAPI{
		readOpenAPI(t, "MCP, imports, OAuth, health", "../../docs/openapi.json"),
		readOpenAPI(t, "Holders of keys", "../../remote/clientapi/openapi.json"),
		readOpenAPI(t, "Administration", "../../remote/adminapi/openapi.json"),
	}
	c := newConversation(t, documents)
	c.talk()
	c.demandRoutes()
	var b strings.Builder
	b.WriteString(referenceHead)
	for _, d := range documents {
		d.write(&b, c.examples)
	}
	c.writeTools(&b)
	if *update {
		if err := os.WriteFile(referencePath, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if old, err := os.ReadFile(referencePath); err != nil || string(old) != b.String() {
		t.Errorf("docs/API_REFERENCE.md is not what the server does; make golden writes it (%v)", err)
	}
}

const referenceHead = `# API reference

<!-- made by make golden -->

Every route of ` + "`pierre-mcp-server`" + `, its parameters, bodies and answers, and its tools. It is made from the OpenAPI documents
([docs/openapi.json](openapi.json), and what the server serves at ` + "`/v1/openapi.json` and `/admin/openapi.json`" + `); the examples
are what a server answered, with ids, keys and times replaced. [API.md](API.md) has the rules: credentials, errors, limits.
`

func readOpenAPI(t *testing.T, name, path string) *openAPI {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := &openAPI{name: name}
	if err := json.Unmarshal(text, d); err != nil {
		t.Fatal(path, err)
	}
	if d.raw, err = jsonschema.UnmarshalJSON(strings.NewReader(string(text))); err != nil {
		t.Fatal(path, err)
	}
	return d
}

// A conversation is with a server that has a recording of one athlete.
type conversation struct {
	t          *testing.T
	documents  []*openAPI
	url        string
	admin, key string
	examples   map[string]exchange // by method and path of the document
	seen       map[string]string
}

func newConversation(t *testing.T, documents []*openAPI) *conversation {
	t.Helper()
	dir := t.TempDir()
	admin := site{dir: dir}.adminToken(t)
	url, _ := running(t, "--data-dir", dir, "--oauth", "--public-url", "https://pierre.example.com")
	return &conversation{t: t, documents: documents, url: url, admin: admin, examples: map[string]exchange{}, seen: map[string]string{}}
}

// talk makes the exchanges that the reference shows.
func (c *conversation) talk() {
	fresh := c.say("POST", "/admin/provision-api-key", "/admin/provision-api-key", c.admin,
		`{"user_email":"ana@example.com","tier":"professional","name":"Claude Desktop"}`)
	c.key = member(c.t, fresh, "api_key")
	id, user := member(c.t, fresh, "api_key_id"), member(c.t, fresh, "user_id")
	for path, actual := range map[string]string{
		"/admin/api-keys": "/admin/api-keys?user_email=ana@example.com", "/admin/api-keys/{id}": "/admin/api-keys/" + id, "/admin/tiers": "/admin/tiers",
		"/admin/api-keys/{id}/grants": "/admin/api-keys/" + id + "/grants", "/admin/tiers/{name}": "/admin/tiers/starter",
		"/admin/users": "/admin/users?email=ana", "/admin/users/{id}": "/admin/users/" + user, "/admin/audit": "/admin/audit?limit=1",
		"/admin/token-info": "/admin/token-info", "/admin/tokens": "/admin/tokens",
	} {
		c.say("GET", path, actual, c.admin, "")
	}
	c.say("GET", "/admin/api-keys/{id}/usage", "/admin/api-keys/"+id+"/usage?start_date=2024-01-01&end_date=2024-01-31", c.admin, "")
	c.say("PATCH", "/admin/users/{id}", "/admin/users/"+user, c.admin, `{"notes":"A friend of the club."}`)
	c.say("GET", "/admin/usage", "/admin/usage?from=2024-01-01&to=2024-01-31&group_by=day", c.admin, "")
	fit, err := os.ReadFile("../../internal/activityfile/testdata/cases/fit-mean-power-without-zeros.fit")
	if err != nil {
		c.t.Fatal(err)
	}
	c.sayBinary("/api/import", "/api/import?name=ride.fit", string(fit))
	c.say("POST", "/api/health", "/api/health", c.key, `{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"qty":8000,"date":"2026-03-01 00:00:00 +0100"}]}]}}`)
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_athlete","arguments":{}}}`
	c.say("POST", "/mcp", "/mcp", c.key, call)
	c.say("POST", "/", "/", c.key, call)
	c.say("POST", "/a2a", "/a2a", c.key, `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m1","role":"ROLE_USER","parts":[{"data":{"tool":"get_athlete","arguments":{}}}]}}}`)
	for _, path := range []string{"/v1/limits", "/admin/api-keys/validate"} {
		c.say("GET", path, path, c.key, "")
	}
	for _, path := range []string{"/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server", "/health", "/ready"} {
		c.say("GET", path, path, "", "")
	}
	c.say("POST", "/oauth/register", "/oauth/register", "", `{"client_name":"An app","redirect_uris":["https://app.example.com/callback"]}`)
	c.application()
	c.say("PATCH", "/admin/api-keys/{id}", "/admin/api-keys/"+id, c.admin, `{"name":"Laptop"}`)
	c.say("POST", "/admin/api-keys/{id}/rotate", "/admin/api-keys/"+id+"/rotate", c.admin, `{"grace_seconds":3600}`)
	c.say("PUT", "/admin/tiers/{name}", "/admin/tiers/club", c.admin, `{"rate_limit_requests":5000,"rate_limit_period":"day"}`)
	c.say("DELETE", "/admin/tiers/{name}", "/admin/tiers/club", c.admin, "")
	c.say("POST", "/admin/tokens", "/admin/tokens", c.admin, `{"service":"console","permissions":["list_keys"],"expires_in_days":90}`)
	c.say("DELETE", "/admin/api-keys/{id}", "/admin/api-keys/"+id, c.admin, "")
	c.say("DELETE", "/admin/users/{id}", "/admin/users/"+user, c.admin, "")
}

// application has the exchanges of an application with athletes of its own.
func (c *conversation) application() {
	_, body := c.ask("POST", "/admin/provision-api-key", c.admin, `{"user_email":"dev@acme.example","tier":"starter","key_type":"application"}`, "")
	key := member(c.t, body, "api_key")
	c.ask("POST", "/", key, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_stats","arguments":{}}}`, "4711")
	c.say("GET", "/v1/athletes", "/v1/athletes", key, "")
	c.say("GET", "/v1/athletes/{name}", "/v1/athletes/4711", key, "")
	c.say("DELETE", "/v1/athletes/{name}", "/v1/athletes/4711", key, "")
}

// say makes an exchange and keeps it as the example of the route.
func (c *conversation) say(method, route, path, credential, body string) (answer string) {
	c.t.Helper()
	status, answer := c.ask(method, path, credential, body, "")
	if status >= http.StatusBadRequest {
		c.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	c.keep(method, route, path, body, status, answer)
	return answer
}

func (c *conversation) keep(method, route, path, body string, status int, answer string) {
	c.t.Helper()
	c.validate(method, route, status, answer)
	c.examples[method+" "+route] = exchange{path: c.plain(path), asked: body, answered: c.plain(indented(answer)), status: status}
}

func (c *conversation) sayBinary(route, path, body string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	status, answer := c.do(req)
	if status != http.StatusOK {
		c.t.Fatalf("%s: %d %s", path, status, answer)
	}
	c.keep(http.MethodPost, route, path, "", status, answer)
}

func (c *conversation) ask(method, path, credential, body, athlete string) (status int, answer string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + credential, "X-Pierre-Athlete": athlete} {
		if strings.TrimPrefix(value, "Bearer ") != "" {
			req.Header.Set(name, value)
		}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	return c.do(req)
}

func (c *conversation) do(req *http.Request) (status int, answer string) {
	c.t.Helper()
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// demandRoutes asks for every route that is documented: none is unknown to the server.
func (c *conversation) demandRoutes() {
	placeholder := regexp.MustCompile(`\{\w+\}`)
	for _, d := range c.documents {
		for path, methods := range d.Paths {
			for method := range methods {
				if path == "/admin/events" { // a stream that does not end
					continue
				}
				credential := c.admin
				if !strings.HasPrefix(path, "/admin/") {
					credential = "pk_live_none"
				}
				status, body := c.ask(strings.ToUpper(method), placeholder.ReplaceAllString(path, "none"), credential, "", "")
				if status == http.StatusMethodNotAllowed || status == http.StatusNotFound && strings.Contains(body, "no such route") {
					c.t.Errorf("%s %s is documented, and answers %d %s", method, path, status, body)
				}
			}
		}
	}
}

// validate demands that an answer is as the document says.
func (c *conversation) validate(method, route string, status int, answer string) {
	c.t.Helper()
	for i, d := range c.documents {
		if _, ok := d.Paths[route][strings.ToLower(method)]; !ok {
			continue
		}
		pointer := "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(route) + "/" + strings.ToLower(method) + "/responses/" + fmt.Sprint(status)
		documented, ok := d.Paths[route][strings.ToLower(method)].Responses[fmt.Sprint(status)]
		if !ok {
			c.t.Errorf("%s %s answers %d, which is not documented", method, route, status)
		}
		if _, ok := documented.Content["application/json"]; !ok || answer == "" {
			return
		}
		compiler, base := jsonschema.NewCompiler(), fmt.Sprintf("https://pierre.example.com/%d.json", i)
		if err := compiler.AddResource(base, d.raw); err != nil {
			c.t.Fatal(err)
		}
		compiled, err := compiler.Compile(base + pointer + "/content/application~1json/schema")
		if err != nil {
			c.t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(answer))
		if err == nil {
			err = compiled.Validate(value)
		}
		if err != nil {
			c.t.Errorf("%s %s: %s: %v", method, route, answer, err)
		}
		return
	}
	c.t.Errorf("%s %s is in no document", method, route)
}

var (
	madeUp   = regexp.MustCompile(`\b(key|user|act|imp|audit|req|app|client|admin_token)_[0-9a-z]{8,}`)
	madeKey  = regexp.MustCompile(`\b(pk_live_|pk_trial_)[0-9A-Za-z]{32}\b|\b(pk_live_|pk_trial_)[0-9A-Za-z]{4}\b`)
	madeJWT  = regexp.MustCompile(`\beyJ[\w-]+\.[\w-]+\.[\w-]+`)
	madeTime = regexp.MustCompile(`"20(2[5-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"`)
	madeHash = regexp.MustCompile(`"[0-9a-f]{64}"|"[0-9A-Z]{26}"|"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"`)
	madeAt   = regexp.MustCompile(`"client_id_issued_at": \d+`)
	madeUse  = regexp.MustCompile(`"(last_used_at|key_last4)": ("[^"]*"|null)`)
	madeNext = regexp.MustCompile(`"next_cursor": "[^"]*"`)
)

// plain replaces what differs from run to run.
func (c *conversation) plain(text string) string {
	text = madeUp.ReplaceAllString(text, "${1}_…")
	text = madeKey.ReplaceAllString(text, "${1}${2}…")
	text = madeJWT.ReplaceAllString(text, "eyJ…")
	text = madeTime.ReplaceAllString(text, `"2026-11-26T12:00:00Z"`)
	text = madeAt.ReplaceAllString(text, `"client_id_issued_at": 1795694400`)
	text = madeUse.ReplaceAllString(text, `"$1": "…"`)
	text = madeNext.ReplaceAllString(text, `"next_cursor": "…"`)
	return madeHash.ReplaceAllString(text, `"…"`)
}

// indented is JSON as people read it; other text is as it was.
func indented(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return strings.TrimSpace(b.String())
}

func member(t *testing.T, text, name string) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(text, err)
	}
	value, ok := v[name].(string)
	if !ok {
		t.Fatalf("%s has no %s", text, name)
	}
	return value
}
