package connection

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// configure applies the flags about certificates and proxies.
func (s *Settings) configure(t *http.Transport) error {
	t.Proxy = http.ProxyFromEnvironment
	if s.Proxy != "" {
		u, err := url.Parse(s.Proxy)
		if err != nil || u.Host == "" {
			return cli.Usagef("--proxy must look like http://HOST:PORT")
		}
		t.Proxy = http.ProxyURL(u)
	}
	if s.CACert != "" {
		pool, err := s.authorities()
		if err != nil {
			return err
		}
		t.TLSClientConfig.RootCAs = pool
	}
	if (s.ClientCert == "") != (s.ClientKey == "") {
		return cli.Usagef("--client-cert and --client-key need each other")
	}
	if s.ClientCert != "" {
		cert, err := tls.LoadX509KeyPair(s.ClientCert, s.ClientKey)
		if err != nil {
			return cli.Usagef("loading --client-cert and --client-key: %w", err)
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{cert}
	}
	return nil
}

// authorities returns the system's certificate authorities and those of --ca-cert.
func (s *Settings) authorities() (*x509.CertPool, error) {
	pem, err := readFile("ca-cert", s.CACert)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // no system store: the given ones alone
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, cli.Usagef("--ca-cert %s holds no PEM certificate", s.CACert)
	}
	return pool, nil
}
