package adminservice

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/healthcheck"
	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/logging"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal"
	"github.com/pierre-mcp/pierre/portal/billing"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/staff"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// serve serves the site until ctx ends.
func serve(ctx context.Context, c *config, w cli.World) (err error) {
	log := logging.New(w.Stderr, c.log)
	ln, err := c.listen(ctx)
	if err != nil {
		return err
	}
	d, site, err := c.open(ctx, log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	scheme := "http"
	if c.certificate != nil {
		scheme = "https"
		c.certificate.LogTo(log)
	}
	log.InfoContext(ctx, "listening", slog.String("url", scheme+"://"+ln.Addr().String()), slog.String("site", c.baseURL), slog.String("version", buildinfo.Version()))
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { jobs.Run(ctx, d, log, site.Jobs()...) })
	return web.Serve(ctx, ln, site.Handler(), log, web.Options{AccessLog: c.accessLog, TrustedProxies: c.trustedProxies, LogPath: site.LogPath})
}

// open brings the database up to date and puts the site together.
func (c *config) open(ctx context.Context, log *slog.Logger) (*db.DB, *portal.Site, error) {
	d, err := db.Open(c.databaseURL, c.dataDir)
	if err != nil {
		return nil, nil, err
	}
	if _, err := d.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	site, err := c.site(ctx, d, log)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return d, site, nil
}

func (c *config) site(ctx context.Context, d *db.DB, log *slog.Logger) (*portal.Site, error) {
	ring, err := c.ring()
	if err != nil {
		return nil, err
	}
	server, err := adminapi.NewClient(c.serverURL, c.adminToken, adminapi.ClientOptions{})
	if err != nil {
		return nil, err
	}
	sender, by, err := c.sender()
	if err != nil {
		return nil, err
	}
	log.InfoContext(ctx, "mails leave", slog.String("by", by))
	opts := portal.Options{Development: c.development, TrustedProxies: c.trustedProxies, WebhookNetworks: c.webhooks}
	if c.oidcIssuer != "" {
		opts.OIDC = staff.NewOIDC(staff.OIDCConfig{Name: c.oidcName, Issuer: c.oidcIssuer, Client: c.oidcClient, Secret: c.oidcSecret, Base: c.baseURL}, nil)
	}
	if c.stripeKey.Reveal() != "" {
		opts.Stripe = billing.NewStripe(billing.StripeURL, c.stripeKey)
	}
	return portal.New(portal.Config{
		DB: d, Server: server, Seal: ring, Mail: sender, BaseURL: c.baseURL, PublicURL: c.publicURL, Log: log,
	}, opts)
}

// secretsFolder is where the site's secrets lie in the data folder: the server's may be beside it.
const secretsFolder = "admin"

// ring returns the site's own secrets.
func (c *config) ring() (*keyring.Ring, error) {
	dir := filepath.Join(c.dataDir, secretsFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the site's secrets: %w", err)
	}
	return keyring.Load(dir, keyring.Source{}, c.encryptionKey)
}

// listen opens the site's port.
func (c *config) listen(ctx context.Context) (net.Listener, error) {
	ln, err := cli.Listen(ctx, net.JoinHostPort(c.host, c.port), c.settings.Source("host"), "--port")
	if err != nil || c.certificate == nil {
		return ln, err
	}
	return tls.NewListener(ln, c.certificate.Config()), nil
}

// target is where a site with these settings listens.
func (c *config) target() (healthcheck.Target, error) {
	if err := c.settings.Parse(); err != nil {
		return healthcheck.Target{}, cli.Usage(err)
	}
	return healthcheck.Target{Host: c.host, Port: c.port, TLS: c.tlsCert != ""}, nil
}
