package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
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
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/release"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A config is everything that an operator can choose, checked. See docs/OPERATIONS.md.
type config struct {
	singleTenant   bool
	host           string
	port           string
	databaseURL    string
	databaseConns  int // to PostgreSQL, at most
	redisURL       secret.String
	redisDown      redisDown
	dataDir        string
	log            logging.Options
	accessLog      bool
	geoIPDB        string
	tlsCert        string
	tlsKey         string
	certificate    *certfile.Pair // nil: plain HTTP
	metricsAddr    string
	maxInFlight    int
	maxConnections int // 0: what the limit of descriptors leaves
	allowedOrigins []string
	trustedProxies []netip.Prefix
	downloadsDir   string
	downloadsKey   *release.Key // nil: builds need no signature
	publicURL      string
	oauth          bool
	maxUploadBytes int64
	retention      time.Duration // of calls
	maxStoredBytes int64
	keepOriginals  bool
	maxAthletes    int
	deleteAccounts bool
	toolProfile    pierre.ToolProfile
	jwtSecret      keyring.Source
	encryptionKey  keyring.Source
	providers      providerConfig
	weather        weatherConfig
	foodFile       string // "": none

	serves   bool // a server for many, not one of the other commands
	settings *cli.Settings
	warnings []string // for the log, once there is one
}

// table lists the flags that have an environment variable.
func (c *config) table(getenv func(string) string) []cli.Setting {
	dataDir, err := datadir.Default(getenv)
	if err != nil {
		dataDir = "" // Parse asks for the flag then
	}
	return []cli.Setting{
		{Flag: "host", Env: "PIERRE_HOST", Default: "127.0.0.1", Help: "address to listen on; 0.0.0.0 for all. HOST counts, too, if it is an address", Other: c.sharedHost, Parse: into(&c.host, value.Host)},
		{Flag: "port", Env: "PORT", Help: "port to listen on (default 8081, with --single-tenant 8080)", Parse: into(&c.port, value.Port)},
		{Flag: "database-url", Env: "DATABASE_URL", File: true, Help: "database as sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME (default a SQLite file in the data folder)", Parse: into(&c.databaseURL, parseDatabaseURL)},
		{Flag: "database-connections", Env: "DATABASE_CONNECTIONS", Default: strconv.Itoa(store.DefaultConnections), Help: "connections to PostgreSQL at most", Parse: into(&c.databaseConns, parseDatabaseConnections)},
		{Flag: "redis-url", Env: "REDIS_URL", File: true, Help: "Redis in which several servers count calls together, as redis://USER:PASSWORD@HOST:6379/0", Parse: into(&c.redisURL, parseRedisURL)}, //nolint:gosec // an example
		{Flag: "redis-down", Env: "REDIS_DOWN", Default: "share", Help: "what is admitted while Redis cannot be reached: share (of what was left, by each server) or deny (nothing)", Parse: into(&c.redisDown, parseRedisDown)},
		{Flag: "data-dir", Env: "PIERRE_DATA_DIR", Default: dataDir, Help: "folder of the database, the secrets, and uploads while they are read", Parse: into(&c.dataDir, value.DataDir)},
		{Flag: "log-level", Env: "LOG_LEVEL", Default: "info", Help: "off, error, warn, info or debug; to stderr. RUST_LOG counts, too", Other: rustLevel, Parse: into(&c.log.Level, logging.ParseLevel)},
		{Flag: "log-format", Env: "LOG_FORMAT", Default: "text", Help: "format of the log: text or json", Parse: into(&c.log.JSON, logging.ParseFormat)},
		{Flag: "access-log", Env: "ACCESS_LOG", Default: "false", Switch: true, Help: "log every request with its id, which the client gets as X-Request-Id; otherwise only those that fail", Parse: into(&c.accessLog, value.Switch)},
		{Flag: "geoip-db", Env: "GEOIP_DB", Help: "MaxMind database that gives usage reports their countries; read again when it changes", Parse: into(&c.geoIPDB, value.File)},
		{Flag: "tls-cert", Env: "TLS_CERT", Help: "certificate file, for HTTPS without a proxy in front; read again when it changes, and on SIGHUP", Parse: into(&c.tlsCert, value.Path)},
		{Flag: "tls-key", Env: "TLS_KEY", Help: "key file of --tls-cert", Parse: into(&c.tlsKey, value.Path)},
		{Flag: "metrics-addr", Env: "METRICS_ADDR", Help: "host:port of a listener of its own for /metrics (default on --port, for this machine only)", Parse: into(&c.metricsAddr, value.HostPort)},
		{Flag: "max-connections", Env: "MAX_CONNECTIONS", Default: "0", Help: "open connections at most; 0: what the process's limit of open files leaves", Parse: into(&c.maxConnections, parseConnections)},
		{Flag: "max-calls-in-flight", Env: "MAX_CALLS_IN_FLIGHT", Default: "2048", Help: "requests that run or wait for their turn at most; further ones get 503", Parse: into(&c.maxInFlight, parseInFlight)},
		{Flag: "allowed-origins", Env: "ALLOWED_ORIGINS", Help: "web origins that may call /mcp from a browser, comma-separated", Parse: into(&c.allowedOrigins, value.Origins)},
		{Flag: "trusted-proxies", Env: "TRUSTED_PROXIES", Help: "networks whose X-Forwarded-For is believed, comma-separated", Parse: into(&c.trustedProxies, value.Networks)},
		{Flag: "downloads-dir", Env: "DOWNLOADS_DIR", Help: "folder of mcp-client builds to serve, with install.sh and install.ps1", Parse: into(&c.downloadsDir, value.Folder)},
		{Flag: "downloads-key", Env: "DOWNLOADS_KEY", Help: "file of the public key that the builds must be signed with; the installers then check the signature", Parse: into(&c.downloadsKey, parseReleaseKey)},
		{Flag: "public-url", Env: "PUBLIC_URL", Help: "origin under which clients reach this server, for the installers and --oauth (default as asked)", Parse: into(&c.publicURL, value.PublicURL)},
		{Flag: "oauth", Env: "OAUTH", Default: "false", Switch: true, Help: "let people connect hosts that cannot send a key, such as claude.ai and ChatGPT; needs --public-url", Parse: into(&c.oauth, value.Switch)},
		{Flag: "max-upload-mb", Env: "MAX_UPLOAD_MB", Default: "2048", Help: "largest upload to /api/import, in MB", Parse: into(&c.maxUploadBytes, parseMegabytes)},
		{Flag: "max-stored-mb", Env: "MAX_STORED_MB", Default: "4096", Help: "samples of one person's recordings, their files and values of days that are kept, in MB; a year of daily training takes about 10, and its files 25", Parse: into(&c.maxStoredBytes, parseMegabytes)},
		{Flag: "keep-originals", Env: "KEEP_ORIGINALS", Switch: true, Help: "keep the files that recordings are read from, byte for byte, for exports: recordings take about three times the space, and files hold more than is read of them, such as serial numbers, so that on a server for many it is the operator's decision (default true with --single-tenant, else false)", Parse: c.parseKeepOriginals},
		{Flag: "calls-retention-days", Env: "CALLS_RETENTION_DAYS", Default: "400", Help: "how long each call is kept; what calls add up to stays", Parse: into(&c.retention, parseRetention)},
		{Flag: "max-athletes", Env: "MAX_ATHLETES", Default: "10000", Help: "athletes of one customer's application", Parse: into(&c.maxAthletes, parseAthletes)},
		{Flag: "delete-accounts", Env: "DELETE_ACCOUNTS", Default: "false", Switch: true, Help: "let the holder of a personal key delete the account with it (DELETE /v1/account); otherwise only the admin site and the operator do", Parse: into(&c.deleteAccounts, value.Switch)},
		{Flag: "tool-profile", Env: "TOOL_PROFILE", Default: "default", Help: "tools that tools/list shows to keys without a profile of their own: minimal, default or full", Parse: into(&c.toolProfile, parseToolProfile)},
		{Flag: "food-file", Env: "FOOD_FILE", Help: "file of foods that food import made, to search foods and add up meals; read when the server starts", Parse: into(&c.foodFile, value.Path)},
		{Flag: "weather", Env: "WEATHER", Default: "false", Switch: true, Help: "answer what the weather was or will be, by asking Open-Meteo: places leave this server rounded to 0.1 degrees, with days", Parse: into(&c.weather.on, value.Switch)},
		{Flag: "weather-forecast-url", Env: "WEATHER_FORECAST_URL", Help: "origin of the forecasts of --weather, at a public address (default Open-Meteo's)", Parse: into(&c.weather.forecastURL, value.PublicURL)},
		{Flag: "weather-archive-url", Env: "WEATHER_ARCHIVE_URL", Help: "origin of the past of --weather (default Open-Meteo's)", Parse: into(&c.weather.archiveURL, value.PublicURL)},
		{Flag: "weather-daily", Env: "WEATHER_DAILY", Help: "most questions of --weather in a day, by all servers on the database together; Open-Meteo answers fewer than 10000 without a key (default 8000)", Parse: into(&c.weather.daily, parseDaily)},
	}
}

