package bridge_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/pierre-mcp/pierre/bridge"
)

// A program on stdio passes os.Stdin and os.Stdout to Run. Here a string is the host, and
// the server answers one request.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer a-key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":{}}`)
	}))
	defer server.Close()

	b, err := bridge.New(server.URL+"/mcp", "a-key", bridge.Options{
		Advice: func(f bridge.Failure) string {
			if f.Cause == bridge.KeyRefused {
				return "Ask the operator of " + f.Host + " for a new one."
			}
			return ""
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	host := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n")
	if err := b.Run(context.Background(), host, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output: {"jsonrpc":"2.0","id":1,"result":{}}
}
