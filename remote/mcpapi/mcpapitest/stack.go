// Package mcpapitest gives tests and benchmarks the product's MCP stack: the real API with real keys, limits and usage,
// on a real database. It is what the server's program builds, without its settings, its tools and its other APIs.
package mcpapitest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/redisconn"
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

	close []func(context.Context) error // in this order
}

// calls are where the calls of a stack are kept and counted.
type calls interface {
	usage.EventStore
	limit.CountStore
}

// A limiter admits calls.
type limiter interface {
	Reserve(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Reservation, error)
}

// MaxAthletes is how many athletes a customer may have.
const MaxAthletes = 20_000

// Parts replace parts of the stack; the zero value is the product's.
type Parts struct {
	Auth     mcpapi.Authenticator // nil: the keys of the database
	Resource string               // not "": access tokens for this URL are accepted, too
	Personal *access.Principal    // not nil: all callers act as this principal, without a key
	Recorder mcpapi.Recorder      // nil: the recorder of the stack

	// Database and Redis are URLs. With Database "", calls are kept in a SQLite database and its journal, and counted by this process.
	Database, Redis string
}

// Open puts the API before m, with an empty database in dir, or with the one that parts name.
func Open(ctx context.Context, dir string, m *server.MCPServer, parts Parts, opts mcpapi.Options) (*Stack, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Stack{}
	var kept calls
	var admits limiter
	var err error
	if parts.Database == "" {
		kept, admits, err = s.openAlone(ctx, dir)
	} else {
		kept, admits, err = s.openShared(ctx, parts)
	}
	if err != nil {
		return nil, err
	}
	db := s.Store
	s.Keys, s.Athletes, s.Recorder = access.NewVerifier(db, opts.Now), access.NewAthletes(db, MaxAthletes, opts.Now), usage.NewRecorder(kept)
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
	s.API = mcpapi.New(m, callers, admits, parts.Recorder, opts)
	return s, nil
}

// openAlone opens what a server needs that is the only one of its database.
func (s *Stack) openAlone(ctx context.Context, dir string) (calls, limiter, error) {
	db, err := store.OpenSQLite(filepath.Join(dir, "pierre.db"))
	if err != nil {
		return nil, nil, err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	kept, err := journal.Open(ctx, filepath.Join(dir, "pierre.db-calls"), db, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	s.Store, s.close = db, append(s.close, kept.Close)
	return kept, limit.New(kept), nil
}

// openShared opens what one of several servers needs.
func (s *Stack) openShared(ctx context.Context, parts Parts) (calls, limiter, error) {
	db, err := store.OpenPostgres(parts.Database)
	if err != nil {
		return nil, nil, err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	if err := db.PreparePartitions(ctx, time.Now()); err != nil {
		return nil, nil, err
	}
	client, err := redisconn.Open(parts.Redis)
	if err != nil {
		return nil, nil, err
	}
	shared, err := limit.NewShared(ctx, strings.ToLower(rand.Text()), db, db, limit.SharedOptions{Redis: client})
	if err != nil {
		return nil, nil, err
	}
	s.Store = db
	s.close = append(s.close, shared.Close, func(context.Context) error { return client.Close() })
	return db, shared, nil
}

// Provision makes a key of a user of its own.
func (s *Stack) Provision(ctx context.Context, lim pierre.Limit, tools ...string) (pierre.APIKey, string, error) {
	return s.ProvisionRules(ctx, pierre.Rules{Limit: lim, Tools: tools})
}

// ProvisionRules makes the key of a customer of its own, with all that may bound it.
func (s *Stack) ProvisionRules(ctx context.Context, rules pierre.Rules) (pierre.APIKey, string, error) {
	return s.provision(ctx, pierre.KeyPersonal, rules)
}

// ProvisionApplication makes the key of an application of a customer of its own.
func (s *Stack) ProvisionApplication(ctx context.Context, lim pierre.Limit) (pierre.APIKey, string, error) {
	return s.provision(ctx, pierre.KeyApplication, pierre.Rules{Limit: lim})
}

func (s *Stack) provision(ctx context.Context, of pierre.KeyType, rules pierre.Rules) (pierre.APIKey, string, error) {
	key := access.GenerateKey(pierre.ModeLive)
	row := pierre.APIKey{
		ID:     pierre.NewKeyID(),
		Tier:   pierre.TierEnterprise,
		Type:   of,
		Rules:  rules,
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
	for _, end := range s.close {
		if err := end(ctx); err != nil {
			return err
		}
	}
	return s.Store.Close()
}
