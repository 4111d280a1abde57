package adminapi

import "time"

// SetHeartbeat sets how often the streams of s look at their tokens.
func SetHeartbeat(s *Server, every time.Duration) { s.heartbeat = every }
