package monitor

import "github.com/pierre-mcp/pierre/internal/limit"

// Limiter measures how calls are counted for several servers; stats tells it, and nil says that this server counts alone.
func (m *Monitor) Limiter(stats func() limit.Stats) {
	if stats == nil {
		stats = func() limit.Stats { return limit.Stats{Ready: true, Replicas: 1} }
	}
	m.Gauge("pierre_limiter_ready", "1 while calls can be counted and so admitted.", func() float64 {
		if stats().Ready {
			return 1
		}
		return 0
	})
	m.Gauge("pierre_limiter_replicas", "Servers that count together.", func() float64 { return float64(stats().Replicas) })
	m.Counter("pierre_limiter_transitions_total", "How often the way of counting changed, as when Redis went away or came back.", func() float64 { return float64(stats().Epochs) })
	m.Counter("pierre_limiter_outages_total", "How often Redis became unreachable for this server.", func() float64 { return float64(stats().Outages) })
	m.Counter("pierre_limiter_refused_total", "Calls that were answered with 503 because nothing could be counted.", func() float64 { return float64(stats().Refused) })
}
