// Package connection knows where a server is and how to talk to it: what flags,
// environment and installed entries say about URL, access key, certificates,
// proxy and headers, checked, becomes an [Endpoint].
package connection

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/keyfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// Settings are what the user says about the server and the way to it. Every
// command that talks to a server takes them as flags.
type Settings struct {
	URL         string
	AuthKey     string
	AuthKeyFile string
	KeyName     string
	Athlete     string
	CACert      string
	ClientCert  string
	ClientKey   string
	Proxy       string
	Headers     []string
	AllowHTTP   bool
}

// Register adds the flags to a flag set.
func (s *Settings) Register(flags *pflag.FlagSet) {
	flags.StringVar(&s.URL, "url", "", "the server's `URL`; a bare origin means its /mcp (env PIERRE_URL)")
	flags.StringVar(&s.AuthKey, "auth-key", "", "the access `key`; visible in the process list, prefer env PIERRE_AUTH_KEY")
	flags.StringVar(&s.AuthKeyFile, "auth-key-file", "", "read the access key from this `file`")
	flags.StringVar(&s.KeyName, "key-name", "", "use the access key that mcp-client install stored under this `name`")
	flags.StringVar(&s.Athlete, "athlete", "", "with an application's key: the `name` by which the application knows the athlete (env PIERRE_ATHLETE)")
	flags.StringArrayVar(&s.Headers, "header", nil, "an extra `'Name: value'` on every request; ${VAR} is taken from the environment (repeatable)")
	flags.StringVar(&s.CACert, "ca-cert", "", "trust the certificate authorities in this PEM `file` too")
	flags.StringVar(&s.ClientCert, "client-cert", "", "present the client certificate in this PEM `file`")
	flags.StringVar(&s.ClientKey, "client-key", "", "the PEM `file` of the client certificate's private key")
	flags.StringVar(&s.Proxy, "proxy", "", "reach the server through this proxy `URL` (default: HTTPS_PROXY, HTTP_PROXY, NO_PROXY)")
	flags.BoolVar(&s.AllowHTTP, "allow-http", false, "permit unencrypted http to another machine; anybody on the way can read the key")
}

// An Endpoint is checked [Settings]: where the server is and how to talk to it.
type Endpoint struct {
	URL    *url.URL      // of the MCP endpoint
	Key    secret.String // empty if none was given
	Header http.Header   // extra headers
	HTTP   *http.Client  // follows no redirect: the key goes to the host of URL and nowhere else
}

// Endpoint checks the flags and what the environment adds to them. Its errors are usage errors.
func (s *Settings) Endpoint(getenv func(string) string) (Endpoint, error) {
	var e Endpoint
	var err error
	if e.URL, err = s.endpointURL(getenv); err != nil {
		return e, err
	}
	if e.Key, err = s.key(getenv); err != nil {
		return e, err
	}
	if e.Header, err = parseHeaders(s.Headers, getenv); err != nil {
		return e, err
	}
	if err := s.nameAthlete(e.Header, getenv); err != nil {
		return e, err
	}
	transport := bridge.NewTransport()
	if err := s.configure(transport); err != nil {
		return e, err
	}
	e.HTTP = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return e, nil
}

// Authorize adds the key and the extra headers to req.
func (e Endpoint) Authorize(req *http.Request) {
	maps.Copy(req.Header, e.Header)
	if key := e.Key.Reveal(); key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
}

// key finds the access key; empty if nobody gave one.
func (s *Settings) key(getenv func(string) string) (secret.String, error) {
	switch {
	case moreThanOne(s.AuthKey, s.AuthKeyFile, s.KeyName):
		return secret.String{}, cli.Usagef("--auth-key, --auth-key-file and --key-name exclude each other")
	case s.AuthKeyFile != "":
		key, err := keyfile.Read(s.AuthKeyFile)
		if err != nil {
			return secret.String{}, cli.Usagef("reading --auth-key-file: %w", err)
		}
		return secret.New(key), nil
	case s.KeyName != "":
		key, _, err := KeyStore(getenv).Load(s.KeyName)
		if err != nil {
			return secret.String{}, cli.Usagef("--key-name: %w", err)
		}
		return secret.New(key), nil
	case s.AuthKey != "":
		return parseKey("--auth-key", s.AuthKey)
	default:
		return parseKey(install.KeyVariable, getenv(install.KeyVariable))
	}
}

// ParseKey reads a key that the user typed.
func ParseKey(typed string) (secret.String, error) { return parseKey("what was typed", typed) }

func parseKey(source, text string) (secret.String, error) {
	key, err := keyfile.Parse([]byte(text))
	if err != nil {
		return secret.String{}, cli.Usagef("%s %w", source, err)
	}
	return secret.New(key), nil
}

// nameAthlete adds the header that names the athlete, if one was given.
func (s *Settings) nameAthlete(h http.Header, getenv func(string) string) error {
	text := s.AthleteName(getenv)
	if text == "" {
		return nil
	}
	source := "--athlete"
	if s.Athlete == "" {
		source = AthleteVariable
	}
	name, err := pierre.ParseAthleteName(source, text)
	if err != nil {
		return cli.Usage(err)
	}
	if len(h.Values(pierre.HeaderAthlete)) > 0 {
		return cli.Usagef("%s and --header %s exclude each other", source, pierre.HeaderAthlete)
	}
	h.Set(pierre.HeaderAthlete, name.HeaderValue())
	return nil
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
