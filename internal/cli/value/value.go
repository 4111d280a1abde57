// Package value parses the values that programs' settings take: addresses, networks, origins, files and folders. Its errors
// continue a line that begins with the name of the setting.
package value

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
)

const lookupTimeout = 3 * time.Second

// LooksLikeAddress reports whether text was meant as an IP address, right or wrong: WHATWG URL takes a
// host whose last part is a number for one.
func LooksLikeAddress(text string) bool {
	last := text[strings.LastIndexByte(text, '.')+1:]
	_, err := strconv.ParseUint(last, 10, 64)
	return err == nil || strings.Contains(text, ":")
}

// Host takes an address or a name that has one.
func Host(text string) (string, error) {
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
	case LooksLikeAddress(host) || !hostName.MatchString(host):
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

// Port takes a port number; "" leaves the choice to the kind of server.
func Port(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", fmt.Errorf("must be a number from 0 to 65535, not %q", text)
	}
	return strconv.FormatUint(n, 10), nil
}

// HostPort takes an address with a port, or nothing.
func HostPort(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || port == "" {
		return "", fmt.Errorf("must be an address with a port, such as 127.0.0.1:9090, not %q", text)
	}
	if port, err = Port(port); err != nil {
		return "", fmt.Errorf("the port of %q %w", text, err)
	}
	if host != "" { // without one, on all addresses
		if host, err = Host(host); err != nil {
			return "", err
		}
	}
	return net.JoinHostPort(host, port), nil
}

// DataDir takes a folder, which need not exist yet.
func DataDir(text string) (string, error) {
	if text == "" {
		return "", errors.New("is needed, because the environment names no home folder")
	}
	if err := CheckTilde(text); err != nil {
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

// Path takes the path of a file, which is opened later, or nothing.
func Path(text string) (string, error) { return text, CheckTilde(text) }

// File takes the path of a file that can be read, or nothing.
func File(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if err := CheckTilde(text); err != nil {
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

// Folder takes the path of a folder that can be read, or nothing.
func Folder(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if err := CheckTilde(text); err != nil {
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

// CheckTilde refuses what a shell would have replaced. Without the check there would be a folder named "~".
func CheckTilde(path string) error {
	if path == "~" || strings.HasPrefix(path, "~/") {
		return fmt.Errorf("the shell did not replace the ~ in %s; write the folder out, or use $HOME", path)
	}
	return nil
}

// Networks takes networks and addresses, with commas or spaces between them.
func Networks(text string) ([]netip.Prefix, error) {
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

// Origins takes web origins and writes them as browsers do, so that they can be compared.
func Origins(text string) ([]string, error) {
	var origins []string
	for _, item := range list(text) {
		origin, err := Origin(item)
		if err != nil {
			return nil, err
		}
		origins = append(origins, origin)
	}
	return origins, nil
}

// PublicURL takes an origin of http or https, or nothing.
func PublicURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	origin, err := Origin(text)
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

// Origin takes SCHEME://HOST[:PORT] (RFC 6454).
func Origin(text string) (string, error) {
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
	if aerr != nil && (LooksLikeAddress(host) || !hostName.MatchString(host)) {
		return "", fmt.Errorf("%q names no host; a name with other than ASCII letters is written as browsers send it, xn--…", text)
	}
	if aerr == nil && addr.Is6() {
		host = "[" + addr.String() + "]"
	}
	if _, err := Port(port); err != nil {
		return "", fmt.Errorf("the port of %q %w", text, err)
	}
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return u.Scheme + "://" + host, nil
	}
	return u.Scheme + "://" + host + ":" + port, nil
}

// Switch takes the words for on and off.
func Switch(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "on", "yes", "1":
		return true, nil
	case "false", "off", "no", "0":
		return false, nil
	default:
		return false, fmt.Errorf("must be true or false, not %q", text)
	}
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
