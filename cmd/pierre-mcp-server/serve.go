package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/logging"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/downloads"
	"github.com/pierre-mcp/pierre/remote/importapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/tools"
)

const flushTimeout = 10 * time.Second

// services is what every door of either kind of server stands on.
type services struct {
	log      *slog.Logger
	store    *store.Store
	limiter  *limit.Limiter
	recorder *usage.Recorder
	mcp      *server.MCPServer
	imports  *importer.Importer
}

// open brings the database up to date and builds the services over it.
func (c *config) open(ctx context.Context, w cli.World) (*services, error) {
	log, err := logging.New(w.Stderr, c.logLevel)
	if err != nil {
		return nil, cli.Usage(err)
	}
	st, err := c.openStore(ctx)
	if err != nil {
		return nil, err
	}
	var countries *usage.Countries
	if c.geoIPDB != "" {
		if countries, err = usage.OpenCountries(c.geoIPDB, log); err != nil {
			return nil, errors.Join(err, st.Close())
		}
	}
	s := &services{
		log:      log,
		store:    st,
		limiter:  limit.New(st),
		recorder: usage.NewRecorder(st, usage.Options{Countries: countries}),
		mcp:      server.NewMCPServer("pierre-mcp-server", buildinfo.Version(), server.WithInstructions(tools.Instructions)),
		imports:  importer.New(st, c.dataDir, time.Now),
	}
	tools.New(st, training.New(st, time.Now, log), time.Now, log).Register(s.mcp)
	return s, nil
}

func (c *config) openStore(ctx context.Context) (*store.Store, error) {
	st, err := store.Open(c.databaseURL, c.dataDir)
	if err != nil {
		return nil, err
	}
	if _, err := st.Migrate(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// close ends the services: what was recorded is written before the database closes.
// ctx may be over; the flush has its own time.
func (s *services) close(ctx context.Context) error {
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	return errors.Join(s.recorder.Close(flush), s.store.Close())
}

// serve runs the server for many until ctx ends: it drains the requests, then flushes usage, then closes the database.
func serve(ctx context.Context, c *config, w cli.World) (err error) {
	web.TuneGC(w.Getenv("GOGC"))
	s, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	d, err := s.doors(c) //nolint:contextcheck // the doors live as long as the program, not as its start
	if err != nil {
		return err
	}
	ln, err := c.listen(ctx)
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "listening", slog.String("url", c.url(ln)), slog.String("version", buildinfo.Version()))
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { d.verifier.Run(ctx, s.log) })
	wg.Go(func() { s.closeStreams(ctx, d.mcp) })
	return web.Serve(ctx, ln, d.handler, s.log, web.Options{})
}

// closeStreams waits for ctx to end and then ends what would hold up the drain of the HTTP server.
func (s *services) closeStreams(ctx context.Context, door *mcpapi.Server) {
	<-ctx.Done()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := door.Close(drain); err != nil {
		s.log.WarnContext(drain, "calls were still running at the end", slog.Any("err", err))
	}
}

// A doorway is the mounted doors, and what of them lives as long as the server.
type doorway struct {
	handler  http.Handler
	mcp      *mcpapi.Server
	verifier *access.Verifier
}

// doors mounts every route.
func (s *services) doors(c *config) (*doorway, error) {
	ring, err := keyring.Load(c.dataDir, c.jwtSecret.source(), c.encryptionKey.source())
	if err != nil {
		return nil, err
	}
	for _, file := range ring.Made {
		s.log.Info("made a secret", slog.String("file", file))
	}
	for _, file := range ring.Exposed {
		s.log.Warn("others can read this secret; chmod 600 it", slog.String("file", file))
	}
	proxies, err := c.proxies()
	if err != nil {
		return nil, err
	}
	verifier := access.NewVerifier(s.store, time.Now)
	mcpDoor := mcpapi.New(s.mcp, mcpapi.Options{
		Auth:           verifier,
		Limiter:        s.limiter,
		Recorder:       s.recorder,
		Log:            s.log,
		AllowedOrigins: list(c.allowedOrigins),
		TrustedProxies: proxies,
	})
	imports := importapi.New(s.imports, importapi.Options{Auth: verifier, Dir: c.dataDir, MaxBytes: c.uploadLimit(), Log: s.log})
	m := newMonitor()
	mux := http.NewServeMux()
	mux.Handle("/", m.watch("mcp", mcpDoor))
	mux.Handle("/api/import", m.watch("import", imports))
	mux.Handle("/admin/", m.watch("admin", s.adminDoor(ring, access.KeyListeners{verifier, mcpDoor})))
	if c.downloadsDir != "" {
		builds, err := downloads.New(c.downloadsDir, downloads.Options{PublicURL: c.publicURL, Log: s.log})
		if err != nil {
			return nil, fmt.Errorf("opening --downloads-dir: %w", err)
		}
		for _, route := range []string{"/install.sh", "/install.ps1", "/download/"} {
			mux.Handle(route, m.watch("downloads", builds))
		}
	}
	m.mount(mux, s.log)
	mountHealth(mux, s.store, s.log)
	return &doorway{withClient(mux, proxies), mcpDoor, verifier}, nil
}

// withClient tells the verifiers of credentials where a request comes from.
func withClient(h http.Handler, proxies []netip.Prefix) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := access.WithClient(r.Context(), web.ClientAddr(r, proxies))
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (f fileOr) source() keyring.Source {
	return keyring.Source{Text: secret.New(f.text), File: f.file}
}

// listen opens the port, so that a busy one is an error and not a line in the log.
func (c *config) listen(ctx context.Context) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", c.addr())
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("listening on %s: the port is taken, perhaps by another copy; --port chooses another one", c.addr())
		}
		return nil, fmt.Errorf("listening on %s: %w", c.addr(), err)
	}
	return c.withTLS(ln)
}

func (c *config) url(ln net.Listener) string {
	scheme := "http"
	if c.tlsCert != "" {
		scheme = "https"
	}
	return scheme + "://" + ln.Addr().String()
}
