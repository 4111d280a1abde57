// Command admin-setup makes, rotates, revokes and lists admin tokens, in the database of a server that may be running.
package main

import (
	"github.com/pierre-mcp/pierre/internal/adminsetup"
	"github.com/pierre-mcp/pierre/internal/cli"
)

func main() { cli.Main(adminsetup.NewRoot) }
