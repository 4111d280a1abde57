// Package buildinfo tells which build of the product is running.
package buildinfo

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// The linker sets it: -ldflags "-X …/internal/buildinfo.version=v1.2.3".
var version string

// Version returns the version of the build, such as 1.2.3: what the build was told, or what the toolchain
// knows of it. It never has a "v" in front.
func Version() string {
	if version != "" {
		return strings.TrimPrefix(version, "v")
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "0.0.0-dev"
}

// Line returns what a program's version command prints.
func Line(program string) string {
	return fmt.Sprintf("%s %s (%s, %s/%s)", program, Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
