package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The messages of a conversation in the 2025-11-25 era, which all bridges speak.
const (
	initialize  = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)

func listTools(id int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/list","params":{}}`, id)
}

func callTool(id int, name, text string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{"text":%q}}}`, id, name, text)
}

// A caller carries a request out and returns the size of the answer in bytes.
type caller interface {
	call(ctx context.Context, id int, request string) (int, error)
}

// A process is a running bridge, driven over its stdin and stdout.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser

	mu      sync.Mutex // guards writing, waiting and garbage
	waiting map[int]chan int
	garbage int // lines on stdout that are not JSON
	ended   chan struct{}
}

func start(ctx context.Context, c contestant, url string) (*process, error) {
	argv := slices.Clone(c.argv)
	for i := range argv {
		argv[i] = strings.ReplaceAll(argv[i], "{url}", url)
	}
	p := &process{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...), waiting: make(map[int]chan int), ended: make(chan struct{})}
	p.cmd.Stderr = io.Discard
	p.cmd.Env = append(os.Environ(), "NO_COLOR=1") //nolint:forbidigo // the bridge under test gets what we have
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.read(out)
	return p, nil
}

// read hands the answers to those who wait for them.
func (p *process) read(out io.Reader) {
	defer close(p.ended)
	lines := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		id, ok := answeredID(line)
		p.mu.Lock()
		if answer := p.waiting[id]; ok && answer != nil {
			answer <- len(line)
			delete(p.waiting, id)
		} else if !json.Valid(line) {
			p.garbage++
		}
		p.mu.Unlock()
	}
}

// answeredID finds the id of an answer without parsing it, at its beginning or at
// its end: the driver shares the processors with what it measures.
func answeredID(line []byte) (int, bool) {
	const member = `"id":`
	for _, part := range [][]byte{line[:min(len(line), 64)], line[max(0, len(line)-64):]} {
		_, rest, found := bytes.Cut(part, []byte(member))
		if !found {
			continue
		}
		end := bytes.IndexAny(rest, ",}")
		if id, err := strconv.Atoi(string(rest[:max(end, 0)])); err == nil {
			return id, true
		}
	}
	return 0, false
}

var errEnded = errors.New("the bridge ended")

func (p *process) call(ctx context.Context, id int, request string) (int, error) {
	answer := make(chan int, 1)
	p.mu.Lock()
	p.waiting[id] = answer
	_, err := io.WriteString(p.in, request+"\n")
	p.mu.Unlock()
	if err != nil {
		return 0, err
	}
	select {
	case n := <-answer:
		return n, nil
	case <-p.ended:
		return 0, errEnded
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (p *process) notify(message string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := io.WriteString(p.in, message+"\n")
	return err
}

// handshake begins the conversation and returns when initialize was answered.
func (p *process) handshake(ctx context.Context) (time.Time, error) {
	if _, err := p.call(ctx, 0, initialize); err != nil {
		return time.Time{}, fmt.Errorf("initialize: %w", err)
	}
	at := time.Now()
	return at, p.notify(initialized)
}

// stop closes stdin, as hosts do, and waits a while before it kills.
func (p *process) stop() {
	p.in.Close()                                                           //nolint:errcheck // that is what ends it
	kill := time.AfterFunc(3*time.Second, func() { p.cmd.Process.Kill() }) //nolint:errcheck // it may be gone
	defer kill.Stop()
	<-p.ended
	p.cmd.Wait() //nolint:errcheck // how it ends is not measured
}

// direct is the same conversation without a bridge.
type direct struct {
	url, session string
	client       *http.Client
}

func newDirect(ctx context.Context, url string) (*direct, error) {
	d := &direct{url: url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}}
	if _, err := d.call(ctx, 0, initialize); err != nil {
		return nil, err
	}
	_, err := d.call(ctx, 0, initialized)
	return d, err
}

func (d *direct) call(ctx context.Context, _ int, request string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, strings.NewReader(request))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if d.session != "" {
		req.Header.Set("Mcp-Session-Id", d.session)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if d.session == "" {
		d.session = resp.Header.Get("Mcp-Session-Id")
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return 0, fmt.Errorf("the server answers %s", resp.Status)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	return int(n), err
}

func (d *direct) close(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, d.url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Mcp-Session-Id", d.session)
	resp, err := d.client.Do(req)
	if err != nil {
		return err
	}
	d.client.CloseIdleConnections()
	return resp.Body.Close()
}
