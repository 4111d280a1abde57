package web

import (
	"net"
	"net/netip"
	"strings"
)

// Loopback reports whether a host, with or without a port, is a name of this machine for itself: localhost or a loopback
// address.
func Loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}
