package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/logging"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal"
	"github.com/pierre-mcp/pierre/portal/db"
)

// serve serves the site until ctx ends.
func serve(ctx context.Context, c *config, w cli.World) (err error) {
	log := logging.New(w.Stderr, c.log)
	ln, err := c.listen(ctx)
	if err != nil {
		return err
	}
	d, err := db.Open(c.databaseURL, c.dataDir)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := d.Migrate(ctx); err != nil {
		return errors.Join(err, ln.Close())
	}
	scheme := "http"
	if c.certificate != nil {
		scheme = "https"
	}
	log.InfoContext(ctx, "listening", slog.String("url", scheme+"://"+ln.Addr().String()), slog.String("version", buildinfo.Version()))
	return web.Serve(ctx, ln, portal.Handler(nil, d, log), log, web.Options{AccessLog: c.accessLog, TrustedProxies: c.trustedProxies})
}

// listen opens the site's port.
func (c *config) listen(ctx context.Context) (net.Listener, error) {
	ln, err := cli.Listen(ctx, net.JoinHostPort(c.host, c.port), c.settings.Source("host"), "--port")
	if err != nil || c.certificate == nil {
		return ln, err
	}
	return tls.NewListener(ln, c.certificate.Config()), nil
}
