package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCmd(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(w.stdout, "mcp-client %s %s/%s\n", w.programVersion(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// programVersion is the stamped version, else what the Go toolchain recorded about the build.
func (w world) programVersion() string {
	if w.version != "" {
		return w.version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
