package clientapi_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/remote/clientapi"
)

// A harness is the API over the real services. It holds every answer to the OpenAPI document.
type harness struct {
	t       *testing.T
	store   *store.Store
	keys    *access.Verifier
	limiter *limit.Limiter
	url     string
	schemas *jsonschema.Compiler
	doc     map[string]any

	mu      sync.Mutex
	deleted []pierre.UserID
	ended   []pierre.KeyID
	left    []pierre.UserID // whose access to other services was ended while they were there

	meanwhile func() // is called when an account is read; nil: nothing is
}

// interrupted is the store, in which something happens after accounts are read.
type interrupted struct {
	*store.Store
	h *harness
}

// Account implements [clientapi.AccountStore].
func (i interrupted) Account(ctx context.Context, user pierre.UserID) (pierre.Account, error) {
	if i.h.meanwhile != nil {
		i.h.meanwhile()
	}
	return i.Store.Account(ctx, user)
}

// leave notes who is about to be deleted.
func (h *harness) leave(ctx context.Context, id pierre.UserID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Contains(h.deleted, id) && ctx.Err() == nil {
		h.left = append(h.left, id)
	}
}

// listener hears of deleted athletes.
type listener struct{ h *harness }

// Revoked implements [access.KeyListener].
func (l listener) Revoked(id pierre.KeyID) {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	l.h.ended = append(l.h.ended, id)
	l.h.keys.Revoked(id)
}

func (listener) Changed(pierre.KeyID) {}
func (listener) AllChanged()          {}

// AthleteDeleted implements [access.KeyListener].
func (l listener) AthleteDeleted(id pierre.UserID) {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	l.h.deleted = append(l.h.deleted, id)
}

const documentURL = "https://pierre.test/openapi.json"

func start(t *testing.T, s *store.Store, now func() time.Time) *harness {
	t.Helper()
	h := &harness{t: t, store: s, keys: access.NewVerifier(s, now), limiter: limit.New(s), schemas: jsonschema.NewCompiler()}
	h.loadDocument()
	srv := httptest.NewServer(clientapi.New(h.keys, interrupted{s, h}, allowance.New(h.limiter, now), clientapi.Options{
		Keys: listener{h}, Leave: h.leave, Now: now, DeleteAccounts: true,
		Tools: func() []string { return []string{"get_activities", "get_stats", "set_athlete_profile"} },
	}))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	return h
}

func (h *harness) loadDocument() {
	h.t.Helper()
	b, err := os.ReadFile("openapi.json")
	if err != nil {
		h.t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		h.t.Fatal(err)
	}
	h.doc = parsed.(map[string]any)
	h.schemas.DefaultDraft(jsonschema.Draft2020)
	h.schemas.AssertFormat()
	closeObjects(h.doc["components"])
	if err := h.schemas.AddResource(documentURL, h.doc); err != nil {
		h.t.Fatal(err)
	}
}

// closeObjects makes a member that the document does not mention a mistake.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"]; ok && v["type"] == "object" {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	case []any:
		for _, item := range v {
			closeObjects(item)
		}
	}
}

// provision makes a key of a customer of that name.
func (h *harness) provision(customer string, of pierre.KeyType, rules pierre.Rules) (pierre.APIKey, string) {
	h.t.Helper()
	key := access.GenerateKey(pierre.ModeLive)
	row := pierre.APIKey{
		ID: pierre.NewKeyID(), Email: customer + "@example.com", Tier: pierre.TierEnterprise, Type: of, Rules: rules,
		Hash: key.Hash(), Prefix: key.Prefix(), Last4: key.Last4(),
	}
	_, _, err := h.store.ProvisionAPIKey(h.t.Context(), pierre.Act{Person: "test", At: time.Now().UTC()}, row,
		func(kept pierre.APIKey) ([]byte, error) { row = kept; return nil, nil })
	if err != nil {
		h.t.Fatal(err)
	}
	return row, key.Reveal()
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request, headers in pairs, and holds the answer to the document.
func (h *harness) do(method, path, key string, header ...string) answer {
	h.t.Helper()
	return h.send(method, path, key, "", header...)
}

// send sends a request with a body.
func (h *harness) send(method, path, key, body string, header ...string) answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	a := answer{resp.StatusCode, resp.Header, string(got)}
	if resp.Header.Get("Cache-Control") != "no-store" {
		h.t.Errorf("%s %s: Cache-Control is %q", method, path, resp.Header.Get("Cache-Control"))
	}
	if err := h.validate(method, path, a); err != nil {
		h.t.Errorf("%s %s: %d %s: %v", method, path, a.status, a.body, err)
	}
	return a
}

// validate reports how the answer differs from what the document promises.
func (h *harness) validate(method, path string, a answer) error {
	schema := "Problem"
	if a.status < http.StatusBadRequest {
		route, _, _ := strings.Cut(path, "?")
		schema = map[string]string{"/v1/limits": "Allowance", "/admin/api-keys/validate": "Allowance", "/v1/account": "Account", "/v1/athletes": "AthleteList", "/v1/openapi.json": ""}[route]
		if strings.HasPrefix(route, "/v1/athletes/") {
			route, schema = "/v1/athletes/{name}", "AthleteAnswer"
		}
		item := h.doc["paths"].(map[string]any)[route].(map[string]any)
		if _, ok := item[strings.ToLower(method)].(map[string]any)["responses"].(map[string]any)[fmt.Sprint(a.status)]; !ok {
			return fmt.Errorf("the status is not documented")
		}
	}
	if schema == "" || a.status == http.StatusNoContent {
		return nil
	}
	compiled, err := h.schemas.Compile(documentURL + "#/components/schemas/" + schema)
	if err != nil {
		return err
	}
	body, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err != nil {
		return err
	}
	return compiled.Validate(body)
}

// ensure makes an athlete.
func (h *harness) ensure(ctx context.Context, customer pierre.UserID, name pierre.AthleteName) pierre.UserID {
	h.t.Helper()
	id, err := h.store.EnsureAthlete(ctx, customer, name, 1000, time.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}
