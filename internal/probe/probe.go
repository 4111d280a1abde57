// Package probe finds out whether a public address leads to a server, and what the proxies between do to its requests. The one
// who asks proves with a secret that it belongs to the server, and the server proves that it has the same one; others get 404.
package probe

import (
	"bufio"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/web"
)

// Path is where the server answers.
const Path = "/health/probe"

const (
	header   = "X-Pierre-Probe"
	validFor = time.Minute             // clocks may differ by so much
	pause    = 1500 * time.Millisecond // between the two parts of the answer
	maxLine  = 16 << 10
)

// Forged is the address that the one who asks puts into X-Forwarded-For (RFC 5737: nobody has it).
const Forged = "203.0.113.77"

// An Answer is how a request reached the server.
type Answer struct {
	Proof     string   `json:"proof"`
	Peer      string   `json:"peer"`          // address that the connection comes from
	Client    string   `json:"client"`        // address that the server takes for the client's
	Trusted   bool     `json:"peer_trusted"`  // the peer is a trusted proxy
	Forwarded []string `json:"forwarded_for"` // what X-Forwarded-For says
	Streamed  bool     `json:"-"`             // the parts of the answer came apart
}

func key(s secret.String) ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(s.Reveal()), nil, "pierre probe v1", 32)
}

func sign(key []byte, what, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(what + " " + text))
	return hex.EncodeToString(m.Sum(nil))
}

// Handler answers those who know one of the secrets.
func Handler(secrets func() []secret.String, trusted []netip.Prefix, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.Header.Get(header)
		for _, s := range secrets() {
			k, err := key(s)
			if err == nil && asks(k, asked, now()) {
				answer(w, r, k, trusted)
				return
			}
		}
		http.NotFound(w, r)
	})
}

// asks reports whether the header is of somebody who knows the key, now.
func asks(key []byte, text string, now time.Time) bool {
	question, mac, ok := cutLast(text)
	at, _, dated := strings.Cut(question, ".")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if !ok || !dated || err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > validFor {
		return false
	}
	return hmac.Equal([]byte(mac), []byte(sign(key, "ask", question)))
}

func cutLast(text string) (before, after string, ok bool) {
	n := strings.LastIndexByte(text, '.')
	if n < 0 {
		return "", "", false
	}
	return text[:n], text[n+1:], true
}

// answer writes the two parts of the answer.
func answer(w http.ResponseWriter, r *http.Request, key []byte, trusted []netip.Prefix) {
	question, _, _ := cutLast(r.Header.Get(header))
	a := Answer{Proof: sign(key, "answer", question), Peer: r.RemoteAddr, Client: web.ClientAddr(r, trusted).String()}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		a.Peer = peer.Addr().Unmap().String()
		for _, network := range trusted {
			a.Trusted = a.Trusted || network.Contains(peer.Addr().Unmap())
		}
	}
	for hop := range strings.SplitSeq(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",") {
		if hop = strings.TrimSpace(hop); hop != "" {
			a.Forwarded = append(a.Forwarded, hop)
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	text, err := json.Marshal(a)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "data: %s\n", text)
	if http.NewResponseController(w).Flush() != nil {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		fmt.Fprint(w, "\n: end\n\n")
	case <-r.Context().Done():
	}
}

// ErrOther is the error of Ask if something answers that is not a server with the secret.
var ErrOther = errors.New("something else answers")

// Ask asks at an origin.
func Ask(ctx context.Context, client *http.Client, origin string, s secret.String, now time.Time) (Answer, error) {
	var a Answer
	k, err := key(s)
	if err != nil {
		return a, err
	}
	question := strconv.FormatInt(now.Unix(), 10) + "." + rand.Text()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(origin, "/")+Path, http.NoBody)
	if err != nil {
		return a, err
	}
	req.Header.Set(header, question+"."+sign(k, "ask", question))
	req.Header.Set("X-Forwarded-For", Forged)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := client.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	lines := bufio.NewReaderSize(resp.Body, maxLine)
	line, err := lines.ReadSlice('\n')
	first := time.Now()
	text, ok := strings.CutPrefix(string(line), "data: ")
	if resp.StatusCode != http.StatusOK || err != nil || !ok || json.Unmarshal([]byte(text), &a) != nil || !hmac.Equal([]byte(a.Proof), []byte(sign(k, "answer", question))) {
		return a, fmt.Errorf("%w, with %d", ErrOther, resp.StatusCode)
	}
	for err == nil {
		_, err = lines.ReadSlice('\n')
	}
	a.Streamed = time.Since(first) > pause/2
	return a, nil
}
