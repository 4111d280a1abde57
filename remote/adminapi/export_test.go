package adminapi

import (
	"io"
	"time"

	"github.com/pierre-mcp/pierre/internal/usage"
)

// SetHeartbeat sets how often the streams of s look at their tokens.
func SetHeartbeat(s *Server, every time.Duration) { s.heartbeat = every }

// ReadEvents reads what a server streams.
func ReadEvents(from io.Reader, each func(usage.LiveEvent) error) error {
	return readEvents(from, each)
}
