package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddr returns the address that the request comes from: the peer's, or if the peer is a trusted proxy, the last
// one in X-Forwarded-For that is not such a proxy. What stands further left, the client may have made up. It is the
// zero Addr for a request that came through memory.
func ClientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	if !contains(trusted, addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(hops) {
		hop, err := parseHop(strings.TrimSpace(text))
		if err != nil {
			return addr // the proxy before is the last that is known
		}
		if addr = hop; !contains(trusted, addr) {
			return addr
		}
	}
	return addr
}

// parseHop reads an address; some proxies add the port.
func parseHop(text string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap(), nil
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap(), err
}

// ClientNetwork names where the request comes from, as it is limited: the address, or in IPv6 the network of a site, since one
// household has many addresses of it. See [ClientAddr].
func ClientNetwork(r *http.Request, trusted []netip.Prefix) string {
	const siteBits = 56
	addr := ClientAddr(r, trusted).Unmap()
	bits := addr.BitLen()
	if addr.Is6() {
		bits = siteBits
	}
	network, err := addr.Prefix(bits)
	if err != nil || !network.IsValid() {
		return "unknown"
	}
	return network.String()
}
