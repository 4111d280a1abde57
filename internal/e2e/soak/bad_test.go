//go:build e2e

package soak

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"
)

// A badClient is one way to harm a server. do is called again and again, by several goroutines.
type badClient struct {
	name    string
	workers int
	every   time.Duration // between the end of one try and the next
	do      func(ctx context.Context, a *attacker)
}

// An attacker has a key of its own, one whose limit is used up, and an address that is not the good clients'.
type attacker struct {
	addr, key, spent string
	http             *http.Client
	bombs            []upload
	greeting         string // an initialize request with a megabyte of capabilities
}

// An upload is the body of one, and its file name.
type upload struct {
	name string
	body []byte
}

// newAttacker prepares what is costly to make, so that the attack does not keep the test's own processor busy.
func newAttacker(addr, key, spent string) *attacker {
	a := &attacker{addr: addr, key: key, spent: spent, greeting: greeting()}
	for kind := range 4 {
		name, body := bomb(kind)
		a.bombs = append(a.bombs, upload{name, body})
	}
	a.http = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return a.dial(ctx) },
	}}
	return a
}

func (a *attacker) dial(ctx context.Context) (net.Conn, error) {
	d := &net.Dialer{Timeout: 5 * time.Second}
	if runtime.GOOS == "linux" { // elsewhere loopback has one address
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 66)}
	}
	return d.DialContext(ctx, "tcp", a.addr)
}

// raw opens a connection, writes text and lets f go on with it; the end of ctx closes the connection.
func (a *attacker) raw(ctx context.Context, text string, f func(c net.Conn)) {
	c, err := a.dial(ctx)
	if err != nil {
		return
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if _, err := io.WriteString(c, text); err == nil {
		f(c)
	}
}

// request sends one request and drops the answer.
func (a *attacker) request(ctx context.Context, method, path string, body io.Reader, headers ...string) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+a.addr+path, body)
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
}

// untilClosed waits for the server to close the connection, for at most two minutes.
func untilClosed(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(2 * time.Minute))
	io.Copy(io.Discard, c)
}

func post(path, headers string, length int) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n", path, headers, length)
}

func (a *attacker) bearer() string { return "Authorization: Bearer " + a.key + "\r\n" }

func badClients() []badClient {
	return append(slowClients(), busyClients()...)
}

// slowClients hold connections.
func slowClients() []badClient {
	return []badClient{
		{"connects and is silent", 60, 0, func(ctx context.Context, a *attacker) { a.raw(ctx, "", untilClosed) }},
		{"drips headers", 20, 0, func(ctx context.Context, a *attacker) {
			a.raw(ctx, "GET /health HTTP/1.1\r\nHost: x\r\n", func(c net.Conn) { drip(ctx, c, "X-A: b\r\n") })
		}},
		{"drips a body", 20, 0, func(ctx context.Context, a *attacker) {
			a.raw(ctx, post("/mcp", a.bearer(), 1<<20), func(c net.Conn) { drip(ctx, c, " ") })
		}},
		{"drips a body without a key", 20, 0, func(ctx context.Context, a *attacker) {
			a.raw(ctx, post("/mcp", "", 1<<20), func(c net.Conn) { drip(ctx, c, " ") })
		}},
		{"stops within a body", 40, 0, func(ctx context.Context, a *attacker) {
			path := []string{"/health", "/admin/provision-api-key", "/mcp", "/", "/nowhere", "/api/import"}[rand.IntN(6)]
			a.raw(ctx, post(path, "", 100)+"{", untilClosed)
		}},
		{"does not read answers", 20, 0, func(ctx context.Context, a *attacker) {
			body := `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`
			one := post("/", a.bearer(), len(body)) + body
			a.raw(ctx, "", func(c net.Conn) {
				c.SetWriteDeadline(time.Now().Add(time.Minute))
				for range 2000 {
					if _, err := io.WriteString(c, one); err != nil {
						return
					}
				}
				pause(ctx, time.Minute)
			})
		}},
		{"holds back the last byte of 4 MB without a key", 20, 0, func(ctx context.Context, a *attacker) {
			a.raw(ctx, post("/mcp", "", 4<<20)+strings.Repeat(" ", 4<<20-1), untilClosed)
		}},
	}
}

func drip(ctx context.Context, c net.Conn, text string) {
	for ctx.Err() == nil {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
		pause(ctx, time.Second)
	}
}

