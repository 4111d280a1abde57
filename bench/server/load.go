package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// A result compares the two servers in one era of the protocol.
type result struct {
	Era       string  `json:"era"`
	Ours      figures `json:"ours"`
	Bare      figures `json:"bare"`
	P50Ratio  float64 `json:"p50_ratio"`  // ours/bare, of a call alone: less is better
	RateRatio float64 `json:"rate_ratio"` // ours/bare, of concurrent calls: more is better
	CPURatio  float64 `json:"cpu_ratio"`  // ours/bare: less is better; it depends least on what else the machine does
}

// Figures are the medians of all rounds.
type figures struct {
	P50Micros float64 `json:"p50_us"`     // of a call alone
	PerSecond float64 `json:"per_second"` // of concurrent calls
	CPUMicros float64 `json:"cpu_us"`     // that the server spends on one of the concurrent calls
}

// A target is a running server under test.
type target struct {
	ready

	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *json.Decoder
}

func start(ctx context.Context, which string) (*target, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	t := &target{cmd: exec.CommandContext(ctx, exe, "--serve", which)}
	t.cmd.Stderr = os.Stderr
	if t.stdin, err = t.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	t.out = json.NewDecoder(out)
	if err := t.out.Decode(&t.ready); err != nil {
		return nil, fmt.Errorf("starting %s: %w", which, err)
	}
	return t, nil
}

// askCPU returns the processor time that the server has used.
func (t *target) askCPU() (used time.Duration, err error) {
	if _, err := io.WriteString(t.stdin, "\n"); err != nil {
		return 0, err
	}
	err = t.out.Decode(&used)
	return used, err
}

func (t *target) stop() {
	t.stdin.Close() //nolint:errcheck // the process is about to end
	t.cmd.Wait()    //nolint:errcheck // as above
}

// compare measures both servers in both eras, in turns.
func compare(ctx context.Context, rounds int, span time.Duration, inflight int) ([]result, error) {
	ours, err := start(ctx, "ours")
	if err != nil {
		return nil, err
	}
	defer ours.stop()
	bare, err := start(ctx, "bare")
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	var results []result
	for _, era := range []string{"legacy", "modern"} {
		measured := map[*target]*samples{ours: {}, bare: {}}
		for range rounds {
			for _, t := range []*target{ours, bare} {
				if err := measured[t].add(ctx, t, era, span, inflight); err != nil {
					return nil, err
				}
			}
		}
		r := result{Era: era, Ours: measured[ours].median(), Bare: measured[bare].median()}
		r.P50Ratio = r.Ours.P50Micros / r.Bare.P50Micros
		r.RateRatio = r.Ours.PerSecond / r.Bare.PerSecond
		r.CPURatio = r.Ours.CPUMicros / r.Bare.CPUMicros
		results = append(results, r)
	}
	return results, nil
}

type samples struct{ p50, rate, cpu []float64 }

func (s *samples) add(ctx context.Context, t *target, era string, span time.Duration, inflight int) error {
	request, err := t.prepare(ctx, era)
	if err != nil {
		return err
	}
	alone, err := t.load(ctx, request, span, 1)
	if err != nil {
		return err
	}
	before, err := t.askCPU()
	if err != nil {
		return err
	}
	together, err := t.load(ctx, request, span, inflight)
	if err != nil {
		return err
	}
	after, err := t.askCPU()
	if err != nil {
		return err
	}
	slices.Sort(alone)
	s.p50 = append(s.p50, float64(alone[len(alone)/2].Nanoseconds())/1000)
	s.rate = append(s.rate, float64(len(together))/span.Seconds())
	s.cpu = append(s.cpu, float64((after-before).Nanoseconds())/1000/float64(len(together)))
	return nil
}

func (s *samples) median() figures {
	return figures{middle(s.p50), middle(s.rate), middle(s.cpu)}
}

func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// load calls on n connections for the given span and returns how long each call took.
func (t *target) load(ctx context.Context, request []byte, span time.Duration, n int) ([]time.Duration, error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	end := time.Now().Add(span)
	for i := range n {
		wg.Go(func() {
			// Requests that run at once in one session need ids of their own.
			mine := bytes.Replace(request, []byte(`"id":7000`), fmt.Appendf(nil, `"id":%d`, 7000+i), 1)
			took, err := t.loop(ctx, mine, end)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	return all, failed
}

// loop calls on one connection. It writes prepared bytes, so that the load costs less than what it measures.
func (t *target) loop(ctx context.Context, request []byte, end time.Time) ([]time.Duration, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // nothing is on its way
	in := bufio.NewReader(conn)
	var took []time.Duration
	for {
		started := time.Now()
		if started.After(end) || ctx.Err() != nil {
			return took, ctx.Err()
		}
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		if _, err := answer(in); err != nil {
			return nil, err
		}
		took = append(took, time.Since(started))
	}
}

// answer reads a response, makes sure that the call went well, and returns the headers.
func answer(in *bufio.Reader) (http.Header, error) {
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"result"`)) {
		return nil, fmt.Errorf("a call was answered with %s: %s", resp.Status, body)
	}
	return resp.Header, nil
}
