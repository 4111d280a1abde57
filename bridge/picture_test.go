package bridge_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/pierre-mcp/pierre/bridge"
)

// A picture of 100 KB comes byte for byte, as JSON and as an event, in both eras.
func TestPictures(t *testing.T) {
	picture := make([]byte, 100<<10)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(picture) // it never fails
	message := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Fitness"},{"type":"image","data":"%s","mimeType":"image/png"}]}}`,
		base64.StdEncoding.EncodeToString(picture))
	for era, ask := range map[string]func(h *host){
		"2025-11-25": func(h *host) {
			h.Handshake()
			h.Send(call(1, "draw"))
		},
		"2026-07-28": func(h *host) { h.Send(modern(1, "tools/call", `"name":"draw"`)) },
	} {
		for kind, body := range map[string]string{"application/json": message, "text/event-stream": "event: message\ndata: " + message + "\n\n"} {
			t.Run(era+" "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newRemote(t)
					s.Misbehave("tools/call", 1, func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Type", kind)
						_, _ = w.Write([]byte(body)) // what does not arrive is missed below
					})
					h := newHost(t, s, bridge.Options{})
					ask(h)
					if got := h.Answer(1).Raw; got != message {
						t.Errorf("%d bytes arrive, want %d: %.100s", len(got), len(message), got)
					}
				})
			})
		}
	}
}
