// Package publicnet makes HTTP connections to public addresses only, for URLs that others choose: they cannot make a program
// reach its own machine, its network or the metadata of its cloud. What is asked there is its callers' concern.
package publicnet

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

const (
	connectTimeout = 3 * time.Second
	maxHeader      = 16 << 10
	idleTimeout    = time.Minute
)

// ErrNotPublic is why no connection is made.
var ErrNotPublic = errors.New("this is not a public address")

// Transport connects to public addresses, and to those in the networks that are allowed beside them. The address is checked
// after the name was looked up, just before the connection is made: a name that changes in between gains nothing. Proxies of
// the environment are not used.
func Transport(allowed ...netip.Prefix) http.RoundTripper {
	return transport(func(addr netip.Addr) bool { return public(addr) || contains(allowed, addr.Unmap()) })
}

// Patient is [Transport] for servers that are asked often and that may take so long until they begin to answer: it keeps
// connections for the next requests.
func Patient(wait time.Duration, allowed ...netip.Prefix) http.RoundTripper {
	t := transport(func(addr netip.Addr) bool { return public(addr) || contains(allowed, addr.Unmap()) })
	t.ResponseHeaderTimeout, t.DisableKeepAlives, t.IdleConnTimeout = wait, false, idleTimeout
	return t
}

// Within is [Transport] for what connects to the networks only, and to no public address outside of them.
func Within(networks ...netip.Prefix) http.RoundTripper {
	return transport(func(addr netip.Addr) bool { return contains(networks, addr.Unmap()) })
}

func transport(reachable func(addr netip.Addr) bool) *http.Transport {
	dialer := &net.Dialer{
		Timeout: connectTimeout,
		Control: func(_, address string, _ syscall.RawConn) error {
			addr, err := netip.ParseAddrPort(address)
			if err == nil && reachable(addr.Addr()) {
				return nil
			}
			return fmt.Errorf("%s: %w", address, ErrNotPublic)
		},
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  connectTimeout,
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
	}
}

// public reports whether an address is of a host on the public internet, by the IANA registries of special-purpose
// addresses. Addresses that embed others, as NAT64 has them, count as special.
func public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Zone() != "" {
		return false
	}
	if addr.Is6() && !netip.MustParsePrefix("2000::/3").Contains(addr) {
		return false // all that was given out for the internet lies in it
	}
	return !contains(special(), addr)
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// special are the networks of the registries that netip does not know.
func special() []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
		"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	} {
		networks = append(networks, netip.MustParsePrefix(text))
	}
	return networks
}
