package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

const (
	maxUploadMegabytes = 1_000_000 // a terabyte: more than that is a typing error
	minConnections     = 16
	maxConnections     = 1_000_000
	maxAthletes        = 1_000_000
	maxInFlight        = 1_000_000
	lookupTimeout      = 3 * time.Second

	minDatabaseConnections = 2 // a job must not keep the calls waiting
	maxDatabaseConnections = 10_000
)

// looksLikeAddress reports whether text was meant as an IP address, right or wrong: WHATWG URL takes a
// host whose last part is a number for one.
func looksLikeAddress(text string) bool {
	last := text[strings.LastIndexByte(text, '.')+1:]
	_, err := strconv.ParseUint(last, 10, 64)
	return err == nil || strings.Contains(text, ":")
}

// parseHost takes an address or a name that has one.
func parseHost(text string) (string, error) {
	host := text
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		host = text[1 : len(text)-1]
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String(), nil
	}
	switch {
	case host == "":
		return "", errors.New("must name an address; 0.0.0.0 means all")
	case strings.EqualFold(host, "localhost"):
		return "localhost", nil
	case strings.Contains(host, "/"):
		return "", fmt.Errorf("must be an address such as 0.0.0.0, not the URL %q", text)
	case isHostPort(text):
		return "", fmt.Errorf("must be an address without a port, not %q; --port has the port", text)
	case looksLikeAddress(host) || !hostName.MatchString(host):
		return "", fmt.Errorf("%q is no IP address and no host name", text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil {
		return "", fmt.Errorf("%q is no IP address, and no address is known for that name", text)
	}
	return host, nil
}

// hostName is the form of a DNS name (RFC 1123, section 2.1; underscores occur in private networks).
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

func isHostPort(text string) bool {
	_, port, err := net.SplitHostPort(text)
	return err == nil && port != ""
}

// parsePort takes a port number; "" leaves the choice to the kind of server.
func parsePort(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", fmt.Errorf("must be a number from 0 to 65535, not %q", text)
	}
	return strconv.FormatUint(n, 10), nil
}

// parseHostPort takes an address with a port, or nothing.
func parseHostPort(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || port == "" {
		return "", fmt.Errorf("must be an address with a port, such as 127.0.0.1:9090, not %q", text)
	}
	if port, err = parsePort(port); err != nil {
		return "", fmt.Errorf("the port of %q %w", text, err)
	}
	if host != "" { // without one, on all addresses
		if host, err = parseHost(host); err != nil {
			return "", err
		}
	}
	return net.JoinHostPort(host, port), nil
}

// parseDatabaseURL takes what the store can open. The value is not repeated in the error: it may hold a password.
func parseDatabaseURL(text string) (string, error) {
	if err := checkTilde(strings.TrimPrefix(strings.TrimPrefix(text, "sqlite:"), "//")); err != nil {
		return "", err
	}
	if _, err := store.Path(text, "."); err != nil {
		return "", errors.New(strings.TrimPrefix(pierre.MessageOf(err, "the database cannot be opened"), "--database-url "))
	}
	return text, nil
}

// parseDataDir takes a folder, which need not exist yet.
func parseDataDir(text string) (string, error) {
	if text == "" {
		return "", errors.New("is needed, because the environment names no home folder")
	}
	if err := checkTilde(text); err != nil {
		return "", err
	}
	for path := filepath.Clean(text); ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err == nil && !info.IsDir() {
			return "", fmt.Errorf("%s is a file, not a folder", path)
		}
		if err == nil || path == filepath.Dir(path) {
			return text, nil
		}
	}
}

// parsePath takes the path of a file, which is opened later, or nothing.
func parsePath(text string) (string, error) { return text, checkTilde(text) }

// parseFile takes the path of a file that can be read, or nothing.
func parseFile(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if err := checkTilde(text); err != nil {
		return "", err
	}
	f, err := os.Open(text)
	if err != nil {
		return "", pathError(err, text)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return "", fmt.Errorf("%s is a folder, not a file", text)
	}
	return text, nil
}

// parseFolder takes the path of a folder that can be read, or nothing.
func parseFolder(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if err := checkTilde(text); err != nil {
		return "", err
	}
	info, err := os.Stat(text)
	if err != nil {
		return "", pathError(err, text)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is a file, not a folder", text)
	}
	if _, err := os.ReadDir(text); err != nil {
		return "", pathError(err, text)
	}
	return text, nil
}

func pathError(err error, path string) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no %s", path)
	}
	if cause, ok := errors.AsType[*os.PathError](err); ok {
		err = cause.Err
	}
	return fmt.Errorf("%s cannot be read: %w", path, err)
}

// checkTilde refuses what a shell would have replaced. Without the check there would be a folder named "~".
func checkTilde(path string) error {
	if path == "~" || strings.HasPrefix(path, "~/") {
		return fmt.Errorf("the shell did not replace the ~ in %s; write the folder out, or use $HOME", path)
	}
	return nil
}

