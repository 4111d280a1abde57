package monitor

import "github.com/prometheus/client_golang/prometheus"

// Changes measures whether the server hears of what others change; state tells whether it cannot read the changes, and how
// many of the carriers that bring news at once are silent.
func (m *Monitor) Changes(state func() (deaf bool, silent int)) {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(
		gauge("pierre_changes_unread", "1 while what other servers changed cannot be read, and keys are remembered for one second.", func() float64 {
			if deaf, _ := state(); deaf {
				return 1
			}
			return 0
		}),
		gauge("pierre_changes_carriers_silent", "Carriers of changes, such as Redis, that are silent; changes are then read twice a second.", func() float64 {
			_, silent := state()
			return float64(silent)
		}),
	)
}
