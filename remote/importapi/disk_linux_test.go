package importapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/importer"
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

// TestDiskFullOnTheWay imports what arrived, but cannot be kept.
func TestDiskFullOnTheWay(t *testing.T) {
	f := newFixture(t, nil)
	f.Server = httptest.NewServer(importapi.New(importFunc(func(context.Context, importer.Watch) error {
		return os.WriteFile("/dev/full", []byte("x"), 0o600)
	}), importapi.Keys(f.users, access.NewAthletes(f.store, 10, time.Now)), importapi.Options{Dir: f.dir}))
	defer f.Close()
	resp, answer := f.post(t, "", strings.NewReader(gpx(1)))
	if resp.StatusCode != http.StatusInsufficientStorage || !strings.Contains(string(answer), "disk is full") {
		t.Errorf("an upload: %s %s, want 507", resp.Status, answer)
	}
	if status, answer := f.sendHealth(t, steps(1)); status != http.StatusInsufficientStorage || !strings.Contains(answer, "disk is full") {
		t.Errorf("of the app: %d %s, want 507", status, answer)
	}
}
