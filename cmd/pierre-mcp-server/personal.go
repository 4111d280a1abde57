package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/memlisten"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/downloads"
	"github.com/pierre-mcp/pierre/remote/exportapi"
	"github.com/pierre-mcp/pierre/remote/importapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/planapi"
)

const (
	// personalEmail names the one user of a personal server. The domain is reserved (RFC 2606).
	personalEmail = "me@pierre.localhost"
	// personalHost stands for loopback, which the handler demands of a Host header.
	personalHost = "localhost"
)

// servePersonal speaks MCP on stdin and stdout until stdin or ctx ends, and the
// same on loopback HTTP if the port is free. Its stdio side is the bridge, which
// knows both protocol eras, connected to the HTTP handler through memory.
func servePersonal(ctx context.Context, c *config, w cli.World) (err error) {
	a, err := c.open(ctx, w, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close(ctx)) }()
	ring, err := a.secrets(ctx, c)
	if err == nil {
		err = a.openFoods(ctx, c)
	}
	if err != nil {
		return err
	}
	inMemory := memlisten.New()
	lns := []net.Listener{inMemory}
	ln, lerr := c.listen(ctx)
	if lerr == nil {
		lns = append(lns, ln)
	}
	a.openProviders(c, ring, ln)
	handler, mcp, err := a.personalRoutes(ctx, c)
	if err != nil {
		return errors.Join(err, closeAll(lns...))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	if lerr == nil {
		a.log.InfoContext(ctx, "listening", slog.String("url", c.url(ln)))
	} else {
		a.log.WarnContext(ctx, "no HTTP on this port, stdio goes on", slog.Any("err", lerr))
	}
	for _, ln := range lns {
		wg.Go(func() {
			if err := web.Serve(ctx, ln, handler, a.log, web.Options{AccessLog: c.accessLog, LogPath: logPath}); err != nil {
				a.log.ErrorContext(ctx, "serving", slog.Any("err", err))
			}
		})
	}
	wg.Go(func() {
		jobs.Run(ctx, a.store, a.log, append(append(a.usageJobs(time.Minute, c.retention), a.syncing()...), a.digesting(), a.forgetting())...)
	})
	b, err := bridge.New("http://"+personalHost+"/mcp", "", bridge.Options{ //nolint:contextcheck // it gets ctx in Run
		HTTP: &http.Client{Transport: &http.Transport{DialContext: inMemory.Dial}},
	})
	if err != nil {
		return err
	}
	err = b.Run(ctx, w.Stdin, w.Stdout)
	drain, cancel := a.ending(ctx)
	defer cancel()
	return errors.Join(err, mcp.Close(drain))
}

// personalRoutes mounts the routes of a personal server. Every caller acts as its one user.
func (a *app) personalRoutes(ctx context.Context, c *config) (http.Handler, *mcpapi.Server, error) {
	user, err := a.personalUser(ctx)
	if err != nil {
		return nil, nil, err
	}
	who := access.Principal{UserID: user.ID, Customer: user.ID}
	mcp := mcpapi.New(a.mcp, mcpapi.Personal(who), a.limiter, a.recorder, mcpapi.Options{ //nolint:contextcheck // it gets one with each request
		Clients: a.clients, Log: a.log, Work: a.work, AllowedOrigins: c.allowedOrigins, ToolProfile: c.toolProfile, Listing: a.listing,
	})
	mux := http.NewServeMux()
	mux.Handle("/", mcp)
	imports := importapi.New(a.imports, importapi.Personal(who), importapi.Options{Dir: c.dataDir, MaxBytes: c.maxUploadBytes, Log: a.log})
	mux.Handle("/api/import", imports)
	mux.Handle("/api/health", imports)
	calendars := access.NewCalendars(a.store, time.Now, access.CalendarOptions{NoKeys: true, Log: a.log})
	plans := planapi.New(importapi.Personal(who), calendars, a.store, a.coach, a.work, planapi.Options{Log: a.log})
	for _, route := range planapi.Routes() {
		mux.Handle(route, plans)
	}
	mux.Handle("/api/export", exportapi.New(a.exports, importapi.Personal(who), exportapi.Options{Log: a.log}))
	if err := a.mountProviders(mux, c, func(h http.Handler) http.Handler { return h }); err != nil {
		return nil, nil, err
	}
	pages, err := downloads.New(a.store.Ready, downloads.Options{Personal: true, Log: a.log})
	if err != nil {
		return nil, nil, err
	}
	mountPages(mux, pages, mcp)
	mountHealth(mux, a.store, nil, a.log)
	return mux, mcp, nil
}

func (a *app) personalUser(ctx context.Context) (pierre.User, error) {
	return a.store.EnsureUser(ctx, personalEmail, time.Now())
}
