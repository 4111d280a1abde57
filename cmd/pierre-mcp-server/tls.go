package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// withTLS wraps ln if the configuration has a certificate.
func (c *config) withTLS(ln net.Listener) (net.Listener, error) {
	if c.tlsCert == "" {
		return ln, nil
	}
	cert, err := tls.LoadX509KeyPair(c.tlsCert, c.tlsKey)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading the certificate: %w", err), ln.Close())
	}
	return tls.NewListener(ln, &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}), nil
}
