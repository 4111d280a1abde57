package bridge

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// An attempt is one request of the bridge with all its tries. What never left, or
// what the server says it has not taken up (429, 503), is sent again until the time
// is up. What may have been carried out is sent again only if it is repeatable.
type attempt struct {
	repeatable bool                    // running it twice does no harm
	pace       pace                    // of the tries; without an end there is only one try
	cancel     context.CancelCauseFunc // of the context of the request, if it has an end

	sent    atomic.Bool // bytes of the current try may have reached the server
	began   time.Time
	tries   int           // that failed
	next    time.Duration // until the next one
	lastErr error         // of the last try, if it had no response
	refused *http.Response
}

// errNoConnection is why a request ends that has no connection when its time is up.
var errNoConnection = errors.New("no connection within the time limit")

// A retrier sends one request at a time, again where its attempt allows it.
type retrier struct {
	retryablehttp.Client
	*attempt
}

func newRetrier(c *http.Client, log *messageLog) *retrier {
	r := &retrier{}
	r.Client = retryablehttp.Client{
		HTTPClient: c,
		RetryMax:   1 << 30, // the pace decides, not a count
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			again := r.again(ctx, resp, err)
			if again {
				log.DebugContext(ctx, "trying again", "status", statusOf(resp), "err", err, "wait", r.next)
			}
			return again, nil
		},
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return r.next },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return r
}

// do sends a request to the endpoint, again where a allows it. Content nil means none;
// read, if it is not nil, reads the answer.
func (r *relay) do(ctx context.Context, method string, h http.Header, content []byte, a *attempt, read retryablehttp.ResponseHandlerFunc) (*http.Response, error) {
	a.began = time.Now()
	if !a.pace.until.IsZero() {
		limit := time.AfterFunc(time.Until(a.pace.until), func() {
			if !a.sent.Load() {
				a.cancel(errNoConnection)
			}
		})
		defer limit.Stop()
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { a.sent.Store(false) },
		WroteHeaders: func() { a.sent.Store(true) },
	})
	req := &retryablehttp.Request{Request: (&http.Request{
		Method: method, URL: r.url, Host: r.url.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)}
	if content != nil {
		if err := req.SetBody(content); err != nil {
			return nil, err
		}
	}
	req.SetResponseHandler(read)
	sender, ok := r.retriers.Get().(*retrier)
	if !ok {
		sender = newRetrier(r.http, r.log)
	}
	sender.attempt = a
	resp, err := sender.Do(req)
	sender.attempt = nil // it would keep the whole message
	r.retriers.Put(sender)
	if err == nil {
		return resp, nil
	}
	if resp != nil {
		resp.Body.Close()
	}
	if errors.Is(context.Cause(ctx), errNoConnection) {
		return nil, cmp.Or(a.lastErr, errNoConnection)
	}
	return nil, err
}

// again decides whether there is another try after resp or err, and when. It is
// asked a second time about a response that it has refused, after that was read.
func (a *attempt) again(ctx context.Context, resp *http.Response, err error) bool {
	if ctx.Err() != nil || err == nil && (resp == a.refused || !mayPass(resp.StatusCode)) {
		return false
	}
	a.tries++
	a.lastErr = err
	r := requestRhythm()
	if err == nil && gatewayFailed(resp.StatusCode) {
		r = gatewayRhythm()
	}
	var asked time.Duration
	if err == nil {
		a.refused = resp
		asked, _ = retryAfter(resp.Header)
	}
	if a.pace.until.IsZero() || !a.mayRepeat(resp, err) {
		return false
	}
	var inTime bool
	a.next, inTime = a.pace.wait(r, asked)
	return inTime
}

// mayPass reports whether a status is that of a server that may answer later.
func mayPass(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable || gatewayFailed(status)
}

// gatewayFailed reports whether a status is that of a gateway whose server did not answer, but may have worked.
func gatewayFailed(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

func (a *attempt) mayRepeat(resp *http.Response, err error) bool {
	switch {
	case err != nil:
		return !isPermanent(err) && (a.repeatable || !a.sent.Load())
	case gatewayFailed(resp.StatusCode):
		return a.repeatable
	default:
		return true
	}
}

func statusOf(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	return resp.StatusCode
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
