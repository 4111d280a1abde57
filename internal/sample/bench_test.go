package sample_test

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/sample"
)

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		if _, err := sample.Write(b.TempDir(), sample.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
