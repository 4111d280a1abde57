package streamable

import (
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// A connection that takes over finds the message that the one before it has in its hands, also if nothing more will come.
func TestAMessageInTheHandsOfTheConnectionBefore(t *testing.T) {
	st := newStream(1, true)
	holds, letGo := make(chan struct{}), make(chan struct{})
	st.edit = func(*mcp.JSONRPCNotification) { close(holds); <-letGo }
	st.reserve(nil) <- mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION}
	st.end()
	e, _, _ := st.next(0)
	got := make(chan []byte, 2)
	take := func() { got <- st.take(e, nil, nil) }
	go take()
	<-holds
	go take()
	select {
	case data := <-got:
		close(letGo)
		t.Fatalf("the second connection has %q while the first still writes", data)
	case <-time.After(20 * time.Millisecond):
	}
	close(letGo)
	if first, second := <-got, <-got; len(first) == 0 || len(second) == 0 {
		t.Errorf("the connections have %q and %q", first, second)
	}
}
