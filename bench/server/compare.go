package main

import (
	"context"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/bench/internal/mcpload"
)

// A result compares a server of ours with the bare one in one era of the protocol.
type result struct {
	Era       string  `json:"era"`
	Server    string  `json:"server"` // "ours": with SQLite, "shared": with PostgreSQL and Redis
	Ours      figures `json:"ours"`
	Bare      figures `json:"bare"`
	Echo      figures `json:"echo"`       // of a server that only answers: what no server on this machine is better than
	P50Ratio  float64 `json:"p50_ratio"`  // ours/bare, of a call alone: less is better
	RateRatio float64 `json:"rate_ratio"` // ours/bare, of concurrent calls: more is better
	CPURatio  float64 `json:"cpu_ratio"`  // ours/bare: less is better; it depends least on what else the machine does
}

// Figures are the medians of all rounds.
type figures struct {
	P50Micros      float64 `json:"p50_us"`                    // of a call alone
	PerSecond      float64 `json:"per_second"`                // of concurrent calls
	AtRate         steady  `json:"at_70_percent_of_rate"`     // at 70 % of that
	AtBusy         steady  `json:"at_70_percent_busy"`        // at less, as much as would leave 70 % of the processors in use if each call cost the same
	CPUMicros      float64 `json:"cpu_us"`                    // that the server spends on one of the concurrent calls
	PostgresMicros float64 `json:"postgres_cpu_us,omitempty"` // that PostgreSQL spends on it
	RedisMicros    float64 `json:"redis_cpu_us,omitempty"`
}

// Steady is what calls take that come at even distances, from when each was due.
type steady struct {
	PerSecond  float64 `json:"per_second"`
	P50Micros  float64 `json:"p50_us"`
	P99Micros  float64 `json:"p99_us"`
	LateMicros float64 `json:"p99_late_us"` // what the load was late by when it sent them
	Busy       float64 `json:"busy"`        // share of the machine's processors that is in use meanwhile, by all
	Stolen     float64 `json:"stolen"`      // share that would have been in use, and that the machine did not get
}

// A plan is how servers are measured.
type plan struct {
	rounds   int
	span     time.Duration
	inflight int
	eras     []string
	servers  []string
	fsync    bool // a commit of PostgreSQL waits for the disk
}

// compare measures the servers in all eras, in turns.
func compare(ctx context.Context, p plan) ([]result, error) {
	var backing *mcpload.Backing
	if slices.Contains(p.servers, mcpload.Shared) {
		var err error
		if backing, err = mcpload.OpenBacking(p.fsync); err != nil {
			return nil, err
		}
		defer backing.Close()
	}
	kinds := append(slices.Clone(p.servers), mcpload.Bare, mcpload.Echo)
	targets := make([]*mcpload.Target, len(kinds))
	for i, kind := range kinds {
		t, err := mcpload.Start(ctx, kind, 1, backing)
		if err != nil {
			return nil, err
		}
		defer t.Stop()
		targets[i] = t
	}
	var results []result
	for _, era := range p.eras {
		measured := make([]samples, len(kinds))
		for range p.rounds {
			for i, t := range targets {
				f, err := measure(ctx, p, t, era, backing)
				if err != nil {
					return nil, err
				}
				measured[i] = append(measured[i], f)
			}
		}
		bare, echo := measured[len(p.servers)].median(), measured[len(p.servers)+1].median()
		for i, kind := range p.servers {
			r := result{Era: era, Server: kind, Ours: measured[i].median(), Bare: bare, Echo: echo}
			r.P50Ratio = r.Ours.P50Micros / r.Bare.P50Micros
			r.RateRatio = r.Ours.PerSecond / r.Bare.PerSecond
			r.CPURatio = r.Ours.CPUMicros / r.Bare.CPUMicros
			results = append(results, r)
		}
	}
	return results, nil
}

type samples []figures

// load is how much of what a server, or the machine, can do is asked of it when slow calls are looked for.
const load = 0.7

