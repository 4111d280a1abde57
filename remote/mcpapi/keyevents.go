package mcpapi

import "github.com/pierre-mcp/pierre/internal/pierre"

// Revoked implements [access.KeyListener]: it ends the sessions and streams of the key, which would outlive it otherwise.
func (s *Server) Revoked(key pierre.KeyID) { s.Drop(key) }

// Changed implements [access.KeyListener]: sessions and streams stay. Each request verifies its key
// anew, and so does each open stream every few seconds.
func (*Server) Changed(pierre.KeyID) {}
