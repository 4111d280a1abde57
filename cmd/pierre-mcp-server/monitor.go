package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

type readiness interface {
	Ready(ctx context.Context) error
}

// mountHealth adds the routes that machines watch: /health says that the process lives,
// /ready that it can do its work.
func mountHealth(mux *http.ServeMux, db readiness, log *slog.Logger) {
	mux.Handle("GET /health", web.Handle(log, func(w http.ResponseWriter, _ *http.Request) error {
		return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": buildinfo.Version()})
	}))
	mux.Handle("GET /ready", web.Handle(log, func(w http.ResponseWriter, r *http.Request) error {
		if err := db.Ready(r.Context()); err != nil {
			return &pierre.Error{Kind: pierre.KindUnavailable, Msg: pierre.MessageOf(err, "The database does not answer."), Err: err}
		}
		return web.WriteJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	}))
}

// A monitor counts what the server does, for /metrics.
type monitor struct {
	registry *prometheus.Registry
	served   *prometheus.HistogramVec
}

func newMonitor() *monitor {
	m := &monitor{
		registry: prometheus.NewRegistry(),
		served: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "pierre_http_request_duration_seconds",
			Help:    "Time to answer, by route and status class.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}, []string{"route", "code"}),
	}
	m.registry.MustRegister(m.served, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch measures h under the name route; keys and users are no labels, there are too many of them.
func (m *monitor) watch(route string, h http.Handler) http.Handler {
	return promhttp.InstrumentHandlerDuration(m.served.MustCurryWith(prometheus.Labels{"route": route}), h)
}

// handler answers /metrics to everybody who can reach it: for a listener of its own.
func (m *monitor) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// localHandler answers /metrics to callers on this machine only: for the listener that everybody can reach.
func (m *monitor) localHandler(log *slog.Logger) http.Handler {
	metrics := m.handler()
	return web.Handle(log, func(w http.ResponseWriter, r *http.Request) error {
		if !fromHere(r) {
			return pierre.NotFound("page")
		}
		metrics.ServeHTTP(w, r)
		return nil
	})
}

// fromHere reports whether the request comes from this machine: not through a proxy on it, which shows by a header or
// by the name that it was asked for, and not from a web page whose domain was rebound to this machine.
func fromHere(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if len(r.Header.Values(header)) > 0 {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	return loopback(host)
}
