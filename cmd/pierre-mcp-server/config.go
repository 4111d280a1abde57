package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/datadir"
	"github.com/pierre-mcp/pierre/internal/logging"
)

// A setting is a flag and the environment variable that gives its default.
type setting struct {
	flag, env string
	preset    string
	help      string
	value     *string
}

// A config is everything that the programs' user can choose. See docs/operating.md.
type config struct {
	singleTenant   bool
	host           string
	port           string
	databaseURL    string
	dataDir        string
	logLevel       string
	geoIPDB        string
	tlsCert        string
	tlsKey         string
	allowedOrigins string
	trustedProxies string
	maxUploadMB    string
	downloadsDir   string
	publicURL      string
	jwtSecret      fileOr
	encryptionKey  fileOr
}

// A fileOr is a secret that the environment gives as text or as the path of a file.
type fileOr struct{ text, file string }

// settings lists the flags that have an environment variable; dataDir is the default data folder.
func (c *config) settings(dataDir string) []setting {
	return []setting{
		{"host", "HOST", "127.0.0.1", "address to listen on; 0.0.0.0 for all", &c.host},
		{"port", "PORT", "", "port to listen on (default 8081, with --single-tenant 8080)", &c.port},
		{"database-url", "DATABASE_URL", "", "database (default a SQLite file in the data folder)", &c.databaseURL},
		{"data-dir", "PIERRE_DATA_DIR", dataDir, "folder of the database, the secrets and uploads", &c.dataDir},
		{"log-level", "LOG_LEVEL", "info", "off, error, warn, info or debug", &c.logLevel},
		{"geoip-db", "GEOIP_DB", "", "MaxMind database that gives usage reports their countries", &c.geoIPDB},
		{"tls-cert", "TLS_CERT", "", "certificate file, for HTTPS without a proxy in front", &c.tlsCert},
		{"tls-key", "TLS_KEY", "", "key file of --tls-cert", &c.tlsKey},
		{"allowed-origins", "ALLOWED_ORIGINS", "", "web origins that may call /mcp from a browser, comma-separated", &c.allowedOrigins},
		{"trusted-proxies", "TRUSTED_PROXIES", "", "networks whose X-Forwarded-For is believed, comma-separated", &c.trustedProxies},
		{"downloads-dir", "DOWNLOADS_DIR", "", "folder of mcp-client builds to serve, with install.sh and install.ps1", &c.downloadsDir},
		{"public-url", "PUBLIC_URL", "", "origin under which clients reach this server, for the installers (default as asked)", &c.publicURL},
		{"max-upload-mb", "MAX_UPLOAD_MB", "2048", "largest upload to /api/import, in MB", &c.maxUploadMB},
	}
}

// bind adds the flags of the settings to cmd, with defaults from the environment.
func (c *config) bind(cmd *cobra.Command, getenv func(string) string) {
	dataDir, err := datadir.Default(getenv)
	if err != nil {
		dataDir = "" // validate asks for the flag then
	}
	for _, s := range c.settings(dataDir) {
		preset := s.preset
		if v := getenv(s.env); v != "" {
			preset = v
		} else if s.env == "LOG_LEVEL" {
			preset = rustLevel(getenv("RUST_LOG"), preset)
		}
		cmd.PersistentFlags().StringVar(s.value, s.flag, preset, s.help+" ["+s.env+"]")
		cmd.PersistentFlags().Lookup(s.flag).DefValue = s.preset // --help must not show the environment's: it may hold a password
	}
	c.jwtSecret = fileOr{getenv("JWT_SECRET"), getenv("JWT_SECRET_FILE")}
	c.encryptionKey = fileOr{getenv("ENCRYPTION_KEY"), getenv("ENCRYPTION_KEY_FILE")}
}

// rustLevel reads the first plain level of a RUST_LOG such as "info,hyper=warn". That variable is for
// other programs as well: what is no level of ours does not concern us.
func rustLevel(rustLog, preset string) string {
	for part := range strings.SplitSeq(rustLog, ",") {
		if _, err := logging.New(io.Discard, part); err == nil && part != "" {
			return part
		}
	}
	return preset
}

// validate reports all mistakes at once.
func (c *config) validate() error {
	var errs []error
	if c.port == "" {
		c.port = "8081"
		if c.singleTenant {
			c.port = "8080"
		}
	}
	if c.dataDir == "" {
		errs = append(errs, errors.New("--data-dir is needed: the environment names no home folder"))
	}
	if n, err := strconv.Atoi(c.port); err != nil || n < 0 || n > 65535 {
		errs = append(errs, fmt.Errorf("--port must be a number from 0 to 65535, not %q", c.port))
	}
	if c.host == "" {
		errs = append(errs, errors.New("--host must name an address; 0.0.0.0 means all"))
	} else if c.singleTenant && !loopback(c.host) {
		errs = append(errs, fmt.Errorf("--single-tenant asks for no key and so listens on loopback only, not on --host %s", c.host))
	}
	if (c.tlsCert == "") != (c.tlsKey == "") {
		errs = append(errs, errors.New("--tls-cert and --tls-key go together"))
	}
	if n, err := strconv.Atoi(c.maxUploadMB); err != nil || n < 1 {
		errs = append(errs, fmt.Errorf("--max-upload-mb must be a number from 1 up, not %q", c.maxUploadMB))
	}
	if _, err := c.proxies(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *config) proxies() ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for _, s := range list(c.trustedProxies) {
		p, err := netip.ParsePrefix(s)
		if a, aerr := netip.ParseAddr(s); aerr == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxies holds %q, which is no address or network such as 10.0.0.0/8", s)
		}
		nets = append(nets, p)
	}
	return nets, nil
}

func (c *config) uploadLimit() int64 {
	mb, err := strconv.ParseInt(c.maxUploadMB, 10, 64)
	if err != nil {
		return 0 // validate has refused it
	}
	return mb << 20
}

func (c *config) addr() string { return net.JoinHostPort(c.host, c.port) }

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
