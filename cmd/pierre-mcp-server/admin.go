package main

import (
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

func (s *services) adminDoor(ring *keyring.Ring, keys access.KeyListener) http.Handler {
	tokens := access.NewAdminVerifier(ring.JWTSecret(), s.store, time.Now)
	reports := usage.NewReporter(s.store, s.store, s.limiter, time.Now)
	return adminapi.New(s.store, tokens, reports, ring, adminapi.Options{Keys: keys, Log: s.log})
}
