package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"time"
)

const (
	legacyVersion = "2025-11-25"
	modernVersion = "2026-07-28"
	answerWithin  = 60 * time.Second // what a desktop host allows
)

// A host is the other end of mcp-client's stdin and stdout: what Claude Desktop is to it.
type host struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan []byte
	stderr bytes.Buffer
	nextID int
	modern bool
}

// startHost launches the program as a host's configuration entry would.
func startHost(ctx context.Context, program string, args, env []string, modern bool) (*host, error) {
	h := &host{cmd: exec.CommandContext(ctx, program, args...), lines: make(chan []byte, 16), modern: modern}
	h.cmd.Env = env
	h.cmd.Stderr = &h.stderr
	var err error
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	go h.read(stdout)
	return h, nil
}

// read ends with the program's stdout; close waits for that.
func (h *host) read(stdout io.Reader) {
	defer close(h.lines)
	r := bufio.NewReader(stdout)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			h.lines <- line
		}
		if err != nil {
			return
		}
	}
}

// An answer is one JSON-RPC response.
type answer struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// ask sends a request and returns the result of its response; notifications in between are passed over.
func (h *host) ask(method string, params map[string]any) (json.RawMessage, error) {
	h.nextID++
	id := h.nextID
	if err := h.send(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": h.withMeta(params)}); err != nil {
		return nil, err
	}
	timeout := time.After(answerWithin)
	for {
		select {
		case line, open := <-h.lines:
			if !open {
				return nil, fmt.Errorf("mcp-client ended while %s waited for its answer: %s", method, &h.stderr)
			}
			var a answer
			if err := json.Unmarshal(line, &a); err != nil {
				return nil, fmt.Errorf("reading mcp-client's output %q: %w", line, err)
			}
			if a.Method != "" || string(a.ID) != fmt.Sprint(id) {
				continue
			}
			if a.Error != nil {
				return nil, fmt.Errorf("%s: error %d: %s", method, a.Error.Code, a.Error.Message)
			}
			return a.Result, nil
		case <-timeout:
			return nil, fmt.Errorf("%s was not answered within %v", method, answerWithin)
		}
	}
}

// withMeta adds what each request of the stateless era carries.
func (h *host) withMeta(params map[string]any) map[string]any {
	all := map[string]any{}
	maps.Copy(all, params)
	if h.modern {
		all["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion":    modernVersion,
			"io.modelcontextprotocol/clientCapabilities": map[string]any{},
			"io.modelcontextprotocol/clientInfo":         map[string]any{"name": "pierre-demo", "version": "1"},
		}
	}
	return all
}

func (h *host) notify(method string) error {
	return h.send(map[string]any{"jsonrpc": "2.0", "method": method})
}

func (h *host) send(message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = h.stdin.Write(append(line, '\n'))
	return err
}

// greet opens the conversation in the host's era and returns who answered.
func (h *host) greet() (server string, err error) {
	if h.modern {
		raw, err := h.ask("server/discover", nil)
		return discovered(raw), err
	}
	raw, err := h.ask("initialize", map[string]any{
		"protocolVersion": legacyVersion,
		"capabilities":    map[string]any{},
		"clientInfo":      map[string]any{"name": "pierre-demo", "version": "1"},
	})
	if err != nil {
		return "", err
	}
	var r struct {
		ProtocolVersion string     `json:"protocolVersion"`
		ServerInfo      serverInfo `json:"serverInfo"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return "", err
	}
	return r.ServerInfo.String() + ", protocol " + r.ProtocolVersion, h.notify("notifications/initialized")
}

type serverInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func (s serverInfo) String() string { return s.Name + " " + s.Version }

func discovered(raw json.RawMessage) string {
	var r struct {
		SupportedVersions []string `json:"supportedVersions"`
		Meta              struct {
			ServerInfo serverInfo `json:"io.modelcontextprotocol/serverInfo"`
		} `json:"_meta"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return ""
	}
	return fmt.Sprintf("%s, protocols %v", r.Meta.ServerInfo, r.SupportedVersions)
}

// close ends the program the way a host does: it closes stdin and waits.
func (h *host) close() error {
	err := h.stdin.Close()
	for range h.lines { // the rest of the output, until it ends
		continue
	}
	if werr := h.cmd.Wait(); werr != nil {
		return errors.Join(err, fmt.Errorf("mcp-client: %w: %s", werr, &h.stderr))
	}
	return err
}
