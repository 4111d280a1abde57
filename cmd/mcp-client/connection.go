package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// A connection is what the user says about the server and the way to it. Every
// subcommand that talks to the server shares these flags.
type connection struct {
	url         string
	authKey     string
	authKeyFile string
	keyName     string
	caCert      string
	clientCert  string
	clientKey   string
	proxy       string
	headers     []string
	allowHTTP   bool
}

func (c *connection) register(flags *pflag.FlagSet) {
	flags.StringVar(&c.url, "url", "", "the server's `URL`; a bare origin means its /mcp (env PIERRE_URL)")
	flags.StringVar(&c.authKey, "auth-key", "", "the access `key`; visible in the process list, prefer env PIERRE_AUTH_KEY")
	flags.StringVar(&c.authKeyFile, "auth-key-file", "", "read the access key from this `file`")
	flags.StringVar(&c.keyName, "key-name", "", "use the access key that mcp-client install stored under this `name`")
	flags.StringArrayVar(&c.headers, "header", nil, "an extra `'Name: value'` on every request; ${VAR} is taken from the environment (repeatable)")
	flags.StringVar(&c.caCert, "ca-cert", "", "trust the certificate authorities in this PEM `file` too")
	flags.StringVar(&c.clientCert, "client-cert", "", "present the client certificate in this PEM `file`")
	flags.StringVar(&c.clientKey, "client-key", "", "the PEM `file` of the client certificate's private key")
	flags.StringVar(&c.proxy, "proxy", "", "reach the server through this proxy `URL` (default: HTTPS_PROXY, HTTP_PROXY, NO_PROXY)")
	flags.BoolVar(&c.allowHTTP, "allow-http", false, "permit unencrypted http to another machine; anybody on the way can read the key")
}

// An endpoint is a checked [connection]: where the server is and how to talk to it.
type endpoint struct {
	URL    *url.URL      // of the MCP endpoint
	Key    secret.String // empty if none was given
	Header http.Header   // extra headers
	HTTP   *http.Client  // follows no redirect: the key goes to the host of URL and nowhere else
}

// endpoint checks the flags and what the environment adds to them. Its errors are usage errors.
func (c *connection) endpoint(getenv func(string) string) (endpoint, error) {
	var e endpoint
	var err error
	if e.URL, err = c.endpointURL(getenv); err != nil {
		return e, err
	}
	if e.Key, err = c.key(getenv); err != nil {
		return e, err
	}
	if e.Header, err = parseHeaders(c.headers, getenv); err != nil {
		return e, err
	}
	transport := bridge.NewTransport()
	if err := c.configure(transport); err != nil {
		return e, err
	}
	e.HTTP = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return e, nil
}

// at returns the URL of another resource of the same server, such as "/api/import".
func (e endpoint) at(path string) *url.URL {
	u := *e.URL
	u.Path, u.RawPath, u.RawQuery = strings.TrimSuffix(u.Path, "/mcp")+path, "", ""
	return &u
}

// authorize adds the key and the extra headers to req.
func (e endpoint) authorize(req *http.Request) {
	maps.Copy(req.Header, e.Header)
	if key := e.Key.Reveal(); key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
}

func (c *connection) endpointURL(getenv func(string) string) (*url.URL, error) {
	given := c.url
	if given == "" {
		given = getenv("PIERRE_URL")
	}
	if given == "" {
		return nil, cli.Usagef("no server: say --url https://HOST or set PIERRE_URL")
	}
	u, err := url.Parse(given)
	switch {
	case err != nil:
		return nil, cli.Usagef("--url is not a URL: %w", err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, cli.Usagef("--url %q must look like https://HOST or https://HOST/mcp", u.Redacted())
	case u.User != nil:
		return nil, cli.Usagef("--url must not hold a password: give the key in PIERRE_AUTH_KEY")
	case u.Scheme == "http" && !c.allowHTTP && !loopback(u.Hostname()):
		return nil, cli.Usagef("--url %s is unencrypted: use https, or say --allow-http if the network in between is yours", u)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/mcp"
	}
	u.Fragment = ""
	return u, nil
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || err != nil && strings.EqualFold(host, "localhost")
}

func (c *connection) key(getenv func(string) string) (secret.String, error) {
	key := c.authKey
	switch {
	case moreThanOne(c.authKey, c.authKeyFile, c.keyName):
		return secret.String{}, cli.Usagef("--auth-key, --auth-key-file and --key-name exclude each other")
	case c.authKeyFile != "":
		data, err := os.ReadFile(c.authKeyFile)
		if err != nil {
			return secret.String{}, cli.Usagef("reading --auth-key-file: %w", err)
		}
		key = string(data)
	case c.keyName != "":
		stored, _, err := keyStore(getenv).Load(c.keyName)
		if err != nil {
			return secret.String{}, cli.Usagef("--key-name: %w", err)
		}
		key = stored.Reveal()
	case key == "":
		key = getenv("PIERRE_AUTH_KEY")
	}
	return checkKey(key)
}

// checkKey refuses what cannot be a key, because it was not copied whole or alone.
func checkKey(key string) (secret.String, error) {
	key = strings.TrimSpace(key)
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return secret.String{}, cli.Usagef("the access key holds a space or a character that no key has: check that it was copied whole, and alone")
	}
	return secret.New(key), nil
}

func moreThanOne(values ...string) bool {
	given := 0
	for _, v := range values {
		if v != "" {
			given++
		}
	}
	return given > 1
}

// parseHeaders reads "Name: value" pairs and expands ${VAR} in the values.
func parseHeaders(pairs []string, getenv func(string) string) (http.Header, error) {
	h := make(http.Header, len(pairs))
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, ":")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsFunc(name, notToken) {
			return nil, cli.Usagef("--header %q must look like 'Name: value'", name)
		}
		var unset []string
		value = expand(strings.TrimSpace(value), func(variable string) string {
			v := getenv(variable)
			if v == "" {
				unset = append(unset, variable)
			}
			return v
		})
		if len(unset) > 0 {
			return nil, cli.Usagef("--header %s: the environment variable %s is not set", name, unset[0])
		}
		if strings.ContainsAny(value, "\r\n\x00") {
			return nil, cli.Usagef("--header %s: the value holds a line break", name)
		}
		h.Add(name, value)
	}
	return h, nil
}

// expand replaces ${VAR}, and only that form: a lone $ is common in secrets.
func expand(s string, getenv func(string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return b.String() + s
		}
		b.WriteString(before + getenv(name))
		s = after
	}
}

// notToken reports whether r cannot be part of a header name (RFC 9110, section 5.6.2).
func notToken(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

// readFile reads a file that a flag names.
func readFile(flag, path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, cli.Usage(fmt.Errorf("reading --%s: %w", flag, err))
	}
	return data, nil
}
