package bridge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
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
func newClient(c *http.Client, log *slog.Logger) *retryablehttp.Client {
	own := *c
	// A redirect would carry the key to wherever the answer points.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own.Transport = keepConnections{own.Transport}
	return &retryablehttp.Client{
		HTTPClient: &own,
		RetryMax:   1 << 30, // the deadline of the attempt decides, not a count
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			again := checkRetry(ctx, resp, err)
			if again {
				log.DebugContext(ctx, "trying again", "status", statusOf(resp), "err", err)
			}
			return again, nil
		},
		Backoff: func(_, _ time.Duration, n int, resp *http.Response) time.Duration {
			longest, spread := backoff(n, resp)
			return longest - rand.N(spread+1) //nolint:gosec // spreading load needs no secrecy
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// keepConnections hides CloseIdleConnections from retryablehttp, which calls it
// after every request that failed, cancelled ones included.
type keepConnections struct{ http.RoundTripper }

// An attempt is what the retry policy must know about a message. It travels in the context.
type attempt struct {
	repeatable bool      // running it twice does no harm
	deadline   time.Time // no wait may go beyond it
	tries      int
	sent       atomic.Bool // bytes of the current try may have reached the server
}

type attemptKey struct{}

// withAttempt lets the retry policy know of a, and a know how far its request gets.
func withAttempt(ctx context.Context, a *attempt) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, attemptKey{}, a), &httptrace.ClientTrace{
		GetConn:      func(string) { a.sent.Store(false) },
		WroteHeaders: func() { a.sent.Store(true) },
	})
}

// checkRetry is the retry policy. A message that never left, or that the server
// says it has not taken up (429, 503), is sent again until its deadline. One that
// may have been carried out is sent again only if it is repeatable.
func checkRetry(ctx context.Context, resp *http.Response, err error) bool {
	a, ok := ctx.Value(attemptKey{}).(*attempt)
	if !ok || ctx.Err() != nil {
		return false
	}
	n := a.tries
	a.tries++
	if !a.mayRetry(resp, err) {
		return false
	}
	longest, _ := backoff(n, resp)
	return !time.Now().Add(longest).After(a.deadline)
}

func statusOf(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	return resp.StatusCode
}

func (a *attempt) mayRetry(resp *http.Response, err error) bool {
	if err != nil {
		if isPermanent(err) {
			return false
		}
		return a.repeatable || !a.sent.Load()
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return a.repeatable
	default:
		return false
	}
}

// isPermanent reports whether waiting cannot help: a certificate does not become
// valid, an unknown certificate does not become known, a size does not shrink.
func isPermanent(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if speaksNoTLS(err) {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" { // a TLS alert
		return true
	}
	if p, ok := errors.AsType[*proxyError](err); ok {
		return p.status < http.StatusInternalServerError
	}
	return errors.Is(err, errTooLong)
}

func speaksNoTLS(err error) bool {
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok || errors.Is(err, http.ErrSchemeMismatch)
}

const (
	shortestWait = 50 * time.Millisecond
	longestWait  = 250 * time.Millisecond
)

// backoff is how long to wait, at most, after the nth try (from 0), and how much of
// that is left to chance: what the server asks for, else 50 ms growing to 250 ms,
// which costs little and brings a call back within a quarter of a second.
func backoff(n int, resp *http.Response) (longest, spread time.Duration) {
	if resp != nil {
		if d, ok := retryAfter(resp.Header); ok {
			return d + shortestWait, shortestWait
		}
	}
	d := min(shortestWait<<min(n, 8), longestWait)
	return d, d / 10
}

// retryAfter reads a Retry-After header: seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(h http.Header) (time.Duration, bool) {
	v := h.Get("Retry-After")
	if v == "" {
		return 0, false
	}
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(s) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, time.Until(at)), true
}
