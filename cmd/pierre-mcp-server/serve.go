package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/gc"
	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// serve runs the server for many until ctx ends: it drains the requests, then flushes usage, then closes the database.
// The ports are opened first, so that nothing is made for a server that cannot serve.
func serve(ctx context.Context, c *config, w cli.World) (err error) {
	gc.Tune(w.Getenv("GOGC"))
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // it must not end the server, at no time
	defer signal.Stop(hangup)
	ln, err := c.listen(ctx)
	if err != nil {
		return err
	}
	metrics, err := c.listenForMetrics(ctx)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	a, err := c.open(ctx, w, true)
	if err != nil {
		return errors.Join(err, closeAll(ln, metrics))
	}
	defer func() { err = errors.Join(err, a.close(ctx)) }()
	ring, err := a.secrets(ctx, c)
	if err == nil {
		err = a.openFoods(ctx, c)
	}
	if err != nil {
		return errors.Join(err, closeAll(ln, metrics))
	}
	a.openProviders(c, ring, ln)
	api, err := a.routes(c, ring) //nolint:contextcheck // the handlers live as long as the program, not as its start
	if err != nil {
		return errors.Join(err, closeAll(ln, metrics))
	}
	a.log.InfoContext(ctx, "listening", slog.String("url", c.url(ln)), slog.String("version", buildinfo.Version()))
	return a.run(ctx, c, api, listeners{ln, metrics}, hangup)
}

// listeners are the open ports of a server; that for metrics is nil if there is none.
type listeners struct{ main, metrics net.Listener }

// run serves until ctx ends or a listener fails.
func (a *app) run(ctx context.Context, c *config, api *api, lns listeners, hangup <-chan os.Signal) error {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		jobs.Run(ctx, a.store, a.log, a.monitor.Jobs(a.jobs(api.verifier, api.ring, c.retention)...)...)
	})
	wg.Go(func() { api.bus.Run(ctx) })
	wg.Go(func() { a.live.Run(ctx) })
	wg.Go(func() { a.closeStreams(ctx, api.mcp) })
	wg.Go(func() { c.reloadOn(ctx, hangup, a.log) })
	if lns.metrics != nil {
		a.log.InfoContext(ctx, "listening for metrics", slog.String("url", "http://"+lns.metrics.Addr().String()+"/metrics"))
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", a.monitor.Handler())
		wg.Go(func() {
			if err := web.Serve(ctx, lns.metrics, mux, a.log, web.Options{}); err != nil {
				a.log.ErrorContext(ctx, "serving metrics", slog.Any("err", err))
			}
		})
	}
	return web.Serve(ctx, lns.main, api.handler, a.log, web.Options{
		AccessLog: c.accessLog, MaxConns: c.maxConnections, TrustedProxies: c.trustedProxies, LogPath: logPath,
	})
}

// listenForMetrics opens --metrics-addr, or returns nil if it is not set.
func (c *config) listenForMetrics(ctx context.Context) (net.Listener, error) {
	if c.metricsAddr == "" {
		return nil, nil //nolint:nilnil // no listener is no mistake
	}
	return cli.Listen(ctx, c.metricsAddr, c.settings.Source("metrics-addr"), "--metrics-addr")
}

func closeAll(lns ...net.Listener) error {
	var errs []error
	for _, ln := range lns {
		if ln != nil {
			errs = append(errs, ln.Close())
		}
	}
	return errors.Join(errs...)
}

// reloadOn reads what can change while the server runs whenever SIGHUP comes.
func (c *config) reloadOn(ctx context.Context, hangup <-chan os.Signal, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		}
		if c.certificate == nil {
			log.InfoContext(ctx, "SIGHUP: there is no certificate to read again")
		} else if err := c.certificate.Reload(); err != nil {
			log.WarnContext(ctx, "SIGHUP: the certificate cannot be used; the one before stays in use", slog.Any("err", err))
		} else {
			log.InfoContext(ctx, "SIGHUP: read the certificate again")
		}
	}
}

// closeStreams waits for ctx to end and then ends what would hold up the drain of the HTTP server.
func (a *app) closeStreams(ctx context.Context, api *mcpapi.Server) {
	<-ctx.Done()
	drain, cancel := a.ending(ctx)
	defer cancel()
	if err := api.Close(drain); err != nil {
		a.log.WarnContext(drain, "calls were still running at the end", slog.Any("err", err))
	}
}
