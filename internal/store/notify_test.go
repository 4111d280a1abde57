package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A change that any program makes is told to all that listen; what they send each other is heard by all, too.
func TestNotifier(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		listening, ok := replicas[0].Notifier()
		if !ok {
			return // SQLite has none
		}
		ctx, stop := context.WithCancel(t.Context())
		heard := make(chan string, 100)
		ended := make(chan error, 1)
		go func() { ended <- listening.Listen(ctx, func(text string) { heard <- text }) }()
		sending, _ := replicas[1].Notifier()
		// It is not known when Listen begins to listen: what is sent before is lost.
		for listens := false; !listens; {
			if err := sending.Send(t.Context(), "hello"); err != nil {
				t.Fatal(err)
			}
			select {
			case text := <-heard:
				listens = text == "hello"
			case <-time.After(20 * time.Millisecond):
			case err := <-ended:
				t.Fatal(err)
			}
		}
		k := provisioned(t, replicas[1])
		if _, err := replicas[1].RevokeAPIKey(t.Context(), changesAct(), k.ID); err != nil {
			t.Fatal(err)
		}
		for text := ""; text != "change"; {
			select {
			case text = <-heard:
			case <-time.After(10 * time.Second):
				t.Fatal("the revocation was not told")
			}
		}
		stop()
		if err := <-ended; err == nil {
			t.Error("Listen ended without a reason")
		}
	})
}
