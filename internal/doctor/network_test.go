package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/connection"
)

func certificate(from, to time.Duration) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: "a.example"}, DNSNames: []string{"a.example", "b.example"},
		Issuer:    pkix.Name{CommonName: "R3", Organization: []string{"Let's Encrypt"}},
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to),
	}
}

// one is the only check of an examination.
func one(t *testing.T, look func(x *examination)) Check {
	t.Helper()
	x := &examination{settings: &connection.Settings{}, endpoint: connection.Endpoint{URL: &url.URL{Scheme: "https", Host: "a.example"}}}
	look(x)
	if len(x.checks) != 1 {
		t.Fatalf("checks: %+v", x.checks)
	}
	return x.checks[0]
}

func TestCertificates(t *testing.T) {
	for _, tc := range []struct {
		leaf   *x509.Certificate
		status Status
		says   string
	}{
		{certificate(-time.Hour, 90*24*time.Hour), OK, "TLS 1.3, certificate for a.example b.example by Let's Encrypt R3 until "},
		{certificate(-time.Hour, 50*time.Hour+time.Minute), Warn, "it ends in 2 days 2 h"},
	} {
		got := one(t, func(x *examination) {
			x.certificate(&tls.ConnectionState{Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{tc.leaf}})
		})
		if got.Status != tc.status || !strings.Contains(got.Detail+got.Fix, tc.says) {
			t.Errorf("%+v, want %s and %q", got, tc.status, tc.says)
		}
	}
}

func TestDistrustedCertificates(t *testing.T) {
	leaf := certificate(-time.Hour, -time.Minute)
	for says, cause := range map[string]error{
		"must renew it":         x509.CertificateInvalidError{Cert: leaf, Reason: x509.Expired},
		"--ca-cert FILE":        x509.UnknownAuthorityError{Cert: leaf},
		"check the host":        x509.HostnameError{Certificate: leaf, Host: "c.example"},
		"the server's operator": errors.New("something else"),
	} {
		got := one(t, func(x *examination) {
			x.unreachable(&url.Error{Op: "Get", Err: &tls.CertificateVerificationError{UnverifiedCertificates: []*x509.Certificate{leaf}, Err: cause}}, nil)
		})
		if got.Name != "tls" || got.Status != Fail || !strings.Contains(got.Fix, says) || !strings.Contains(got.Detail, "a.example b.example") {
			t.Errorf("%T: %+v, want %q", cause, got, says)
		}
	}
}

func TestUnreachable(t *testing.T) {
	proxy := &url.URL{Scheme: "http", Host: "proxy:3128"}
	for says, tc := range map[string]struct {
		err   error
		proxy *url.URL
	}{
		"refuses the connection":       {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, nil},
		"does not answer":              {&net.OpError{Op: "read", Err: timeout{}}, nil},
		"refuses the TLS connection":   {&net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, nil},
		"the proxy proxy:3128":         {&net.OpError{Op: "proxyconnect", Err: syscall.ECONNREFUSED}, proxy},
		"does not let us through: 407": {errors.New("407"), proxy},
		"does not speak TLS":           {http.ErrSchemeMismatch, nil},
		"cannot be reached: EOF":       {errors.New("EOF"), nil},
	} {
		got := one(t, func(x *examination) { x.unreachable(&url.Error{Op: "Get", Err: tc.err}, tc.proxy) })
		if got.Status != Fail || !strings.Contains(got.Detail, says) || got.Fix == "" {
			t.Errorf("%v: %+v, want %q", tc.err, got, says)
		}
	}
}

type timeout struct{}

func (timeout) Error() string   { return "timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func TestClock(t *testing.T) {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for says, date := range map[string]string{
		"agrees": at(0), "ahead of": at(-2 * time.Hour), "behind": at(2 * time.Hour), "does not tell its time": "yesterday",
	} {
		if got := one(t, func(x *examination) { x.clock(date) }); !strings.Contains(got.Detail, says) {
			t.Errorf("%s: %+v, want %q", date, got, says)
		}
	}
}
