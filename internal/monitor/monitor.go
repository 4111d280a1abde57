// Package monitor counts what the server does, for /metrics: requests by route, streams, tool calls and imports, and how
// full its queues are. Keys and users are not labels: there are too many of them, and they are private.
package monitor

import (
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A Monitor holds the measurements. It is safe for concurrent use.
type Monitor struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	streams  *prometheus.HistogramVec
	calls    *prometheus.HistogramVec
	recorded prometheus.Histogram
	batches  prometheus.Histogram
	writes   *prometheus.HistogramVec
	shed     *prometheus.CounterVec
	jobs     *prometheus.CounterVec
	jobsLast *prometheus.GaugeVec
	refused  *prometheus.CounterVec
	imports  prometheus.Histogram
	files    *prometheus.CounterVec
	added    prometheus.Counter
}

// New returns a Monitor that measures the process, too.
func New() *Monitor {
	m := &Monitor{
		registry: prometheus.NewRegistry(),
		requests: histogram("pierre_http_request_duration_seconds", "Time to answer, by route and status. Streams are not among them.",
			[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}, "route", "code"),
		streams: histogram("pierre_http_stream_duration_seconds", "How long streams of events were open that have ended, by route.",
			[]float64{.1, 1, 10, 60, 600, 3600, 14400, 86400}, "route"),
		calls: histogram("pierre_tool_call_duration_seconds", "Time of tool calls, by tool and outcome.",
			[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}, "tool", "status"),
		recorded: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "pierre_record_duration_seconds", Help: "Time that an answer waits until its call is durable.", Buckets: fast(),
		}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "pierre_record_batch_calls", Help: "Calls that the database was given in one transaction.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512},
		}),
		writes: histogram("pierre_record_batch_duration_seconds", "Time of the transactions that keep calls, by result.", fast(), "result"),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pierre_calls_shed_total", Help: "Calls that were answered with 503 before they began, by the queue that was too long.",
		}, []string{"queue"}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pierre_job_runs_total", Help: "Runs of background jobs on this server, by task and result.",
		}, []string{"task", "result"}),
		jobsLast: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "pierre_job_last_success_timestamp_seconds", Help: "When a background job ended well on this server, by task; of replicas one runs the fleet's jobs.",
		}, []string{"task"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pierre_tool_calls_refused_total", Help: "Tool calls that a limit refused, by tool.",
		}, []string{"tool"}),
		imports: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "pierre_import_duration_seconds", Help: "Time of imports, without the upload.", Buckets: []float64{.01, .1, 1, 10, 60, 600, 3600},
		}),
		files: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pierre_import_files_total", Help: "Files of imports, by what became of them.",
		}, []string{"status"}),
		added: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pierre_import_activities_total", Help: "Activities that imports added.",
		}),
	}
	m.registry.MustRegister(m.requests, m.streams, m.calls, m.recorded, m.batches, m.writes, m.shed, m.jobs, m.jobsLast,
		m.refused, m.imports, m.files, m.added, buildInfo(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, status := range []pierre.ImportStatus{pierre.ImportImported, pierre.ImportDuplicate, pierre.ImportSkipped, pierre.ImportFailed} { // a series that is missing looks like one that was never 0
		m.files.WithLabelValues(string(status))
	}
	m.refused.WithLabelValues(unknownTool)
	for _, r := range []string{"succeeded", "failed"} {
		m.writes.WithLabelValues(r)
	}
	m.calls.WithLabelValues(unknownTool, string(pierre.CallSucceeded))
	return m
}

// fast returns buckets for what takes microseconds to seconds.
func fast() []float64 {
	return []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
}

// buildInfo is the version as a label of a constant, as is the custom.
func buildInfo() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "pierre_build_info", Help: "The version of the server, and of Go.",
		ConstLabels: prometheus.Labels{"version": buildinfo.Version(), "goversion": runtime.Version()},
	}, func() float64 { return 1 })
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

// Requests measures h under the name route.
func (m *Monitor) Requests(route string, h http.Handler) http.Handler {
	m.requests.WithLabelValues(route, strconv.Itoa(http.StatusOK))
	m.streams.WithLabelValues(route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		defer func() {
			took := time.Since(began).Seconds()
			if status, stream := web.Outcome(r); stream {
				m.streams.WithLabelValues(route).Observe(took)
			} else {
				m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// Sessions measures how many sessions and streams are open; count tells them.
func (m *Monitor) Sessions(count func() (sessions, streams int)) {
	m.Gauge("pierre_mcp_sessions", "Open sessions of the protocol's older era.", func() float64 { n, _ := count(); return float64(n) })
	m.Gauge("pierre_mcp_streams", "Open streams of events.", func() float64 { _, n := count(); return float64(n) })
}

// Gauge measures a value that goes up and down whenever /metrics is read.
func (m *Monitor) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Counter measures a value that only goes up whenever /metrics is read; its name ends in _total.
func (m *Monitor) Counter(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
}

// Handler answers /metrics to everybody who can reach it: for a listener of its own.
func (m *Monitor) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// LocalHandler answers /metrics to callers on this machine only: for the listener that everybody can reach.
func (m *Monitor) LocalHandler(log *slog.Logger) http.Handler {
	metrics := m.Handler()
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
	return web.Loopback(r.Host)
}
