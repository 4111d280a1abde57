package monitor

import (
	"context"
	"database/sql"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Tasks measures the work that is shared between tenants; count tells how many tasks run and how many wait.
func (m *Monitor) Tasks(count func() (running, waiting int)) {
	m.Gauge("pierre_tasks_running", "Requests that tools work on.", func() float64 { n, _ := count(); return float64(n) })
	m.Gauge("pierre_tasks_waiting", "Requests that wait for their turn.", func() float64 { _, n := count(); return float64(n) })
}

// Journal measures the calls that the database does not have yet; count tells how many wait for it, and how many it
// refuses. There are none where calls go to the database at once.
func (m *Monitor) Journal(count func() (waiting, setAside int)) {
	m.Gauge("pierre_journal_calls", "Answered calls that the journal keeps for the database.", func() float64 { n, _ := count(); return float64(n) })
	m.Gauge("pierre_journal_calls_set_aside", "Answered calls that the database refuses; they stay in files beside it.", func() float64 { _, n := count(); return float64(n) })
}

// Shed counts a call that was answered with 503 because of a queue.
func (m *Monitor) Shed(queue string) { m.shed.WithLabelValues(queue).Inc() }

// Queues are the names that Shed will be told.
func (m *Monitor) Queues(names ...string) {
	for _, name := range names {
		m.shed.WithLabelValues(name)
	}
}

// A BatchStore keeps calls in transactions.
type BatchStore interface {
	RecordCalls(ctx context.Context, calls []pierre.Call) error
}

// Batches measures a transaction of next that keeps calls.
func (m *Monitor) Batches(ctx context.Context, next BatchStore, calls []pierre.Call) error {
	began := time.Now()
	err := next.RecordCalls(ctx, calls)
	m.batches.Observe(float64(len(calls)))
	m.writes.WithLabelValues(result(err)).Observe(time.Since(began).Seconds())
	return err
}

func result(err error) string {
	if err != nil {
		return "failed"
	}
	return "succeeded"
}

// Jobs returns the jobs, measured.
func (m *Monitor) Jobs(list ...jobs.Job) []jobs.Job {
	for i, j := range list {
		for _, r := range []string{"succeeded", "failed"} {
			m.jobs.WithLabelValues(j.Name, r)
		}
		list[i].Do = func(ctx context.Context) error {
			err := j.Do(ctx)
			m.jobs.WithLabelValues(j.Name, result(err)).Inc()
			if err == nil {
				m.jobsLast.WithLabelValues(j.Name).SetToCurrentTime()
			}
			return err
		}
	}
	return list
}

// Pools measures the connections to the database; stats tells what those of each pool do.
func (m *Monitor) Pools(stats func() map[string]sql.DBStats) {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"pool"}, labels...), nil)
	}
	m.registry.MustRegister(&pools{
		stats:  stats,
		conns:  desc("pierre_db_connections", "Connections to the database, by pool and state.", "state"),
		limit:  desc("pierre_db_connections_max", "Connections that a pool may open, 0 if as many as it wants."),
		waits:  desc("pierre_db_connection_waits_total", "How often somebody waited for a connection."),
		waited: desc("pierre_db_connection_wait_seconds_total", "Time that was spent in waiting for a connection."),
	})
}

type pools struct {
	stats                       func() map[string]sql.DBStats
	conns, limit, waits, waited *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (p *pools) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{p.conns, p.limit, p.waits, p.waited} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (p *pools) Collect(ch chan<- prometheus.Metric) {
	for pool, s := range p.stats() {
		gauge := func(d *prometheus.Desc, v int, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), append([]string{pool}, labels...)...)
		}
		gauge(p.conns, s.InUse, "in_use")
		gauge(p.conns, s.Idle, "idle")
		gauge(p.limit, s.MaxOpenConnections)
		ch <- prometheus.MustNewConstMetric(p.waits, prometheus.CounterValue, float64(s.WaitCount), pool)
		ch <- prometheus.MustNewConstMetric(p.waited, prometheus.CounterValue, s.WaitDuration.Seconds(), pool)
	}
}
