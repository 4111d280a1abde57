package bridge

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// Header names in the form that http.Header keeps them in.
const (
	headerSession   = "Mcp-Session-Id"
	headerVersion   = "Mcp-Protocol-Version"
	headerLastEvent = "Last-Event-Id"
	headerMethod    = "Mcp-Method"
	headerName      = "Mcp-Name"
	headerParam     = "Mcp-Param-"
)

// Members of params._meta in the 2026-07-28 era.
const (
	metaSubscription = "io.modelcontextprotocol/subscriptionId"
)

// firstModern is the first protocol revision without sessions. Revisions are dates, so they compare as text.
const firstModern = "2026-07-28"

// modern reports whether m belongs to the era without sessions.
func (m *message) modern() bool { return m.version >= firstModern }

// baseHeader is what every request carries.
func baseHeader(key string, opts Options) http.Header {
	h := opts.Header.Clone()
	if h == nil {
		h = make(http.Header)
	}
	if opts.UserAgent != "" {
		h.Set("User-Agent", opts.UserAgent)
	}
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
	return h
}

// postHeader is what the POST of m carries: in the earlier era the session, in
// the later one a copy of what is in the body, so that gateways need not read it
// (revision 2026-07-28, Streamable HTTP, "Standard headers").
func (r *relay) postHeader(m *message, s session) http.Header {
	h := make(http.Header, len(r.header)+8)
	maps.Copy(h, r.header)
	h["Content-Type"] = []string{"application/json"}
	h["Accept"] = []string{"application/json, text/event-stream"}
	if !m.modern() {
		s.stamp(h)
		return h
	}
	h[headerVersion] = []string{headerValue(m.version)}
	if m.Method == "" {
		return h
	}
	h[headerMethod] = []string{headerValue(m.Method)}
	switch m.Method {
	case methodCall, "prompts/get":
		h[headerName] = []string{headerValue(unquote(m.Name))}
	case "resources/read":
		h[headerName] = []string{headerValue(unquote(m.URI))}
	}
	if m.Method == methodCall {
		for _, p := range r.tools.mirrored(unquote(m.Name)) {
			if v, ok := primitive(p.lookup(m.Arguments)); ok {
				h.Set(headerParam+p.header, headerValue(v))
			}
		}
	}
	return h
}

// stamp marks a request as belonging to s.
func (s session) stamp(h http.Header) {
	if s.id != "" {
		h[headerSession] = []string{s.id}
	}
	if s.version != "" {
		h[headerVersion] = []string{s.version}
	}
}

// headerValue encodes v for a header: as it is if that is safe, else in base64 between =?base64? and ?=.
func headerValue(v string) string {
	plain := !strings.HasPrefix(v, "=?base64?") && v == strings.Trim(v, " \t")
	for i := 0; plain && i < len(v); i++ {
		plain = v[i] >= ' ' && v[i] <= '~'
	}
	if plain {
		return v
	}
	return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(v)) + "?="
}

// maxSafeInteger is the largest integer that a mirrored argument may be: servers
// compare as float64.
const maxSafeInteger = 1<<53 - 1

// primitive returns the text of a string, boolean or integer; other values are not mirrored into headers.
func primitive(value []byte) (string, bool) {
	switch {
	case len(value) == 0 || bytes.Equal(value, []byte("null")):
		return "", false
	case value[0] == '"':
		return unquote(value), true
	case value[0] == 't' || value[0] == 'f':
		return string(value), true
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || f != float64(int64(f)) || f > maxSafeInteger || f < -maxSafeInteger {
		return "", false
	}
	return strconv.FormatInt(int64(f), 10), true
}
