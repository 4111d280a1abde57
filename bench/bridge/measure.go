package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A result is what was measured of one bridge. What could not be measured is absent.
type result struct {
	Name string `json:"name"`
	Peer bool   `json:"peer"`

	FirstAnswerMs figure `json:"first_answer_ms,omitempty"` // spawn to the answer of initialize
	FirstResultMs figure `json:"first_result_ms,omitempty"` // spawn to the result of the first tool
	Requests      figure `json:"requests,omitempty"`        // HTTP, up to then
	SessionsLeft  figure `json:"sessions_left,omitempty"`

	P50Us         figure `json:"p50_us,omitempty"`
	P99Us         figure `json:"p99_us,omitempty"`
	AddedP50Us    figure `json:"added_p50_us,omitempty"`
	AddedP99Us    figure `json:"added_p99_us,omitempty"`
	CallsPerS     figure `json:"calls_per_s,omitempty"`  // 64 in flight
	OfDirect      figure `json:"of_direct,omitempty"`    // CallsPerS, as a share of direct HTTP's in the same round
	CPUUs         figure `json:"cpu_us,omitempty"`       // of the bridge, for one call of those
	LargeMs       figure `json:"large_ms,omitempty"`     // a result of 1 MiB
	LargeArgMs    figure `json:"large_arg_ms,omitempty"` // an argument of 1 MiB, echoed
	RSSIdleMiB    figure `json:"rss_idle_mib,omitempty"` // after the first result
	RSSPeakMiB    figure `json:"rss_peak_mib,omitempty"` // after everything
	IdleCPUMsPerS figure `json:"idle_cpu_ms_per_s,omitempty"`
	WakeupsPerS   figure `json:"wakeups_per_s,omitempty"`
	CopiesMs      figure `json:"copies_ms,omitempty"`  // eight at once: spawn to the last first result
	CopiesMiB     figure `json:"copies_mib,omitempty"` // their memory, shared pages counted once
	Garbage       int    `json:"garbage"`              // lines on stdout that are not JSON
	Error         string `json:"error,omitempty"`
}

// measureAll measures direct HTTP and every bridge, round by round.
func measureAll(ctx context.Context, p plan, bridges []contestant, stderr io.Writer) ([]*result, error) {
	ref, err := startReference(ctx)
	if err != nil {
		return nil, err
	}
	defer ref.stop()
	base := &result{Name: "direct HTTP"}
	results := []*result{base}
	for _, c := range bridges {
		results = append(results, &result{Name: c.name, Peer: c.peer})
	}
	for round := range p.rounds {
		fmt.Fprintf(stderr, "round %d of %d\n", round+1, p.rounds)
		if err := measureDirect(ctx, p, ref, base); err != nil {
			return nil, fmt.Errorf("direct HTTP: %w", err)
		}
		for i, c := range bridges {
			r := results[i+1]
			if r.Error != "" {
				continue
			}
			if err := measureBridge(ctx, p, ref, c, r, base); err != nil {
				r.Error = err.Error()
			}
		}
	}
	return results, nil
}

func measureDirect(ctx context.Context, p plan, ref *reference, r *result) error {
	d, err := newDirect(ctx, ref.url())
	if err != nil {
		return err
	}
	if err := measureCalls(ctx, p, d, r); err != nil {
		return err
	}
	return d.close(ctx)
}

func measureBridge(ctx context.Context, p plan, ref *reference, c contestant, r, base *result) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if err := measureStart(ctx, ref, c, r); err != nil {
		return err
	}
	bridge, err := start(ctx, c, ref.url())
	if err != nil {
		return err
	}
	defer bridge.stop()
	if _, err := bridge.handshake(ctx); err != nil {
		return err
	}
	if _, err := bridge.call(ctx, 1, callTool(1, "echo", "x")); err != nil {
		return err
	}
	measureIdle(p, bridge.cmd.Process.Pid, r)
	if err := measureCalls(ctx, p, bridge, r); err != nil {
		return err
	}
	last := func(f figure) float64 { return f[len(f)-1] }
	r.AddedP50Us.add(last(r.P50Us) - last(base.P50Us))
	r.AddedP99Us.add(last(r.P99Us) - last(base.P99Us))
	r.OfDirect.add(last(r.CallsPerS) / last(base.CallsPerS))
	if u, ok := usageOf(bridge.cmd.Process.Pid); ok {
		r.RSSPeakMiB.add(u.peakMiB)
	}
	bridge.mu.Lock()
	r.Garbage += bridge.garbage
	bridge.mu.Unlock()
	return measureCopies(ctx, p, ref, c, r)
}

