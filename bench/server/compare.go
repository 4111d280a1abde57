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
	P99Micros      float64 `json:"p99_us"`                    // at 70 % of that rate, from when a call was due
	SentMicros     float64 `json:"p99_sent_us"`               // the same, without what the load was late by when it sent the call
	LateMicros     float64 `json:"p99_late_us"`               // what it was late by
	Busy           float64 `json:"busy"`                      // share of the machine's processors that is in use meanwhile, by all
	Stolen         float64 `json:"stolen"`                    // share that they would have used, and that the machine did not get
	CPUMicros      float64 `json:"cpu_us"`                    // that the server spends on one of the concurrent calls
	PostgresMicros float64 `json:"postgres_cpu_us,omitempty"` // that PostgreSQL spends on it
	RedisMicros    float64 `json:"redis_cpu_us,omitempty"`
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
				if err := measured[i].add(ctx, p, t, era, backing); err != nil {
					return nil, err
				}
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

type samples struct{ p50, rate, p99, sent, late, busy, stolen, cpu, postgres, redis []float64 }

func (s *samples) add(ctx context.Context, p plan, t *mcpload.Target, era string, backing *mcpload.Backing) error {
	requests, err := t.Prepare(ctx, era)
	if err != nil {
		return err
	}
	alone, err := t.Run(ctx, mcpload.Load{Requests: requests, Span: p.span, InFlight: 1})
	if err != nil {
		return err
	}
	before, err := used(t, backing)
	if err != nil {
		return err
	}
	together, err := t.Run(ctx, mcpload.Load{Requests: requests, Span: p.span, InFlight: p.inflight})
	if err != nil {
		return err
	}
	after, err := used(t, backing)
	if err != nil {
		return err
	}
	rate := float64(len(together)) / p.span.Seconds()
	all, busy, stolen := mcpload.Machine()
	steady, err := t.Run(ctx, mcpload.Load{Requests: requests, Span: p.span, InFlight: 4 * p.inflight, Rate: 0.7 * rate})
	if err != nil {
		return err
	}
	allThen, busyThen, stolenThen := mcpload.Machine()
	share := func(then, now time.Duration) float64 { return float64(now-then) / float64(max(1, allThen-all)) }
	s.busy, s.stolen = append(s.busy, share(busy, busyThen)), append(s.stolen, share(stolen, stolenThen))
	each := func(i int) float64 { return micros(after[i]-before[i]) / float64(len(together)) }
	s.p50, s.p99 = append(s.p50, micros(percentile(alone, 50, took))), append(s.p99, micros(percentile(steady, 99, took)))
	s.sent, s.late = append(s.sent, micros(percentile(steady, 99, sent))), append(s.late, micros(percentile(steady, 99, late)))
	s.rate = append(s.rate, rate)
	s.cpu, s.postgres, s.redis = append(s.cpu, each(0)), append(s.postgres, each(1)), append(s.redis, each(2))
	return nil
}

// used returns the processor time of the server, PostgreSQL and Redis.
func used(t *mcpload.Target, backing *mcpload.Backing) (all [3]time.Duration, err error) {
	if backing != nil {
		all[1], all[2] = backing.CPU()
	}
	all[0], err = t.CPU()
	return all, err
}

func (s *samples) median() figures {
	return figures{middle(s.p50), middle(s.rate), middle(s.p99), middle(s.sent), middle(s.late), middle(s.busy), middle(s.stolen), middle(s.cpu), middle(s.postgres), middle(s.redis)}
}

func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func took(s mcpload.Sample) time.Duration { return s.Took }

func sent(s mcpload.Sample) time.Duration { return s.Took - s.Late }

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
