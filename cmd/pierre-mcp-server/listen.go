package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// listen opens the server's port.
func (c *config) listen(ctx context.Context) (net.Listener, error) {
	ln, err := listenOn(ctx, net.JoinHostPort(c.host, c.port), c.settings.Source("host"), "--port")
	if err != nil || c.certificate == nil {
		return ln, err
	}
	return tls.NewListener(ln, c.certificate.Config()), nil
}

// listenOn opens an address. An address of another machine is a mistake in the setting of that name.
func listenOn(ctx context.Context, addr, setting, portFlag string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listening on %s: the port is taken, perhaps by another copy; %s chooses another one", addr, portFlag)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, cli.Usagef("%s: %s is not an address of this machine", setting, addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listening on %s: this user may not open the port; %s chooses another one, from 1024 up", addr, portFlag)
	default:
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
}

// url returns how a client on this machine reaches the listener.
func (c *config) url(ln net.Listener) string {
	scheme := "http"
	if c.certificate != nil {
		scheme = "https"
	}
	return scheme + "://" + ln.Addr().String()
}