func parseNetworks(text string) ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for _, item := range list(text) {
		network, err := netip.ParsePrefix(item)
		if addr, aerr := netip.ParseAddr(item); aerr == nil {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no address and no network such as 10.0.0.0/8", item)
		}
		nets = append(nets, network)
	}
	return nets, nil
}

// parseOrigins takes web origins and writes them as browsers do, so that they can be compared.
func parseOrigins(text string) ([]string, error) {
	var origins []string
	for _, item := range list(text) {
		origin, err := parseOrigin(item)
		if err != nil {
			return nil, err
		}
		origins = append(origins, origin)
	}
	return origins, nil
}

// parsePublicURL takes an origin of http or https, or nothing.
func parsePublicURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	origin, err := parseOrigin(text)
	if err == nil && !strings.HasPrefix(origin, "http") {
		err = fmt.Errorf("%q must begin with https:// or http://", text)
	}
	return origin, err
}

// originSchemes are the schemes of web pages, and of the programs and extensions that show some.
func originSchemes() []string {
	return []string{
		"https", "http", "chrome-extension", "moz-extension", "safari-web-extension", "vscode-webview",
		"app", "tauri", "capacitor", "ionic",
	}
}

// parseOrigin takes SCHEME://HOST[:PORT] (RFC 6454).
func parseOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Hostname() == "" {
		return "", fmt.Errorf("%q is no web origin such as https://app.example.com", text)
	}
	if !slices.Contains(originSchemes(), u.Scheme) {
		return "", fmt.Errorf("%q must begin with https:// or http://", text)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("%q is more than a web origin; write %s://%s", text, u.Scheme, u.Host)
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	addr, aerr := netip.ParseAddr(host)
	if aerr != nil && (looksLikeAddress(host) || !hostName.MatchString(host)) {
		return "", fmt.Errorf("%q names no host; a name with other than ASCII letters is written as browsers send it, xn--…", text)
	}
	if aerr == nil && addr.Is6() {
		host = "[" + addr.String() + "]"
	}
	if _, err := parsePort(port); err != nil {
		return "", fmt.Errorf("the port of %q %w", text, err)
	}
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return u.Scheme + "://" + host, nil
	}
	return u.Scheme + "://" + host + ":" + port, nil
}

// parseSwitch takes the words for on and off.
func parseSwitch(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "on", "yes", "1":
		return true, nil
	case "false", "off", "no", "0":
		return false, nil
	default:
		return false, fmt.Errorf("must be true or false, not %q", text)
	}
}

// parseConnections takes a number of connections, 0 for as many as there can be.
func parseConnections(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n != 0 && n < minConnections || n > maxConnections {
		return 0, fmt.Errorf("must be 0 or a number from %d to %d, not %q", minConnections, maxConnections, text)
	}
	return n, nil
}

// parseInFlight takes a number of requests.
func parseInFlight(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxInFlight {
		return 0, fmt.Errorf("must be a number from 1 to %d, not %q", maxInFlight, text)
	}
	return n, nil
}

// parseDatabaseConnections takes how many connections to the database's server there may be.
func parseDatabaseConnections(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < minDatabaseConnections || n > maxDatabaseConnections {
		return 0, fmt.Errorf("must be a number from %d to %d, not %q", minDatabaseConnections, maxDatabaseConnections, text)
	}
	return n, nil
}

// Bounds of how long calls are kept: the quota of a month can be counted in two of them.
const (
	minRetentionDays = 62
	maxRetentionDays = 36_500
)

// parseRetention takes a number of days.
func parseRetention(text string) (time.Duration, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < minRetentionDays || n > maxRetentionDays {
		return 0, fmt.Errorf("must be a number of days from %d to %d, not %q", minRetentionDays, maxRetentionDays, text)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// parseAthletes takes a number of athletes.
func parseAthletes(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxAthletes {
		return 0, fmt.Errorf("must be a number from 1 to %d, not %q", maxAthletes, text)
	}
	return n, nil
}

// parseToolProfile takes a profile's name.
func parseToolProfile(text string) (pierre.ToolProfile, error) {
	p := pierre.ToolProfile(text)
	if !slices.Contains(pierre.ToolProfiles(), p) {
		return "", fmt.Errorf("must be minimal, default or full, not %q", text)
	}
	return p, nil
}

// parseMegabytes returns bytes.
func parseMegabytes(text string) (int64, error) {
	mb, err := strconv.ParseInt(text, 10, 64)
	if err != nil || mb < 1 || mb > maxUploadMegabytes {
		return 0, fmt.Errorf("must be a number from 1 to %d, not %q", maxUploadMegabytes, text)
	}
	return mb << 20, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
