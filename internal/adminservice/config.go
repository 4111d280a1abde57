package adminservice

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/certfile"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/cli/value"
	"github.com/pierre-mcp/pierre/internal/datadir"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/logging"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
)

// A config is everything that an operator can choose, checked. See docs/ADMIN_SERVICE.md.
type config struct {
	host           string
	port           string
	serverURL      string
	adminToken     secret.String
	publicURL      string // of the server, as customers reach it
	baseURL        string // the site's origin, for links in mails
	smtpURL        secret.String
	sendGridKey    secret.String
	mailFrom       mail.From
	encryptionKey  keyring.Source
	databaseURL    string
	dataDir        string
	log            logging.Options
	accessLog      bool
	tlsCert        string
	tlsKey         string
	certificate    *certfile.Pair // nil: plain HTTP
	trustedProxies []netip.Prefix
	webhooks       []netip.Prefix
	development    bool
	stripeKey      secret.String // "": Stripe is told nothing
	oidcIssuer     string        // "": staff sign in here
	oidcClient     string
	oidcName       string
	oidcSecret     secret.String

	settings *cli.Settings
	secrets  *cli.Settings // those that are no flags
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
		{Flag: "server-url", Env: "MCP_SERVER_URL", Default: "http://127.0.0.1:8081", Help: "origin of the pierre-mcp-server", File: true, Parse: into(&c.serverURL, parseServer)},
		{Flag: "server-public-url", Env: "MCP_PUBLIC_URL", Help: "origin of the server as customers reach it (default --server-url)", Parse: into(&c.publicURL, value.PublicURL)},
		{Flag: "mail-from", Env: "MAIL_FROM", Help: "who mails come from, such as Pierre <keys@pierre.example>", Parse: into(&c.mailFrom, parseFrom)},
		{Flag: "base-url", Env: "BASE_APP_URL", Help: "origin under which people reach the site, for the links in mails (default this machine)", Parse: into(&c.baseURL, value.PublicURL)},
		{Flag: "database-url", Env: "DATABASE_URL", Help: "database as sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME (default admin.db in the data folder)", File: true, Parse: into(&c.databaseURL, parseDatabaseURL)},
		{Flag: "data-dir", Env: "PIERRE_DATA_DIR", Default: dataDir, Help: "folder of the database and, in development, of mails", Parse: into(&c.dataDir, value.DataDir)},
		{Flag: "log-level", Env: "LOG_LEVEL", Default: "info", Help: "off, error, warn, info or debug; to stderr", Parse: into(&c.log.Level, logging.ParseLevel)},
		{Flag: "log-format", Env: "LOG_FORMAT", Default: "text", Help: "format of the log: text or json", Parse: into(&c.log.JSON, logging.ParseFormat)},
		{Flag: "access-log", Env: "ACCESS_LOG", Default: "false", Switch: true, Help: "log every request; otherwise only those that fail", Parse: into(&c.accessLog, value.Switch)},
		{Flag: "tls-cert", Env: "TLS_CERT", Help: "certificate file, for HTTPS without a proxy in front; read again when it changes", Parse: into(&c.tlsCert, value.Path)},
		{Flag: "tls-key", Env: "TLS_KEY", Help: "key file of --tls-cert", Parse: into(&c.tlsKey, value.Path)},
		{Flag: "trusted-proxies", Env: "TRUSTED_PROXIES", Help: "networks whose X-Forwarded-For is believed, comma-separated", Parse: into(&c.trustedProxies, value.Networks)},
		{Flag: "oidc-issuer", Env: "OIDC_ISSUER", Help: "site whose accounts staff sign in with (OpenID Connect), instead of passwords and passkeys", Parse: into(&c.oidcIssuer, text)},
		{Flag: "oidc-client-id", Env: "OIDC_CLIENT_ID", Help: "how that site knows this one; its secret is OIDC_CLIENT_SECRET", Parse: into(&c.oidcClient, text)},
		{Flag: "oidc-name", Env: "OIDC_NAME", Default: "single sign-on", Help: "what that site is called on the button", Parse: into(&c.oidcName, text)},
		{Flag: "webhook-networks", Env: "WEBHOOK_NETWORKS", Help: "networks that webhooks may reach beside public addresses, comma-separated", Parse: into(&c.webhooks, value.Networks)},
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
	c.encryptionKey = keyring.SourceOf(getenv, encryptionName)
	c.settings = cli.BindSettings(cmd.PersistentFlags(), getenv, c.table(getenv))
	c.secrets = cli.BindSettings(cmd.PersistentFlags(), getenv, c.secretTable())
}

// text takes any value.
func text(s string) (string, error) { return s, nil }

// secretTable lists the settings that are no flags, since others can read a command line.
func (c *config) secretTable() []cli.Setting {
	return []cli.Setting{
		{Env: "MCP_ADMIN_TOKEN", File: true, Parse: into(&c.adminToken, parseSecret)},
		{Env: "SMTP_URL", File: true, Parse: into(&c.smtpURL, parseSecret)},
		{Env: "SENDGRID_API_KEY", File: true, Parse: into(&c.sendGridKey, parseSecret)},
		{Env: "STRIPE_API_KEY", File: true, Parse: into(&c.stripeKey, parseSecret)},
		{Env: "OIDC_CLIENT_SECRET", File: true, Parse: into(&c.oidcSecret, parseSecret)},
	}
}

