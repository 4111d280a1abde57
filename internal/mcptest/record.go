package mcptest

import (
	"net/http"
	"slices"
)

// note records a request and returns the fault that it meets.
func (s *Server) note(r *http.Request, m Request, body []byte) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, m.Method)
	s.headers[m.Method] = r.Header
	s.bodies[m.Method] = string(body)
	for _, f := range s.faults {
		if f.method == m.Method && f.times != 0 {
			f.times--
			return f.do
		}
	}
	return nil
}

// Ran notes that a tool ran.
func (s *Server) Ran(tool string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[tool]++
}

// RunsOf returns how often a tool ran.
func (s *Server) RunsOf(tool string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs[tool]
}

// Count returns how many requests of a method came.
func (s *Server) Count(method string) int {
	return len(slices.DeleteFunc(s.Order(), func(m string) bool { return m != method }))
}

// Order returns the methods of the requests that came, in order.
func (s *Server) Order() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Header returns the header of the last request of a method.
func (s *Server) Header(method string) http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.headers[method]
}

// Body returns the body of the last request of a method.
func (s *Server) Body(method string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies[method]
}

// Open returns how many sessions are open.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}
