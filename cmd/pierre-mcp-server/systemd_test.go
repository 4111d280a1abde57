package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const units = "../../deploy/systemd"

// systemdAnalyze runs it on units of which the programs are where the test has them.
func systemdAnalyze(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("systemd-analyze is needed in CI")
		}
		t.Skip("systemd-analyze is not here")
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func unitFiles(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(units, pattern))
	if err != nil || len(files) < 2 {
		t.Fatalf("found the units %v, %v", files, err)
	}
	return files
}

// systemd finds nothing wrong with the units, and little that they may do beyond what they need.
func TestUnits(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var copies []string
	for _, path := range slices.Concat(unitFiles(t, "*.service"), unitFiles(t, "*.timer")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(name, regexp.MustCompile(`/usr/bin/pierre\S+`).ReplaceAll(text, []byte(program)), 0o600); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, name)
	}
	if out := systemdAnalyze(t, append([]string{"verify", "--man=no"}, copies...)...); strings.Contains(out, "pierre") {
		t.Errorf("systemd-analyze verify says\n%s", out)
	}
	for _, path := range unitFiles(t, "*.service") {
		out := systemdAnalyze(t, "security", "--offline=true", "--no-pager", path)
		m := regexp.MustCompile(`Overall exposure level for \S+: (\d+\.\d+)`).FindStringSubmatch(out)
		if m == nil {
			t.Fatalf("systemd-analyze security says\n%s", out)
		}
		level, err := strconv.ParseFloat(m[1], 64)
		if err != nil || level >= 2 {
			t.Errorf("%s is exposed with %s; less than 2.0 is wanted\n%s", path, m[1], out)
		}
		t.Log(m[0])
	}
}
