package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
)

const (
	lookupTime = 3 * time.Second
	reachTime  = 4 * time.Second
	// maxSkew is the difference of clocks that nothing minds.
	maxSkew = time.Minute
	// certificateNotice is how long before its end a certificate is worth a warning.
	certificateNotice = 14 * 24 * time.Hour
)

// network checks the way to the server, without the key.
func (x *examination) network(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, x.endpoint.At("/health").String(), nil)
	if err != nil {
		x.fail("reach", err.Error(), "check the URL")
		return false
	}
	proxy, ok := x.proxy(req)
	if !ok || !x.names(ctx, proxy) || !x.reach(req, proxy) {
		const why = "not checked, because the server cannot be reached"
		x.skip("key", why)
		x.skip("protocol", why)
		return false
	}
	return true
}

// proxy checks which proxy is in effect; nil is none.
func (x *examination) proxy(req *http.Request) (*url.URL, bool) {
	transport, ok := x.endpoint.HTTP.Transport.(*http.Transport)
	if !ok {
		return nil, true
	}
	proxy, err := transport.Proxy(req)
	if err != nil {
		x.fail("proxy", "the proxy in the environment is no URL", "correct HTTPS_PROXY or HTTP_PROXY, or use --proxy http://HOST:PORT")
		return nil, false
	}
	if proxy == nil {
		x.ok("proxy", "none")
		return nil, true
	}
	from := "from the environment; NO_PROXY can except the server"
	if x.settings.Proxy != "" {
		from = "from --proxy"
	}
	x.ok("proxy", "%s, %s", proxy.Redacted(), from)
	return proxy, true
}

// names checks that the server's name, or that of the proxy which resolves it, is known.
func (x *examination) names(ctx context.Context, proxy *url.URL) bool {
	host := x.endpoint.URL.Hostname()
	if proxy != nil {
		host = proxy.Hostname()
	}
	if _, err := netip.ParseAddr(host); err == nil {
		x.ok("name", "%s is an address", host)
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		cause := err.Error()
		if dns, ok := errors.AsType[*net.DNSError](err); ok {
			cause = dns.Err
		}
		x.fail("name", fmt.Sprintf("%s cannot be found: %s", host, cause), "check the spelling and the network; inside a company you may need its VPN or --proxy")
		return false
	}
	var list []string
	for _, a := range found {
		list = append(list, a.Unmap().String())
	}
	slices.Sort(list)
	x.ok("name", "%s is %s", host, strings.Join(slices.Compact(list), ", "))
	return true
}

// reach asks the server for a page that needs no key, and looks at its certificate and clock.
func (x *examination) reach(req *http.Request, proxy *url.URL) bool {
	ctx, cancel := context.WithTimeout(req.Context(), reachTime)
	defer cancel()
	begin := time.Now()
	resp, err := x.endpoint.HTTP.Do(req.WithContext(ctx))
	if err != nil {
		x.unreachable(err, proxy)
		return false
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, 64<<10) //nolint:errcheck // what it says does not matter
	took := time.Since(begin).Round(100 * time.Microsecond)
	x.ok("reach", "%s answers %s to GET %s in %v", x.endpoint.URL.Host, resp.Status, req.URL.Path, took)
	x.certificate(resp.TLS)
	x.clock(resp.Header.Get("Date"))
	return true
}

// unreachable explains why there was no response.
func (x *examination) unreachable(err error, proxy *url.URL) {
	host := x.endpoint.URL.Host
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		x.distrusted(e)
		return
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	op, isOp := errors.AsType[*net.OpError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isOp && op.Op == "proxyconnect" || proxy != nil && !isOp:
		x.fail("reach", fmt.Sprintf("the proxy %s does not let us through: %v", proxy.Host, err), "check HTTPS_PROXY or --proxy, or except the server with NO_PROXY="+x.endpoint.URL.Hostname())
	case noTLS || errors.Is(err, http.ErrSchemeMismatch):
		x.fail("reach", host+" does not speak TLS on this port", "check the port; a server on this computer may want http://")
	case errors.Is(err, syscall.ECONNREFUSED):
		x.fail("reach", host+" refuses the connection", "check the port, and that the server runs")
	case errors.Is(err, context.DeadlineExceeded) || isOp && op.Timeout():
		x.fail("reach", host+" does not answer", "a firewall may be in between: check the port, the VPN and the proxy")
	case isOp && op.Op == "remote error":
		x.fail("tls", fmt.Sprintf("%s refuses the TLS connection: %v", host, op.Err), "if it wants a client certificate, give one with --client-cert and --client-key")
	default:
		x.fail("reach", fmt.Sprintf("%s cannot be reached: %v", host, err), "check the network, the VPN and the proxy")
	}
}

// distrusted explains a certificate that was refused.
func (x *examination) distrusted(e *tls.CertificateVerificationError) {
	detail, fix := e.Err.Error(), "ask the server's operator"
	if len(e.UnverifiedCertificates) > 0 {
		detail = fmt.Sprintf("%s; %s", describe(e.UnverifiedCertificates[0]), detail)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](e); ok {
		fix = "it is self-signed, or the network inspects TLS: if you trust that authority, give its certificate with --ca-cert FILE"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](e); ok && invalid.Reason == x509.Expired {
		fix = fmt.Sprintf("the server's operator must renew it, unless this computer's clock is wrong: it shows %s", time.Now().UTC().Format("2006-01-02 15:04 MST"))
	}
	if _, ok := errors.AsType[x509.HostnameError](e); ok {
		fix = "check the host in the URL; on a public network, sign in to it in a browser first"
	}
	x.fail("tls", detail, fix)
}

func (x *examination) certificate(state *tls.ConnectionState) {
	if state == nil || len(state.PeerCertificates) == 0 {
		x.ok("tls", "not used")
		return
	}
	leaf := state.PeerCertificates[0]
	detail := fmt.Sprintf("%s, %s", tls.VersionName(state.Version), describe(leaf))
	if left := time.Until(leaf.NotAfter); left < certificateNotice {
		x.warn("tls", detail, fmt.Sprintf("it ends in %s: the server's operator must renew it", human.Duration(left)))
		return
	}
	x.ok("tls", "%s", detail)
}

func describe(c *x509.Certificate) string {
	subject := c.Subject.CommonName
	if len(c.DNSNames) > 0 {
		subject = strings.Join(c.DNSNames, " ")
	}
	issuer := c.Issuer.CommonName
	if len(c.Issuer.Organization) > 0 {
		issuer = strings.TrimSpace(c.Issuer.Organization[0] + " " + issuer)
	}
	return fmt.Sprintf("certificate for %s by %s until %s", subject, issuer, c.NotAfter.UTC().Format(time.DateOnly))
}

// clock compares this computer's clock with the server's: a wrong one breaks TLS and expiry.
func (x *examination) clock(date string) {
	there, err := http.ParseTime(date)
	if err != nil {
		x.skip("clock", "the server does not tell its time")
		return
	}
	skew := time.Since(there).Round(time.Second)
	if skew.Abs() <= maxSkew {
		x.ok("clock", "agrees with the server's")
		return
	}
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	x.warn("clock", fmt.Sprintf("this computer's clock is %v %s the server's", skew.Abs(), direction), "let the system set the time by itself")
}
