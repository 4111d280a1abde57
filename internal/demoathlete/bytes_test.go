//go:build !race

// The race detector makes reading a year back take minutes, and there is nothing
// concurrent in it: with it, only the writing of some weeks is tested.

package demoathlete_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
)

// plain returns a file without its compression.
func (y *year) plain(t *testing.T, path string) []byte {
	t.Helper()
	data, ok := y.files[path]
	if !ok {
		t.Fatalf("there is no %s", path)
	}
	if !strings.HasSuffix(path, ".gz") {
		return data
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheSameOptionsGiveTheSameBytes(t *testing.T) {
	y := wholeYear(t)
	sums := func(files map[string][]byte) map[string][32]byte {
		s := map[string][32]byte{}
		for path, data := range files {
			s[path] = sha256.Sum256(data)
		}
		return s
	}
	again, err := write(t.TempDir(), demoathlete.Options{Until: y.manifest.Until, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(sums(y.files), sums(again.files)) {
		t.Error("two runs differ")
	}
}
