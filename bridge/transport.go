package bridge

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// NewTransport returns a transport that suits a bridge: no limit on the time of a
// call, dead connections found by the kernel, and one connection per call in flight kept for the next.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{
		Timeout:         10 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3},
	}
	return &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConnsPerHost: 128,
		IdleConnTimeout:     90 * time.Second,
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return &proxyError{proxy: proxy.Host, status: resp.StatusCode}
			}
			return nil
		},
	}
}

// A proxyError is a proxy's refusal to connect to the server.
type proxyError struct {
	proxy  string
	status int
}

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy %s answers %d %s", e.proxy, e.status, http.StatusText(e.status))
}

// newClient returns the client that every request goes through.
func newClient(c *http.Client) *http.Client {
	own := *c
	own.CheckRedirect = checkRedirect
	own.Transport = keepConnections{own.Transport}
	return &own
}

// keepConnections hides CloseIdleConnections from retryablehttp, which calls it
// after every request that failed, cancelled ones included.
type keepConnections struct{ http.RoundTripper }

// maxRedirects bounds the redirects of one request.
const maxRedirects = 5

// checkRedirect follows a redirect that keeps the method and the body (307, 308)
// and stays within the origin, so that the key does too. Any other is the answer.
func checkRedirect(req *http.Request, via []*http.Request) error {
	status := req.Response.StatusCode
	keeps := status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
	if !keeps || len(via) > maxRedirects || origin(req.URL) != origin(via[0].URL) {
		return http.ErrUseLastResponse
	}
	req.Header = via[0].Header.Clone() //nolint:gosec // the origin is the same; net/http leaves the key out if the host is spelled in another way
	return nil
}

// origin returns scheme, host and port in one spelling.
func origin(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case strings.EqualFold(u.Scheme, "https"):
		port = "443"
	case strings.EqualFold(u.Scheme, "http"):
		port = "80"
	}
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port)
}
