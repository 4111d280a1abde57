package oauthapi

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/web"
)

const maxRedirectURI = 2000

// schemePattern is what private schemes of apps look like (RFC 8252, section 7.1), such as cursor: and com.example.app:.
var schemePattern = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// notForApps are schemes that browsers give a meaning of their own.
func notForApps() []string {
	return []string{
		"javascript", "data", "vbscript", "file", "blob", "about", "view-source", "filesystem", "ftp", "ws", "wss", "mailto", "tel", "sms", "intent", "chrome", "jar",
	}
}

// checkRedirect reports what is wrong with a redirect URI that an app asks to register, "" if nothing is. Where codes are
// sent is https, a program on the person's own computer, or a scheme of the app's own.
func checkRedirect(text string) string {
	u, err := url.Parse(text)
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case len(text) > maxRedirectURI:
		return "is too long"
	case err != nil || u.Scheme == "" || strings.ContainsFunc(text, odd):
		return "is no URI"
	case strings.ContainsFunc(u.Host, odd): // by %: people are shown it, and another alphabet has letters that look alike
		return "names a host in other letters than those of DNS; write it with xn--"
	case strings.Contains(text, "#"):
		return "has a fragment"
	case u.User != nil:
		return "has a user name"
	case u.Scheme == "https" && u.Hostname() == "":
		return "names no host"
	case u.Scheme == "https":
		return ""
	case u.Scheme == "http" && !web.Loopback(u.Host):
		return "must be https; http is for programs on the person's own computer, at localhost or 127.0.0.1"
	case u.Scheme == "http":
		return ""
	case !schemePattern.MatchString(u.Scheme) || slices.Contains(notForApps(), u.Scheme):
		return "has a scheme that is not an app's own"
	case u.Opaque != "" || u.Host == "" && strings.Trim(u.Path, "/") == "":
		return "names nothing after its scheme"
	default:
		return ""
	}
}

// registered reports whether the redirect URI of a request is one of those that were registered: equal to the letter, but
// for the port of a program on the person's own computer, which takes what is free (RFC 8252, section 7.3).
func registered(uris []string, text string) bool {
	return slices.ContainsFunc(uris, func(uri string) bool { return checkRedirect(uri) == "" && (uri == text || samePlace(uri, text)) })
}

// samePlace reports whether two http URIs of this computer differ in nothing but the port.
func samePlace(a, b string) bool {
	first, ok := withoutPort(a)
	second, alsoOK := withoutPort(b)
	return ok && alsoOK && first == second
}

func withoutPort(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || !web.Loopback(u.Host) || checkRedirect(text) != "" {
		return "", false
	}
	rest, ok := strings.CutPrefix(text, "http://"+u.Host)
	if _, _, err := net.SplitHostPort(u.Host); u.Port() == "" && err == nil { // a colon without a port
		ok = false
	}
	return "http://" + u.Hostname() + rest, ok
}

// destination says to a person where a redirect URI leads.
func destination(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return text
	case u.Scheme == "https":
		return u.Host
	case u.Scheme == "http":
		return "a program on this computer (" + u.Host + ")"
	default:
		return "the app on this device that opens " + u.Scheme + ": links"
	}
}
