//go:build multicall

package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/adminservice"
	"github.com/pierre-mcp/pierre/internal/adminsetup"
	"github.com/pierre-mcp/pierre/internal/cli"
)

// main of the container image: one file is the server, the admin site and admin-setup, by the name it is started with. They share most
// of their code, so the image is smaller by a third.
func main() { cli.Main(named(os.Args[0])) }

// named returns the program that a path names.
func named(path string) func(cli.World) *cobra.Command {
	switch filepath.Base(path) {
	case "admin-setup":
		return adminsetup.NewRoot
	case "pierre-admin-service":
		return adminservice.NewRoot
	default:
		return newRoot
	}
}
