package connection

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// mcpPath is where a server has its MCP endpoint unless the user says otherwise.
const mcpPath = "/mcp"

// endpointURL checks the URL that the user gave. A bare origin means its /mcp; any
// other path and a query are kept as they are, since a foreign server may want them.
func (s *Settings) endpointURL(getenv func(string) string) (*url.URL, error) {
	given := strings.TrimSpace(orElse(s.URL, getenv(URLVariable)))
	if given == "" {
		return nil, cli.Usagef("no server: use --url https://HOST or set %s", URLVariable)
	}
	u, err := url.Parse(given)
	switch {
	case err != nil:
		return nil, cli.Usagef("--url is not a URL: %w", err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, cli.Usagef("--url %q must look like https://HOST or https://HOST/mcp", u.Redacted())
	case u.User != nil:
		return nil, cli.Usagef("--url must not hold a password: give the key in PIERRE_AUTH_KEY")
	case u.Scheme == "http" && !s.AllowHTTP && !Loopback(u.Hostname()):
		return nil, cli.Usagef("--url %s is unencrypted: use https, or add --allow-http if the network in between is yours", u)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path, u.RawPath = mcpPath, ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// At returns the URL of another resource of the same server, such as "/api/import":
// beside the MCP endpoint, whether that was given as …/mcp, as …/mcp/ or as a folder.
func (e Endpoint) At(path string) *url.URL {
	base := strings.TrimRight(e.URL.EscapedPath(), "/")
	base = strings.TrimRight(strings.TrimSuffix(base, mcpPath), "/")
	u := *e.URL
	u.RawQuery, u.ForceQuery = "", false
	u.RawPath = base + path
	if unescaped, err := url.PathUnescape(u.RawPath); err == nil {
		u.Path = unescaped
	}
	return &u
}

// Loopback reports whether host is this computer.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || err != nil && strings.EqualFold(host, "localhost")
}
