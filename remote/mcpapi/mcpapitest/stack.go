// Package mcpapitest gives tests and benchmarks the product's MCP stack: the real API with real keys, limits and usage,
// on a real database. It is what the server's program builds, without its settings, its tools and its other APIs.
package mcpapitest

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// A Stack is the API with what it needs.
type Stack struct {
	Store    *store.Store
	Keys     *access.Verifier
	Athletes *access.Athletes
	Recorder *usage.Recorder
	API      *mcpapi.Server

	calls *journal.Journal
}

// MaxAthletes is how many athletes a customer may have.
const MaxAthletes = 20_000

// Parts replace parts of the stack; the zero value is the product's.
type Parts struct {
	Auth     mcpapi.Authenticator // nil: the keys of the database
	Resource string               // not "": access tokens for this URL are accepted, too
	Personal *access.Principal    // not nil: all callers act as this principal, without a key
	Recorder mcpapi.Recorder      // nil: the recorder of the stack
}

// Open puts the API before m, with an empty database in dir.
func Open(ctx context.Context, dir string, m *server.MCPServer, parts Parts, opts mcpapi.Options) (*Stack, error) {
	db, err := store.OpenSQLite(filepath.Join(dir, "pierre.db"))
	if err != nil {
		return nil, err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	calls, err := journal.Open(ctx, filepath.Join(dir, "pierre.db-calls"), db, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	s := &Stack{Store: db, Keys: access.NewVerifier(db, opts.Now), Athletes: access.NewAthletes(db, MaxAthletes, opts.Now), Recorder: usage.NewRecorder(calls), calls: calls}
	if parts.Resource != "" {
		parts.Auth = access.NewGrants(s.Keys, db, parts.Resource)
	}
	if parts.Auth == nil {
		parts.Auth = s.Keys
	}
	if parts.Recorder == nil {
		parts.Recorder = s.Recorder
	}
	callers := mcpapi.Keys(parts.Auth, s.Athletes)
	if parts.Personal != nil {
		callers = mcpapi.Personal(*parts.Personal)
	}
	s.API = mcpapi.New(m, callers, limit.New(calls), parts.Recorder, opts)
	return s, nil
}

// Provision makes a key of a user of its own.
func (s *Stack) Provision(ctx context.Context, lim pierre.Limit, tools ...string) (pierre.APIKey, string, error) {
	return s.provision(ctx, pierre.KeyPersonal, lim, tools)
}

// ProvisionApplication makes the key of an application of a customer of its own.
func (s *Stack) ProvisionApplication(ctx context.Context, lim pierre.Limit) (pierre.APIKey, string, error) {
	return s.provision(ctx, pierre.KeyApplication, lim, nil)
}

func (s *Stack) provision(ctx context.Context, of pierre.KeyType, lim pierre.Limit, tools []string) (pierre.APIKey, string, error) {
	key := access.GenerateKey(pierre.ModeLive)
	row := pierre.APIKey{
		ID:     pierre.NewKeyID(),
		Tier:   pierre.TierEnterprise,
		Type:   of,
		Rules:  pierre.Rules{Limit: lim, Tools: tools},
		Hash:   key.Hash(),
		Prefix: key.Prefix(),
		Last4:  key.Last4(),
	}
	row.Email = fmt.Sprintf("%s@example.com", row.ID)
	_, _, err := s.Store.ProvisionAPIKey(ctx, pierre.Act{Person: "mcpapitest", At: time.Now().UTC()}, row,
		func(kept pierre.APIKey) ([]byte, error) { row = kept; return nil, nil })
	return row, key.Reveal(), err
}

// Close stops the stack in the order in which the server's program does.
func (s *Stack) Close(ctx context.Context) error {
	if err := s.API.Close(ctx); err != nil {
		return err
	}
	if err := s.Recorder.Close(ctx); err != nil {
		return err
	}
	if err := s.calls.Close(ctx); err != nil {
		return err
	}
	return s.Store.Close()
}
