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
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/importapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// personalEmail names the one user of a personal server. The domain is reserved (RFC 2606).
const personalEmail = "me@pierre.localhost"

// servePersonal speaks MCP on stdin and stdout until stdin or ctx ends, and the
// same on loopback HTTP if the port is free. Its stdio side is the bridge, which
// knows both protocol eras, connected to the HTTP handler through memory.
func servePersonal(ctx context.Context, c *config, w cli.World) (err error) {
	s, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	handler, door, err := s.personalDoors(ctx, c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	inMemory := newMemoryListener()
	listeners := []net.Listener{inMemory}
	if ln, lerr := c.listen(ctx); lerr == nil {
		s.log.InfoContext(ctx, "listening", slog.String("url", c.url(ln)))
		listeners = append(listeners, ln)
	} else {
		s.log.WarnContext(ctx, "no HTTP on this port, stdio goes on", slog.Any("err", lerr))
	}
	for _, ln := range listeners {
		wg.Go(func() {
			if err := web.Serve(ctx, ln, handler, s.log, web.Options{}); err != nil {
				s.log.ErrorContext(ctx, "serving", slog.Any("err", err))
			}
		})
	}
	b, err := bridge.New("http://"+personalHost+"/mcp", secret.String{}, bridge.Options{ //nolint:contextcheck // it gets ctx in Run
		HTTP: &http.Client{Transport: &http.Transport{DialContext: inMemory.dial}},
	})
	if err != nil {
		return err
	}
	err = b.Run(ctx, w.Stdin, w.Stdout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	return errors.Join(err, door.Close(drain))
}

// personalHost passes for loopback, which the handler demands of a Host header.
const personalHost = "localhost"

func (s *services) personalDoors(ctx context.Context, c *config) (http.Handler, *mcpapi.Server, error) {
	user, err := s.personalUser(ctx)
	if err != nil {
		return nil, nil, err
	}
	who := &access.Principal{UserID: user.ID}
	door := mcpapi.New(s.mcp, mcpapi.Options{Principal: who, Limiter: s.limiter, Recorder: s.recorder, Log: s.log}) //nolint:contextcheck // it gets one with each request
	mux := http.NewServeMux()
	mux.Handle("/", door)
	mux.Handle("/api/import", importapi.New(s.imports, importapi.Options{Principal: who, Dir: c.dataDir, MaxBytes: c.uploadLimit(), Log: s.log}))
	mountHealth(mux, s.store, s.log)
	return mux, door, nil
}

func (s *services) personalUser(ctx context.Context) (pierre.User, error) {
	return s.store.EnsureUser(ctx, personalEmail, time.Now())
}

// A memoryListener is a listener whose only peer is this process.
type memoryListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *memoryListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements [net.Listener].
func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements [net.Listener].
func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }
