package streamable_test

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/streamable"
)

func FuzzSharedSessionID(f *testing.F) {
	ring, err := keyring.Load(f.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("x")
	f.Add("AgAAAAAAAAAA")
	f.Add(strings.Repeat("A", 3000))
	f.Fuzz(func(t *testing.T, id string) {
		if streamable.OpensSession(ring, id) {
			t.Errorf("the made-up id %q opens a session", id)
		}
	})
}
