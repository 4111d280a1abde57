package buildinfo_test

import (
	"regexp"
	"runtime"
	"testing"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
)

// The same form for every program: name, version, toolchain, platform.
func TestLine(t *testing.T) {
	want := regexp.MustCompile(`^tool [0-9][^ v]*[^ ]* \(go1\.[^,]+, ` + runtime.GOOS + `/` + runtime.GOARCH + `\)$`)
	if got := buildinfo.Line("tool"); !want.MatchString(got) {
		t.Errorf("Line = %q", got)
	}
}