// measure measures a server once.
func measure(ctx context.Context, p plan, t *mcpload.Target, era string, backing *mcpload.Backing) (f figures, err error) {
	requests, err := t.Prepare(ctx, era)
	if err != nil {
		return f, err
	}
	alone, err := t.Run(ctx, mcpload.Load{Requests: requests, Span: p.span, InFlight: 1})
	if err != nil {
		return f, err
	}
	f.P50Micros = micros(percentile(alone, 50, took))
	before, err := used(t, backing)
	if err != nil {
		return f, err
	}
	together, err := t.Run(ctx, mcpload.Load{Requests: requests, Span: p.span, InFlight: p.inflight})
	if err != nil {
		return f, err
	}
	after, err := used(t, backing)
	if err != nil {
		return f, err
	}
	f.PerSecond = float64(len(together)) / p.span.Seconds()
	each := func(i int) float64 { return micros(after[i]-before[i]) / float64(len(together)) }
	f.CPUMicros, f.PostgresMicros, f.RedisMicros = each(0), each(1), each(2)
	steadily := mcpload.Load{Requests: requests, Span: p.span, InFlight: 4 * p.inflight, Rate: load * f.PerSecond}
	if f.AtRate, err = runSteadily(ctx, t, steadily); err != nil {
		return f, err
	}
	if f.AtRate.Busy > 0 { // it is not known on every system
		steadily.Rate *= load * (1 - f.AtRate.Stolen) / f.AtRate.Busy
		if f.AtBusy, err = runSteadily(ctx, t, steadily); err != nil {
			return f, err
		}
	}
	return f, nil
}

func runSteadily(ctx context.Context, t *mcpload.Target, l mcpload.Load) (steady, error) {
	all, busy, stolen := mcpload.Machine()
	calls, err := t.Run(ctx, l)
	if err != nil {
		return steady{}, err
	}
	allThen, busyThen, stolenThen := mcpload.Machine()
	share := func(d time.Duration) float64 { return float64(d) / float64(max(1, allThen-all)) }
	return steady{
		l.Rate, micros(percentile(calls, 50, took)), micros(percentile(calls, 99, took)), micros(percentile(calls, 99, late)),
		share(busyThen - busy), share(stolenThen - stolen),
	}, nil
}

// used returns the processor time of the server, PostgreSQL and Redis.
func used(t *mcpload.Target, backing *mcpload.Backing) (all [3]time.Duration, err error) {
	if backing != nil {
		all[1], all[2] = backing.CPU()
	}
	all[0], err = t.CPU()
	return all, err
}

func (s samples) median() figures {
	middle := func(of func(figures) float64) float64 {
		values := make([]float64, len(s))
		for i, f := range s {
			values[i] = of(f)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	steadily := func(at func(figures) steady) steady {
		return steady{
			middle(func(f figures) float64 { return at(f).PerSecond }),
			middle(func(f figures) float64 { return at(f).P50Micros }),
			middle(func(f figures) float64 { return at(f).P99Micros }),
			middle(func(f figures) float64 { return at(f).LateMicros }),
			middle(func(f figures) float64 { return at(f).Busy }),
			middle(func(f figures) float64 { return at(f).Stolen }),
		}
	}
	return figures{
		middle(func(f figures) float64 { return f.P50Micros }),
		middle(func(f figures) float64 { return f.PerSecond }),
		steadily(func(f figures) steady { return f.AtRate }),
		steadily(func(f figures) steady { return f.AtBusy }),
		middle(func(f figures) float64 { return f.CPUMicros }),
		middle(func(f figures) float64 { return f.PostgresMicros }),
		middle(func(f figures) float64 { return f.RedisMicros }),
	}
}

func took(s mcpload.Sample) time.Duration { return s.Took }

func late(s mcpload.Sample) time.Duration { return s.Late }

func percentile(calls []mcpload.Sample, n int, of func(mcpload.Sample) time.Duration) time.Duration {
	all := make([]time.Duration, len(calls))
	for i, s := range calls {
		all[i] = of(s)
	}
	slices.Sort(all)
	return all[len(all)*n/100]
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
