package main

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/pierre-mcp/pierre/internal/cli"
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