// measureStart starts a bridge, asks the first things, and ends it.
func measureStart(ctx context.Context, ref *reference, c contestant, r *result) error {
	before, err := ref.stats(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	bridge, err := start(ctx, c, ref.url())
	if err != nil {
		return err
	}
	answered, err := bridge.handshake(ctx)
	if err == nil {
		_, err = bridge.call(ctx, 1, listTools(1))
	}
	if err == nil {
		_, err = bridge.call(ctx, 2, callTool(2, "echo", "x"))
	}
	first := time.Since(began)
	if err != nil {
		bridge.stop()
		return err
	}
	after, err := ref.stats(ctx)
	if err != nil {
		return err
	}
	bridge.stop()
	end, err := ref.stats(ctx)
	if err != nil {
		return err
	}
	r.FirstAnswerMs.add(ms(answered.Sub(began)))
	r.FirstResultMs.add(ms(first))
	r.Requests.add(float64(after.Requests - before.Requests))
	r.SessionsLeft.add(float64(end.Open - before.Open))
	return nil
}

// measureIdle looks at a bridge that has nothing to do.
func measureIdle(p plan, pid int, r *result) {
	wait(500 * time.Millisecond)
	before, ok := usageOf(pid)
	if !ok {
		return
	}
	wait(p.idle)
	after, ok := usageOf(pid)
	if !ok {
		return
	}
	r.RSSIdleMiB.add(after.rssMiB)
	r.IdleCPUMsPerS.add((after.cpuMs - before.cpuMs) / p.idle.Seconds())
	r.WakeupsPerS.add(float64(after.switches-before.switches) / p.idle.Seconds())
}

// measureCalls measures latency, throughput and large messages.
func measureCalls(ctx context.Context, p plan, c caller, r *result) error {
	id := 100
	one := func(tool, text string) (time.Duration, error) {
		id++
		began := time.Now()
		_, err := c.call(ctx, id, callTool(id, tool, text))
		return time.Since(began), err
	}
	several := func(n int, tool, text string) ([]time.Duration, error) {
		took := make([]time.Duration, 0, n)
		for range n {
			d, err := one(tool, text)
			if err != nil {
				return nil, err
			}
			took = append(took, d)
		}
		slices.Sort(took)
		return took, nil
	}
	if _, err := several(p.warmup, "echo", "hello"); err != nil {
		return err
	}
	took, err := several(p.sequential, "echo", "hello")
	if err != nil {
		return err
	}
	r.P50Us.add(us(took[len(took)/2]))
	r.P99Us.add(us(took[len(took)*99/100]))
	before := cpuOf(c)
	rate, err := throughput(ctx, p, c, id+1)
	if err != nil {
		return err
	}
	r.CallsPerS.add(rate)
	if spent := cpuOf(c) - before; spent > 0 {
		r.CPUUs.add(spent * 1000 / float64(p.concurrent))
	}
	id += p.concurrent
	if took, err = several(p.large, "blob", ""); err != nil {
		return err
	}
	r.LargeMs.add(ms(took[len(took)/2]))
	if took, err = several(p.large/2, "echo", strings.Repeat("x", 1<<20)); err != nil {
		return err
	}
	r.LargeArgMs.add(ms(took[len(took)/2]))
	return nil
}

// throughput returns calls per second with several in flight.
func throughput(ctx context.Context, p plan, c caller, firstID int) (float64, error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, p.inflight)
	began := time.Now()
	for i := range p.inflight {
		wg.Go(func() {
			for errs[i] == nil {
				n := int(next.Add(1))
				if n > p.concurrent {
					return
				}
				_, errs[i] = c.call(ctx, firstID+n, callTool(firstID+n, "echo", "hello"))
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return float64(p.concurrent) / took.Seconds(), nil
}

// measureCopies starts several at once, as a host does that has several servers configured.
func measureCopies(ctx context.Context, p plan, ref *reference, c contestant, r *result) error {
	copies := make([]*process, p.copies)
	errs := make([]error, p.copies)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range copies {
		wg.Go(func() {
			if copies[i], errs[i] = start(ctx, c, ref.url()); errs[i] != nil {
				return
			}
			if _, errs[i] = copies[i].handshake(ctx); errs[i] != nil {
				return
			}
			_, errs[i] = copies[i].call(ctx, 1, callTool(1, "echo", "x"))
		})
	}
	wg.Wait()
	took := time.Since(began)
	var total float64
	for _, p := range copies {
		if p == nil {
			continue
		}
		if u, ok := usageOf(p.cmd.Process.Pid); ok {
			total += u.pssMiB
		}
		p.stop()
	}
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("several at once: %w", err)
		}
	}
	r.CopiesMs.add(ms(took))
	if total > 0 {
		r.CopiesMiB.add(total)
	}
	return nil
}
