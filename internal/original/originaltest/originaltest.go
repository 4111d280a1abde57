// Package originaltest packs files for tests.
package originaltest

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/original"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Pack packs a file.
func Pack(t testing.TB, content []byte) pierre.Original {
	t.Helper()
	p, err := original.NewPacker()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(content); err != nil {
		t.Fatal(err)
	}
	o, err := p.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return o
}
