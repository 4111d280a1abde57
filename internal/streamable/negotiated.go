package streamable

import (
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// Initialize implements [server.ClientSession].
func (s *session) Initialize() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initialized = true
}

// Initialized implements [server.ClientSession]. Requests without a session are complete in themselves.
func (s *session) Initialized() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.initialized || s.id == ""
}

// SetLogLevel implements [server.SessionWithLogging].
func (s *session) SetLogLevel(level mcp.LoggingLevel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.level = level
}

// GetLogLevel implements [server.SessionWithLogging]. A client that set no level hears of errors.
func (s *session) GetLogLevel() mcp.LoggingLevel {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.level == "" {
		return mcp.LoggingLevelError
	}
	return s.level
}

// GetClientInfo implements [server.SessionWithClientInfo].
func (s *session) GetClientInfo() mcp.Implementation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client
}

// SetClientInfo implements [server.SessionWithClientInfo].
func (s *session) SetClientInfo(client mcp.Implementation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = mcp.Implementation{Name: shorten(client.Name), Version: shorten(client.Version)}
}

// shorten returns at most maxKeptText bytes of what a client says about itself, in memory of their own.
func shorten(text string) string { return clip(text, maxKeptText) }

// clip returns at most limit bytes of text, in memory of their own.
func clip(text string, limit int) string {
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return strings.Clone(text)
}

// GetClientCapabilities implements [server.SessionWithClientInfo].
func (s *session) GetClientCapabilities() mcp.ClientCapabilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.can
}

// SetClientCapabilities implements [server.SessionWithClientInfo]. It keeps whether a client can be asked for something,
// and nothing of what it may have sent along.
func (s *session) SetClientCapabilities(can mcp.ClientCapabilities) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.can = mcp.ClientCapabilities{}
	if can.Sampling != nil {
		s.can.Sampling = &mcp.SamplingCapability{}
	}
	if can.Elicitation != nil {
		s.can.Elicitation = &mcp.ElicitationCapability{}
	}
	if can.Roots != nil {
		s.can.Roots = &struct {
			ListChanged bool `json:"listChanged,omitempty"`
		}{can.Roots.ListChanged}
	}
	if showsApps(can.Extensions) {
		s.can.Extensions = map[string]any{AppsExtension: struct{}{}}
	}
}

// ProtocolVersion implements [server.SessionWithProtocolVersion].
func (s *session) ProtocolVersion() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// SetProtocolVersion notes what initialize negotiated.
func (s *session) SetProtocolVersion(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}
