// Command mcp-client is the local program of Pierre: it relays an MCP host's
// stdin and stdout to a remote MCP server, and has subcommands for people at a terminal.
package main

import (
	"syscall"

	"github.com/pierre-mcp/pierre/internal/cli"
)

func main() { cli.Main(newRootCmd, syscall.SIGHUP) }
