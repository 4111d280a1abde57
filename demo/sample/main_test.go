//go:build !race

// The race detector makes writing a year take minutes; package sample tests that with it.

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
)

func TestRunWritesTheRecordingsAndTheManifest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "athlete")
	var stdout, stderr strings.Builder
	if code := run([]string{"--out", dir, "--until", "2026-11-22", "--seed", "3"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m demoathlete.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for _, r := range m.Recordings {
		name, _, _ := strings.Cut(r.File, "/")
		files[name] = true
	}
	for name := range files {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if len(files) < 100 || !strings.Contains(stdout.String(), "activities") {
		t.Errorf("%d files; %q", len(files), stdout.String())
	}
}

func TestRunRefusesBadArguments(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"--out", "x", "more"},
		{"--out", "x", "--until", "yesterday"},
		{"--out", "x", "--year", "soon"},
		{"--out", "x", "--year", "9999"},
		{"--out", "x", "--year", "1900"},
		{"--out", "x", "--until", "9999-01-01"},
		{"--out", "x", "--until", "2025-01-01", "--year", "2024"},
		{"--unknown"},
	} {
		var stdout, stderr strings.Builder
		if code := run(args, &stdout, &stderr); code != 2 || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: exit %d, stdout %q, stderr %q; want 2 and one line on stderr", args, code, stdout.String(), stderr.String())
		}
	}
}

func TestTheYearEndsByToday(t *testing.T) {
	today := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		year        int
		until, want string
	}{
		{0, "", "2026-11-25"}, {2025, "", "2026-01-01"}, {2026, "", ""}, {0, "2026-11-25", "2026-11-25"}, {0, "2026-11-26", ""},
	} {
		got, err := end(tc.year, tc.until, today)
		if (err == nil) != (tc.want != "") || err == nil && got.Format(time.DateOnly) != tc.want {
			t.Errorf("year %d, until %q: %v, %v; want %q", tc.year, tc.until, got, err, tc.want)
		}
	}
}
