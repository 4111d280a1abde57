package demoathlete_test

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
)

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		if _, err := demoathlete.Write(b.TempDir(), demoathlete.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
