package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/certfile"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/cli/value"
	"github.com/pierre-mcp/pierre/internal/datadir"
	"github.com/pierre-mcp/pierre/internal/logging"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/db"
)

// A config is everything that an operator can choose, checked. See docs/admin-service.md.
type config struct {
	host           string
	port           string
	serverURL      string
	adminToken     secret.String
	baseURL        string // the site's origin, for links in mails
	databaseURL    string
	dataDir        string
	log            logging.Options
	accessLog      bool
	tlsCert        string
	tlsKey         string
	certificate    *certfile.Pair // nil: plain HTTP
	trustedProxies []netip.Prefix
	development    bool

	settings *cli.Settings
}

// table lists the flags that have an environment variable.
func (c *config) table(getenv func(string) string) []cli.Setting {
	dataDir, err := datadir.Default(getenv)
	if err != nil {
		dataDir = "" // Parse asks for the flag then
	}
	return []cli.Setting{
		{Flag: "host", Env: "PIERRE_ADMIN_HOST", Default: "127.0.0.1", Help: "address to listen on; 0.0.0.0 for all", Parse: into(&c.host, value.Host)},
		{Flag: "port", Env: "PIERRE_ADMIN_PORT", Default: "8082", Help: "port to listen on", Parse: into(&c.port, value.Port)},
		{Flag: "server-url", Env: "MCP_SERVER_URL", Default: "http://127.0.0.1:8081", Help: "origin of the pierre-mcp-server", Other: fromFile("MCP_SERVER_URL"), Parse: into(&c.serverURL, parseServer)},
		{Flag: "base-url", Env: "BASE_APP_URL", Help: "origin under which people reach the site, for the links in mails (default this machine)", Parse: into(&c.baseURL, value.PublicURL)},
		{Flag: "database-url", Env: "DATABASE_URL", Help: "database as sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME (default admin.db in the data folder)", Parse: into(&c.databaseURL, parseDatabaseURL)},
		{Flag: "data-dir", Env: "PIERRE_DATA_DIR", Default: dataDir, Help: "folder of the database and, in development, of mails", Parse: into(&c.dataDir, value.DataDir)},
		{Flag: "log-level", Env: "LOG_LEVEL", Default: "info", Help: "off, error, warn, info or debug; to stderr", Parse: into(&c.log.Level, logging.ParseLevel)},
		{Flag: "log-format", Env: "LOG_FORMAT", Default: "text", Help: "format of the log: text or json", Parse: into(&c.log.JSON, logging.ParseFormat)},
		{Flag: "access-log", Env: "ACCESS_LOG", Default: "false", Switch: true, Help: "log every request; otherwise only those that fail", Parse: into(&c.accessLog, value.Switch)},
		{Flag: "tls-cert", Env: "TLS_CERT", Help: "certificate file, for HTTPS without a proxy in front; read again when it changes", Parse: into(&c.tlsCert, value.Path)},
		{Flag: "tls-key", Env: "TLS_KEY", Help: "key file of --tls-cert", Parse: into(&c.tlsKey, value.Path)},
		{Flag: "trusted-proxies", Env: "TRUSTED_PROXIES", Help: "networks whose X-Forwarded-For is believed, comma-separated", Parse: into(&c.trustedProxies, value.Networks)},
		{Flag: "development", Env: "PIERRE_ADMIN_DEVELOPMENT", Default: "false", Switch: true, Help: "on this machine only: mails are written to files, no second factor is asked for", Parse: into(&c.development, value.Switch)},
	}
}

// into makes a setting's Parse of a parser and of the place for its value.
func into[T any](place *T, parse func(string) (T, error)) func(string) error {
	return func(text string) (err error) {
		*place, err = parse(text)
		return err
	}
}

// bind adds the flags to cmd.
func (c *config) bind(cmd *cobra.Command, getenv func(string) string) {
	c.settings = cli.BindSettings(cmd.PersistentFlags(), getenv, append(c.table(getenv), c.secrets()...))
}

// secrets lists the settings that are no flags, since others can read a command line.
func (c *config) secrets() []cli.Setting {
	return []cli.Setting{
		{Env: "MCP_ADMIN_TOKEN", Other: fromFile("MCP_ADMIN_TOKEN"), Parse: func(text string) error { c.adminToken = secret.New(strings.TrimSpace(text)); return nil }},
	}
}

const maxSecretFile = 64 << 10

// fromFile looks for the value of a variable in the file that the variable with _FILE behind its name names.
func fromFile(name string) func(getenv func(string) string) (source, text string) {
	return func(getenv func(string) string) (source, text string) {
		path := getenv(name + "_FILE")
		if path == "" {
			return "", ""
		}
		f, err := os.Open(path)
		if err != nil {
			return name + "_FILE", "" // the check of the value says that it is missing
		}
		defer f.Close() //nolint:errcheck // nothing was written
		b, err := io.ReadAll(io.LimitReader(f, maxSecretFile))
		if err != nil {
			return name + "_FILE", ""
		}
		return name + "_FILE", strings.TrimSpace(string(b))
	}
}

// load reads and checks all settings, before anything is made. Its error holds all mistakes.
func (c *config) load() error {
	errs := []error{c.settings.Parse()}
	if c.development && !value.Loopback(c.host) {
		errs = append(errs, fmt.Errorf("%s: --development asks for no second factor and so listens on this machine only, not on %s", c.settings.Source("host"), c.host))
	}
	if c.adminToken.Reveal() == "" {
		errs = append(errs, errors.New("MCP_ADMIN_TOKEN: is needed; scripts/setup-admin-token.sh makes one and keeps it in a file for MCP_ADMIN_TOKEN_FILE"))
	}
	if c.baseURL == "" {
		c.baseURL = "http://" + net.JoinHostPort("127.0.0.1", c.port)
	}
	errs = append(errs, c.loadCertificate())
	if err := errors.Join(errs...); err != nil {
		return cli.Usage(err)
	}
	return nil
}

// loadDatabase is load for commands that only need the database.
func (c *config) loadDatabase() error {
	if err := c.settings.Parse(); err != nil {
		return cli.Usage(err)
	}
	return nil
}

func (c *config) loadCertificate() error {
	if c.tlsCert == "" && c.tlsKey == "" {
		return nil
	}
	if c.tlsCert == "" || c.tlsKey == "" {
		return errors.New("--tls-cert and --tls-key need each other")
	}
	var err error
	if c.certificate, err = certfile.Load(c.tlsCert, c.tlsKey, time.Now); err != nil {
		return fmt.Errorf("%s: %w", c.settings.Source("tls-cert"), err)
	}
	return nil
}

func parseServer(text string) (string, error) {
	origin, err := value.PublicURL(text)
	if err == nil && origin == "" {
		err = errors.New("must be the origin of the server, such as http://127.0.0.1:8081")
	}
	return origin, err
}

// parseDatabaseURL takes what can be opened. The value is not repeated in the error: it may hold a password.
func parseDatabaseURL(text string) (string, error) {
	if err := value.CheckTilde(strings.TrimPrefix(strings.TrimPrefix(text, "sqlite:"), "//")); err != nil {
		return "", err
	}
	if _, err := db.Path(text, "."); err != nil {
		return "", errors.New(strings.TrimPrefix(pierre.MessageOf(err, "the database cannot be opened"), "--database-url "))
	}
	return text, nil
}
