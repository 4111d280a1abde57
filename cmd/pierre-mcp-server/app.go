package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/server"
	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/clientinfo"
	"github.com/pierre-mcp/pierre/internal/exporter"
	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/logging"
	"github.com/pierre-mcp/pierre/internal/monitor"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/spool"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/weather"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/tools"
)

// stopWithin is the time from the signal to the end of the program. Container runtimes kill after ten seconds.
const stopWithin = 9500 * time.Millisecond

// Of the tool calls in flight, a customer's may be so many, or a share of all.
const (
	minWaiting   = 64
	waitingShare = 8
)

// giveWay is called by work in the background between two small pieces of it, and then waits, for so long, for tools to be done.
func giveWay(work *fair.Gate) func(ctx context.Context) {
	return func(ctx context.Context) { work.Yield(ctx, 20*time.Millisecond) }
}

// An app is what both kinds of server and the import command need: the open database and the services over it.
type app struct {
	log         *slog.Logger
	monitor     *monitor.Monitor
	store       *store.Store
	work        *fair.Gate            // shares the tools' work between the customers
	redis       redis.UniversalClient // nil: none
	limiter     callLimiter
	counted     *limit.Shared // the limiter, if it counts for several servers; nil: it does not
	calls       callKeeper
	recorder    *usage.Recorder
	live        *usage.Live
	clients     *clientinfo.Describer
	mcp         *server.MCPServer
	listing     mcpapi.Listing // of its tools
	accounts    *provider.Service
	weather     *weather.Service // nil: nobody may be asked
	foods       *food.File       // nil: none is given
	imports     *importer.Importer
	exports     *exporter.Exporter
	coach       *training.Service
	traces      traces
	differences atomic.Int64              // that the last reconciliation found
	damaged     atomic.Int64              // batches of usage
	told        atomic.Pointer[time.Time] // when the program was told to end
}

// open brings the database up to date and builds the services over it; alone, it keeps other servers from the database
// first. The log goes to w.Stderr.
func (c *config) open(ctx context.Context, w cli.World, alone bool) (*app, error) {
	spans, log, err := openTraces(ctx, w.Getenv, logging.New(w.Stderr, c.log), alone)
	if err != nil {
		return nil, err
	}
	for _, text := range c.warnings {
		log.WarnContext(ctx, "a variable is ignored", slog.String("reason", text))
	}
	if c.certificate != nil {
		c.certificate.LogTo(log)
	}
	clients, err := c.openClients(log)
	if err != nil {
		return nil, err
	}
	st, err := c.openStore(ctx, log, alone)
	if err != nil {
		return nil, err
	}
	if err := c.prepareFolder(); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	measured := monitor.New()
	calls, err := c.keepCalls(ctx, measuredStore{st, measured}, log, alone)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	coach := training.New(st, time.Now, log, training.Options{})
	work := fair.New(fair.Options{InFlight: c.maxInFlight, Waiting: max(minWaiting, c.maxInFlight/waitingShare), Busy: func() { measured.Shed(turns) }})
	a := &app{
		monitor:  measured,
		traces:   spans,
		log:      log,
		work:     work,
		store:    st,
		calls:    calls,
		recorder: usage.NewRecorder(calls.callStore),
		live:     usage.NewLive(st, log),
		coach:    coach,
		clients:  clients,
		mcp:      server.NewMCPServer("pierre-mcp-server", buildinfo.Version(), server.WithInstructions(tools.Instructions)),
		imports: importer.New(st, time.Now, importer.Options{
			TempDir: c.dataDir, MaxStored: c.maxStored(), KeepOriginals: c.keepOriginals, Digests: coach, Pause: giveWay(work), Restore: st,
		}),
		exports: exporter.New(st, time.Now, exporter.Options{Pause: giveWay(work)}),
	}
	if err := a.openLimiter(ctx, c, alone); err != nil {
		return nil, errors.Join(err, a.close(ctx))
	}
	a.watchEnd(ctx)
	return a, nil
}

// prepareFolder makes the data folder, in which uploads lie while they are read: with PostgreSQL and secrets that are given nothing
// else does. It removes what programs that were killed left there.
func (c *config) prepareFolder() error {
	if err := os.MkdirAll(c.dataDir, 0o700); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	if err := spool.Tidy(c.dataDir); err != nil {
		return fmt.Errorf("removing old temporary files: %w", err)
	}
	return nil
}

// openClients returns what describes clients; without a list of the countries of addresses, countries are unknown.
func (c *config) openClients(log *slog.Logger) (*clientinfo.Describer, error) {
	if c.geoIPDB == "" {
		return clientinfo.New(nil), nil
	}
	countries, err := clientinfo.OpenCountries(c.geoIPDB, log)
	if err != nil {
		return nil, cli.Usage(fmt.Errorf("%s: %w", c.settings.Source("geoip-db"), err))
	}
	return clientinfo.New(countries), nil
}

// maxStored returns how many bytes of samples a person may have: on their own computer, what the disk holds.
func (c *config) maxStored() int64 {
	if c.singleTenant {
		return 0
	}
	return c.maxStoredBytes
}

// watchEnd notes when ctx ends, which tells the program to end.
func (a *app) watchEnd(ctx context.Context) {
	context.AfterFunc(ctx, func() { a.told.CompareAndSwap(nil, new(time.Now())) })
}

func (c *config) openStore(ctx context.Context, log *slog.Logger, alone bool) (*store.Store, error) {
	path, err := store.Path(c.databaseURL, c.dataDir)
	if err != nil {
		return nil, err
	}
	st, err := store.Open(c.databaseURL, c.dataDir)
	if err != nil {
		return nil, err
	}
	st.SetMaxConnections(c.databaseConns)
	if alone { // another server must not find its database migrated
		if err := st.BeginServing(); err != nil {
			return nil, errors.Join(err, st.Close())
		}
	}
	if _, err := st.Migrate(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if path != "" && exposed(path) {
		log.WarnContext(ctx, "other users of this machine can read the database; chmod 600 it", slog.String("file", path))
	}
	return st, nil
}

// exposed reports whether others than its owner can read the file.
func exposed(path string) bool {
	info, err := os.Stat(path)
	return err == nil && runtime.GOOS != "windows" && info.Mode()&fs.FileMode(0o077) != 0
}

// ending returns a context for the work that remains at the end of the program. It ends when the time
// for stopping is used up, which began when ctx ended.
func (a *app) ending(ctx context.Context) (context.Context, context.CancelFunc) {
	began := time.Now()
	if told := a.told.Load(); told != nil {
		began = *told
	}
	return context.WithDeadline(context.WithoutCancel(ctx), began.Add(stopWithin))
}

// close ends the services: what was recorded is written before the database closes.
func (a *app) close(ctx context.Context) error {
	flush, cancel := a.ending(ctx)
	defer cancel()
	err := errors.Join(a.calls.close(flush, a.recorder), a.closeLimiter(flush))
	a.foldLast(flush)
	err = errors.Join(err, a.closeFoods(), a.store.Close())
	a.traces.close(flush, a.log)
	return err
}

// toolOptions are what the tools say of this kind of server. A personal one has no limits to ask for.
func (a *app) toolOptions(c *config) tools.Options {
	o := tools.Options{ImportCommand: c.importCommand()}
	if !c.singleTenant {
		o.Allowances = allowance.New(a.limiter, time.Now)
	}
	return o
}

// importCommand is the command that adds recordings to this kind of server.
func (c *config) importCommand() string {
	if c.singleTenant {
		return "pierre-mcp-server --single-tenant import"
	}
	return "mcp-client import"
}