// load reads and checks all settings, before anything is made. Its error holds all mistakes.
func (c *config) load() error {
	errs := []error{c.settings.Parse(), c.secrets.Parse(), c.encryptionKey.Check(encryptionName)}
	if c.development && !web.Loopback(c.host) {
		errs = append(errs, fmt.Errorf("%s: --development asks for no second factor and so listens on this machine only, not on %s", c.settings.Source("host"), c.host))
	}
	if c.development && c.baseURL != "" && !web.Loopback(hostOf(c.baseURL)) { // behind a proxy, listening on this machine keeps nobody out
		errs = append(errs, fmt.Errorf("%s: --development asks for no second factor and so serves this machine only, not %s", c.settings.Source("base-url"), c.baseURL))
	}
	if c.oidcIssuer != "" && (c.oidcClient == "" || c.oidcSecret.Reveal() == "") {
		errs = append(errs, errors.New("--oidc-issuer needs --oidc-client-id and OIDC_CLIENT_SECRET"))
	}
	if c.adminToken.Reveal() == "" && c.secrets.Source("MCP_ADMIN_TOKEN") == "MCP_ADMIN_TOKEN" {
		errs = append(errs, errors.New("MCP_ADMIN_TOKEN: is needed; scripts/setup-admin-token.sh makes one and keeps it in a file for MCP_ADMIN_TOKEN_FILE"))
	}
	if c.publicURL == "" {
		c.publicURL = c.serverURL
	}
	errs = append(errs, c.checkSite(), c.checkMail(), c.checkSecret(), c.loadCertificate())
	if err := errors.Join(errs...); err != nil {
		return cli.Usage(err)
	}
	return nil
}

// checkSite wants the address under which people reach the site: links in mails never follow what a request says.
func (c *config) checkSite() error {
	if c.baseURL != "" {
		return nil
	}
	if c.baseURL = "http://" + net.JoinHostPort("localhost", c.port); c.development || web.Loopback(c.host) {
		return nil
	}
	return errors.New("--base-url: is needed, because links in mails begin with it; give the origin under which people reach the site, such as https://keys.example.com")
}

// checkMail wants a way for mails to leave.
func (c *config) checkMail() error {
	switch {
	case c.smtpURL.Reveal() != "" && c.sendGridKey.Reveal() != "":
		return errors.New("SMTP_URL and SENDGRID_API_KEY are both set; give the one by which mails should leave")
	case c.smtpURL.Reveal() == "" && c.sendGridKey.Reveal() == "":
		if c.development {
			return nil
		}
		return errNoMail()
	case c.mailFrom.Address == "":
		return errors.New("--mail-from: is needed, such as Pierre <keys@pierre.example>")
	}
	return nil
}

func errNoMail() error {
	return &pierre.Error{Kind: pierre.KindInvalid, Msg: "SMTP_URL or SENDGRID_API_KEY is needed: links are mailed. With --development mails are written to files"}
}

// checkSecret wants the secret given where several programs may share the database: all need the same one.
func (c *config) checkSecret() error {
	if path, err := db.Path(c.databaseURL, c.dataDir); err != nil || path != "" {
		return nil //nolint:nilerr // the setting's parser has reported it
	}
	return c.encryptionKey.CheckGiven(encryptionName)
}

// sender returns how mails leave, and where that is, for the log.
func (c *config) sender() (mail.Sender, string, error) {
	switch {
	case c.smtpURL.Reveal() != "":
		s, err := mail.NewSMTP(c.mailFrom, c.smtpURL, mail.SMTPOptions{})
		return s, "SMTP", err
	case c.sendGridKey.Reveal() != "":
		return mail.NewSendGrid(c.mailFrom, c.sendGridKey, mail.SendGridOptions{}), "SendGrid", nil
	case !c.development:
		return nil, "", errNoMail()
	}
	from := c.mailFrom
	if from.Address == "" {
		from = mail.From{Name: "Pierre", Address: "keys@pierre.localhost"}
	}
	dir := filepath.Join(c.dataDir, "mail")
	s, err := mail.NewFiles(from, dir)
	return s, dir, err
}

// loadDatabase is load for commands that only need the database and the site's address.
func (c *config) loadDatabase() error {
	parsed := c.settings.Parse()
	if err := errors.Join(parsed, c.encryptionKey.Check(encryptionName), c.checkSite(), c.checkSecret()); err != nil {
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

// encryptionName names the secret that encrypts what must be readable again, such as mails while they wait.
const encryptionName = "ADMIN_ENCRYPTION_KEY"

func parseSecret(text string) (secret.String, error) { return secret.New(strings.TrimSpace(text)), nil }

func parseFrom(text string) (mail.From, error) {
	if text == "" {
		return mail.From{}, nil
	}
	from, err := mail.ParseFrom(text)
	if err != nil {
		return from, errors.New("must be an address such as Pierre <keys@pierre.example>")
	}
	return from, nil
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
