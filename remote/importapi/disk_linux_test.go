package importapi_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/pierre-mcp/pierre/remote/importapi"
)

// TestDiskFull uploads to a file system that is really full.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	f := newFixture(t, func(o *importapi.Options) { o.Dir = dir })
	f.dir = dir
	resp, answer := f.post(t, "", strings.NewReader(strings.Repeat("x", 1<<20)))
	if resp.StatusCode != http.StatusInsufficientStorage || !strings.Contains(string(answer), "disk is full") {
		t.Errorf("%s %s, want 507", resp.Status, answer)
	}
	f.leftNothing(t)
}
