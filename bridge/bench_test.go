package bridge_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pierre-mcp/pierre/bridge"
)

// A call through the bridge over TCP, the server's share included; bench/bridge
// measures the program as a whole.
func BenchmarkCall(b *testing.B) {
	for _, inflight := range []int{1, 64} {
		b.Run(fmt.Sprintf("in flight %d", inflight), func(b *testing.B) {
			answer := []byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"hello"}]}}`)
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json")
				w.Write(answer)
			}))
			defer s.Close()
			br, err := bridge.New(s.URL, key, bridge.Options{})
			if err != nil {
				b.Fatal(err)
			}
			inR, inW := io.Pipe()
			outR, outW := io.Pipe()
			done := make(chan error, 1)
			go func() { done <- br.Run(b.Context(), inR, outW) }()
			lines := bufio.NewReader(outR)
			request := []byte(call(1, "echo") + "\n")
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				inW.Write(request)
				if i >= inflight-1 {
					lines.ReadSlice('\n')
				}
			}
			go io.Copy(io.Discard, lines)
			inW.Close()
			<-done
			outW.Close()
		})
	}
}
