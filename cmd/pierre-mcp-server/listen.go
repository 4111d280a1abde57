package main

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/healthcheck"
)

// listen opens the server's port.
func (c *config) listen(ctx context.Context) (net.Listener, error) {
	ln, err := cli.Listen(ctx, net.JoinHostPort(c.host, c.port), c.settings.Source("host"), "--port")
	if err != nil || c.certificate == nil {
		return ln, err
	}
	return tls.NewListener(ln, c.certificate.Config()), nil
}

// url returns how a client on this machine reaches the listener.
func (c *config) url(ln net.Listener) string {
	scheme := "http"
	if c.certificate != nil {
		scheme = "https"
	}
	return scheme + "://" + ln.Addr().String()
}

// target is where a server with these settings listens.
func (c *config) target() (healthcheck.Target, error) {
	if err := c.load(); err != nil {
		return healthcheck.Target{}, err
	}
	return healthcheck.Target{Host: c.host, Port: c.port, TLS: c.certificate != nil}, nil
}