// parseKeepOriginals reads a switch whose default depends on whose server it is.
func (c *config) parseKeepOriginals(text string) (err error) {
	if c.keepOriginals = c.singleTenant; text != "" {
		c.keepOriginals, err = value.Switch(text)
	}
	return err
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
	flags := cmd.PersistentFlags()
	flags.BoolVar(&c.singleTenant, "single-tenant", false, "be a personal program: MCP on stdin and stdout, no key")
	c.settings = cli.BindSettings(flags, getenv, c.table(getenv))
	c.jwtSecret = keyring.SourceOf(getenv, "JWT_SECRET")
	c.encryptionKey = keyring.SourceOf(getenv, "ENCRYPTION_KEY")
	table := c.providers.table
	if table == nil {
		table = provider.Table()
	}
	transport := c.providers.transport
	c.providers = readProviders(getenv, table)
	c.providers.transport = transport
	c.weather.key, c.weather.keyErr = secretOf(getenv, "WEATHER_API_KEY")
}

// load reads and checks all settings, before anything is made. Its error holds all mistakes.
func (c *config) load() error {
	errs := []error{c.settings.Parse()}
	if c.port == "" {
		c.port = "8081"
		if c.singleTenant {
			c.port = "8080"
		}
	}
	if c.singleTenant {
		errs = append(errs, c.checkPersonal())
	}
	if c.serves {
		errs = append(errs, c.checkShared())
	}
	if c.downloadsKey != nil && c.downloadsDir == "" && !c.singleTenant {
		errs = append(errs, fmt.Errorf("%s: needs --downloads-dir, the folder of the builds", c.settings.Source("downloads-key")))
	}
	errs = append(errs, c.checkOAuth(), c.providers.err, c.checkWeather(), c.loadCertificate(), c.jwtSecret.Check("JWT_SECRET"), c.encryptionKey.Check("ENCRYPTION_KEY"))
	if err := errors.Join(errs...); err != nil {
		return cli.Usage(err)
	}
	return nil
}

// checkPersonal refuses what a personal server must not do or cannot use.
func (c *config) checkPersonal() error {
	var errs []error
	if c.host != "" && !web.Loopback(c.host) {
		errs = append(errs, fmt.Errorf("%s: --single-tenant asks for no key and so listens on loopback only, not on %s", c.settings.Source("host"), c.host))
	}
	for _, flag := range []string{"metrics-addr", "trusted-proxies", "downloads-dir", "downloads-key", "public-url", "oauth", "max-athletes"} {
		if c.settings.Given(flag) {
			errs = append(errs, fmt.Errorf("--%s: has no use with --single-tenant", flag))
		}
	}
	return errors.Join(errs...)
}

// checkShared wants the secrets where other servers may share the database: all must have the same ones, and a data folder
// of one of them is no place for those of all.
func (c *config) checkShared() error {
	path, err := store.Path(c.databaseURL, c.dataDir)
	if err != nil || path != "" {
		return nil //nolint:nilerr // the setting's parser has reported it
	}
	return errors.Join(c.jwtSecret.CheckGiven("JWT_SECRET"), c.encryptionKey.CheckGiven("ENCRYPTION_KEY"))
}

// checkOAuth demands an address that hosts can trust: tokens are bound to it, and people give it their keys.
func (c *config) checkOAuth() error {
	if !c.oauth || c.singleTenant {
		return nil
	}
	u, err := url.Parse(c.publicURL)
	if err == nil && (u.Scheme == "https" || u.Scheme == "http" && web.Loopback(u.Hostname())) {
		return nil
	}
	return fmt.Errorf("%s: needs --public-url with the https:// address under which hosts reach this server", c.settings.Source("oauth"))
}

func (c *config) loadCertificate() error {
	switch {
	case c.tlsCert == "" && c.tlsKey == "":
		return nil
	case c.tlsKey == "":
		return fmt.Errorf("%s: needs --tls-key, too", c.settings.Source("tls-cert"))
	case c.tlsCert == "":
		return fmt.Errorf("%s: needs --tls-cert, too", c.settings.Source("tls-key"))
	}
	var err error
	if c.certificate, err = certfile.Load(c.tlsCert, c.tlsKey, time.Now); err != nil {
		return fmt.Errorf("%s: %w", c.settings.Source("tls-cert"), err)
	}
	return nil
}

// sharedHost reads HOST. Shells and build tools set it to names that were not meant for this program, so it
// counts only if it is an address, or something that was meant to be one.
func (c *config) sharedHost(getenv func(string) string) (name, text string) {
	host := getenv("HOST")
	if host == "" {
		return "", ""
	}
	if host == "localhost" || value.LooksLikeAddress(host) {
		return "HOST", host
	}
	c.warnings = append(c.warnings, fmt.Sprintf("HOST=%s is not an address and is ignored; to listen there, set PIERRE_HOST or --host", host))
	return "", ""
}

// rustLevel reads the first plain level of a RUST_LOG such as "info,hyper=warn". That variable is for
// other programs as well: other values in it are ignored.
func rustLevel(getenv func(string) string) (name, text string) {
	for part := range strings.SplitSeq(getenv("RUST_LOG"), ",") {
		if _, err := logging.ParseLevel(part); err == nil && part != "" {
			return "RUST_LOG", part
		}
	}
	return "", ""
}
