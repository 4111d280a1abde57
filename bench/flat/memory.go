package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
)

// callsBetween is after how many calls a server looks whether much usage waits.
const callsBetween = 2000

// keysFile has the keys of a site, in its folder.
const keysFile = "bench-keys"

// memory measures a server that begins with the site's database, in a process of its own: this one holds what the making of
// so many keys left behind.
func memory(ctx context.Context, out io.Writer, c *column, profile string) error {
	s := c.site
	c.site = nil
	if err := errors.Join(s.end(ctx), os.WriteFile(filepath.Join(s.dir, keysFile), []byte(strings.Join(s.keys, "\n")), 0o600)); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir) //nolint:errcheck // a temporary folder
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, self, "--resident", s.dir, "--memprofile", profile)
	child.Stdout, child.Stderr = out, os.Stderr
	return child.Run()
}

// resident lets each key of the folder's site call once, and says how much of the machine's memory the process has then, and
// when it rests.
func resident(ctx context.Context, out io.Writer, opts options) (err error) {
	s, err := openSiteIn(ctx, opts.resident, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end(ctx)) }()
	text, err := os.ReadFile(filepath.Join(s.dir, keysFile))
	if err != nil {
		return err
	}
	s.keys = strings.Split(string(text), "\n")
	debug.FreeOSMemory()
	empty, err := residentBytes()
	if err != nil {
		return err
	}
	for left := len(s.keys); left > 0; left -= callsBetween {
		if _, err := s.call(ctx, min(left, callsBetween), len(s.keys)); err != nil {
			return err
		}
		if _, err := s.fold(ctx, false); err != nil { // as a server does each second
			return err
		}
	}
	if err := s.Keys.WriteUsed(ctx); err != nil { // as a server does every 15 seconds
		return err
	}
	if _, err := s.fold(ctx, true); err != nil { // and this each minute
		return err
	}
	busy, err := residentBytes()
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // as a server at rest does
	rest, err := residentBytes()
	if err != nil {
		return err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	const mb = 1 << 20
	fmt.Fprintf(out, "  a server whose %d keys have all called: %d MB resident, at rest %d MB, %d MB before the first call; Go's live heap is %d MB in %d MB of spans, its stacks %d MB, its own data %d MB\n",
		len(s.keys), busy/mb, rest/mb, empty/mb, m.HeapAlloc/mb, m.HeapInuse/mb, m.StackInuse/mb, (m.GCSys+m.OtherSys+m.MSpanInuse+m.MCacheInuse+m.BuckHashSys)/mb)
	if opts.heap == "" {
		return nil
	}
	f, err := os.Create(opts.heap)
	if err != nil {
		return err
	}
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}

// residentBytes returns how much of the machine's memory the process has.
func residentBytes() (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kb int
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		return 0, fmt.Errorf("reading /proc/self/status: %w", err)
	}
	return kb << 10, nil
}
