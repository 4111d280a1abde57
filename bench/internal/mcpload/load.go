package mcpload

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
	"strconv"
	"sync"
	"time"
)

// A Target is a running server under test.
type Target struct {
	ready

	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *json.Decoder
}

// Start starts a server of that kind: this program, with --serve. A shared one needs backing.
func Start(ctx context.Context, kind string, keys int, backing *Backing) (*Target, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	database, redis := "", ""
	if kind == Shared {
		database, redis = backing.database, backing.redis.URL()
	}
	t := &Target{cmd: exec.CommandContext(ctx, exe, "--serve", "--", kind, strconv.Itoa(keys), database, redis)}
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
		return nil, fmt.Errorf("starting the server %s: %w", kind, err)
	}
	return t, nil
}

// CPU returns the processor time that the server has used.
func (t *Target) CPU() (used time.Duration, err error) {
	if _, err := io.WriteString(t.stdin, "\n"); err != nil {
		return 0, err
	}
	err = t.out.Decode(&used)
	return used, err
}

// Stop ends the server.
func (t *Target) Stop() {
	t.stdin.Close() //nolint:errcheck // the process is about to end
	t.cmd.Wait()    //nolint:errcheck // as above
}

// A Load is how a server is called.
type Load struct {
	Requests [][]byte // that are sent in turns, as Prepare makes them
	Span     time.Duration
	InFlight int
	Rate     float64 // calls per second, whatever the server does; 0: each connection calls as fast as it is answered
}

// A Sample is a call that was made.
type Sample struct {
	// Took is until its answer; with a rate from when it was due, so that it also has the time for which it waited for the calls before it.
	Took time.Duration
	// Late is what of it this program took to send the call after it was due and its connection free: on a machine whose processors are
	// all in use the load waits for one as the server does.
	Late time.Duration
}

// Run calls the server.
func (t *Target) Run(ctx context.Context, l Load) ([]Sample, error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all []Sample
	var failed error
	began := time.Now()
	for i := range l.InFlight {
		wg.Go(func() {
			took, err := t.loop(ctx, l, i, began)
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

// loop calls on connection i. It writes prepared bytes, so that the load costs less than what it measures.
func (t *Target) loop(ctx context.Context, l Load, i int, began time.Time) ([]Sample, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // nothing is on its way
	in := bufio.NewReader(conn)
	var took []Sample
	free := began
	for n := 0; ; n++ {
		started := time.Now()
		if l.Rate > 0 { // the connections take turns
			started = began.Add(time.Duration(float64(n*l.InFlight+i) / l.Rate * float64(time.Second)))
			select {
			case <-time.After(time.Until(started)):
			case <-ctx.Done():
			}
		}
		if started.Sub(began) > l.Span || ctx.Err() != nil {
			return took, ctx.Err()
		}
		// Requests that run at once in one session need ids of their own.
		request := bytes.Replace(l.Requests[(n*l.InFlight+i)%len(l.Requests)], []byte(`"id":7000`), strconv.AppendInt([]byte(`"id":`), int64(7000+i), 10), 1)
		could := started
		if could.Before(free) {
			could = free
		}
		late := time.Since(could)
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		if _, err := answer(in); err != nil {
			return nil, err
		}
		free = time.Now()
		took = append(took, Sample{free.Sub(started), late})
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
