package serverdoctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/probe"
)

const pathWhy = "Hosts and people reach the server there."

// public asks the server at its public address, as a client does, and says what the proxies between do.
func (x *examination) public(ctx context.Context) {
	switch {
	case x.PublicURL == "":
		x.skip("public URL", "--public-url is not given, so that neither the way to this server nor its proxy can be tried")
		return
	case x.JWTSecret.Reveal() == "":
		x.skip("public URL", "there are no secrets yet to know the server by; it makes them when it starts")
		return
	}
	transport := &http.Transport{TLSClientConfig: x.tlsConfig(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := probe.Ask(ctx, client, x.PublicURL, x.JWTSecret, x.now())
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		x.fail("public URL", finding{x.PublicURL + " has a certificate that is not trusted: " + err.Error(), pathWhy, "let the proxy get one for that name, with those between it and the root"})
		return
	}
	if errors.Is(err, probe.ErrOther) {
		x.fail("public URL", finding{"At " + x.PublicURL + " " + err.Error() + ".", pathWhy, "let the proxy pass all paths of that name to this server; is it a version that knows " + probe.Path + ", with the same JWT_SECRET?"})
		return
	}
	if err != nil {
		x.fail("public URL", finding{x.PublicURL + " does not answer: " + err.Error(), pathWhy, "start the server and the proxy, and look at the name's address and the firewall"})
		return
	}
	x.ok("public URL", "%s leads to this server", x.PublicURL)
	x.clientAddress(a)
	if a.Streamed {
		x.ok("streaming", "answers come as they are sent")
	} else {
		x.fail("streaming", finding{"A proxy holds answers back until they are complete.", "Progress and notifications of tools reach hosts late, and long answers not at all.", "turn buffering off: proxy_buffering off in nginx, flush_interval -1 in Caddy"})
	}
}

// clientAddress judges what a proxy says of the client.
func (x *examination) clientAddress(a probe.Answer) {
	const why = "Limits of failed sign-ins, networks of keys and countries go by the client's address."
	forged := slices.Index(a.Forwarded, probe.Forged)
	switch {
	case forged >= 0 && forged == len(a.Forwarded)-1 && a.Trusted:
		x.fail("client address", finding{"The proxy passes on the X-Forwarded-For that clients make up.", why, "let it add the address: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for in nginx; Caddy does by itself"})
	case forged >= 0 && forged == len(a.Forwarded)-1:
		x.ok("client address", "no proxy is between, and what clients say in X-Forwarded-For is not believed")
	case len(a.Forwarded) > 0 && !a.Trusted:
		x.fail("client address", finding{"The proxy at " + a.Peer + " is not among --trusted-proxies, so that all clients seem to be it.", why, "set --trusted-proxies " + a.Peer + "/" + bits(a.Peer)})
	case len(a.Forwarded) == 0 && a.Trusted:
		x.fail("client address", finding{"The proxy at " + a.Peer + " does not say whose requests it passes on, so that all clients seem to be it.", why, "let it set X-Forwarded-For"})
	default:
		x.ok("client address", "the server sees %s through the proxy at %s", a.Client, a.Peer)
	}
}

func bits(addr string) string {
	if strings.Contains(addr, ":") {
		return "128"
	}
	return "32"
}