// busyClients ask for too much, or for nonsense.
func busyClients() []badClient {
	padding := strings.Repeat("a", 40<<10)
	return []badClient{
		{"sends 4 MB without a key", 2, 50 * time.Millisecond, func(ctx context.Context, a *attacker) {
			a.request(ctx, http.MethodPost, "/mcp", strings.NewReader(strings.Repeat(" ", 4<<20)))
		}},
		{"opens sessions with large capabilities and streams", 4, 50 * time.Millisecond, openSession},
		{"calls beyond its limit", 4, 2 * time.Millisecond, func(ctx context.Context, a *attacker) {
			a.request(ctx, http.MethodPost, "/", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_stats","arguments":{}}}`),
				"Authorization", "Bearer "+a.spent)
		}},
		{"guesses keys", 4, 5 * time.Millisecond, func(ctx context.Context, a *attacker) {
			a.request(ctx, http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`),
				"Authorization", fmt.Sprintf("Bearer pk_live_%032d", rand.Uint64()))
		}},
		{"sends bad JSON", 2, 5 * time.Millisecond, func(ctx context.Context, a *attacker) {
			body := []string{`{"jsonrpc":"2.0","id":`, strings.Repeat("[", 100_000), `{"jsonrpc":"2.0","id":1,"id":2}`, "\xff\xfe", `[]`, `{"auth":"a","auth":"b"}`}[rand.IntN(6)]
			a.request(ctx, http.MethodPost, "/mcp", strings.NewReader(body), "Authorization", "Bearer "+a.key)
		}},
		{"sends huge headers", 2, 20 * time.Millisecond, func(ctx context.Context, a *attacker) {
			a.request(ctx, http.MethodGet, "/health", http.NoBody, "X-Padding", padding+padding)
		}},
		{"opens streams and drops them", 4, 10 * time.Millisecond, func(ctx context.Context, a *attacker) {
			short, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(100))*time.Millisecond)
			defer cancel()
			a.request(short, http.MethodPost, "/mcp", strings.NewReader(listen), modern("subscriptions/listen", a.key)...)
		}},
		{"holds streams", 30, time.Second, func(ctx context.Context, a *attacker) {
			a.request(ctx, http.MethodPost, "/mcp", strings.NewReader(listen), modern("subscriptions/listen", a.key)...)
		}},
		{"asks for readiness without end", 2, 0, func(ctx context.Context, a *attacker) {
			a.request(ctx, http.MethodGet, "/ready", http.NoBody)
		}},
		{"uploads bombs", 2, 100 * time.Millisecond, func(ctx context.Context, a *attacker) {
			u := a.bombs[rand.IntN(len(a.bombs))]
			a.request(ctx, http.MethodPost, "/api/import?name="+u.name, bytes.NewReader(u.body), "Authorization", "Bearer "+a.key, "Content-Type", "application/octet-stream")
		}},
	}
}

const listen = `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` +
	`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},` +
	`"io.modelcontextprotocol/clientInfo":{"name":"soak","version":"1"}}}}`

func modern(method, key string) []string {
	return []string{"Authorization", "Bearer " + key, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", method}
}

// greeting opens a session.
func greeting() string {
	var caps strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&caps, `"e%d":{"a":{},"b":{}},`, i)
	}
	return `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"experimental":{` +
		strings.TrimSuffix(caps.String(), ",") + `}},"clientInfo":{"name":"soak","version":"1"}}}`
}

// openSession opens a session, and a stream in it for a while.
func openSession(ctx context.Context, a *attacker) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.addr+"/mcp", strings.NewReader(a.greeting))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("Authorization", "Bearer "+a.key)
	resp, err := a.http.Do(req)
	if err != nil {
		return
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	short, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	a.request(short, http.MethodGet, "/mcp", http.NoBody, "Authorization", "Bearer "+a.key,
		"Mcp-Session-Id", resp.Header.Get("Mcp-Session-Id"), "Accept", "text/event-stream", "Mcp-Protocol-Version", "2025-11-25")
}

// bomb returns an upload that is small on the wire and large where it is read.
func bomb(kind int) (name string, body []byte) {
	switch kind {
	case 0:
		return "zeros.gpx.gz", gzipped(func(w io.Writer) { io.CopyN(w, zeros{}, 300<<20) })
	case 1:
		return "empty.tcx.gz", gzipped(func(w io.Writer) {
			io.WriteString(w, `<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>`)
			io.WriteString(w, strings.Repeat("<Activity/>", 300_000))
			io.WriteString(w, `</Activities></TrainingCenterDatabase>`)
		})
	case 2:
		return "tracks.gpx.gz", gzipped(func(w io.Writer) {
			io.WriteString(w, `<gpx version="1.1">`)
			io.WriteString(w, strings.Repeat("<trk/>", 1_000_000))
			io.WriteString(w, `</gpx>`)
		})
	default:
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range 20_000 {
			z.Create(fmt.Sprintf("activities/%d.fit", i))
		}
		z.Close()
		return "entries.zip", b.Bytes()
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func gzipped(write func(io.Writer)) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	write(z)
	z.Close()
	return b.Bytes()
}
