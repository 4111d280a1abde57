// Package buildinfo knows which build of the product is running.
package buildinfo

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// The linker writes it: -ldflags "-X …/internal/buildinfo.version=v1.2.3".
var version string

// Version returns the released version, or what the toolchain knows of an unreleased build.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// Line returns what a program's version command prints.
func Line(program string) string {
	return fmt.Sprintf("%s %s (%s, %s/%s)", program, Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
